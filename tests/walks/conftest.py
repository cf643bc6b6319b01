"""Walks: what the help pages of other products tell a merchant to click, clicked in ours."""

import re

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import expect

from inventory.acts import Act
from inventory.models import Variant
from inventory.services.catalog import create_product, create_variant
from tests.conftest import list_in_the_storefront


@pytest.fixture(autouse=True)
def _jobs_run_at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def operator(django_user_model):
    return django_user_model.objects.create_superuser("anna", password="x")


def log_in(context, user, address):
    """Give a browser the session of a user."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": session.session_key, "url": address}])


@pytest.fixture
def desk(page, context, live_server, operator):
    """The back office, open and logged in, 1440 pixels wide."""
    log_in(context, operator, live_server.url)
    page.set_default_timeout(10_000)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/")
    return page


@pytest.fixture
def menu(desk):
    """Return a way to click an item of the menu."""

    def click(title):
        # The theme's icons are letters to a reader of names: only the end of the name is ours.
        desk.get_by_role("link", name=re.compile(rf"\b{re.escape(title)}$")).first.click()

    return click


@pytest.fixture
def shopper(new_context, live_server):
    """Return a reader of what a shopper sees of a product: the text of its page."""
    page = new_context().new_page()

    def read(product, sku=""):
        list_in_the_storefront()
        page.goto(f"{live_server.url}/product/{product.slug}/" + (f"?variant={sku}" if sku else ""))
        return re.sub(r"\s+", " ", page.locator("main").inner_text())

    return read


@pytest.fixture
def mug(db):
    """A product of two variants that are not there."""
    product = create_product(act=Act.now(), title="Enamel Mug", internal_id="1001001")
    for number, color in enumerate(("White", "Blue"), start=1):
        create_variant(
            act=Act.now(),
            product=product,
            sku=f"MUG-{color.upper()}",
            title=f"Colour: {color}",
            price="12.95",
            internal_id=f"200100{number}",
        )
    return product


def fresh(sku):
    """Return a variant as the database has it."""
    return Variant.objects.select_related("product").get(sku=sku)


def save(page):
    """Press the page's Save, and see that it was."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_contain_text(re.compile("saved|changed", re.IGNORECASE))
