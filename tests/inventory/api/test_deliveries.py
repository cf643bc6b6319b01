"""Deliveries by the API."""

from datetime import date

import pytest
from django.utils import timezone

from inventory.models import IncomingDelivery, Movement, StockLevel
from tests.inventory.api.conftest import Api, fields_at_fault


@pytest.fixture
def skus(api):
    for sku in ("mug", "cup"):
        api.post("/variants", {"sku": sku, "product_title": sku})
    return ("mug", "cup")


def announcement(**fields):
    return {
        "warehouse": "main",
        "supplier": "Potters",
        "reference": "PO-7",
        "expected_at": "2999-12-31",
        "lines": [{"sku": "mug", "quantity": 10}, {"sku": "cup", "quantity": 4}],
        **fields,
    }


@pytest.fixture
def delivery(api, skus):
    return api.post("/deliveries", announcement()).json()["id"]


def units(sku):
    rows = StockLevel.objects.filter(variant__sku=sku)
    return sum(rows.values_list("on_hand", flat=True))


def test_a_delivery_is_announced(api, skus):
    response = api.post("/deliveries", announcement())

    assert response.status_code == 201
    made = response.json()
    assert made == {
        "id": made["id"],
        "warehouse": "main",
        "supplier": "Potters",
        "reference": "PO-7",
        "expected_at": "2999-12-31",
        "state": "expected",
        "lines": [
            {"sku": "mug", "quantity": 10, "received": 0},
            {"sku": "cup", "quantity": 4, "received": 0},
        ],
        "version": 1,
    }
    assert response.headers["Location"] == f"/api/v1/deliveries/{made['id']}"
    assert api.get(f"/deliveries/{made['id']}").json() == made
    assert api.get("/deliveries").json() == {"results": [made], "next": None}


def test_shoppers_see_its_day(api, delivery):
    offer = api.get("/availability?sku=mug").json()["results"][0]
    assert offer["expected_at"] == "2999-12-31"


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"warehouse": "gone"}, ["warehouse"]),
        ({"reference": ""}, ["reference"]),
        ({"reference": "   "}, ["reference"]),
        ({"expected_at": "tomorrow"}, ["expected_at"]),
        ({"expected_at": None}, ["expected_at"]),
        ({"supplier": "x" * 201}, ["supplier"]),
        ({"lines": []}, ["lines"]),
        ({"lines": [{"sku": "gone", "quantity": 1}]}, ["lines[0].sku"]),
        ({"lines": [{"sku": "mug", "quantity": 0}]}, ["lines[0].quantity"]),
        ({"lines": [{"sku": "mug", "quantity": 1, "received": 1}]}, ["lines[0].received"]),
        ({"lines": [{"sku": "mug", "quantity": 1_000_000_000}] * 2}, ["lines"]),
        ({"state": "received"}, ["state"]),
        ({"id": 5}, ["id"]),
    ],
    ids=str,
)
def test_a_bad_announcement_writes_nothing(api, skus, changes, at_fault):
    response = api.post("/deliveries", announcement(**changes))

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert not IncomingDelivery.objects.exists()


def test_a_delivery_is_received_in_parts_then_whole(api, delivery):
    part = {"lines": [{"sku": "mug", "quantity": 6}]}

    first = api.post(f"/deliveries/{delivery}/receive", part)
    between = api.get(f"/deliveries/{delivery}").json()
    rest = api.post(f"/deliveries/{delivery}/receive")

    assert (first.status_code, first.json()) == (200, {"released": []})
    assert between["state"] == "partly_received"
    assert between["lines"][0] == {"sku": "mug", "quantity": 10, "received": 6}
    assert rest.status_code == 200
    assert api.get(f"/deliveries/{delivery}").json()["state"] == "received"
    assert (units("mug"), units("cup")) == (10, 4)
    assert set(Movement.objects.values_list("delivery", flat=True)) == {delivery}


def test_more_than_expected_is_refused(api, delivery):
    lines = [{"sku": "mug", "quantity": 11}, {"sku": "cup", "quantity": 1}]

    response = api.post(f"/deliveries/{delivery}/receive", {"lines": lines})

    assert response.status_code == 409
    assert response.json()["errors"] == [
        {"field": "lines", "sku": "mug", "message": "1 more than is still expected."}
    ]
    assert not Movement.objects.exists()


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"lines": []}, ["lines"]),
        ({"lines": [{"sku": "other", "quantity": 1}]}, ["lines"]),
        ({"lines": [{"sku": "gone", "quantity": 1}]}, ["lines[0].sku"]),
        ({"line": []}, ["line"]),
    ],
    ids=str,
)
def test_a_bad_receipt_of_a_delivery_writes_nothing(api, delivery, body, at_fault):
    api.post("/variants", {"sku": "other", "product_title": "Other"})

    response = api.post(f"/deliveries/{delivery}/receive", body)

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert not Movement.objects.exists()


def test_a_closed_delivery_stays_closed(api, delivery):
    canceled = api.post(f"/deliveries/{delivery}/cancel")

    assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
    assert api.post(f"/deliveries/{delivery}/cancel").status_code == 409
    assert api.post(f"/deliveries/{delivery}/receive").status_code == 409
    later = api.patch(f"/deliveries/{delivery}", {"expected_at": "2999-01-01"})
    assert later.status_code == 409
    assert later.json()["type"] == "urn:backoffice:problem:delivery-closed"
    assert not Movement.objects.exists()


def test_the_day_moves(api, delivery):
    moved = api.patch(f"/deliveries/{delivery}", {"expected_at": "2020-01-01"})

    assert (moved.status_code, moved.json()["state"]) == (200, "late")
    assert IncomingDelivery.objects.get().expected_at == date(2020, 1, 1)
    refused = api.patch(f"/deliveries/{delivery}", {"reference": "PO-8"})
    assert (refused.status_code, fields_at_fault(refused)) == (422, ["reference"])


@pytest.mark.parametrize("name", ["0", "999999", "9" * 30, "abc", "-1", "1_0", "%00", "x" * 5000])
def test_what_is_not_there_is_a_404(api, delivery, name):
    assert api.get(f"/deliveries/{name}").status_code in ({400} if name == "%00" else {404})
    if name != "%00":
        assert api.post(f"/deliveries/{name}/receive").status_code == 404
        assert api.post(f"/deliveries/{name}/cancel").status_code == 404


def test_filters(api, delivery):
    other = api.post("/deliveries", announcement(reference="PO-8")).json()["id"]
    api.post(f"/deliveries/{other}/cancel")

    def found(query):
        return [row["id"] for row in api.get(f"/deliveries?{query}").json()["results"]]

    assert found("open=true") == [delivery]
    assert found("open=false") == [other]
    assert found("reference=PO-8") == [other]
    assert found("warehouse=main") == [delivery, other]
    assert found("warehouse=gone") == []


def test_a_seller_sees_the_lines_that_are_theirs(api, anna, vase, bike):
    lines = [{"sku": "vase", "quantity": 1}, {"sku": "bike", "quantity": 2}]
    mixed = api.post("/deliveries", announcement(lines=lines)).json()["id"]
    foreign = api.post("/deliveries", announcement(lines=lines[1:])).json()["id"]
    seller = Api(anna)

    assert seller.get(f"/deliveries/{mixed}").json()["lines"] == [
        {"sku": "vase", "quantity": 1, "received": 0}
    ]
    assert [row["id"] for row in seller.get("/deliveries").json()["results"]] == [mixed]
    missing = seller.get("/deliveries/999999")
    hidden = seller.get(f"/deliveries/{foreign}")
    assert (missing.status_code, missing.content) == (hidden.status_code, hidden.content)


def test_a_seller_changes_no_delivery_that_brings_units_of_others(api, make_user, vase, bike):
    keeper = make_user("keeper", "warehouse")
    vase.product.seller.users.add(keeper)
    lines = [{"sku": "vase", "quantity": 1}, {"sku": "bike", "quantity": 2}]
    mixed = api.post("/deliveries", announcement(lines=lines)).json()["id"]
    own = api.post("/deliveries", announcement(lines=lines[:1])).json()["id"]
    seller = Api(keeper)

    assert seller.post(f"/deliveries/{mixed}/receive").status_code == 403
    assert seller.post(f"/deliveries/{mixed}/cancel").status_code == 403
    assert seller.patch(f"/deliveries/{mixed}", {"expected_at": "2999-01-01"}).status_code == 403
    assert not Movement.objects.exists()
    assert seller.post(f"/deliveries/{own}/receive").status_code == 200


def test_a_list_costs_the_same_for_3_rows_and_30(api, skus, django_assert_max_num_queries):
    for number in range(30):
        api.post("/deliveries", announcement(reference=f"PO-{number}"))

    with django_assert_max_num_queries(9):
        assert len(api.get("/deliveries?limit=3").json()["results"]) == 3
    with django_assert_max_num_queries(9):
        assert len(api.get("/deliveries").json()["results"]) == 30


def test_today_is_not_late(api, skus):
    today = timezone.localdate().isoformat()
    assert api.post("/deliveries", announcement(expected_at=today)).json()["state"] == "expected"
