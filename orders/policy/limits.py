"""What an order may have of one SKU at most, and the refusal of more: choices only.

No Django, no clock, no database. Source: `docs/domain.md`, §2.11.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inventory.order_limits import QUANTITY, OrderLimit
from inventory.policy import MAX_QUANTITY
from orders.errors import Refusal
from orders.policy.booking import Booking, Demand


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one SKU in all lines together, and what of it may be looked for in stock."""

    requested: int
    limit: OrderLimit

    @property
    def is_too_much(self) -> bool:
        """Return whether more is asked than one order may have."""
        return self.requested > self.limit.units


def asked_of(
    demands: Sequence[Demand], limits: Mapping[str, OrderLimit], had: Mapping[str, int]
) -> dict[str, Asked]:
    """Return what is asked by SKU, with what the limits leave beside the units `had` already.

    A bundle of many units of something reaches the largest number there is sooner than one unit.
    """
    units: Counter[str] = Counter()
    asked: dict[str, Asked] = {}
    for demand in demands:
        units[demand.sku] += demand.quantity
        largest = MAX_QUANTITY // max((need.per_unit for need in demand.article.needs), default=1)
        limit = limits[demand.sku]
        if largest < limit.units:
            limit = OrderLimit(largest, QUANTITY)
        left = replace(limit, units=max(limit.units - had.get(demand.sku, 0), 0))
        asked[demand.sku] = Asked(units[demand.sku], left)
    return asked


def within_limits(demands: Sequence[Demand], asked: Mapping[str, Asked]) -> list[Demand]:
    """Return the lines with as many units as one order may have, the first lines first."""
    left = {sku: one.limit.units for sku, one in asked.items()}
    kept = []
    for demand in demands:
        units = min(demand.quantity, left[demand.sku])
        left[demand.sku] -= units
        if units:
            kept.append(replace(demand, quantity=units))
    return kept


def refusals_of(
    demands: Sequence[Demand], asked: Mapping[str, Asked], booking: Booking
) -> list[Refusal]:
    """Return every refusal of an order of which `booking` took what the limits leave.

    Where there is less than the limit, the stock's own rule refuses; else the limit does, with
    what could be had within it.
    """
    by_stock = {refusal.sku: refusal for refusal in booking.refusals}
    refusals = []
    for sku, one in asked.items():
        if sku in by_stock:
            refusals.append(replace(by_stock[sku], requested=one.requested))
        elif one.is_too_much:
            keys = {demand.key for demand in demands if demand.sku == sku}
            owed = min(sum(booking.waiting(key) for key in keys), one.limit.units)
            there = one.limit.units - owed
            refusals.append(Refusal(sku, one.requested, there, owed, one.limit.rule))
    return refusals
