"""A small shop: products, shelves, and what a shopper reads of them."""

import re
from html import unescape

import pytest

from channels.models import STOREFRONT, Channel, Listing
from channels.services.channels import update_channel
from channels.services.publish import publish
from inventory.acts import Act
from inventory.models import StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock


@pytest.fixture
def main(db):
    return Warehouse.objects.get(code="main")


@pytest.fixture
def store(db):
    return StoreSettings.load()


@pytest.fixture
def channel(db):
    """The storefront of a shop that sells what it does not have."""
    switches = {"allow_out_of_stock_purchases": True, "publish_automatically": True}
    return update_channel(
        act=Act.now(), channel=Channel.objects.get(slug=STOREFRONT), changes=switches
    )


@pytest.fixture
def sell(main, channel):
    """Return a way to put a product with one variant in the window."""

    def put(name="Enamel Mug", *, units=0, sku=None, product=None, visible=True, **fields):
        product = product or create_product(
            act=Act.now(),
            title=name,
            brand=fields.pop("brand", ""),
            description=fields.pop("description", ""),
            is_visible=visible,
        )
        fields = {"price": "12.95", **fields}
        variant = create_variant(
            act=Act.now(), product=product, sku=sku or f"sku-{product.pk}", **fields
        )
        if units:
            lines = [StockLine(variant, units)]
            receive_stock(warehouse=main, lines=lines, reference="R-1", act=Act.now(by="anna"))
        listing = Listing.objects.get(channel=channel, variant=variant)
        publish(channel=channel, listing_ids=[listing.pk], act=Act.now())
        return variant

    return put


@pytest.fixture
def read(client):
    """Return a reader of pages: what the body says, tags and whitespace aside."""

    def text(url, *, status=200):
        answer = client.get(url)
        assert answer.status_code == status
        body = answer.content.decode().partition("<main")[2].partition("</main>")[0]
        words = " ".join(unescape(re.sub("<[^>]*>", " ", body)).split())
        return re.sub(r" ([,.”])", r"\1", words)

    return text


@pytest.fixture
def put(client):
    def send(sku, quantity):
        return client.post("/cart/add/", {"variant": sku, "quantity": quantity})

    return send


@pytest.fixture
def fill(client):
    """Return a reader of the checkout's form: its hidden fields, and who buys."""

    def read(**fields):
        body = client.get("/checkout/").content.decode()
        hidden = {
            name: re.search(rf'name="{name}" value="([^"]*)"', body).group(1)
            for name in ("checkout", "shown")
        }
        return {**hidden, "name": "Ann", "email": "ann@example.com", **fields}

    return read


@pytest.fixture
def buy(client, fill):
    def send(**fields):
        return client.post("/checkout/", fill(**fields))

    return send
