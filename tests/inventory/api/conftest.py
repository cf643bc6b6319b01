"""Programs of every kind, and a way to speak to the API."""

import json
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client

from backoffice.models import ApiToken
from inventory.acts import Act
from inventory.models import Seller
from inventory.services.catalog import create_product, create_variant
from tests.races.conftest import shared_database, together  # noqa: F401


@pytest.fixture(autouse=True)
def _no_throttle_between_tests():
    cache.clear()


class Api:
    """Speaks JSON to `/api/v1` with the token of one user, or with none."""

    def __init__(self, user=None, *, token=None):
        key = token or (ApiToken.issue(user_id=user.pk)[1] if user else None)
        self.user = user
        self.headers = {"authorization": f"Bearer {key}"} if key else {}
        self.client = Client()

    def send(self, method, path, body=None, *, raw=None, headers=None, kind="application/json"):
        data = raw if raw is not None else (json.dumps(body) if body is not None else "")
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data,
            content_type=kind,
            headers={**self.headers, **(headers or {})},
        )

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, body=None, **kwargs):
        return self.send("POST", path, body, **kwargs)

    def patch(self, path, body, **kwargs):
        return self.send("PATCH", path, body, **kwargs)


def encoded(sku):
    """Return a SKU as a part of an address."""
    return quote(sku, safe="")


def fields_at_fault(response):
    """Return the fields that a refused request names."""
    assert response.headers["Content-Type"] == "application/problem+json"
    return sorted(error["field"] for error in response.json()["errors"] if "field" in error)


@pytest.fixture
def api(operator):
    """Return the API as an operator's program sees it."""
    return Api(operator)


@pytest.fixture
def anna(make_user):
    user = make_user("anna", "seller")
    Seller.objects.create(code="anna", name="Annas Atelier").users.add(user)
    return user


@pytest.fixture
def bert(make_user):
    user = make_user("bert", "seller")
    Seller.objects.create(code="bert", name="Berts Bikes").users.add(user)
    return user


@pytest.fixture
def vase(anna):
    """Return a variant of the seller Anna."""
    product = create_product(act=Act.now(), title="Vase", seller=Seller.objects.get(code="anna"))
    return create_variant(act=Act.now(), product=product, sku="vase")


@pytest.fixture
def bike(bert):
    """Return a variant of the seller Bert."""
    product = create_product(act=Act.now(), title="Bike", seller=Seller.objects.get(code="bert"))
    return create_variant(act=Act.now(), product=product, sku="bike")
