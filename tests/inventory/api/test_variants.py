"""Variants by the API: every field, every refusal."""

import pytest

from inventory.models import DeliveryTimeframe, Product, Seller, StoreSettings, Variant
from tests.inventory.api.conftest import Api, encoded, fields_at_fault


def test_a_variant_is_made_with_its_product(api):
    response = api.post("/variants", {"sku": "MUG-W", "product_title": "Mug", "title": "White"})

    assert response.status_code == 201
    assert response.headers["Location"] == "/api/v1/variants/MUG-W"
    assert response.json() == {
        "sku": "MUG-W",
        "title": "White",
        "product_title": "Mug",
        "seller": None,
        "track_inventory": True,
        "backorders": "inherit",
        "out_of_stock_threshold": None,
        "notify_below": None,
        "only_x_left_threshold": None,
        "max_per_order": None,
        "release_date": None,
        "allow_preorders": False,
        "price": "0.00",
        "ean": None,
        "internal_id": None,
        "delivery_timeframe": None,
        "components": [],
        "version": 1,
    }
    assert api.get("/variants/MUG-W").json() == response.json()


def test_every_field_is_kept(api):
    DeliveryTimeframe.objects.create(name="Slow")
    Seller.objects.create(code="nora", name="Nora")
    api.post("/variants", {"sku": "part", "product_title": "Part"})
    sent = {
        "sku": "set",
        "title": "Size: L",
        "product_title": "Set",
        "seller": "nora",
        "track_inventory": True,
        "backorders": "notify",
        "out_of_stock_threshold": -50,
        "notify_below": 3,
        "only_x_left_threshold": 5,
        "max_per_order": 12,
        "release_date": "2030-02-28",
        "allow_preorders": False,
        "price": "12.50",
        "ean": "4006381333931",
        "internal_id": "77",
        "delivery_timeframe": "Slow",
        "components": [{"sku": "part", "quantity": 2}],
    }

    response = api.post("/variants", sent)

    assert response.status_code == 201
    assert response.json() == {**sent, "version": 1}


def test_variants_of_one_title_and_seller_share_a_product(api):
    Seller.objects.create(code="nora", name="Nora")
    api.post("/variants", {"sku": "a", "product_title": "Mug"})
    api.post("/variants", {"sku": "b", "product_title": "Mug"})
    api.post("/variants", {"sku": "c", "product_title": "Mug", "seller": "nora"})

    found = {row.sku: row.product_id for row in Variant.objects.all()}
    assert found["a"] == found["b"] != found["c"]
    assert Product.objects.filter(title="Mug").count() == 2


@pytest.mark.parametrize(
    ("allow", "track", "sent", "expected"),
    [
        (True, True, {}, ("allow", True)),
        (False, True, {}, ("inherit", True)),
        (True, False, {}, ("inherit", False)),
        (True, True, {"track_inventory": False}, ("inherit", False)),
        (True, True, {"backorders": "no"}, ("no", True)),
        (True, True, {"backorders": None}, ("inherit", True)),
    ],
)
def test_what_is_left_out_starts_as_the_settings_say(api, allow, track, sent, expected):
    StoreSettings.load()
    StoreSettings.objects.update(
        new_products_allow_backorders=allow, new_products_track_inventory=track
    )

    made = api.post("/variants", {"sku": "a", "product_title": "Mug", **sent}).json()

    assert (made["backorders"], made["track_inventory"]) == expected


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"sku": ""}, ["sku"]),
        ({"sku": None}, ["sku"]),
        ({"sku": 5}, ["sku"]),
        ({"sku": "x" * 65}, ["sku"]),
        ({"sku": "a\x00b"}, ["sku"]),
        ({"sku": "a\nb"}, ["sku"]),
        ({"sku": "taken"}, ["sku"]),
        ({"title": 7}, ["title"]),
        ({"title": "a\x0bb"}, ["title"]),
        ({"title": "x" * 256}, ["title"]),
        ({"product_title": ""}, ["product_title"]),
        ({"product_title": None}, ["product_title"]),
        ({"seller": "nobody"}, ["seller"]),
        ({"seller": 1}, ["seller"]),
        ({"track_inventory": "yes"}, ["track_inventory"]),
        ({"track_inventory": 1}, ["track_inventory"]),
        ({"track_inventory": None}, ["track_inventory"]),
        ({"backorders": "maybe"}, ["backorders"]),
        ({"backorders": True}, ["backorders"]),
        ({"backorders": "allow", "track_inventory": False}, ["backorders"]),
        ({"backorders": "notify", "track_inventory": False}, ["backorders"]),
        ({"out_of_stock_threshold": 1_000_000_001}, ["out_of_stock_threshold"]),
        ({"out_of_stock_threshold": -1_000_000_001}, ["out_of_stock_threshold"]),
        ({"out_of_stock_threshold": "5"}, ["out_of_stock_threshold"]),
        ({"out_of_stock_threshold": "1_0"}, ["out_of_stock_threshold"]),
        ({"out_of_stock_threshold": 1.0}, ["out_of_stock_threshold"]),
        ({"notify_below": -1}, ["notify_below"]),
        ({"notify_below": 1.9}, ["notify_below"]),
        ({"notify_below": True}, ["notify_below"]),
        ({"notify_below": 9_223_372_036_854_775_808}, ["notify_below"]),
        ({"only_x_left_threshold": 2_147_483_648}, ["only_x_left_threshold"]),
        ({"max_per_order": -1}, ["max_per_order"]),
        ({"max_per_order": 1_000_000_001}, ["max_per_order"]),
        ({"only_x_left_threshold": []}, ["only_x_left_threshold"]),
        ({"release_date": "28.02.2030"}, ["release_date"]),
        ({"release_date": "2030-02-30"}, ["release_date"]),
        ({"release_date": "20300228"}, ["release_date"]),
        ({"release_date": 5}, ["release_date"]),
        ({"allow_preorders": "false"}, ["allow_preorders"]),
        ({"price": 12.5}, ["price"]),
        ({"price": "-1"}, ["price"]),
        ({"price": "1e400"}, ["price"]),
        ({"price": "NaN"}, ["price"]),
        ({"price": "0.005"}, ["price"]),
        ({"price": "1,50"}, ["price"]),
        ({"price": "١٢"}, ["price"]),
        ({"ean": "40063813x"}, ["ean"]),
        ({"ean": 4006381}, ["ean"]),
        ({"internal_id": 5}, ["internal_id"]),
        ({"delivery_timeframe": "never"}, ["delivery_timeframe"]),
        ({"components": {}}, ["components"]),
        ({"components": [5]}, ["components[0]"]),
        ({"components": [{"sku": "gone", "quantity": 1}]}, ["components[0].sku"]),
        ({"components": [{"sku": "taken", "quantity": 0}]}, ["components[0].quantity"]),
        ({"components": [{"sku": "taken"}]}, ["components[0].quantity"]),
        ({"id": 9}, ["id"]),
        ({"version": 9}, ["version"]),
        ({"created_at": "2020-01-01", "is_staff": True}, ["created_at", "is_staff"]),
    ],
    ids=str,
)
def test_a_bad_field_is_named_and_nothing_is_written(api, changes, at_fault):
    api.post("/variants", {"sku": "taken", "product_title": "Taken"})

    response = api.post("/variants", {"sku": "new", "product_title": "New", **changes})

    assert response.status_code == 422
    assert fields_at_fault(response) == at_fault
    assert list(Variant.objects.values_list("sku", flat=True)) == ["taken"]
    assert not Product.objects.filter(title="New").exists()


def test_what_is_required_is_named(api):
    assert fields_at_fault(api.post("/variants", {})) == ["product_title", "sku"]


@pytest.mark.parametrize("body", [[], "a", 5, None, True, [[]]])
def test_a_body_that_is_no_object_is_refused(api, body):
    assert api.post("/variants", body, raw=None if body is not None else "null").status_code == 422


@pytest.mark.parametrize(
    "sku",
    [
        "A/B",
        "100%",
        "a b",
        "ß+ü",
        "a?b#c",
        "x/why",
        "receipts",
        "%2F",
        "//",
        "名前",
        "a&b=c",
        "'\"<>",
    ],
)
def test_a_sku_may_hold_any_character(api, sku):
    made = api.post("/variants", {"sku": sku, "product_title": "Odd"})
    assert made.status_code == 201

    assert api.client.get(made.headers["Location"], headers=api.headers).json()["sku"] == sku
    changed = api.patch(f"/variants/{encoded(sku)}", {"title": "seen"})
    assert (changed.status_code, changed.json()["title"]) == (200, "seen")
    assert api.get(f"/stock/{encoded(sku)}/main").json()["sku"] == sku
    assert api.get(f"/availability/{encoded(sku)}/why").status_code == 200
    assert api.get(f"/availability?sku={encoded(sku)}").json()["results"][0]["sku"] == sku


def test_a_change_touches_what_it_names_alone(api):
    api.post("/variants", {"sku": "a", "product_title": "Mug", "backorders": "allow", "price": "3"})

    changed = api.patch("/variants/a", {"out_of_stock_threshold": -5, "notify_below": 2}).json()

    assert (changed["backorders"], changed["price"], changed["version"]) == ("allow", "3.00", 2)
    assert (changed["out_of_stock_threshold"], changed["notify_below"]) == (-5, 2)


def test_null_uses_the_wider_setting(api):
    fields = {"out_of_stock_threshold": 1, "notify_below": 2, "only_x_left_threshold": 3}
    body = {"sku": "a", "product_title": "Mug", "title": "Red", "backorders": "allow", **fields}
    api.post("/variants", body)

    changed = api.patch(
        "/variants/a", {**dict.fromkeys(fields), "backorders": None, "title": None}
    ).json()

    assert changed["backorders"] == "inherit"
    assert [changed[name] for name in (*fields, "title")] == [None, None, None, None]


def test_product_title_and_seller_change_the_product(api):
    Seller.objects.create(code="nora", name="Nora")
    api.post("/variants", {"sku": "a", "product_title": "Mug"})
    api.post("/variants", {"sku": "b", "product_title": "Mug"})

    api.patch("/variants/a", {"product_title": "Cup", "seller": "nora"})

    other = api.get("/variants/b").json()
    assert (other["product_title"], other["seller"]) == ("Cup", "nora")


def test_components_are_replaced_as_a_whole(api):
    for sku in ("a", "b", "set"):
        api.post("/variants", {"sku": sku, "product_title": sku})

    api.patch("/variants/set", {"components": [{"sku": "a", "quantity": 1}]})
    changed = api.patch("/variants/set", {"components": [{"sku": "b", "quantity": 3}]}).json()
    itself = api.patch("/variants/set", {"components": [{"sku": "set", "quantity": 1}]})

    assert changed["components"] == [{"sku": "b", "quantity": 3}]
    assert itself.status_code == 422
    assert api.get("/variants/set").json()["components"] == [{"sku": "b", "quantity": 3}]
    assert api.patch("/variants/set", {"components": []}).json()["components"] == []


@pytest.mark.parametrize("again", ["a", "A", "\uff41"])
def test_a_component_that_is_named_twice_is_refused_where_it_is_named_again(api, again):
    for sku in ("a", "b", "set"):
        api.post("/variants", {"sku": sku, "product_title": sku})
    lines = [{"sku": sku, "quantity": 1} for sku in ("a", "b", again)]

    changed = api.patch("/variants/set", {"components": lines})
    made = api.post("/variants", {"sku": "new", "product_title": "x", "components": lines})

    for answer in (changed, made):
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["message"]) == ("components[2].sku", "a is named twice.")
    assert api.get("/variants/set").json()["components"] == []
    assert api.get("/variants/new").status_code == 404


def test_a_stale_version_is_refused(api):
    api.post("/variants", {"sku": "a", "product_title": "Mug"})
    api.patch("/variants/a", {"title": "first", "version": 1})

    late = api.patch("/variants/a", {"title": "second", "product_title": "Cup", "version": 1})

    assert late.status_code == 409
    assert late.json()["type"] == "urn:backoffice:problem:stale-change"
    seen = api.get("/variants/a").json()
    assert (seen["title"], seen["product_title"], seen["version"]) == ("first", "Mug", 2)


def test_allow_on_an_untracked_variant_is_refused_by_a_change(api):
    api.post("/variants", {"sku": "a", "product_title": "Mug", "track_inventory": False})

    response = api.patch("/variants/a", {"backorders": "allow"})

    assert (response.status_code, fields_at_fault(response)) == (422, ["backorders"])
    assert api.get("/variants/a").json()["backorders"] == "inherit"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(api, method):
    api.post("/variants", {"sku": "a", "product_title": "Mug"})

    response = api.send(method, "/variants/a?with=anything", {})

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, PATCH, HEAD"
    assert response.headers["Content-Type"] == "application/problem+json"


def test_filters(api):
    Seller.objects.create(code="nora", name="Nora")
    for body in (
        {"sku": "mug-w", "product_title": "Mug", "title": "White", "backorders": "allow"},
        {"sku": "mug-b", "product_title": "Mug", "title": "Black", "ean": "4006381333931"},
        {"sku": "vase", "product_title": "Vase", "seller": "nora", "backorders": "allow"},
        {"sku": "wrap", "product_title": "Gift wrap", "track_inventory": False},
    ):
        assert api.post("/variants", body).status_code == 201

    def found(query):
        return [row["sku"] for row in api.get(f"/variants?{query}").json()["results"]]

    assert found("q=mug") == ["mug-w", "mug-b"]
    assert found("q=mug+white") == ["mug-w"]
    assert found("q=4006381333931") == ["mug-b"]
    assert found("sku=vase") == ["vase"]
    assert found("sku=vas") == []
    assert found("product=Mug") == ["mug-w", "mug-b"]
    assert found("seller=nora") == ["vase"]
    assert found("seller=store") == ["mug-w", "mug-b", "wrap"]
    assert found("backorders=allow") == ["mug-w"]
    assert found("backorders=no") == ["mug-b", "vase", "wrap"]
    assert found("track_inventory=false") == ["wrap"]
    assert found("low=true") == ["mug-w", "mug-b", "vase"]
    assert found("low=true&seller=nora") == ["vase"]
    assert found("owed=true") == []


@pytest.mark.parametrize(
    "query", ["seler=nora", "backorders=maybe", "low=yes", "limit=ten", "limit=1.5", "sku__regex=("]
)
def test_a_bad_filter_is_refused(api, query):
    response = api.get(f"/variants?{query}")

    assert response.status_code == 422
    assert fields_at_fault(response) == [query.split("=")[0]]


def test_1500_words_are_cut(api):
    assert api.get("/variants?q=" + "a+" * 90).status_code == 200
    assert api.get("/variants?q=" + "a+" * 1500).status_code == 422


def test_pages_follow_each_other_and_miss_nothing(api):
    for number in range(7):
        api.post("/variants", {"sku": f"s{number}", "product_title": "Mug"})

    seen, cursor = [], ""
    for _page in range(4):
        page = api.get(f"/variants?limit=3&cursor={cursor}").json()
        seen += [row["sku"] for row in page["results"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == [f"s{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("limit", "rows"), [("0", 1), ("-5", 1), ("1", 1), ("99999999999999999999", 3), ("", 3)]
)
def test_a_limit_is_brought_into_its_range(api, limit, rows):
    for number in range(3):
        api.post("/variants", {"sku": f"s{number}", "product_title": "Mug"})

    assert len(api.get(f"/variants?limit={limit}").json()["results"]) == rows


def test_a_cursor_is_for_its_list_alone_and_cannot_be_made_up(api):
    for number in range(2):
        api.post("/variants", {"sku": f"s{number}", "product_title": "Mug"})
    cursor = api.get("/variants?limit=1").json()["next"]

    assert api.get(f"/variants?cursor={cursor}x").status_code == 400
    assert api.get(f"/warehouses?cursor={cursor}").status_code == 400
    assert api.get("/variants?cursor=MQ").status_code == 400


def test_a_list_costs_the_same_for_3_rows_and_30(api, django_assert_max_num_queries):
    for number in range(30):
        api.post("/variants", {"sku": f"s{number}", "product_title": f"P{number}"})
    api.post(
        "/variants",
        {"sku": "set", "product_title": "Set", "components": [{"sku": "s1", "quantity": 1}]},
    )

    with django_assert_max_num_queries(9):
        assert len(api.get("/variants?limit=3").json()["results"]) == 3
    with django_assert_max_num_queries(9):
        assert len(api.get("/variants?limit=100").json()["results"]) == 31


def test_a_program_needs_the_right_to_make_products(make_user, api):
    api.post("/variants", {"sku": "a", "product_title": "Mug"})
    other = Api(make_user("tom", rights=["add_variant", "view_variant"]))

    assert other.post("/variants", {"sku": "b", "product_title": "Mug"}).status_code == 201
    assert other.post("/variants", {"sku": "c", "product_title": "Cup"}).status_code == 403
    assert not Variant.objects.filter(sku="c").exists()
