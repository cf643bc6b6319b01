"""App configuration."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, the waiting room and the shop window."""

    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"
