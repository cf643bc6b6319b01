"""What was sold, what ships, what waits."""

from orders.models.captured import CapturedOrder, CapturedState, RemoteStatus
from orders.models.checks import BookCheck
from orders.models.fulfillment import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
)
from orders.models.orders import Order, OrderEvent, OrderLine, OrderStatus, PaymentStatus

__all__ = [
    "BookCheck",
    "CapturedOrder",
    "CapturedState",
    "FulfillmentLine",
    "FulfillmentOrder",
    "FulfillmentStatus",
    "Hold",
    "HoldReason",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderStatus",
    "PaymentStatus",
    "RemoteStatus",
]
