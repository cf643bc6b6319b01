"""What may be sold through a channel: its warehouses, and what it has published."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from django.db import connection

from channels.models import Channel, Listing, PublishedBackorder
from inventory.availability import availability_of
from inventory.listing_terms import ListingTerms, Where
from inventory.models import StoreSettings, Variant
from inventory.offers import Availability

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
    if published is None and channel.has_listings:
        published = published_in(channel, keys)
    prices = {variant.pk: variant.price or Decimal(0) for variant in variants}
    prices |= {key: row.shown_price for key, row in (published or {}).items()}
    return availability_of(
        variants,
        today=today,
        settings=settings,
        with_dates=with_dates,
        ships_from=ships_from(channel),
        terms=terms_in(channel, keys, published=published),
        prices=prices,
    )


def ships_from(channel: Channel) -> frozenset[int] | None:
    """Return the warehouses that a channel ships from; `None`: all that are active."""
    with connection.cursor() as cursor:
        cursor.execute(_SHIPS_FROM, [channel.pk])
        return frozenset(key for (key,) in cursor.fetchall()) or None


def published_in(channel: Channel, variant_ids: Collection[int]) -> dict[int, Listing]:
    """Return what shoppers of a channel see, by variant; what is not listed is not there."""
    rows = Listing.objects.published().filter(channel=channel, variant__in=variant_ids)
    return {row.variant_id: row for row in rows}


def terms_in(
    channel: Channel,
    variant_ids: Collection[int],
    *,
    published: Mapping[int, Listing] | None = None,
) -> dict[int, ListingTerms]:
    """Return on which terms a channel sells each variant: what it has published of it."""
    if not channel.has_listings:
        terms = ListingTerms(
            channel.slug, is_active=channel.is_active, has_listings=False, name=channel.name
        )
        return dict.fromkeys(variant_ids, terms)
    listings = published_in(channel, variant_ids) if published is None else published
    return {
        pk: terms_as(channel, row.published_backorder if (row := listings.get(pk)) else "")
        for pk in variant_ids
    }


def where_sold(variant_ids: Collection[int]) -> list[tuple[Channel, Where]]:
    """Return each channel with its warehouses and what it has published of these variants.

    Three queries, however many channels there are.
    """
    channels = Channel.objects.order_by("pk").prefetch_related("warehouses")
    rows = Listing.objects.published().filter(variant__in=variant_ids)
    published: dict[int, dict[int, Listing]] = defaultdict(dict)
    for row in rows:
        published[row.channel_id][row.variant_id] = row
    return [
        (
            channel,
            Where(
                frozenset(place.pk for place in channel.warehouses.all()) or None,
                terms_in(channel, variant_ids, published=published[channel.pk]),
            ),
        )
        for channel in channels
    ]


def terms_as(channel: Channel, published_backorder: str) -> ListingTerms:
    """Return the terms of a listing of which this is published; empty: it is not listed."""
    return ListingTerms(
        channel=channel.slug,
        is_active=channel.is_active,
        is_published=bool(published_backorder),
        channel_allows=published_backorder not in {"", PublishedBackorder.NOT_IN_CHANNEL},
        listing_allows=published_backorder not in {"", PublishedBackorder.NOT_THIS_ITEM},
        name=channel.name,
    )
