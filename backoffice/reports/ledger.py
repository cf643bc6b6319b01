"""What happened to the units of one variant, put together from what is recorded, with balances.

On hand comes from the ledger and is exact. Allocated and on backorder come from order lines, the
time lines of their orders and shipments; what an order did not write down is counted with its
placing, so that the balances end at the numbers of today.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from backoffice.happenings import Happening, happenings
from inventory.models import Movement, Variant
from inventory.models.stock import MovementKind
from orders.event_kinds import EventKind
from orders.models import FulfillmentLine, OrderLine

PLACED, TAKEN, MOVED, SAID, SET = range(5)
"""Ranks of moments."""

COUNTED = (
    EventKind.UNITS_RESERVED,
    EventKind.UNITS_TAKEN_BACK,
    EventKind.UNITS_CANCELED,
    EventKind.QUANTITY_CHANGED,
    EventKind.BACKORDER_ALLOWED,
    EventKind.OVERSOLD_RESERVED,
)
"""What changes the units of an order after it was placed."""

MAX_MOMENTS = 5_000
"""Of each kind of happening, the newest; older ones are left out."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that changed the numbers of a variant, or its settings; units gained or lost.

    `rank` orders what happened at one time: an order is placed before its units move, a correction
    takes units back before it writes them off, and what comes in is there before it is handed out.
    """

    at: datetime
    rank: int
    key: int
    what: str
    why: str = ""
    by: str = ""
    on_hand: int = 0
    allocated: int = 0
    waiting: int = 0
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """A moment, and the numbers after it."""

    moment: Moment
    on_hand: int
    allocated: int
    waiting: int


@dataclass(slots=True)
class Sold:
    """What one order took of a variant, in units of the variant.

    `per_unit` says for what each of its lines sells how many units one of them takes.
    """

    placed_at: datetime
    by: str = ""
    ordered: int = 0
    backordered: int = 0
    short: int = 0
    allocated: int = 0
    waiting: int = 0
    is_bundle: bool = False
    per_unit: dict[int, int] = field(default_factory=dict)
    later: list[Moment] = field(default_factory=list)


def moments_of(variant: Variant) -> tuple[list[Moment], bool]:
    """Return what happened to the units of a variant, newest first, and whether that is all."""
    movements = list(_movements(variant))
    sold = _sold(variant)
    for moment in movements:
        if moment.order is not None and moment.order in sold:
            sold[moment.order].later.append(moment)
    found = [moment for moment in movements if moment.order not in sold]
    said = _said(variant, sold)
    for order, one in sold.items():
        found += _of_order(variant, order, one, said.get(order, ()))
    found.sort(key=lambda one: (one.at, one.rank, one.key), reverse=True)
    is_all = len(movements) < MAX_MOMENTS and len(sold) < MAX_MOMENTS
    return found, is_all


def balances(variant: Variant, moments: Iterable[Moment]) -> Iterator[Balance]:
    """Yield each moment with the numbers after it, from those of today backwards."""
    now = variant.stock_levels.aggregate(
        on_hand=Sum("on_hand", default=0),
        allocated=Sum("allocated", default=0),
        waiting=Sum("on_backorder", default=0),
    )
    on_hand, allocated, waiting = now["on_hand"], now["allocated"], now["waiting"]
    for moment in moments:
        yield Balance(moment, on_hand, allocated, waiting)
        on_hand -= moment.on_hand
        allocated -= moment.allocated
        waiting -= moment.waiting


# --- the stock ledger -------------------------------------------------------------------------


def _movements(variant: Variant) -> Iterator[Moment]:
    rows = Movement.objects.filter(stock_level__variant=variant)
    rows = rows.select_related("stock_level__warehouse", "delivery").order_by("-moved_at", "-pk")
    for row in rows[:MAX_MOMENTS]:
        place = row.stock_level.warehouse.name
        order = _order_of(row)
        # Shipping takes units off hand that were allocated; a shipment that comes back is ready.
        allocated = row.quantity if order is not None else 0
        yield Moment(
            at=row.moved_at,
            rank=MOVED,
            key=row.pk,
            what=_("%(kind)s in %(warehouse)s")
            % {"kind": row.get_kind_display(), "warehouse": place},
            why=" · ".join(part for part in (row.reference, row.reason) if part),
            by=row.by,
            on_hand=row.quantity,
            allocated=allocated,
            order=order,
        )


def _order_of(row: Movement) -> int | None:
    """Return the order of a shipment, or of one that came back; its reference names the parcel."""
    if row.kind not in {MovementKind.SHIPMENT, MovementKind.RETURN}:
        return None
    number, dash, sequence = row.reference.partition("-")
    is_parcel = dash and number.isdigit() and sequence.isdigit()
    return int(number) if is_parcel else None


# --- orders -----------------------------------------------------------------------------------


def _sold(variant: Variant) -> dict[int, Sold]:
    """Return what orders took of a variant, the newest of them."""
    parts = FulfillmentLine.objects.filter(variant=variant).order_by()
    own = Q(variant=variant) | Q(pk__in=parts.values("order_line"))
    lines = OrderLine.objects.filter(own).select_related("order").order_by("-placed_at", "-pk")
    sold: dict[int, Sold] = {}
    taken: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    newest = list(lines[:MAX_MOMENTS])
    orders = {line.order_id for line in newest}
    for part in parts.filter(fulfillment_order__order__in=orders).values(
        "order_line", "allocated", "waiting", "per_unit", "stock_level"
    ):
        taken[part["order_line"]].append(part)
    for line in reversed(newest):
        one = sold.setdefault(line.order_id, Sold(line.placed_at, line.order.by))
        rows = [row for row in taken[line.pk] if row["stock_level"] is not None]
        per_unit = rows[0]["per_unit"] if rows else 1
        one.is_bundle |= line.variant_id != variant.pk
        one.ordered += line.quantity * per_unit
        one.backordered += line.backordered_when_placed * per_unit
        one.short += line.short * per_unit
        one.allocated += sum(row["allocated"] for row in rows)
        one.waiting += sum(row["waiting"] for row in rows)
        one.per_unit[line.variant_id] = per_unit
    return sold


def _said(variant: Variant, sold: Mapping[int, Sold]) -> dict[int, list[Happening]]:
    """Return what the time lines of these orders say of the units of a variant, oldest first."""
    said: dict[int, list[Happening]] = defaultdict(list)
    variants = {variant.pk}.union(*(one.per_unit for one in sold.values()))
    which = {"order__in": sold.keys(), "data__variant__in": [*variants]}
    for one in happenings(COUNTED, **which):
        if one.variant == variant.pk or one.variant in sold[one.order].per_unit:
            said[one.order].append(one)
    return said


def _of_order(variant: Variant, order: int, one: Sold, said: Sequence[Happening]) -> list[Moment]:
    """Return the moments of one order, oldest first; its placing takes what no other explains."""
    allocated, waiting = _at_first(variant, one, said)
    steps: list[Moment | Happening] = [*one.later, *said]
    steps.sort(key=lambda step: (step.at, step.rank if isinstance(step, Moment) else SAID))
    moments: list[Moment] = []
    for step in steps:
        moment = (
            step
            if isinstance(step, Moment)
            else _moment(variant, one, step, allocated=allocated, waiting=waiting)
        )
        if moment is None:
            continue
        allocated += moment.allocated
        waiting += moment.waiting
        moments.append(moment)
    first = Moment(
        at=one.placed_at,
        rank=PLACED,
        key=order,
        what=_("Order placed"),
        by=one.by,
        allocated=one.allocated - sum(moment.allocated for moment in moments),
        waiting=one.waiting - sum(moment.waiting for moment in moments),
        order=order,
    )
    return [first, *moments]


def _at_first(variant: Variant, one: Sold, said: Sequence[Happening]) -> tuple[int, int]:
    """Return the units that an order was given, and those that it waited for, when it was placed.

    Of a bundle it is not recorded which of its components were missing: what came later was.
    """
    waiting = one.backordered
    if one.is_bundle:
        came = {EventKind.UNITS_RESERVED: 1, EventKind.UNITS_TAKEN_BACK: -1}
        waiting = one.waiting + sum(
            step.units * came.get(step.kind, 0) for step in said if step.variant == variant.pk
        )
    added = sum(
        step.units * one.per_unit.get(step.variant, 1)
        for step in said
        if step.kind is EventKind.QUANTITY_CHANGED
    )
    return max(one.ordered - added - waiting - one.short, 0), waiting


def _moment(
    variant: Variant, one: Sold, step: Happening, *, allocated: int, waiting: int
) -> Moment | None:
    """Return what an event of the time line did to the units of a variant, if it did anything."""
    moment = Moment(at=step.at, rank=SAID, key=step.event, what="", by=step.by, order=step.order)
    units = step.units * one.per_unit.get(step.variant, 1)
    if step.kind is EventKind.UNITS_RESERVED and step.variant == variant.pk:
        return replace(moment, what=_("Served"), allocated=step.units, waiting=-step.units)
    if step.kind is EventKind.UNITS_TAKEN_BACK and step.variant == variant.pk:
        words = _("Waits again after a correction")
        return replace(moment, rank=TAKEN, what=words, allocated=-step.units, waiting=step.units)
    if step.kind is EventKind.OVERSOLD_RESERVED:
        return replace(moment, what=_("Oversold units reserved"), allocated=units)
    is_changed = step.kind is EventKind.QUANTITY_CHANGED
    if step.kind is EventKind.UNITS_CANCELED or (is_changed and units < 0):
        gone = min(abs(units), waiting)
        freed = min(abs(units) - gone, allocated)
        words = _("Quantity lowered") if is_changed else _("Canceled")
        return replace(moment, what=words, allocated=-freed, waiting=-gone)
    if units > 0 and (is_changed or step.kind is EventKind.BACKORDER_ALLOWED):
        words = _("Quantity raised") if is_changed else _("Backorder allowed by hand")
        owed = min(units, max(one.waiting - waiting, 0))
        return replace(moment, what=words, allocated=units - owed, waiting=owed)
    return None
