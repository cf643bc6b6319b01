"""The admin of orders; importing the modules registers their pages."""

from orders.admin import (
    orders,
    parcels,
    waiting_room,
)

__all__ = [
    "orders",
    "parcels",
    "waiting_room",
]
