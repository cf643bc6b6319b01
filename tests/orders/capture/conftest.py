"""A shop elsewhere that sells our mugs, what it says of its orders, and our books."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache

from channels.connectors.base import RemoteLine, RemoteOrder
from channels.models import Channel, Listing
from channels.services.channels import create_channel, update_channel
from channels.services.publish import publish
from inventory.acts import Act
from inventory.models import Warehouse
from inventory.services.catalog import update_variant
from orders.line_numbers import numbers_of
from orders.models import CapturedOrder
from orders.services.capture import record, settle
from orders.services.reconcile import reconcile
from tests.conftest import NOON

SECRET = "a secret of both"


@pytest.fixture(autouse=True)
def _no_throttle_between_tests():
    cache.clear()


@pytest.fixture
def main(db):
    return Warehouse.objects.get(code="main")


@pytest.fixture
def make_shop(db):
    """Return a maker of channels that programs write into, captured when paid.

    `owes` are the variants that may be sold there while they are out of stock.
    """

    def make(slug="outlet", *, owes=(), **changes):
        channel = create_channel(act=Act.now(), slug=slug, name=slug.capitalize())
        changes = {
            "webhook_secret": SECRET,
            "allow_out_of_stock_purchases": bool(owes),
            **changes,
        }
        channel = update_channel(act=Act.now(), channel=channel, changes=changes)
        ids = Listing.objects.filter(channel=channel, variant__in=owes).values_list("pk", flat=True)
        publish(channel=channel, listing_ids=list(ids), act=Act(at=NOON))
        return channel

    return make


@pytest.fixture
def shop(make_shop):
    return make_shop()


@pytest.fixture
def mug(make_variant):
    """A variant that may not be owed."""
    return make_variant(price="2.50")


@pytest.fixture
def cup(make_variant):
    """A variant that may be owed without limit, where the channel allows it."""
    variant = make_variant("cup", price="4.00")
    return update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})


@pytest.fixture
def stock(main, receive):
    """Return a way to put units on the shelf of the main warehouse."""

    def put(variant, units):
        receive(variant, main, units)

    return put


def line(sku="mug", quantity=2, price="9.90", title="A mug"):
    return RemoteLine(sku=sku, title=title, quantity=quantity, unit_price=Decimal(price))


def remote(status="paid", *lines, at=0, **fields):
    """Return what a shop says of an order so many minutes after it was placed."""
    lines = lines or (line(),)
    usual = {
        "external_id": "7001",
        "number": "#7001",
        "customer_name": "Eva Ek",
        "customer_email": "eva@example.com",
        "currency": "EUR",
        "placed_at": NOON - timedelta(days=1),
        "changed_at": NOON - timedelta(days=1) + timedelta(minutes=at),
        "total": sum((one.quantity * one.unit_price for one in lines), Decimal(0)),
        "raw": {"id": 7001},
    }
    return RemoteOrder(status=status, lines=lines, **{**usual, **fields})


@pytest.fixture
def tell(shop):
    """Return a way to have a shop say something, and to have it settled at once."""

    def say(*args, channel=None, at_noon=NOON, **kwargs):
        row = record(channel or shop, remote(*args, **kwargs), at=at_noon)
        return settle(row, at=at_noon)

    return say


def numbers(order):
    """Return allocated, waiting, short, shipped and canceled units of an order."""
    found = numbers_of(list(order.lines.all())).values()
    names = ("allocated", "waiting", "short", "shipped", "canceled")
    return tuple(sum(getattr(one, name) for one in found) for name in names)


def parcels(order):
    return list(order.fulfillment_orders.order_by("sequence").values_list("status", flat=True))


@pytest.fixture(autouse=True)
def _books_are_right(db):
    """After each test the books add up."""
    yield
    assert reconcile() == []


def only():
    return CapturedOrder.objects.get()


def channel(slug="outlet"):
    return Channel.objects.get(slug=slug)
