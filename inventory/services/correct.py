"""Saying what is really on the shelf: a correction by hand, or a count that compares and sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from inventory.acts import Act
from inventory.errors import CountChanged, InvalidChange
from inventory.models import StockLevel, Variant, Warehouse
from inventory.models.stock import MovementKind
from inventory.policy import MAX_QUANTITY
from inventory.services.movements import Moved, Note, locked_levels, record_movements


@dataclass(frozen=True, slots=True)
class Found:
    """The units of one variant on the shelf; `seen` is what the books said when one looked."""

    variant: Variant
    on_hand: int
    seen: int | None = None


@transaction.atomic
def correct_stock(*, warehouse: Warehouse, lines: Sequence[Found], reason: str, act: Act) -> Moved:
    """Set on hand to what is really there, and keep why.

    :raises InvalidChange: a quantity out of range, a doubled variant, a missing reason, a bundle.
    :raises CountChanged: the books changed since they were seen; nothing is written.
    :raises StockShortage: less than what is allocated to orders.
    """
    if not reason.strip():
        raise InvalidChange({"reason": "Say why the stock is corrected."})
    note = Note(MovementKind.CORRECTION, act=act, reason=reason)
    return _set_on_hand(warehouse, lines, note)


@transaction.atomic
def count_stock(*, warehouse: Warehouse, lines: Sequence[Found], reference: str, act: Act) -> Moved:
    """Book a stock count. A line whose stock moved since it was seen is refused, and all with it.

    :raises InvalidChange: a quantity out of range, a doubled variant, a bundle.
    :raises CountChanged: the books changed since they were seen; nothing is written.
    :raises StockShortage: less than what is allocated to orders.
    """
    return _set_on_hand(warehouse, lines, Note(MovementKind.COUNT, act=act, reference=reference))


def _set_on_hand(warehouse: Warehouse, lines: Sequence[Found], note: Note) -> Moved:
    _refuse_bad_lines(lines)
    found = {line.variant.pk: line for line in lines}
    levels = locked_levels(variant_ids=found.keys(), warehouses=[warehouse])
    changes: dict[StockLevel, int] = {}
    for variant_id, line in found.items():
        level = levels[variant_id, warehouse.pk]
        if line.seen is not None and line.seen != level.on_hand:
            raise CountChanged(
                sku=line.variant.sku,
                warehouse=warehouse.code,
                place=warehouse.name,
                seen=line.seen,
                found=level.on_hand,
            )
        changes[level] = line.on_hand - level.on_hand
    return record_movements(changes, note)


def _refuse_bad_lines(lines: Sequence[Found]) -> None:
    errors: dict[str, str] = {}
    met: set[int] = set()
    for line in lines:
        if not 0 <= line.on_hand <= MAX_QUANTITY:
            errors[line.variant.sku] = f"{line.variant.sku}: 0 to 1,000,000,000 units."
        elif line.variant.pk in met:
            errors[line.variant.sku] = f"{line.variant.sku} is named twice."
        met.add(line.variant.pk)
    if not lines:
        errors["lines"] = "There is no line: name at least one SKU and its quantity."
    if errors:
        raise InvalidChange(errors)
