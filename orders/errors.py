"""Domain errors of orders.

OrderError
├── OrderRefused: one or more lines may not be sold; every one of them at once
├── OrderReused: this channel sent this external ID before, with another order
├── NotPossible: the state of the order or of its parcel forbids it; a code and its parameters
├── UnitsMissing: picking, packing or shipping what is not there; names each SKU once
├── OnHold: a parcel that something holds; a code, the parcel and its holds
└── QueueMoved: a simulation is not what would happen any more; names the differences
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Unpack

from inventory.errors import InventoryError
from orders.reasons import Parameters, Reason
from orders.refusal_words import sentence


class OrderError(InventoryError):
    """Base of every anticipated error of orders; its text is fit for staff to read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One SKU that may not be sold as often as was asked; `None` units are unlimited."""

    sku: str
    requested: int
    available: int
    backorderable: int | None
    rule: str

    @property
    def is_of_order(self) -> bool:
        """Return whether one order may not have so many, however many there are."""
        return self.rule.endswith((".max_per_order", ".storefront_max_per_order"))

    def __str__(self) -> str:
        if self.is_of_order:
            most = self.available + (self.backorderable or 0)
            return (
                f"{self.sku}: {self.requested} wanted, an order may have {most} at most"
                f" ({self.rule})."
            )
        if self.available or self.backorderable:
            return (
                f"{self.sku}: {self.requested} wanted, {self.available} available, "
                f"{self.backorderable} more on backorder ({self.rule})."
            )
        return f"{self.sku}: {self.requested} wanted, none can be sold ({self.rule})."


class OrderRefused(OrderError):
    """Raised once per order, with every SKU that is short; nothing was written."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(" ".join(str(refusal) for refusal in self.refusals))


class OrderReused(OrderError):
    """Raised instead of answering one order with another one."""


@dataclass(frozen=True, slots=True)
class Because:
    """Why something is not done: a code for programs, what it is about, and words for people."""

    code: Reason
    parameters: Parameters

    def __str__(self) -> str:
        return sentence(self.code, self.parameters)


class Coded(OrderError):
    """Base of refusals that name their reason."""

    def __init__(self, code: Reason, **parameters: Unpack[Parameters]) -> None:
        self.because = Because(code, parameters)
        super().__init__(str(self.because))


class NotPossible(Coded):
    """Raised instead of doing nothing silently, or half of what was asked."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Units of one SKU that a parcel lacks, and the warehouses that owe them."""

    sku: str
    missing: int
    warehouses: tuple[str, ...] = ()


class UnitsMissing(OrderError):
    """Raised when a parcel should move on without some of its units."""

    def __init__(self, number: str, missing: Sequence[Missing]) -> None:
        self.missing = _by_sku(missing)
        units = ", ".join(f"{one.missing} × {one.sku}" for one in self.missing)
        total = sum(one.missing for one in self.missing)
        super().__init__(f"{number} is {total} short: {units}. Ship what is there, or wait.")


def _by_sku(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    """Return each SKU once: its units in all, and where they are missing."""
    sums: dict[str, Missing] = {}
    for one in missing:
        so_far = sums.get(one.sku, Missing(one.sku, 0))
        places = dict.fromkeys((*so_far.warehouses, *one.warehouses))
        sums[one.sku] = Missing(one.sku, so_far.missing + one.missing, tuple(places))
    return tuple(sums.values())


class OnHold(Coded):
    """Raised when a parcel should move on while something holds it."""


class QueueMoved(OrderError):
    """Raised instead of handing out units otherwise than the simulation said."""

    def __init__(self, differences: Sequence[Because]) -> None:
        self.differences = tuple(differences)
        super().__init__(
            "The waiting room changed since the simulation; nothing was received. "
            + " ".join(str(one) for one in self.differences)
        )
