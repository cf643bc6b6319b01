"""The admin of orders; importing the modules registers their pages."""

from orders.admin import (
    captured,
    orders,
    parcels,
    waiting_room,
    work,
)

__all__ = [
    "captured",
    "orders",
    "parcels",
    "waiting_room",
    "work",
]
