"""App configuration."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, the waiting room and the shop window."""

    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the use cases of stock know who waits (ADR 0011)."""
        from inventory import waiting_room  # noqa: PLC0415 - models are not there before
        from orders import tasks  # noqa: F401, PLC0415 - its jobs are known from then on
        from orders.services import room  # noqa: PLC0415

        waiting_room.install(room.OrdersWait())
