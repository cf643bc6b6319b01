"""Who may do what: roles, sellers, strangers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from backoffice.models import ApiToken
from inventory.models import IncomingDelivery, Movement, Product, StockLevel, Variant, Warehouse
from tests.inventory.api.conftest import Api, fields_at_fault

LINES = [{"sku": "mug", "quantity": 1}]
ON_HAND = [{"sku": "mug", "on_hand": 1}]
DELIVERY = {"warehouse": "main", "reference": "x", "expected_at": "2999-01-01", "lines": LINES}

# method, path, body: operator, warehouse, viewer, seller (of nothing here), user without a role
MATRIX = [
    ("GET", "/settings", None, 200, 403, 200, 403, 403),
    ("PATCH", "/settings", {"notify_below": 2}, 200, 403, 403, 403, 403),
    ("GET", "/variants", None, 200, 200, 200, 200, 403),
    ("POST", "/variants", {"sku": "n", "product_title": "N"}, 201, 403, 403, 403, 403),
    ("GET", "/variants/mug", None, 200, 200, 200, 404, 403),
    ("PATCH", "/variants/mug", {"title": "t"}, 200, 403, 403, 404, 403),
    ("GET", "/warehouses", None, 200, 200, 200, 200, 403),
    ("POST", "/warehouses", {"code": "n", "name": "N"}, 201, 403, 403, 403, 403),
    ("GET", "/warehouses/main", None, 200, 200, 200, 200, 403),
    ("PATCH", "/warehouses/main", {"name": "N"}, 200, 403, 403, 403, 403),
    ("GET", "/stock/mug/main", None, 200, 200, 200, 404, 403),
    ("PATCH", "/stock/mug/main", {"in_stock": False}, 200, 403, 403, 404, 403),
    ("POST", "/stock/receipts", {"warehouse": "main", "lines": LINES}, 200, 200, 403, 403, 403),
    (
        *("POST", "/stock/adjustments"),
        *({"warehouse": "main", "reason": "r", "lines": ON_HAND}, 200, 200, 403, 403, 403),
    ),
    ("POST", "/stock/counts", {"warehouse": "main", "lines": ON_HAND}, 200, 200, 403, 403, 403),
    (
        *("POST", "/stock/transfers"),
        *({"source": "main", "target": "two", "lines": LINES}, 200, 200, 403, 403, 403),
    ),
    ("GET", "/deliveries", None, 200, 200, 200, 200, 403),
    ("POST", "/deliveries", DELIVERY, 201, 201, 403, 403, 403),
    ("GET", "/deliveries/{id}", None, 200, 200, 200, 404, 403),
    ("PATCH", "/deliveries/{id}", {"expected_at": "2999-02-01"}, 200, 200, 403, 403, 403),
    ("POST", "/deliveries/{id}/receive", None, 200, 200, 403, 403, 403),
    ("POST", "/deliveries/{id}/cancel", None, 200, 200, 403, 403, 403),
    ("GET", "/availability?sku=mug", None, 200, 200, 200, 404, 403),
    ("GET", "/availability/mug/why", None, 200, 200, 200, 404, 403),
    ("GET", "/nothing", None, 404, 404, 404, 404, 404),
]
ROLES = ("operator", "warehouse", "viewer", "seller", "nobody")


@pytest.fixture
def delivery(api):
    """Return a delivery of units of the store itself, which are on the shelf, too."""
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})
    api.post("/stock/receipts", {"warehouse": "main", "lines": [{"sku": "mug", "quantity": 9}]})
    Warehouse.objects.create(code="two", name="Two")
    return api.post("/deliveries", DELIVERY).json()["id"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_role_may_do_what_it_may_do_in_the_admin(delivery, make_user, anna, row, role):
    method, path, body, *expected = row
    others = {"nobody": None, "operator": "operator", "warehouse": "warehouse", "viewer": "viewer"}
    user = anna if role == "seller" else make_user(role, others[role])

    answer = Api(user).send(method, path.format(id=delivery), body)

    assert answer.status_code == expected[ROLES.index(role)]


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
def test_strangers_get_a_401_with_the_challenge(delivery, row):
    method, path, body, *_expected = row
    before = Movement.objects.count()

    for key in (None, "wrong", "", "bo_" + "x" * 43, "ÿ", "a b"):
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        response = Api().send(method, path.format(id=delivery), body, headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.headers["Content-Type"] == "application/problem+json"
    assert Movement.objects.count() == before


def test_a_token_ends_with_its_user_its_time_and_its_revocation(api, operator):
    token, key = ApiToken.issue(user_id=operator.pk)
    program = Api(token=key)
    assert program.get("/settings").status_code == 200

    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert program.get("/settings").status_code == 401
    ApiToken.objects.filter(pk=token.pk).update(expires_at=None, revoked_at=timezone.now())
    assert program.get("/settings").status_code == 401
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=None)
    assert program.get("/settings").status_code == 200
    operator.is_active = False
    operator.save()
    assert program.get("/settings").status_code == 401
    assert api.get("/settings").status_code == 401


def test_a_session_reads_and_needs_the_csrf_token_to_write(operator):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator)
    kind = "application/json"

    assert browser.get("/api/v1/settings").status_code == 200
    refused = browser.patch("/api/v1/settings", {"notify_below": 5}, content_type=kind)
    assert refused.status_code == 403
    browser.get("/api/v1/docs")
    csrf = browser.cookies["csrftoken"].value
    changed = browser.patch(
        "/api/v1/settings", {"notify_below": 5}, content_type=kind, headers={"x-csrftoken": csrf}
    )
    assert (changed.status_code, changed.json()["notify_below"]) == (200, 5)


# --- a seller and the rows of another ---------------------------------------------------------

FOREIGN = [
    ("GET", "/variants/{sku}", None),
    ("PATCH", "/variants/{sku}", {"title": "mine"}),
    ("GET", "/stock/{sku}/main", None),
    ("PATCH", "/stock/{sku}/main", {"in_stock": False}),
    ("GET", "/availability?sku={sku}", None),
    ("GET", "/availability/{sku}/why", None),
    ("POST", "/stock/receipts", {"warehouse": "main", "lines": [{"sku": "{sku}", "quantity": 1}]}),
    (
        *("POST", "/stock/adjustments"),
        {"warehouse": "main", "reason": "r", "lines": [{"sku": "{sku}", "on_hand": 1}]},
    ),
    ("POST", "/stock/counts", {"warehouse": "main", "lines": [{"sku": "{sku}", "on_hand": 1}]}),
    (
        *("POST", "/stock/transfers"),
        {"source": "main", "target": "two", "lines": [{"sku": "{sku}", "quantity": 1}]},
    ),
    (
        *("POST", "/deliveries"),
        {**DELIVERY, "lines": [{"sku": "{sku}", "quantity": 1}]},
    ),
    ("PATCH", "/variants/vase", {"components": [{"sku": "{sku}", "quantity": 1}]}),
    ("GET", "/variants?sku={sku}", None),
    ("GET", "/variants?seller=bert", None),
]


def filled(value, sku):
    """Return a body with the SKU put in."""
    if isinstance(value, dict):
        return {name: filled(part, sku) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, sku) for part in value]
    return value.replace("{sku}", sku) if isinstance(value, str) else value


@pytest.fixture
def strong_seller(anna, vase, bike):
    """Return the API of a seller with every right there is, and yet of one seller."""
    anna.user_permissions.set(Permission.objects.filter(content_type__app_label="inventory"))
    Warehouse.objects.create(code="two", name="Two")
    return Api(anna)


@pytest.mark.parametrize(("method", "path", "body"), FOREIGN, ids=lambda value: str(value)[:40])
def test_foreign_rows_are_exactly_as_missing_ones(strong_seller, method, path, body):
    foreign = strong_seller.send(method, path.replace("{sku}", "bike"), filled(body, "bike"))
    missing = strong_seller.send(method, path.replace("{sku}", "gone"), filled(body, "gone"))

    assert foreign.status_code == missing.status_code
    assert foreign.content.replace(b"bike", b"gone") == missing.content
    assert b"Bike" not in foreign.content
    assert not StockLevel.objects.exists()
    assert not Movement.objects.exists()
    assert not IncomingDelivery.objects.exists()
    assert Variant.objects.get(sku="bike").version == 1


def test_a_seller_lists_what_is_theirs(api, strong_seller):
    def skus(program):
        return [row["sku"] for row in program.get("/variants").json()["results"]]

    assert skus(strong_seller) == ["vase"]
    assert skus(api) == ["vase", "bike"]


def test_a_seller_makes_variants_of_their_own_alone(strong_seller):
    refused = strong_seller.post("/variants", {"sku": "n", "product_title": "N", "seller": "bert"})
    store = strong_seller.post("/variants", {"sku": "n", "product_title": "N", "seller": None})
    made = strong_seller.post("/variants", {"sku": "n", "product_title": "Bike"})

    assert (refused.status_code, fields_at_fault(refused)) == (422, ["seller"])
    assert store.status_code == 422
    assert (made.status_code, made.json()["seller"]) == (201, "anna")
    assert Product.objects.filter(title="Bike").count() == 2


def test_a_seller_gives_nothing_away(strong_seller):
    for seller in ("bert", "anna", None):
        response = strong_seller.patch("/variants/vase", {"seller": seller})
        assert (response.status_code, fields_at_fault(response)) == (422, ["seller"])
    assert Variant.objects.get(sku="vase").product.seller.code == "anna"


def test_a_user_of_two_sellers_says_in_vain_whose_it_is(strong_seller, anna, bert):
    bert.sellers.get().users.add(anna)

    response = strong_seller.post("/variants", {"sku": "n", "product_title": "N"})

    assert (response.status_code, fields_at_fault(response)) == (422, ["seller"])


def test_a_suspended_seller_sees_nothing(strong_seller, anna):
    anna.sellers.update(is_active=False)

    assert strong_seller.get("/variants").json()["results"] == []
    assert strong_seller.get("/variants/vase").status_code == 404
    assert strong_seller.post("/variants", {"sku": "n", "product_title": "N"}).status_code == 422


def test_a_seller_may_not_take_backorders_by_a_title(strong_seller):
    made = strong_seller.patch("/variants/vase", {"backorders": "allow"})
    offer = strong_seller.get("/availability?sku=vase").json()["results"][0]

    assert made.status_code == 200
    assert (offer["backorder_mode"], offer["decided_by"]) == ("no", "marketplace")
