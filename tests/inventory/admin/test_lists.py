"""Lists cost the same for few rows and for many, and say what the policy says."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import search
from inventory.acts import Act
from inventory.availability import availability_of
from inventory.models import StockLevel, StoreSettings, Variant, Warehouse
from inventory.policy import BackorderMode
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_variant,
)
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings
from inventory.stock_queries import low_on_stock, out_of_units, with_mode
from tests.conftest import NOON


def fill(count, *, start=0, warehouse=None):
    for number in range(start, start + count):
        product = create_product(act=Act.now(), title=f"Mug {number}")
        variant = create_variant(act=Act.now(), product=product, sku=f"m-{number:03}")
        if warehouse:
            StockLevel.objects.create(variant=variant, warehouse=warehouse, on_hand=number % 3)


@pytest.mark.parametrize(
    "name",
    ["product_changelist", "variant_changelist", "variant_low", "movement_changelist"],
)
def test_a_list_costs_the_same_for_3_rows_and_30(desk, url, main, name, receive):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(url(name)).status_code == 200
        return len(seen)

    fill(3, warehouse=main)
    queries()
    few = queries()
    fill(27, start=3, warehouse=main)

    assert queries() == few
    assert few <= 20


@pytest.mark.parametrize("few", [5_000, 0])
def test_movements_are_found_by_what_moved_and_by_reference(
    desk, url, main, make_variant, receive, few, monkeypatch
):
    monkeypatch.setattr(search, "FEW", few)
    for number, reference in enumerate(["Return 12", "", "return 7", "Truck"]):
        receive(make_variant(f"mug-{number}"), main, number + 1, reference=reference)

    def found(text):
        rows = desk.get(url("movement_changelist"), {"q": text}).context["cl"].result_list
        return [row.quantity for row in rows]

    assert found("mug") == [4, 3, 2, 1]
    assert found("ug-1") == [2]
    assert found("RETURN") == [3, 1]
    assert found("return mug-2") == [3]
    assert found("7") == []
    assert found("nothing-has-it") == []


def test_a_product_page_costs_the_same_for_3_variants_and_30(desk, url, product, make_variant):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            desk.get(url("product_change", product.pk))
        return len(seen)

    for number in range(3):
        make_variant(f"a-{number}")
    queries()
    few = queries()
    for number in range(27):
        make_variant(f"b-{number}")

    assert queries() == few
    assert few <= 20


def test_a_row_says_what_may_be_sold_and_who_decided(desk, url, mug, main, receive, product):
    receive(mug, main, 25)
    update_variant(
        act=Act.now(), variant=mug, changes={"backorders": "allow", "out_of_stock_threshold": -50}
    )

    row = desk.get(url("variant_changelist")).context["cl"].result_list[0].table_row

    assert (row.on_hand, row.available, row.on_backorder, row.salable, str(row.state)) == (
        "25",
        "25",
        "0",
        "75",
        "In stock",
    )
    assert row.effective == "Allow · from variant"


@pytest.mark.parametrize("query", ["mug", "MU", "enamel", "4006381333931", "enamel mug"])
def test_variants_are_found_by_sku_title_and_ean(desk, url, make_variant, query):
    make_variant("mug", ean="4006381333931")
    create_variant(act=Act.now(), product=create_product(act=Act.now(), title="Other"), sku="other")

    rows = desk.get(url("variant_changelist"), {"q": query}).context["cl"].result_list

    assert [row.sku for row in rows] == ["mug"]


def test_products_are_found_by_the_sku_of_a_variant(desk, url, mug):
    create_product(act=Act.now(), title="Other")

    rows = desk.get(url("product_changelist"), {"q": "mug"}).context["cl"].result_list

    assert [row.title for row in rows] == ["Enamel Mug"]


@pytest.fixture
def world(db, main, bert):
    """One variant of each kind that the filters tell apart."""
    old = Warehouse.objects.create(code="old", name="Old", is_active=False)
    words = ["inherit", "no", "allow", "notify"]
    for product_word in words:
        for seller in (None, bert.sellers.get()):
            product = create_product(
                act=Act.now(),
                title=f"P {product_word} {seller}",
                backorders=product_word,
                seller=seller,
            )
            for word in words:
                create_variant(
                    act=Act.now(),
                    product=product,
                    sku=f"{product_word}-{word}-{seller}",
                    backorders=word,
                )
    for number, variant in enumerate(Variant.objects.order_by("pk")):
        StockLevel.objects.create(
            variant=variant,
            warehouse=main if number % 3 else old,
            on_hand=number % 5,
            on_backorder=number % 2,
            in_stock=bool(number % 7),
        )
    create_variant(act=Act.now(), product=product, sku="untracked", track_inventory=False)


@pytest.mark.parametrize("gate", [False, True])
@pytest.mark.parametrize("mode", BackorderMode)
def test_the_filter_by_mode_agrees_with_the_policy(world, gate, mode):
    update_settings(
        act=Act.now(), changes={"sellers_can_accept_backorders": gate, "backorders": "notify"}
    )
    variants = list(Variant.objects.select_related("product"))
    offers = availability_of(variants, today=NOON.date())

    found = set(with_mode(Variant.objects.all(), mode, StoreSettings.load()))

    assert found == {v for v in variants if offers[v.pk].mode is mode}


def test_low_stock_and_nothing_available_agree_with_the_numbers(world):
    settings = StoreSettings.load()
    variants = list(Variant.objects.select_related("product").filter(track_inventory=True))
    offers = availability_of(variants, today=NOON.date())
    low = {v for v in variants if offers[v.pk].available - offers[v.pk].on_backorder <= 1}

    assert set(low_on_stock(Variant.objects.all(), settings)) == low
    assert set(out_of_units(Variant.objects.all())) == {
        v for v in variants if offers[v.pk].available == 0
    }


def test_the_low_stock_list_says_how_many_and_whose_threshold(desk, url, mug, main, receive):
    receive(mug, main, 4)
    update_variant(act=Act.now(), variant=mug, changes={"notify_below": 5})
    StockLevel.objects.update(on_backorder=6)

    row = desk.get(url("variant_low")).context["rows"][0]

    assert (row["left"], row["available"], row["owed"], row["notify_below"]) == (-2, 4, 6, 5)
    assert str(row["source"]) == "variant"


def test_bundles_are_found_and_are_never_low(desk, url, mug, make_variant):
    tea = make_variant("tea")
    set_components(act=Act.now(), bundle=mug, lines=[StockLine(tea, 1)])

    rows = desk.get(url("variant_changelist") + "?kind=bundle").context["cl"].result_list
    low = desk.get(url("variant_low")).context["rows"]

    assert [row.sku for row in rows] == ["mug"]
    assert [row["variant"].sku for row in low] == ["tea"]


def test_an_empty_list_says_what_to_do_first(desk, url, db):
    assert "Add the first product here" in desk.get(url("product_changelist")).content.decode()
    assert "First steps" in desk.get("/admin/").content.decode()


def test_a_long_list_is_not_counted_to_its_end(desk, url, main, monkeypatch):
    monkeypatch.setattr("inventory.admin.scoped.MAX_COUNTED", 3)
    fill(5)

    answer = desk.get(url("variant_changelist"))

    assert answer.context["cl"].result_count == 4
    assert "10,000+" in answer.content.decode()


def test_the_cards_of_the_first_page_lead_to_their_lists(desk, mug, announce):
    announce((mug, 1), days=-1)

    cards = {str(card.title): card for card in desk.get("/admin/").context["cards"]}

    assert cards["Late deliveries"].number == "1"
    assert cards["Deliveries on their way"].number == "1"
    assert {desk.get(card.link).status_code for card in cards.values()} == {200}


def test_the_menu_leads_nowhere_dead(desk, operator):
    menu = desk.get("/admin/").context["sidebar_navigation"]
    items = [item for group in menu for item in group["items"]]

    titles = {str(item["title"]) for item in items}
    assert {"Inventory", "Products", "Deliveries", "Low stock", "Workflow", "Sellers"} <= titles
    assert "Users" not in titles
    assert {desk.get(str(item["link"])).status_code for item in items} == {200}
