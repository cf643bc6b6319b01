"""How many units of one SKU an order may have: a choice only.

No Django, no clock, no database. Source: `docs/domain.md`, §2.11.
"""

from dataclasses import dataclass

from inventory.policy import MAX_QUANTITY, Level, PolicyInputs, effective_number

OF_STOREFRONT = "store.storefront_max_per_order"
QUANTITY = "variant.quantity"
"""The rule of what no column can hold."""


@dataclass(frozen=True, slots=True)
class OrderLimit:
    """The most units of a variant in one order, and the rule that says so."""

    units: int
    rule: str


NO_LIMIT = OrderLimit(MAX_QUANTITY, QUANTITY)
"""What holds where nobody set a limit: there are no larger numbers."""


def order_limit(inputs: PolicyInputs, *, in_storefront: int = 0) -> OrderLimit:
    """Return the limit of the narrowest level that sets one; 0 is none.

    `in_storefront` is the store's limit for shoppers, 0 for everybody else. It stands beside the
    store's own, of which the tighter holds; a product or a variant overrules both.
    """
    units, level = effective_number(inputs, "max_per_order")
    limit = OrderLimit(units, f"{level.value}.max_per_order") if units else NO_LIMIT
    if level is Level.STORE and 0 < in_storefront < limit.units:
        return OrderLimit(in_storefront, OF_STOREFRONT)
    return limit
