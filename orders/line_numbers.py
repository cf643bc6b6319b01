"""How far the units of order lines are, in ordered units: read, never kept twice."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Sum

from orders.models import FulfillmentLine, OrderLine


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
    """Units of one variant that a line takes, `per_unit` for each that was ordered."""

    per_unit: int
    allocated: int
    waiting: int
    shipped: int


def numbers_of(lines: Collection[OrderLine]) -> dict[int, LineNumbers]:
    """Return the numbers of each line, by primary key, with one query.

    Of a bundle every component of its recipe counts, one of which nothing is left, too.
    """
    units: dict[int, list[Units]] = defaultdict(list)
    rows = FulfillmentLine.objects.filter(order_line__in=[line.pk for line in lines])
    seen: dict[int, set[int]] = defaultdict(set)
    for line_id, per_unit, variant, allocated, waiting, shipped in (
        rows.order_by("order_line", "variant")
        .values_list("order_line", "per_unit", "variant")
        .annotate(Sum("allocated"), Sum("waiting"), Sum("shipped"))
    ):
        units[line_id].append(Units(per_unit, allocated, waiting, shipped))
        seen[line_id].add(variant)
    for line in lines:
        missing = (part for part in line.recipe or () if part[0] not in seen[line.pk])
        units[line.pk] += [Units(per_unit, 0, 0, 0) for _variant, per_unit in missing]
    return {line.pk: line_numbers(line, units[line.pk]) for line in lines}


def line_numbers(line: OrderLine, units: Collection[Units]) -> LineNumbers:
    """Return the numbers of one line: a bundle waits while a component does, and ships whole."""
    waiting = max((-(-part.waiting // part.per_unit) for part in units), default=0)
    shipped = min((part.shipped // part.per_unit for part in units), default=0)
    taken = line.quantity - line.short - line.canceled
    return LineNumbers(
        quantity=line.quantity,
        allocated=taken - waiting - shipped,
        waiting=waiting,
        short=line.short,
        shipped=shipped,
        canceled=line.canceled,
    )
