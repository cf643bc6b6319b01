"""The page of an order: private, true, and where what waits is kept or canceled."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import STOREFRONT, Channel
from inventory.acts import Act
from inventory.models import BundleComponent, IncomingDelivery, IncomingDeliveryLine
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.amounts import full_day
from orders.line_numbers import numbers_of
from orders.models import FulfillmentOrder, Order, OrderEvent, OrderLine
from orders.services.booking import Wanted
from orders.services.fulfill import pack, pick, ship
from orders.services.page_keys import page_key
from orders.services.place import Customer, place_order

SOON = timezone.localdate() + timedelta(days=13)
LATER = timezone.localdate() + timedelta(days=20)


@pytest.fixture
def order_of(db):
    """Return a way to order in the shop: SKU and quantity each."""

    def place(*wanted, **fields):
        return place_order(
            channel=Channel.objects.get(slug=STOREFRONT),
            customer=Customer("Ann", "ann@example.com"),
            lines=[Wanted(variant, units, variant.price) for variant, units in wanted],
            act=Act.now(by="storefront"),
            **fields,
        )

    return place


@pytest.fixture
def announce(main):
    def make(variant, units, day=SOON):
        delivery = IncomingDelivery.objects.create(
            warehouse=main, supplier="Tin", reference=f"D-{day}", expected_at=day
        )
        return IncomingDeliveryLine.objects.create(
            delivery=delivery, variant=variant, quantity=units
        )

    return make


def page_of(order):
    return f"/order/{page_key(order)}/"


def fields_of(client, order):
    body = client.get(page_of(order) + "cancel/").content.decode()
    return dict(re.findall(r'name="(units:\d+)" value="(\d+)"', body))


def ship_first(order):
    parcel = FulfillmentOrder.objects.get(order=order, sequence=1)
    for step in (pick, pack, ship):
        step(fulfillment_order=parcel, act=Act.now("olga"))


def test_it_says_what_ships_what_waits_and_until_when(read, sell, order_of, announce):
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    announce(mug, 50)

    order = order_of((mug, 7))

    page = read(page_of(order))

    assert f"Order {order.number} Processing Placed on" in page
    assert f"7 × Mug MUG 5 ship now 2 on backorder: expected {full_day(SOON)} €90.65" in page
    assert f"Parcels {order.number}-1 Ready 5 × Mug" in page
    assert "Total €90.65 Paid" in page
    assert "Some of it waits Cancel what waits" in page


def test_it_follows_the_parcels(read, sell, order_of):
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    order = order_of((mug, 7))
    ship_first(order)

    page = read(page_of(order))

    assert f"Order {order.number} Partly shipped" in page
    assert "5 shipped 2 on backorder: no date yet" in page
    assert f"{order.number}-1 Shipped {full_day(timezone.localdate())} 5 × Mug" in page


def test_a_bundle_is_told_whole(read, sell, order_of):
    cup = sell("Cup", units=5, sku="CUP", backorders="allow")
    pot = sell("Pot", units=1, sku="POT", backorders="allow")
    tea_set = sell("Tea set", sku="SET", price="40")
    BundleComponent.objects.create(bundle=tea_set, component=cup, quantity=2)
    BundleComponent.objects.create(bundle=tea_set, component=pot, quantity=1)

    page = read(page_of(order_of((tea_set, 2))))

    assert "2 × Tea set SET 1 ships now 1 on backorder: no date yet €80.00" in page
    assert "-1 Ready 1 × Tea set" in page


def test_a_pre_order_waits_for_its_day(read, client, sell, order_of, main):
    mug = sell("Mug", sku="MUG", units=3, release_date=SOON, allow_preorders=True)
    order = order_of((mug, 5))

    assert f"5 on pre-order: ship from {full_day(SOON)}" in read(page_of(order))
    assert fields_of(client, order) == {f"units:{order.lines.get().pk}": "5"}


@pytest.mark.parametrize(
    "token", ["x", "A" * 43, "1001", "A" * 2000, "%00", "é" * 43, "..%2f..", "' OR 1=1"]
)
def test_nobody_guesses_an_order(client, sell, order_of, token):
    order_of((sell("Mug", units=5, sku="MUG"), 1))

    for path in (f"/order/{token}/", f"/order/{token}/cancel/"):
        assert client.get(path).status_code in {400, 404}
    for path in (f"/order/{token}/cancel/", f"/order/{token}/wait/"):
        assert client.post(path).status_code in {400, 404}


def test_the_link_holds_256_random_bits(sell, order_of):
    mug = sell("Mug", units=5, sku="MUG")

    tokens = {page_key(order_of((mug, 1))) for _ in range(3)}

    assert {len(token) for token in tokens} == {43}
    assert len(tokens) == 3


@pytest.mark.parametrize("path", ["", "cancel/"])
def test_it_is_kept_out_of_caches_indexes_and_other_sites(client, sell, order_of, path):
    order = order_of((sell("Mug", sku="MUG", backorders="allow"), 1))

    answer = client.get(page_of(order) + path)

    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert b'content="noindex, nofollow"' in answer.content


def test_what_waits_is_canceled_after_a_question_and_nothing_else(client, read, sell, order_of):
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    bowl = sell("Bowl", units=5, sku="BOWL")
    order = order_of((mug, 7), (bowl, 1))
    asked = read(page_of(order) + "cancel/")
    assert "Cancel what waits? This is canceled, and cannot be undone." in asked
    assert "2 × Mug" in asked
    assert "Bowl" not in asked

    answer = client.post(page_of(order) + "cancel/", fields_of(client, order))

    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(order))
    page = read(page_of(order))
    assert "Canceled. What was not waiting is not touched." in page
    assert "5 ship now 2 canceled €64.75" in page
    assert "Refund due: €25.90" in page
    assert "Cancel what waits" not in page
    numbers = numbers_of(order.lines.all())
    assert [(n.allocated, n.waiting, n.canceled) for n in numbers.values()] == [
        (5, 0, 2),
        (1, 0, 0),
    ]


def test_canceling_twice_has_one_effect(client, read, sell, order_of):
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    order = order_of((mug, 7))
    fields = fields_of(client, order)

    client.post(page_of(order) + "cancel/", fields)
    client.post(page_of(order) + "cancel/", fields)

    assert order.lines.get().canceled == 2
    assert "Your order changed in the meantime. Nothing was canceled." in read(page_of(order))


def test_what_came_in_since_the_question_is_not_canceled(client, sell, order_of, main):
    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    order = order_of((mug, 7))
    fields = fields_of(client, order)
    lines = [StockLine(mug, 1)]
    receive_stock(warehouse=main, lines=lines, reference="R-2", act=Act.now(by="anna"))

    client.post(page_of(order) + "cancel/", fields)

    numbers = numbers_of(order.lines.all())[order.lines.get().pk]
    assert (numbers.allocated, numbers.waiting, numbers.canceled) == (6, 1, 0)


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"units:1": "1"},
        {"units:999999999999999999999": "1"},
        {"units:٣": "1"},
        {"units:x": "1"},
        {"all": "1"},
    ],
    ids=repr,
)
def test_units_that_were_not_shown_are_not_canceled(client, sell, order_of, forged):
    order = order_of((sell("Mug", units=5, sku="MUG", backorders="allow"), 7))

    assert client.post(page_of(order) + "cancel/", forged).status_code == 303
    assert order.lines.get().canceled == 0


@pytest.mark.parametrize("typed", ["7", "-2", "2.0", "٢", "9" * 30, ""])
def test_more_than_waits_is_not_canceled(client, sell, order_of, typed):
    order = order_of((sell("Mug", units=5, sku="MUG", backorders="allow"), 7))
    line = order.lines.get()

    client.post(page_of(order) + "cancel/", {f"units:{line.pk}": typed})

    line.refresh_from_db()
    assert line.canceled == 0


def test_a_changed_promise_asks_once_whether_to_wait(client, read, sell, order_of, announce, main):
    from orders.services.promises import promise

    mug = sell("Mug", units=5, sku="MUG", backorders="allow")
    coming = announce(mug, 50)
    order = order_of((mug, 7))
    assert "Keep waiting" not in read(page_of(order))
    IncomingDelivery.objects.filter(pk=coming.delivery_id).update(expected_at=LATER)
    promise({mug.pk}, act=Act.now())

    page = read(page_of(order))
    assert f"2 on backorder: expected {full_day(LATER)}" in page
    assert "The date changed What waits is expected on another day" in page
    assert "Keep waiting Cancel what waits" in page
    before = Order.objects.get(pk=order.pk).version
    client.post(page_of(order) + "wait/")
    client.post(page_of(order) + "wait/")

    page = read(page_of(order))
    assert "You keep waiting. We write when the date changes." in page
    assert "Cancel what waits" in page
    events = OrderEvent.objects.filter(order=order, by="customer")
    assert [(event.kind, event.data) for event in events] == [
        ("wait_accepted", {"days": [["MUG", LATER.isoformat()]]})
    ]
    assert Order.objects.get(pk=order.pk).version == before
    assert OrderLine.objects.get().canceled == 0


def test_waiting_on_for_nothing_is_said(client, read, sell, order_of):
    order = order_of((sell("Mug", units=5, sku="MUG"), 1))

    client.post(page_of(order) + "wait/")

    assert "Nothing of your order waits any more." in read(page_of(order))
    assert client.get(page_of(order) + "cancel/").headers["Location"] == page_of(order)


def test_only_posting_decides(client, sell, order_of):
    order = order_of((sell("Mug", sku="MUG", backorders="allow"), 1))

    assert client.get(page_of(order) + "wait/").status_code == 405
    assert client.post(page_of(order)).status_code == 405


@pytest.mark.parametrize("path", ["cancel/", "wait/"])
def test_other_sites_decide_nothing(sell, order_of, path):
    from django.test import Client

    order = order_of((sell("Mug", sku="MUG", backorders="allow"), 1))

    answer = Client(enforce_csrf_checks=True).post(page_of(order) + path)

    assert answer.status_code == 403


def test_the_page_costs_the_same_queries_for_one_line_and_for_thirty(
    client, sell, order_of, django_assert_num_queries
):
    mug = sell("Mug", units=5, sku="SKU-0", backorders="notify")
    others = [
        (sell(product=mug.product, sku=f"SKU-{n}", units=n, backorders="notify"), 9)
        for n in range(1, 30)
    ]
    small, large = order_of((mug, 9)), order_of((mug, 9), *others)

    with django_assert_num_queries(8):
        client.get(page_of(small))
    with django_assert_num_queries(8):
        client.get(page_of(large))


def test_what_is_not_paid_waits_for_the_payment(client, read, sell, order_of):
    order = order_of((sell("Mug", units=5, sku="MUG", backorders="allow"), 7), is_paid=False)

    page = read(page_of(order))

    assert "2 on backorder: no date yet 5 ship when your payment is in" in page
    assert "Total €90.65 Awaiting payment" in page
    assert "ship now" not in page


def test_short_units_are_said_and_may_be_canceled(client, read, sell, order_of):
    order = order_of((sell("Mug", units=5, sku="MUG"), 7), is_captured=True)

    assert "2 not available: we write to you about it" in read(page_of(order))
    client.post(page_of(order) + "cancel/", fields_of(client, order))

    line = order.lines.get()
    assert (line.short, line.canceled) == (0, 2)
