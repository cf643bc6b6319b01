"""The store's settings and its warehouses by the API."""

import pytest

from inventory.models import DeliveryTimeframe, StoreSettings, Warehouse
from tests.inventory.api.conftest import Api, fields_at_fault


def test_settings_of_a_fresh_store(api):
    assert api.get("/settings").json() == {
        "store_name": "My store",
        "currency": "EUR",
        "backorders": "no",
        "out_of_stock_threshold": 0,
        "notify_below": 1,
        "only_x_left_threshold": 0,
        "max_per_order": 0,
        "storefront_max_per_order": 1_000,
        "new_products_allow_backorders": False,
        "new_products_track_inventory": True,
        "sellers_can_accept_backorders": False,
        "allow_order_split": True,
        "backordered_items_ship": "each",
        "release_rule": "fifo",
        "serve_oversold": True,
        "unpaid_order_hours": None,
        "low_stock_email": "",
        "version": 1,
        "default_warehouse": "main",
        "delivery_timeframe": None,
    }


def test_every_setting_is_changed(api):
    DeliveryTimeframe.objects.create(name="Slow")
    Warehouse.objects.create(code="paris", name="Paris")
    sent = {
        "store_name": "Mugs & Co",
        "currency": "USD",
        "backorders": "notify",
        "out_of_stock_threshold": -50,
        "notify_below": 10,
        "only_x_left_threshold": 5,
        "max_per_order": 12,
        "storefront_max_per_order": 6,
        "new_products_allow_backorders": True,
        "new_products_track_inventory": False,
        "sellers_can_accept_backorders": True,
        "allow_order_split": False,
        "backordered_items_ship": "together",
        "release_rule": "highest_value",
        "serve_oversold": False,
        "unpaid_order_hours": 48,
        "low_stock_email": "stock@example.com",
        "default_warehouse": "paris",
        "delivery_timeframe": "Slow",
    }

    response = api.patch("/settings", {**sent, "version": 1})

    assert response.status_code == 200
    assert response.json() == {**sent, "version": 2}
    assert api.get("/settings").json() == {**sent, "version": 2}
    cleared = api.patch("/settings", {"default_warehouse": None, "delivery_timeframe": None})
    assert cleared.json()["default_warehouse"] is None


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"backorders": "inherit"}, ["backorders"]),
        ({"backorders": None}, ["backorders"]),
        ({"out_of_stock_threshold": None}, ["out_of_stock_threshold"]),
        ({"out_of_stock_threshold": 10**10}, ["out_of_stock_threshold"]),
        ({"notify_below": -1}, ["notify_below"]),
        ({"only_x_left_threshold": 1.5}, ["only_x_left_threshold"]),
        ({"allow_order_split": "no"}, ["allow_order_split"]),
        ({"backordered_items_ship": "later"}, ["backordered_items_ship"]),
        ({"release_rule": "lifo"}, ["release_rule"]),
        ({"serve_oversold": None}, ["serve_oversold"]),
        ({"unpaid_order_hours": -1}, ["unpaid_order_hours"]),
        ({"unpaid_order_hours": 8_761}, ["unpaid_order_hours"]),
        ({"unpaid_order_hours": "48"}, ["unpaid_order_hours"]),
        ({"currency": "eur"}, ["currency"]),
        ({"currency": "EUR\n"}, ["currency"]),
        ({"store_name": ""}, ["store_name"]),
        ({"low_stock_email": "nobody"}, ["low_stock_email"]),
        ({"low_stock_email": "x@ab\u202e.com"}, ["low_stock_email"]),
        ({"default_warehouse": "gone"}, ["default_warehouse"]),
        ({"default_warehouse": ""}, ["default_warehouse"]),
        ({"delivery_timeframe": "gone"}, ["delivery_timeframe"]),
        ({"pk": 2}, ["pk"]),
        ({"version": "1"}, ["version"]),
    ],
    ids=str,
)
def test_a_bad_setting_is_named_and_nothing_changes(api, body, at_fault):
    before = api.get("/settings").json()

    response = api.patch("/settings", {"store_name": "Changed", **body})

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert api.get("/settings").json() == before


def test_stale_settings_are_refused(api):
    api.patch("/settings", {"notify_below": 5})

    assert api.patch("/settings", {"notify_below": 6, "version": 1}).status_code == 409
    assert StoreSettings.load().notify_below == 5


def test_the_gate_of_the_marketplace_needs_its_own_right(make_user):
    clerk = Api(make_user("tom", rights=["change_storesettings"]))

    assert clerk.patch("/settings", {"notify_below": 5}).status_code == 200
    refused = clerk.patch("/settings", {"sellers_can_accept_backorders": True, "notify_below": 6})
    assert refused.status_code == 403
    assert StoreSettings.load().sellers_can_accept_backorders is False
    assert StoreSettings.load().notify_below == 5


def test_warehouses_are_made_listed_and_changed(api):
    made = api.post("/warehouses", {"code": "paris", "name": "Paris"})

    expected = {"code": "paris", "name": "Paris", "priority": 1, "is_active": True, "version": 1}
    assert (made.status_code, made.json()) == (201, expected)
    assert made.headers["Location"] == "/api/v1/warehouses/paris"
    changed = api.patch("/warehouses/paris", {"name": "Lyon", "priority": 3, "is_active": False})
    after = {"code": "paris", "name": "Lyon", "priority": 3, "is_active": False, "version": 2}
    assert changed.json() == after
    assert api.get("/warehouses/paris").json() == changed.json()
    main = {
        "code": "main",
        "name": "Main warehouse",
        "priority": 1,
        "is_active": True,
        "version": 1,
    }
    assert api.get("/warehouses").json() == {"results": [main, changed.json()], "next": None}


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"code": "main"}, ["code"]),
        ({"code": "a b"}, ["code"]),
        ({"code": "a/b"}, ["code"]),
        ({"code": ""}, ["code"]),
        ({"code": "x" * 51}, ["code"]),
        ({"code": 5}, ["code"]),
        ({"name": ""}, ["name"]),
        ({"name": "a\x01"}, ["name"]),
        ({"priority": -1}, ["priority"]),
        ({"priority": 1_000_000_001}, ["priority"]),
        ({"priority": "1"}, ["priority"]),
        ({"is_active": 0}, ["is_active"]),
        ({"seller": "anna"}, ["seller"]),
    ],
    ids=str,
)
def test_a_bad_warehouse_is_not_made(api, body, at_fault):
    response = api.post("/warehouses", {"code": "new", "name": "New", **body})

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert list(Warehouse.objects.values_list("code", flat=True)) == ["main"]


def test_the_code_of_a_warehouse_stays(api):
    response = api.patch("/warehouses/main", {"code": "other"})

    assert (response.status_code, fields_at_fault(response)) == (422, ["code"])
    assert Warehouse.objects.get().code == "main"


def test_a_warehouse_that_is_not_there(api):
    assert api.get("/warehouses/gone").status_code == 404
    assert api.patch("/warehouses/gone", {"name": "x"}).status_code == 404
    assert api.get("/warehouses/a/b").status_code == 404
