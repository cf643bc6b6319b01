"""What shoppers can do in the stand-in, and that it breaks the same way for the same seed."""

import json
import subprocess
import sys
import urllib.request

import pytest

from tests.channels.standin import Faults, SoldOut


@pytest.fixture
def make_product(shop):
    def make(**fields):
        usual = {"name": "Mug", "sku": "MUG-1", "regular_price": "10", "manage_stock": True}
        return shop.create_product({**usual, **fields})

    return make


@pytest.mark.parametrize(
    ("fields", "quantity", "left"),
    [
        ({"stock_quantity": 5}, 5, 0),
        ({"stock_quantity": 5}, 6, None),
        ({"stock_quantity": 0, "backorders": "yes"}, 3, -3),
        ({"stock_quantity": 0, "backorders": "notify"}, 3, -3),
        ({"stock_quantity": 9, "status": "draft"}, 1, None),
        ({"stock_quantity": 9, "regular_price": ""}, 1, None),
    ],
)
def test_shoppers_buy_what_may_be_sold(shop, make_product, fields, quantity, left):
    make_product(**fields)
    (row,) = shop.by_sku("MUG-1")

    if left is None:
        with pytest.raises(SoldOut):
            shop.buy("MUG-1", quantity)
        assert row["stock_quantity"] == fields["stock_quantity"]
        assert shop.orders == {}
    else:
        shop.buy("MUG-1", quantity)
        assert row["stock_quantity"] == left


def test_a_canceled_order_gives_its_units_back_once(shop, make_product):
    make_product(stock_quantity=5)
    number = shop.buy("MUG-1", 2)["id"]

    for _ in range(2):
        shop.update_order(number, {"status": "cancelled"})

    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == 5


def test_an_order_that_is_not_paid_takes_no_units(shop, make_product):
    make_product(stock_quantity=5)

    shop.buy("MUG-1", 2, status="pending")

    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == 5


def test_the_same_seed_breaks_the_same_way():
    def kinds(seed):
        faults = Faults(seed=seed, drop=0.2, double=0.2, lost_answer=0.2, reorder=0.5)
        found = [one.kind if (one := faults.next("GET", "/")) else "" for _ in range(50)]
        return found, faults.as_delivered(range(50))

    assert kinds(1) == kinds(1)
    assert kinds(1) != kinds(2)


def test_it_starts_alone():
    command = [sys.executable, "-m", "tests.channels.standin", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            said = dict(program.stdout.readline().split() for _ in range(3))
            with urllib.request.urlopen(said["address"], timeout=10) as page:
                assert b"A shop" in page.read()
        finally:
            program.terminate()

    assert set(said) == {"address", "key", "secret"}


def test_what_was_delivered_can_be_fetched(shop, make_product):
    fields = {"topic": "order.created", "delivery_url": "http://us.example/", "secret": "s"}
    shop.create_webhook(fields)
    make_product(stock_quantity=5)
    order = json.dumps({"sku": "MUG-1", "quantity": 1}).encode()

    urllib.request.urlopen(f"{shop.address}/standin/buy", order, timeout=10).close()
    with urllib.request.urlopen(f"{shop.address}/standin/deliveries", timeout=10) as answer:
        rows = json.loads(answer.read())

    assert [row["body"][:5] for row in rows] == ["webho", '{"id"']
