"""A shop with two mugs, and ways to list them."""

import pytest

from channels.models import STOREFRONT, Channel, Listing
from channels.services.channels import create_channel, update_channel
from channels.services.publish import publish
from inventory.acts import Act
from inventory.services.catalog import create_product, create_variant


@pytest.fixture
def storefront(db):
    """The storefront, allowed to sell what is out of stock."""
    changes = {"allow_out_of_stock_purchases": True}
    return update_channel(
        act=Act.now(), channel=Channel.objects.get(slug=STOREFRONT), changes=changes
    )


@pytest.fixture
def make_mug(db):
    """Return a maker of products with one variant that may be owed without limit."""

    def make(sku="mug", **fields):
        product = create_product(act=Act.now(), title=fields.pop("title", f"Mug {sku}"))
        return create_variant(
            act=Act.now(),
            product=product,
            sku=sku,
            **{"backorders": "allow", "price": "12.95", **fields},
        )

    return make


@pytest.fixture
def listing_of():
    """Return a reader of the listing of a variant in a channel."""

    def read(channel, variant):
        return Listing.objects.for_page().get(channel=channel, variant=variant)

    return read


@pytest.fixture
def put_up(listing_of):
    """Return a way to list variants in a channel."""

    def put(channel, *variants):
        ids = [listing_of(channel, variant).pk for variant in variants]
        publish(channel=channel, listing_ids=ids, act=Act.now())
        return [listing_of(channel, variant) for variant in variants]

    return put


@pytest.fixture
def outlet(db):
    """A second channel without a connector, as it is made: nothing may be owed there."""
    return create_channel(act=Act.now(), slug="outlet", name="Outlet")
