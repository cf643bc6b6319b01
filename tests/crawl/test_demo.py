"""Every page of the demo, as everybody who may log in and as who may not: nothing is a 500."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from inventory.demo.logins import DEMO_LOGINS
from inventory.models import ChangeSet, IncomingDelivery, Product, Variant
from orders.models import FulfillmentOrder, Order
from tests.crawl.crawler import OF_A_KIND, Crawl
from tests.html import press

pytestmark = [pytest.mark.once, pytest.mark.django_db]

STARTS = ("/", "/admin/", "/api/v1/openapi.json", "/api/v1/docs")
ROOT = "root"
NOBODY = ""
VISITORS = (ROOT, *(name for name, _password, _role in DEMO_LOGINS), NOBODY)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Load the shop once for all tests here, each of which takes back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEBUG=True):
            call_command("load_demo")
        User.objects.create_superuser(ROOT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def quiet():
    """Keep thousands of refusals out of the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def visit(loaded, db, quiet):
    """Return a way to crawl as somebody."""

    def start(name, *starts):
        client = Client()
        if name:
            client.force_login(User.objects.get(username=name))
        crawl = Crawl(client, of_a_kind=OF_A_KIND if name == ROOT else 1)
        crawl.run(*starts)
        return crawl

    return start


def said(crawl):
    return "\n".join(str(fault) for fault in crawl.faults.values())


@pytest.mark.parametrize("name", VISITORS)
def test_no_page_and_no_form_breaks(visit, name):
    crawl = visit(name, *STARTS)

    assert not crawl.faults, said(crawl)
    assert "product/<str:slug>/" in crawl.routes
    assert ("admin/orders/order/<path:object_id>/change/" in crawl.routes) is (name != NOBODY)


def test_nothing_breaks_for_a_shopper_with_a_full_cart(loaded, db, quiet):
    client = Client()
    press(client, client.get("/product/enamel-mug/?variant=MUG-BLU"), "Add to cart")
    crawl = Crawl(client, of_a_kind=1)

    crawl.run("/cart/", "/checkout/")

    assert not crawl.faults, said(crawl)
    assert {"cart/", "checkout/", "product/<str:slug>/"} <= crawl.routes


def test_no_page_of_any_row_breaks(visit):
    """Open the rows that lists lead to, all of them: what breaks one may be in no other."""
    pages = {
        "inventory_variant_history": Variant,
        "inventory_product_history": Product,
        "inventory_changeset_change": ChangeSet,
        "inventory_incomingdelivery_change": IncomingDelivery,
        "orders_order_change": Order,
        "orders_fulfillmentorder_change": FulfillmentOrder,
    }
    starts = [
        reverse(f"admin:{name}", args=[pk])
        for name, model in pages.items()
        for pk in model.objects.values_list("pk", flat=True)
    ]
    crawl = visit(ROOT)
    for address in starts:
        crawl.look_at(address)

    assert not crawl.faults, said(crawl)
    assert set(crawl.opened.values()) <= {200, 302}
    assert len(crawl.opened) == len(starts)
