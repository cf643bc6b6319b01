"""Where else we sell, as the use cases of stock and catalogue know it.

They do not know channels: whoever keeps them installs it here, once, when the program starts. A
use case calls it in its own transaction, so that no change is forgotten.
"""

from collections.abc import Collection
from typing import Protocol


class SalesChannels(Protocol):
    """What stock and catalogue tell the channels."""

    def variants_added(self, variant_ids: Collection[int]) -> None:
        """Note new variants: they can be listed."""

    def described_anew(self, variant_ids: Collection[int]) -> None:
        """Note other titles or prices: what was published of them may be outdated."""

    def salable_changed(self, variant_ids: Collection[int] | None) -> None:
        """Note that other units of these may be sold than before; `None`: of all."""


class NowhereElse:
    """The channels of a program without any."""

    def variants_added(self, variant_ids: Collection[int]) -> None:
        """Note nothing."""

    def described_anew(self, variant_ids: Collection[int]) -> None:
        """Note nothing."""

    def salable_changed(self, variant_ids: Collection[int] | None) -> None:
        """Note nothing."""


_installed: list[SalesChannels] = [NowhereElse()]


def install(channels: SalesChannels) -> None:
    """Make these the channels of the program."""
    _installed[:] = [channels]


def sales_channels() -> SalesChannels:
    """Return the channels of the program."""
    return _installed[0]
