"""Orders of a shop in our words, the oldest change first, however they are paged."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from channels.connectors.base import ChannelDown, RemoteLine
from channels.connectors.woocommerce.orders import read_order
from tests.channels.connectors.conftest import recorded

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = START - timedelta(days=1)


@pytest.fixture
def said():
    """Return the order that was recorded."""
    (one,) = [one for one in recorded("transcript") if one["path"] == "/wp-json/wc/v3/orders"]
    return copy.deepcopy(one["response"])


@pytest.fixture
def clock(shop):
    """Return a clock of the shop that a test moves."""

    class Clock:
        at = START

        def move(self, **time):
            self.at += timedelta(**time)

    one = Clock()
    shop.clock = lambda: one.at
    return one


@pytest.fixture
def mug(shop, clock):
    fields = {"name": "Mug", "sku": "MUG-1", "regular_price": "10", "manage_stock": True}
    shop.create_product({**fields, "stock_quantity": 10_000, "backorders": "yes"})
    return "MUG-1"


def test_the_recorded_order(said):
    order = read_order(said)

    assert order.problem == ""
    assert (order.external_id, order.number, order.status) == ("13", "13", "paid")
    assert (order.customer_name, order.customer_email) == ("A", "a@example.com")
    assert (order.currency, order.total) == ("USD", Decimal("30.00"))
    assert order.placed_at == datetime(2026, 11, 21, 0, 17, 26, tzinfo=UTC)
    assert order.changed_at == datetime(2026, 11, 21, 0, 17, 28, tzinfo=UTC)
    assert order.lines == (RemoteLine("MUG-1", "Mug", 3, Decimal("10.00")),)
    assert order.raw == said


@pytest.mark.parametrize(
    ("word", "paid", "expected"),
    [
        ("pending", None, "created"),
        ("checkout-draft", None, "created"),
        ("on-hold", None, "created"),
        ("on-hold", "2026-11-21T00:17:28", "paid"),
        ("processing", "2026-11-21T00:17:28", "paid"),
        ("processing", None, "paid"),
        ("completed", None, "shipped"),
        ("cancelled", None, "canceled"),
        ("refunded", "2026-11-21T00:17:28", "canceled"),
        ("failed", None, "canceled"),
        ("trash", None, "canceled"),
    ],
)
def test_statuses(said, word, paid, expected):
    said.update(status=word, date_paid=paid, date_paid_gmt=paid)

    assert read_order(said).status == expected


@pytest.mark.parametrize(
    ("total", "quantity", "price"),
    [
        ("30.00", 3, "10.00"),
        ("10.00", 3, "3.33"),
        ("0.05", 2, "0.03"),
        ("0", 1, "0.00"),
        (25, 2, "12.50"),
        (9.99, "1", "9.99"),
    ],
)
def test_prices_are_of_one_unit_in_whole_cents(said, total, quantity, price):
    said["line_items"][0].update(total=total, quantity=quantity)

    assert read_order(said).lines[0].unit_price == Decimal(price)


@pytest.mark.parametrize(
    ("billing", "name"),
    [
        ({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ({"first_name": " Ann\n", "last_name": None}, "Ann"),
        ({"company": "Mugs Ltd"}, "Mugs Ltd"),
        ({}, ""),
        (None, ""),
        ([], ""),
        ({"first_name": {"a": 1}}, ""),
    ],
)
def test_names_are_joined(said, billing, name):
    said["billing"] = billing

    order = read_order(said)

    assert (order.customer_name, order.customer_email, order.problem) == (name, "", "")


def test_what_is_not_needed_may_be_missing_or_new(said):
    for name in ("billing", "number", "currency", "date_modified_gmt", "date_paid", "refunds"):
        del said[name]
    said["something_new"] = {"a": [1]}
    said["line_items"][0]["sku"] = None
    said["line_items"][0]["name"] = None

    order = read_order(said)

    assert order.problem == ""
    assert order.number == "13"
    assert order.changed_at == order.placed_at
    assert order.lines[0].sku == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "no id"),
        ({"id": "13"}, "no id"),
        ({"id": True}, "no id"),
        ({"status": "on-the-moon"}, "on-the-moon"),
        ({"status": None}, "not known"),
        ({"date_created_gmt": None}, "date_created_gmt"),
        ({"date_created_gmt": "yesterday"}, "date_created_gmt"),
        ({"date_created_gmt": 5}, "date_created_gmt"),
        ({"total": "ten"}, "its total"),
        ({"total": "NaN"}, "its total"),
        ({"total": "-1"}, "its total"),
        ({"total": "1e999999"}, "its total"),
        ({"total": None}, "its total"),
        ({"line_items": None}, "list of lines"),
        ({"line_items": [1]}, "list of lines"),
        ({"line_items": {"a": 1}}, "list of lines"),
        ({"line_items": [{}] * 1001}, "1000 lines"),
    ],
)
def test_an_order_that_cannot_be_read_says_why(said, change, words):
    order = read_order({**said, **change})

    assert words in order.problem
    assert order.lines == ()


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many", None, True, 10**10, float("inf")])
def test_quantities_are_whole_units(said, quantity):
    said["line_items"][0]["quantity"] = quantity

    assert "the quantity of “Mug”" in read_order(said).problem


@pytest.mark.parametrize("data", [None, [], "13", 13, {}])
def test_what_is_no_order(data):
    assert read_order(data).problem


# --- fetching -------------------------------------------------------------------------------------


def numbers(orders):
    return [order.external_id for order in orders]


def test_orders_come_from_the_instant_on_and_oldest_first(connector, shop, clock, mug):
    bought = []
    for _ in range(3):
        bought.append(str(shop.buy(mug, first_name="Ann", email="ann@example.com")["id"]))
        clock.move(minutes=1)

    since = START + timedelta(minutes=1)
    assert numbers(connector.fetch_orders(changed_since=since)) == bought[1:]
    late = since + timedelta(microseconds=1)
    assert numbers(connector.fetch_orders(changed_since=late)) == bought[1:]
    order = next(connector.fetch_orders(changed_since=BEFORE))
    assert (order.customer_name, order.lines[0].quantity) == ("Ann", 1)


def test_a_change_brings_an_order_again(connector, shop, clock, mug):
    number = shop.buy(mug)["id"]
    clock.move(hours=1)
    shop.update_order(number, {"status": "cancelled"})

    (order,) = connector.fetch_orders(changed_since=START + timedelta(minutes=30))

    assert order.status == "canceled"


def test_all_pages_are_read(connector, shop, clock, mug):
    bought = []
    for _ in range(250):
        bought.append(str(shop.buy(mug)["id"]))
        clock.move(seconds=1)

    assert numbers(connector.fetch_orders(changed_since=BEFORE)) == bought


def test_a_page_full_of_one_second_is_passed(connector, shop, clock, mug):
    """An import or a bulk action changes hundreds of orders within a second."""
    bought = [str(shop.buy(mug)["id"]) for _ in range(250)]
    clock.move(seconds=1)
    bought.append(str(shop.buy(mug)["id"]))

    assert numbers(connector.fetch_orders(changed_since=BEFORE)) == bought


def test_an_order_that_changes_between_two_pages_hides_no_other(connector, shop, clock, mug):
    bought = []
    for _ in range(150):
        bought.append(str(shop.buy(mug)["id"]))
        clock.move(seconds=1)
    orders = connector.fetch_orders(changed_since=BEFORE)
    found = [next(orders).external_id]

    clock.move(hours=1)
    for number in bought[:50]:
        shop.update_order(int(number), {"status": "completed"})
    found += numbers(orders)

    assert set(found) == set(bought)


def test_a_server_that_shuffles_a_page_hides_none(connector, shop, clock, mug):
    shop.faults.reorder = 1
    bought = set()
    for _ in range(120):
        bought.add(str(shop.buy(mug)["id"]))
        clock.move(seconds=1)

    assert set(numbers(connector.fetch_orders(changed_since=BEFORE))) == bought


def test_a_server_that_ignores_the_instant_is_read_to_the_end(
    connector, shop, clock, mug, monkeypatch
):
    for _ in range(205):
        shop.buy(mug)
        clock.move(seconds=1)
    listed = shop.list_orders
    monkeypatch.setattr(shop, "list_orders", lambda query: listed({**query, "modified_after": ""}))

    assert len(set(numbers(connector.fetch_orders(changed_since=BEFORE)))) == 205
    assert len(shop.requests) < 10


def test_a_server_that_promises_pages_it_does_not_have_is_left(connector, shop, monkeypatch):
    totals = {"X-WP-Total": "999900", "X-WP-TotalPages": "9999"}
    monkeypatch.setattr("tests.channels.standin.server.Handler.page", lambda *_: (200, [], totals))

    assert list(connector.fetch_orders(changed_since=BEFORE)) == []
    assert len(shop.requests) == 1


def test_one_order_that_cannot_be_read_stops_no_other(connector, shop, clock, mug, monkeypatch):
    answer = shop.order_answer
    bought = []
    for _ in range(3):
        bought.append(str(shop.buy(mug)["id"]))
        clock.move(seconds=1)

    def broken(row):
        said = answer(row)
        return {**said, "total": "?"} if str(row["id"]) == bought[1] else said

    monkeypatch.setattr(shop, "order_answer", broken)
    orders = list(connector.fetch_orders(changed_since=BEFORE))

    assert numbers(orders) == bought
    assert [bool(order.problem) for order in orders] == [False, True, False]
    assert orders[1].changed_at == START + timedelta(seconds=1)


def test_what_came_before_the_shop_went_down_is_kept(connector, shop, clock, mug):
    for _ in range(120):
        shop.buy(mug)
        clock.move(seconds=1)
    shop.faults.script("500", after=1)
    orders = connector.fetch_orders(changed_since=BEFORE)

    assert len([next(orders) for _ in range(100)]) == 100
    with pytest.raises(ChannelDown):
        next(orders)


def test_text_that_no_database_holds_is_cleaned(connector, shop, clock, mug):
    shop.buy(mug, first_name="A\x00nn", last_name="L\ud800")

    (order,) = connector.fetch_orders(changed_since=BEFORE)

    assert order.customer_name == "Ann L?"
    assert order.raw["billing"]["first_name"] == "Ann"
