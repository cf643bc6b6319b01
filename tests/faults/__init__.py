"""What outsiders and accidents do to the program, and what it costs."""
