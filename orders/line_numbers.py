"""How far the units of order lines are, in ordered units: read, never kept twice."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from django.db.models import Sum

from orders.models import FulfillmentLine, OrderLine
from orders.policy.parcels import Piece, waiting_units


@dataclass(frozen=True, slots=True)
class LineNumbers:
    """Ordered = allocated + waiting + short + shipped + canceled."""

    quantity: int
    allocated: int
    waiting: int
    short: int
    shipped: int
    canceled: int


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a variant that a line takes from a warehouse, `per_unit` for each that was ordered.

    What is not tracked comes from none.
    """

    variant: int
    warehouse: int | None
    per_unit: int
    allocated: int = 0
    waiting: int = 0
    shipped: int = 0

    @classmethod
    def of(cls, row: FulfillmentLine) -> Self:
        """Return the units of one row, whose stock level was read with it."""
        place = row.stock_level.warehouse_id if row.stock_level else None
        return cls(row.variant_id, place, row.per_unit, row.allocated, row.waiting, row.shipped)


def numbers_of(lines: Collection[OrderLine]) -> dict[int, LineNumbers]:
    """Return the numbers of each line, by primary key, with one query.

    Of a bundle every component of its recipe counts, one of which nothing is left, too.
    """
    units: dict[int, list[Units]] = defaultdict(list)
    rows = FulfillmentLine.objects.filter(order_line__in=[line.pk for line in lines])
    key = ("order_line", "variant", "stock_level__warehouse", "per_unit")
    sums = (Sum("allocated"), Sum("waiting"), Sum("shipped"))
    for line_id, *own in rows.order_by(*key).values_list(*key).annotate(*sums):
        units[line_id].append(Units(*own))
    for line in lines:
        seen = {part.variant for part in units[line.pk]}
        missing = (part for part in line.recipe or () if part[0] not in seen)
        units[line.pk] += [Units(variant, None, per_unit) for variant, per_unit in missing]
    return {line.pk: line_numbers(line, units[line.pk]) for line in lines}


def line_numbers(line: OrderLine, units: Collection[Units]) -> LineNumbers:
    """Return the numbers of one line: a bundle waits while a component does, and ships whole."""
    shipped = shipped_units(units)
    taken = line.quantity - line.short - line.canceled
    waiting = min(owed_units(units), max(taken - shipped, 0))
    return LineNumbers(
        quantity=line.quantity,
        allocated=taken - waiting - shipped,
        waiting=waiting,
        short=line.short,
        shipped=shipped,
        canceled=line.canceled,
    )


def shipped_units(units: Collection[Units]) -> int:
    """Return how many ordered units of one line left the house, all parts of them."""
    gone = _gone(units)
    return min((count // per for (_variant, per), count in gone.items()), default=0)


def owed_units(units: Collection[Units]) -> int:
    """Return how many ordered units of one line are owed.

    A part of a bundle that left alone, in the days when that was possible, is missing no more.
    """
    shipped = shipped_units(units)
    pieces = [
        Piece(0, one.variant, one.warehouse, one.per_unit, one.allocated, one.waiting)
        for one in units
    ]
    alone = [
        Piece(0, variant, None, per, count - shipped * per, 0)
        for (variant, per), count in _gone(units).items()
    ]
    return waiting_units([*pieces, *alone])


def _gone(units: Collection[Units]) -> dict[tuple[int, int], int]:
    """Return the units that left the house, by variant."""
    gone: dict[tuple[int, int], int] = {}
    for one in units:
        key = (one.variant, one.per_unit)
        gone[key] = gone.get(key, 0) + one.shipped
    return gone
