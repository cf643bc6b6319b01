"""What a customer decides about units that wait: wait on, or cancel them."""

from collections.abc import Mapping

from django.db import transaction

from inventory.acts import Act
from orders.errors import NotPossible
from orders.event_kinds import EventData, EventKind
from orders.locks import lock_order
from orders.models import Order, OrderEvent
from orders.reasons import Reason
from orders.services.change import cancel_order
from orders.told import OrderTold, told

BY = "customer"


@transaction.atomic
def cancel_waiting(*, order: Order, shown: Mapping[int, int], act: Act) -> Order:
    """Cancel the units that wait, by line: those that the customer was shown, or none.

    :raises NotPossible: other units wait now, as some came in or were shipped; or none does.
    """
    order, _stock = lock_order(order.pk)
    waiting = told(order, today=act.today).cancelable
    if waiting != dict(shown):
        raise NotPossible(Reason.WAITING_CHANGED)
    return cancel_order(order=order, units=waiting, act=act)


@transaction.atomic
def keep_waiting(*, order: Order, act: Act) -> bool:
    """Note that the customer waits on for the days that are promised now; once for each of them.

    :raises NotPossible: nothing waits.
    """
    order, _stock = lock_order(order.pk)
    picture = told(order, today=act.today)
    if not picture.cancelable:
        raise NotPossible(Reason.NOTHING_WAITS, order=order.number)
    if is_kept(picture):
        return False
    kind = EventKind.WAIT_ACCEPTED
    OrderEvent.objects.create(order=order, at=act.at, by=act.by, kind=kind, data=_accepted(picture))
    return True


def is_kept(picture: OrderTold) -> bool:
    """Return whether the customer said to wait for the days that are promised now."""
    said = picture.order.events.filter(kind=EventKind.WAIT_ACCEPTED)
    return _accepted(picture) in said.values_list("data", flat=True)


def _accepted(picture: OrderTold) -> EventData:
    """Return what the customer waits for: each line with its day."""
    lines = [one.line for one in picture.lines if one.line.pk in picture.cancelable]
    days = [(line.sku, line.promised_at) for line in lines]
    return EventData(days=[[sku, day.isoformat() if day else None] for sku, day in days])
