"""Reading the queue of a variant in the order of a release rule, a stretch at a time.

The database orders as `orders.policy.queue.ranked` does; a test holds the two together.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OrderBy, OuterRef, Q, QuerySet, Subquery, Sum

from channels.models import Channel
from inventory.models import IncomingDeliveryLine, StockLevel
from orders.models import FulfillmentLine
from orders.policy.queue import (
    FIFO,
    HIGHEST_VALUE,
    MOST_ORDERS,
    PROMISED_DATE,
    Arrival,
    Waiter,
    rank_key,
    ranked,
    serving,
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

    Late is a promise of which the day that the customer was told has passed, whatever is known
    here by now.
    """
    if word == "late":
        return Q(order_line__told_at__lt=today)
    if word == "week":
        return Q(order_line__promised_at__range=(today, today + timedelta(days=7)))
    return Q(order_line__promised_at=None)


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
    values = _columns(variant_id__in=[variant_id], rule=rule)
    start, size = 0, STRETCH
    while True:
        stretch = list(values[start : start + size])
        for row in stretch:
            yield _waiter(row, places)
        if len(stretch) < size:
            return
        start += size
        size *= 2


def queues(
    variant_ids: Collection[int], rule: str, places: Mapping[int, frozenset[int]]
) -> dict[int, list[Waiter]]:
    """Return everybody who waits for these variants, in one statement; `queue` reads less."""
    waiters: dict[int, list[Waiter]] = {}
    for row in _columns(variant_id__in=variant_ids, rule=rule).iterator():
        waiters.setdefault(row[0], []).append(_waiter(row, places))
    return waiters


def _columns(*, rule: str, **which: Any) -> Any:
    rows = in_rank(FulfillmentLine.objects.waiting().filter(**which), rule)
    return rows.values_list(
        "variant",
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
        "order_line__variant",
        *(("missing",) if rule == MOST_ORDERS else ()),
    )


def _waiter(row: Sequence[Any], places: Mapping[int, frozenset[int]]) -> Waiter:
    variant, line, order_line, units, booked, priority, is_unpaid, placed, promised, *rest = row
    value, channel, ordered, *own = rest
    return Waiter(
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
        warehouses=serving(booked, places.get(channel), is_part=ordered != variant),
    )


def sums(
    variant_ids: Collection[int], places: Mapping[int, frozenset[int]]
) -> dict[int, list[Waiter]]:
    """Return who stands before a new order, added up by what they may take: a few for each variant.

    It serves where a new order stands last of those that are paid, and its rank is all that counts.
    """
    waiters: dict[int, list[Waiter]] = {}
    before = Q(priority__gt=0) | Q(priority=0, is_unpaid=False)
    rows = FulfillmentLine.objects.waiting().filter(before, variant__in=variant_ids)
    found = rows.order_by().values_list(
        "variant",
        "order_line__variant",
        "stock_level__warehouse",
        "fulfillment_order__order__channel",
    )
    for number, row in enumerate(found.annotate(Sum("waiting"))):
        variant, ordered, booked, channel, units = row
        waiters.setdefault(variant, []).append(
            Waiter(
                line=-number,
                order_line=-number,
                units=units,
                booked=booked,
                priority=0,
                placed_at=datetime.min.replace(tzinfo=UTC),
                warehouses=serving(booked, places.get(channel), is_part=ordered != variant),
            )
        )
    return waiters


def channel_warehouses() -> dict[int, frozenset[int]]:
    """Return the warehouses that a channel ships from, for channels that do not ship from all."""
    places: dict[int, set[int]] = {}
    for channel, warehouse in Channel.warehouses.through.objects.values_list(
        "channel", "warehouse"
    ):
        places.setdefault(channel, set()).add(warehouse)
    return {channel: frozenset(ids) for channel, ids in places.items()}


def arrivals(variant_ids: Collection[int], *, today: date) -> dict[int, list[Arrival]]:
    """Return day, warehouse and units to come, by variant.

    Late deliveries promise nothing, nor do those into a warehouse where the variant is set to out
    of stock, or that is not active: what arrives there serves nobody.
    """
    coming: dict[int, list[Arrival]] = {}
    shut = StockLevel.objects.filter(
        variant=OuterRef("variant"), warehouse=OuterRef("delivery__warehouse"), in_stock=False
    )
    rows = IncomingDeliveryLine.objects.arriving(today=today).filter(
        ~Exists(shut), variant__in=variant_ids
    )
    for variant, day, warehouse, quantity, received in rows.values_list(
        "variant", "delivery__expected_at", "delivery__warehouse", "quantity", "received"
    ):
        coming.setdefault(variant, []).append((day, warehouse, quantity - received))
    return coming
