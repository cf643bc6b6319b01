"""An order keeps the recipe of its bundles, whatever becomes of the bundle later."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import StockLevel
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from orders.errors import NotPossible, OrderRefused
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, OrderLine
from orders.services import place
from orders.services.booking import Wanted
from orders.services.change import allow_short, cancel_order, change_order
from orders.services.fulfill import ship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.returns import return_units
from tests.conftest import NOON

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
def parts(part, berlin):
    """Return the components p, q and r."""
    return part("p"), part("q"), part("r")


@pytest.fixture
def box(make_variant):
    return make_variant("box")


def make_of(bundle, *lines):
    set_components(
        act=Act.now(),
        bundle=bundle,
        lines=[StockLine(variant, units) for variant, units in lines],
        confirm=True,
    )


def sell(*lines, **fields):
    return place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann"),
        lines=[Wanted(variant, units, Decimal("2.50")) for variant, units in lines],
        **NOW,
        **fields,
    )


def change(order, **units):
    lines = {line.sku: line.pk for line in order.lines.all()}
    return change_order(
        order=order, quantities={lines[sku]: count for sku, count in units.items()}, **NOW
    )


def ship_all(order):
    for one in order.fulfillment_orders.exclude(status__in=("shipped", "canceled")).order_by("pk"):
        ship(fulfillment_order=one, **NOW)


def test_a_bundle_that_is_changed_before_the_lock_is_not_sold_by_its_old_recipe(
    parts, box, monkeypatch
):
    p, q, _r = parts
    make_of(box, (p, 1))
    lock = place.lock_stock

    def changed_meanwhile(variant_ids):
        make_of(box, (p, 1), (q, 1))
        return lock(variant_ids)

    monkeypatch.setattr(place, "lock_stock", changed_meanwhile)

    with pytest.raises(NotPossible, match="A bundle was changed at this moment"):
        sell((box, 1))

    assert not OrderLine.objects.exists()


def numbers(order, sku="box"):
    """Return allocated, waiting, short, shipped, canceled of a line."""
    line = order.lines.get(sku=sku)
    one = numbers_of([line])[line.pk]
    return one.allocated, one.waiting, one.short, one.shipped, one.canceled


def taken(order):
    """Return what an order holds: SKU, units for each bundle, allocated, waiting, shipped."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    return sorted(rows.values_list("variant__sku", "per_unit", "allocated", "waiting", "shipped"))


def stock(variant):
    return StockLevel.objects.values_list("on_hand", "allocated", "on_backorder").get(
        variant=variant
    )


def test_more_of_a_line_is_made_as_the_line_was_ordered(parts, box, berlin, receive):
    p, _q, _r = parts
    make_of(box, (p, 1))
    receive(p, berlin, 10)
    order = sell((box, 2))

    make_of(box, (p, 2))
    change(order, box=3)

    assert taken(order) == [("p", 1, 3, 0, 0)]
    assert numbers(order) == (3, 0, 0, 0, 0)
    assert stock(p) == (10, 3, 0)
    ship_all(order)
    assert numbers(order) == (0, 0, 0, 3, 0)
    assert stock(p) == (7, 0, 0)
    assert reconcile() == []


def test_a_new_order_is_made_as_the_bundle_is_today(parts, box, berlin, receive):
    p, _q, _r = parts
    make_of(box, (p, 1))
    receive(p, berlin, 10)
    sell((box, 2))

    make_of(box, (p, 2))
    order = sell((box, 2))

    assert taken(order) == [("p", 2, 4, 0, 0)]
    assert stock(p) == (10, 6, 0)


def test_another_component_changes_no_order_that_was_placed(parts, box, berlin, receive):
    p, q, r = parts
    make_of(box, (p, 1), (q, 1))
    for variant in parts:
        receive(variant, berlin, 10)
    order = sell((box, 1))

    make_of(box, (p, 1), (r, 2))
    change(order, box=2)
    ship_all(order)

    assert taken(order) == [("p", 1, 0, 0, 2), ("q", 1, 0, 0, 2)]
    assert numbers(order) == (0, 0, 0, 2, 0)
    assert order.fulfillment_orders.count() == 1
    assert (stock(p), stock(q), stock(r)) == ((8, 0, 0), (8, 0, 0), (10, 0, 0))
    return_units(
        order=order,
        units={order.lines.get().pk: 2},
        warehouse=berlin,
        reason="too big",
        **NOW,
    )
    assert (stock(p), stock(q), stock(r)) == ((10, 0, 0), (10, 0, 0), (10, 0, 0))
    assert reconcile() == []


def test_a_line_that_is_added_is_made_as_today_beside_one_that_is_not(parts, box, berlin, receive):
    p, _q, _r = parts
    make_of(box, (p, 1))
    receive(p, berlin, 20)
    order = sell((box, 2))
    make_of(box, (p, 3))

    old = order.lines.get()
    change_order(order=order, quantities={old.pk: 3}, added=[Wanted(box, 2, Decimal(4))], **NOW)

    assert taken(order) == [("p", 1, 3, 0, 0), ("p", 3, 6, 0, 0)]
    assert stock(p) == (20, 9, 0)
    assert reconcile() == []


def test_what_the_old_recipe_lacks_refuses_more_of_the_line(parts, box, berlin, receive):
    p, q, _r = parts
    update_variant(act=Act.now(), variant=p, changes={"backorders": "no"}, confirm=True)
    make_of(box, (p, 1))
    receive(p, berlin, 2)
    receive(q, berlin, 9)
    order = sell((box, 2))

    make_of(box, (q, 1))

    with pytest.raises(OrderRefused) as refused:
        change(order, box=3)
    assert [(one.sku, one.requested, one.available) for one in refused.value.refusals] == [
        ("box", 1, 0)
    ]
    assert taken(order) == [("p", 1, 2, 0, 0)]


def test_oversold_units_are_allowed_as_they_were_sold(parts, box, berlin, receive):
    p, q, _r = parts
    for variant in parts:
        update_variant(act=Act.now(), variant=variant, changes={"backorders": "no"}, confirm=True)
    make_of(box, (p, 2))
    order = sell((box, 3), is_captured=True)
    assert (numbers(order), taken(order)) == ((0, 0, 3, 0, 0), [])

    make_of(box, (q, 1))
    receive(p, berlin, 2)
    allow_short(order=order, **NOW)

    assert taken(order) == [("p", 2, 0, 4, 0), ("p", 2, 2, 0, 0)]
    assert numbers(order) == (1, 2, 0, 0, 0)
    assert reconcile() == []


def test_an_order_of_a_bundle_that_is_none_any_more_is_canceled_and_changed(
    parts, box, berlin, receive
):
    p, q, _r = parts
    make_of(box, (p, 1), (q, 2))
    receive(p, berlin, 9)
    receive(q, berlin, 9)
    order = sell((box, 3))

    set_components(act=Act.now(), bundle=box, lines=[], confirm=True)
    change(order, box=4)
    assert taken(order) == [("p", 1, 4, 0, 0), ("q", 2, 8, 0, 0)]
    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    assert taken(order) == [("p", 1, 3, 0, 0), ("q", 2, 6, 0, 0)]
    assert numbers(order) == (3, 0, 0, 0, 1)
    assert (stock(p), stock(q)) == ((9, 3, 0), (9, 6, 0))
    assert reconcile() == []


def test_a_variant_that_became_a_bundle_stays_what_it_was_in_an_order(parts, make_variant, berlin):
    p, _q, _r = parts
    vase = make_variant("vase")
    order = sell((vase, 2), is_captured=True)
    make_of(vase, (p, 5))

    allow_short(order=order, **NOW)

    assert taken(order) == [("vase", 1, 0, 2, 0)]


def test_a_line_of_before_is_read_by_what_it_took(parts, box, berlin, receive):
    p, q, _r = parts
    make_of(box, (p, 2), (q, 1))
    receive(p, berlin, 20)
    receive(q, berlin, 20)
    order = sell((box, 2))
    OrderLine.objects.update(recipe=None)

    make_of(box, (q, 7))
    change(order, box=3)

    assert taken(order) == [("p", 2, 6, 0, 0), ("q", 1, 3, 0, 0)]
    assert reconcile() == []


def test_open_lines_of_before_get_their_recipe_by_the_migration(parts, box, berlin, receive):
    p, q, r = parts
    for variant in parts:
        update_variant(act=Act.now(), variant=variant, changes={"backorders": "no"}, confirm=True)
    make_of(box, (p, 2), (q, 1))
    receive(p, berlin, 20)
    receive(q, berlin, 20)
    took, canceled, plain = sell((box, 2)), sell((box, 1)), sell((p, 1))
    cancel_order(order=canceled, **NOW)
    OrderLine.objects.update(recipe=None)
    make_of(box, (r, 3))
    took_nothing = sell((box, 4), is_captured=True)
    OrderLine.objects.filter(order=took_nothing).update(recipe=None)

    migration = import_module("orders.migrations.0006_recipe_of_order_line")
    migration.write_recipes(apps, connection.schema_editor())

    found = dict(OrderLine.objects.values_list("order", "recipe"))
    assert found == {
        took.pk: [[p.pk, 2], [q.pk, 1]],
        took_nothing.pk: [[r.pk, 3]],
        canceled.pk: None,
        plain.pk: None,
    }


def test_units_of_two_recipes_are_never_added_up(parts, box, berlin, receive):
    p, _q, _r = parts
    make_of(box, (p, 1))
    receive(p, berlin, 9)
    order = sell((box, 2))
    OrderLine.objects.update(recipe=[[p.pk, 3]])

    with pytest.raises(NotPossible, match="two recipes"):
        change(order, box=3)
    assert taken(order) == [("p", 1, 2, 0, 0)]
    assert {breach.rule for breach in reconcile()} == {"order_line", "recipe"}


def test_a_component_that_is_gone_is_said(part, box, berlin):
    p, spare = part("p"), part("spare")
    update_variant(act=Act.now(), variant=p, changes={"backorders": "no"}, confirm=True)
    make_of(box, (p, 1))
    order = sell((box, 1), is_captured=True)
    make_of(box, (spare, 1))
    p.stock_levels.all().delete()
    p.delete()

    with pytest.raises(NotPossible, match="no longer exists"):
        allow_short(order=order, **NOW)
    cancel_order(order=order, **NOW)
    order.refresh_from_db()
    assert order.status == "canceled"
