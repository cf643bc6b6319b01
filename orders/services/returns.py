"""Units that come back: to the shelf, or not."""

from collections import defaultdict
from collections.abc import Mapping

from django.db import transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import StockLevel, Warehouse
from inventory.models.stock import MovementKind
from inventory.services.changes import refuse_stale
from inventory.services.movements import Note, locked_levels, record_movements
from orders.errors import NotPossible
from orders.event_kinds import EventKind
from orders.line_numbers import numbers_of
from orders.locks import Stock, lock_order
from orders.models import Order, OrderLine
from orders.reasons import Reason
from orders.recipes import Recipe, recipes_on
from orders.services.change import recount
from orders.services.sheet import Sheet


@transaction.atomic
def return_units(
    *, order: Order, units: Mapping[int, int], warehouse: Warehouse | None, reason: str, act: Act
) -> Order:
    """Take back so many shipped units of lines, by primary key.

    Into a warehouse, where whoever waits gets them at once; or, without one, not back to stock.
    What was paid for them is due for a refund, as it is after a cancellation.

    :raises StaleChange: it is not the version that was seen.
    :raises NotPossible: more than was shipped and did not come back yet.
    :raises InvalidChange: a quantity that makes no sense, or no reason.
    """
    if not reason.strip():
        raise InvalidChange({"reason": "Say why it comes back."})
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    lines = {line.pk: line for line in order.lines.select_related("variant")}
    _refuse_too_many(lines, units)
    recipes = recipes_on(lines.values())
    back: dict[int, int] = defaultdict(int)
    sheet = Sheet(stock, act=act)
    for pk, count in units.items():
        lines[pk].returned += count
        for variant_id, per_unit in _tracked(recipes[pk], stock):
            back[variant_id] += count * per_unit
        sheet.note(
            order,
            EventKind.UNITS_RETURNED,
            sku=lines[pk].sku,
            variant=lines[pk].variant_id,
            units=count,
            warehouse=warehouse.code if warehouse else None,
            reason=reason,
        )
    OrderLine.objects.bulk_update([lines[pk] for pk in units], ["returned"], batch_size=200)
    sheet.save()
    if warehouse is not None and back:
        _put_back(
            back,
            warehouse,
            Note(MovementKind.RETURN, act, order.number, reason),
        )
    recount(order, OrderLine.objects.filter(order=order))
    order.version += 1
    order.save(update_fields=["status", "total", "payment", "captured", "version"])
    return order


def _put_back(back: Mapping[int, int], warehouse: Warehouse, note: Note) -> None:
    levels = locked_levels(variant_ids=back.keys(), warehouses=[warehouse])
    changes: dict[StockLevel, int] = {
        levels[variant_id, warehouse.pk]: count for variant_id, count in back.items()
    }
    record_movements(changes, note)


def _tracked(parts: Recipe, stock: Stock) -> Recipe:
    """Return those of which units are counted."""
    variants = stock.variants
    return [(pk, units) for pk, units in parts if pk in variants and variants[pk].track_inventory]


def _refuse_too_many(lines: Mapping[int, OrderLine], units: Mapping[int, int]) -> None:
    if not units:
        raise NotPossible(Reason.NO_UNITS_TO_RETURN)
    numbers = numbers_of(lines.values())
    for pk, count in units.items():
        if pk not in lines:
            raise NotPossible(Reason.LINE_NOT_IN_ORDER)
        left = numbers[pk].shipped - lines[pk].returned
        if not 1 <= count <= left:
            raise NotPossible(Reason.TOO_MANY_RETURNED, sku=lines[pk].sku, units=left)
