"""`reconcile` is silent while the books are right, and names what is not, and where."""

import json
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import Movement, StockLevel
from inventory.models.stock import MovementKind
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderLine,
)
from orders.services.booking import Wanted
from orders.services.change import cancel_order
from orders.services.fulfill import pack, pick, ship
from orders.services.holds import hold
from orders.services.place import Customer, place_order
from orders.services.reconcile import Breach, reconcile
from orders.services.returns import return_units
from tests.conftest import NOON

PLANTED = 100
NOW = {"act": Act(NOON, "test")}


@pytest.fixture
def sell(db):
    def place(*lines, **fields):
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann"),
            lines=[Wanted(variant, units, Decimal("2.50")) for variant, units in lines],
            **NOW,
            **fields,
        )

    return place


@pytest.fixture
def shop(make_variant, berlin, paris, receive, sell):
    """Return a shop with orders in every state there is, by what they are."""
    mug, vase, plate, bowl, pen, table = (
        make_variant(sku) for sku in ("mug", "vase", "plate", "bowl", "pen", "table")
    )
    for variant in (vase, bowl):
        update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})
    update_variant(act=Act.now(), variant=pen, changes={"track_inventory": False})
    set_components(act=Act.now(), bundle=table, lines=[StockLine(plate, 1), StockLine(bowl, 2)])
    for variant, place, units in (
        (mug, berlin, 40),
        (mug, paris, 7),
        (vase, berlin, 3),
        (plate, berlin, 20),
        (bowl, berlin, 9),
    ):
        receive(variant, place, units)
    orders = {
        "ready": sell((mug, 5)),
        "partly waiting": sell((vase, 8), (mug, 1)),
        "waiting": sell((vase, 4)),
        "picked": sell((mug, 2)),
        "packed": sell((mug, 1), (pen, 2)),
        "shipped": sell((mug, 3), (pen, 1)),
        "partly shipped": sell((mug, 6)),
        "returned": sell((mug, 2)),
        "canceled": sell((mug, 4)),
        "held": sell((mug, 1)),
        "unpaid": sell((mug, 2), is_paid=False),
        "bundle": sell((table, 2)),
        "shipped bundle": sell((table, 1)),
        "waiting bundle": sell((table, 3)),
        "together": sell((mug, 1), (vase, 2), ship_together=True),
        "short": sell((plate, 60), is_captured=True),
    }

    def parcel(name):
        return orders[name].fulfillment_orders.get()

    for name in ("picked", "packed"):
        pick(fulfillment_order=parcel(name), **NOW)
    pack(fulfillment_order=parcel("packed"), **NOW)
    for name in ("shipped", "returned", "shipped bundle"):
        ship(fulfillment_order=parcel(name), **NOW)
    part = parcel("partly shipped")
    ship(fulfillment_order=part, units={part.lines.get().pk: 2}, **NOW)
    line = orders["returned"].lines.get().pk
    return_units(order=orders["returned"], units={line: 1}, warehouse=berlin, reason="x", **NOW)
    cancel_order(order=orders["canceled"], **NOW)
    hold(fulfillment_order=parcel("held"), note="ask", **NOW)
    return orders


def test_a_shop_with_orders_in_every_state_adds_up(shop):
    assert set(FulfillmentOrder.objects.values_list("status", flat=True)) == {*FulfillmentStatus}
    assert set(Order.objects.values_list("status", flat=True)) == {
        "processing",
        "partly_shipped",
        "shipped",
        "canceled",
    }
    assert OrderLine.objects.filter(short__gt=0).exists()
    assert reconcile() == []


# --- what is planted --------------------------------------------------------------------------


@dataclass
class Planted:
    """A number that was made wrong: the rule that must say so, where, and what is near."""

    rule: str
    where: str
    near: frozenset[str] = frozenset()

    def is_named_by(self, breaches):
        """Return whether the breach is found in its place, and none elsewhere."""
        places = {breach.where for breach in breaches}
        named = any((breach.rule, breach.where) == (self.rule, self.where) for breach in breaches)
        return named and places <= self.near | {self.where}


def other(rng, number, *, low=0):
    """Return a number that is near, and is not this one."""
    return rng.choice([n for n in range(max(low, number - 4), number + 5) if n != number])


def quiet_levels():
    """Return stock levels of variants that nobody waits for, and of which none are oversold."""
    waited_for = FulfillmentLine.objects.waiting().values("variant")
    oversold = OrderLine.objects.filter(short__gt=0).values("variant")
    quiet = StockLevel.objects.exclude(variant__in=waited_for).exclude(variant__in=oversold)
    return list(quiet.order_by("pk"))


def any_of(rng, rows):
    return rng.choice(list(rows.order_by("pk")))


def near(order):
    """Return whatever may be named when numbers of an order are wrong."""
    lines = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    levels = StockLevel.objects.filter(fulfillment_lines__in=lines)
    return frozenset(
        {order.number}
        | {f"{order.pk} {line.sku}" for line in order.lines.all()}
        | {parcel.number for parcel in order.fulfillment_orders.all()}
        | {str(level) for level in levels}
    )


def on_hand(rng):
    level = rng.choice(quiet_levels())
    units = other(rng, level.on_hand, low=level.allocated)
    StockLevel.objects.filter(pk=level.pk).update(on_hand=units)
    return Planted("on_hand", str(level))


def allocated(rng):
    level = rng.choice([one for one in quiet_levels() if one.on_hand])
    choices = [n for n in range(level.on_hand + 1) if n != level.allocated]
    StockLevel.objects.filter(pk=level.pk).update(allocated=rng.choice(choices))
    return Planted("allocated", str(level))


def on_backorder(rng):
    level = any_of(rng, StockLevel.objects.all())
    StockLevel.objects.filter(pk=level.pk).update(on_backorder=other(rng, level.on_backorder))
    return Planted("on_backorder", str(level))


def movement(rng):
    level = any_of(rng, StockLevel.objects.all())
    Movement.objects.create(
        stock_level=level, quantity=other(rng, 0, low=-9), kind=MovementKind.COUNT, moved_at=NOON
    )
    return Planted("on_hand", str(level))


def order_line(rng):
    line = any_of(rng, OrderLine.objects.all())
    units = other(rng, line.quantity, low=line.short + line.canceled)
    OrderLine.objects.filter(pk=line.pk).update(quantity=units)
    return Planted("order_line", f"{line.order_id} {line.sku}", near(line.order))


def fulfillment_line(rng):
    line = any_of(rng, FulfillmentLine.objects.all())
    order = line.order_line.order
    where, around = f"{order.pk} {line.order_line.sku}", near(order)
    row = FulfillmentLine.objects.filter(pk=line.pk)
    is_alone = line.order_line.fulfillment_lines.values("variant").distinct().count() == 1
    if is_alone and rng.random() < 0.3:
        row.delete()
        return Planted("order_line", where, around)
    if line.stock_level_id and rng.random() < 0.3:
        row.delete()
        return Planted(*_named_without(line), around)
    fields = ["allocated", "shipped", *(["waiting"] if line.stock_level_id else [])]
    field = rng.choice(fields)
    row.update(**{field: other(rng, getattr(line, field))})
    return Planted("order_line", where, around)


def _named_without(line):
    """Return the rule and the place that miss a component of a bundle."""
    if line.shipped:
        return "shipped", line.fulfillment_order.number
    return "allocated" if line.allocated else "on_backorder", str(line.stock_level)


def parcel_status(rng):
    parcel = any_of(rng, FulfillmentOrder.objects.all())
    status = rng.choice([one for one in FulfillmentStatus if one != parcel.status])
    FulfillmentOrder.objects.filter(pk=parcel.pk).update(status=status)
    return Planted("parcel", parcel.number)


def parcel_hold(rng):
    if rng.random() < 0.3:
        parcel = any_of(rng, FulfillmentOrder.objects.filter(status="ready"))
        Hold.objects.create(fulfillment_order=parcel, reason=HoldReason.MANUAL, at=NOON)
        return Planted("parcel", parcel.number)
    held = any_of(rng, Hold.objects.exclude(reason=HoldReason.AWAITING_REST_OF_ORDER))
    Hold.objects.filter(pk=held.pk).delete()
    return Planted("parcel", held.fulfillment_order.number)


def unserved(rng):
    """Put units on a shelf properly, and hand them to nobody who waits."""
    line = any_of(rng, FulfillmentLine.objects.waiting())
    level = StockLevel.objects.get(pk=line.stock_level_id)
    units = rng.randint(1, 9)
    StockLevel.objects.filter(pk=level.pk).update(on_hand=level.on_hand + units)
    Movement.objects.create(
        stock_level=level, quantity=units, kind=MovementKind.RECEIPT, moved_at=NOON
    )
    others = FulfillmentLine.objects.waiting().filter(variant=line.variant_id)
    around = frozenset(one.fulfillment_order.number for one in others)
    return Planted("unserved", line.fulfillment_order.number, around)


def shipped_component(rng):
    """Remove a component of a bundle that left the house: its recipe misses it."""
    lines = FulfillmentLine.objects.filter(shipped__gt=0, order_line__sku="table")
    line = any_of(rng, lines)
    around = near(line.order_line.order)
    FulfillmentLine.objects.filter(pk=line.pk).delete()
    return Planted("order_line", f"{line.order_line.order_id} table", around)


def recipe(rng):
    """Count a component by another recipe than its line was ordered by."""
    lines = FulfillmentLine.objects.filter(order_line__sku="table")
    line = any_of(rng, lines)
    around = near(line.order_line.order)
    FulfillmentLine.objects.filter(pk=line.pk).update(per_unit=line.per_unit + rng.randint(1, 3))
    return Planted("order_line", f"{line.order_line.order_id} table", around)


def money(rng):
    order = any_of(rng, Order.objects.all())
    total = order.total + Decimal(rng.randint(1, 999)) / 100
    Order.objects.filter(pk=order.pk).update(total=total)
    return Planted("money", order.number)


KINDS = (
    on_hand,
    allocated,
    on_backorder,
    movement,
    order_line,
    fulfillment_line,
    parcel_status,
    parcel_hold,
    unserved,
    shipped_component,
    recipe,
    money,
)


def test_each_of_a_hundred_wrong_numbers_is_named_in_its_place(shop):
    missed = []
    for seed in range(PLANTED):
        kind = KINDS[seed % len(KINDS)]
        with transaction.atomic():
            planted = kind(Random(seed))
            found = reconcile()
            transaction.set_rollback(True)
        if not planted.is_named_by(found):
            missed.append((seed, kind.__name__, planted, [str(one) for one in found]))

    assert missed == []
    assert reconcile() == []


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def two_wrong_numbers(shop):
    """Return the breaches of two numbers that were made wrong."""
    level = StockLevel.objects.get(variant__sku="mug", warehouse__code="paris")
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)
    order = shop["ready"]
    Order.objects.filter(pk=order.pk).update(total=Decimal(13))
    return [
        Breach("on_hand", str(level), "9, but 7 by the movements"),
        Breach("money", order.number, "13.00, but its lines say 12.50"),
    ]


def test_the_command_says_that_everything_adds_up(shop, capsys):
    call_command("reconcile")

    assert capsys.readouterr().out == "Everything adds up.\n"


def test_the_command_says_so_in_json(shop, capsys):
    call_command("reconcile", "--json")

    assert json.loads(capsys.readouterr().out) == {"clean": True, "breaches": []}


def test_the_command_prints_a_line_for_each_breach_and_fails(two_wrong_numbers, shop, capsys):
    with pytest.raises(SystemExit) as stopped:
        call_command("reconcile")

    assert stopped.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        "on_hand: mug @ paris: 9, but 7 by the movements",
        f"money: {shop['ready'].number}: 13.00, but its lines say 12.50",
    ]


def test_the_command_names_each_breach_in_json_and_fails(two_wrong_numbers, capsys):
    with pytest.raises(SystemExit) as stopped:
        call_command("reconcile", "--json")

    assert stopped.value.code == 1
    assert json.loads(capsys.readouterr().out) == {
        "clean": False,
        "breaches": [
            {"rule": one.rule, "where": one.where, "text": one.text} for one in two_wrong_numbers
        ],
    }
