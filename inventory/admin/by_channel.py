"""What may be sold of variants in each sales channel, in words: the answer that an order gets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory.admin.explain import STATE_LABELS, STATES, reason, units, way_out
from inventory.availability import Supposed, availability_at
from inventory.listing_terms import Where
from inventory.models import StoreSettings, Variant
from inventory.offers import Availability
from inventory.sales_channels import Place, sales_channels


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A variant in one channel: what shoppers are told, how many there are to buy, and why.

    `reason` names the rule that refuses one unit more than may be sold and `way_out` what staff
    can do about it; both are empty while any quantity may be sold.
    """

    slug: str
    name: str
    offer: Availability
    is_listed: bool

    @property
    def state(self) -> Any:
        """Return what shoppers are told."""
        return STATES[self.offer.state.value]

    @property
    def label(self) -> str:
        """Return the color of the state."""
        return STATE_LABELS[self.offer.state.value]

    @property
    def salable(self) -> str:
        """Return how many units are available to sell."""
        return units(self.offer.salable)

    @property
    def reason(self) -> str:
        """Return which rule refuses one unit more."""
        check = self.offer.limited_by
        return reason(check) if check else ""

    @property
    def way_out(self) -> str:
        """Return what staff can do about it."""
        check = self.offer.limited_by
        return way_out(check) if check else ""


def rows_by_channel(
    variants: Collection[Variant],
    settings: StoreSettings,
    *,
    today: date,
    supposed: Supposed | None = None,
) -> tuple[dict[int, Availability], dict[int, list[ChannelRow]]]:
    """Return what may be sold of each variant by the policy alone, and in each channel, by key."""
    places = sales_channels().places([variant.pk for variant in variants])
    offers = availability_at(
        variants,
        {"": Where(), **{place.slug: place.where for place in places}},
        today=today,
        settings=settings,
        supposed=supposed,
    )
    return offers[""], {
        variant.pk: [_row(variant, place, offers[place.slug][variant.pk]) for place in places]
        for variant in variants
    }


def differing(offer: Availability, rows: Sequence[ChannelRow]) -> list[ChannelRow]:
    """Return the channels that list a variant and tell shoppers something else than `offer`."""
    return [row for row in rows if row.is_listed and row.offer.state is not offer.state]


def told_in(rows: Sequence[ChannelRow]) -> list[str]:
    """Return what shoppers are told in each of these channels: "Storefront: Out of stock"."""
    return [f"{row.name}: {row.state}" for row in rows]


def _row(variant: Variant, place: Place, offer: Availability) -> ChannelRow:
    terms = place.where.terms[variant.pk] if place.where.terms else None
    is_listed = terms is None or terms.is_published or not terms.has_listings
    return ChannelRow(place.slug, place.name, offer, is_listed)
