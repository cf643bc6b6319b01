"""What nobody would send is refused, quickly, and changes nothing."""

import time

import pytest
from django.urls import reverse

from channels.models import BulkListing, Listing
from channels.services.bulk import choose, freeze
from tests.channels.admin.conftest import text_of

pytestmark = pytest.mark.django_db

KEYS = ("0", "-1", "x", "9" * 18, "9" * 19, "9" * 400, "1_0", "%D9%A3", "..", "1;2", "%00", "1%0a")
TEXTS = ("'", "%00", "<svg/onload=x>", "9" * 5000, "%F0%9F%98%80" * 50, "-1", "NaN", "1e999", "\\")
FIELDS = (
    "q",
    "status",
    "stock",
    "allow_backorder",
    "published_backorder",
    "product",
    "brand",
    "seller",
    "price_from",
    "price_to",
    "page",
    "item",
    "show",
    "kind",
)
FINE = {200, 302, 400, 403, 404}


@pytest.fixture
def bulk(storefront, make_mug):
    make_mug(title="<img src=x onerror=alert(1)>")
    return freeze(choose(channel=storefront, allow_backorder="keep", user=None, filters={}))


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_are_none_are_not_found(desk, bulk, storefront, key):
    base = reverse("admin:channels_channel_changelist")
    tabs = ("change", "catalog", "bulk", "log", f"bulk/{bulk.pk}", "history")
    inside = (f"bulk/{key}", f"catalog/{key}")

    answers = {tab: desk.get(f"{base}{key}/{tab}/").status_code for tab in tabs}
    answers |= {tab: desk.get(f"{base}{storefront.pk}/{tab}/").status_code for tab in inside}
    pressed = {
        desk.post(f"{base}{key}/{tab}/").status_code
        for tab in ("change", "test", "catalog/publish", "bulk", "bulk/changed", "log/retry")
    } | {
        desk.post(f"{base}{storefront.pk}/bulk/{key}/{verb}/").status_code
        for verb in ("list", "cancel", "again")
    }

    assert set(answers.values()) <= {302, 400, 404, 405}
    assert pressed <= {302, 400, 404, 405}


@pytest.mark.parametrize("name", FIELDS)
def test_no_query_breaks_a_page(desk, url, bulk, storefront, name):
    pages = [url(tab, storefront) for tab in ("catalog", "bulk")]
    if name in {"show", "kind", "page"}:
        pages += [url("log", storefront), url("bulk_listing", storefront, bulk.pk)]

    answers = {
        f"{page}?{name}={text[:20]}": desk.get(f"{page}?{name}={text}").status_code
        for page in pages
        for text in TEXTS
    }

    assert {at: status for at, status in answers.items() if status not in FINE} == {}


@pytest.mark.parametrize("name", [*FIELDS, "mode", "but", "shown", "at", "go", "form_token"])
def test_no_form_of_bulk_listing_breaks(desk, url, storefront, bulk, name):
    for text in (*TEXTS, "1 " * 3000, "x y"):
        answer = desk.post(url("bulk", storefront), {"mode": "all", name: text})
        assert answer.status_code in FINE

    assert BulkListing.objects.count() == 1


@pytest.mark.parametrize("then", ["", "x", "save' --", "9" * 5000])
@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "1"])
def test_no_form_of_an_item_breaks(desk, url, storefront, bulk, then, version):
    listing = Listing.objects.filter(channel=storefront).get()

    answer = desk.post(
        url("item", storefront, listing.pk), {"then": then, "version": version, "price": "1"}
    )

    assert answer.status_code in {*FINE, 409}
    assert not Listing.objects.exclude(published_at=None).exists()


@pytest.mark.parametrize("number", ["0", "-1", "x", "201", "999999", "9" * 30, "1_0"])
@pytest.mark.parametrize("tab", ["catalog", "bulk", "log"])
def test_pages_that_are_none_are_bad_requests(desk, url, storefront, tab, number):
    assert desk.get(url(tab, storefront), {"page": number}).status_code == 400


def test_thousands_of_keys_cost_nothing(desk, url, storefront, bulk):
    begun = time.process_time()

    desk.post(url("publish", storefront), {"item": [str(n) for n in range(2_000)]})
    desk.post(url("bulk", storefront), {"mode": "but", "item": [str(n) for n in range(2_000)]})

    assert time.process_time() - begun < 2


def test_markup_in_titles_is_text(desk, url, storefront, bulk):
    pages = [url("catalog", storefront) + "?item=mug", url("bulk", storefront)]
    pages.append(url("bulk_listing", storefront, bulk.pk))

    for page in pages:
        text = text_of(desk.get(page))
        assert "<img src=x" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_an_item_that_is_not_there_is_not_found(desk, url, storefront):
    assert desk.get(url("catalog", storefront), {"item": "nothing"}).status_code == 404
