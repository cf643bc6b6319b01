"""What the tests of the waiting room share: a shop that owes, and a browser of its staff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Seller, StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from orders.models import FulfillmentLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def main(db):
    return Warehouse.objects.get(code="main")


@pytest.fixture
def desk(client, operator):
    """Return the browser of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def make_owed(db):
    """Return a maker of variants that may be owed without limit."""

    def make(sku, *, seller=None, **fields):
        product = create_product(
            act=Act.now(), title=f"Product {sku}", seller=seller, backorders="allow"
        )
        return create_variant(act=Act.now(), product=product, sku=sku, **fields)

    return make


@pytest.fixture
def cup(make_owed):
    return make_owed("CUP", ean="4006381333931")


@pytest.fixture
def sell(db):
    """Return a way to sell units in the direct channel; each order is a day younger."""
    count = 0

    def place(*lines, name="Eva", email="eva@example.com", days=None, **more):
        nonlocal count
        count += 1
        day = MONDAY + timedelta(days=count) if days is None else timezone.now() - timedelta(days)
        return place_order(
            channel=Channel.objects.get(slug="direct"),
            customer=Customer(name=name, email=email),
            lines=[Wanted(variant, units, Decimal(10)) for variant, units in lines],
            act=Act.now(by="olga"),
            placed_at=day,
            **more,
        )

    return place


@pytest.fixture
def waiting_line():
    """Return the line of an order that waits."""

    def read(order):
        return FulfillmentLine.objects.waiting().get(fulfillment_order__order=order)

    return read


@pytest.fixture
def anna(make_user, store):
    StoreSettings.objects.update(sellers_can_accept_backorders=True)
    user = make_user("anna", "seller")
    Seller.objects.create(code="anna", name="Annas Atelier").users.add(user)
    return user


@pytest.fixture
def room():
    """Return the address of a page around the waiting room."""

    def make(name="changelist", *args):
        return reverse(f"admin:orders_fulfillmentline_{name}", args=args)

    return make
