"""Each kind of corruption is planted into healthy books, and `reconcile` must name it, by its rule.

Whatever is not said by numbers alone is here: identities, states, money, what was written down.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from channels.models import DIRECT, STOREFRONT, Channel, Listing
from inventory import ledger
from inventory.acts import Act
from inventory.models import (
    BundleComponent,
    ChangeSetRow,
    IncomingDelivery,
    IncomingDeliveryLine,
    Movement,
    OutgoingMail,
    Seal,
    StockLevel,
    Variant,
    Warehouse,
)
from inventory.services.catalog import set_components, update_variant
from inventory.services.deliveries import create_delivery
from inventory.services.mail import queue_mail
from inventory.services.movements import StockLine
from inventory.services.once import Answer, once
from inventory.services.receive import receive_delivery
from inventory.services.seals import seal_all
from orders.event_kinds import EventKind
from orders.models import (
    CapturedOrder,
    FulfillmentLine,
    FulfillmentOrder,
    Hold,
    HoldReason,
    Order,
    OrderEvent,
    OrderLine,
)
from orders.services.booking import Wanted
from orders.services.change import cancel_order, set_priority
from orders.services.fulfill import pick, ship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.returns import return_units
from tests.conftest import list_in_the_storefront


def now():
    return {"act": Act.now("anna")}


@dataclass
class World:
    """A healthy shop: what is in it, by name."""

    orders: dict[str, Order]
    berlin: Warehouse
    paris: Warehouse
    came: IncomingDelivery
    comes: IncomingDelivery
    mail: OutgoingMail
    user: Any

    def parcels(self, name):
        return FulfillmentOrder.objects.filter(order=self.orders[name])

    def lines(self, name):
        return FulfillmentLine.objects.filter(fulfillment_order__order=self.orders[name])

    def order(self, name):
        return Order.objects.filter(pk=self.orders[name].pk)

    def ordered(self, name):
        return OrderLine.objects.filter(order=self.orders[name])

    def events(self, name):
        return OrderEvent.objects.filter(order=self.orders[name])


@pytest.fixture
def world(make_variant, berlin, paris, receive, operator):
    mug, vase, plate, bowl, table = (
        make_variant(sku, price="2.50") for sku in ("mug", "vase", "plate", "bowl", "table")
    )
    update_variant(variant=vase, changes={"backorders": "allow"}, **now())
    set_components(bundle=table, lines=[StockLine(plate, 1), StockLine(bowl, 2)], **now())
    for variant, place, units in ((mug, berlin, 40), (mug, paris, 7), (plate, berlin, 9)):
        receive(variant, place, units)
    receive(bowl, berlin, 30)
    list_in_the_storefront()
    day = timezone.localdate() + timedelta(days=5)
    made = [
        create_delivery(
            warehouse=berlin, reference=name, expected_at=day, lines=[StockLine(vase, 4)], **now()
        )
        for name in ("came", "comes")
    ]
    receive_delivery(delivery=made[0], **now())

    def sell(*lines, **fields):
        wanted = [Wanted(variant, units, Decimal("2.50")) for variant, units in lines]
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann", "ann@example.com"),
            lines=wanted,
            **now(),
            **fields,
        )

    orders = {
        "ready": sell((mug, 5)),
        "picked": sell((mug, 2)),
        "shipped": sell((mug, 3), (plate, 1)),
        "returned": sell((mug, 2)),
        "waiting": sell((vase, 8)),
        "together": sell((mug, 1), (vase, 1), ship_together=True),
        "unpaid": sell((mug, 1), is_paid=False),
        "bundle": sell((table, 2)),
        "canceled": sell((mug, 1)),
        "urgent": sell((vase, 1)),
        "captured": sell((mug, 2), external_id="W-1"),
    }
    pick(fulfillment_order=orders["picked"].fulfillment_orders.get(), **now())
    for name in ("shipped", "returned"):
        ship(fulfillment_order=orders[name].fulfillment_orders.get(), **now())
    back = {orders["returned"].lines.get().pk: 1}
    return_units(order=orders["returned"], units=back, warehouse=berlin, reason="x", **now())
    cancel_order(order=orders["canceled"], **now())
    set_priority(order=orders["urgent"], priority=7, reason="x", **now())
    CapturedOrder.objects.create(
        channel=Channel.objects.get(slug=STOREFRONT),
        external_id="W-1",
        status="paid",
        placed_at=timezone.now(),
        changed_at=timezone.now(),
        received_at=timezone.now(),
        state="captured",
        booked=[["mug", 2]],
        order=orders["captured"],
        is_settled=True,
    )
    once(
        user_id=operator.pk,
        key="key-1",
        fingerprint="f",
        at=timezone.now(),
        act=lambda: Answer(201, '{"number": "1001"}'),
    )
    mail = queue_mail(to="ann@example.com", subject="Hello", text="Hello", html="")
    seal_all(at=timezone.now())
    return World(orders, berlin, paris, made[0], made[1], mail, operator)


def unguarded():
    """Take the guard away, as whoever may change the schema can."""
    ledger.lift_triggers(connection)


# --- what is planted --------------------------------------------------------------------------


def parcel_in_another_warehouse(world):
    world.parcels("ready").update(warehouse=world.paris)


def shipment_from_another_warehouse(world):
    world.parcels("shipped").update(warehouse=world.paris)


def shipped_line_from_another_shelf(world):
    other = StockLevel.objects.get(variant__sku="mug", warehouse=world.paris)
    world.lines("shipped").filter(variant__sku="mug").update(stock_level=other)
    world.parcels("shipped").update(warehouse=world.paris)


def movement_at_another_shelf(world):
    unguarded()
    other = StockLevel.objects.get(variant__sku="mug", warehouse=world.paris)
    number = world.parcels("shipped").get().number
    row = Movement.objects.filter(reference=number, stock_level__variant__sku="mug")
    row.update(stock_level=other)
    StockLevel.objects.filter(pk=other.pk).update(on_hand=F("on_hand") - 3)
    level = StockLevel.objects.filter(variant__sku="mug", warehouse=world.berlin)
    level.update(on_hand=F("on_hand") + 3)


def waiting_parcel_in_a_warehouse(world):
    world.parcels("waiting").filter(status="waiting").update(warehouse=world.berlin)


def line_in_the_parcel_of_another_order(world):
    world.lines("ready").update(fulfillment_order=world.parcels("picked").get())


def line_of_another_variant(world):
    vase = Variant.objects.get(sku="vase")
    world.lines("ready").update(variant=vase)


def line_from_the_stock_of_another(world):
    level = StockLevel.objects.get(variant__sku="plate", warehouse=world.berlin)
    world.lines("ready").update(stock_level=level)


def component_of_an_order_gone(world):
    world.lines("bundle").filter(variant__sku="bowl").delete()


def per_unit_of_an_order_falsified(world):
    world.lines("bundle").filter(variant__sku="bowl").update(per_unit=3)


def recipe_of_an_order_falsified(world):
    line = world.ordered("bundle").get()
    world.ordered("bundle").update(recipe=line.recipe[:1])


def component_of_a_bundle_gone(_world):
    BundleComponent.objects.filter(component__sku="bowl").delete()


def units_of_a_bundle_falsified(_world):
    BundleComponent.objects.filter(component__sku="bowl").update(quantity=3)


def more_returned_than_shipped(world):
    world.ordered("returned").update(returned=3)


def returned_without_a_word(world):
    world.ordered("returned").update(returned=2)


def returned_twice_to_the_shelf(world):
    level = StockLevel.objects.get(variant__sku="mug", warehouse=world.berlin)
    number = world.orders["returned"].number
    Movement.objects.create(
        stock_level=level, quantity=1, kind="return", reference=number, moved_at=timezone.now()
    )
    StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") + 1)


def received_without_a_movement(world):
    IncomingDeliveryLine.objects.filter(delivery=world.comes).update(received=2)


def movement_of_a_delivery_gone(world):
    unguarded()
    Movement.objects.filter(delivery=world.came).update(delivery=None)


def closed_while_units_are_to_come(world):
    IncomingDelivery.objects.filter(pk=world.comes.pk).update(received_at=timezone.now())


def open_while_everything_came(world):
    IncomingDelivery.objects.filter(pk=world.came.pk).update(received_at=None)


def order_line_lost(world):
    world.lines("canceled").delete()
    world.ordered("canceled").delete()


def order_line_lost_with_its_parcel(world):
    order = world.orders["shipped"]
    line = world.ordered("shipped").get(sku="plate")
    level = StockLevel.objects.filter(variant__sku="plate", warehouse=world.berlin)
    unguarded()
    Movement.objects.filter(reference__startswith=f"{order.pk}-", stock_level=level.get()).delete()
    level.update(on_hand=F("on_hand") + 1)
    FulfillmentLine.objects.filter(order_line=line).delete()
    line.delete()
    world.order("shipped").update(total=F("total") - 2.5, captured=F("captured") - 2.5)


def priority_of_a_line_falsified(world):
    world.lines("waiting").update(priority=100)


def priority_of_an_order_falsified(world):
    world.order("waiting").update(priority=100)
    world.lines("waiting").update(priority=100)


def priority_against_the_history(world):
    world.order("urgent").update(priority=0)
    world.lines("urgent").update(priority=0)


def place_of_a_line_falsified(world):
    world.lines("waiting").update(placed_at=timezone.now() - timedelta(days=9))


def place_of_an_order_falsified(world):
    early = timezone.now() - timedelta(days=9)
    world.order("waiting").update(placed_at=early)
    world.ordered("waiting").update(placed_at=early)
    world.lines("waiting").update(placed_at=early)


def unpaid_stands_as_paid(world):
    world.lines("unpaid").update(is_unpaid=False)


def untracked_while_it_owes(_world):
    Variant.objects.filter(sku="vase").update(track_inventory=False)


def captured_with_other_units(_world):
    CapturedOrder.objects.update(booked=[["mug", 3]])


def order_state_falsified(world):
    world.order("ready").update(status="shipped")


def order_canceled_with_parcels(world):
    world.order("waiting").update(status="canceled")


def paid_without_the_money(world):
    world.order("ready").update(captured=1)


def refunded_with_the_money(world):
    world.order("ready").update(payment="refunded")


def awaits_payment_with_the_money(world):
    world.order("unpaid").update(captured=F("total"))


def price_falsified(world):
    world.ordered("ready").update(unit_price=1)


def shipped_without_a_date(world):
    world.parcels("shipped").update(shipped_at=None)


def date_without_being_shipped(world):
    world.parcels("ready").update(shipped_at=timezone.now())


def promise_without_a_delivery(world):
    world.lines("waiting").filter(waiting__gt=0).update(
        promised_at=timezone.localdate() + timedelta(days=3)
    )


def promise_on_a_canceled_delivery(world):
    IncomingDelivery.objects.filter(pk=world.comes.pk).update(canceled_at=timezone.now())


def promise_of_a_line_falsified(world):
    world.ordered("waiting").update(promised_at=timezone.localdate() + timedelta(days=1))


def promise_of_what_waits_no_more(world):
    world.ordered("ready").update(promised_at=timezone.localdate() + timedelta(days=1))


def hold(world, name, reason):
    parcel = world.parcels(name).first()
    Hold.objects.create(fulfillment_order=parcel, reason=reason, at=timezone.now())


def hold_for_a_payment_that_came(world):
    hold(world, "waiting", HoldReason.AWAITING_PAYMENT)


def hold_on_a_shipped_parcel(world):
    hold(world, "shipped", HoldReason.MANUAL)


def hold_on_a_picked_parcel(world):
    hold(world, "picked", HoldReason.MANUAL)


def hold_for_a_date_that_nothing_has(world):
    hold(world, "waiting", HoldReason.AWAITING_RELEASE_DATE)


def hold_for_a_rest_that_does_not_wait(world):
    hold(world, "unpaid", HoldReason.AWAITING_REST_OF_ORDER)


def listed_without_a_snapshot(_world):
    Listing.objects.filter(variant__sku="mug").update(published_at=None, published_backorder="")


def unlisted_and_still_published(_world):
    Listing.objects.filter(variant__sku="mug").update(status="unlisted")


def event_doubled(world):
    row = world.events("ready").first()
    row.pk = None
    row.save(force_insert=True)


def shipment_told_twice(world):
    row = world.events("shipped").get(kind=EventKind.PARCEL_SHIPPED)
    row.pk = None
    row.save(force_insert=True)


def event_altered(world):
    unguarded()
    world.events("shipped").filter(kind=EventKind.PARCEL_SHIPPED).update(by="nobody")


def event_gone(world):
    unguarded()
    world.events("picked").filter(kind=EventKind.PARCEL_PICKED).delete()


def movement_altered(_world):
    unguarded()
    Movement.objects.filter(pk=Movement.objects.first().pk).update(by="nobody")


def change_set_row_altered(_world):
    unguarded()
    row = ChangeSetRow.objects.filter(model="variant").first()
    ChangeSetRow.objects.filter(pk=row.pk).update(after={"sku": "cup"})


def change_set_row_gone(_world):
    unguarded()
    ChangeSetRow.objects.filter(pk=ChangeSetRow.objects.first().pk).delete()


def seal_gone(world):
    Movement.objects.create(
        stock_level=StockLevel.objects.get(variant__sku="mug", warehouse=world.berlin),
        quantity=1,
        kind="count",
        moved_at=timezone.now(),
    )
    StockLevel.objects.filter(variant__sku="mug", warehouse=world.berlin).update(
        on_hand=F("on_hand") + 1
    )
    seal_all(at=timezone.now())
    assert reconcile() == []
    unguarded()
    Seal.objects.filter(table="inventory_movement", number=1).delete()


def answer_altered(world):
    rows = type(world.user)._meta.apps.get_model("inventory", "IdempotencyKey").objects
    rows.update(body='{"number": "1002"}')


def mail_marked_as_sent(world):
    OutgoingMail.objects.filter(pk=world.mail.pk).update(sent_at=timezone.now())


def mail_that_failed_marked_as_sent(world):
    OutgoingMail.objects.filter(pk=world.mail.pk).update(
        sent_at=timezone.now(), attempts=3, last_error="refused"
    )


PLANTED = [
    (parcel_in_another_warehouse, "identity"),
    (shipment_from_another_warehouse, "identity"),
    (shipped_line_from_another_shelf, "shipped"),
    (movement_at_another_shelf, "shipped"),
    (waiting_parcel_in_a_warehouse, "identity"),
    (line_in_the_parcel_of_another_order, "identity"),
    (line_of_another_variant, "identity"),
    (line_from_the_stock_of_another, "identity"),
    (component_of_an_order_gone, "order_line"),
    (per_unit_of_an_order_falsified, "order_line"),
    (recipe_of_an_order_falsified, "recipe"),
    (component_of_a_bundle_gone, "bundle"),
    (units_of_a_bundle_falsified, "bundle"),
    (more_returned_than_shipped, "returned"),
    (returned_without_a_word, "returned"),
    (returned_twice_to_the_shelf, "returned"),
    (received_without_a_movement, "delivery"),
    (movement_of_a_delivery_gone, "delivery"),
    (closed_while_units_are_to_come, "delivery"),
    (open_while_everything_came, "delivery"),
    (order_line_lost, "order_line"),
    (order_line_lost_with_its_parcel, "order_line"),
    (priority_of_a_line_falsified, "rank"),
    (priority_of_an_order_falsified, "rank"),
    (priority_against_the_history, "rank"),
    (place_of_a_line_falsified, "rank"),
    (place_of_an_order_falsified, "rank"),
    (unpaid_stands_as_paid, "rank"),
    (untracked_while_it_owes, "untracked"),
    (captured_with_other_units, "captured"),
    (order_state_falsified, "order"),
    (order_canceled_with_parcels, "order"),
    (paid_without_the_money, "money"),
    (refunded_with_the_money, "money"),
    (awaits_payment_with_the_money, "money"),
    (price_falsified, "money"),
    (shipped_without_a_date, "parcel"),
    (date_without_being_shipped, "parcel"),
    (promise_without_a_delivery, "promise"),
    (promise_on_a_canceled_delivery, "promise"),
    (promise_of_a_line_falsified, "promise"),
    (promise_of_what_waits_no_more, "promise"),
    (hold_for_a_payment_that_came, "hold"),
    (hold_on_a_shipped_parcel, "hold"),
    (hold_on_a_picked_parcel, "hold"),
    (hold_for_a_date_that_nothing_has, "hold"),
    (hold_for_a_rest_that_does_not_wait, "hold"),
    (listed_without_a_snapshot, "listing"),
    (unlisted_and_still_published, "listing"),
    (event_doubled, "event"),
    (shipment_told_twice, "event"),
    (event_altered, "events"),
    (event_gone, "events"),
    (movement_altered, "ledger"),
    (change_set_row_altered, "history"),
    (change_set_row_gone, "history"),
    (seal_gone, "ledger"),
    (answer_altered, "idempotency"),
    (mail_marked_as_sent, "mail"),
    (mail_that_failed_marked_as_sent, "mail"),
]


def test_healthy_books_have_no_breach(world):
    assert reconcile() == []


@pytest.mark.parametrize(("plant", "rule"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
def test_what_is_planted_is_found(world, plant, rule):
    plant(world)

    assert rule in {breach.rule for breach in reconcile()}
