"""The list: what is in it, what it says, and what it costs."""

import html
import re
from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.models import STOREFRONT, Channel
from inventory import search as inventory_search
from inventory.acts import Act
from inventory.models import BundleComponent, Product, Warehouse
from inventory.services.catalog import create_product
from orders.storefront import showcase

BUDGET = 7


def titles(client, url="/"):
    answer = client.get(url)
    assert answer.status_code == 200
    return [card.title for card in answer.context["cards"]]


def queries_of(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_3_and_30_products(client, sell):
    for number in range(3):
        sell(f"Mug {number}", units=1)
    three = queries_of(client, "/?q=mug&available=1")
    for number in range(3, 30):
        sell(f"Mug {number}", units=1)
        sell("", product=Product.objects.latest("pk"), sku=f"second-{number}")

    assert queries_of(client, "/?q=mug&available=1") == three
    assert three == BUDGET + 1  # how many products have these words
    assert queries_of(client, "/") == BUDGET


def test_a_product_is_one_card_with_the_lowest_price(read, sell):
    white = sell("Enamel Mug", brand="Tin & Co", price="14.50")
    sell(product=white.product, sku="ink", price="12.95", units=1)

    assert "Tin & Co Enamel Mug from €12.95 In stock" in read("/")


def test_each_state_has_its_word_on_the_card(read, sell, store):
    soon = timezone.localdate() + timedelta(days=9)
    store.only_x_left_threshold = 5
    store.save()
    sell("A there", units=4)
    sell("B owed", backorders="allow")
    sell("C ahead", release_date=soon, allow_preorders=True)
    sell("D gone")
    sell("E service", track_inventory=False)

    text = read("/")

    assert "A there €12.95 In stock Only 4 left B owed €12.95 On backorder" in text
    assert "C ahead €12.95 Pre-order D gone €12.95 Out of stock" in text
    assert "E service €12.95 In stock" in text


def test_the_backorder_label_is_hidden_when_the_channel_says_so(read, sell):
    sell("Enamel Mug", backorders="allow")
    Channel.objects.filter(slug=STOREFRONT).update(show_backorder_label=False)

    assert "On backorder" not in read("/")
    assert "On backorder" not in read("/product/enamel-mug/")


def test_what_is_invisible_or_has_nothing_to_sell_is_not_listed(client, sell):
    sell("Visible")
    sell("Invisible", visible=False)
    create_product(act=Act.now(), title="Without a variant")

    assert titles(client) == ["Visible"]
    assert client.get("/product/invisible/").status_code == 404
    assert client.get("/product/without-a-variant/").status_code == 404


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("mug", ["Enamel Mug"]),
        ("MUG enamel", ["Enamel Mug"]),
        ("tin", ["Enamel Mug"]),
        ("bk-7", ["100% Wool_en Blanket"]),
        ("tin bk-7", []),
        ("100%25", ["100% Wool_en Blanket"]),
        ("%25", ["100% Wool_en Blanket"]),
        ("_", ["100% Wool_en Blanket"]),
        ("wool_en", ["100% Wool_en Blanket"]),
        ("en_mel", []),
        ("\\", []),
        ("größe", ["GRÖSSE Ö"]),
        ("ö", ["GRÖSSE Ö"]),
    ],
)
def test_a_search_reads_title_brand_and_sku(client, sell, search, expected):
    sell("Enamel Mug", brand="Tin & Co")
    sell("100% Wool_en Blanket", sku="BK-7")
    sell("GRÖSSE Ö", sku="GRÖßE-1")

    assert titles(client, f"/?q={search}") == expected


def test_a_search_that_finds_very_many_shows_the_newest_first(client, sell, monkeypatch):
    monkeypatch.setattr(inventory_search, "FEW", 2)
    for title, units in {"Mug B": 0, "Mug A": 3, "Other": 3}.items():
        first = sell(title, units=units)
        sell("", product=first.product, sku=f"{title} twin", units=units)
    assert titles(client, "/?q=other") == ["Other"]
    assert titles(client, "/?q=mug") == ["Mug A", "Mug B"]  # four rows of the text: many

    sell("Mug C")
    hidden = sell("Mug D")
    Product.objects.filter(pk=hidden.product_id).update(is_visible=False)
    assert titles(client, "/?q=mug") == ["Mug C", "Mug A", "Mug B"]
    assert titles(client, "/?q=mug&available=1") == ["Mug A"]
    assert titles(client, "/") == ["Mug A", "Mug B", "Mug C", "Other"]
    monkeypatch.setattr(showcase, "PAGE_SIZE", 2)
    assert titles(client, "/?q=mug") == ["Mug C", "Mug A"]
    assert titles(client, "/?q=mug&page=2") == ["Mug B"]


def test_available_now_is_what_the_policy_says(client, sell, main):
    soon = timezone.localdate() + timedelta(days=9)
    sell("Owed", backorders="allow")
    sell("Kept back", units=3, out_of_stock_threshold=5)
    sell("Ahead", units=3, release_date=soon)
    there = sell("There", units=3)
    sell("Service", track_inventory=False)
    full, short = sell("Full set"), sell("Short set")
    BundleComponent.objects.create(bundle=full, component=there, quantity=3)
    BundleComponent.objects.create(bundle=short, component=there, quantity=4)

    assert titles(client, "/?available=1") == ["Full set", "Service", "There"]

    Warehouse.objects.filter(pk=main.pk).update(is_active=False)
    assert titles(client, "/?available=1") == ["Service"]


def test_pages_follow_each_other_without_a_count(client, sell):
    for number in range(50):
        sell(f"Mug {number:02d}")

    first, second = titles(client), titles(client, "/?page=2")

    assert first == [f"Mug {number:02d}" for number in range(48)]
    assert second == ["Mug 48", "Mug 49"]
    assert links(client, "/") == ["", "/?after={Mug 47}&page=2"]
    assert links(client, "/?page=2") == ["/", ""]
    assert client.get("/?page=3").status_code == 404


def links(client, url):
    """Return the addresses of the page before and of the next one; places by their titles."""
    answer = client.get(url)
    found = dict(re.findall(r'rel="(prev|next)" href="([^"]+)"', answer.content.decode()))
    named = {str(row.pk): row.title for row in Product.objects.all()}
    return [
        re.sub(
            r"=(\d+)\.([^&]*)",
            lambda place: (
                f"={{{unquote_plus(place[2])}}}"
                if named[place[1]] == unquote_plus(place[2])
                else "?"
            ),
            html.unescape(found.get(way, "")),
        )
        for way in ("prev", "next")
    ]


def followed(client, way, url="/"):
    """Return the titles on each page, from one to the next or to the one before."""
    found = []
    while url:
        answer = client.get(url)
        found.append([card.title for card in answer.context["cards"]])
        seen = dict(re.findall(r'rel="(prev|next)" href="([^"]+)"', answer.content.decode()))
        url = html.unescape(seen.get(way, ""))
        last = answer.wsgi_request.get_full_path()
    return found, last


@pytest.mark.parametrize("many", [False, True])
def test_pages_are_turned_by_the_place_where_one_ends(client, sell, monkeypatch, many):
    monkeypatch.setattr(showcase, "PAGE_SIZE", 3)
    if many:
        monkeypatch.setattr(inventory_search, "FEW", 2)
    for number in (5, 3, 8, 1, 7, 2, 6, 4):
        first = sell(f"Mug {number // 2}")  # titles that are alike, too
        sell("", product=first.product, sku=f"twin {number}")
    everything = titles(client, "/?q=mug")
    monkeypatch.setattr(showcase, "PAGE_SIZE", 100)
    whole = titles(client, "/?q=mug")
    monkeypatch.setattr(showcase, "PAGE_SIZE", 3)

    forwards, last = followed(client, "next", "/?q=mug")
    backwards, _ = followed(client, "prev", last)

    assert everything == whole[:3]
    assert [title for page in forwards for title in page] == whole
    assert [title for page in reversed(backwards) for title in page] == whole
    assert [len(page) for page in forwards] == [3, 3, 2]


def test_a_page_behind_a_place_that_is_gone_goes_on_from_there(client, sell):
    for number in range(5):
        sell(f"Mug {number}")
    gone = Product.objects.get(title="Mug 2")
    place = f"{gone.pk}.Mug 2"
    Product.objects.filter(pk=gone.pk).update(is_visible=False)

    assert titles(client, f"/?after={place}") == ["Mug 3", "Mug 4"]
    assert titles(client, f"/?before={place}") == ["Mug 0", "Mug 1"]


def test_a_page_far_on_skips_nothing_by_counting(client, sell):
    for number in range(3):
        sell(f"Mug {number}")
    place = Product.objects.get(title="Mug 1")

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/?after={place.pk}.Mug 1&page=9999")

    assert not [query for query in queries if "OFFSET" in query["sql"]]
    assert client.get("/?page=21").status_code == 404


@pytest.mark.parametrize("search", ["", "&q=mug"])
def test_a_page_that_only_its_number_names_is_walked_to(client, sell, monkeypatch, search):
    monkeypatch.setattr(showcase, "PAGE_SIZE", 3)
    monkeypatch.setattr(inventory_search, "FEW", 4 if search else 100)
    for number in range(11):
        sell(f"Mug {number % 4}")
    pages, _ = followed(client, "next", f"/?{search[1:]}")

    for number, cards in enumerate(pages, start=1):
        with CaptureQueriesContext(connection) as queries:
            assert titles(client, f"/?page={number}{search}") == cards
        skipped = [int(n) for q in queries for n in re.findall(r"OFFSET (\d+)", q["sql"])]
        assert skipped == [2] * (number - 1)
    assert client.get(f"/?page={len(pages) + 1}{search}").status_code == 404


def test_a_full_last_page_has_no_next(client, sell):
    for number in range(48):
        sell(f"Mug {number:02d}")

    assert len(titles(client)) == 48
    assert links(client, "/") == ["", ""]


def test_units_left_are_said_only_of_a_single_variant(read, sell, store):
    store.only_x_left_threshold = 5
    store.save()
    mug = sell("Mug", units=3)
    assert "Only 3 left" in read("/")

    sell(product=mug.product, sku="ink")

    assert "Only" not in read("/")


def test_a_shop_without_products_says_why(db, read):
    text = read("/")

    assert "There are no products yet Products appear here as soon as they are visible" in text


def test_a_search_that_finds_nothing_offers_all_products(read, sell):
    sell("Enamel Mug")

    assert "Results for “ zebra” All Available now Nothing found" in read("/?q=zebra")
    assert "Show all products" in read("/?q=zebra")
    assert "Nothing is available now" in read("/?available=1")
