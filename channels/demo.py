"""Listings of the demo shop: what is sold where, and a few changes that wait to be published."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from channels.models import STOREFRONT, Channel, Listing
from channels.services.channels import create_channel, update_channel
from channels.services.listings import add_listings, edit_listing
from channels.services.publish import publish_where
from inventory.acts import Act
from inventory.models import Warehouse

NOT_LISTED = ("NOTE-OCH", "CANDLE-FIG")
"""Not sold in the outlet."""

CHANGED: dict[str, dict[str, Any]] = {
    "KETTLE-BLK": {"allow_backorder": False},
    "PAN-28": {"price": Decimal("59.00")},
}
"""Edited in the outlet after it was listed."""


def make_listings() -> None:
    """List the demo shop in its storefront, and most of it in an outlet."""
    storefront = Channel.objects.get(slug=STOREFRONT)
    update_channel(
        act=Act.now(), channel=storefront, changes={"allow_out_of_stock_purchases": True}
    )
    outlet = create_channel(
        act=Act.now(),
        slug="outlet",
        name="Outlet",
        processing_mode="pick",
        allow_out_of_stock_purchases=True,
    )
    warehouse = Warehouse.objects.order_by("priority", "pk").first()
    if warehouse is not None:
        update_channel(act=Act.now(), channel=outlet, changes={"warehouses": [warehouse]})
    publish_where(storefront, "1 = 1", [], at=timezone.now())
    publish_where(outlet, "v.sku NOT IN (%s, %s)", NOT_LISTED, at=timezone.now())
    for sku, changes in CHANGED.items():
        listing = Listing.objects.filter(channel=outlet, variant__sku=sku).first()
        if listing is not None:
            edit_listing(act=Act.now(), listing=listing, changes=changes)


def grow_listings(*, say: Callable[[str], object]) -> None:
    """List in the storefront what came to the shop since."""
    if added := add_listings("1 = 1", []):
        storefront = Channel.objects.get(slug=STOREFRONT)
        publish_where(storefront, "l.status = 'unlisted'", [], at=timezone.now())
        say(f"{added:,} listings were added.")
