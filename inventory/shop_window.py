"""What shoppers read, as the pages of stock and catalogue show it to staff.

They do not know the shop window: whoever keeps it installs it here, once, when the program starts.
So staff read the very words that shoppers read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from inventory.models import StoreSettings, Variant
from inventory.offers import Availability
from inventory.policy import State


@dataclass(frozen=True, slots=True)
class Told:
    """What a shopper is told who wants so many units: the answer, then what it is explained by."""

    quantity: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A variant as the shoppers of a channel see it.

    `label` is empty where the channel does not show the state; `lines` follow it.
    """

    title: str
    price: str
    state: State
    label: str
    lines: Sequence[str]
    answers: Sequence[Told]


class ShopWindow(Protocol):
    """What the pages of staff ask of the shop window."""

    def lines(
        self, variant: Variant, offer: Availability, *, settings: StoreSettings, today: date
    ) -> Sequence[str]:
        """Return what shoppers read of a variant below its state; its product is loaded."""

    def seen_in(
        self, channel: str, variant: Variant, *, settings: StoreSettings, today: date
    ) -> Seen | None:
        """Return what the shoppers of a channel see; `None`: it is not listed there.

        `channel` is its code. The variant's product is loaded.
        """


class NoWindow:
    """The shop window of a program without one."""

    def lines(
        self,
        variant: Variant,  # noqa: ARG002
        offer: Availability,  # noqa: ARG002
        *,
        settings: StoreSettings,  # noqa: ARG002
        today: date,  # noqa: ARG002
    ) -> Sequence[str]:
        """Return nothing."""
        return ()

    def seen_in(
        self,
        channel: str,  # noqa: ARG002
        variant: Variant,  # noqa: ARG002
        *,
        settings: StoreSettings,  # noqa: ARG002
        today: date,  # noqa: ARG002
    ) -> Seen | None:
        """Return none."""
        return None


_installed: list[ShopWindow] = [NoWindow()]


def install(window: ShopWindow) -> None:
    """Make this the shop window of the program."""
    _installed[:] = [window]


def shop_window() -> ShopWindow:
    """Return the shop window of the program."""
    return _installed[0]
