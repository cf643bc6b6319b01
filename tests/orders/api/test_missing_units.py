"""What is missing is named once, with the warehouses that owe it."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(shop, berlin, paris):
    """Return a parcel that waits for units of one SKU in two warehouses."""
    shop.variant()
    shop.level(berlin, "x", backorder_threshold=2)
    shop.level(paris, "x", backorder_threshold=5)
    return f"{shop.order({'x': 5})['number']}-1"


@pytest.mark.parametrize("verb", ["pick", "ship"])
def test_a_sku_that_is_owed_in_two_warehouses(shop, number, verb):
    refused = shop.step(number, verb, status=409)

    assert refused["type"] == "urn:backoffice:problem:units-missing"
    assert refused["errors"] == [
        {"sku": "x", "missing": 5, "warehouses": ["berlin", "paris"], "message": "5 short."}
    ]


def test_a_hold_that_waits_for_stock(shop, number):
    hold = shop.ok(shop.api.get(f"/fulfillment-orders/{number}"))["holds"][0]

    refused = shop.api.send("DELETE", f"/fulfillment-orders/{number}/holds/{hold['id']}").json()

    assert [(one["sku"], one["missing"]) for one in refused["errors"]] == [("x", 5)]
    assert refused["errors"][0]["warehouses"] == ["berlin", "paris"]


def test_a_part_that_is_not_there(shop, berlin, number):
    shop.receive(berlin, x=1)

    refused = shop.step(number, "ship", {"lines": [{"sku": "x", "quantity": 4}]}, status=409)

    assert [(one["sku"], one["missing"]) for one in refused["errors"]] == [("x", 3)]
