"""Oversold units of captured orders get stock that arrives, in rank, before any new order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import StockLevel
from inventory.services.catalog import set_components, update_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.warehouses import update_warehouse
from orders.errors import OrderRefused
from orders.event_words import words_of
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, FulfillmentOrder, OrderEvent, OrderLine
from orders.services import release
from orders.services.booking import Wanted
from orders.services.change import allow_short, cancel_order
from orders.services.fulfill import ship
from orders.services.payment import mark_paid
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.release import release_waiting
from orders.services.returns import return_units
from orders.services.simulate import simulate_receipt
from orders.tasks import run_refresh_promises
from tests.conftest import NOON

NOW = {"act": Act(NOON, "test")}


@pytest.fixture(autouse=True)
def _books_are_right(db):
    """After each test the books add up."""
    yield
    assert [str(breach) for breach in reconcile()] == []


@pytest.fixture
def sell(berlin):
    """Return a way to sell units; each order is a minute younger, and came from another shop."""
    count = 0

    def place(*lines, is_captured=True, channel=DIRECT, **fields):
        nonlocal count
        count += 1
        return place_order(
            channel=Channel.objects.get(slug=channel),
            customer=Customer("Ann", "ann@example.com"),
            lines=[Wanted(variant, units, Decimal(10)) for variant, units in lines],
            is_captured=is_captured,
            placed_at=NOON - timedelta(hours=1) + timedelta(minutes=count),
            **NOW,
            **fields,
        )

    return place


@pytest.fixture
def cup(make_variant):
    """A variant that may be owed without limit."""
    return make_variant("cup", backorders="allow")


def numbers(order, sku=None):
    """Return allocated, waiting, short, shipped and canceled units of an order's only line."""
    line = order.lines.get(sku=sku) if sku else order.lines.get()
    one = numbers_of([line])[line.pk]
    return one.allocated, one.waiting, one.short, one.shipped, one.canceled


def stock(variant, warehouse):
    level = StockLevel.objects.get(variant=variant, warehouse=warehouse)
    return level.on_hand, level.allocated, level.on_backorder


def parcels(order):
    return [(one.number, one.status) for one in order.fulfillment_orders.order_by("sequence")]


def test_units_that_arrive_go_to_oversold_lines_first_come_first_served(mug, berlin, sell, receive):
    first, second = sell((mug, 3)), sell((mug, 3))

    moved = receive(mug, berlin, 4)

    assert numbers(first) == (3, 0, 0, 0, 0)
    assert numbers(second) == (1, 0, 2, 0, 0)
    assert stock(mug, berlin) == (4, 4, 0)
    assert [(one.order, one.fulfillment_order, one.sku, one.quantity) for one in moved.served] == [
        (first.number, f"{first.number}-1", "mug", 3),
        (second.number, f"{second.number}-1", "mug", 1),
    ]
    assert parcels(second) == [(f"{second.number}-1", "ready")]
    with pytest.raises(OrderRefused):
        sell((mug, 1), is_captured=False)


def test_its_time_line_says_that_they_are_reserved(mug, berlin, sell, receive):
    order = sell((mug, 3))

    receive(mug, berlin, 2)

    said = [words_of(event) for event in OrderEvent.objects.filter(order=order)]
    assert "Oversold units reserved: 2 × mug." in said


def test_they_join_the_parcel_of_their_order_that_is_ready(mug, berlin, sell, receive):
    receive(mug, berlin, 1)
    order = sell((mug, 3))

    receive(mug, berlin, 2)

    assert parcels(order) == [(f"{order.number}-1", "ready")]
    assert FulfillmentLine.objects.get().allocated == 3


def test_a_parcel_that_is_shipped_is_joined_by_another_one(mug, berlin, sell, receive):
    receive(mug, berlin, 1)
    order = sell((mug, 3))
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)

    receive(mug, berlin, 2)

    number = order.number
    assert parcels(order) == [(f"{number}-1", "shipped"), (f"{number}-2", "ready")]


@pytest.mark.parametrize(
    ("who", "served"),
    [
        ({}, [1, 0]),
        ({"priority": 1}, [0, 1]),
        ({"is_paid": False}, [1, 0]),
    ],
    ids=str,
)
def test_they_stand_in_one_queue_with_those_who_wait(cup, berlin, sell, receive, who, served):
    update_variant(act=Act.now(), variant=cup, changes={"out_of_stock_threshold": -2}, confirm=True)
    waiting = sell((cup, 1), is_captured=False)
    oversold = sell((cup, 2), **who)
    assert (numbers(waiting)[:3], numbers(oversold)[:3]) == ((0, 1, 0), (0, 1, 1))
    update_variant(act=Act.now(), variant=cup, changes={"backorders": "no"}, confirm=True)

    receive(cup, berlin, 1)

    assert [numbers(waiting)[0], numbers(oversold)[0]] == served


def test_of_one_line_what_waits_comes_before_what_is_oversold(cup, berlin, sell, receive):
    update_variant(act=Act.now(), variant=cup, changes={"out_of_stock_threshold": -1}, confirm=True)
    order = sell((cup, 3))
    assert numbers(order) == (0, 1, 2, 0, 0)

    receive(cup, berlin, 2)

    assert numbers(order) == (2, 0, 1, 0, 0)


def test_who_has_not_paid_gets_them_after_those_who_have(mug, berlin, sell, receive):
    unpaid, paid = sell((mug, 1), is_paid=False), sell((mug, 1))

    receive(mug, berlin, 1)

    assert (numbers(unpaid)[2], numbers(paid)[2]) == (1, 0)
    mark_paid(order=unpaid, **NOW)
    receive(mug, berlin, 1)
    assert (numbers(unpaid)[2], parcels(unpaid)) == (0, [(f"{unpaid.number}-1", "ready")])


def test_unpaid_ones_are_held_until_they_are_paid(mug, berlin, sell, receive):
    order = sell((mug, 1), is_paid=False)

    receive(mug, berlin, 1)

    parcel = order.fulfillment_orders.get()
    assert (parcel.status, parcel.holds.get().reason) == ("waiting", "awaiting_payment")


def test_the_store_may_leave_them_to_its_staff(mug, berlin, sell, receive):
    update_settings(act=Act.now(), changes={"serve_oversold": False})
    order = sell((mug, 2))

    receive(mug, berlin, 2)

    assert numbers(order) == (0, 0, 2, 0, 0)
    assert stock(mug, berlin) == (2, 0, 0)
    allow_short(order=order, **NOW)
    assert numbers(order) == (2, 0, 0, 0, 0)


def test_switched_on_they_are_served_from_what_is_there(mug, berlin, sell, receive):
    update_settings(act=Act.now(), changes={"serve_oversold": False})
    order = sell((mug, 2))
    receive(mug, berlin, 2)
    update_settings(act=Act.now(), changes={"serve_oversold": True})
    assert [str(one) for one in reconcile()] == [
        f"unserved: {order.number}: 2 × mug are oversold, and available"
    ]

    run_refresh_promises(None)

    assert numbers(order) == (2, 0, 0, 0, 0)


def cancels(order, mug, berlin, paris):
    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)


def returns(order, mug, berlin, paris):
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)
    units = {order.lines.get().pk: 1}
    return_units(order=order, units=units, warehouse=paris, reason="too big", **NOW)


@pytest.mark.parametrize("frees", [cancels, returns])
def test_what_another_order_frees_goes_to_them(frees, mug, berlin, paris, sell, receive):
    receive(mug, berlin, 2)
    other = sell((mug, 2))
    order = sell((mug, 1))

    frees(other, mug, berlin, paris)

    assert numbers(order) == (1, 0, 0, 0, 0)


def test_a_warehouse_that_is_switched_on_serves_them(mug, berlin, paris, sell, receive):
    update_warehouse(act=Act.now(), warehouse=paris, changes={"is_active": False}, confirm=True)
    receive(mug, paris, 2)
    order = sell((mug, 3))

    update_warehouse(act=Act.now(), warehouse=paris, changes={"is_active": True}, confirm=True)

    assert numbers(order) == (2, 0, 1, 0, 0)


def test_a_stock_level_that_counts_again_serves_them(mug, berlin, sell, receive):
    receive(mug, berlin, 2)
    way = {"variant": mug, "warehouse": berlin}
    update_stock_level(**way, act=Act.now(), changes={"in_stock": False}, confirm=True)
    order = sell((mug, 2))

    update_stock_level(**way, act=Act.now(), changes={"in_stock": True}, confirm=True)

    assert numbers(order) == (2, 0, 0, 0, 0)


def test_the_tick_serves_what_nobody_handed_out(mug, berlin, sell, receive):
    order = sell((mug, 2))
    receive(mug, berlin, 1)
    StockLevel.objects.update(allocated=0)
    FulfillmentLine.objects.all().delete()
    FulfillmentOrder.objects.all().delete()
    OrderLine.objects.update(short=2)

    release_waiting(act=Act(at=NOON))

    assert numbers(order) == (1, 0, 1, 0, 0)


def test_a_warehouse_that_the_channel_does_not_ship_from_serves_nobody(
    mug, berlin, paris, sell, receive
):
    Channel.objects.get(slug=DIRECT).warehouses.add(paris)
    order = sell((mug, 1))

    receive(mug, berlin, 1)
    assert numbers(order) == (0, 0, 1, 0, 0)

    receive(mug, paris, 1)
    assert numbers(order) == (1, 0, 0, 0, 0)


def test_an_order_that_ships_together_keeps_them_for_the_rest(mug, cup, berlin, sell, receive):
    order = sell((mug, 1), (cup, 1), ship_together=True)
    assert parcels(order) == [(f"{order.number}-1", "waiting")]

    receive(mug, berlin, 1)

    parcel = order.fulfillment_orders.get(status="waiting")
    assert parcel.lines.count() == 2
    receive(cup, berlin, 1)
    parcel.refresh_from_db()
    assert parcel.status == "ready"


def test_before_a_release_date_they_are_reserved_and_wait_for_it(mug, berlin, sell, receive):
    day = timezone.localdate(NOON) + timedelta(days=9)
    order = sell((mug, 1))
    update_variant(act=Act.now(), variant=mug, changes={"release_date": day}, confirm=True)

    receive(mug, berlin, 1)

    parcel = order.fulfillment_orders.get()
    assert (parcel.status, parcel.holds.get().reason) == ("waiting", "awaiting_release_date")


def test_most_orders_completed_counts_all_that_is_oversold_of_an_order(
    mug, make_variant, berlin, sell, receive
):
    update_settings(act=Act.now(), changes={"release_rule": "most_orders"})
    many, few = sell((mug, 1), (make_variant("vase"), 4)), sell((mug, 2))

    receive(mug, berlin, 2)

    assert (numbers(many, "mug")[0], numbers(few)[0]) == (0, 2)


# --- bundles ----------------------------------------------------------------------------------


@pytest.fixture
def table(make_variant, mug):
    """A bundle of a mug and two plates."""
    bundle, plate = make_variant("table"), make_variant("plate")
    set_components(
        act=Act.now(), bundle=bundle, lines=[StockLine(mug, 1), StockLine(plate, 2)], confirm=True
    )
    return bundle, plate


def test_a_bundle_is_served_whole_from_one_warehouse(table, mug, berlin, paris, sell, receive):
    bundle, plate = table
    order = sell((bundle, 2))

    receive(mug, berlin, 2)
    receive(plate, paris, 4)
    assert numbers(order) == (0, 0, 2, 0, 0)

    receive(plate, berlin, 3)

    assert numbers(order) == (1, 0, 1, 0, 0)
    assert (stock(mug, berlin), stock(plate, berlin)) == ((2, 1, 0), (3, 2, 0))
    assert parcels(order) == [(f"{order.number}-1", "ready")]


def test_bundle_and_part_draw_on_one_pool_in_rank(table, mug, berlin, sell, receive):
    bundle, plate = table
    first, second, third = sell((mug, 1)), sell((bundle, 1)), sell((mug, 1))
    receive(plate, berlin, 2)

    receive(mug, berlin, 2)

    assert [numbers(one)[0] for one in (first, second, third)] == [1, 1, 0]


def test_what_a_bundle_cannot_take_goes_to_those_behind_it(table, mug, berlin, sell, receive):
    bundle, _plate = table
    blocked, behind = sell((bundle, 1)), sell((mug, 1))

    receive(mug, berlin, 1)

    assert [numbers(one)[0] for one in (blocked, behind)] == [0, 1]


def test_a_part_that_is_not_counted_is_always_there(table, mug, berlin, sell, receive):
    bundle, plate = table
    update_variant(act=Act.now(), variant=plate, changes={"track_inventory": False}, confirm=True)
    order = sell((bundle, 1))

    receive(mug, berlin, 1)

    assert numbers(order) == (1, 0, 0, 0, 0)


# --- what is said before ----------------------------------------------------------------------


def test_the_simulation_says_who_gets_them(mug, berlin, sell, receive):
    first, second = sell((mug, 3)), sell((mug, 3))

    found = simulate_receipt(warehouse=berlin, lines=[StockLine(mug, 4)])

    def shares(rows):
        return [(one.order, one.sku, one.quantity) for one in rows]

    assert shares(found.served) == [(first.number, "mug", 3), (second.number, "mug", 1)]
    assert shares(found.short) == [(second.number, "mug", 2)]
    assert (found.short_units, found.left) == (2, 0)
    moved = receive(mug, berlin, 4)
    assert shares(moved.served) == shares(found.served)


def test_the_simulation_knows_what_a_bundle_needs(table, mug, berlin, sell, receive):
    bundle, plate = table
    order = sell((bundle, 1))
    receive(plate, berlin, 5)

    found = simulate_receipt(warehouse=berlin, lines=[StockLine(mug, 2)])

    assert sorted((one.order, one.sku, one.quantity) for one in found.served) == [
        (order.number, "mug", 1),
        (order.number, "plate", 2),
    ]
    assert (found.short_units, found.left) == (0, 1)
    moved = receive(mug, berlin, 2)
    assert sorted((one.sku, one.quantity) for one in moved.served) == [("mug", 1), ("plate", 2)]


def test_they_are_promised_nothing_and_take_units_before_those_behind(cup, berlin, sell):
    update_variant(act=Act.now(), variant=cup, changes={"out_of_stock_threshold": -1}, confirm=True)
    first = sell((cup, 3))
    update_variant(act=Act.now(), variant=cup, changes={"out_of_stock_threshold": 0}, confirm=True)
    behind = sell((cup, 2), is_captured=False)
    tomorrow = timezone.localdate() + timedelta(days=1)

    for number, units in enumerate((3, 2), start=1):
        create_delivery(
            act=Act.now(),
            warehouse=berlin,
            reference=f"D-{number}",
            expected_at=tomorrow + timedelta(days=number - 1),
            lines=[StockLine(cup, units)],
        )

    assert numbers(first) == (0, 1, 2, 0, 0)
    days = [order.lines.get().promised_at for order in (first, behind)]
    assert days == [tomorrow, tomorrow + timedelta(days=1)]


def test_a_queue_with_oversold_lines_is_not_served_in_sets(cup, berlin, sell, receive, monkeypatch):
    monkeypatch.setattr(release, "MANY", 1)
    update_variant(act=Act.now(), variant=cup, changes={"out_of_stock_threshold": -3}, confirm=True)
    waiting = [sell((cup, 1), is_captured=False) for _order in range(3)]
    oversold = sell((cup, 2), priority=1)

    receive(cup, berlin, 3)

    assert numbers(oversold) == (2, 0, 0, 0, 0)
    assert [numbers(one)[0] for one in waiting] == [1, 0, 0]
