"""The admin of orders; importing the modules registers their pages."""

from orders.admin import (
    captured,
    checks,
    orders,
    parcels,
    waiting_room,
    work,
)

__all__ = [
    "captured",
    "checks",
    "orders",
    "parcels",
    "waiting_room",
    "work",
]
