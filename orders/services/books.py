"""Into the books and out of them: the lines of variants that are tracked again, or no more.

A line is in the books while it takes its units from a stock level. That of a variant that is not
tracked takes them from nowhere, and ships without stock. Its order line keeps where its units were,
so that they go back there.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import F, Q, QuerySet

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import BundleComponent, StoreSettings
from orders.event_kinds import EventKind
from orders.locks import Stock, lock_parcels, lock_stock
from orders.models import FulfillmentLine, FulfillmentStatus, OrderLine
from orders.policy.queue import Waiter, plan, ranked
from orders.policy.rebook import Booked, Loose, back
from orders.services.promises import promise, refresh_lines
from orders.services.sheet import UNTOUCHED, Open, Sheet
from orders.waiting import channel_warehouses

BATCH = 500
"""Parcels on the desk at once."""

CLOSED = (FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED)
UNITS_LEFT = Q(allocated__gt=0) | Q(waiting__gt=0)

_Were = dict[int, dict[int, Booked]]
"""Where the units of order lines were, by the variants that they are of."""

NO_WAREHOUSE = "Open orders need its units, and there is no warehouse to count them in. Add one."


def inside(variant_ids: Collection[int] | QuerySet[Any, Any]) -> QuerySet[FulfillmentLine]:
    """Return the lines of these variants that take units from a stock level, not shipped yet."""
    rows = FulfillmentLine.objects.filter(UNITS_LEFT, variant__in=variant_ids)
    return rows.filter(stock_level__isnull=False).exclude(fulfillment_order__status__in=CLOSED)


def loose() -> QuerySet[FulfillmentLine]:
    """Return the lines, bundles aside, that take their units from nowhere and are not shipped."""
    rows = FulfillmentLine.objects.filter(stock_level=None, allocated__gt=0)
    rows = rows.exclude(variant__in=BundleComponent.objects.values("bundle"))
    return rows.exclude(fulfillment_order__status__in=CLOSED)


def outside() -> QuerySet[FulfillmentLine]:
    """Return those of them whose variants are tracked: they belong into the books."""
    return loose().filter(variant__track_inventory=True)


def tracking_changed(variant_ids: Collection[int], *, act: Act) -> None:
    """Bring every line of these variants that has not shipped into the books, or out of them.

    The variants are locked and say already whether they are tracked.

    :raises InvalidChange: there is no warehouse where units could be owed.
    """
    stock = lock_stock(variant_ids)
    untracked = {pk for pk, variant in stock.variants.items() if not variant.track_inventory}
    tracked = stock.variants.keys() - untracked
    if untracked:
        _leave(stock, untracked, act=act)
    if tracked and outside().filter(variant__in=tracked).exists():
        _enter(stock, tracked, act=act)


def _desks(stock: Stock, lines: QuerySet[FulfillmentLine], *, act: Act) -> Iterator[Sheet]:
    """Yield the parcels of these lines, some at a time; each sheet is saved behind the caller."""
    keys = sorted(set(lines.values_list("fulfillment_order", flat=True)))
    for start in range(0, len(keys), BATCH):
        sheet = Sheet(stock, act=act)
        sheet.read(Q(pk__in=keys[start : start + BATCH]))
        yield sheet
        sheet.save()


# --- out of the books -------------------------------------------------------------------------


def _leave(stock: Stock, variant_ids: Collection[int], *, act: Act) -> None:
    """Let these variants ship without stock: what they owe and what is reserved leaves the books.

    Nothing came in, so that nobody is told that something is there.
    """
    were: _Were = {}
    for sheet in _desks(stock, inside(variant_ids), act=act):
        for one in sheet.open:
            _take_off(sheet, one, variant_ids, were)
            sheet.settle(one)
    _remember(were)
    refresh_lines(were.keys(), act=act)


def _take_off(sheet: Sheet, one: Open, variant_ids: Collection[int], were: _Were) -> None:
    """Take the lines of these variants in a parcel off their stock levels; note where they were."""
    units: Counter[int] = Counter()
    for line, piece in zip([*one.lines], one.pieces(), strict=True):
        count = line.allocated + line.waiting
        if line.variant_id not in variant_ids or line.stock_level is None or not count:
            continue
        mine = were.setdefault(line.order_line_id, {}).setdefault(line.variant_id, {})
        there, waits = mine.get(line.stock_level.warehouse_id, (0, 0))
        mine[line.stock_level.warehouse_id] = (there + line.allocated, waits + line.waiting)
        sheet.free(line, allocated=line.allocated, waiting=line.waiting)
        sheet.put(one, replace(piece, warehouse=None, allocated=count, waiting=0))
        units[line.variant_id] += count
    for variant_id, count in units.items():
        sheet.note_units(one.row, EventKind.UNTRACKED, variant_id, count)


# --- where units were -------------------------------------------------------------------------


def _remember(were: _Were) -> None:
    """Keep on order lines where their units were; of other variants they keep what they know."""
    for lines in _order_lines(were.keys()):
        for line in lines:
            told = {str(variant): booked for variant, booked in were[line.pk].items()}
            line.was_booked = {**(line.was_booked or {}), **told}
        OrderLine.objects.bulk_update(lines, ["was_booked"])


def _forget(order_lines: Collection[int], variant_ids: Collection[int]) -> None:
    """Forget it of variants that are in the books again."""
    gone = {str(variant) for variant in variant_ids}
    for lines in _order_lines(order_lines):
        some = [line for line in lines if line.was_booked]
        for line in some:
            was: dict[str, Any] = line.was_booked or {}
            line.was_booked = {key: was[key] for key in was.keys() - gone} or None
        OrderLine.objects.bulk_update(some, ["was_booked"])


def _order_lines(keys: Collection[int]) -> Iterator[list[OrderLine]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), BATCH):
        rows = OrderLine.objects.filter(pk__in=ordered[start : start + BATCH])
        yield list(rows.only("pk", "was_booked").order_by("pk"))


# --- into the books ---------------------------------------------------------------------------


def _enter(stock: Stock, variant_ids: Collection[int], *, act: Act) -> None:
    """Put lines that take their units from nowhere into the books again, each in its rank.

    What is picked is reserved first, where the parcel is; when its units are not all there, its
    picking is undone. What was reserved before goes next, where it was, and what waited waits there
    again. The others get what is left as the release rule says, and wait for the rest.
    """
    books = _Books(stock)
    lines = outside().filter(variant__in=variant_ids)
    keys = sorted(set(lines.values_list("fulfillment_order", flat=True)))
    for start in range(0, len(keys), BATCH):
        lock_parcels(keys[start : start + BATCH])
    picked = lines.exclude(fulfillment_order__status__in=UNTOUCHED)
    for sheet in _desks(stock, picked, act=act):
        for one in sheet.open:
            _reserve_picked(sheet, one, books, variant_ids)
    stock.save()
    shares = {variant_id: books.shares(variant_id) for variant_id in sorted(variant_ids)}
    for sheet in _desks(stock, lines, act=act):
        for one in sheet.open:
            for line in _outside(one, variant_ids):
                share = shares[line.variant_id].get(line.pk)
                if share is not None:
                    _book(sheet, one, line, share)
            sheet.settle(one)
            sheet.sort_by_warehouse(one)
    _forget(books.order_lines, variant_ids)
    promise(variant_ids, act=act)
    refresh_lines(books.order_lines, act=act)


@dataclass(slots=True)
class _Share:
    """What a line gets, by warehouse: units that are there, and units that wait.

    `was` is where it had them when it was tracked before.
    """

    there: Counter[int] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    was: Booked = field(default_factory=dict)

    def reserve(self, place: int, units: int) -> None:
        """Count units that are there at a warehouse; so many wait no more, those there first."""
        self.there[place] += units
        for other in [place, *self.waits]:
            less = min(units, self.waits[other])
            self.waits[other] -= less
            units -= less


@dataclass(slots=True)
class _Books:
    """Which units the lines outside the books get, while the stock is drawn down in memory."""

    stock: Stock
    rule: str = field(default_factory=lambda: StoreSettings.load().release_rule)
    places: Mapping[int, frozenset[int]] = field(default_factory=channel_warehouses)
    order_lines: set[int] = field(default_factory=set)
    picked: dict[tuple[int, int], Counter[int]] = field(default_factory=dict)
    """Units of an order line that are reserved already, by variant and warehouse."""
    _parts: dict[int, tuple[int, int]] = field(default_factory=dict)
    _bundles: dict[tuple[int, int], Mapping[int, int]] = field(default_factory=dict)

    def shares(self, variant_id: int) -> dict[int, _Share]:
        """Return what each line of a variant gets that nobody picked, by primary key.

        The units are taken off the stock here, so that no other line gets them.
        """
        rows = self._rows(variant_id)
        shares = self._wanted(rows)
        waiters = ranked(self._waiters(rows, shares), self.rule)
        for waiter in waiters:
            self._reserve_again(variant_id, waiter, shares[waiter.line])
        rest = [
            replace(waiter, units=units)
            for waiter in waiters
            if (units := self._units(waiter, shares[waiter.line]))
        ]
        for grant in plan(self.stock.supply(variant_id), rest):
            self.stock.move(variant_id, grant.warehouse, allocated=grant.units)
            shares[grant.line].reserve(grant.warehouse, grant.units)
        for share in shares.values():
            for place, units in (+share.waits).items():
                self.stock.move(variant_id, place, on_backorder=units)
        self.order_lines.update(line.order_line_id for line in rows)
        return shares

    def _rows(self, variant_id: int) -> list[FulfillmentLine]:
        rows = outside().filter(variant=variant_id, fulfillment_order__status__in=UNTOUCHED)
        rows = rows.select_related("order_line", "fulfillment_order__order")
        return list(rows.order_by("fulfillment_order", "pk"))

    def _waiters(
        self, rows: Sequence[FulfillmentLine], shares: Mapping[int, _Share]
    ) -> list[Waiter]:
        lacks = self._lacks(rows)
        return [
            Waiter(
                line=line.pk,
                order_line=line.order_line_id,
                units=line.allocated,
                booked=place,
                priority=line.priority,
                placed_at=line.placed_at,
                first_promised_at=line.order_line.first_promised_at,
                missing=lacks[line.fulfillment_order_id],
                value=line.fulfillment_order.order.total,
                is_unpaid=line.is_unpaid,
                warehouses=frozenset({place})
                if line.pk in self._parts
                else self.places.get(line.fulfillment_order.order.channel_id),
            )
            for line in rows
            for place in self._booked(line, shares[line.pk])
        ]

    def _booked(self, line: FulfillmentLine, share: _Share) -> list[int]:
        """Return where a line takes its place in the queue: of a bundle, everywhere it is."""
        places = list(share.waits)
        return places if line.pk in self._parts else places[:1]

    def _units(self, waiter: Waiter, share: _Share) -> int:
        """Return the units that somebody in the queue still lacks."""
        return share.waits[waiter.booked] if waiter.line in self._parts else share.waits.total()

    def _reserve_again(self, variant_id: int, waiter: Waiter, share: _Share) -> None:
        """Reserve for a line what was reserved for it before, where it was, if it is there."""
        for place in [waiter.booked] if waiter.line in self._parts else list(share.was):
            level = self.stock.levels.get((variant_id, place))
            reserved = share.was.get(place, (0, 0))[0]
            if level is None or not reserved:
                continue
            if units := min(reserved, max(0, level.on_hand - level.allocated)):
                self.stock.move(variant_id, place, allocated=units)
                share.reserve(place, units)

    def _wanted(self, rows: Sequence[FulfillmentLine]) -> dict[int, _Share]:
        """Return where each line would wait: where its units were, else where the rule says."""
        bundles = self._bundles_at(rows)
        by_order_line: dict[int, list[FulfillmentLine]] = defaultdict(list)
        for line in rows:
            by_order_line[line.order_line_id].append(line)
        was = {
            key: booked
            for lines in by_order_line.values()
            for key, booked in back(
                self._was(lines[0]), [_loose_of(line) for line in lines]
            ).items()
        }
        shares = {}
        for line in rows:
            mine = was.get(line.pk, {})
            if not self._fits(line, mine, bundles):
                mine = {}
            units = {place: sum(both) for place, both in mine.items()}
            units = units or self._units_at(line, bundles)
            if key := self._parts.get(line.pk):
                whole = {place: count // line.per_unit for place, count in units.items()}
                self._bundles.setdefault(key, whole)
            shares[line.pk] = _Share(waits=Counter(units), was=mine)
        return shares

    def _was(self, line: FulfillmentLine) -> Booked:
        """Return where the units of an order line were that nobody picked, in warehouses of now."""
        kept = (line.order_line.was_booked or {}).get(str(line.variant_id), {})
        known = {warehouse.pk for warehouse in self.stock.warehouses}
        was = {int(place): (there, waits) for place, (there, waits) in kept.items()}
        for place, units in self.picked.get((line.order_line_id, line.variant_id), {}).items():
            there, waits = was.get(place, (0, 0))
            was[place] = (max(0, there - units), waits)
        return was if was.keys() <= known else {}

    def _fits(
        self,
        line: FulfillmentLine,
        was: Booked,
        bundles: Mapping[tuple[int, int], Mapping[int, int]],
    ) -> bool:
        """Return whether a part of a bundle was where its other components are, or any is."""
        known = bundles.get(self._parts[line.pk], {}) if line.pk in self._parts else {}
        whole = {place: sum(both) // line.per_unit for place, both in was.items()}
        return not known or whole == {place: count for place, count in known.items() if count}

    def _units_at(
        self, line: FulfillmentLine, bundles: Mapping[tuple[int, int], Mapping[int, int]]
    ) -> dict[int, int]:
        """Return the units of a line by the warehouse where they are booked: one, but of a bundle.

        Of a bundle they go where its other components are; without any, it is whole at one.
        """
        key = self._parts.get(line.pk)
        known = bundles.get(key, {}) if key else {}
        units = {place: count * line.per_unit for place, count in known.items()}
        if sum(units.values()) != line.allocated:
            units = {self._home(line): line.allocated}
        return units

    def _lacks(self, rows: Iterable[FulfillmentLine]) -> Counter[int]:
        """Return how many units each parcel lacks as long as nothing is reserved for it."""
        found: Counter[int] = Counter()
        for line in rows:
            found[line.fulfillment_order_id] += line.allocated
        waiting = FulfillmentLine.objects.waiting()
        for start in range(0, len(keys := sorted(found)), BATCH):
            some = waiting.filter(fulfillment_order__in=keys[start : start + BATCH])
            for parcel, units in some.values_list("fulfillment_order", "waiting"):
                found[parcel] += units
        return found

    def _bundles_at(
        self, rows: Iterable[FulfillmentLine]
    ) -> dict[tuple[int, int], Mapping[int, int]]:
        """Return how many bundles of a line are where, as their other components say."""
        parts = {
            line.pk: (line.fulfillment_order_id, line.order_line_id)
            for line in rows
            if line.order_line.variant_id != line.variant_id
        }
        self._parts |= parts
        found: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        keys = sorted({parcel for parcel, _line in parts.values()})
        for start in range(0, len(keys), BATCH):
            others = FulfillmentLine.objects.filter(
                UNITS_LEFT,
                fulfillment_order__in=keys[start : start + BATCH],
                stock_level__isnull=False,
            ).exclude(order_line__variant=F("variant"))
            for other in others.select_related("stock_level"):
                place = found[other.fulfillment_order_id, other.order_line_id]
                count = (other.allocated + other.waiting) // other.per_unit
                if other.stock_level is not None:
                    place[other.stock_level.warehouse_id] = count
        return {**found, **self._bundles}

    def _home(self, line: FulfillmentLine) -> int:
        """Return the warehouse where a line waits: that of its parcel, or the first with room.

        :raises InvalidChange: there is none.
        """
        parcel = line.fulfillment_order
        if parcel.warehouse_id is not None:
            return parcel.warehouse_id
        seen = self.stock.at(line.variant_id, self.places.get(parcel.order.channel_id))
        counted = [place for place, level in seen.items() if level.counts]
        with_room = [place for place in counted if seen[place].room != 0]
        anywhere = [warehouse.pk for warehouse in self.stock.warehouses]
        found = next(iter([*with_room, *counted, *seen, *anywhere]), None)
        if found is None:
            raise InvalidChange({"track_inventory": NO_WAREHOUSE})
        return found

    def has_all(self, units: Mapping[int, int], one: Open) -> int | None:
        """Return the warehouse that has so many units of each variant free for a picked parcel."""
        home = one.row.warehouse_id
        for place in [home] if home is not None else self._open_places(one.row.order.channel_id):
            levels = {pk: self.stock.levels.get((pk, place)) for pk in units}
            if all(
                level is not None and level.on_hand - level.allocated >= units[pk]
                for pk, level in levels.items()
            ):
                return place
        return None

    def _open_places(self, channel_id: int) -> list[int]:
        ships_from = self.places.get(channel_id)
        return [
            warehouse.pk
            for warehouse in self.stock.warehouses
            if warehouse.is_active and (ships_from is None or warehouse.pk in ships_from)
        ]


def _loose_of(line: FulfillmentLine) -> Loose:
    return Loose(line.pk, line.allocated, line.fulfillment_order.warehouse_id)


def _outside(one: Open, variant_ids: Collection[int]) -> list[FulfillmentLine]:
    """Return the lines of a parcel that are outside the books."""
    return [
        line
        for line in one.lines
        if line.stock_level is None and line.allocated and line.variant_id in variant_ids
    ]


def _reserve_picked(sheet: Sheet, one: Open, books: _Books, variant_ids: Collection[int]) -> None:
    """Reserve what a picked parcel takes from nowhere, in one warehouse, or undo its picking."""
    lines = _outside(one, variant_ids)
    units: Counter[int] = Counter()
    for line in lines:
        units[line.variant_id] += line.allocated
    place = books.has_all(units, one)
    if place is None:
        sheet.put_back(one)
        sheet.note(one.row.order, EventKind.PUT_BACK_FOR_STOCK, parcel=one.row.number)
        return
    for line in lines:
        sheet.stock.move(line.variant_id, place, allocated=line.allocated)
        mine = books.picked.setdefault((line.order_line_id, line.variant_id), Counter())
        mine[place] += line.allocated
        books.order_lines.add(line.order_line_id)
        _book(sheet, one, line, _Share(Counter({place: line.allocated})))
    one.row.warehouse_id, one.is_dirty = place, True


def _book(sheet: Sheet, one: Open, line: FulfillmentLine, share: _Share) -> None:
    """Move the units of a line to where they are there and where they wait; they are counted."""
    piece = one.pieces()[one.lines.index(line)]
    sheet.change(line, allocated=-line.allocated)
    for place in dict.fromkeys([*+share.there, *+share.waits]):
        units, waiting = share.there[place], share.waits[place]
        sheet.put(one, replace(piece, warehouse=place, allocated=units, waiting=waiting))
    reserved, waits = share.there.total(), share.waits.total()
    sheet.note(
        one.row.order,
        EventKind.TRACKED_AGAIN,
        sku=sheet.stock.variants[line.variant_id].sku,
        variant=line.variant_id,
        units=reserved + waits,
        reserved=reserved,
        waiting=waits,
        parcel=one.row.number,
    )
