"""The admin of orders; importing the modules registers their pages."""

from orders.admin import (
    captured,
    orders,
    parcels,
    waiting_room,
)

__all__ = [
    "captured",
    "orders",
    "parcels",
    "waiting_room",
]
