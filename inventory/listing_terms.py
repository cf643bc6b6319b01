"""What a sales channel has published of a variant, and what that leaves to sell: choices only.

No Django, no clock, no database. Source: `docs/domain.md`, §2.6; Cin7 Core, "Backorder for
ecommerce channels".
"""

from dataclasses import dataclass, replace

from inventory.policy import Availability, Check, Level, State, only_x_left

NOT_LISTED = "listing.status"
NOT_IN_CHANNEL = "channel.allow_out_of_stock_purchases"
NOT_THIS_ITEM = "listing.allow_backorder"


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """What holds for a variant in one channel, as it was published there.

    `channel_allows` and `listing_allows` are the two switches as they were when it was published.
    """

    channel: str
    is_published: bool
    channel_allows: bool = False
    listing_allows: bool = False

    @property
    def allows_backorders(self) -> bool:
        """Return whether room for backorders counts here."""
        return self.is_published and self.channel_allows and self.listing_allows

    @property
    def forbidden_by(self) -> str | None:
        """Name the rule that keeps units from being owed here, if one does."""
        if not self.is_published:
            return NOT_LISTED
        if not self.channel_allows:
            return NOT_IN_CHANNEL
        return None if self.listing_allows else NOT_THIS_ITEM


def through_listing(
    offer: Availability, terms: ListingTerms, *, only_x_left_threshold: int
) -> Availability:
    """Return what may be sold through a channel of what the policy lets be sold.

    What is not listed is not sold. Room for backorders counts only where it is published.
    """
    checks = (*offer.checks, *_checks(terms))
    if not terms.is_published:
        return replace(
            offer,
            room=0,
            salable=0,
            state=State.OUT_OF_STOCK,
            only_x_left=None,
            decided_by=Level.LISTING,
            checks=checks,
        )
    if terms.allows_backorders or not offer.track_inventory or offer.room == 0:
        return replace(offer, checks=checks)
    return replace(
        offer,
        room=0,
        salable=offer.available,
        state=_state(offer),
        only_x_left=only_x_left(offer.available, only_x_left_threshold),
        decided_by=Level.LISTING if terms.channel_allows else Level.CHANNEL,
        checks=checks,
    )


def _state(offer: Availability) -> State:
    """Return what the shopper is told when only what is there is sold."""
    if offer.available == 0:
        return State.OUT_OF_STOCK
    return State.PRE_ORDER if offer.state is State.PRE_ORDER else State.IN_STOCK


def _checks(terms: ListingTerms) -> tuple[Check, ...]:
    listed = Check(
        Level.LISTING,
        "status",
        f"published in {terms.channel}" if terms.is_published else f"not listed in {terms.channel}",
        passed=terms.is_published,
    )
    if not terms.is_published:
        return (listed,)
    return (
        Check(
            Level.CHANNEL,
            "allow_out_of_stock_purchases",
            f"{'on' if terms.channel_allows else 'off'}, as published",
            passed=terms.channel_allows,
        ),
        listed,
        Check(
            Level.LISTING,
            "allow_backorder",
            f"{'on' if terms.listing_allows else 'off'}, as published",
            passed=terms.listing_allows,
        ),
    )
