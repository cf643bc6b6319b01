"""What happened to an order: data that the use cases write, and words for whoever reads them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone, translation

from channels.models import DIRECT, Channel
from inventory import ledger
from inventory.acts import Act
from inventory.models import OutgoingMail, Warehouse
from inventory.services.catalog import create_product, create_variant, set_components
from inventory.services.catalog import update_variant as change
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery, reschedule_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings
from orders.amounts import full_day
from orders.event_kinds import OF_PARCELS, EventKind
from orders.event_words import WORDS, sentence, words_of
from orders.models import Order, OrderEvent
from orders.services.booking import Wanted
from orders.services.change import allow_short, cancel_order, change_order, set_priority
from orders.services.clocks import set_clocks_right
from orders.services.expire import expire_unpaid
from orders.services.fulfill import pack, pick, ship, ship_what_is_there, unpick, unship
from orders.services.holds import hold, remove_hold
from orders.services.notify import notify_customer
from orders.services.payment import mark_paid, record_refund
from orders.services.place import Customer, place_order
from orders.services.promises import tell_changed_promises
from orders.services.returns import return_units
from orders.services.wait_or_cancel import is_kept, keep_waiting
from orders.told import told

KINDS = [kind for kind in EventKind if kind is not EventKind.NOTE]


def now():
    return {"act": Act.now("olga")}


def day(ahead):
    return timezone.localdate() + timedelta(days=ahead)


@pytest.fixture(autouse=True)
def _places(db):
    Warehouse.objects.create(code="paris", name="Paris", priority=2)


def variant(sku, **fields):
    product = create_product(act=Act.now(), title=sku)
    return create_variant(
        act=Act.now(), product=product, sku=sku, **({"backorders": "allow"} | fields)
    )


def receive(what, units, place="main"):
    receive_stock(
        warehouse=Warehouse.objects.get(code=place),
        lines=[StockLine(what, units)],
        reference="R",
        **now(),
    )


def sell(*lines, **fields):
    return place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann", "ann@example.com"),
        lines=[Wanted(what, units, Decimal(10)) for what, units in lines],
        **now(),
        **fields,
    )


def parcel(order, sequence=1):
    return order.fulfillment_orders.get(sequence=sequence)


# --- stories: each makes an order in which one thing happens ----------------------------------


def ready(units=2):
    cup = variant("CUP")
    receive(cup, units)
    return sell((cup, units))


def owed(units=3, there=1):
    cup = variant("CUP")
    if there:
        receive(cup, there)
    return sell((cup, units))


def changed():
    order = ready(3)
    change_order(order=order, quantities={order.lines.get().pk: 1}, **now())
    return order


def added():
    order = ready()
    wanted = [Wanted(variant("MUG"), 4, Decimal(1))]
    change_order(order=order, quantities={}, added=wanted, **now())
    return order


def canceled():
    return cancel_order(order=ready(), **now())


def returned(place="main"):
    order = ready()
    ship(fulfillment_order=parcel(order), **now())
    return return_units(
        order=order,
        units={order.lines.get().pk: 1},
        warehouse=Warehouse.objects.get(code=place) if place else None,
        reason="broken",
        **now(),
    )


def short(units=2):
    return sell((variant("CUP", backorders="no"), units), is_captured=True)


def allowed():
    return allow_short(order=short(), **now())


def oversold_served():
    order = short()
    receive(order.lines.get().variant, 1)
    return order


def served():
    order = owed()
    receive(order.lines.get().variant, 1)
    return order


def taken_back():
    order = ready()
    correct_stock(
        warehouse=Warehouse.objects.get(code="main"),
        lines=[Found(order.lines.get().variant, 1)],
        reason="lost",
        **now(),
    )
    return order


def untracked():
    order = owed()
    change(
        act=Act.now(),
        variant=order.lines.get().variant,
        changes={"track_inventory": False},
        confirm=True,
    )
    return order


def tracked_again():
    cup = variant("CUP", track_inventory=False, backorders="inherit")
    order = sell((cup, 3))
    change(
        act=Act.now(),
        variant=cup,
        changes={"track_inventory": True, "backorders": "allow"},
        confirm=True,
    )
    return order


def put_back_for_stock():
    cup = variant("CUP", track_inventory=False, backorders="inherit")
    order = sell((cup, 3))
    pick(fulfillment_order=parcel(order), **now())
    change(
        act=Act.now(),
        variant=cup,
        changes={"track_inventory": True, "backorders": "allow"},
        confirm=True,
    )
    return order


def bundle_moved():
    cup, lid, box = variant("CUP"), variant("LID"), variant("BOX")
    set_components(act=Act.now(), bundle=box, lines=[StockLine(cup, 1), StockLine(lid, 1)])
    receive(cup, 1)
    order = sell((box, 1))
    receive(lid, 1, "paris")
    receive(cup, 1, "paris")
    return order


def prioritized():
    return set_priority(order=owed(), priority=5, reason="a birthday", **now())


def paid():
    cup = variant("CUP")
    receive(cup, 2)
    return mark_paid(order=sell((cup, 2), is_paid=False), amount=Decimal(25), **now())


def refunded():
    return record_refund(order=paid(), **now())


def expired():
    update_settings(act=Act.now(), changes={"unpaid_order_hours": 24})
    order = sell((variant("CUP"), 1), is_paid=False)
    expire_unpaid(at=timezone.now() + timedelta(hours=25))
    return order


def promise_moved():
    cup = variant("CUP")
    delivery = create_delivery(
        act=Act.now(),
        warehouse=Warehouse.objects.get(code="main"),
        reference="PO",
        expected_at=day(5),
        lines=[StockLine(cup, 9)],
    )
    order = sell((cup, 2))
    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(9))
    return order


def told_anew():
    order = promise_moved()
    assert tell_changed_promises(at=timezone.now()) == 1
    return order


def told_by_hand():
    order = owed()
    notify_customer(order=order, **now())
    return order


def waits_on():
    order = promise_moved()
    assert keep_waiting(order=order, act=Act.now())
    return order


def picked():
    order = ready()
    pick(fulfillment_order=parcel(order), **now())
    return order


def packed():
    order = picked()
    pack(fulfillment_order=parcel(order), **now())
    return order


def unpicked():
    order = picked()
    unpick(fulfillment_order=parcel(order), **now())
    return order


def put_back_for_date():
    order = picked()
    dates = {"release_date": day(9)}
    change(act=Act.now(), variant=order.lines.get().variant, changes=dates, confirm=True)
    return order


def shipped():
    order = ready()
    ship(fulfillment_order=parcel(order), **now())
    return order


def unshipped():
    order = shipped()
    unship(fulfillment_order=parcel(order), **now())
    return order


def split():
    cup = variant("CUP")
    receive(cup, 1)
    order = sell((cup, 3), ship_together=True)
    ship_what_is_there(fulfillment_order=parcel(order), **now())
    return order


def complete():
    cup, mug = variant("CUP"), variant("MUG")
    order = sell((cup, 1), (mug, 1))
    receive(cup, 1)
    return order


def held():
    order = ready()
    hold(fulfillment_order=parcel(order), note="VIP: ask first", **now())
    return order


def unheld():
    order = held()
    kept = parcel(order).holds.get()
    remove_hold(fulfillment_order=parcel(order), hold_id=kept.pk, **now())
    return order


def of_a_clock_ahead():
    order = sell((variant("CUP"), 1))
    Order.objects.update(placed_at=timezone.now() + timedelta(hours=1))
    set_clocks_right(at=timezone.now())
    return order


STORIES = {
    EventKind.PLACED: (owed, "Placed: 3 units, 2 on backorder."),
    EventKind.QUANTITY_CHANGED: (changed, "CUP: 1 unit instead of 3."),
    EventKind.LINE_ADDED: (added, "4 × MUG added."),
    EventKind.UNITS_CANCELED: (canceled, "2 × CUP canceled."),
    EventKind.UNITS_RETURNED: (returned, "1 × CUP came back into main: broken"),
    EventKind.BACKORDER_ALLOWED: (allowed, "Oversold units allowed on backorder: 2 × CUP."),
    EventKind.OVERSOLD_RESERVED: (oversold_served, "Oversold units reserved: 1 × CUP."),
    EventKind.UNITS_RESERVED: (served, "1 × CUP reserved for {0}-2."),
    EventKind.UNITS_TAKEN_BACK: (
        taken_back,
        "1 × CUP not in stock after a correction: on backorder again.",
    ),
    EventKind.UNTRACKED: (
        untracked,
        "{0}-2: 2 × CUP will ship without stock: not tracked any more.",
    ),
    EventKind.TRACKED_AGAIN: (
        tracked_again,
        "{0}-1: CUP is tracked again: 0 reserved, 3 on backorder.",
    ),
    EventKind.BUNDLE_MOVED: (bundle_moved, "1 × BOX: all of it is in paris."),
    EventKind.PRIORITY_SET: (prioritized, "Priority 5 instead of 0: a birthday"),
    EventKind.CLOCK_WAS_AHEAD: (
        of_a_clock_ahead,
        "The clock was ahead when it was placed: its time is set right.",
    ),
    EventKind.PAID: (paid, "Paid: €25.00. A refund of €5.00 is due."),
    EventKind.REFUNDED: (refunded, "Refunded: €5.00."),
    EventKind.NOT_PAID_IN_TIME: (expired, "Not paid within 24 hours."),
    EventKind.PROMISE_CHANGED: (promise_moved, "CUP: promised for {late} instead of {soon}."),
    EventKind.NEW_DATE_TOLD: (told_anew, "The customer was told of the new date."),
    EventKind.WAIT_TOLD: (told_by_hand, "The customer was told how long it takes."),
    EventKind.WAIT_ACCEPTED: (waits_on, "The customer keeps waiting: CUP, {late}."),
    EventKind.PARCEL_PICKED: (picked, "{0}-1: picked."),
    EventKind.PARCEL_PACKED: (packed, "{0}-1: packed."),
    EventKind.PARCEL_SHIPPED: (shipped, "{0}-1: shipped, 2 units."),
    EventKind.PICKING_UNDONE: (unpicked, "{0}-1: put back on the shelf."),
    EventKind.PUT_BACK_FOR_DATE: (
        put_back_for_date,
        "{0}-1: put back on the shelf: not before {late}.",
    ),
    EventKind.PUT_BACK_FOR_STOCK: (
        put_back_for_stock,
        "{0}-1: put back on the shelf: its units are not in stock.",
    ),
    EventKind.SHIPMENT_UNDONE: (unshipped, "{0}-1: the shipment came back and is ready again."),
    EventKind.PARCEL_SPLIT_OFF: (split, "{0}-2: split off {0}-1, to ship what is there."),
    EventKind.LINES_COMPLETE: (complete, "{0}-2: complete, so it does not wait for the rest."),
    EventKind.PARCEL_HELD: (held, "{0}-1: held by hand: VIP: ask first"),
    EventKind.HOLD_REMOVED: (unheld, "{0}-1: hold removed: Held by hand."),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_use_case_writes_is_told_in_words(kind):
    story, words = STORIES[kind]

    order = story()

    event = OrderEvent.objects.filter(order=order, kind=kind).latest("pk")
    assert words_of(event) == words.format(
        order.number, soon=full_day(day(5)), late=full_day(day(9))
    )
    assert event.text == ""
    if kind in OF_PARCELS:
        assert event.data["parcel"].startswith(f"{order.number}-")


def test_every_kind_has_words():
    assert set(WORDS) == set(KINDS)
    assert max(len(kind) for kind in EventKind) <= 24


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [{}, {"units": "many", "after": [], "amount": "?", "hold": "?"}])
def test_without_its_data_a_kind_is_a_sentence_all_the_same(kind, data):
    said = sentence(kind, data)

    assert said.endswith(".")
    assert said[0].isupper()
    assert "%" not in said
    assert "_" not in said


def test_what_is_no_kind_of_ours_is_a_sentence_too(db):
    order = ready()
    old = OrderEvent.objects.create(order=order, at=timezone.now(), text="Somebody rang.")
    newer = OrderEvent(order=order, at=timezone.now(), kind="parcel_lost", data={"parcel": "1-1"})

    assert words_of(old) == "Somebody rang."
    assert words_of(newer) == "Parcel lost."


def test_days_and_amounts_are_in_the_language_of_the_reader():
    data = {"sku": "CUP", "before": None, "after": "2026-03-09"}
    paid = {"amount": "1250.00", "refund": "0.00", "currency": "EUR"}

    with translation.override("de"):
        assert full_day(date(2026, 3, 9)) in sentence(EventKind.PROMISE_CHANGED, data)
        assert "1.250,00" in sentence(EventKind.PAID, paid)


def test_who_waits_on_is_asked_again_only_for_another_day():
    order = waits_on()

    def asked():
        return is_kept(told(Order.objects.get(pk=order.pk), today=timezone.localdate()))

    before = asked()
    order.lines.update(promised_at=day(20))

    assert (before, asked()) == (True, False)
    assert OutgoingMail.objects.exists()


# --- the time line ----------------------------------------------------------------------------


def moments(client, order):
    page = client.get(f"/admin/orders/order/{order.pk}/change/")
    return [one.text for one in page.context["facts"].moments]


def test_a_parcel_that_ships_at_once_says_so_once(client, operator):
    client.force_login(operator)
    order = shipped()
    number = parcel(order).number

    assert moments(client, order) == [
        f"{number}: shipped, 2 units.",
        f"{number}: ready.",
        "Placed: 2 units.",
    ]


def test_steps_of_a_parcel_that_no_event_tells_are_told_by_its_times(client, operator):
    client.force_login(operator)
    order = shipped()
    ledger.lift_triggers(connection)
    OrderEvent.objects.filter(order=order).delete()
    number = parcel(order).number

    assert set(moments(client, order)) == {
        f"{number}: {step}." for step in ("ready", "picked", "packed", "shipped")
    }


def test_a_warehouse_is_told_by_its_name_where_that_is_known():
    data = {"units": 1, "sku": "BOX", "warehouse": "paris"}
    event = OrderEvent(kind=EventKind.BUNDLE_MOVED, data=data)

    assert words_of(event, places={"paris": "Gare du Nord"}).endswith("is in Gare du Nord.")
    assert words_of(event, places={"rome": "Roma"}).endswith("is in paris.")
    assert words_of(event).endswith("is in paris.")
