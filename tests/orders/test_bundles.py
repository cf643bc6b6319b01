"""A bundle is one thing in one warehouse: it waits, is served, moves and ships there, whole."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import DIRECT, STOREFRONT, Channel
from inventory.acts import Act
from inventory.models import OutgoingMail, StockLevel, StoreSettings
from inventory.services.catalog import set_components, update_variant
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_stock_level
from orders.errors import NotPossible
from orders.event_kinds import EventKind
from orders.event_words import words_of
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, FulfillmentOrder, OrderEvent, OrderLine
from orders.services.booking import Wanted
from orders.services.change import cancel_order, change_order
from orders.services.fulfill import ship, ship_what_is_there, unship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.release import release_waiting
from orders.services.returns import return_units
from orders.storefront.cart_words import told_of
from orders.storefront.quote import quote
from orders.told import facts, told
from tests.conftest import NOON, list_in_the_storefront
from tests.inventory.api.conftest import Api

NOW = {"act": Act(NOON, "test")}


@pytest.fixture
def part(make_variant):
    """Return a maker of components that may be owed."""

    def make(sku):
        return update_variant(
            act=Act.now(), variant=make_variant(sku), changes={"backorders": "allow"}
        )

    return make


@pytest.fixture
def p(part, berlin, paris):
    return part("p")


@pytest.fixture
def q(part, p):
    return part("q")


@pytest.fixture
def box(make_variant, p, q):
    """Return a bundle of one p and two q."""
    box = make_variant("box")
    set_components(act=Act.now(), bundle=box, lines=[StockLine(p, 1), StockLine(q, 2)])
    return box


def put(place, *lines):
    lines = [StockLine(variant, units) for variant, units in lines]
    return receive_stock(warehouse=place, lines=lines, reference="R", **NOW).served


def sell(*lines, **fields):
    return place_order(
        channel=fields.pop("channel", None) or Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann", "ann@example.com"),
        lines=[Wanted(variant, units, Decimal("2.50")) for variant, units in lines],
        **NOW,
        **fields,
    )


def taken(order):
    """Return what an order holds: parcel, SKU, warehouse, allocated, waiting, shipped."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    return list(
        rows.values_list(
            "fulfillment_order__sequence",
            "variant__sku",
            "stock_level__warehouse__code",
            "allocated",
            "waiting",
            "shipped",
        ).order_by("fulfillment_order__sequence", "stock_level__warehouse__code", "variant__sku")
    )


def parcels(order):
    rows = order.fulfillment_orders.order_by("sequence")
    return list(rows.values_list("status", "warehouse__code"))


def numbers(order):
    """Return allocated, waiting, short, shipped, canceled of the bundle of an order."""
    line = order.lines.get(sku="box")
    one = numbers_of([line])[line.pk]
    return one.allocated, one.waiting, one.short, one.shipped, one.canceled


def stock(variant, place):
    level = StockLevel.objects.filter(variant=variant, warehouse=place).first()
    return (level.on_hand, level.allocated, level.on_backorder) if level else (0, 0, 0)


# --- waiting and moving ---------------------------------------------------------------------------


def test_parts_in_two_warehouses_are_no_bundle_and_wait_in_one(p, q, box, berlin, paris):
    put(berlin, (p, 5))
    put(paris, (q, 8))

    order = sell((box, 2))

    assert parcels(order) == [("waiting", None)]
    assert taken(order) == [(1, "p", "berlin", 2, 0, 0), (1, "q", "berlin", 0, 4, 0)]
    assert stock(q, paris) == (8, 0, 0)
    assert reconcile() == []


def test_a_part_is_served_where_its_bundle_waits_alone(p, q, box, berlin, paris):
    put(berlin, (p, 5))
    order = sell((box, 2))

    assert put(paris, (q, 3)) == []
    served = put(berlin, (q, 3))

    assert [(one.sku, one.quantity) for one in served] == [("q", 3)]
    assert taken(order) == [(1, "p", "berlin", 2, 0, 0), (1, "q", "berlin", 3, 1, 0)]
    assert numbers(order) == (1, 1, 0, 0, 0)
    assert reconcile() == []


def test_a_bundle_moves_to_a_warehouse_that_has_all_of_it(p, q, box, berlin, paris):
    put(berlin, (p, 1))
    first, second = sell((box, 1)), sell((p, 1))
    assert taken(second) == [(1, "p", "berlin", 0, 1, 0)]
    put(paris, (q, 2))
    assert parcels(first) == [("waiting", None)]

    served = put(paris, (p, 2))

    # one p serves who waits for p alone, the other one makes the bundle in paris
    assert sorted((one.order, one.sku, one.quantity) for one in served) == [
        (first.number, "q", 2),
        (second.number, "p", 1),
    ]
    assert parcels(first) == [("ready", "paris")]
    assert taken(first) == [(1, "p", "paris", 1, 0, 0), (1, "q", "paris", 2, 0, 0)]
    assert stock(p, berlin) == (1, 0, 0)
    assert stock(q, berlin) == (0, 0, 0)
    [moved] = OrderEvent.objects.filter(order=first, kind=EventKind.BUNDLE_MOVED)
    assert words_of(moved) == f"1 × box: all of it is in {paris.code}."
    assert reconcile() == []


def test_what_a_moved_bundle_kept_goes_to_the_next_in_line(p, q, box, berlin, paris):
    list_in_the_storefront()
    storefront = Channel.objects.get(slug=STOREFRONT)
    storefront.warehouses.add(berlin)
    put(berlin, (p, 1))
    first, second = sell((box, 1)), sell((p, 1), channel=storefront)
    assert taken(second) == [(1, "p", "berlin", 0, 1, 0)]

    put(paris, (p, 1))
    assert parcels(first) == [("waiting", None)]
    served = put(paris, (q, 2))

    assert [(one.order, one.sku, one.quantity) for one in served] == [
        (first.number, "q", 2),
        (second.number, "p", 1),
    ]
    assert (parcels(first), parcels(second)) == ([("ready", "paris")], [("ready", "berlin")])
    assert stock(p, berlin) == (1, 1, 0)
    assert reconcile() == []


def test_a_part_of_the_bundles_moves_and_the_rest_waits_on(p, q, box, berlin, paris):
    put(berlin, (p, 3))
    order = sell((box, 3))

    put(paris, (p, 2), (q, 3))

    assert taken(order) == [
        (1, "p", "berlin", 2, 0, 0),
        (1, "q", "berlin", 0, 4, 0),
        (1, "p", "paris", 1, 0, 0),
        (1, "q", "paris", 2, 0, 0),
    ]
    assert (stock(p, berlin), stock(p, paris), stock(q, paris)) == (
        (3, 2, 0),
        (2, 1, 0),
        (3, 2, 0),
    )
    assert reconcile() == []


def test_a_warehouse_that_closes_lets_its_bundles_go_where_they_are_whole(p, q, box, berlin, paris):
    put(berlin, (p, 1), (q, 2))
    order = sell((box, 2))
    assert parcels(order) == [("ready", "berlin"), ("waiting", None)]
    put(paris, (p, 1))
    update_stock_level(
        act=Act.now(), variant=p, warehouse=berlin, changes={"in_stock": False}, confirm=True
    )

    put(paris, (q, 2))

    assert parcels(order) == [("ready", "berlin"), ("ready", "paris")]
    assert reconcile() == []


def test_a_bundle_is_promised_by_deliveries_into_its_warehouse_alone(p, q, box, berlin, paris):
    put(berlin, (p, 2))
    order = sell((box, 2))
    day = timezone.localdate(NOON) + timedelta(days=3)

    def announce(place, units, day):
        create_delivery(
            act=Act.now(),
            warehouse=place,
            reference="D",
            expected_at=day,
            lines=[StockLine(q, units)],
        )
        return OrderLine.objects.get(order=order).promised_at

    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: NOON)
        assert announce(paris, 9, day) is None
        assert announce(berlin, 3, day) is None
        assert announce(berlin, 1, day + timedelta(days=2)) == day + timedelta(days=2)


def test_what_a_correction_takes_is_missing_where_the_bundle_is(p, q, box, berlin, paris):
    put(berlin, (p, 1), (q, 2))
    order = sell((box, 1))
    assert parcels(order) == [("ready", "berlin")]

    correct_stock(warehouse=berlin, lines=[Found(q, 1)], reason="count", **NOW)

    assert parcels(order) == [("waiting", None)]
    assert taken(order) == [(1, "p", "berlin", 1, 0, 0), (1, "q", "berlin", 1, 1, 0)]
    put(paris, (p, 1), (q, 2))
    assert parcels(order) == [("ready", "paris")]
    assert reconcile() == []


def test_the_worker_moves_what_nobody_moved(p, q, box, berlin, paris):
    put(berlin, (p, 1))
    order = sell((box, 1))
    for variant, units in ((p, 1), (q, 2)):
        StockLevel.objects.update_or_create(
            variant=variant, warehouse=paris, defaults={"on_hand": units}
        )
    assert [breach.rule for breach in reconcile() if breach.rule == "unserved"] == ["unserved"]

    release_waiting(act=Act(at=NOON))

    assert parcels(order) == [("ready", "paris")]


@pytest.fixture
def no_box(p, q, box, berlin, paris):
    """Return an order of six boxes that three p here and three q there make none of."""
    for one in (p, q):
        update_variant(act=Act.now(), variant=one, changes={"out_of_stock_threshold": -10})
    put(berlin, (p, 3))
    put(paris, (q, 3))
    list_in_the_storefront()
    storefront = Channel.objects.get(slug=STOREFRONT)
    day = timezone.localdate(NOON)
    asked = quote({"box": 6}, channel=storefront, settings=StoreSettings.load(), today=day)
    order = sell((box, 6), channel=storefront)
    # five lack q in berlin, the sixth lacks p in paris
    assert taken(order) == [
        (1, "p", "berlin", 3, 2, 0),
        (1, "q", "berlin", 0, 10, 0),
        (1, "p", "paris", 0, 1, 0),
        (1, "q", "paris", 2, 0, 0),
    ]
    return order, asked


def test_parts_that_lie_apart_are_owed_in_all_numbers(no_box, operator):
    order, asked = no_box

    [line] = Api(operator).get(f"/orders/{order.number}").json()["lines"]

    assert numbers(order) == (0, 6, 0, 0, 0)
    assert (line["allocated"], line["backordered"], line["backordered_when_placed"]) == (0, 6, 6)
    assert [(one.now, one.owed) for one in asked.lines] == [(0, 6)]
    assert reconcile() == []


def test_parts_that_lie_apart_are_owed_in_all_words(no_box, operator, client):
    order, asked = no_box
    client.force_login(operator)

    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    [one] = told(order, today=timezone.localdate(NOON)).lines
    assert (one.owed, facts(one)) == (6, ["6 on backorder: no date yet"])
    assert told_of(asked.lines[0], today=timezone.localdate(NOON)).text == "6 on backorder"
    assert "6 units, 6 on backorder" in page
    assert "kept for you" not in OutgoingMail.objects.get().text


def test_a_part_that_left_alone_is_not_missing_any_more(p, q, box, berlin):
    put(berlin, (p, 1), (q, 1))
    order = sell((box, 1))
    # as the books of a time were, when components could ship alone
    row = FulfillmentLine.objects.get(variant=p)
    FulfillmentLine.objects.filter(pk=row.pk).update(allocated=0, shipped=1)
    assert numbers(order) == (0, 1, 0, 0, 0)

    FulfillmentLine.objects.filter(variant=q).update(allocated=2, waiting=0)

    assert numbers(order) == (1, 0, 0, 0, 0)


# --- shipping, canceling, changing ----------------------------------------------------------------


@pytest.fixture
def two_places(p, q, box, berlin, paris):
    """Return an order of three bundles: one whole in each warehouse, one lacks a q in berlin."""
    put(berlin, (p, 2), (q, 3))
    put(paris, (p, 1), (q, 2))
    order = sell((box, 3))
    assert parcels(order) == [("ready", "berlin"), ("ready", "paris"), ("waiting", None)]
    assert taken(order)[-2:] == [(3, "p", "berlin", 1, 0, 0), (3, "q", "berlin", 1, 1, 0)]
    return order


def test_less_frees_whole_bundles_those_that_lack_something_first(two_places, p, q, berlin, paris):
    order = two_places

    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)
    assert parcels(order)[2] == ("canceled", None)
    assert (stock(p, berlin), stock(q, berlin)) == ((2, 1, 0), (3, 2, 0))
    change_order(order=order, quantities={order.lines.get().pk: 2}, **NOW)

    assert parcels(order) == [("ready", "berlin"), ("canceled", "paris"), ("canceled", None)]
    assert (stock(p, paris), stock(q, paris)) == ((1, 0, 0), (2, 0, 0))
    assert reconcile() == []


def test_of_one_parcel_the_last_warehouse_gives_up_its_whole_bundles_first(
    p, q, box, berlin, paris
):
    put(berlin, (p, 2), (q, 3))
    put(paris, (p, 1), (q, 2))
    order = sell((box, 3), ship_together=True)

    cancel_order(order=order, units={order.lines.get().pk: 2}, **NOW)

    assert parcels(order) == [("ready", "berlin")]
    assert (stock(p, berlin), stock(q, berlin)) == ((2, 1, 0), (3, 2, 0))
    assert (stock(p, paris), stock(q, paris)) == ((1, 0, 0), (2, 0, 0))
    assert reconcile() == []


def test_an_order_that_waits_together_frees_bundles_of_one_warehouse(p, q, box, berlin, paris):
    put(berlin, (p, 2), (q, 3))
    put(paris, (p, 1), (q, 2))
    order = sell((box, 3), ship_together=True)
    assert parcels(order) == [("waiting", None)]

    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    assert sorted(parcels(order)) == [("ready", "berlin"), ("ready", "paris")]
    assert (stock(p, berlin), stock(q, berlin)) == ((2, 1, 0), (3, 2, 0))
    assert (stock(p, paris), stock(q, paris)) == ((1, 1, 0), (2, 2, 0))
    assert reconcile() == []


def test_whole_bundles_of_one_warehouse_ship_out_of_a_parcel_that_waits(p, q, box, berlin, paris):
    put(berlin, (p, 2), (q, 3))
    put(paris, (p, 1), (q, 2))
    order = sell((box, 3), ship_together=True)
    waiting = order.fulfillment_orders.get()
    rows = {
        (row.variant.sku, row.stock_level.warehouse.code): row.pk for row in waiting.lines.all()
    }

    for broken in (
        {("p", "berlin"): 1, ("q", "paris"): 2},
        {("p", "berlin"): 1, ("q", "berlin"): 1},
        {("p", "berlin"): 1},
    ):
        with pytest.raises(NotPossible, match="A bundle ships as one"):
            ship(
                fulfillment_order=waiting,
                units={rows[place]: units for place, units in broken.items()},
                **NOW,
            )
    whole = {rows["p", "paris"]: 1, rows["q", "paris"]: 2}
    ship(fulfillment_order=waiting, units=whole, **NOW)

    assert numbers(order) == (1, 1, 0, 1, 0)
    assert (stock(p, paris), stock(q, paris)) == ((0, 0, 0), (0, 0, 0))
    made = ship_what_is_there(fulfillment_order=waiting, **NOW)
    assert made.warehouse == berlin
    assert sorted(made.lines.values_list("variant__sku", "allocated")) == [("p", 1), ("q", 2)]
    assert reconcile() == []


def test_a_bundle_that_came_back_is_there_for_others(p, q, box, berlin, paris):
    put(berlin, (p, 1), (q, 2))
    order = sell((box, 1))
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)
    waiting = sell((box, 1))

    return_units(
        order=order, units={order.lines.get().pk: 1}, warehouse=paris, reason="too big", **NOW
    )

    assert parcels(waiting) == [("ready", "paris")]
    assert reconcile() == []


# --- orders of before, whose parts lie in two warehouses ------------------------------------------


@pytest.fixture
def apart(p, q, box, berlin, paris):
    """Return an order of before: its p is in berlin, its two q are in paris, in two parcels."""
    put(berlin, (p, 1), (q, 2))
    order = sell((box, 1))
    put(paris, (q, 2))
    FulfillmentLine.objects.filter(variant=q).update(
        stock_level=StockLevel.objects.get(variant=q, warehouse=paris),
        fulfillment_order=FulfillmentOrder.objects.create(
            order=order, sequence=2, warehouse=paris, status="ready", created_at=NOON
        ),
    )
    StockLevel.objects.filter(variant=q, warehouse=berlin).update(allocated=0)
    StockLevel.objects.filter(variant=q, warehouse=paris).update(allocated=2)
    assert parcels(order) == [("ready", "berlin"), ("ready", "paris")]
    assert reconcile() == []
    return order


def test_parts_of_before_ship_from_where_they_lie(apart):
    for one in apart.fulfillment_orders.order_by("sequence"):
        ship(fulfillment_order=one, **NOW)

    assert numbers(apart) == (0, 0, 0, 1, 0)
    apart.refresh_from_db()
    assert apart.status == "shipped"
    assert reconcile() == []


def test_parts_of_before_are_canceled(apart, p, q, berlin, paris):
    cancel_order(order=apart, **NOW)

    assert numbers(apart) == (0, 0, 0, 0, 1)
    assert (stock(p, berlin), stock(q, paris)) == ((1, 0, 0), (2, 0, 0))
    assert reconcile() == []


@pytest.fixture
def begun(apart, q, paris, berlin):
    """Return that order after its p left and the q were counted to none."""
    ship(fulfillment_order=apart.fulfillment_orders.get(sequence=1), **NOW)
    correct_stock(warehouse=paris, lines=[Found(q, 0)], reason="count", **NOW)
    correct_stock(warehouse=berlin, lines=[Found(q, 0)], reason="count", **NOW)
    assert parcels(apart)[0] == ("shipped", "berlin")
    assert numbers(apart) == (0, 1, 0, 0, 0)
    return apart


def test_what_is_left_of_a_begun_bundle_is_canceled(begun, p, q, berlin, paris):
    cancel_order(order=begun, **NOW)

    begun.refresh_from_db()
    assert begun.status == "canceled"
    assert begun.payment == "refund_due"
    assert numbers(begun) == (0, 0, 0, 0, 1)
    assert stock(q, paris) == (0, 0, 0)
    assert reconcile() == []
    unship(fulfillment_order=begun.fulfillment_orders.get(sequence=1), **NOW)
    assert stock(p, berlin) == (1, 0, 0)
    assert numbers(begun) == (0, 0, 0, 0, 1)
    assert parcels(begun)[0][0] == "canceled"
    assert reconcile() == []


def test_what_is_left_of_a_begun_bundle_is_changed_to_none(begun):
    change_order(order=begun, quantities={begun.lines.get().pk: 0}, **NOW)

    assert numbers(begun) == (0, 0, 0, 0, 1)
    assert reconcile() == []


def test_the_rest_of_a_begun_bundle_comes_and_ships(begun, q, paris, berlin):
    put(paris, (q, 2))

    assert parcels(begun)[1] == ("ready", "paris")
    ship(fulfillment_order=begun.fulfillment_orders.get(sequence=2), **NOW)
    assert numbers(begun) == (0, 0, 0, 1, 0)
    return_units(
        order=begun, units={begun.lines.get().pk: 1}, warehouse=berlin, reason="too big", **NOW
    )
    assert reconcile() == []


def test_the_rest_of_a_begun_bundle_comes_from_where_it_is(begun, q, berlin):
    put(berlin, (q, 2))

    assert parcels(begun)[1] == ("ready", "berlin")
    assert reconcile() == []


def test_a_customer_cannot_cancel_a_bundle_of_which_a_part_was_sent(begun):
    assert told(begun, today=NOON.date()).cancelable == {}


def test_a_begun_bundle_is_the_last_to_be_canceled(p, q, apart, box, berlin, paris):
    line = apart.lines.get()
    change_order(order=apart, quantities={line.pk: 2}, **NOW)
    ship(fulfillment_order=apart.fulfillment_orders.get(sequence=1), **NOW)

    cancel_order(order=apart, units={line.pk: 1}, **NOW)
    assert numbers(apart) == (1, 0, 0, 0, 1)
    assert stock(q, paris) == (2, 2, 0)
    cancel_order(order=apart, units={line.pk: 1}, act=Act(NOON + timedelta(seconds=1), "test"))

    assert numbers(apart) == (0, 0, 0, 0, 2)
    assert stock(q, paris) == (2, 0, 0)
    assert reconcile() == []


def test_more_of_a_line_of_which_a_canceled_part_left_is_another_line(apart, box, p, q, berlin):
    line = apart.lines.get()
    put(berlin, (p, 1))
    other = [Wanted(box, 5, Decimal(4))]
    change_order(order=apart, quantities={line.pk: 2}, added=other, **NOW)
    ship(fulfillment_order=apart.fulfillment_orders.get(sequence=1), **NOW)
    cancel_order(order=apart, units={line.pk: 1}, **NOW)
    left = FulfillmentLine.objects.filter(order_line=line, shipped__gt=0)
    assert sorted(left.values_list("variant__sku", "shipped")) == [("p", 2), ("q", 2)]

    with pytest.raises(NotPossible, match="another line"):
        change_order(order=apart, quantities={line.pk: 3}, **NOW)
    assert reconcile() == []
