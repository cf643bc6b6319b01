"""Finding what a request names: for the caller, foreign rows are not there."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.http import Http404
from rest_framework.exceptions import ValidationError

from channels.models import Channel, Listing
from channels.models.listings import ListingQuerySet
from inventory.errors import UnknownSku
from inventory.models import Warehouse
from inventory.models.catalog import sku_in
from inventory.skus import matched


def channel_at(slug: str) -> Channel:
    """Return the channel that an address names.

    :raises Http404: there is none.
    """
    channel = Channel.objects.filter(slug=slug).first()
    if channel is None:
        raise Http404
    return channel


def listings_in(channel: Channel, user: User) -> ListingQuerySet:
    """Return the listings of a channel that the user may see."""
    return Listing.objects.visible_to(user).for_page().filter(channel=channel)


def listing_at(channel: Channel, sku: str, user: User) -> Listing:
    """Return the listing that an address names.

    :raises Http404: there is none that the user may see.
    """
    rows = listings_in(channel, user).filter(sku_in([sku], path="variant__"))
    named = matched([sku], ((row.variant.sku, row) for row in rows.order_by("variant")))
    listing = named.get(sku)
    if listing is None:
        raise Http404
    return listing


def listings_named(channel: Channel, skus: Sequence[str], user: User) -> list[int]:
    """Return the keys of the listings of these SKUs.

    :raises UnknownSku: naming each that the user cannot see.
    """
    rows = listings_in(channel, user).filter(sku_in(skus, path="variant__"))
    found = matched(skus, rows.order_by("variant").values_list("variant__sku", "pk"))
    if missing := [sku for sku in skus if sku not in found]:
        raise UnknownSku(missing)
    return list(dict.fromkeys(found.values()))


def warehouses_named(codes: Sequence[str]) -> list[Warehouse]:
    """Return the warehouses of these codes.

    :raises ValidationError: one of them does not exist.
    """
    found = {row.code: row for row in Warehouse.objects.filter(code__in=codes)}
    if missing := [code for code in codes if code not in found]:
        raise ValidationError({"warehouses": [f"There is no warehouse {missing[0]}."]})
    return list(found.values())
