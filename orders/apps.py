"""App configuration."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, the waiting room and the shop window."""

    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let stock know who waits (ADR 0011), and its pages what shoppers read."""
        from inventory import shop_window, waiting_room  # noqa: PLC0415 - models are not there yet
        from orders import tasks  # noqa: F401, PLC0415 - its jobs are known from then on
        from orders.services import room  # noqa: PLC0415
        from orders.storefront import preview  # noqa: PLC0415

        waiting_room.install(room.OrdersWait())
        shop_window.install(preview.OurWindow())
