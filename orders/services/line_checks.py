"""What is wrong with lines that are to be ordered, whatever the stock says."""

from collections.abc import Sequence

from inventory.models.catalog import MAX_PRICE
from inventory.policy import MAX_QUANTITY
from orders.services.booking import Wanted

MAX_LINES = 1_000


def line_errors(lines: Sequence[Wanted], *, beside: int = 0) -> dict[str, str]:
    """Return what is wrong with lines that are to be ordered, by SKU.

    `beside` counts the lines that the order has already.
    """
    errors: dict[str, str] = {}
    units: dict[str, int] = {}
    for line in lines:
        sku = line.variant.sku
        units[sku] = units.get(sku, 0) + line.quantity
        if line.quantity < 1 or units[sku] > MAX_QUANTITY:
            errors[sku] = f"{sku}: order 1 to 1,000,000,000 units."
        elif not 0 <= line.unit_price <= MAX_PRICE:
            errors[sku] = f"{sku}: the price must be from 0 to {MAX_PRICE}."
    if not lines:
        errors["lines"] = "There is no line: name at least one SKU and its quantity."
    if beside + len(lines) > MAX_LINES:
        errors["lines"] = f"An order has at most {MAX_LINES} lines."
    return errors
