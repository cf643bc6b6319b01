"""Asking shops for their orders: what no webhook told is found, once, whatever goes wrong."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.connectors.base import ChannelDown
from channels.models import Channel, ChannelLog
from channels.services.channels import create_channel, update_channel
from inventory.acts import Act
from orders import tasks
from orders.models import CapturedOrder, Order
from orders.services import fetch
from orders.services.capture import record
from orders.services.fetch import fetch_orders_of
from tests.channels.standin import standin
from tests.conftest import NOON
from tests.orders.capture.conftest import line, only, remote

MINUTE = timedelta(minutes=1)


@pytest.fixture
def woo(db, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    channel = create_channel(act=Act.now(), slug="woo", name="Woo", connector="woocommerce")
    changes = {"address": "http://127.0.0.1:61001", "key": "ck", "secret": "cs"}
    return update_channel(act=Act.now(), channel=channel, changes=changes)


class Shop:
    """A shop that answers what the test wants."""

    def __init__(self):
        self.orders, self.asked, self.breaks_after = [], [], None

    def fetch_orders(self, *, changed_since):
        self.asked.append(changed_since)
        for count, order in enumerate(self.orders):
            if count == self.breaks_after:
                raise ChannelDown("It does not answer.", retry_after=5)
            yield order


@pytest.fixture
def remote_shop(woo, monkeypatch):
    shop = Shop()
    monkeypatch.setattr(fetch, "connect", lambda channel: shop)
    return shop


def at(minutes):
    return NOON + minutes * MINUTE


def fresh(channel):
    return Channel.objects.get(pk=channel.pk)


def orders(*numbers, **fields):
    """Return an order for each minute of the day before; its ID says which."""
    return [remote("paid", at=n, external_id=str(n), number=str(n), **fields) for n in numbers]


def test_the_first_look_is_seven_days_back_and_the_next_overlap(woo, remote_shop):
    remote_shop.orders = orders(0, 5)

    assert fetch_orders_of(woo, at=NOON) == 2
    assert fetch_orders_of(woo, at=at(1)) == 0

    newest = remote_shop.orders[-1].changed_at
    assert remote_shop.asked == [NOON - timedelta(days=7), newest - 10 * MINUTE]
    assert fresh(woo).polled_through == newest


def test_a_shop_without_news_stays_where_it_was(woo, remote_shop):
    assert fetch_orders_of(woo, at=NOON) == 0
    assert fresh(woo).polled_through is None
    assert not ChannelLog.objects.exists()


def test_a_shop_is_asked_once_a_minute_by_one_worker(woo, remote_shop):
    fetch_orders_of(woo, at=NOON)
    stale = fresh(woo)

    for seconds in (0, 30, 59):
        fetch_orders_of(stale, at=NOON + timedelta(seconds=seconds))
    assert len(remote_shop.asked) == 1

    fetch_orders_of(stale, at=at(1))
    assert len(remote_shop.asked) == 2


def test_what_breaks_in_the_middle_is_repeated(woo, remote_shop):
    remote_shop.orders, remote_shop.breaks_after = orders(0, 5, 9), 2

    assert fetch_orders_of(woo, at=NOON) == 0

    channel = fresh(woo)
    assert (channel.polled_through, channel.failures) == (None, 1)
    assert channel.last_error == "It does not answer."
    assert CapturedOrder.objects.count() == 2
    assert ChannelLog.objects.get().is_ok is False
    assert fetch_orders_of(channel, at=NOON + timedelta(seconds=20)) == 0  # it is left alone
    remote_shop.breaks_after = None
    assert fetch_orders_of(channel, at=at(1)) == 1
    assert (fresh(woo).failures, CapturedOrder.objects.count()) == (0, 3)
    assert ChannelLog.objects.latest("pk").message == "1 order is new or changed."


def test_one_bad_order_stops_no_other(woo, remote_shop):
    bad = remote("created", at=1, external_id="bad", problem="The order bad cannot be read: no.")
    remote_shop.orders = [*orders(0), bad, *orders(2)]

    assert fetch_orders_of(woo, at=NOON) == 3
    tasks.settle_left()

    assert CapturedOrder.objects.get(external_id="bad").state == "needs_attention"


def test_an_order_that_cannot_be_kept_stops_no_other(woo, remote_shop):
    bad = remote("paid", line(price="1E+40"), at=1, external_id="bad")
    remote_shop.orders = [*orders(0), bad, *orders(2)]

    assert fetch_orders_of(woo, at=NOON) == 3
    tasks.settle_left()

    row = CapturedOrder.objects.get(external_id="bad")
    assert (row.state, row.lines) == ("needs_attention", [])
    assert "It cannot be kept as the shop tells it" in row.problem
    assert fresh(woo).polled_through == CapturedOrder.objects.latest("changed_at").changed_at


def test_an_order_from_the_future_does_not_stop_the_fetching(woo, remote_shop):
    remote_shop.orders = orders(60 * 24 * 365 * 70)

    fetch_orders_of(woo, at=NOON)

    assert fresh(woo).polled_through == NOON


def test_how_far_it_came_never_goes_back(woo, remote_shop):
    remote_shop.orders = orders(9)
    fetch_orders_of(woo, at=NOON)
    through = fresh(woo).polled_through

    remote_shop.orders = orders(3)
    fetch_orders_of(woo, at=at(1))

    assert fresh(woo).polled_through == through


@pytest.mark.parametrize("changes", [{"is_active": False}, {"connector": ""}])
def test_a_channel_that_is_off_or_has_no_shop_is_not_asked(woo, remote_shop, changes):
    Channel.objects.filter(pk=woo.pk).update(**changes)

    fetch_orders_of(woo, at=NOON)
    tasks.tick_shops()

    assert remote_shop.asked == []


def test_a_channel_that_cannot_be_reached_says_why(woo):
    Channel.objects.filter(pk=woo.pk).update(address="")

    assert fetch_orders_of(fresh(woo), at=NOON) == 0
    assert "no address yet" in fresh(woo).last_error


def test_a_webhook_and_a_poll_of_one_order_are_one_order(woo, remote_shop, mug, stock):
    stock(mug, 5)
    order = remote("paid", line("mug", 2))
    record(woo, order, at=NOON)
    remote_shop.orders = [order]

    assert fetch_orders_of(woo, at=NOON) == 0
    tasks.settle_left()

    assert only().state == "captured"
    assert Order.objects.count() == 1


def test_the_tick_finds_what_no_webhook_told(woo, remote_shop, mug, stock):
    """A webhook that is lost is found by the next look. Source: attacks.md, B19."""
    stock(mug, 5)
    remote_shop.orders = [remote("paid", line("mug", 2))]

    tasks.tick_shops()
    tasks.tick()

    assert only().state == "captured"


def test_an_unforeseen_error_of_one_shop_stops_no_other(woo, remote_shop, monkeypatch):
    other = create_channel(act=Act.now(), slug="other", name="Other", connector="woocommerce")
    asked = []

    def connect(channel):
        asked.append(channel.slug)
        raise RuntimeError

    monkeypatch.setattr(fetch, "connect", connect)
    tasks.tick_shops()

    assert asked == [woo.slug, other.slug]


def test_orders_of_a_shop_at_an_address_are_fetched_and_sold(db, settings, mug, stock):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    stock(mug, 5)
    with standin() as there:
        channel = create_channel(act=Act.now(), slug="woo", name="Woo", connector="woocommerce")
        changes = {"address": there.address, "key": there.key, "secret": there.secret}
        channel = update_channel(act=Act.now(), channel=channel, changes=changes)
        there.currency = "EUR"
        product = there.create_product({"name": "Mug", "sku": "mug", "regular_price": "9.90"})
        items = [{"product_id": product["id"], "quantity": 2}]
        there.create_order({"set_paid": True, "line_items": items})
        fetch_orders_of(channel, at=timezone.now())
    tasks.settle_left()

    assert (only().problem, only().order.total) == ("", Decimal("19.80"))
