"""What changed since: every list, and whatever its rows tell of others."""

import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from tests.orders.api.conftest import lines_of

pytestmark = pytest.mark.django_db


def now():
    time.sleep(0.005)  # SQLite's clock has milliseconds
    return quote((timezone.now() - timedelta(milliseconds=1)).isoformat())


def listed(shop, path, since, name):
    mark = "&" if "?" in path else "?"
    rows = shop.ok(shop.api.get(f"{path}{mark}updated_since={since}"))["results"]
    return [row[name] for row in rows]


def test_variants_follow_their_product(shop, berlin):
    shop.variant("x")
    shop.variant("y")
    since = now()
    assert listed(shop, "/variants", since, "sku") == []

    shop.api.patch("/variants/x", {"notify_below": 3})
    assert listed(shop, "/variants", since, "sku") == ["x"]
    assert listed(shop, "/channels/storefront/listings", since, "sku") == ["x"]

    shop.api.patch("/variants/x", {"product_title": "Cup"})
    assert listed(shop, "/variants", since, "sku") == ["x", "y"]


def test_orders_follow_their_lines_and_their_parcels(shop, berlin):
    shop.variant("x")
    first, second = shop.order({"x": 2}), shop.order({"x": 1})
    since = now()
    assert listed(shop, "/orders", since, "number") == []

    shop.receive(berlin, x=1)
    assert listed(shop, "/orders", since, "number") == [first["number"]]
    assert listed(shop, "/fulfillment-orders", since, "order")[0] == first["number"]

    body = {"warehouse": "berlin", "reference": "D", "expected_at": "2030-01-01"}
    shop.ok(shop.api.post("/deliveries", body | {"lines": lines_of({"x": 9})}), 201)
    assert listed(shop, "/orders", since, "number") == [first["number"], second["number"]]


def test_parcels_follow_their_holds(shop, berlin):
    shop.variant("x")
    shop.receive(berlin, x=1)
    number = f"{shop.order({'x': 1})['number']}-1"
    holds = [shop.step(number, "hold", {"reason": why}, 201)["holds"] for why in ("one", "two")]
    since = now()
    assert listed(shop, "/fulfillment-orders", since, "number") == []

    shop.api.send("DELETE", f"/fulfillment-orders/{number}/holds/{holds[1][0]['id']}")

    assert listed(shop, "/fulfillment-orders", since, "number") == [number]


def test_deliveries_follow_what_came_of_them(shop, berlin):
    shop.variant("x")
    body = {"warehouse": "berlin", "reference": "D", "expected_at": "2030-01-01"}
    made = shop.ok(shop.api.post("/deliveries", body | {"lines": lines_of({"x": 9})}), 201)
    since = now()
    assert listed(shop, "/deliveries", since, "id") == []

    shop.ok(shop.api.post(f"/deliveries/{made['id']}/receive", {"lines": lines_of({"x": 1})}))

    assert listed(shop, "/deliveries", since, "id") == [made["id"]]


def test_warehouses_channels_and_change_sets(shop, berlin, paris):
    shop.variant("x")
    since = now()
    lists = {"/warehouses": "code", "/channels": "slug", "/change-sets": "label"}
    assert [listed(shop, path, since, name) for path, name in lists.items()] == [[], [], []]

    shop.ok(shop.api.patch("/warehouses/paris", {"priority": 7}))
    shop.ok(shop.api.patch("/channels/direct", {"name": "Desk"}))

    assert listed(shop, "/warehouses", since, "code") == ["paris"]
    assert listed(shop, "/channels", since, "slug") == ["direct"]
    assert len(listed(shop, "/change-sets", since, "label")) == 2


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "0", "2026-13-01T00:00:00Z", "%00", "9" * 40, "2026-01-01T00:00:00 1:00"],
)
def test_what_is_no_time_is_refused(shop, text):
    response = shop.api.get(f"/orders?updated_since={text}")

    assert response.status_code in {400, 422}
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_times_beyond_the_calendar_are_refused_or_answered(shop, text):
    assert shop.api.get(f"/orders?updated_since={text}").status_code in {200, 400, 422}
