"""How the back office writes days, by language."""
