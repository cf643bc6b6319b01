"""Products with the settings of their level, sellers, and the list of stock, by the API."""

import pytest

from inventory.acts import Act
from inventory.models import DeliveryTimeframe, Product, Seller
from inventory.services.catalog import create_product, create_variant
from tests.inventory.api.conftest import Api, fields_at_fault

pytestmark = pytest.mark.django_db

MUG = {"title": "Mug"}


def test_a_product_is_made_with_an_address_of_its_title(api):
    made = api.post("/products", MUG)

    assert made.status_code == 201
    product = made.json()
    assert made.headers["Location"] == f"/api/v1/products/{product['id']}"
    assert product == {
        "id": product["id"],
        "title": "Mug",
        "slug": "mug",
        "brand": "",
        "description": "",
        "seller": None,
        "is_visible": True,
        "internal_id": None,
        "backorders": "inherit",
        "out_of_stock_threshold": None,
        "notify_below": None,
        "only_x_left_threshold": None,
        "max_per_order": None,
        "delivery_timeframe": None,
        "variants": [],
        "version": 1,
    }
    assert api.get(f"/products/{product['id']}").json() == product
    assert api.get("/products").json() == {"results": [product], "next": None}


def test_every_field_is_kept_and_the_variants_are_named(api):
    DeliveryTimeframe.objects.create(name="Slow")
    Seller.objects.create(code="nora", name="Nora")
    sent = {
        "title": "Vase",
        "slug": "große-vase",
        "brand": "Potters",
        "description": "Two lines:\nthis is the second.",
        "seller": "nora",
        "is_visible": False,
        "internal_id": "77",
        "backorders": "notify",
        "out_of_stock_threshold": -50,
        "notify_below": 3,
        "only_x_left_threshold": 5,
        "max_per_order": 7,
        "delivery_timeframe": "Slow",
    }

    made = api.post("/products", sent).json()
    product = Product.objects.get(pk=made["id"])
    for sku in ("b", "a"):
        create_variant(act=Act.now(), product=product, sku=sku)

    assert {name: made[name] for name in sent} == sent
    assert api.get(f"/products/{made['id']}").json()["variants"] == ["b", "a"]


def test_a_setting_of_the_product_holds_for_its_variants_at_once(api, mug):
    key = mug.product_id

    changed = api.patch(f"/products/{key}", {"backorders": "allow", "out_of_stock_threshold": -5})

    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    [offer] = api.get("/availability?sku=mug").json()["results"]
    assert (offer["backorder_mode"], offer["backorderable"]) == ("allow", 5)
    back = api.patch(f"/products/{key}", {"backorders": None, "out_of_stock_threshold": None})
    assert back.json()["backorders"] == "inherit"


def test_a_product_that_was_changed_since_is_not_overwritten(api, product):
    stale = api.patch(f"/products/{product.pk}", {"title": "Cup", "version": 9})

    assert (stale.status_code, stale.json()["errors"][0]["version"]) == (409, 1)
    assert api.patch(f"/products/{product.pk}", {"title": "Cup", "version": 1}).status_code == 200


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"title": ""}, ["title"]),
        ({"title": "a\x00"}, ["title"]),
        ({"title": 5}, ["title"]),
        ({"title": "x" * 256}, ["title"]),
        ({"slug": "a b"}, ["slug"]),
        ({"slug": "taken"}, ["slug"]),
        ({"description": "a\x00"}, ["description"]),
        ({"description": ["x"]}, ["description"]),
        ({"notify_below": 10**12}, ["notify_below"]),
        ({"backorders": "maybe"}, ["backorders"]),
        ({"is_visible": 1}, ["is_visible"]),
        ({"seller": "nobody"}, ["seller"]),
        ({"delivery_timeframe": "none"}, ["delivery_timeframe"]),
        ({"variants": ["x"]}, ["variants"]),
        ({"image": "x.png"}, ["image"]),
        ({"version": 1}, ["version"]),
    ],
    ids=str,
)
def test_a_bad_product_is_not_made(api, body, at_fault):
    create_product(act=Act.now(), title="Taken", slug="taken")

    response = api.post("/products", {**MUG, **body})

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert Product.objects.count() == 1


@pytest.mark.parametrize("key", ["0", "987654", "9" * 30, "x", "-1", "%00", "1.0"])
def test_products_that_are_not_there(api, product, key):
    response = api.get(f"/products/{key}")

    assert response.status_code in {400, 404}
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_seller_sees_and_changes_own_products_alone(anna, vase, bike):
    seller = Api(anna)

    assert [row["title"] for row in seller.get("/products").json()["results"]] == ["Vase"]
    assert seller.get(f"/products/{bike.product_id}").status_code == 404
    assert seller.patch(f"/products/{bike.product_id}", {"title": "X"}).status_code == 404
    own = seller.patch(f"/products/{vase.product_id}", {"title": "Big vase"})
    assert (own.status_code, own.json()["title"]) == (200, "Big vase")
    for code in ("bert", "anna", None):
        moved = seller.patch(f"/products/{vase.product_id}", {"seller": code})
        assert (moved.status_code, fields_at_fault(moved)) == (422, ["seller"])
    assert seller.post("/products", MUG).status_code == 403


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=vase", ["Vase"]),
        ("q=bike", ["Bike"]),
        ("title=Vase", ["Vase"]),
        ("slug=bike", ["Bike"]),
        ("seller=anna", ["Vase"]),
        ("seller=store", ["Mug"]),
        ("brand=none", []),
    ],
)
def test_the_filters_of_products(api, vase, bike, query, titles):
    api.post("/products", MUG)

    found = api.get(f"/products?{query}").json()["results"]

    assert [row["title"] for row in found] == titles


def test_a_list_of_products_costs_the_same_for_three_and_thirty(api, django_assert_max_num_queries):
    for number in range(30):
        product = create_product(act=Act.now(), title=f"Product {number}")
        create_variant(act=Act.now(), product=product, sku=f"p{number}")

    with django_assert_max_num_queries(12):
        assert len(api.get("/products").json()["results"]) == 30


def test_sellers_are_made_listed_and_changed(api):
    made = api.post("/sellers", {"code": "nora", "name": "Nora"})

    nora = {"code": "nora", "name": "Nora", "is_active": True, "version": 1}
    assert (made.status_code, made.json()) == (201, nora)
    assert made.headers["Location"] == "/api/v1/sellers/nora"
    assert api.get("/sellers").json() == {"results": [nora], "next": None}
    changed = api.patch("/sellers/nora", {"is_active": False, "version": 1}).json()
    assert changed == {**nora, "is_active": False, "version": 2}
    assert api.patch("/sellers/nora", {"name": "N", "version": 1}).status_code == 409
    assert api.get("/sellers/nora").json() == changed


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({"code": "nora"}, ["code"]),
        ({"code": "a b"}, ["code"]),
        ({"code": 5}, ["code"]),
        ({"code": "x\x00"}, ["code"]),
        ({"name": ""}, ["name"]),
        ({"is_active": "yes"}, ["is_active"]),
        ({"users": ["olga"]}, ["users"]),
    ],
    ids=str,
)
def test_a_bad_seller_is_not_made(api, body, at_fault):
    Seller.objects.create(code="nora", name="Nora")

    response = api.post("/sellers", {"code": "new", "name": "New", **body})

    assert (response.status_code, fields_at_fault(response)) == (422, at_fault)
    assert Seller.objects.count() == 1


def test_sellers_are_the_operators_business(anna, make_user):
    assert Api(anna).get("/sellers").status_code == 403
    assert Api(anna).get("/sellers/anna").status_code == 403
    viewer = Api(make_user("vera", "viewer"))
    assert viewer.get("/sellers").status_code == 200
    assert viewer.patch("/sellers/anna", {"name": "X"}).status_code == 403


def test_the_list_of_stock(api, anna, vase, bike, berlin, paris, receive):
    receive(vase, berlin, 3)
    receive(bike, paris, 2)

    def found(caller, query=""):
        rows = caller.get(f"/stock{query}").json()["results"]
        return [(row["sku"], row["warehouse"], row["on_hand"]) for row in rows]

    assert found(api) == [("vase", "berlin", 3), ("bike", "paris", 2)]
    assert found(api, "?warehouse=paris") == [("bike", "paris", 2)]
    assert found(api, "?sku=vase") == [("vase", "berlin", 3)]
    assert found(Api(anna)) == [("vase", "berlin", 3)]


@pytest.mark.parametrize(
    ("before", "body", "status", "after"),
    [
        ((True, "allow"), {"track_inventory": False}, 200, (False, "allow")),
        ((True, "allow"), {"track_inventory": False, "backorders": "inherit"}, 200,
         (False, "inherit")),
        ((True, "allow"), {"backorders": "inherit", "track_inventory": False}, 200,
         (False, "inherit")),
        ((True, "allow"), {"track_inventory": False, "backorders": None}, 200, (False, "inherit")),
        ((True, "allow"), {"track_inventory": False, "backorders": "allow"}, 422, (True, "allow")),
        ((True, "no"), {"track_inventory": False, "backorders": "notify"}, 422, (True, "no")),
        ((False, "inherit"), {"backorders": "allow"}, 422, (False, "inherit")),
        ((False, "inherit"), {"track_inventory": True, "backorders": "allow"}, 200,
         (True, "allow")),
        ((False, "inherit"), {"backorders": "allow", "track_inventory": True}, 200,
         (True, "allow")),
        ((False, "allow"), {"track_inventory": False, "backorders": "allow"}, 200,
         (False, "allow")),
        ((False, "allow"), {"backorders": "notify"}, 422, (False, "allow")),
        ((False, "allow"), {"track_inventory": True}, 200, (True, "allow")),
    ],
    ids=str,
)  # fmt: skip
def test_tracking_and_backorders_go_together_or_the_way_out_is_named(
    api, mug, before, body, status, after
):
    type(mug).objects.update(track_inventory=before[0], backorders=before[1])

    response = api.patch("/variants/mug", body)

    assert response.status_code == status, response.content
    if status == 422:
        assert fields_at_fault(response) == ["backorders"]
        assert '"backorders": "inherit"' in response.json()["errors"][0]["message"]
    mug.refresh_from_db()
    assert (mug.track_inventory, mug.backorders) == after
