"""Units that a shop sold and that are not there, and money that goes back, by the API."""

import pytest

from channels.models import Channel
from inventory.acts import Act
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop, berlin):
    """Return an order of a shop, 5 units of which 3 are there and none may be owed."""
    variant = shop.variant(backorders="no")
    shop.receive(berlin, x=3)
    placed = place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer("Ann", ""),
        lines=[Wanted(variant, 5, variant.price)],
        act=Act.now(by="shop"),
        is_captured=True,
    )
    order = shop.ok(shop.api.get(f"/orders/{placed.number}"))
    assert order["lines"][0]["short"] == 2
    return order


def test_oversold_units_are_allowed(shop, order):
    address = f"/orders/{order['number']}/allow-oversold"
    assert shop.api.post(address, {"version": 99}).status_code == 409

    line = shop.ok(shop.api.post(address, {"version": order["version"]}))["lines"][0]

    assert (line["allocated"], line["backordered"], line["short"]) == (3, 2, 0)
    assert shop.api.post(address).json()["type"].endswith("not-possible")


def test_oversold_units_are_canceled_first(shop, order):
    line = shop.cancel(order, {"x": 2})["lines"][0]

    assert (line["allocated"], line["short"], line["canceled"]) == (3, 0, 2)


def test_a_refund_is_noted_once(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=3)
    order = shop.order({"x": 2})
    canceled = shop.cancel(order, {"x": 1})
    assert canceled["payment"] == "refund_due"
    address = f"/orders/{order['number']}/refunds"
    assert shop.api.post(address, {"version": 99}).status_code == 409

    done = shop.ok(shop.api.post(address, {"version": canceled["version"]}), 201)

    assert done["payment"] == "paid"
    assert shop.api.post(address).json()["type"].endswith("not-possible")
