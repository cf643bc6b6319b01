"""The rows of the catalogue and of bulk listing, in a constant number of queries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from channels.admin.base import Slice, listings_of, slice_at
from channels.admin.words import STATUS_LABELS, backorder_words, offers_as_shown, price, state_words
from channels.filters import ListingFilter
from channels.forms.listings import filter_form
from channels.models import Channel, Listing, Outgoing, OutgoingKind
from inventory.admin.explain import units
from inventory.models import StoreSettings

MAX_VALUE = 200
"""Characters of one value of a filter; longer ones match nothing anyway."""

FILTERS = tuple(ListingFilter.base_filters)


@dataclass(frozen=True, slots=True)
class Row:
    """One listing as the tables show it."""

    listing: Listing
    status_label: str
    is_waiting: bool
    backorder_published: str
    price_now: str
    price_published: str
    state_label: str
    state: Any
    available: str
    sent: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter matches: its form, the rows as a query, and the filter as an address."""

    form: Any
    is_valid: bool
    listings: Any
    data: dict[str, str]

    @property
    def query(self) -> str:
        """Return the filter as the query of an address."""
        return urlencode(self.data)

    @property
    def narrows(self) -> bool:
        """Return whether a filter narrows the list, beside the search and the tab."""
        return any(name not in {"q", "status"} for name in self.data)

    def words(self) -> str:
        """Return the filter as staff read it: "Search: mug · Stock: Out of stock"."""
        return " · ".join(self._pairs())

    def _pairs(self) -> Iterator[str]:
        for name, value in self.data.items():
            field = self.form.fields[name]
            choices = dict(getattr(field, "choices", ()))
            yield f"{field.label}: {choices.get(value, value)}"


def found_by(request: HttpRequest, channel: Channel, query: QueryDict | dict[str, str]) -> Found:
    """Return the listings of a channel that an address names, among those the user may see."""
    data = {name: query.get(name, "")[: MAX_VALUE + 1].strip() for name in FILTERS}
    data = {name: value for name, value in data.items() if value}
    rows = listings_of(request, channel)
    found = ListingFilter(data, queryset=rows)
    if not channel.is_remote:
        del found.form.fields["differs"]  # there is no shop elsewhere to differ
    form = filter_form(found)
    is_valid = form.is_valid()
    return Found(
        form=form,
        is_valid=is_valid,
        listings=found.qs.order_by("pk") if is_valid else rows.none(),
        data=data,
    )


def page_of(found: Found, number: int) -> Slice:
    """Return one page of what a filter matches, with what a table shows of it."""
    return slice_at(number, found.listings.for_page())


def rows_of(channel: Channel, listings: Sequence[Listing]) -> list[Row]:
    """Return listings as a table shows them; their variants and products are loaded."""
    settings = StoreSettings.load()
    offers = offers_as_shown(channel, listings, settings, today=timezone.localdate())
    waiting = _waiting(channel, listings)
    return [
        _row(
            listing,
            offers[listing.pk],
            currency=settings.currency,
            is_waiting=listing.pk in waiting,
        )
        for listing in listings
    ]


def _waiting(channel: Channel, listings: Sequence[Listing]) -> set[int]:
    """Return the keys of those that are on their way to a shop elsewhere."""
    if not channel.is_remote:
        return set()
    rows = Outgoing.objects.filter(
        listing__in=[listing.pk for listing in listings], kind=OutgoingKind.LISTING, is_dead=False
    )
    return set(rows.values_list("listing", flat=True))


def _row(listing: Listing, offer: Any, *, currency: str, is_waiting: bool) -> Row:
    label, state = state_words(offer)
    sent = listing.pushed_quantity
    return Row(
        listing=listing,
        status_label=STATUS_LABELS[listing.status],
        is_waiting=is_waiting,
        backorder_published=backorder_words(listing.published_backorder),
        price_now=price(listing.price_to_be, currency),
        price_published=price(listing.published_price, currency) if listing.is_published else "–",
        state_label=label,
        state=state,
        available=units(offer.available) if offer.track_inventory else units(None),
        sent="–" if sent is None else units(sent),
    )
