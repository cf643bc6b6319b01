"""Where else we sell, as the use cases of stock and catalogue know it.

They do not know channels: whoever keeps them installs it here, once, when the program starts. A
use case calls it in its own transaction, so that no change is forgotten.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from inventory.listing_terms import Where


@dataclass(frozen=True, slots=True)
class Place:
    """A sales channel: its code and name, and on which terms it sells some variants."""

    slug: str
    name: str
    where: Where


class SalesChannels(Protocol):
    """What stock and catalogue tell the channels."""

    def variants_added(self, variant_ids: Collection[int]) -> None:
        """Note new variants: they can be listed."""

    def described_anew(self, variant_ids: Collection[int]) -> None:
        """Note other titles or prices: what was published of them may be outdated."""

    def salable_changed(self, variant_ids: Collection[int] | None) -> None:
        """Note that other units of these may be sold than before; `None`: of all."""

    def places(self, variant_ids: Collection[int]) -> Sequence[Place]:
        """Return where these variants are sold, in a constant number of queries."""


class NowhereElse:
    """The channels of a program without any."""

    def variants_added(self, variant_ids: Collection[int]) -> None:
        """Note nothing."""

    def described_anew(self, variant_ids: Collection[int]) -> None:
        """Note nothing."""

    def salable_changed(self, variant_ids: Collection[int] | None) -> None:
        """Note nothing."""

    def places(self, variant_ids: Collection[int]) -> Sequence[Place]:  # noqa: ARG002
        """Return none."""
        return ()


_installed: list[SalesChannels] = [NowhereElse()]


def install(channels: SalesChannels) -> None:
    """Make these the channels of the program."""
    _installed[:] = [channels]


def sales_channels() -> SalesChannels:
    """Return the channels of the program."""
    return _installed[0]
