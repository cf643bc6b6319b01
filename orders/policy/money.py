"""What an order costs, and how far its payment is: arithmetic only.

Amounts are `Decimal`, whole cents, never negative; what was charged is the one exception: a
discount on a whole order is a negative tax. Source: `docs/domain.md`, §4.6 and §4.7.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NOTHING = Decimal(0)

PENDING, PAID = "pending", "paid"
REFUND_DUE, REFUNDED = "refund_due", "refunded"


@dataclass(frozen=True, slots=True)
class Charges:
    """What a shop charged beyond the prices of the lines.

    `goods` is what the lines cost then, and `tax` belongs to them: taxes and fees, less discounts
    that no line has. `shipping` belongs to the order as long as anything of it is kept.
    """

    goods: Decimal = NOTHING
    tax: Decimal = NOTHING
    shipping: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """Return what the customer was charged."""
        return self.goods + self.tax + self.shipping


def charges_of(*, goods: Decimal, charged: Decimal, shipping: Decimal) -> Charges:
    """Return the parts of what was charged; shipping is never more than all of it."""
    shipping = min(max(shipping, NOTHING), charged)
    return Charges(goods, charged - goods - shipping, shipping)


def cost(charges: Charges, *, kept: Decimal, is_any_kept: bool) -> Decimal:
    """Return what the customer is to pay for what is kept: neither canceled nor returned.

    `kept` is what those units cost by their lines. Tax follows them in proportion, and never
    exceeds what was charged; shipping is owed as long as a unit is kept. So all parts that become
    due for a refund add up to what was charged.
    """
    tax, shipping = extras(charges, kept=kept, is_any_kept=is_any_kept)
    return kept + tax + shipping


def extras(charges: Charges, *, kept: Decimal, is_any_kept: bool) -> tuple[Decimal, Decimal]:
    """Return the tax and the shipping that belong to what is kept."""
    if not is_any_kept:
        return NOTHING, NOTHING
    if kept >= charges.goods:
        return charges.tax, charges.shipping
    tax = (charges.tax * kept / charges.goods).quantize(CENT, ROUND_HALF_UP)
    return tax, charges.shipping


def payment_of(was: str, *, captured: Decimal, total: Decimal) -> str:
    """Return how far the money is: `captured` is what came, `total` what is to be paid.

    An order that awaits its payment awaits it until somebody notes that it came.
    """
    if was == PENDING:
        return PENDING
    if captured > total:
        return REFUND_DUE
    if captured == 0 and was in {REFUND_DUE, REFUNDED}:
        return REFUNDED
    return PAID if captured >= total else PENDING


def refund_due(payment: str, *, captured: Decimal, total: Decimal) -> Decimal:
    """Return what is to be paid back."""
    return captured - total if payment == REFUND_DUE else NOTHING
