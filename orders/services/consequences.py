"""Whom a change of settings touches: open orders counted, in a constant number of queries."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from inventory.consequences import Consequence, Consequences, Effect, SettingChange
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    HoldReason,
    OrderLine,
)
from orders.services.books import CLOSED, UNITS_LEFT, loose
from orders.services.sheet import UNTOUCHED

FEW = 1_000
"""Keys that a statement names; of more, all open lines are read and the others left out."""

AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
ORDER = "fulfillment_order__order"
UNITS = F("allocated") + F("waiting")


def consequences_of(change: SettingChange, *, today: date) -> Consequences:
    """Return what a change of settings does to open orders; it is not made yet."""
    return Consequences.of(one for count in _COUNTS for one in count(change, today))


def taken(variant_ids: Collection[int] | None) -> set[int]:
    """Return those of these variants, or of all, that an open order still is to get units of."""
    rows = _open()
    few = variant_ids is not None and len(variant_ids) <= FEW
    if few:
        rows = rows.filter(_of_variants(variant_ids or ()))
    pairs = rows.order_by().values_list("variant", "order_line__variant").distinct()
    found = {key for pair in pairs for key in pair}
    return found if variant_ids is None else found & {*variant_ids}


def _open() -> QuerySet[FulfillmentLine]:
    rows = FulfillmentLine.objects.filter(UNITS_LEFT)
    return rows.exclude(fulfillment_order__status__in=CLOSED)


def _of_variants(keys: Collection[int]) -> Q:
    """Return the condition that a line is of these variants, or of a bundle among them."""
    return Q(variant__in=list(keys)) | Q(order_line__variant__in=list(keys))


def _counted(
    rows: QuerySet[FulfillmentLine], names: tuple[str, ...], keys: frozenset[int], units: Any
) -> tuple[int, int]:
    """Return the orders and the units of the lines that one of these columns is among the keys."""
    if len(keys) <= FEW:
        where = Q(*((f"{name}__in", list(keys)) for name in names), _connector=Q.OR)
        found = rows.filter(where).aggregate(
            orders=Count(ORDER, distinct=True), units=Sum(units, default=0)
        )
        return found["orders"], found["units"]
    orders, total = set(), 0
    for order, count, *columns in rows.order_by().values_list(ORDER, units, *names).iterator():
        if not keys.isdisjoint(columns):
            orders.add(order)
            total += count
    return len(orders), total


def _tracking(change: SettingChange, _today: date) -> Iterator[Consequence]:
    if change.untracked:
        rows = _open().filter(stock_level__isnull=False)
        orders, units = _counted(rows, ("variant",), change.untracked, UNITS)
        yield Consequence(Effect.SHIP_WITHOUT_STOCK, orders, units)
    if change.tracked:
        orders, units = _counted(loose(), ("variant",), change.tracked, F("allocated"))
        picked = 0
        if orders:
            rows = loose().exclude(fulfillment_order__status__in=UNTOUCHED)
            pairs = rows.values_list("fulfillment_order", "variant")
            picked = len({parcel for parcel, variant in pairs if variant in change.tracked})
        yield Consequence(Effect.BACK_IN_THE_BOOKS, orders, units, picked=picked)


def _limits(change: SettingChange, _today: date) -> Iterator[Consequence]:
    waiting = FulfillmentLine.objects.waiting()
    owed = F("waiting")
    if change.no_room:
        both = ("variant", "order_line__variant")
        orders, units = _counted(waiting, both, change.no_room, owed)
        yield Consequence(Effect.STAY_OWED, orders, units)
    if change.no_room_here:
        orders, units = _counted(waiting, ("stock_level",), change.no_room_here, owed)
        yield Consequence(Effect.STAY_OWED_HERE, orders, units)
    if change.closed_channels:
        orders, units = _counted(waiting, (f"{ORDER}__channel",), change.closed_channels, owed)
        yield Consequence(Effect.STAY_OWED_IN_CHANNEL, orders, units)


def _places(change: SettingChange, _today: date) -> Iterator[Consequence]:
    """Count what waits and what is reserved where nobody is served any more."""
    for name, keys in (
        ("stock_level", change.closed_levels),
        ("stock_level__warehouse", change.closed_warehouses),
    ):
        if keys:
            yield from _closed(_open(), (name,), keys)
    for channel, places in change.channel_places.items():
        rows = _open().filter(fulfillment_order__order__channel=channel)
        rows = rows.filter(stock_level__isnull=False)
        if places:
            rows = rows.exclude(stock_level__warehouse__in=places)
            yield from _closed(rows, (f"{ORDER}__channel",), frozenset({channel}))


def _closed(
    rows: QuerySet[FulfillmentLine], names: tuple[str, ...], keys: frozenset[int]
) -> Iterator[Consequence]:
    for effect, units in (
        (Effect.NOT_SERVED_HERE, "waiting"),
        (Effect.STILL_SHIP_FROM_HERE, "allocated"),
    ):
        orders, count = _counted(rows.filter(**{f"{units}__gt": 0}), names, keys, F(units))
        yield Consequence(effect, orders, count)


def _dates(change: SettingChange, today: date) -> Iterator[Consequence]:
    for variant, moved in change.release_dates.items():
        mine = _open().filter(_of_variants([variant]))
        if moved.is_later(today) and moved.after is not None:
            yield _held(mine)
            yield _dated_anew(mine, moved.after)
        elif moved.lets_go(today):
            yield _let_go(mine, variant, today)


def _held(mine: QuerySet[FulfillmentLine]) -> Consequence:
    """Count what is ready, picked or packed, and would ship before its date."""
    rows = mine.filter(fulfillment_order__status__in=AT_HAND)
    found = rows.aggregate(
        orders=Count(ORDER, distinct=True),
        units=Sum("allocated", default=0),
        picked=Count(
            "fulfillment_order",
            filter=~Q(fulfillment_order__status__in=UNTOUCHED),
            distinct=True,
        ),
    )
    return Consequence(Effect.HELD_FOR_RELEASE_DATE, **found)


def _dated_anew(mine: QuerySet[FulfillmentLine], day: date) -> Consequence:
    """Count what is promised for an earlier day; who was told of one is told of the new one."""
    rows = mine.filter(waiting__gt=0, order_line__promised_at__lt=day)
    told = Q(order_line__told_at__lt=day) & ~Q(fulfillment_order__order__customer_email="")
    found = rows.aggregate(
        orders=Count(ORDER, distinct=True),
        units=Sum("waiting", default=0),
        emails=Count(ORDER, filter=told, distinct=True),
    )
    return Consequence(Effect.NEW_DATE, **found)


def _let_go(mine: QuerySet[FulfillmentLine], variant: int, today: date) -> Consequence:
    """Count what the date held; customers hear of parcels that nothing of it keeps any more."""
    held = Q(fulfillment_order__holds__reason=HoldReason.AWAITING_RELEASE_DATE)
    rows = mine.filter(held, fulfillment_order__status=FulfillmentStatus.WAITING)
    ahead = Q(variant__release_date__gt=today) & ~Q(variant=variant)
    ahead |= Q(order_line__variant__release_date__gt=today) & ~Q(order_line__variant=variant)
    kept = FulfillmentLine.objects.filter(Q(waiting__gt=0) | ahead).values("fulfillment_order")
    parcels = FulfillmentOrder.objects.filter(pk__in=rows.values("fulfillment_order"))
    parcels = parcels.exclude(pk__in=kept).exclude(order__customer_email="")
    found = rows.aggregate(orders=Count(ORDER, distinct=True), units=Sum(UNITS, default=0))
    return Consequence(Effect.LET_GO, **found, emails=parcels.count())


def _recipes(change: SettingChange, _today: date) -> Iterator[Consequence]:
    if change.recipes:
        lines = OrderLine.objects.filter(
            pk__in=_open().filter(order_line__variant__in=change.recipes).values("order_line")
        )
        found = lines.aggregate(
            orders=Count("order", distinct=True), units=Sum("quantity", default=0)
        )
        yield Consequence(Effect.KEEP_RECIPE, **found)


_COUNTS: tuple[Callable[[SettingChange, date], Iterator[Consequence]], ...] = (
    _tracking,
    _dates,
    _places,
    _limits,
    _recipes,
)
