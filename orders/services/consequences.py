"""Whom a change of settings touches: open orders counted, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
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
BUNDLE = "order_line__variant"
BOTH = ("variant", BUNDLE)
UNITS = F("allocated") + F("waiting")


def consequences_of(change: SettingChange, *, today: date) -> Consequences:
    """Return what a change of settings does to open orders; it is not made yet."""
    return Consequences.of(one for count in _COUNTS for one in count(change, today))


def consequences_by_variant(change: SettingChange) -> dict[int, Consequences]:
    """Return the same for each of a few variants; of tracking, limits and warehouses alone."""
    found: dict[int, list[Consequence]] = defaultdict(list)
    for question in _questions(change):
        if question.keys:
            for variant, one in question.by_variant():
                found[variant].append(one)
    return {variant: Consequences.of(each) for variant, each in found.items()}


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


@dataclass(frozen=True, slots=True)
class _Question:
    """Which lines an effect is about: open ones of which one of these columns is among the keys."""

    effect: Effect
    lines: QuerySet[FulfillmentLine]
    names: tuple[str, ...]
    keys: frozenset[int]
    units: Any

    @property
    def few(self) -> QuerySet[FulfillmentLine]:
        """Return the lines, named by their keys."""
        pairs = ((f"{name}__in", list(self.keys)) for name in self.names)
        return self.lines.filter(Q(*pairs, _connector=Q.OR)).order_by()

    def counted(self) -> Consequence:
        """Return the orders and the units that it is about."""
        if len(self.keys) <= FEW:
            found = self.few.aggregate(
                orders=Count(ORDER, distinct=True), units=Sum(self.units, default=0)
            )
            return Consequence(self.effect, **found)
        orders, total = set(), 0
        rows = self.lines.order_by().values_list(ORDER, self.units, *self.names)
        for order, count, *columns in rows.iterator():
            if not self.keys.isdisjoint(columns):
                orders.add(order)
                total += count
        return Consequence(self.effect, len(orders), total)

    def by_variant(self) -> Iterator[tuple[int, Consequence]]:
        """Yield the same for each variant; there are few keys."""
        rows: QuerySet[FulfillmentLine] = self.few
        names: tuple[str, ...] = ("variant",)
        if self.names == BOTH:  # of a bundle, the units of its components are its own
            rows, names = self.lines.order_by(), BOTH
        for name in names:
            some = rows.filter(**{f"{name}__in": list(self.keys)}) if len(names) > 1 else rows
            if name == BUNDLE:
                some = some.exclude(variant=F(BUNDLE))
            counts = some.values_list(name).annotate(
                orders=Count(ORDER, distinct=True), units=Sum(self.units)
            )
            for variant, orders, units in counts:
                yield variant, Consequence(self.effect, orders, units)


def _questions(change: SettingChange) -> Iterator[_Question]:
    """Yield whom a change of tracking, limits, warehouses and channels is about."""
    taken_from_stock = _open().filter(stock_level__isnull=False)
    waiting, owed = FulfillmentLine.objects.waiting(), F("waiting")
    reserved = _open().filter(allocated__gt=0)
    channel = (f"{ORDER}__channel",)
    here = Effect.NOT_SERVED_HERE, Effect.STILL_SHIP_FROM_HERE
    yield _Question(
        Effect.SHIP_WITHOUT_STOCK, taken_from_stock, ("variant",), change.untracked, UNITS
    )
    yield _Question(Effect.BACK_IN_THE_BOOKS, loose(), ("variant",), change.tracked, F("allocated"))
    for names, keys in (
        (("stock_level",), change.closed_levels),
        (("stock_level__warehouse",), change.closed_warehouses),
    ):
        yield _Question(here[0], waiting, names, keys, owed)
        yield _Question(here[1], reserved, names, keys, F("allocated"))
    for key, places in change.channel_places.items():
        keys = frozenset({key}) if places else frozenset()
        elsewhere = Q(stock_level__isnull=False) & ~Q(stock_level__warehouse__in=places)
        yield _Question(here[0], waiting.filter(elsewhere), channel, keys, owed)
        yield _Question(here[1], reserved.filter(elsewhere), channel, keys, F("allocated"))
    yield _Question(Effect.STAY_OWED, waiting, BOTH, change.no_room, owed)
    yield _Question(Effect.STAY_OWED_HERE, waiting, ("stock_level",), change.no_room_here, owed)
    yield _Question(Effect.STAY_OWED_IN_CHANNEL, waiting, channel, change.closed_channels, owed)


def _asked(change: SettingChange, _today: date) -> Iterator[Consequence]:
    for question in _questions(change):
        if not question.keys:
            continue
        one = question.counted()
        if one.effect == Effect.BACK_IN_THE_BOOKS and one.orders:
            one = replace(one, picked=_picked(change.tracked))
        yield one


def _picked(variant_ids: frozenset[int]) -> int:
    """Return how many picked parcels take units of these variants from nowhere."""
    rows = loose().exclude(fulfillment_order__status__in=UNTOUCHED)
    pairs = rows.values_list("fulfillment_order", "variant")
    return len({parcel for parcel, variant in pairs if variant in variant_ids})


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
    _dates,
    _asked,
    _recipes,
)
