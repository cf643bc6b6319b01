"""A listing as a shop elsewhere is to have it, from numbers that are read at this moment."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from channels.availability import availability_in, ships_from
from channels.connectors.base import Item
from channels.models import Channel, Listing, PublishedBackorder
from inventory.availability import availability_of
from inventory.models import StoreSettings, Variant
from inventory.offers import Availability
from inventory.policy import BackorderMode


def items_to_publish(
    channel: Channel, listings: Sequence[Listing], *, at: datetime
) -> dict[int, Item]:
    """Return listings as they are to be published, by key; their variants are loaded."""
    offers = availability_of(
        [listing.variant for listing in listings],
        today=timezone.localdate(at),
        with_dates=False,
        ships_from=ships_from(channel),
    )
    return _items(
        listings,
        offers,
        allowed={
            listing.pk: channel.allow_out_of_stock_purchases and listing.allow_backorder
            for listing in listings
        },
        prices={listing.pk: listing.price_to_be for listing in listings},
    )


def items_to_push(
    channel: Channel, listings: Sequence[Listing], *, at: datetime
) -> dict[int, Item]:
    """Return listings as they are published, with the units that may be sold now."""
    offers = availability_in(
        channel,
        [listing.variant for listing in listings],
        today=timezone.localdate(at),
        with_dates=False,
    )
    return _items(
        listings,
        offers,
        allowed={
            listing.pk: listing.published_backorder == PublishedBackorder.ALLOWED
            for listing in listings
        },
        prices={listing.pk: listing.shown_price for listing in listings},
    )


def _items(
    listings: Sequence[Listing],
    offers: dict[int, Availability],
    *,
    allowed: dict[int, bool],
    prices: dict[int, Decimal],
) -> dict[int, Item]:
    currency = StoreSettings.load().currency
    products = {listing.variant.product_id for listing in listings}
    siblings = Counter(
        Variant.objects.filter(product__in=products).values_list("product", flat=True)
    )
    return {
        listing.pk: _item(
            listing,
            offers[listing.variant_id],
            price=prices[listing.pk],
            currency=currency,
            is_only_variant=siblings[listing.variant.product_id] == 1,
            is_allowed=allowed[listing.pk],
        )
        for listing in listings
    }


def _item(
    listing: Listing,
    offer: Availability,
    *,
    price: Decimal,
    currency: str,
    is_only_variant: bool,
    is_allowed: bool,
) -> Item:
    variant = listing.variant
    return Item(
        ref=listing.pk,
        sku=variant.sku,
        product_ref=str(variant.product_id),
        product_title=variant.product.title,
        variant_title=variant.title,
        description=variant.product.description,
        price=price,
        currency=currency,
        is_only_variant=is_only_variant,
        tracked=offer.track_inventory,
        mode=offer.mode if is_allowed else BackorderMode.NO,
        available=offer.available,
        room=offer.room if is_allowed else 0,
        remote_id=listing.remote_id,
        remote_parent_id=listing.remote_parent_id,
        remote_sku=listing.remote_sku,
    )
