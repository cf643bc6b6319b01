"""What may be sold, by the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import StockLevel, Variant, Warehouse
from tests.inventory.api.conftest import Api, fields_at_fault


@pytest.fixture
def put(api):
    """Return a maker of variants with units on the shelf."""

    def make(sku, units=0, **fields):
        assert (
            api.post("/variants", {"sku": sku, "product_title": sku, **fields}).status_code == 201
        )
        lines = [{"sku": sku, "quantity": units}]
        if units:
            receipt = {"warehouse": "main", "lines": lines}
            assert api.post("/stock/receipts", receipt).status_code == 200

    return make


def offer(api, sku, query=""):
    [result] = api.get(f"/availability?sku={sku}{query}").json()["results"]
    return result


def test_the_answer_in_full(api, put):
    put("mug", 25, backorders="allow", out_of_stock_threshold=-50, only_x_left_threshold=80)

    assert api.get("/availability?sku=mug").json() == {
        "results": [
            {
                "sku": "mug",
                "channel": None,
                "track_inventory": True,
                "on_hand": 25,
                "allocated": 0,
                "available": 25,
                "on_backorder": 0,
                "backorder_mode": "allow",
                "backorder_limit": 50,
                "backorderable": 50,
                "salable": 75,
                "state": "in_stock",
                "only_x_left": 75,
                "expected_at": None,
                "decided_by": "variant",
            }
        ]
    }


@pytest.mark.parametrize(
    ("units", "fields", "expected"),
    [
        (0, {}, ("no", 0, 0, 0, "out_of_stock", "store")),
        (3, {}, ("no", 0, 0, 3, "in_stock", "store")),
        (0, {"backorders": "notify"}, ("notify", None, None, None, "on_backorder", "variant")),
        (
            0,
            {"release_date": "2999-01-01", "allow_preorders": True},
            ("allow", None, None, None, "pre_order", "variant"),
        ),
        (0, {"track_inventory": False}, ("no", None, None, None, "in_stock", "variant")),
    ],
    ids=str,
)
def test_states(api, put, units, fields, expected):
    put("mug", units, **fields)

    got = offer(api, "mug")

    names = ("backorder_mode", "backorder_limit", "backorderable", "salable", "state", "decided_by")
    assert tuple(got[name] for name in names) == expected


def test_a_channel_without_listings_means_the_policy_alone(api, put):
    put("mug", 3)
    assert offer(api, "mug", "&channel=direct") == {**offer(api, "mug"), "channel": "direct"}


def test_results_come_in_the_order_of_the_request_and_once(api, put):
    put("a")
    put("b")

    results = api.get("/availability?sku=b&sku=a&sku=b").json()["results"]

    assert [row["sku"] for row in results] == ["b", "a"]


def test_every_unknown_sku_is_named(api, put):
    put("mug")

    response = api.get("/availability?sku=x&sku=mug&sku=y")

    assert response.status_code == 404
    assert response.json() == {
        "type": "urn:backoffice:problem:unknown-sku",
        "title": "Not in this shop.",
        "status": 404,
        "errors": [
            {"sku": "x", "message": "Not in this shop."},
            {"sku": "y", "message": "Not in this shop."},
        ],
    }


def test_an_unknown_channel_is_a_404(api, put):
    put("mug")
    assert api.get("/availability?sku=mug&channel=nope").status_code == 404
    assert api.get("/availability/mug/why?channel=nope").status_code == 404
    assert api.get("/availability?sku=mug&channel=").status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?channel=direct", "?" + "&".join(f"sku={n}" for n in range(201))]
)
def test_1_to_200_skus_are_named(api, query):
    response = api.get(f"/availability{query}")
    assert (response.status_code, fields_at_fault(response)) == (422, ["sku"])


def test_200_skus_cost_what_2_do(api, django_assert_max_num_queries):
    for number in range(200):
        api.post("/variants", {"sku": f"s{number}", "product_title": "Mug"})

    def query(rows):
        return "/availability?channel=direct&" + "&".join(f"sku=s{n}" for n in range(rows))

    with django_assert_max_num_queries(12) as few:
        assert len(api.get(query(2)).json()["results"]) == 2
    with django_assert_max_num_queries(12) as many:
        assert len(api.get(query(200)).json()["results"]) == 200
    assert len(few) == len(many)


def test_why_names_the_first_check_that_fails(api, put):
    put("mug", backorders="allow")
    Warehouse.objects.create(code="paris", name="Paris", priority=2)
    StockLevel.objects.create(
        variant=Variant.objects.get(), warehouse=Warehouse.objects.get(code="main"), in_stock=False
    )
    api.patch("/stock/mug/paris", {"backorder_threshold": 0})

    why = api.get("/availability/mug/why?channel=direct").json()

    assert set(why) == {"checks", "first_failing", "refuses_more"}
    assert why["refuses_more"] == why["first_failing"]
    assert why["checks"][0] == {
        "level": "variant",
        "rule": "track_inventory",
        "value": "on",
        "passed": True,
        "applies": True,
        "sku": "",
        "leaves": None,
    }
    assert why["checks"][why["first_failing"]] == {
        "level": "warehouse",
        "rule": "backorder_threshold",
        "value": "room for 0",
        "passed": False,
        "applies": True,
        "sku": "",
        "leaves": 0,
    }
    assert offer(api, "mug")["decided_by"] == "warehouse"


def test_why_fails_nowhere_while_units_are_salable(api, put):
    put("mug", 1)
    assert api.get("/availability/mug/why").json()["first_failing"] is None


def test_why_names_the_rule_that_refuses_one_unit_more_while_units_are_salable(api, put):
    put("mug", 3)

    why = api.get("/availability/mug/why?channel=direct").json()

    check = why["checks"][why["refuses_more"]]
    assert (check["level"], check["rule"], check["leaves"]) == ("store", "backorders", 3)
    assert why["first_failing"] is None


def test_a_variant_has_one_answer_for_each_channel_with_the_rule_and_why(api, put):
    put("mug", 3)

    results = api.get("/variants/mug/availability").json()["results"]

    answers = {row["channel"]: (row["salable"], row["rule"]) for row in results}
    assert answers == {"direct": (3, "store.backorders"), "storefront": (0, "listing.status")}
    for row in results:
        query = f"?channel={row['channel']}"
        assert row["why"] == api.get(f"/availability/mug/why{query}").json()
        assert offer(api, "mug", f"&channel={row['channel']}").items() <= row.items()
    assert api.get("/variants/nope/availability").status_code == 404
    assert api.get("/variants/mug/availability?channel=direct").status_code in {400, 422}


def test_a_late_delivery_promises_nothing(api, put):
    put("mug", backorders="allow")
    day = timezone.localdate() - timedelta(days=1)
    lines = [{"sku": "mug", "quantity": 5}]
    announcement = {"warehouse": "main", "reference": "late", "lines": lines}
    api.post("/deliveries", {**announcement, "expected_at": day.isoformat()})

    assert offer(api, "mug")["expected_at"] is None


def test_a_seller_asks_for_what_is_theirs(anna, vase, bike):
    seller = Api(anna)

    assert offer(seller, "vase")["sku"] == "vase"
    response = seller.get("/availability?sku=vase&sku=bike")
    assert (response.status_code, response.json()["errors"][0]["sku"]) == (404, "bike")
