"""Parcels on the desk: fulfillment orders read under lock, changed in memory, saved at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Unpack

from django.db.models import F, Max, Q

from inventory.acts import Act
from inventory.models import StoreSettings, Variant
from inventory.models.settings import BackorderedItemsShip
from inventory.objects import insert, update
from orders.errors import Missing, NotPossible
from orders.event_kinds import EventData, EventKind
from orders.locks import Stock, is_new, lock_fulfillment_orders, lock_orders
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderEvent,
    OrderLine,
    PaymentStatus,
)
from orders.policy.parcels import (
    Parcel,
    Piece,
    by_seller,
    by_warehouse,
    complete_lines,
    holds_of,
    parcels_of,
)
from orders.reasons import Reason

UNTOUCHED = (FulfillmentStatus.WAITING, FulfillmentStatus.READY)
"""States in which nobody has picked anything yet."""

PICKING = ("picked_at", "picked_by", "packed_at", "packed_by")
"""What is known of a parcel's picking and packing."""

BY_RULE = frozenset(
    {
        HoldReason.AWAITING_STOCK,
        HoldReason.AWAITING_REST_OF_ORDER,
        HoldReason.AWAITING_RELEASE_DATE,
    }
)
"""Holds that come and go with stock and dates; the others are somebody's decision."""


@dataclass(eq=False, slots=True)
class Open:
    """One fulfillment order on the desk, with its lines and its holds."""

    row: FulfillmentOrder
    lines: list[FulfillmentLine] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    was_ready: bool = False
    is_dirty: bool = False
    is_held_anew: bool = False
    """Its holds changed: it is written, so that lists say so, and stays the version it is."""

    @property
    def is_untouched(self) -> bool:
        """Return whether nothing of it was picked yet."""
        return self.row.status in UNTOUCHED

    @property
    def missing(self) -> int:
        """Return how many units it lacks."""
        return sum(line.waiting for line in self.lines)

    def pieces(self) -> list[Piece]:
        """Return what it holds, as the rules read it."""
        return [
            Piece(
                line=line.order_line_id,
                variant=line.variant_id,
                warehouse=line.stock_level.warehouse_id if line.stock_level else None,
                per_unit=line.per_unit,
                allocated=line.allocated,
                waiting=line.waiting,
                seller=line.seller,
                is_part=line.order_line.variant_id != line.variant_id,
            )
            for line in self.lines
        ]

    @property
    def seller(self) -> int | None:
        """Return whose parcel it is; `None`: the store's own."""
        return self.lines[0].seller if self.lines else None

    @property
    def is_held_by_hand(self) -> bool:
        """Return whether somebody keeps it from going anywhere."""
        return any(hold.reason == HoldReason.MANUAL for hold in self.holds)


@dataclass(slots=True)
class Sheet:
    """Fulfillment orders as they are to be; `save` writes them in a constant number of statements.

    Their units are counted in `stock`, whose variants are locked.
    """

    stock: Stock
    act: Act
    open: list[Open] = field(default_factory=list)
    release_dates: dict[int, date] = field(default_factory=dict)
    released_by_date: list[FulfillmentOrder] = field(default_factory=list)
    _order_lines: dict[int, OrderLine] = field(default_factory=dict)
    _sequences: dict[int, int] = field(default_factory=dict)
    _new_holds: list[Hold] = field(default_factory=list)
    _dropped_holds: list[int] = field(default_factory=list)
    _events: list[OrderEvent] = field(default_factory=list)
    _dirty_lines: dict[int, FulfillmentLine] = field(default_factory=dict)
    _together: bool | None = None

    @property
    def today(self) -> date:
        """Return the day of the shop."""
        return self.act.today

    def read(self, where: Q, *, order: Order | None = None) -> None:
        """Lock these fulfillment orders and read what they hold; `order`, if given, is locked."""
        if order is None:
            lock_orders(where)
        found = {
            row.pk: Open(row, was_ready=row.status == FulfillmentStatus.READY)
            for row in lock_fulfillment_orders(where)
        }
        if order is not None:
            for one in found.values():
                one.row.order = order
        rows: Any = FulfillmentLine.objects.filter(fulfillment_order__in=found).annotate(
            sold_by=F("order_line__variant__product__seller")
        )
        for line in rows.select_related("order_line", "stock_level").order_by("pk"):
            if line.stock_level is not None:
                place = (line.variant_id, line.stock_level.warehouse_id)
                line.stock_level = self.stock.levels.setdefault(place, line.stock_level)
            line.seller = line.sold_by
            found[line.fulfillment_order_id].lines.append(line)
            self._order_lines[line.order_line_id] = line.order_line
        for hold in Hold.objects.filter(fulfillment_order__in=found).order_by("pk"):
            found[hold.fulfillment_order_id].holds.append(hold)
        self.open += found.values()
        self.release_dates |= release_dates_of(self._order_lines.keys())

    def know(self, lines: Iterable[OrderLine], *, release_dates: Mapping[int, date]) -> None:
        """Take up order lines that no parcel holds yet."""
        self._order_lines = {line.pk: line for line in lines} | self._order_lines
        self.release_dates |= release_dates

    def is_new(self, order: Order) -> None:
        """Take up an order without parcels, whose numbers start at 1."""
        self._sequences[order.pk] = 0

    def note(self, order: Order, kind: EventKind, **data: Unpack[EventData]) -> None:
        """Write down in the time line of an order what happened."""
        self._events.append(
            OrderEvent(order=order, at=self.act.at, by=self.act.by, kind=kind, data=data)
        )

    def note_units(
        self, parcel: FulfillmentOrder, kind: EventKind, variant_id: int, units: int
    ) -> None:
        """Write down what happened to units of a variant in a parcel."""
        self.note(
            parcel.order,
            kind,
            sku=self.stock.variants[variant_id].sku,
            variant=variant_id,
            units=units,
            parcel=parcel.number,
        )

    def lacking(self, line: FulfillmentLine, units: int) -> Missing:
        """Return so many units that a line lacks, as a refusal names them."""
        codes = {place.pk: place.code for place in self.stock.warehouses}
        place = (codes[line.stock_level.warehouse_id],) if line.stock_level else ()
        return Missing(self.stock.variants[line.variant_id].sku, units, place)

    # --- units --------------------------------------------------------------------------------

    def put(self, one: Open, piece: Piece) -> None:
        """Put units into a parcel, beside those of the same line and warehouse.

        :raises NotPossible: those are counted by another recipe: they would be lost among them.
        """
        level = None
        if piece.warehouse is not None:
            level = self.stock.level(piece.variant, piece.warehouse)
        for line in one.lines:
            same = line.stock_level is level or (
                line.stock_level is not None
                and level is not None
                and line.stock_level.warehouse_id == level.warehouse_id
            )
            if same and (line.order_line_id, line.variant_id) == (piece.line, piece.variant):
                if line.per_unit != piece.per_unit:
                    sku = self._order_lines[piece.line].sku
                    raise NotPossible(Reason.TWO_RECIPES, sku=sku)
                self.change(line, allocated=piece.allocated, waiting=piece.waiting)
                return
        order_line = self._order_lines[piece.line]
        line = FulfillmentLine(
            order_line=order_line,
            variant_id=piece.variant,
            stock_level=level,
            per_unit=piece.per_unit,
            allocated=piece.allocated,
            waiting=piece.waiting,
            priority=one.row.order.priority,
            is_unpaid=one.row.order.payment == PaymentStatus.PENDING,
            placed_at=order_line.placed_at,
        )
        line.seller = piece.seller
        one.lines.append(line)

    def change(self, line: FulfillmentLine, *, allocated: int = 0, waiting: int = 0) -> None:
        """Count units of a line up or down."""
        line.allocated += allocated
        line.waiting += waiting
        if line.waiting == 0:
            line.promised_at = None
        if not is_new(line):
            self._dirty_lines[line.pk] = line

    def free(self, line: FulfillmentLine, *, allocated: int = 0, waiting: int = 0) -> None:
        """Take units off a line, and off its stock level."""
        self.change(line, allocated=-allocated, waiting=-waiting)
        if line.stock_level is not None:
            self.stock.move(
                line.variant_id,
                line.stock_level.warehouse_id,
                allocated=-allocated,
                on_backorder=-waiting,
            )

    # --- parcels ------------------------------------------------------------------------------

    def add(self, order: Order, parcel: Parcel) -> Open:
        """Make a fulfillment order of a parcel; its units are counted already."""
        sequence = self._next_sequence(order)
        one = Open(
            FulfillmentOrder(
                order=order,
                sequence=sequence,
                warehouse_id=parcel.warehouse,
                status=FulfillmentStatus.WAITING,
                created_at=self.act.at,
            )
        )
        self.open.append(one)
        for reason in parcel.holds:
            self.hold(one, HoldReason(reason))
        for piece in parcel.pieces:
            self.put(one, piece)
        if order.payment == PaymentStatus.PENDING:
            self.hold(one, HoldReason.AWAITING_PAYMENT)
        self._follow_holds(one)
        return one

    def hold(self, one: Open, reason: HoldReason, *, note: str = "") -> Hold:
        """Put a hold on a parcel."""
        hold = Hold(
            fulfillment_order=one.row, reason=reason, note=note, by=self.act.by, at=self.act.at
        )
        one.holds.append(hold)
        one.is_held_anew = True
        self._new_holds.append(hold)
        return hold

    def drop(self, one: Open, hold: Hold) -> None:
        """Take a hold off a parcel."""
        one.holds.remove(hold)
        one.is_held_anew = True
        if is_new(hold):
            self._new_holds.remove(hold)
        else:
            self._dropped_holds.append(hold.pk)

    def settle(self, one: Open) -> None:
        """Bring a parcel's holds and state along with what it holds; its units changed.

        What a ready parcel of a split order lost, or may not ship yet, waits as a parcel of its
        own, and what is complete of one that waits leaves it, unless the store ships that together.
        One that nothing holds any more is ready: one for each warehouse.
        """
        if not one.is_untouched:
            return
        self._drop_empty_lines(one)
        if not one.lines:
            self._cancel(one)
            return
        if not one.row.order.ship_together:
            ahead = self._ahead()
            lost = one.missing or any(line.order_line_id in ahead for line in one.lines)
            if one.was_ready and lost:
                self._split(one)
            elif one.row.status == FulfillmentStatus.WAITING:
                self._let_complete_lines_go(one)
        self._renew_holds(one)
        self._follow_holds(one)

    def put_back(self, one: Open) -> None:
        """Undo the picking and packing of a parcel: its units are on the shelf again."""
        row = one.row
        row.status, one.was_ready, one.is_dirty = FulfillmentStatus.READY, True, True
        row.picked_at, row.picked_by, row.packed_at, row.packed_by = None, "", None, ""

    def sort_by_warehouse(self, one: Open) -> None:
        """Let a ready parcel ship from one warehouse: what others have becomes parcels as well."""
        if one.row.status != FulfillmentStatus.READY or not one.lines:
            return
        groups = dict(_by_warehouse(one))
        home = one.row.warehouse_id if one.row.warehouse_id in groups else next(iter(groups))
        one.is_dirty |= one.row.warehouse_id != home
        one.row.warehouse_id = home
        for place, pieces in groups.items():
            if place != home:
                parcel = Parcel(place, tuple(pieces))
                self.take_out(one, parcel)
                self.add(one.row.order, parcel)

    def split_off(self, one: Open) -> Open | None:
        """Make a parcel of what is there in one that waits; return it, or `None`: nothing is."""
        kept = one.row.order
        ahead = self._ahead()
        ready = [
            parcel
            for parcel in parcels_of(
                one.pieces(), is_split=True, release_dates=self.release_dates, today=self.today
            )
            if not parcel.holds and not any(piece.line in ahead for piece in parcel.pieces)
        ]
        made = None
        for parcel in ready:
            self.take_out(one, parcel)
            made = self.add(kept, parcel)
        self.settle(one)
        return made

    def join(self, order: Order, parcel: Parcel) -> None:
        """Put a parcel into one of the order that is alike and not picked, or make it one."""
        for one in self.open:
            alike = one.is_untouched and one.row.warehouse_id == parcel.warehouse
            alike = alike and one.seller == parcel.seller
            reasons = {hold.reason for hold in one.holds}
            if one.row.order_id == order.pk and alike and reasons == set(parcel.holds):
                for piece in parcel.pieces:
                    self.put(one, piece)
                return
        self.add(order, parcel)

    def gather(self, order: Order) -> None:
        """Put everything that nobody picked yet into one parcel of each seller: it waits."""
        parts: dict[int | None, list[Open]] = {}
        for one in self.open:
            if one.row.order_id == order.pk and one.is_untouched:
                parts.setdefault(one.seller, []).append(one)
        for of_seller in parts.values():
            if any(one.missing or one.holds for one in of_seller):
                self._gather(of_seller)

    def _gather(self, parts: Sequence[Open]) -> None:
        first = parts[0]
        for one in parts[1:]:
            for piece in one.pieces():
                self.put(first, piece)
            for line in one.lines:
                self.change(line, allocated=-line.allocated, waiting=-line.waiting)
            for hold in [hold for hold in one.holds if hold.reason == HoldReason.MANUAL]:
                self.hold(first, HoldReason.MANUAL, note=hold.note)
            self.settle(one)
        self.settle(first)

    def save(self) -> None:
        """Write it all: stock levels, fulfillment orders, their lines, holds, events."""
        self.stock.save()
        self._save_parcels()
        self._save_lines()
        if self._dropped_holds:
            Hold.objects.filter(pk__in=self._dropped_holds).delete()
        insert([hold for hold in self._new_holds if not is_new(hold.fulfillment_order)])
        insert(self._events)
        for pending in (self._dropped_holds, self._new_holds, self._events):
            pending.clear()

    def _save_parcels(self) -> None:
        new = [one for one in self.open if is_new(one.row) and one.lines]
        insert([one.row for one in new])
        for one in self.open:
            # Who looks at a parcel sees its units: it is another one when they change.
            one.is_dirty |= any(is_new(line) or line.pk in self._dirty_lines for line in one.lines)
        known = [  # what was emptied before it was ever saved is not
            one
            for one in self.open
            if (one.is_dirty or one.is_held_anew) and one not in new and not is_new(one.row)
        ]
        for one in known:
            one.row.version += one.is_dirty
        columns = ["status", "warehouse_id", "ready_at", "version", *PICKING]
        update([one.row for one in known], columns)
        for one in self.open:
            one.is_dirty = one.is_held_anew = False

    def _save_lines(self) -> None:
        fresh: list[FulfillmentLine] = []
        for one in self.open:
            for line in one.lines:
                if is_new(line):
                    line.fulfillment_order = one.row
                    fresh.append(line)
        gone = [pk for pk, line in self._dirty_lines.items() if _is_empty(line)]
        if gone:
            FulfillmentLine.objects.filter(pk__in=gone).delete()
        kept = [line for line in self._dirty_lines.values() if not _is_empty(line)]
        update(kept, ["allocated", "waiting", "shipped", "promised_at"])
        insert(fresh)
        self._dirty_lines.clear()

    # --- inside -------------------------------------------------------------------------------

    def _next_sequence(self, order: Order) -> int:
        if order.pk not in self._sequences:
            rows = FulfillmentOrder.objects.filter(order=order.pk)
            self._sequences[order.pk] = rows.aggregate(last=Max("sequence", default=0))["last"]
        self._sequences[order.pk] += 1
        return self._sequences[order.pk]

    def _ahead(self) -> set[int]:
        """Return the order lines whose release date is still to come."""
        return {line for line, day in self.release_dates.items() if day > self.today}

    def _drop_empty_lines(self, one: Open) -> None:
        kept = [line for line in one.lines if not _is_empty(line)]
        one.is_dirty |= len(kept) < len(one.lines)
        one.lines = kept

    def _cancel(self, one: Open) -> None:
        for hold in [*one.holds]:
            self.drop(one, hold)
        one.row.status, one.is_dirty = FulfillmentStatus.CANCELED, True

    def take_out(self, one: Open, parcel: Parcel) -> None:
        """Take the pieces of a parcel out of another one; they are put into one of their own."""
        for piece in parcel.pieces:
            for line in one.lines:
                place = line.stock_level.warehouse_id if line.stock_level else None
                if (line.order_line_id, line.variant_id, place) == (
                    piece.line,
                    piece.variant,
                    piece.warehouse,
                ):
                    self.change(line, allocated=-piece.allocated, waiting=-piece.waiting)
        self._drop_empty_lines(one)

    def _split(self, one: Open) -> None:
        """Let a ready parcel that lost units keep what is whole; the rest waits by itself."""
        parcels = parcels_of(
            one.pieces(), is_split=True, release_dates=self.release_dates, today=self.today
        )
        if not any(not parcel.holds for parcel in parcels):
            return
        for parcel in parcels:
            if parcel.holds:
                self.take_out(one, parcel)
                self.add(one.row.order, parcel)

    def _let_complete_lines_go(self, one: Open) -> None:
        """Let each line leave a parcel that waits as soon as nothing of it is missing."""
        ahead = {line for line, day in self.release_dates.items() if day > self.today}
        pieces = one.pieces()
        complete = complete_lines(pieces, ahead)
        if len(complete) in {0, len({piece.line for piece in pieces})} or one.is_held_by_hand:
            return
        if self._ships_together:
            return
        mine = [piece for piece in pieces if piece.line in complete]
        for parcel in parcels_of(mine, is_split=True, release_dates={}, today=self.today):
            self.take_out(one, parcel)
            made = self.add(one.row.order, parcel)
            self.note(one.row.order, EventKind.LINES_COMPLETE, parcel=made.row.number)

    @property
    def _ships_together(self) -> bool:
        """Return whether all that waits of a split order ships on one day; read when it matters."""
        if self._together is None:
            how = StoreSettings.load().backordered_items_ship
            self._together = how == BackorderedItemsShip.TOGETHER
        return self._together

    def _renew_holds(self, one: Open) -> None:
        ahead = self._ahead()
        wanted = holds_of(one.pieces(), ahead, is_split=not one.row.order.ship_together)
        for hold in [hold for hold in one.holds if HoldReason(hold.reason) in BY_RULE]:
            if hold.reason not in wanted:
                self.drop(one, hold)
                if hold.reason == HoldReason.AWAITING_RELEASE_DATE and not wanted:
                    self.released_by_date.append(one.row)
        there = {hold.reason for hold in one.holds}
        for reason in wanted:
            if reason not in there:
                self.hold(one, HoldReason(reason))

    def _follow_holds(self, one: Open) -> None:
        """Make a parcel wait, or ready, as its holds say."""
        row = one.row
        if one.holds:
            if row.status != FulfillmentStatus.WAITING or row.warehouse_id:
                row.status, row.ready_at, one.is_dirty = FulfillmentStatus.WAITING, None, True
                row.warehouse = None
            return
        if row.status == FulfillmentStatus.READY:
            return
        row.status, row.ready_at, one.is_dirty = FulfillmentStatus.READY, self.act.at, True
        first, *others = _by_warehouse(one)
        row.warehouse_id = first[0]
        for place, pieces in others:
            parcel = Parcel(place, tuple(pieces))
            self.take_out(one, parcel)
            self.add(row.order, parcel)


def release_dates_of(ids: Collection[int]) -> dict[int, date]:
    """Return the day before which a line may not ship, by line: the latest of all it is made of."""
    if not ids:
        return {}
    own = Variant.objects.filter(order_lines__in=ids, release_date__isnull=False)
    parts = Variant.objects.filter(
        fulfillment_lines__order_line__in=ids, release_date__isnull=False
    )
    days: dict[int, date] = {}
    for line, day in (
        *own.values_list("order_lines", "release_date"),
        *parts.values_list("fulfillment_lines__order_line", "release_date").distinct(),
    ):
        if day is not None:
            days[line] = max(day, days.get(line, day))
    return days


def _by_warehouse(one: Open) -> list[tuple[int | None, list[Piece]]]:
    """Return what a parcel holds by warehouse; what comes from nowhere goes with the first.

    Parcels of two sellers, which older programs made, are divided as well.
    """
    return [group for pieces in by_seller(one.pieces()) for group in by_warehouse(pieces).items()]


def _is_empty(line: FulfillmentLine) -> bool:
    return not (line.allocated or line.waiting or line.shipped)
