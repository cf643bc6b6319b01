"""The cart: what a session may hold, what its lines promise, and what it refuses."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.models import STOREFRONT, Channel
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import (
    BundleComponent,
    DeliveryTimeframe,
    IncomingDelivery,
    IncomingDeliveryLine,
    Variant,
    Warehouse,
)
from inventory.services.catalog import update_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.amounts import day_and_month

SOON = timezone.localdate() + timedelta(days=13)


@pytest.fixture
def put(client):
    """Return a way to put a SKU into the cart, as the product page does."""

    def send(sku, quantity, **fields):
        return client.post("/cart/add/", {"variant": sku, "quantity": quantity, **fields})

    return send


def in_cart(client):
    return client.session.get("cart", {})


def test_an_empty_cart_says_where_to_go_on(db, read):
    assert read("/cart/").endswith(
        "Cart Your cart is empty Choose something you like: its page says what ships now and "
        "what comes later. Show all products"
    )


def test_seven_of_five_ship_and_wait(read, put, sell):
    sell("Mug", units=5, sku="MUG", backorders="allow")

    assert put("MUG", "7").headers["Location"] == "/cart/"

    assert "In stock 5 ship now, 2 on backorder Quantity of Mug" in read("/cart/")
    assert "€90.65" in read("/cart/")


def test_notify_says_so_expressly_and_allow_does_not(read, put, sell):
    sell("Mug", units=5, sku="MUG", backorders="notify")
    sell("Bowl", units=5, sku="BOWL", backorders="allow")
    put("MUG", "7")
    put("BOWL", "6")

    page = read("/cart/")

    assert "2 of these are on backorder: we ship them as soon as they are in." in page
    assert page.count("as soon as") == 1


def test_the_label_is_left_out_where_the_channel_says_so(read, put, sell):
    sell("Mug", sku="MUG", backorders="allow")
    put("MUG", "1")
    assert "each On backorder 1 on backorder" in read("/cart/")

    Channel.objects.filter(slug=STOREFRONT).update(show_backorder_label=False)

    assert "each 1 on backorder" in read("/cart/")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("4", "4 ship now Quantity"),
        ("7", "5 ship now, 2 on backorder Quantity"),
        ("15", "5 ship now, 10 on backorder Quantity"),
        ("20", "You can buy at most 15: 5 ship now, 10 on backorder. Quantity"),
    ],
)
def test_more_than_may_be_owed_names_the_maximum(read, put, sell, wanted, said):
    sell("Mug", units=5, sku="MUG", backorders="allow", out_of_stock_threshold=-10)
    put("MUG", wanted)

    assert said in read("/cart/")


def test_without_backorders_the_maximum_is_what_is_there(read, put, sell, store):
    store.only_x_left_threshold = 5
    store.save()
    sell("Mug", units=5, sku="MUG")
    put("MUG", "6")

    assert "Only 5 left You can buy at most 5: no more are left." in read("/cart/")
    assert "Not everything can be ordered as it is." in read("/cart/")


def test_the_day_or_the_timeframe_of_what_waits_is_said(read, put, sell, store, main):
    store.delivery_timeframe = DeliveryTimeframe.objects.create(
        name="Standard", in_stock_text="1–2 days", out_of_stock_text="2–3 weeks"
    )
    store.save()
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    put("MUG", "7")
    assert "Ships now: 1–2 days On backorder: 2–3 weeks" in read("/cart/")

    delivery = IncomingDelivery.objects.create(
        warehouse=main, supplier="Tin", reference="D-1", expected_at=SOON
    )
    IncomingDeliveryLine.objects.create(delivery=delivery, variant=mug, quantity=2)

    day = day_and_month(SOON, today=timezone.localdate())
    assert f"Ships now: 1–2 days On backorder: expected {day}" in read("/cart/")
    put("MUG", "1")
    assert "Ships now: 1–2 days On backorder: 2–3 weeks" in read("/cart/")


def test_a_bundle_and_its_component_do_not_promise_a_unit_twice(read, put, sell):
    cup = sell("Cup", units=5, sku="CUP", backorders="allow")
    tea_set = sell("Tea set", sku="SET", price="40")
    BundleComponent.objects.create(bundle=tea_set, component=cup, quantity=2)
    put("SET", "2")
    put("CUP", "3")

    page = read("/cart/")

    assert "Tea set €40.00 each In stock 2 ship now" in page
    assert "Cup €12.95 each In stock 1 ships now, 2 on backorder" in page


def test_a_store_that_never_splits_says_that_all_of_it_waits(read, put, sell, store):
    store.allow_order_split = False
    store.save()
    sell("Mug", units=5, sku="MUG", backorders="allow")
    sell("Bowl", units=5, sku="BOWL")
    put("MUG", "7")
    put("BOWL", "1")

    page = read("/cart/")

    assert "Mug €12.95 each In stock 5 in stock, 2 on backorder" in page
    assert "Bowl €12.95 each In stock 1 in stock: ships with the rest" in page
    assert "Everything ships together, once all of it is there." in page


def test_only_warehouses_that_the_shop_ships_from_count(read, put, sell):
    mug = sell("Mug", units=5, sku="MUG")
    paris = Warehouse.objects.create(code="paris", name="Paris", priority=2)
    lines = [StockLine(mug, 2)]
    receive_stock(warehouse=paris, lines=lines, reference="R-2", act=Act.now(by="anna"))
    Channel.objects.get(slug=STOREFRONT).warehouses.set([paris])
    put("MUG", "3")

    assert "You can buy at most 2: no more are left." in read("/cart/")


def test_a_pre_order_says_its_day(read, put, sell):
    sell("Mug", sku="MUG", release_date=SOON, allow_preorders=True)
    put("MUG", "2")

    assert f"Pre-order 2 ship from {SOON.day} " in read("/cart/")


def test_prices_follow_the_shop(read, put, sell):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2", price="0.01", total="0.01", discount="99", currency="IRR")
    assert "Total €25.90" in read("/cart/")

    update_variant(
        act=Act.now(), variant=Variant.objects.get(sku="MUG"), changes={"price": Decimal(20)}
    )

    assert "Total €40.00" in read("/cart/")


def test_lines_are_added_up_changed_and_removed(client, put, sell):
    sell("Mug", units=50, sku="MUG")
    sell("Bowl", units=50, sku="BOWL")
    put("MUG", "2")
    put("MUG", "3")
    put("BOWL", "1")
    assert in_cart(client) == {"MUG": 5, "BOWL": 1}

    client.post("/cart/", {"quantity:MUG": "7", "quantity:BOWL": "2", "quantity:CUP": "9"})
    assert in_cart(client) == {"MUG": 7, "BOWL": 2}
    client.post("/cart/", {"quantity:MUG": "8", "remove": "BOWL"})
    assert in_cart(client) == {"MUG": 7}
    answer = client.post("/cart/", {"quantity:MUG": "4", "checkout": "1"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/checkout/")
    assert in_cart(client) == {"MUG": 4}


def test_a_double_click_adds_once_and_another_form_again(client, put, sell):
    sell("Mug", units=50, sku="MUG")

    put("MUG", "2", form="one")
    put("MUG", "2", form="one")
    assert in_cart(client) == {"MUG": 2}
    put("MUG", "2", form="two")

    assert in_cart(client) == {"MUG": 4}


def test_the_header_counts_units(client, put, sell):
    sell("Mug", units=5000, sku="MUG", max_per_order=0)
    assert "<span>Cart</span>" in client.get("/").content.decode()
    put("MUG", "1200")

    for path in ("/", "/product/mug/", "/cart/", "/checkout/"):
        assert "<span>Cart (1,200)</span>" in client.get(path).content.decode()


def test_what_is_not_sold_any_more_is_said_by_its_sku(client, read, put, sell):
    mug = sell("Mug", units=5, sku="MUG")
    sell("Bowl", units=5, sku="BOWL")
    put("MUG", "1")
    put("BOWL", "1")
    mug.product.is_visible = False
    mug.product.save()

    assert "MUG This is not sold any more. Remove it to order the rest." in read("/cart/")
    assert client.get("/checkout/").headers["Location"] == "/cart/"


def test_what_was_unlisted_is_not_sold_and_a_new_price_does_not_bring_it_back(
    client, read, put, sell, channel
):
    mug = sell("Mug", units=5, sku="MUG")
    sell("Bowl", units=5, sku="BOWL")
    put("MUG", "1")
    put("BOWL", "1")
    keys = list(mug.listings.filter(channel=channel).values_list("pk", flat=True))

    unlist(channel=channel, listing_ids=keys, act=Act.now())
    update_variant(act=Act.now(), variant=mug, changes={"price": "1.00"})

    assert "MUG This is not sold any more. Remove it to order the rest." in read("/cart/")
    assert client.get("/checkout/").headers["Location"] == "/cart/"
    assert "Mug" not in read("/")
    read("/product/mug/", status=404)


def test_the_button_that_only_asks_asks(client, put, sell):
    sell("Mug", units=5, sku="MUG")

    answer = put("MUG", "7", check="1")

    assert answer.headers["Location"] == "/product/mug/?variant=MUG&quantity=7"
    assert in_cart(client) == {}


BAD_QUANTITIES = [
    "",
    "0",
    "-1",
    "1.5",
    "1e3",
    "٣",
    "³",
    "１",
    "0x1",
    "9" * 40,
    "1000000001",
    "1\x00",
]


@pytest.mark.parametrize("typed", BAD_QUANTITIES)
def test_what_is_no_quantity_is_refused_where_it_was_typed(client, read, put, sell, typed):
    sell("Mug", units=5, sku="MUG")

    page = client.get(put("MUG", typed).headers["Location"])
    assert page.status_code in {200, 400}
    assert in_cart(client) == {}

    put("MUG", "2")
    page = client.post("/cart/", {"quantity:MUG": typed})
    assert page.status_code == 400
    assert "Enter a whole number from 1 to 1,000,000,000." in page.content.decode()
    assert in_cart(client) == {"MUG": 2}


def test_more_than_the_largest_number_is_refused(client, read, put, sell):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "1000000000")

    put("MUG", "1")

    assert in_cart(client) == {"MUG": 1_000_000_000}
    page = read("/cart/")
    assert "Not added: your cart already holds 1,000,000,000 of this item. You can" in page
    assert "You can buy at most 1,000 in one order." in page
    assert "Enter a whole number" not in page
    assert "Not added" not in read("/cart/")


def test_where_nobody_limits_an_order_the_sum_says_the_largest_number(put, read, sell, store):
    store.storefront_max_per_order = 0
    store.save()
    sell("Mug", sku="MUG", backorders="allow")
    put("MUG", "1006")

    put("MUG", "999999988")

    assert (
        "Not added: your cart already holds 1,006 of this item. "
        "You can buy at most 1,000,000,000 in one order."
    ) in read("/cart/")


@pytest.mark.parametrize(
    "sku", ["", "nope", "x" * 10_000, "MUG%00", "';%20DROP%20TABLE", "%ED%A0%80", "%FF"]
)
def test_an_unknown_sku_is_not_put_in(client, read, sell, sku):
    sell("Mug", units=5, sku="MUG")

    client.post(
        "/cart/add/",
        f"variant={sku}&quantity=1",
        content_type="application/x-www-form-urlencoded",
    )

    assert in_cart(client) == {}
    assert "This is not sold any more." in read("/cart/")


def test_a_hidden_product_cannot_be_put_in(client, put, sell):
    sell("Mug", units=5, sku="MUG", visible=False)

    put("MUG", "1")

    assert in_cart(client) == {}


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        "MUG",
        7,
        {"MUG": "2"},
        {"MUG": True},
        {"MUG": -1},
        {"MUG": 0},
        {"MUG": 1.5},
        {"MUG": 10**12},
        {"MUG": None},
        {"": 1},
        {"x" * 65: 1},
        {"MUG": {"MUG": 1}},
    ],
    ids=repr,
)
def test_a_session_that_makes_no_sense_is_an_empty_cart(client, read, sell, kept):
    sell("Mug", units=5, sku="MUG")
    session = client.session
    session.update({"cart": kept, "cart_note": 7, "checkout": ["x"], "cart_form": "x"})
    session.save()

    assert "Your cart is empty" in read("/cart/")
    assert client.get("/checkout/").headers["Location"] == "/cart/"
    client.post("/cart/add/", {"variant": "MUG", "quantity": "2", "form": "x"})
    assert in_cart(client) == {"MUG": 2}
    assert client.get("/checkout/").status_code == 200


def test_a_cart_holds_a_hundred_items_however_many_are_sent(client, read, sell):
    mug = sell("Mug", units=5, sku="SKU-0")
    for number in range(1, 102):
        sell(product=mug.product, sku=f"SKU-{number}")
    session = client.session
    session["cart"] = {f"SKU-{number}": 1 for number in range(10_000)}
    session.save()

    client.post("/cart/add/", {"variant": "SKU-101", "quantity": "1"})

    assert "A cart holds at most 100 different items." in read("/cart/")
    client.post("/cart/add/", {"variant": "SKU-99", "quantity": "1"})
    assert len(in_cart(client)) == 100
    assert in_cart(client)["SKU-99"] == 2


@pytest.mark.parametrize(("name", "status"), [("{}", 400), ("quantity:{}", 413)])
def test_ten_thousand_fields_are_refused(client, put, sell, name, status):
    """They are too many, or more bytes than anybody may send."""
    sell("Mug", units=5, sku="MUG")
    put("MUG", "2")
    fields = "&".join(f"{name.format(n)}=1" for n in range(10_000))

    answer = client.post("/cart/", fields, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == status
    assert in_cart(client) == {"MUG": 2}


def test_a_cart_costs_the_same_queries_for_one_line_and_for_thirty(
    client, put, sell, django_assert_num_queries, django_assert_max_num_queries
):
    mug = sell("Mug", units=5, sku="SKU-0", backorders="allow")
    cup = sell("Cup", units=5, sku="CUP", backorders="allow")
    tea_set = sell("Set", sku="SET")
    BundleComponent.objects.create(bundle=tea_set, component=cup, quantity=2)
    for number in range(1, 30):
        sell(product=mug.product, sku=f"SKU-{number}", units=number, backorders="allow")
    put("SET", "9")
    put("SKU-0", "9")
    with django_assert_max_num_queries(24) as few:
        client.get("/cart/")
    queries = len(few)

    for number in range(1, 30):
        put(f"SKU-{number}", "9")

    with django_assert_num_queries(queries):
        client.get("/cart/")


def test_the_cart_is_nobody_elses_to_keep(db, client):
    answer = client.get("/cart/")

    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ["/cart/add/", "/cart/", "/checkout/"])
def test_forms_of_other_sites_are_refused(path, db):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(path, {"variant": "MUG"}).status_code == 403
