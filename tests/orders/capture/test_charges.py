"""What a shop charged: tax and shipping are part of the price, and of what is due back."""

from decimal import Decimal

import pytest

from channels.connectors.woocommerce.orders import read_order
from inventory.acts import Act
from orders.services.change import cancel_order
from orders.services.page_keys import page_key
from orders.services.payment import mark_paid
from tests.conftest import NOON
from tests.orders.capture.conftest import line

NOW = {"act": Act(NOON, "olga")}


def said(**fields):
    """Return an order as WooCommerce says it: two mugs of 8.26 without their tax."""
    usual = {
        "id": 7001,
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": "2026-01-04T10:00:00",
        "billing": {"first_name": "Eva"},
        "line_items": [
            {"name": "Mug", "sku": "mug", "quantity": 2, "total": "16.52", "total_tax": "3.47"}
        ],
        "shipping_total": "4.13",
        "shipping_tax": "0.87",
        "total_tax": "4.34",
        "total": "24.99",
    }
    return read_order(usual | fields)


@pytest.mark.parametrize(
    ("fields", "shipping"),
    [
        ({}, "5.00"),
        ({"shipping_tax": "", "shipping_total": "4.13"}, "4.13"),
        ({"shipping_total": None, "shipping_tax": None}, "0"),
        ({"shipping_total": "-3", "shipping_tax": "0"}, "0"),
        ({"shipping_total": "free"}, "0.87"),
    ],
    ids=str,
)
def test_shipping_is_read_with_its_tax(fields, shipping):
    found = said(**fields)

    assert (found.problem, found.total) == ("", Decimal("24.99"))
    assert found.shipping == Decimal(shipping)


def books(order):
    order.refresh_from_db()
    return order.payment, str(order.total), str(order.captured), str(order.refund_due)


@pytest.fixture
def early(make_shop):
    return make_shop("early", capture_when="created")


@pytest.fixture
def sold(tell, mug, stock, early):
    """Return a way to have a shop say what it charged for two mugs of 8.26."""
    stock(mug, 9)

    def say(status="paid", *, at=0):
        lines = line("mug", 2, "8.26")
        charged = {"total": Decimal("24.99"), "shipping": Decimal("5.00")}
        return tell(status, lines, at=at, channel=early, **charged).order

    return say


def test_an_order_costs_what_its_shop_charged(sold):
    order = sold()

    assert books(order) == ("paid", "24.99", "24.99", "0")
    assert (order.charged_goods, order.charged_tax, order.charged_shipping) == (
        Decimal("16.52"),
        Decimal("3.47"),
        Decimal("5.00"),
    )


def test_a_later_payment_captures_what_was_charged(sold):
    order = sold("created")
    assert books(order) == ("pending", "24.99", "0.00", "0")

    sold("paid", at=1)

    assert books(order) == ("paid", "24.99", "24.99", "0")


def test_a_cancellation_by_the_shop_makes_all_of_it_due(sold):
    order = sold()

    sold("canceled", at=1)

    assert books(order) == ("refund_due", "0.00", "24.99", "24.99")


def test_a_part_makes_its_tax_due_and_keeps_the_shipping(sold):
    order = sold()

    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    assert books(order) == ("refund_due", "15.00", "24.99", "9.99")


def test_what_the_shop_is_paid_after_we_canceled_is_due_back(sold):
    order = sold("created")
    cancel_order(order=order, **NOW)

    sold("paid", at=1)

    assert books(order) == ("refund_due", "0.00", "24.99", "24.99")


def test_what_the_shop_is_paid_for_a_part_that_we_canceled_is_due_back(sold):
    order = sold("created")
    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    sold("paid", at=1)

    assert books(order) == ("refund_due", "15.00", "24.99", "9.99")


def test_staff_may_note_the_payment_of_a_canceled_order(sold):
    order = sold("created")
    cancel_order(order=order, **NOW)

    mark_paid(order=order, **NOW)

    assert books(order) == ("refund_due", "0.00", "24.99", "24.99")


def test_its_pages_and_the_api_say_what_the_total_is_made_of(sold, client, operator):
    order = sold()
    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    shopper = client.get(f"/order/{page_key(order)}/").content.decode()
    client.force_login(operator)
    staff = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    answer = client.get(f"/api/v1/orders/{order.number}").json()

    for page in (shopper, staff):
        for words in ("Tax and fees", "€1.74", "Shipping", "€5.00", "€15.00", "€9.99"):
            assert words in page
    money = ("total", "tax", "shipping", "captured", "refund_due")
    assert [answer[name] for name in money] == ["15.00", "1.74", "5.00", "24.99", "9.99"]
    due = client.get("/api/v1/orders?payment=refund_due").json()["results"]
    assert [one["number"] for one in due] == [order.number]
