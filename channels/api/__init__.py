"""The REST API of sales channels."""
