"""App configuration."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The catalogue, stock, and who may be backordered."""

    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"
