"""What holds for a variant in one sales channel, as it was published there: data only.

No Django, no clock, no database. Source: `docs/domain.md`, §2.6; Cin7 Core, "Backorder for
ecommerce channels".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """What holds for a variant in one channel, as it was published there.

    `channel_allows` and `listing_allows` are the two switches as they were when it was published.
    A channel without listings sells everything, and leaves backorders to the policy.
    """

    channel: str
    is_active: bool = True
    has_listings: bool = True
    is_published: bool = False
    channel_allows: bool = False
    listing_allows: bool = False
    name: str = ""
    """What people call the channel; `channel` is its code."""

    @property
    def sells(self) -> bool:
        """Return whether the channel sells it at all."""
        return self.is_active and (self.is_published or not self.has_listings)

    @property
    def allows_backorders(self) -> bool:
        """Return whether room for backorders counts here."""
        if not self.has_listings:
            return self.is_active
        return self.sells and self.channel_allows and self.listing_allows


@dataclass(frozen=True, slots=True)
class Where:
    """Where it is asked for: the warehouses that ship there, and what is published of variants.

    `None`: all that are active; no channel is asked.
    """

    ships_from: frozenset[int] | None = None
    terms: Mapping[int, ListingTerms] | None = None
