"""Unpaid orders that were kept long enough are canceled: their units go to the next in line."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from inventory.acts import Act
from inventory.models import StoreSettings
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

logger = logging.getLogger(__name__)

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

    :raises OperationalError: the database did not answer; the next tick tries again.
    """
    hours = StoreSettings.load().unpaid_order_hours
    if not hours:
        return 0
    done = 0
    rows = expired(hours=hours, at=at).order_by("created_at", "pk")
    for pk in list(rows.values_list("pk", flat=True)):
        done += _expire_or_say(pk, hours=hours, at=at)
        if done >= MOST:
            break
    return done


def _expire_or_say(order_id: int, *, hours: int, at: datetime) -> bool:
    try:
        return expire(order_id, hours=hours, at=at)
    except (OperationalError, InterfaceError):
        raise
    except NotPossible:  # it was changed at this moment: the next tick looks again
        return False
    except Exception:
        logger.exception("The unpaid order %s could not be canceled", order_id)
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
