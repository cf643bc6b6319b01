"""Whom a change of settings touches: open orders counted, in a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from inventory.consequences import Consequence, Consequences, Effect, SettingChange
from orders.models import (
    FulfillmentLine,
    FulfillmentStatus,
    HoldReason,
    Order,
    OrderLine,
)
from orders.services.books import CLOSED, UNITS_LEFT, loose
from orders.services.expire import expired
from orders.services.promises import news_of
from orders.services.sheet import UNTOUCHED
from orders.services.watch import Watch

BATCH = 500
FEW = 1_000
"""Keys that a statement names; of more, all open lines are read and the others left out."""

AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
ORDER = "fulfillment_order__order"
PLACE = "stock_level__warehouse__name"
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
    is_placed: bool = False
    """It says which warehouses it is about."""

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
            return Consequence(self.effect, **found, places=self._placed(self._places(self.few)))
        orders, total, places = set(), 0, set()
        rows = self.lines.order_by().values_list(ORDER, self.units, PLACE, *self.names)
        for order, count, place, *columns in rows.iterator():
            if not self.keys.isdisjoint(columns):
                orders.add(order)
                total += count
                places.add(place)
        return Consequence(self.effect, len(orders), total, places=self._placed(places))

    def _places(self, rows: QuerySet[FulfillmentLine]) -> Iterable[str]:
        return rows.values_list(PLACE, flat=True).distinct() if self.is_placed else ()

    def _placed(self, places: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(places)) if self.is_placed else ()

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
                own = self._places(some.filter(**{name: variant}))
                yield variant, Consequence(self.effect, orders, units, places=self._placed(own))


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
        yield _Question(here[0], waiting, names, keys, owed, is_placed=True)
        yield _Question(here[1], reserved, names, keys, F("allocated"), is_placed=True)
    for key, places in change.channel_places.items():
        keys = frozenset({key}) if places else frozenset()
        elsewhere = Q(stock_level__isnull=False) & ~Q(stock_level__warehouse__in=places)
        for effect, rows, units in ((here[0], waiting, owed), (here[1], reserved, F("allocated"))):
            yield _Question(effect, rows.filter(elsewhere), channel, keys, units, is_placed=True)
    yield _Question(Effect.STAY_OWED, waiting, BOTH, change.no_room, owed)
    level = ("stock_level",)
    yield _Question(
        Effect.STAY_OWED_HERE, waiting, level, change.no_room_here, owed, is_placed=True
    )
    yield _Question(Effect.STAY_OWED_IN_CHANNEL, waiting, channel, change.closed_channels, owed)
    yield _Question(Effect.STAY_OWED_UNTIL_UPDATE, waiting, channel, change.drafted_channels, owed)


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
        elif moved.lets_go(today):
            yield _let_go(mine)


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


def _let_go(mine: QuerySet[FulfillmentLine]) -> Consequence:
    """Count what the date held."""
    held = Q(fulfillment_order__holds__reason=HoldReason.AWAITING_RELEASE_DATE)
    rows = mine.filter(held, fulfillment_order__status=FulfillmentStatus.WAITING)
    found = rows.aggregate(orders=Count(ORDER, distinct=True), units=Sum(UNITS, default=0))
    return Consequence(Effect.LET_GO, **found)


def _recipes(change: SettingChange, _today: date) -> Iterator[Consequence]:
    if change.recipes:
        lines = OrderLine.objects.filter(
            pk__in=_open().filter(order_line__variant__in=change.recipes).values("order_line")
        )
        found = lines.aggregate(
            orders=Count("order", distinct=True), units=Sum("quantity", default=0)
        )
        yield Consequence(Effect.KEEP_RECIPE, **found)


# --- whom we write to -------------------------------------------------------------------------


def told_by(noted: Watch, *, today: date) -> Consequences:
    """Return whom what was done makes us write to: the same whom the worker will tell.

    A customer gets one mail for all dates of an order.
    """
    orders = sorted(noted.due | {order for order, _day in noted.promised.values()})
    found = _News()
    for start in range(0, len(orders), BATCH):
        found.read({*orders[start : start + BATCH]}, noted, today=today)
    return Consequences.of([_released(noted), *found.counted(), *noted.foreseen])


@dataclass(slots=True)
class _News:
    """Orders of which days are news, their units and e-mails; some have a day, others none."""

    orders: dict[Effect, set[int]] = field(default_factory=lambda: defaultdict(set))
    units: Counter[Effect] = field(default_factory=Counter)
    mails: dict[int, Effect] = field(default_factory=dict)

    def read(self, orders: set[int], noted: Watch, *, today: date) -> None:
        """Count what is news of some orders: lines that changed, or of which a mail speaks."""
        rows = Order.objects.filter(pk__in=noted.due & orders).exclude(customer_email="")
        heard = set(rows.values_list("pk", flat=True))
        lines = [
            line
            for line in news_of(orders, today=today)
            if line.order_id in heard
            or noted.promised.get(line.pk, (0, line.promised_at))[1] != line.promised_at
        ]
        units = _units_waiting(lines)
        for line in lines:
            effect = Effect.NO_DATE if line.promised_at is None else Effect.NEW_DATE
            self.orders[effect].add(line.order_id)
            self.units[effect] += units[line.pk]
            if line.order_id in heard and self.mails.get(line.order_id) != Effect.NEW_DATE:
                self.mails[line.order_id] = effect

    def counted(self) -> list[Consequence]:
        """Return both kinds."""
        mails = Counter(self.mails.values())
        return [
            Consequence(one, len(self.orders[one]), self.units[one], emails=mails[one])
            for one in (Effect.NEW_DATE, Effect.NO_DATE)
        ]


def _units_waiting(lines: Collection[OrderLine]) -> Counter[int]:
    """Return the units of each order line in parcels that wait."""
    rows = FulfillmentLine.objects.filter(
        order_line__in=[line.pk for line in lines],
        fulfillment_order__status=FulfillmentStatus.WAITING,
    )
    return Counter(dict(rows.order_by().values_list("order_line").annotate(units=Sum(UNITS))))


def _released(noted: Watch) -> Consequence:
    """Count the parcels that nothing holds any more; each is a mail of its own."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__in=noted.released.keys())
    return Consequence(
        Effect.LET_GO,
        orders=len({order for order, _is_mailed in noted.released.values()}),
        units=rows.aggregate(units=Sum(UNITS, default=0))["units"] if noted.released else 0,
        emails=sum(is_mailed for _order, is_mailed in noted.released.values()),
    )


def dates_anew(variant_ids: Collection[int] | None) -> Consequences:
    """Return who is written to at most when the dates of these variants, or all, are set anew."""
    status = FulfillmentStatus.WAITING
    rows: QuerySet[FulfillmentLine] = FulfillmentLine.objects.filter(
        fulfillment_order__status=status
    )
    keys = None
    if variant_ids is not None:
        rows, keys = _open(), _shared(variant_ids)
        if len(keys) <= FEW:
            rows, keys = rows.filter(variant__in=keys), None
    orders: dict[int, str] = {}
    total = 0
    columns = rows.order_by().values_list(ORDER, f"{ORDER}__customer_email", "variant", UNITS)
    for order, email, variant, units in columns.iterator():
        if keys is None or variant in keys:
            orders[order] = email
            total += units
    emails = sum(bool(email) for email in orders.values())
    return Consequences.of([Consequence(Effect.DATES_ANEW, len(orders), total, emails=emails)])


def _shared(variant_ids: Collection[int]) -> set[int]:
    """Return these variants and all that open bundles join to them: one that moves frees others."""
    found = {*variant_ids}
    parts: dict[int, set[int]] = defaultdict(set)
    rows = _open().exclude(order_line__variant=F("variant")).order_by()
    for line, variant in rows.values_list("order_line", "variant").distinct():
        parts[line].add(variant)
    groups = [group for group in parts.values() if len(group) > 1]
    while joined := [group for group in groups if not found.isdisjoint(group) and group - found]:
        found.update(*joined)
    return found


def _expired(change: SettingChange, _today: date) -> Iterator[Consequence]:
    """Count the unpaid orders that the store keeps no longer, of those that it kept until now."""
    before, after = change.unpaid_hours or (0, 0)
    if not after:
        return
    now = timezone.now()
    rows = expired(hours=after, at=now)
    if before:
        rows = rows.exclude(pk__in=expired(hours=before, at=now).values("pk"))
    units = _open().filter(fulfillment_order__order__in=rows.values("pk"))
    yield Consequence(
        Effect.CANCELED_UNPAID,
        orders=rows.count(),
        units=units.aggregate(units=Sum(UNITS, default=0))["units"],
        emails=rows.exclude(customer_email="").count(),
    )


_COUNTS: tuple[Callable[[SettingChange, date], Iterator[Consequence]], ...] = (
    _dates,
    _asked,
    _recipes,
    _expired,
)
