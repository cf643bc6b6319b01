"""Checkout: what was shown is what is ordered, at the shop's prices, once."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.acts import Act
from inventory.models import Attempt, BundleComponent, OutgoingMail, StockLevel, Variant
from inventory.services.catalog import update_variant
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.errors import OrderRefused, Refusal
from orders.models import Order, OrderLine
from orders.services.page_keys import page_key


def test_an_order_is_placed_shown_and_the_cart_is_empty(client, read, put, sell, buy):
    sell("Mug", units=5, sku="MUG", backorders="notify")
    put("MUG", "7")

    answer = buy()

    order = Order.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/order/{page_key(order)}/")
    assert (order.channel.slug, order.by) == ("storefront", "storefront")
    assert (order.customer_name, order.customer_email) == ("Ann", "ann@example.com")
    assert (order.total, order.ship_together) == (Decimal("90.65"), False)
    assert "5 ship now 2 on backorder" in read(answer.headers["Location"])
    assert "Your cart is empty" in read("/cart/")
    assert OutgoingMail.objects.get().to == "ann@example.com"


def test_the_checkout_says_what_waits_and_what_it_costs(client, read, put, sell):
    sell("Mug", units=5, sku="MUG", backorders="notify")
    put("MUG", "7")

    page = read("/checkout/")

    assert "7 × Mug €12.95 each In stock 5 ship now, 2 on backorder 2 of these are on" in page
    assert "Part of your order is on backorder: you buy it now" in page
    assert "Total €90.65" in page


def test_the_mode_allow_only_shows_its_label(client, read, put, sell):
    sell("Mug", sku="MUG", backorders="allow")
    put("MUG", "1")

    page = read("/checkout/")

    assert "On backorder 1 on backorder" in page
    assert "Part of your order" not in page


def test_the_same_form_sent_twice_is_one_order(client, put, sell, fill):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")
    form = fill()

    first = client.post("/checkout/", form)
    put("MUG", "1")
    second = client.post("/checkout/", {**form, "name": "Bob"})

    assert second.headers["Location"] == first.headers["Location"]
    assert Order.objects.get().customer_name == "Ann"
    assert StockLevel.objects.get().allocated == 2
    assert client.session["cart"] == {"MUG": 1}


def test_the_last_unit_bought_by_a_double_click_is_bought(client, put, sell, fill):
    """The second sending reads the cart before the first one is done, and finds no unit left."""
    sell("Mug", units=1, sku="MUG")
    put("MUG", "1")
    form, session = fill(), dict(client.session)

    first = client.post("/checkout/", form)
    again = client.session
    again.update(session)
    again.save()
    second = client.post("/checkout/", form)

    assert second.headers["Location"] == first.headers["Location"]
    assert Order.objects.count() == 1


def test_a_sending_that_lost_to_its_twin_shows_the_order_of_the_twin(
    client, put, sell, fill, monkeypatch
):
    from orders.storefront import views_checkout

    sell("Mug", units=1, sku="MUG")
    put("MUG", "1")
    form = fill()
    place = views_checkout.place_order

    def after_the_twin(**fields):
        place(**fields)
        raise OrderRefused([Refusal("MUG", 1, 0, 0, "store.backorders")])

    monkeypatch.setattr(views_checkout, "place_order", after_the_twin)

    answer = client.post("/checkout/", form)

    assert answer.headers["Location"] == f"/order/{page_key(Order.objects.get())}/"
    assert client.session["cart"] == {}


def test_two_carts_are_two_orders(client, put, sell, buy):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "1")
    buy()
    put("MUG", "1")
    buy()

    assert Order.objects.count() == 2


def test_everything_ships_together_when_ticked(client, read, put, sell, buy):
    sell("Mug", units=5, sku="MUG", backorders="allow")
    put("MUG", "7")

    answer = buy(ship_together="on")

    page = read(answer.headers["Location"])
    assert Order.objects.get().ship_together
    assert "Everything ships together, once all of it is there." in page
    assert "2 on backorder: no date yet 5 kept for you: ship with the rest" in page
    assert "ship now" not in page
    assert "Parcels" not in page


@pytest.fixture
def two(put, sell, main):
    """Put three vases that come on a day, and one mug that is there, into the cart."""
    vase = sell("Vase", sku="VASE", backorders="allow")
    sell("Mug", units=5, sku="MUG")
    create_delivery(
        act=Act.now(),
        warehouse=main,
        reference="D",
        expected_at=date(2096, 12, 12),
        lines=[StockLine(vase, 9)],
    )
    put("VASE", "3")
    put("MUG", "1")


def test_the_checkout_says_both_what_comes_apart_and_what_comes_together(client, read, two):
    page = read("/checkout/")

    assert "1 × Mug €12.95 each In stock 1 ships now In stock 1 in stock: ships with" in page
    assert "ships with the rest Expected 12 December 2096" in page
    assert page.count("3 on backorder Expected 12 December 2096") == 1
    body = client.get("/checkout/").content.decode()
    together = re.findall('<div class="all-at-once">(.*?)</div>', body, re.DOTALL)
    assert ["ships now" in text for text in together] == [False]


@pytest.mark.parametrize(
    ("ticked", "said"),
    [
        ({}, "1 × Mug MUG 1 ships now"),
        (
            {"ship_together": "on"},
            "1 × Mug MUG 1 kept for you: ships with the rest, expected 12 December 2096",
        ),
    ],
)
def test_the_order_says_what_the_checkout_said(read, two, buy, ticked, said):
    assert said in read(buy(**ticked).headers["Location"])


def test_where_nothing_waits_the_checkout_says_it_once(client, put, sell):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "1")

    assert "all-at-once" not in client.get("/checkout/").content.decode()


def test_a_price_that_changed_is_shown_again_and_nothing_is_ordered(client, put, sell, fill):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")
    form = fill()
    update_variant(act=Act.now(), variant=Variant.objects.get(), changes={"price": Decimal(20)})

    answer = client.post("/checkout/", form)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "a price changed in the meantime. Nothing was ordered" in page
    assert "€40.00" in page
    assert 'value="Ann"' in page
    assert not Order.objects.exists()
    client.post("/checkout/", fill())
    assert Order.objects.get().total == Decimal(40)


def test_a_line_added_in_another_tab_is_shown_first(client, put, sell, fill):
    sell("Mug", units=5, sku="MUG")
    sell("Bowl", units=5, sku="BOWL")
    put("MUG", "2")
    form = fill()
    put("BOWL", "1")

    answer = client.post("/checkout/", form)

    assert answer.status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "forged",
    [
        {"price": "0.01", "total": "0", "unit_price": "0", "discount": "100"},
        {"quantity": "1", "lines": "[]", "currency": "IRR", "is_paid": "0", "priority": "999"},
    ],
    ids=["prices", "others"],
)
def test_what_a_form_says_of_prices_and_lines_is_not_read(client, put, sell, buy, forged):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")

    buy(**forged)

    order = Order.objects.get()
    assert (order.total, order.currency, order.priority) == (Decimal("25.90"), "EUR", 0)
    assert OrderLine.objects.get().unit_price == Decimal("12.95")


@pytest.mark.parametrize("shown", ["", "0" * 64, "é", "x" * 5000])
def test_a_forged_seal_orders_nothing(client, put, sell, buy, shown):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")

    assert buy(shown=shown).status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "\x00" * 43, "A" * 5000])
def test_a_forged_checkout_orders_nothing(client, put, sell, buy, token):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")

    answer = buy(checkout=token)

    assert answer.status_code == 400
    assert "This page was open for long" in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "This field is required."),
        ("name", "   ", "This field is required."),
        ("name", "x" * 201, "at most 200 characters"),
        ("name", "a\x00b", "Control characters"),
        ("name", "a\nb", "Control characters"),
        ("email", "", "This field is required."),
        ("email", "ann", "Enter a valid email address."),
        ("email", "x@ab\u202e.com", "Enter a valid email address."),
        ("email", "x@" + "ä" * 63 + ".com", "Enter a valid email address."),
        ("email", "ann@example.com\nBcc: all@example.com", "Enter a valid email address."),
        ("email", "a" * 250 + "@example.com", "at most 254 characters"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_ordered(client, put, sell, buy, field, typed, said):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")

    answer = buy(**{field: typed})

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Order.objects.exists()
    assert client.session["cart"] == {"MUG": 2}


def test_what_was_sold_meanwhile_is_refused_and_the_cart_says_which(
    client, read, put, sell, fill, main
):
    mug = sell("Mug", units=5, sku="MUG")
    sell("Bowl", units=5, sku="BOWL")
    put("MUG", "4")
    put("BOWL", "1")
    form = fill()
    lines = [Found(mug, 2)]
    correct_stock(warehouse=main, lines=lines, reason="broken", act=Act.now(by="anna"))

    answer = client.post("/checkout/", form)

    assert answer.headers["Location"] == "/cart/"
    page = read("/cart/")
    assert "You can buy at most 2: no more are left. Quantity of Mug" in page
    assert page.count("at most") == 1
    assert not Order.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_units_sold_between_the_look_and_the_order_are_refused(
    client, read, put, sell, fill, monkeypatch
):
    from orders.storefront import views_checkout

    sell("Mug", units=5, sku="MUG")
    put("MUG", "4")
    form = fill()
    place = views_checkout.place_order

    def faster(**fields):
        StockLevel.objects.update(allocated=3)
        return place(**fields)

    monkeypatch.setattr(views_checkout, "place_order", faster)

    assert client.post("/checkout/", form).headers["Location"] == "/cart/"
    page = read("/cart/")
    assert "Somebody was faster. Nothing was ordered" in page
    assert "You can buy at most 2: no more are left." in page
    assert not Order.objects.exists()


def test_a_bundle_and_its_component_are_placed_as_they_were_promised(client, read, put, sell, buy):
    cup = sell("Cup", units=5, sku="CUP", backorders="allow")
    tea_set = sell("Tea set", sku="SET", price="40")
    BundleComponent.objects.create(bundle=tea_set, component=cup, quantity=2)
    put("SET", "2")
    put("CUP", "3")
    assert "1 ships now, 2 on backorder" in read("/checkout/")

    page = read(buy().headers["Location"])

    assert "2 × Tea set SET 2 ship now €80.00" in page
    assert "3 × Cup CUP 1 ships now 2 on backorder: no date yet €38.85" in page
    assert "-1 Ready 2 × Tea set 1 × Cup" in page


def test_an_empty_cart_has_no_checkout(client, db):
    for answer in (client.get("/checkout/"), client.post("/checkout/", {"name": "Ann"})):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/cart/")


def test_names_are_shown_as_typed_and_never_as_markup(client, put, sell, buy):
    sell('<img src=x onerror="alert(1)">', units=5, sku="MUG")
    put("MUG", "1")

    for page in (client.get("/cart/"), client.get("/checkout/")):
        assert b"<img src=x" not in page.content
    answer = buy(name="<script>alert(1)</script>")

    assert b"<img src=x" not in client.get(answer.headers["Location"]).content
    assert "<img src=x" not in OutgoingMail.objects.get().html


def test_placing_costs_the_same_queries_for_three_lines_and_for_thirty(
    client, put, sell, fill, django_assert_max_num_queries
):
    mug = sell("Mug", units=5, sku="SKU-0", backorders="allow")
    for number in range(1, 33):
        sell(product=mug.product, sku=f"SKU-{number}", units=5, backorders="allow")
    # Each variant that runs low is written by itself, once: here all did before.
    Variant.objects.update(low_stock_since=timezone.now())
    counts = []
    for lines in (range(3), range(3, 33)):
        for number in lines:
            put(f"SKU-{number}", "9")
        form = fill()
        with django_assert_max_num_queries(60) as queries:
            assert client.post("/checkout/", form).status_code == 303
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_largest_order_there_can_be_is_placed(client, read, put, sell, buy):
    for sku in ("A", "B"):
        sell(sku, sku=sku, price="9999999999.99", track_inventory=False, max_per_order=0)
        put(sku, "1000000000")
    assert "Available now, in any quantity" in read("/checkout/")

    page = read(buy().headers["Location"])

    assert Order.objects.get().total == Decimal("19999999999980000000.00")
    assert "Total €19,999,999,999,980,000,000.00 Paid" in page


def test_one_address_places_so_many_orders_an_hour(client, put, sell, buy, settings):
    settings.ORDERS_PER_HOUR = 2
    sell("Mug", units=9, sku="MUG")
    for _turn in range(2):
        put("MUG", "1")
        assert buy().status_code == 303
    put("MUG", "1")
    refused = buy()

    assert (refused.status_code, Order.objects.count()) == (429, 2)
    assert "Nothing was ordered: try again in 60 minutes." in refused.content.decode()
    Attempt.objects.update(at=timezone.now() - timedelta(hours=2))
    assert buy().status_code == 303
