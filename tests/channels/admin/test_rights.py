"""Who may look at channels, and who may change what."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import BulkListing, Channel, Listing, Outgoing
from channels.services.bulk import choose, freeze
from channels.services.publish import publish
from inventory.acts import Act
from inventory.models import Seller

pytestmark = pytest.mark.django_db

OK, GONE_ON, NO, GONE, LOG_IN = 200, 302, 403, 404, 302
ROLES = ("operator", "viewer", "seller", "warehouse", None)
PAGES = {
    # page: operator, viewer, seller, warehouse, staff without rights
    "changelist": (OK, OK, OK, NO, NO),
    "add": (OK, NO, NO, NO, NO),
    "change": (OK, OK, GONE_ON, NO, NO),
    "catalog": (OK, OK, OK, NO, NO),
    "bulk": (OK, OK, OK, NO, NO),
    "bulk_listing": (OK, OK, GONE, NO, NO),
    "log": (OK, OK, OK, NO, NO),
}
BUTTONS = {
    "change": {"name": "Mine"},
    "publish": {"item": "LISTING"},
    "item": {"then": "publish", "version": "1"},
    "bulk": {"mode": "all"},
    "update_all": {},
    "bulk_confirm": {},
    "bulk_cancel": {},
    "bulk_again": {},
    "retry": {"all": "1"},
    "test": {},
}
"""What is done by pressing a button, and only by those who may change channels."""


@pytest.fixture
def bulk(storefront, make_mug):
    make_mug()
    return freeze(choose(channel=storefront, allow_backorder="keep", user=None, filters={}))


def address(name, channel, bulk):
    if name in {"changelist", "add"}:
        return reverse(f"admin:channels_channel_{name}")
    args = [channel.pk]
    if name.startswith("bulk_"):
        args.append(bulk.pk)
    if name == "item":
        args.append(Listing.objects.filter(channel=channel).first().pk)
    return reverse(f"admin:channels_channel_{name}", args=args)


@pytest.fixture
def browser_of(client, make_user):
    def log_in(role):
        user = make_user("nina", role)
        if role == "seller":
            Seller.objects.create(code="nina", name="Nina").users.add(user)
        client.force_login(user)
        return client

    return log_in


@pytest.mark.parametrize(("position", "role"), list(enumerate(ROLES)))
def test_pages_open_by_role(browser_of, storefront, bulk, position, role):
    client = browser_of(role)

    answers = {name: client.get(address(name, storefront, bulk)).status_code for name in PAGES}

    assert answers == {name: row[position] for name, row in PAGES.items()}


@pytest.mark.parametrize("role", [one for one in ROLES[1:] if one != "seller"])
def test_only_operators_press_buttons(browser_of, storefront, bulk, role):
    client = browser_of(role)
    before = picture()

    answers = {
        name: client.post(address(name, storefront, bulk), data).status_code
        for name, data in BUTTONS.items()
    }

    assert set(answers.values()) == {NO}
    assert picture() == before


def test_a_seller_presses_buttons_of_own_items_alone(browser_of, storefront, bulk):
    client = browser_of("seller")
    before = picture()

    answers = {
        name: client.post(address(name, storefront, bulk), data).status_code
        for name, data in BUTTONS.items()
    }

    gone = {name for name, status in answers.items() if status == GONE}
    assert gone == {"item", "bulk_confirm", "bulk_cancel", "bulk_again"}
    assert {name for name, status in answers.items() if status == NO} == {"change", "retry", "test"}
    assert picture() == before


def test_anonymous_is_sent_to_log_in(storefront, bulk):
    pages = [address(name, storefront, bulk) for name in PAGES]
    buttons = [address(name, storefront, bulk) for name in BUTTONS]

    answers = [*(Client().get(page) for page in pages), *(Client().post(page) for page in buttons)]

    assert {(a.status_code, a.url.split("?")[0]) for a in answers} == {(LOG_IN, "/admin/login/")}


def test_every_button_needs_its_csrf_token(operator, storefront, bulk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)
    before = picture()

    answers = {
        strict.post(address(name, storefront, bulk), data).status_code
        for name, data in BUTTONS.items()
    }

    assert answers == {NO}
    assert picture() == before


def test_reading_changes_nothing(desk, shop, make_mug, storefront):
    mug = make_mug()
    listing = Listing.objects.get(channel=shop, variant=mug)
    publish(channel=shop, listing_ids=[listing.pk], act=Act(at=listing.variant.updated_at))
    Outgoing.objects.update(is_dead=True)
    bulk = freeze(choose(channel=shop, allow_backorder="keep", user=None, filters={}))
    before = picture()

    answers = {
        desk.get(f"{address(name, shop, bulk)}?{query}").status_code
        for name in {**PAGES, **BUTTONS}
        for query in ("then=publish&version=1&all=1", "item=mug&mode=all&_save=1")
    }

    assert answers <= {200, 400, 404, 405}
    assert picture() == before


def test_a_viewer_is_shown_no_buttons(browser_of, storefront, bulk):
    client = browser_of("viewer")

    for name in ("change", "catalog", "bulk", "bulk_listing", "log"):
        page = client.get(f"{address(name, storefront, bulk)}?item=mug").content.decode()
        main = page[page.index('<main class="bo-page"') :]
        buttons = re.findall(r"<button[^>]*>([^<]*)</button>", main)
        assert set(buttons) <= {"Search", "Filter", "Close"}, name


def picture():
    """Return what is in the database of channels."""
    return (
        list(Channel.objects.order_by("pk").values()),
        list(Listing.objects.order_by("pk").values()),
        list(BulkListing.objects.order_by("pk").values()),
        list(Outgoing.objects.order_by("pk").values()),
    )
