"""The page of a product: its states, its variants, and the answer to a quantity."""

from datetime import date, timedelta

import pytest
from django.utils import timezone, translation

from inventory.models import (
    BundleComponent,
    DeliveryTimeframe,
    IncomingDelivery,
    IncomingDeliveryLine,
)
from orders.storefront.words import day_and_month, full_day

SOON = timezone.localdate() + timedelta(days=13)
LATER = timezone.localdate() + timedelta(days=40)


def said(day: date) -> str:
    with translation.override("en"):
        return day_and_month(day, today=timezone.localdate())


@pytest.fixture
def timeframe(store):
    store.delivery_timeframe = DeliveryTimeframe.objects.create(
        name="Standard", in_stock_text="1–2 days", out_of_stock_text="2–3 weeks"
    )
    store.save()
    return store.delivery_timeframe


@pytest.fixture
def arrive(main):
    def announce(variant, day, units):
        delivery = IncomingDelivery.objects.create(
            warehouse=main, supplier="Tin", reference=f"D-{day}", expected_at=day
        )
        IncomingDeliveryLine.objects.create(delivery=delivery, variant=variant, quantity=units)

    return announce


def test_in_stock_says_so_and_how_long_delivery_takes(read, sell, timeframe):
    sell("Enamel Mug", units=3)

    assert "€12.95 In stock Delivery: 1–2 days" in read("/product/enamel-mug/")


def test_on_backorder_says_the_timeframe_or_the_day(read, sell, timeframe, arrive):
    mug = sell("Enamel Mug", backorders="allow")
    assert "On backorder Delivery: 2–3 weeks" in read("/product/enamel-mug/")

    arrive(mug, SOON, 2)

    assert f"On backorder Expected {said(SOON)}" in read("/product/enamel-mug/")


def test_only_notify_adds_a_sentence(read, sell):
    sentence = "This item is on backorder: you can buy it now, and we ship it as soon as it is in."
    sell("Allowed", backorders="allow")
    sell("Notified", backorders="notify")

    assert sentence not in read("/product/allowed/")
    assert f"On backorder {sentence}" in read("/product/notified/")


def test_a_preorder_says_when_it_ships(read, sell):
    sell("Kettle", release_date=SOON, allow_preorders=True)

    assert f"Pre-order Ships from {full_day(SOON)}" in read("/product/kettle/")
    assert f"4 ship from {full_day(SOON)}" in read("/product/kettle/?quantity=4")


def test_out_of_stock_asks_for_no_quantity(read, sell, client):
    sell("Carafe")

    text = read("/product/carafe/")

    assert "€12.95 Out of stock" in text
    assert "How many" not in text
    fragment = client.get("/product/carafe/?quantity=1&fragment=answer").content.decode()
    assert "Out of stock: none can be bought now" in fragment


def test_the_last_units_are_said(read, sell):
    sell("Mug", units=25, backorders="allow", out_of_stock_threshold=-50, only_x_left_threshold=75)

    assert "In stock Only 75 left" in read("/product/mug/")


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("3", "3 ship now"),
        ("5", "3 ship now, 2 on backorder"),
        ("8", "3 ship now, 5 on backorder"),
        ("9", "At most 8 can be bought"),
        ("1000000000", "At most 8 can be bought"),
        ("0", "Enter a whole number from 1 to 1,000,000,000."),
        ("-1", "Enter a whole number from 1 to 1,000,000,000."),
        ("1.5", "Enter a whole number from 1 to 1,000,000,000."),
        ("1e3", "Enter a whole number from 1 to 1,000,000,000."),
        ("", "Enter a whole number from 1 to 1,000,000,000."),
    ],
)
def test_a_quantity_is_answered_on_the_page_and_as_a_fragment(
    read, client, sell, quantity, expected
):
    sell("Mug", units=3, backorders="allow", out_of_stock_threshold=-5)
    url = f"/product/mug/?quantity={quantity}"

    fragment = client.get(f"{url}&fragment=answer").content.decode()

    assert f"Check delivery {expected} " in read(url)
    assert expected in fragment
    assert "<html" not in fragment
    assert ("data-refused" in fragment) is ("ship" not in expected)
    assert ('aria-invalid="true"' in client.get(url).content.decode()) is ("ship" not in expected)


def test_the_day_is_that_of_the_last_unit_wanted(read, sell, arrive):
    mug = sell("Mug", units=1, backorders="notify")
    arrive(mug, SOON, 2)
    arrive(mug, LATER, 2)

    expected = f"On backorder: expected {said(SOON)}"
    assert f"1 ships now, 2 on backorder {expected} 2 of these" in read("/product/mug/?quantity=3")
    assert f"On backorder: expected {said(LATER)}" in read("/product/mug/?quantity=4")
    assert "expected" not in read("/product/mug/?quantity=6")


def test_of_bundles_only_the_first_ones_day_is_known(read, sell, arrive):
    mug, bundle = sell("Mug", backorders="allow"), sell("Set")
    BundleComponent.objects.create(bundle=bundle, component=mug, quantity=1)
    arrive(mug, SOON, 1)

    assert f"1 on backorder Expected {said(SOON)}" in read("/product/set/?quantity=1")
    assert "2 on backorder In this bundle" in read("/product/set/?quantity=2")


def test_a_variant_is_chosen_by_its_sku_else_the_soonest_there(client, read, sell):
    white = sell("Mug", sku="W")
    sell(product=white.product, sku="INK", title="Ink blue", price="14.50", units=2)

    assert client.get("/product/mug/").context["offer"].sku == "INK"
    assert client.get("/product/mug/?variant=W").context["offer"].sku == "W"
    assert "€14.50 In stock" in read("/product/mug/?variant=INK")
    assert "W (Out of stock)" in read("/product/mug/").replace("( ", "(").replace(" )", ")")


def test_a_sku_of_another_product_is_not_shown(client, read, sell):
    sell("Mug", sku="MUG")
    sell("Bowl", sku="BOWL", price="99.00")

    assert client.get("/product/mug/?variant=BOWL").context["offer"].sku == "MUG"
    assert "The variant you asked for is not sold." in read("/product/mug/?variant=BOWL")


def test_a_bundle_lists_its_components(read, sell):
    mug, hidden = sell("Mug", units=9), sell("Secret", units=9, visible=False)
    bundle = sell("Morning Set")
    BundleComponent.objects.create(bundle=bundle, component=mug, quantity=2)
    BundleComponent.objects.create(bundle=bundle, component=hidden, quantity=1)

    text = read("/product/morning-set/?quantity=5")

    assert "In this bundle 2 × Mug 1 × Secret" in text
    assert "At most 4 can be bought" in text


def test_a_component_that_is_invisible_is_no_link(client, sell):
    hidden, bundle = sell("Secret", units=9, visible=False), sell("Set")
    BundleComponent.objects.create(bundle=bundle, component=hidden, quantity=1)

    assert b"/product/secret/" not in client.get("/product/set/").content


def test_a_bundle_ships_when_its_last_component_is_released(read, sell):
    early = sell("Early", units=1, release_date=SOON)
    late = sell("Late", units=1, release_date=LATER)
    bundle = sell("Set")
    for component in (late, early):
        BundleComponent.objects.create(bundle=bundle, component=component, quantity=1)

    assert f"Pre-order Ships from {full_day(LATER)}" in read("/product/set/")


def test_the_variants_timeframe_holds_before_the_others(read, sell, timeframe):
    mug = sell("Mug", units=1)
    mug.product.delivery_timeframe = DeliveryTimeframe.objects.create(
        name="Slow", in_stock_text="one week"
    )
    mug.product.save()
    assert "Delivery: one week" in read("/product/mug/")

    mug.delivery_timeframe = DeliveryTimeframe.objects.create(name="Now", in_stock_text="today")
    mug.save()

    assert "Delivery: today" in read("/product/mug/")


def test_prices_and_days_follow_the_shoppers_language(client, sell):
    sell("Mug", price="1234.50", release_date=date(2030, 3, 4), allow_preorders=True)

    page = client.get("/product/mug/", headers={"accept-language": "de"}).content.decode()

    assert '<html lang="de">' in page
    assert "1.234,50\u00a0€" in page
    assert "4. März 2030" in page


def test_a_page_costs_the_same_for_one_variant_and_for_many(
    client, sell, django_assert_num_queries
):
    mug = sell("Mug", sku="M", units=1)
    for number in range(20):
        sell(product=mug.product, sku=f"M-{number}", units=1)

    with django_assert_num_queries(9):
        client.get("/product/mug/?variant=M&quantity=1")
