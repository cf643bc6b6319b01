"""What may be sold through a channel: its warehouses, and what it has published."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from channels.models import Channel, Listing, PublishedBackorder
from inventory.availability import availability_of
from inventory.listing_terms import ListingTerms
from inventory.models import StoreSettings, Variant, Warehouse
from inventory.policy import Availability

_SHIPS_FROM = "SELECT warehouse_id FROM channels_channel_warehouses WHERE channel_id = %s"


def availability_in(
    channel: Channel,
    variants: Collection[Variant],
    *,
    today: date,
    settings: StoreSettings | None = None,
    with_dates: bool = True,
    published: Mapping[int, Listing] | None = None,
) -> dict[int, Availability]:
    """Return what may be sold of each variant through a channel, by primary key.

    Their products are loaded. `published` is what `published_in` returned, when it was asked.
    """
    keys = [variant.pk for variant in variants]
    return availability_of(
        variants,
        today=today,
        settings=settings,
        with_dates=with_dates,
        warehouses=warehouses_of(channel),
        terms=terms_in(channel, keys, published=published),
    )


def ships_from(channel: Channel) -> frozenset[int] | None:
    """Return the warehouses that a channel ships from; `None`: all that are active."""
    with connection.cursor() as cursor:
        cursor.execute(_SHIPS_FROM, [channel.pk])
        return frozenset(key for (key,) in cursor.fetchall()) or None


def warehouses_of(channel: Channel) -> list[Warehouse]:
    """Return all warehouses in their priority; one that does not sell there is not active."""
    chosen = Channel.warehouses.through.objects.filter(channel=channel)
    rows = Warehouse.objects.annotate(is_chosen=Exists(chosen.filter(warehouse=OuterRef("pk"))))
    warehouses: list[Any] = list(rows.order_by("priority", "pk"))
    sells = {row.pk for row in warehouses if row.is_chosen}
    for warehouse in warehouses:
        warehouse.is_active = warehouse.is_active and (not sells or warehouse.pk in sells)
    return warehouses


def published_in(channel: Channel, variant_ids: Collection[int]) -> dict[int, Listing]:
    """Return what shoppers of a channel see, by variant; what is not listed is not there."""
    rows = Listing.objects.published().filter(channel=channel, variant__in=variant_ids)
    return {row.variant_id: row for row in rows}


def terms_in(
    channel: Channel,
    variant_ids: Collection[int],
    *,
    published: Mapping[int, Listing] | None = None,
) -> dict[int, ListingTerms] | None:
    """Return what a channel has published, by variant; `None`: it has no listings."""
    if not channel.has_listings:
        return None
    listings = published_in(channel, variant_ids) if published is None else published
    return {pk: _terms(channel, listings.get(pk)) for pk in variant_ids}


def _terms(channel: Channel, listing: Listing | None) -> ListingTerms:
    return ListingTerms(
        channel=channel.slug,
        is_published=listing is not None,
        channel_allows=_is_not(listing, PublishedBackorder.NOT_IN_CHANNEL),
        listing_allows=_is_not(listing, PublishedBackorder.NOT_THIS_ITEM),
    )


def _is_not(listing: Listing | None, word: PublishedBackorder) -> bool:
    return listing is not None and listing.published_backorder != word
