"""Who gets units that are freed, and who loses them when they are not there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import StockLevel, Variant
from inventory.services.catalog import update_variant
from inventory.services.correct import Found, correct_stock
from orders.models import FulfillmentLine
from orders.services import release
from orders.services.booking import Wanted
from orders.services.fulfill import pick, ship, unship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.release import release_waiting
from tests.conftest import NOON

NOW = {"act": Act(NOON, "test")}


@pytest.fixture(autouse=True)
def _books_are_right(db):
    """After each test the books add up."""
    yield
    assert [str(breach) for breach in reconcile()] == []


@pytest.fixture
def cup(make_variant):
    """A variant that may be owed without limit."""
    return make_variant("cup", backorders="allow")


@pytest.fixture
def sell(cup, berlin):
    """Return a way to sell cups; each order is a minute younger."""
    count = 0

    def place(units=1, **fields):
        nonlocal count
        count += 1
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann"),
            lines=[Wanted(cup, units, Decimal(10))],
            placed_at=NOON - timedelta(hours=1) + timedelta(minutes=count),
            **NOW,
            **fields,
        )

    return place


def there(orders):
    """Return how many units each of these orders has, and how many it waits for."""
    found = []
    for order in orders:
        lines = FulfillmentLine.objects.filter(fulfillment_order__order=order)
        found.append((sum(one.allocated for one in lines), sum(one.waiting for one in lines)))
    return found


def count(cup, berlin, units):
    correct_stock(warehouse=berlin, lines=[Found(cup, units)], reason="count", **NOW)


@pytest.mark.parametrize(
    ("orders", "kept"),
    [
        ([{}, {}, {}], [True, False, False]),
        ([{}, {}, {"priority": 1}], [False, False, True]),
        ([{"is_paid": False}, {}, {}], [False, True, False]),
        ([{"is_paid": False, "priority": 1}, {}, {}], [True, False, False]),
    ],
    ids=["the oldest keeps", "the first in priority keeps", "who paid keeps", "priority first"],
)
def test_units_that_are_not_there_are_lost_by_the_last_in_rank(
    orders, kept, cup, berlin, sell, receive
):
    receive(cup, berlin, 3)
    placed = [sell(**fields) for fields in orders]

    count(cup, berlin, 1)

    assert there(placed) == [(1, 0) if keeps else (0, 1) for keeps in kept]


def test_the_last_in_rank_loses_no_more_than_is_missing(cup, berlin, sell, receive):
    receive(cup, berlin, 6)
    placed = [sell(3), sell(3)]

    count(cup, berlin, 4)

    assert there(placed) == [(3, 0), (1, 2)]


def test_what_is_picked_is_not_lost(cup, berlin, sell, receive):
    receive(cup, berlin, 2)
    placed = [sell(), sell()]
    pick(fulfillment_order=placed[1].fulfillment_orders.get(), **NOW)

    count(cup, berlin, 1)

    assert there(placed) == [(0, 1), (1, 0)]


def test_a_shipment_that_is_taken_back_keeps_its_units_whoever_waits(cup, berlin, sell, receive):
    receive(cup, berlin, 2)
    shipped = sell(2)
    ship(fulfillment_order=shipped.fulfillment_orders.get(), **NOW)
    waiting = sell(2, priority=9)

    parcel = unship(fulfillment_order=shipped.fulfillment_orders.get(), **NOW)

    assert there([shipped, waiting]) == [(2, 0), (0, 2)]
    assert parcel.status == "ready"
    level = StockLevel.objects.get(variant=cup)
    assert (level.on_hand, level.allocated, level.on_backorder) == (2, 2, 2)


def test_a_long_queue_is_not_served_from_where_its_channel_does_not_ship(
    cup, berlin, paris, sell, receive, monkeypatch
):
    monkeypatch.setattr(release, "MANY", 1)
    waiting = [sell() for _order in range(3)]
    Channel.objects.get(slug=DIRECT).warehouses.add(paris)

    receive(cup, berlin, 3)
    assert there(waiting) == [(0, 1)] * 3

    receive(cup, paris, 3)
    assert there(waiting) == [(1, 0)] * 3


def test_a_parcel_of_a_long_queue_counts_that_it_changed(cup, berlin, sell, receive, monkeypatch):
    monkeypatch.setattr(release, "MANY", 1)
    waiting = [sell(2) for _order in range(3)]
    before = [order.fulfillment_orders.get().version for order in waiting]

    receive(cup, berlin, 3)

    after = [order.fulfillment_orders.get().version for order in waiting]
    assert [now - was for was, now in zip(before, after, strict=True)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("days", "status"),
    [(None, "ready"), (0, "ready"), (1, "waiting")],
    ids=["taken away", "come", "ahead"],
)
def test_what_nobody_let_go_of_a_release_date_is_let_go_by_the_worker(
    days, status, cup, berlin, sell, receive
):
    receive(cup, berlin, 1)
    update_variant(
        act=Act.now(), variant=cup, changes={"release_date": NOON.date() + timedelta(days=9)}
    )
    order = sell()
    assert order.fulfillment_orders.get().status == "waiting"
    day = None if days is None else NOON.date() + timedelta(days=days)
    Variant.objects.filter(pk=cup.pk).update(release_date=day)

    release_waiting(act=Act(at=NOON))

    assert order.fulfillment_orders.get().status == status
