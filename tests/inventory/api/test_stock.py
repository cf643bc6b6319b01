"""Stock by the API: settings per warehouse, and the movements that change it."""

import pytest

from inventory.models import Movement, StockLevel, Variant, Warehouse
from tests.inventory.api.conftest import fields_at_fault

MOVES = ("/stock/receipts", "/stock/adjustments", "/stock/counts", "/stock/transfers")


@pytest.fixture
def mug(api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})
    return Variant.objects.get(sku="mug")


@pytest.fixture
def paris(db):
    return Warehouse.objects.create(code="paris", name="Paris", priority=2)


def receipt(quantity, sku="mug", **fields):
    lines = [{"sku": sku, "quantity": quantity}]
    return {"warehouse": "main", "reference": "R-1", "lines": lines, **fields}


def adjustment(on_hand, sku="mug", **fields):
    lines = [{"sku": sku, "on_hand": on_hand}]
    return {"warehouse": "main", "reason": "Broken", "lines": lines, **fields}


def on_hand(sku="mug", warehouse="main"):
    rows = StockLevel.objects.filter(variant__sku=sku, warehouse__code=warehouse)
    return sum(rows.values_list("on_hand", flat=True))


def test_a_level_never_touched_reads_as_in_stock_and_empty(api, mug):
    assert api.get("/stock/mug/main").json() == {
        "sku": "mug",
        "warehouse": "main",
        "on_hand": 0,
        "allocated": 0,
        "available": 0,
        "on_backorder": 0,
        "in_stock": True,
        "backorder_threshold": None,
        "notify_below": None,
        "version": 0,
    }
    assert not StockLevel.objects.exists()


def test_settings_of_a_level_are_changed(api, mug):
    changed = api.patch("/stock/mug/main", {"in_stock": False, "backorder_threshold": 5})

    assert changed.status_code == 200
    assert changed.json()["backorder_threshold"] == 5
    assert changed.json()["in_stock"] is False
    assert changed.json()["version"] == 1
    assert api.patch("/stock/mug/main", {"backorder_threshold": None}).json()["version"] == 2
    assert api.get("/stock/mug/main").json()["backorder_threshold"] is None
    assert api.get("/stock/mug/main").json()["in_stock"] is False


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"on_hand": 5}, ["on_hand"]),
        ({"allocated": 5}, ["allocated"]),
        ({"on_backorder": 5, "available": 1}, ["available", "on_backorder"]),
        ({"backorder_threshold": -1}, ["backorder_threshold"]),
        ({"backorder_threshold": 1_000_000_001}, ["backorder_threshold"]),
        ({"notify_below": "3"}, ["notify_below"]),
        ({"in_stock": "true"}, ["in_stock"]),
        ({"in_stock": None}, ["in_stock"]),
        ({"warehouse": "paris"}, ["warehouse"]),
    ],
    ids=str,
)
def test_quantities_are_no_settings(api, mug, body, at_fault):
    response = api.patch("/stock/mug/main", body)

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert not StockLevel.objects.exists()


def test_a_stale_level_is_refused(api, mug):
    assert api.patch("/stock/mug/main", {"notify_below": 1, "version": 0}).status_code == 200

    assert api.patch("/stock/mug/main", {"notify_below": 2, "version": 0}).status_code == 409
    assert api.get("/stock/mug/main").json()["notify_below"] == 1


@pytest.mark.parametrize("path", ["/stock/gone/main", "/stock/mug/gone", "/stock/mug"])
def test_what_is_not_there_is_a_404(api, mug, path):
    assert api.get(path).status_code == 404
    assert api.patch(path, {"in_stock": False}).status_code == 404


def test_a_receipt_puts_units_on_hand(api, mug):
    body = receipt(3)
    body["lines"].append({"sku": "mug", "quantity": 4})

    response = api.post("/stock/receipts", body)

    assert (response.status_code, response.json()) == (200, {"released": []})
    movement = Movement.objects.get()
    assert (movement.quantity, movement.kind, movement.reference) == (7, "receipt", "R-1")
    assert movement.by == "olga"
    assert on_hand() == 7


def test_an_adjustment_sets_on_hand_and_keeps_why(api, mug):
    api.post("/stock/receipts", receipt(10))

    response = api.post("/stock/adjustments", adjustment(4))

    assert (response.status_code, response.json()) == (200, {"released": []})
    last = Movement.objects.order_by("pk").last()
    assert (last.quantity, last.kind, last.reason) == (-6, "correction", "Broken")
    assert on_hand() == 4


def test_an_adjustment_of_stock_that_moved_since_it_was_seen_is_refused(api, mug):
    api.post("/stock/receipts", receipt(10))
    body = adjustment(4)
    body["lines"][0]["seen"] = 9

    response = api.post("/stock/adjustments", body)

    assert response.status_code == 409
    assert response.json()["type"] == "urn:backoffice:problem:count-changed"
    assert on_hand() == 10


def test_less_than_what_is_allocated_is_refused_with_the_numbers(api, mug):
    api.post("/stock/receipts", receipt(10))
    StockLevel.objects.update(allocated=8)

    response = api.post("/stock/adjustments", adjustment(5))

    assert response.status_code == 409
    assert response.json() == {
        "type": "urn:backoffice:problem:stock-shortage",
        "title": "There are too few units.",
        "status": 409,
        "errors": [
            {
                "field": "lines",
                "sku": "mug",
                "warehouse": "main",
                "requested": 5,
                "available": 2,
                "message": "5 wanted, 2 available.",
            }
        ],
    }
    assert on_hand() == 10


def test_a_count_is_booked_as_a_count(api, mug):
    body = {"warehouse": "main", "reference": "C-1", "lines": [{"sku": "mug", "on_hand": 6}]}

    assert api.post("/stock/counts", body).json() == {"released": []}
    movement = Movement.objects.get()
    assert (movement.kind, movement.quantity, movement.reference) == ("count", 6, "C-1")


def test_a_transfer_moves_all_or_nothing(api, mug, paris):
    api.post("/stock/receipts", receipt(5))
    lines = [{"sku": "mug", "quantity": 3}]

    done = api.post("/stock/transfers", {"source": "main", "target": "paris", "lines": lines})
    short = api.post("/stock/transfers", {"source": "main", "target": "paris", "lines": lines})
    same = api.post("/stock/transfers", {"source": "main", "target": "main", "lines": lines})

    assert (done.status_code, short.status_code, same.status_code) == (200, 409, 422)
    assert short.json()["errors"][0]["available"] == 2
    assert fields_at_fault(same) == ["target"]
    assert (on_hand(), on_hand(warehouse="paris")) == (2, 3)


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"warehouse": "gone"}, ["warehouse"]),
        ({"warehouse": None}, ["warehouse"]),
        ({"reference": "x" * 121}, ["reference"]),
        ({"reference": "a\tb"}, ["reference"]),
        ({"lines": []}, ["lines"]),
        ({"lines": {}}, ["lines"]),
        ({"lines": None}, ["lines"]),
        ({"lines": [{"sku": "mug", "quantity": 0}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": -5}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": 1.9}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": "1_0"}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": True}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": 2_147_483_648}]}, ["lines[0].quantity"]),
        (
            {"lines": [{"sku": "mug", "quantity": 1}, {"sku": "gone", "quantity": 1}]},
            ["lines[1].sku"],
        ),
        ({"lines": [{"sku": "mug", "quantity": 1, "on_hand": 2}]}, ["lines[0].on_hand"]),
        ({"lines": [{"sku": "m ug", "quantity": 1}]}, ["lines[0].sku"]),
        ({"lines": [{"sku": "mug", "quantity": 1_000_000_000}] * 2}, ["lines"]),
        ({"lines": [{"sku": "wrap", "quantity": 1}]}, ["lines"]),
        ({"lines": [{"sku": "set", "quantity": 1}]}, ["lines"]),
        ({"lines": [{"sku": "mug", "quantity": 1}] * 2001}, ["lines"]),
        ({"at": "2020-01-01"}, ["at"]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_receipt_writes_nothing(api, mug, changes, at_fault):
    api.post("/variants", {"sku": "wrap", "product_title": "Wrap", "track_inventory": False})
    parts = [{"sku": "mug", "quantity": 2}]
    api.post("/variants", {"sku": "set", "product_title": "Set", "components": parts})

    response = api.post("/stock/receipts", receipt(1, **changes))

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert not Movement.objects.exists()


def test_a_shelf_holds_no_more_than_a_quantity(api, mug):
    assert api.post("/stock/receipts", receipt(1_000_000_000)).status_code == 200

    response = api.post("/stock/receipts", receipt(1))

    assert (response.status_code, fields_at_fault(response)) == (422, ["lines"])
    assert on_hand() == 1_000_000_000


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"reason": ""}, ["reason"]),
        ({"reason": "   "}, ["reason"]),
        ({"reason": "x" * 251}, ["reason"]),
        ({"lines": [{"sku": "mug", "on_hand": -1}]}, ["lines[0].on_hand"]),
        ({"lines": [{"sku": "mug", "quantity": 1}]}, ["lines[0].on_hand", "lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "on_hand": 1}] * 2}, ["lines"]),
        ({"lines": [{"sku": "mug", "on_hand": 1, "seen": "1"}]}, ["lines[0].seen"]),
    ],
    ids=str,
)
def test_a_bad_adjustment_writes_nothing(api, mug, changes, at_fault):
    response = api.post("/stock/adjustments", adjustment(1, **changes))

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert not Movement.objects.exists()


@pytest.mark.parametrize("path", MOVES)
def test_movements_are_posted_alone(api, path):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert api.send(method, path, {}).status_code == 405


def test_a_receipt_costs_the_same_for_3_lines_and_30(api, django_assert_max_num_queries):
    for number in range(30):
        api.post("/variants", {"sku": f"s{number}", "product_title": "Mug"})
    lines = [{"sku": f"s{number}", "quantity": 9} for number in range(30)]
    api.post("/stock/receipts", receipt(1, lines=lines))

    with django_assert_max_num_queries(24) as few:
        api.post("/stock/receipts", receipt(1, lines=lines[:3]))
    with django_assert_max_num_queries(24) as many:
        api.post("/stock/receipts", receipt(1, lines=lines))
    assert len(many) == len(few)
