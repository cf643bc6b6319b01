"""Ready, picked, packed, shipped: each step authorized by somebody, and none while a unit lacks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from inventory.acts import Act
from inventory.models import Movement, StockLevel
from inventory.models.stock import MovementKind
from inventory.services.changes import refuse_stale
from inventory.services.movements import Note, record_movements
from orders.errors import Missing, NotPossible, OnHold, UnitsMissing
from orders.event_kinds import EventData, EventKind
from orders.locks import lock_fulfillment_orders, lock_order
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    HoldReason,
    Order,
    OrderEvent,
    OrderLine,
)
from orders.policy.parcels import Parcel, Piece, is_whole
from orders.reasons import Reason
from orders.services.books import tracking_changed
from orders.services.change import recount
from orders.services.mails import mail_shipped
from orders.services.promises import refresh_lines
from orders.services.release import follow
from orders.services.sheet import Open, Sheet

WAITING, READY, PICKED, PACKED, SHIPPED = (
    FulfillmentStatus.WAITING,
    FulfillmentStatus.READY,
    FulfillmentStatus.PICKED,
    FulfillmentStatus.PACKED,
    FulfillmentStatus.SHIPPED,
)

WAIT_FOR_UNITS = (HoldReason.AWAITING_STOCK, HoldReason.AWAITING_REST_OF_ORDER)
"""Holds that do not concern the units that are there, when somebody ships those alone."""


@transaction.atomic
def pick(*, fulfillment_order: FulfillmentOrder, act: Act) -> FulfillmentOrder:
    """Authorize that the units were taken off the shelf.

    :raises UnitsMissing: naming the units that are not there.
    :raises OnHold: something holds it.
    :raises NotPossible: it is picked already, or gone.
    :raises StaleChange: it is not the version that was seen.
    """
    row = _locked(fulfillment_order, act)
    _refuse_unfit(row, {READY}, PICKED, at=act.at)
    row.status, row.picked_at, row.picked_by = PICKED, act.at, act.by
    fields = ["status", "picked_at", "picked_by"]
    return _stepped(row, fields, EventKind.PARCEL_PICKED, act=act)


@transaction.atomic
def unpick(*, fulfillment_order: FulfillmentOrder, act: Act) -> FulfillmentOrder:
    """Put the units of a parcel back on the shelf: it is ready again.

    :raises NotPossible: it is not picked.
    :raises StaleChange: it is not the version that was seen.
    """
    row = _locked(fulfillment_order, act)
    if row.status not in {PICKED, PACKED}:
        raise NotPossible(Reason.NOT_PICKED, parcel=row.number)
    row.status, row.picked_at, row.picked_by = READY, None, ""
    row.packed_at, row.packed_by = None, ""
    fields = ["status", "picked_at", "picked_by", "packed_at", "packed_by"]
    return _stepped(row, fields, EventKind.PICKING_UNDONE, act=act)


@transaction.atomic
def pack(*, fulfillment_order: FulfillmentOrder, act: Act) -> FulfillmentOrder:
    """Authorize that the parcel is packed.

    :raises UnitsMissing: naming the units that are not there.
    :raises OnHold: something holds it.
    :raises NotPossible: it is not picked, or packed already.
    :raises StaleChange: it is not the version that was seen.
    """
    row = _locked(fulfillment_order, act)
    _refuse_unfit(row, {PICKED}, PACKED, at=act.at)
    row.status, row.packed_at, row.packed_by = PACKED, act.at, act.by
    fields = ["status", "packed_at", "packed_by"]
    return _stepped(row, fields, EventKind.PARCEL_PACKED, act=act)


@transaction.atomic
def ship(
    *, fulfillment_order: FulfillmentOrder, act: Act, units: Mapping[int, int] | None = None
) -> FulfillmentOrder:
    """Let a parcel, or so many units of its lines by primary key, leave the house.

    Shipping takes the units off hand and writes movements. It may be shipped without being picked
    and packed first: shipping says that both were done. A part ships as a parcel of its own.

    :raises UnitsMissing: naming the units that are not there.
    :raises OnHold: something holds it.
    :raises NotPossible: it is shipped already, or gone.
    :raises StaleChange: it is not the version that was seen.
    """
    order, stock = lock_order(fulfillment_order.order_id)
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk=fulfillment_order.pk), order=order)
    one = sheet.open[0]
    refuse_stale(one.row, act)
    _refuse_no_units(units)
    if units is not None and units != {line.pk: line.allocated for line in one.lines}:
        one = _split_units(sheet, one, units)
        sheet.save()
        refresh_lines([line.order_line_id for line in one.lines], act=act)
    _refuse_unfit(one.row, {READY, PICKED, PACKED}, SHIPPED, at=act.at)
    return _send(sheet, one, order)


@transaction.atomic
def ship_what_is_there(
    *, fulfillment_order: FulfillmentOrder, act: Act, units: Mapping[int, int] | None = None
) -> FulfillmentOrder:
    """Split the allocated units off a parcel, as a parcel of their own that is ready.

    `units` names so many of its lines, by primary key; else all that is there of one that waits.

    :raises NotPossible: nothing of it is there, or it does not wait, or no units are named.
    :raises UnitsMissing: more than is there is named.
    :raises StaleChange: it is not the version that was seen.
    """
    order, stock = lock_order(fulfillment_order.order_id)
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk=fulfillment_order.pk), order=order)
    one = sheet.open[0]
    refuse_stale(one.row, act)
    _refuse_no_units(units)
    made: Open | None
    if units is not None and one.is_untouched:
        made = _split_units(sheet, one, units)
    elif one.row.status != WAITING:
        raise NotPossible(Reason.NOT_WAITING, parcel=one.row.number)
    else:
        made = sheet.split_off(one)
    if made is None:
        raise NotPossible(Reason.NOTHING_TO_SHIP, parcel=one.row.number)
    sheet.note(order, EventKind.PARCEL_SPLIT_OFF, parcel=made.row.number, source=one.row.number)
    sheet.save()
    refresh_lines([line.order_line_id for line in made.lines], act=act)
    return made.row


@transaction.atomic
def unship(*, fulfillment_order: FulfillmentOrder, act: Act) -> FulfillmentOrder:
    """Take a shipment back into its warehouse: its units are allocated to the same lines again.

    Source: Saleor, canceling a fulfillment.

    :raises NotPossible: it was not shipped, or some of it came back as a return.
    :raises StaleChange: it is not the version that was seen.
    """
    order, stock = lock_order(fulfillment_order.order_id)
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk=fulfillment_order.pk), order=order)
    one = sheet.open[0]
    refuse_stale(one.row, act)
    if one.row.status != SHIPPED:
        raise NotPossible(Reason.NOT_SHIPPED, parcel=one.row.number)
    if any(line.order_line.returned for line in one.lines):
        raise NotPossible(Reason.ALREADY_RETURNED, parcel=one.row.number)
    free = _take_back(sheet, one)
    one.row.status, one.row.shipped_at, one.row.shipped_by = READY, None, ""
    one.row.picked_at = one.row.packed_at = None
    sheet.note(order, EventKind.SHIPMENT_UNDONE, parcel=one.row.number)
    if free:
        sheet.settle(one)
    sheet.save()
    one.row.save(update_fields=["status", "shipped_at", "shipped_by", "picked_at", "packed_at"])
    _recount(order)
    tracking_changed(stock.variants.keys(), act=act)
    follow({*free, *stock.variants.keys()}, act=act)
    one.row.refresh_from_db()
    return one.row


def _take_back(sheet: Sheet, one: Open) -> set[int]:
    """Put shipped units on their shelf, kept for their lines; return the variants that are free.

    Those are parts of a bundle that was canceled after they had left alone.
    """
    back = {line: line.shipped for line in one.lines}
    note = Note(MovementKind.RETURN, act=sheet.act, reference=one.row.number)
    _move(back, note, serve=False)
    free: set[int] = set()
    for line, units in back.items():
        kept = units - _of_canceled(line)
        sheet.change(line, allocated=kept)
        line.shipped = 0
        if kept < units:
            free.add(line.variant_id)
        if line.stock_level is not None:
            place = line.stock_level.warehouse_id
            sheet.stock.move(line.variant_id, place, allocated=kept)
    return free


def _of_canceled(line: FulfillmentLine) -> int:
    """Return the shipped units of a line whose bundles were canceled since."""
    ordered = line.order_line
    due = (ordered.quantity - ordered.short - ordered.canceled) * line.per_unit
    rows = FulfillmentLine.objects.filter(order_line=ordered, variant=line.variant_id)
    units = F("allocated") + F("waiting") + F("shipped")
    held = int(rows.aggregate(units=Sum(units, default=0))["units"])
    return min(int(line.shipped), max(held - int(due), 0))


def _locked(row: FulfillmentOrder, act: Act) -> FulfillmentOrder:
    locked = lock_fulfillment_orders(Q(pk=row.pk))[0]
    refuse_stale(locked, act)
    return locked


def _stepped(
    row: FulfillmentOrder, fields: list[str], kind: EventKind, *, act: Act
) -> FulfillmentOrder:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    data = EventData(parcel=row.number)
    OrderEvent.objects.create(order=row.order, at=act.at, by=act.by, kind=kind, data=data)
    return row


def _refuse_unfit(
    row: FulfillmentOrder,
    fit: set[FulfillmentStatus],
    step: FulfillmentStatus,
    *,
    at: datetime,
) -> None:
    """Refuse a step that the state of a parcel does not allow, with the reason that helps."""
    waiting = FulfillmentLine.objects.waiting().filter(fulfillment_order=row).order_by("pk")
    missing = [
        Missing(sku, units, (place,))
        for sku, units, place in waiting.values_list(
            "variant__sku", "waiting", "stock_level__warehouse__code"
        )
    ]
    if missing:
        raise UnitsMissing(row.number, missing)
    if holds := [*row.holds.order_by("pk").values_list("reason", flat=True)]:
        raise OnHold(Reason.ON_HOLD, parcel=row.number, holds=holds)
    _refuse_early(row, at=at)
    if row.status not in fit:
        raise NotPossible(
            Reason.WRONG_STATUS, parcel=row.number, status=row.status, step=step.value
        )


def _refuse_early(row: FulfillmentOrder, *, at: datetime) -> None:
    """Refuse a step with something that may not ship before a day to come.

    :raises OnHold: naming the day.
    """
    lines = FulfillmentLine.objects.filter(fulfillment_order=row)
    days = lines.aggregate(
        own=Max("variant__release_date"), bundle=Max("order_line__variant__release_date")
    )
    last = max((day for day in days.values() if day is not None), default=None)
    if last is not None and last > timezone.localdate(at):
        raise OnHold(Reason.NOT_BEFORE_RELEASE_DATE, parcel=row.number, day=last.isoformat())


def _refuse_no_units(units: Mapping[int, int] | None) -> None:
    """Refuse a part of a parcel that has no units; `None` is no part, but all of it.

    :raises NotPossible: no units are named.
    """
    if units is not None and not any(units.values()):
        raise NotPossible(Reason.NO_UNITS_TO_SHIP)


def _split_units(sheet: Sheet, one: Open, units: Mapping[int, int]) -> Open:
    """Make a parcel of so many units of some lines.

    :raises NotPossible: units that are not there, or lines that are not of this parcel.
    """
    lines = {line.pk: line for line in one.lines}
    lacking = []
    for pk, count in units.items():
        if pk not in lines:
            raise NotPossible(Reason.LINE_NOT_IN_PARCEL, parcel=one.row.number)
        if count < 1:
            raise NotPossible(Reason.NO_UNITS_OF_LINE)
        if count > lines[pk].allocated:
            lacking.append(sheet.lacking(lines[pk], count - lines[pk].allocated))
    if lacking:
        raise UnitsMissing(one.row.number, lacking)
    _refuse_broken_bundles(one, units)
    pieces = tuple(
        Piece(
            line=lines[pk].order_line_id,
            variant=lines[pk].variant_id,
            warehouse=level.warehouse_id if (level := lines[pk].stock_level) else None,
            per_unit=lines[pk].per_unit,
            allocated=count,
            waiting=0,
        )
        for pk, count in units.items()
    )
    places = {piece.warehouse for piece in pieces if piece.warehouse is not None}
    if len(places) > 1:
        raise NotPossible(Reason.SEVERAL_WAREHOUSES)
    if held := [hold.reason for hold in one.holds if hold.reason not in WAIT_FOR_UNITS]:
        raise OnHold(Reason.ON_HOLD, parcel=one.row.number, holds=held)
    parcel = Parcel(next(iter(places), None), pieces)
    sheet.take_out(one, parcel)
    made = sheet.add(one.row.order, parcel)
    sheet.settle(one)
    return made


def _refuse_broken_bundles(one: Open, units: Mapping[int, int]) -> None:
    """Refuse a part of a bundle: it ships as one, from one warehouse.

    :raises NotPossible: not as many of each component, of one that lies elsewhere, or parts.
    """
    bundles: dict[int, list[Piece]] = {}
    for line, piece in zip(one.lines, one.pieces(), strict=True):
        if line.order_line.variant_id != line.variant_id:
            chosen = replace(piece, allocated=units.get(line.pk, 0), waiting=0)
            bundles.setdefault(line.order_line_id, []).append(chosen)
    if not all(is_whole(parts) for parts in bundles.values()):
        raise NotPossible(Reason.BUNDLE_SHIPS_AS_ONE)


def _send(sheet: Sheet, one: Open, order: Order) -> FulfillmentOrder:
    at, by = sheet.act.at, sheet.act.by
    units = {line: line.allocated for line in one.lines}
    for line, count in units.items():
        sheet.free(line, allocated=count)
        line.shipped += count
    row = one.row
    row.picked_at, row.picked_by = row.picked_at or at, row.picked_by or by
    row.packed_at, row.packed_by = row.packed_at or at, row.packed_by or by
    row.status, row.shipped_at, row.shipped_by = SHIPPED, at, by
    row.version += 1
    sheet.note(order, EventKind.PARCEL_SHIPPED, parcel=row.number, units=sum(units.values()))
    sheet.save()
    row.save()
    note = Note(MovementKind.SHIPMENT, act=sheet.act, reference=row.number)
    _move({line: -count for line, count in units.items()}, note)
    _recount(order)
    mail_shipped(row)
    return row


def _move(
    units: Mapping[FulfillmentLine, int], note: Note, *, serve: bool = True
) -> list[Movement]:
    changes: dict[StockLevel, int] = {}
    for line, count in units.items():
        if line.stock_level is not None and count:
            changes[line.stock_level] = changes.get(line.stock_level, 0) + count
    return record_movements(changes, note, serve=serve).movements if changes else []


def _recount(order: Order) -> None:
    lines = OrderLine.objects.filter(order=order)
    recount(order, lines)
    order.version += 1
    order.save(update_fields=["status", "total", "payment", "captured", "version"])
