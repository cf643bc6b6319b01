"""Where bundles wait: they move, whole, to a warehouse that has all of one."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import F, Q, QuerySet

from inventory.acts import Act
from inventory.locks import lock_free_variants
from inventory.models import StockLevel, StoreSettings, Warehouse
from inventory.services.stock_changed import stock_changed
from inventory.waiting_room import Served
from orders.event_kinds import EventKind
from orders.locks import Stock, lock_stock
from orders.models import FulfillmentLine, FulfillmentStatus
from orders.policy.homes import Home, Move, Part, Supply, moves
from orders.services.promises import promise, refresh_lines
from orders.services.sheet import Open, Sheet
from orders.waiting import channel_warehouses, in_rank


@dataclass(slots=True)
class Moved:
    """What came of moving bundles: who got units, and the variants of which some are free now."""

    served: list[Served]
    freed: set[int]


def parts_of_bundles() -> QuerySet[FulfillmentLine]:
    """Return units of components, of parcels that wait."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__status=FulfillmentStatus.WAITING)
    return rows.exclude(order_line__variant=F("variant"))


def homes_of(where: Q) -> list[Home]:
    """Return where bundles wait, of these order lines, in the rank of what they lack."""
    rule = StoreSettings.load().release_rule
    ranked = in_rank(parts_of_bundles().filter(where, waiting__gt=0), rule)
    keys = dict.fromkeys(
        ranked.values_list("fulfillment_order", "order_line", "stock_level__warehouse")
    )
    parts: dict[tuple[int, int, int | None], list[Part]] = {}
    channel: dict[int, int] = {}
    rows = parts_of_bundles().filter(order_line__in={line for _parcel, line, _place in keys})
    for parcel, line, place, by, *part in rows.order_by("pk").values_list(
        "fulfillment_order",
        "order_line",
        "stock_level__warehouse",
        "fulfillment_order__order__channel",
        "variant",
        "per_unit",
        "allocated",
        "waiting",
    ):
        parts.setdefault((parcel, line, place), []).append(Part(*part))
        channel[parcel] = by
    places = channel_warehouses()
    return [
        Home(parcel, line, place, tuple(parts[parcel, line, place]), places.get(channel[parcel]))
        for parcel, line, place in keys
    ]


def supply_of(variant_ids: Collection[int]) -> Supply:
    """Return what is available of these variants, by warehouse, for whoever waits."""
    supply: dict[int, dict[int, int]] = {}
    rows = StockLevel.objects.filter(
        variant__in=variant_ids,
        variant__track_inventory=True,
        available__gt=0,
        in_stock=True,
        warehouse__is_active=True,
    )
    for variant, place, units in rows.values_list("variant", "warehouse", "available"):
        supply.setdefault(variant, {})[place] = units
    return supply


def movable(where: Q) -> list[Move]:
    """Return the bundles of these order lines that another warehouse could make now."""
    if not (homes := homes_of(where)):
        return []
    supply = supply_of({part.variant for home in homes for part in home.parts})
    places = Warehouse.objects.order_by("priority", "pk").values_list("pk", flat=True)
    return moves(homes, supply, list(places)) if supply else []


def move_bundles(variant_ids: Collection[int], *, act: Act) -> Moved | None:
    """Move bundles with these components to a warehouse that has all of one; these are locked.

    Their other variants are locked if nobody else has them: waiting for those could end in a
    deadlock. What is left undone the next release does. `None`: nothing moved.
    """
    own = parts_of_bundles().filter(Q(waiting__gt=0) | Q(allocated__gt=0), variant__in=variant_ids)
    where = Q(order_line__in=own.values("order_line"))
    parcels = {move.home.parcel for move in movable(where)}
    if not parcels:
        return None
    held = FulfillmentLine.objects.filter(fulfillment_order__in=parcels)
    variants = {*held.values_list("variant", flat=True), *variant_ids}
    locked = lock_free_variants(variants)
    closed = held.exclude(variant__in=locked).values_list("fulfillment_order", flat=True)
    where = Q(fulfillment_order__in=parcels - set(closed))
    found = movable(where)
    return _move(found, lock_stock(locked), act=act) if found else None


def _move(found: Collection[Move], stock: Stock, *, act: Act) -> Moved:
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk__in={move.home.parcel for move in found}))
    codes = {place.pk: place.code for place in stock.warehouses}
    parcels = {one.row.pk: one for one in sheet.open}
    moved = Moved([], set())
    for move in found:
        one = parcels[move.home.parcel]
        line = next(row.order_line for row in one.lines if row.order_line_id == move.home.line)
        sheet.note(
            one.row.order,
            EventKind.BUNDLE_MOVED,
            sku=line.sku,
            variant=line.variant_id,
            units=move.bundles,
            warehouse=codes[move.target],
        )
        for part in move.home.parts:
            _move_part(sheet, one, move, part, moved)
    for one in sheet.open:
        sheet.settle(one)
    sheet.save()
    variants = {part.variant for move in found for part in move.home.parts}
    refresh_lines({move.home.line for move in found}, act=act)
    promise(variants, act=act)
    stock_changed(variants, act=act, serve=False)
    return moved


def _move_part(sheet: Sheet, one: Open, move: Move, part: Part, moved: Moved) -> None:
    """Take the units of one component off the old home, what waits first, and keep them anew."""
    row = _row(one, move.home, part.variant)
    units = move.bundles * part.per_unit
    kept = min(row.allocated, row.allocated + row.waiting - units)
    freed = row.allocated - kept
    sheet.free(row, allocated=freed, waiting=units - freed)
    sheet.stock.move(part.variant, move.target, allocated=units)
    piece = one.pieces()[one.lines.index(row)]
    sheet.put(one, replace(piece, warehouse=move.target, allocated=units, waiting=0))
    if freed:
        moved.freed.add(part.variant)
    if units > freed:
        order, sku = one.row.order, sheet.stock.variants[part.variant].sku
        sheet.note_units(one.row, EventKind.UNITS_RESERVED, part.variant, units - freed)
        moved.served.append(Served(order.number, one.row.number, sku, units - freed))


def _row(one: Open, home: Home, variant: int) -> FulfillmentLine:
    return next(
        row
        for row in one.lines
        if (row.order_line_id, row.variant_id) == (home.line, variant)
        and row.stock_level is not None
        and row.stock_level.warehouse_id == home.warehouse
    )
