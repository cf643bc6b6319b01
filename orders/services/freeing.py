"""Freeing units of an order line: oversold ones first, then those that wait, then reserved ones."""

from collections.abc import Sequence

from django.db.models import Sum

from orders.errors import NotPossible
from orders.models import FulfillmentLine, OrderLine
from orders.reasons import Reason
from orders.recipes import Recipe, recipes_on
from orders.services.sheet import Open, Sheet

Rows = Sequence[FulfillmentLine]


def free_units(sheet: Sheet, line: OrderLine, units: int) -> None:
    """Free so many ordered units of a line; the caller takes them off what is ordered.

    Of a bundle, whole units of one warehouse are freed. One of which a part left alone, in the
    days when components could ship from two warehouses, is the last; what left stays with whom it
    was sent to.

    :raises NotPossible: so many are not left unpicked.
    """
    due = line.quantity - line.canceled - line.short - units + min(units, line.short)
    line.short -= (oversold := min(units, line.short))
    if not (units := units - oversold):
        return
    recipe = recipes_on([line])[line.pk]
    left = _to_free(sheet, line, recipe, due=due)
    parcels = [one for one in sheet.open if one.is_untouched]
    parcels.sort(key=lambda one: _is_waiting_for(one, line), reverse=True)
    for one in parcels:
        rows = [row for row in one.lines if row.order_line_id == line.pk]
        bundles = min(left[variant] // per for variant, per in recipe)
        freed = bundles - _free_bundles(sheet, rows, recipe, bundles)
        for variant, per in recipe:
            left[variant] -= freed * per
    for variant, per in recipe:
        rows = [
            row
            for one in parcels
            for row in one.lines
            if (row.order_line_id, row.variant_id) == (line.pk, variant)
        ]
        if rest := _free_rows(sheet, rows, left[variant]):
            raise _not_left(line, -(-rest // per))
    for one in parcels:
        sheet.settle(one)


def shipped_of(line: OrderLine) -> dict[int, int]:
    """Return the units of each variant of a line that left the house."""
    rows = FulfillmentLine.objects.filter(order_line=line).order_by().values("variant")
    return dict(rows.annotate(units=Sum("shipped")).values_list("variant", "units"))


def refuse_begun(line: OrderLine) -> None:
    """Refuse more of a bundle of which a part left alone and was canceled since.

    :raises NotPossible: the parts that left would be counted for the new ones.
    """
    recipe = recipes_on([line])[line.pk]
    if recipe == [(line.variant_id, 1)]:
        return
    shipped = shipped_of(line)
    due = line.quantity - line.canceled - line.short
    if any(shipped.get(variant, 0) > due * per for variant, per in recipe):
        raise NotPossible(Reason.BUNDLE_PARTLY_SHIPPED, sku=line.sku)


def _to_free(sheet: Sheet, line: OrderLine, recipe: Recipe, *, due: int) -> dict[int, int]:
    """Return the units of each variant to free, so that so many ordered units stay due.

    :raises NotPossible: so many are not left.
    """
    shipped = shipped_of(line)
    gone = min(shipped.get(variant, 0) // per for variant, per in recipe)
    if due < gone:
        raise _not_left(line, gone - due)
    held: dict[int, int] = {}
    for row in (row for one in sheet.open for row in one.lines):
        if row.order_line_id == line.pk:
            held[row.variant_id] = held.get(row.variant_id, 0) + row.allocated + row.waiting
    return {
        variant: max(held.get(variant, 0) - max(due * per - shipped.get(variant, 0), 0), 0)
        for variant, per in recipe
    }


def _not_left(line: OrderLine, units: int) -> NotPossible:
    return NotPossible(Reason.UNITS_PICKED, sku=line.sku, units=units)


def _is_waiting_for(one: Open, line: OrderLine) -> tuple[bool, int]:
    """Rank parcels by what is freed first: those that lack units of the line, the newest first."""
    lacks = any(part.waiting for part in one.lines if part.order_line_id == line.pk)
    return lacks, one.row.sequence


def _free_bundles(sheet: Sheet, rows: Rows, recipe: Recipe, bundles: int) -> int:
    """Free whole bundles of one parcel, those that lack something first; return how many are left.

    A variant that is no bundle is one of itself.
    """
    places = dict.fromkeys(_place(row) for row in rows if row.stock_level is not None)
    homes = [*places] or [None]
    for is_lacking, some in ((True, homes), (False, reversed(homes))):
        for place in some:
            there = _bundles_at(rows, place, recipe)
            if is_lacking:
                there = min(there, _lacking_at(rows, place, recipe))
            count = min(bundles, there)
            bundles -= count
            for variant, per in recipe:
                own = [row for row in rows if row.variant_id == variant and _place(row) == place]
                loose = [row for row in rows if row.variant_id == variant and _place(row) is None]
                _free_rows(sheet, own if place is None else own + loose, count * per)
    return bundles


def _bundles_at(rows: Rows, place: int | None, recipe: Recipe) -> int:
    """Return how many bundles one warehouse keeps or owes; what comes from nowhere helps."""
    there = {variant: 0 for variant, _per in recipe}
    for row in rows:
        if row.variant_id in there and _place(row) in {place, None}:
            there[row.variant_id] += row.allocated + row.waiting
    return min(there[variant] // per for variant, per in recipe)


def _lacking_at(rows: Rows, place: int | None, recipe: Recipe) -> int:
    """Return how many bundles of one warehouse lack something."""
    per_unit = dict(recipe)
    here = [row for row in rows if row.variant_id in per_unit and _place(row) == place]
    return max((-(-row.waiting // per_unit[row.variant_id]) for row in here), default=0)


def _place(row: FulfillmentLine) -> int | None:
    return row.stock_level.warehouse_id if row.stock_level else None


def _free_rows(sheet: Sheet, rows: Rows, units: int) -> int:
    """Free units of one variant, parcel by parcel; return how many are left to free."""
    parcels: dict[int, list[FulfillmentLine]] = {}
    for row in rows:
        parcels.setdefault(row.fulfillment_order_id, []).append(row)
    for parcel in parcels.values():
        for row in parcel:
            count = min(units, row.waiting)
            sheet.free(row, waiting=count)
            units -= count
        for row in reversed(parcel):
            count = min(units, row.allocated)
            sheet.free(row, allocated=count)
            units -= count
    return units
