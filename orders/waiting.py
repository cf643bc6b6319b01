"""Reading the queue of a variant in the order of a release rule, a stretch at a time.

The database orders as `orders.policy.queue.ranked` does; a test holds the two together.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import F, OrderBy, OuterRef, Q, QuerySet, Subquery, Sum

from channels.models import Channel
from inventory.models import IncomingDeliveryLine
from orders.models import FulfillmentLine
from orders.policy.queue import (
    FIFO,
    HIGHEST_VALUE,
    MOST_ORDERS,
    PROMISED_DATE,
    Waiter,
    rank_key,
    ranked,
)

STRETCH = 500
"""How many lines are read first: most deliveries reach no further. Then ever more at once."""

RANK: dict[str, tuple[str | OrderBy, ...]] = {
    FIFO: (),
    PROMISED_DATE: (F("order_line__first_promised_at").asc(nulls_last=True),),
    MOST_ORDERS: ("missing",),
    HIGHEST_VALUE: ("-fulfillment_order__order__total",),
}

AGES: dict[str, tuple[int, int | None]] = {
    "7": (7, None),
    "30": (30, None),
    "90": (90, None),
    "0-6": (0, 7),
    "7-29": (7, 30),
    "30-89": (30, 90),
}
"""Days that a line waits: at least the first, less than the second."""

PROMISES = ("none", "late", "week")
"""Ways in which a promise asks for action: no day, a day that has passed, a day within a week."""


def aged(word: str, *, now: datetime) -> Q:
    """Return the condition that a line waits as long as a word of `AGES` says."""
    least, below = AGES[word]
    old = Q(placed_at__lte=now - timedelta(days=least)) if least else Q()
    return old if below is None else old & Q(placed_at__gt=now - timedelta(days=below))


def promised(word: str, *, today: date) -> Q:
    """Return the condition that the promise of a line is as a word of `PROMISES` says.

    Late is a promise of which the day, or the day that the customer was told, has passed.
    """
    if word == "late":
        return Q(promised_at__lt=today) | Q(order_line__told_at__lt=today)
    if word == "week":
        return Q(promised_at__range=(today, today + timedelta(days=7)))
    return Q(promised_at=None)


def in_rank(rows: QuerySet[FulfillmentLine], rule: str) -> QuerySet[FulfillmentLine]:
    """Return waiting lines, those served first at the front."""
    if rule == MOST_ORDERS:
        whole = FulfillmentLine.objects.filter(fulfillment_order=OuterRef("fulfillment_order"))
        missing = whole.order_by().values("fulfillment_order").annotate(units=Sum("waiting"))
        rows = rows.annotate(missing=Subquery(missing.values("units")))
    return rows.order_by(*rank_order(rule))


def rank_order(rule: str) -> tuple[str | OrderBy, ...]:
    """Return what lines are ordered by; for `MOST_ORDERS` they need `missing`, as `in_rank` says.

    One index holds the queue of a variant in the order of `FIFO`.
    """
    return ("-priority", "is_unpaid", *RANK[rule], "placed_at", "order_line", "pk")


def queue(variant_id: int, rule: str, oversold: Iterable[Waiter] = ()) -> Iterator[Waiter]:
    """Yield who waits for a variant, in rank; stop reading when the units are gone.

    `oversold` are those who have a place in it with units that no parcel holds.
    """
    waiting = _queue(variant_id, rule)
    others = ranked(oversold, rule)
    return heapq.merge(waiting, others, key=rank_key(rule)) if others else waiting


def _queue(variant_id: int, rule: str) -> Iterator[Waiter]:
    places = channel_warehouses()
    rows = in_rank(FulfillmentLine.objects.waiting().filter(variant=variant_id), rule)
    missing = ("missing",) if rule == MOST_ORDERS else ()
    values = rows.values_list(
        "pk",
        "order_line",
        "waiting",
        "stock_level__warehouse",
        "priority",
        "is_unpaid",
        "placed_at",
        "order_line__first_promised_at",
        "fulfillment_order__order__total",
        "fulfillment_order__order__channel",
        *missing,
    )
    start, size = 0, STRETCH
    while True:
        stretch = list(values[start : start + size])
        for (
            line,
            order_line,
            units,
            booked,
            priority,
            is_unpaid,
            placed,
            promised,
            value,
            channel,
            *own,
        ) in stretch:
            yield Waiter(
                line=line,
                order_line=order_line,
                units=units,
                booked=booked,
                priority=priority,
                is_unpaid=is_unpaid,
                placed_at=placed,
                first_promised_at=promised,
                missing=own[0] if own else 0,
                value=value,
                warehouses=places.get(channel),
            )
        if len(stretch) < size:
            return
        start += size
        size *= 2


def channel_warehouses() -> dict[int, frozenset[int]]:
    """Return the warehouses that a channel ships from, for channels that do not ship from all."""
    places: dict[int, set[int]] = {}
    for channel, warehouse in Channel.warehouses.through.objects.values_list(
        "channel", "warehouse"
    ):
        places.setdefault(channel, set()).add(warehouse)
    return {channel: frozenset(ids) for channel, ids in places.items()}


def arrivals(
    variant_ids: Collection[int], *, today: date
) -> dict[int, list[tuple[date, int, int]]]:
    """Return day, warehouse and units to come, by variant; late deliveries promise nothing."""
    coming: dict[int, list[tuple[date, int, int]]] = {}
    rows = IncomingDeliveryLine.objects.arriving(today=today).filter(variant__in=variant_ids)
    for variant, day, warehouse, quantity, received in rows.values_list(
        "variant", "delivery__expected_at", "delivery__warehouse", "quantity", "received"
    ):
        coming.setdefault(variant, []).append((day, warehouse, quantity - received))
    return coming
