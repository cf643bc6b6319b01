"""Orders of a clock that was ahead: they keep their place in the queue when it is right again.

The queue goes by the time of an order, and one from the future would stand behind whoever orders
later, for as long as it lasts. Which of two orders came first, their numbers know.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Min

from inventory.acts import Act
from inventory.services.units import each
from orders.event_kinds import EventData, EventKind
from orders.locks import lock_order
from orders.models import FulfillmentLine, Order, OrderEvent, OrderLine
from orders.services.promises import promise

TOLERANCE = timedelta(minutes=1)
"""So much two clocks may differ without anything being wrong."""

MOST = 500


def set_clocks_right(*, at: datetime) -> int:
    """Give orders from the future the time at which they came at the latest; return how many."""
    ahead = Order.objects.filter(placed_at__gt=at + TOLERANCE).order_by("pk")
    return each("clock_was_ahead", ahead, partial(set_right, at=at), at=at, most=MOST)


@transaction.atomic
def set_right(order_id: int, *, at: datetime) -> bool:
    """Give an order from the future the time of the next one after it, or of now.

    Of two of one instant the number says which came first; so it keeps its place before all that
    came later.
    """
    order, _stock = lock_order(order_id)
    before = order.placed_at
    if before <= at:
        return False
    order.placed_at = _latest_possible(order_id, at=at)
    Order.objects.filter(pk=order_id).update(placed_at=order.placed_at, created_at=order.placed_at)
    lines = OrderLine.objects.filter(order=order_id, placed_at__gt=order.placed_at)
    lines.update(placed_at=order.placed_at)
    parts = FulfillmentLine.objects.filter(order_line__order=order_id)
    parts.filter(placed_at__gt=order.placed_at).update(placed_at=order.placed_at)
    data = EventData(was=before.isoformat())
    OrderEvent.objects.create(order=order, at=at, kind=EventKind.CLOCK_WAS_AHEAD, data=data)
    waits: Collection[int] = set(parts.waiting().values_list("variant", flat=True))
    promise(waits, act=Act(at))
    return True


def _latest_possible(order_id: int, *, at: datetime) -> datetime:
    """Return when an order came at the latest: when the first one after it was placed, or now."""
    placed = OrderEvent.objects.filter(order__gt=order_id, kind=EventKind.PLACED, at__lte=at)
    first: datetime | None = placed.aggregate(first=Min("at"))["first"]
    return first or at
