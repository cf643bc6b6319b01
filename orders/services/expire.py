"""Unpaid orders that were kept long enough are canceled: their units go to the next in line."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from inventory.acts import Act
from inventory.models import StoreSettings
from inventory.services.units import each
from orders.errors import NotPossible
from orders.event_kinds import EventData, EventKind
from orders.locks import lock_order
from orders.models import (
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderEvent,
    OrderStatus,
    PaymentStatus,
)
from orders.services.change import cancel_order
from orders.services.mails import mail_expired

MOST = 200
"""Orders that one tick cancels, so that what else is due has its turn."""


def expired(*, hours: int, at: datetime) -> QuerySet[Order]:
    """Return the orders that still await their payment so many hours after they were recorded.

    Not those of a connected shop, which decides itself; nor those of which somebody let a parcel
    go without a payment, by taking that hold off it.
    """
    holds = Hold.objects.filter(
        fulfillment_order=OuterRef("pk"), reason=HoldReason.AWAITING_PAYMENT
    )
    parcels = FulfillmentOrder.objects.exclude(status=FulfillmentStatus.CANCELED)
    let_go = parcels.filter(~Exists(holds), order=OuterRef("pk"))
    return Order.objects.filter(
        ~Exists(let_go),
        payment=PaymentStatus.PENDING,
        status=OrderStatus.PROCESSING,
        created_at__lte=at - timedelta(hours=hours),
        captured_from=None,
    )


def expire_unpaid(*, at: datetime) -> int:
    """Cancel the unpaid orders that the store keeps no longer; return how many.

    Each is a transaction of its own: one that cannot be canceled stops no other.
    """
    hours = StoreSettings.load().unpaid_order_hours
    if not hours:
        return 0
    due = expired(hours=hours, at=at).order_by("created_at", "pk")
    return each("expire", due, partial(_expire_if, hours=hours, at=at), at=at, most=MOST)


def _expire_if(order_id: int, *, hours: int, at: datetime) -> bool:
    try:
        return expire(order_id, hours=hours, at=at)
    except NotPossible:  # it was changed at this moment: the next tick looks again
        return False


@transaction.atomic
def expire(order_id: int, *, hours: int, at: datetime) -> bool:
    """Cancel an order that is still unpaid, and tell its customer; `False`: it is not to be.

    :raises NotPossible: it was changed at this moment.
    """
    order, _stock = lock_order(order_id)
    if not expired(hours=hours, at=at).filter(pk=order_id).exists():
        return False
    data = EventData(hours=hours)
    OrderEvent.objects.create(order=order, at=at, kind=EventKind.NOT_PAID_IN_TIME, data=data)
    order = cancel_order(order=order, act=Act(at))
    mail_expired(order)
    return True
