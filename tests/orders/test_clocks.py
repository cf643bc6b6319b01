"""A clock that was an hour ahead once: nobody stands behind later orders for ever."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.models import DIRECT, Channel
from inventory.acts import Act
from orders.models import FulfillmentLine, Order, OrderLine
from orders.services.booking import Wanted
from orders.services.clocks import set_clocks_right
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.release import release_waiting
from orders.tasks import tick

HOUR = timedelta(hours=1)


@pytest.fixture
def sell(make_variant):
    """Return a way to order mugs that are not there, by a clock that is so far ahead."""
    cup = make_variant("cup", backorders="allow")

    def place(name, *, ahead=timedelta(), at=None, **fields):
        moment = (at or timezone.now()) + ahead
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer(name, "ann@example.com"),
            lines=[Wanted(cup, 1, Decimal(10))],
            act=Act(moment),
            **fields,
        )

    place.cup = cup
    yield place
    assert [str(breach) for breach in reconcile()] == []


def served():
    """Return who has units, in the order in which they came."""
    rows = FulfillmentLine.objects.filter(allocated__gt=0)
    return list(rows.values_list("fulfillment_order__order__customer_name", flat=True))


def test_orders_of_the_wrong_hour_are_served_before_those_that_came_later(sell, berlin, receive):
    sell("first", ahead=HOUR)
    sell("second", ahead=HOUR)
    sell("third")
    sell("fourth")

    assert set_clocks_right(at=timezone.now()) == 2

    for number, name in enumerate(("first", "second", "third", "fourth"), start=1):
        receive(sell.cup, berlin, 1)
        release_waiting(act=Act.now())
        assert sorted(served()) == sorted(["first", "second", "third", "fourth"][:number]), name


def test_without_it_they_would_be_behind(sell, berlin, receive):
    """The control: nothing else puts them right."""
    sell("first", ahead=HOUR)
    sell("later")

    receive(sell.cup, berlin, 1)

    assert served() == ["later"]


def test_all_that_says_when_is_set_right_and_noted(sell):
    order, later = sell("first", ahead=HOUR), sell("later")

    tick()

    order.refresh_from_db()
    assert order.placed_at == order.created_at == later.placed_at
    assert OrderLine.objects.get(order=order).placed_at == later.placed_at
    part = FulfillmentLine.objects.get(order_line__order=order)
    assert part.placed_at == later.placed_at
    assert order.events.filter(kind="clock_was_ahead").count() == 1


def test_an_order_of_a_clock_that_is_a_little_ahead_is_left_as_it_is(sell):
    order = sell("first", ahead=timedelta(seconds=30))

    assert set_clocks_right(at=timezone.now()) == 0
    assert Order.objects.get().placed_at == order.placed_at


def test_an_order_that_was_placed_elsewhere_before_keeps_its_own_time(sell):
    sell("first", ahead=HOUR)
    week = timezone.now() - timedelta(days=7)
    sell("told later", placed_at=week)

    now = timezone.now()
    set_clocks_right(at=now)

    first, told = Order.objects.order_by("pk")
    assert told.placed_at == week
    assert now - timedelta(minutes=1) < first.placed_at <= now
