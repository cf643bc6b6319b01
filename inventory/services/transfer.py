"""Moving stock from one warehouse to another."""

from collections.abc import Sequence

from django.db import transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import StockLevel, Warehouse
from inventory.models.stock import MovementKind
from inventory.services.movements import (
    Moved,
    Note,
    StockLine,
    locked_levels,
    record_movements,
    units_by_variant,
)


@transaction.atomic
def transfer_stock(
    *, source: Warehouse, target: Warehouse, lines: Sequence[StockLine], reference: str, act: Act
) -> Moved:
    """Take units off one shelf and put them on another: two movements a line, or none at all.

    :raises InvalidChange: the two warehouses are one, or a line cannot be moved.
    :raises StockShortage: the source has fewer units available.
    """
    if source.pk == target.pk:
        raise InvalidChange({"target": "Choose another warehouse than the one it comes from."})
    units = units_by_variant(lines)
    levels = locked_levels(variant_ids=units.keys(), warehouses=[source, target])
    changes: dict[StockLevel, int] = {}
    for variant_id, quantity in units.items():
        changes[levels[variant_id, source.pk]] = -quantity
        changes[levels[variant_id, target.pk]] = quantity
    return record_movements(changes, Note(MovementKind.TRANSFER, act=act, reference=reference))
