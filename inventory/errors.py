"""Domain errors of the catalogue and of stock.

InventoryError
├── InvalidChange: a field cannot take that value; names the fields
├── StaleChange: somebody else saved in the meantime; nothing was written
├── RowGone: somebody deleted it in the meantime; nothing was written
├── UnknownSku: one or more SKUs are not in this shop
├── StockShortage: fewer units available than the movement needs, every short SKU at once
├── CountChanged: the stock moved between the count and its booking
├── OverReceipt: more units than the delivery still expects
├── DeliveryClosed: the delivery was received or canceled before
├── NeedsConfirmation: it does something to open orders, and nobody said yes to that
├── KeyReused: an idempotency key came before with another request
├── NotAllowedAnyMore: whoever asked for it may not do it by now
└── TooManyAttempts: something was tried too often in too little time
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inventory.consequences import Consequences


class InventoryError(Exception):
    """Base of every anticipated error; its text is fit for staff to read."""


class InvalidChange(InventoryError):
    """Raised once per change, with a sentence for each field at fault."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


class StaleChange(InventoryError):
    """Raised instead of overwriting what somebody else saved since the form was opened."""

    def __init__(self, label: str, newest: int | None = None) -> None:
        self.newest = newest
        """The version that it has now, where it counts one."""
        super().__init__(
            f"{label} was changed by somebody else since you opened it. Nothing was saved: "
            "look at the new values and make your change again."
        )


class RowGone(InventoryError):
    """Raised when a row that is to be changed was deleted at this moment."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"A {kind} was deleted at this moment. Nothing was saved: try again.")


class UnknownSku(InventoryError):
    """Raised once per request, with every SKU that is not in this shop."""

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus = tuple(skus)
        super().__init__("Not in this shop: " + ", ".join(self.skus))


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One SKU in one warehouse that has too little, in whole units."""

    sku: str
    warehouse: str
    wanted: int
    available: int
    place: str = ""
    """What people call the warehouse; `warehouse` is its code."""


class StockShortage(InventoryError):
    """Raised once per request, with every SKU that is short."""

    def __init__(self, shortfalls: Sequence[Shortfall]) -> None:
        self.shortfalls = tuple(shortfalls)
        super().__init__(
            " ".join(
                f"{s.sku} in {s.place or s.warehouse}: {s.wanted} wanted, {s.available} available."
                for s in self.shortfalls
            )
        )


class CountChanged(InventoryError):
    """Raised when the stock is no longer what the counter saw."""

    def __init__(self, *, sku: str, warehouse: str, place: str, seen: int, found: int) -> None:
        self.sku, self.warehouse, self.seen, self.found = sku, warehouse, seen, found
        super().__init__(
            f"{sku} in {place} changed meanwhile: {seen} when it was counted, {found} now."
        )


class OverReceipt(InventoryError):
    """Raised once per receipt, with every SKU of which more came than the delivery expects."""

    def __init__(self, excess: Mapping[str, int]) -> None:
        self.excess = dict(excess)
        super().__init__(
            "More than this delivery still expects: "
            + ", ".join(f"{sku} by {units}" for sku, units in self.excess.items())
            + ". Receive the rest without naming the delivery."
        )


class DeliveryClosed(InventoryError):
    """Raised instead of doing nothing silently."""


class KeyReused(InventoryError):
    """Raised instead of answering one request with what another one did."""


class NeedsConfirmation(InventoryError):
    """Raised before a change that touches open orders; confirmed, it does exactly that."""

    def __init__(self, consequences: "Consequences") -> None:
        self.consequences = consequences
        super().__init__("Open orders are affected. Confirm the change to make it.")


class SpreadsheetRefused(InventoryError):
    """Raised when a file as a whole is not taken; nothing was written.

    `code` is a fixed word for programs, the text a sentence for the merchant.
    """

    def __init__(self, code: str, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(sentence)


class NotAllowedAnyMore(InventoryError):
    """Raised instead of doing what somebody asked for who may not do it by now."""


class TooManyAttempts(InventoryError):
    """Raised when something was tried too often; `minutes` is how long to wait."""

    def __init__(self, minutes: int) -> None:
        self.minutes = minutes
        super().__init__(f"Too many tries. Wait {minutes} minutes, then try again.")
