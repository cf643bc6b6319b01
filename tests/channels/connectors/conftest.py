"""A shop, the way to it, and items to send there."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from channels.connectors.base import Credentials, Item
from channels.connectors.web import Limits, Web
from channels.connectors.woocommerce.connector import WooCommerce
from channels.connectors.woocommerce.signing import signer_for
from inventory.policy import BackorderMode
from tests.channels.standin import standin

HERE = Path(__file__).parent
RECORDED = Path(__file__).parents[2] / "data" / "woocommerce"
QUICK = Limits(connect=2, read=0.5, total=1)
WEBHOOK_SECRET = "s3cr3t"


def recorded(name):
    lines = (RECORDED / f"woocommerce_11.0.1_{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(autouse=True)
def _this_machine_is_listed(settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]


@pytest.fixture
def shop():
    with standin() as one:
        yield one


@pytest.fixture
def credentials(shop):
    return Credentials(shop.address, shop.key, shop.secret, WEBHOOK_SECRET)


@pytest.fixture
def connector(credentials):
    return WooCommerce(credentials)


@pytest.fixture
def hasty(shop, credentials):
    """Return a connector that waits for a second at most."""
    sign = signer_for(shop.key, shop.secret, is_encrypted=False)
    web = Web(shop.address, sign=sign, hidden=(shop.key, shop.secret), limits=QUICK)
    return WooCommerce(credentials, web=web)


@pytest.fixture
def make_item():
    """Return a maker of items, so that a test states only what it is about."""

    def make(sku="MUG-1", **fields):
        usual = {
            "ref": 1,
            "product_ref": "7",
            "product_title": "Mug",
            "variant_title": "",
            "description": "A mug.",
            "price": Decimal("10.00"),
            "currency": "USD",
            "is_only_variant": True,
            "tracked": True,
            "mode": BackorderMode.NO,
            "available": 5,
            "room": 0,
        }
        return Item(sku=sku, **{**usual, **fields})

    return make


@pytest.fixture
def tees(make_item):
    """Return a maker of the variants of one product."""

    def make(*titles, **fields):
        return [
            make_item(
                f"TEE-{title}",
                ref=number,
                product_ref="8",
                product_title="Tee",
                variant_title=title,
                is_only_variant=False,
                **fields,
            )
            for number, title in enumerate(titles, start=1)
        ]

    return make


def pytest_collection_modifyitems(items):
    """See connectors once: they know no database."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.once)
