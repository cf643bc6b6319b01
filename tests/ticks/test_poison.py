"""Every tick with poisoned rows: what is wrong with one of them stops none of the others."""

import random
from datetime import timedelta
from decimal import Decimal
from pkgutil import resolve_name

import pytest
from django.core import mail
from django.db import DataError, OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from channels.models import DIRECT, Channel
from channels.services.channels import create_channel, update_channel
from inventory.acts import Act
from inventory.models import OutgoingMail, PutAside, StoreSettings, Variant, Warehouse
from inventory.services.deliveries import create_delivery
from inventory.services.mail import MAX_ATTEMPTS, queue_mail
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.tasks import tick as tick_inventory
from orders.models import CapturedOrder, FulfillmentOrder, Order, OrderLine
from orders.services.booking import Wanted
from orders.services.capture import record
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.tasks import tick
from tests.orders.capture.conftest import line, remote

ERRORS = (
    ValueError("poison"),
    UnicodeError("label empty or too long"),
    OverflowError("date value out of range"),
    RecursionError("maximum recursion depth exceeded"),
    TypeError("'int' object is not iterable"),
    DataError("integer out of range"),
    OperationalError("deadlock"),
)
COUNT = 6


def error_of(dice):
    """Return what goes wrong: an error of the program, of a row, or of a lock."""
    error = dice.choice(ERRORS)
    if isinstance(error, OperationalError):
        error.__cause__ = type("Deadlock", (Exception,), {"sqlstate": "40P01"})()
    return error


def order_of(sku, *, paid=True, units=1):
    return place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer(sku, f"{sku}@example.com"),
        lines=[Wanted(Variant.objects.get(sku=sku), units, Decimal(10))],
        act=Act.now(),
        is_paid=paid,
    )


@pytest.fixture
def skus(make_variant):
    """Return items that may be owed, each its own."""
    names = [f"sku{number}" for number in range(COUNT)]
    for name in names:
        make_variant(name, backorders="allow", price="10.00")
    return names


# --- each step: rows that wait, what is patched to fail, and which of them are done -----------


class Release:
    """Units that nobody handed out."""

    fails = "orders.services.sheet.Sheet.note_units"

    def __init__(self, skus, _berlin):
        shelf = Warehouse.objects.create(code="shelf", name="Shelf", priority=3)
        for sku in skus:
            receive_stock(
                warehouse=shelf,
                lines=[StockLine(Variant.objects.get(sku=sku), 5)],
                reference=sku,
                act=Act.now(),
            )
        Warehouse.objects.filter(code="shelf").update(is_active=False)
        for sku in skus:
            order_of(sku)
        Warehouse.objects.filter(code="shelf").update(is_active=True)

    def key(self, _sheet, parcel, *_rest):
        return parcel.order.customer_name

    def done(self):
        rows = FulfillmentOrder.objects.filter(status="ready")
        return set(rows.values_list("order__customer_name", flat=True))


class LatePromises:
    """Deliveries that passed without what they promised."""

    fails = "orders.services.promises._event"

    def __init__(self, skus, berlin):
        for sku in skus:
            create_delivery(
                act=Act.now(),
                warehouse=berlin,
                reference=sku,
                expected_at=timezone.localdate() + timedelta(days=3),
                lines=[StockLine(Variant.objects.get(sku=sku), 5)],
            )
            order_of(sku)

    later = timedelta(days=9)

    def key(self, line, *_rest):
        return line.sku

    def done(self):
        rows = OrderLine.objects.filter(promised_at=None)
        return set(rows.values_list("sku", flat=True))


class Told:
    """Customers who are to be told of another date."""

    fails = "orders.services.promises.mail_promise_changed"

    def __init__(self, skus, berlin):
        LatePromises(skus, berlin)
        OrderLine.objects.update(told_at=timezone.localdate() + timedelta(days=1))
        Order.objects.update(promise_notice_due=True)

    def key(self, order, _changes):
        return order.customer_name

    def done(self):
        rows = Order.objects.filter(promise_notice_due=False)
        return set(rows.values_list("customer_name", flat=True))


class Expired:
    """Orders that nobody paid."""

    fails = "orders.services.expire.mail_expired"

    def __init__(self, skus, _berlin):
        StoreSettings.objects.update(unpaid_order_hours=1)
        for sku in skus:
            order_of(sku, paid=False)
        Order.objects.update(created_at=timezone.now() - timedelta(days=2))

    def key(self, order):
        return order.customer_name

    def done(self):
        rows = Order.objects.filter(status="canceled")
        return set(rows.values_list("customer_name", flat=True))


STEPS = (Release, LatePromises, Told, Expired)


@pytest.fixture
def at(monkeypatch):
    """Return a way to set the clock."""

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_what_is_wrong_with_some_rows_stops_no_other(step, seed, skus, berlin, monkeypatch, at):
    dice = random.Random(f"{step.__name__} {seed}")
    rows = step(skus, berlin)
    bad = set(dice.sample(skus, dice.randint(1, COUNT - 1)))
    original = resolve_name(step.fails)

    def poisoned(*args, **fields):
        if rows.key(*args) in bad:
            raise error_of(dice)
        return original(*args, **fields)

    start = timezone.now() + getattr(step, "later", timedelta())
    monkeypatch.setattr(step.fails, poisoned)
    for minutes in (0, 1, 3, 7, 15):
        at(start + timedelta(minutes=minutes))
        tick()

    assert rows.done() == set(skus) - bad
    assert PutAside.objects.exclude(key=0).count() == len(bad)
    assert set(PutAside.objects.values_list("attempts", flat=True)) == {5}
    monkeypatch.setattr(step.fails, original)
    at(start + timedelta(days=2))
    tick()
    assert rows.done() == set(skus)
    assert not PutAside.objects.exists()
    assert reconcile() == []


def test_a_poisoned_order_of_a_shop_stops_no_other(skus, berlin, receive, monkeypatch):
    channel = create_channel(act=Act.now(), slug="outlet", name="Outlet")
    channel = update_channel(
        act=Act.now(), channel=channel, changes={"allow_out_of_stock_purchases": True}
    )
    for sku in skus:
        receive(Variant.objects.get(sku=sku), berlin, 5)
        told = remote("paid", line(sku), external_id=sku, customer_name=sku)
        record(channel, told, at=timezone.now())
    CapturedOrder.objects.filter(external_id="sku1").update(lines=[{"nothing": "readable"}])
    CapturedOrder.objects.filter(external_id="sku2").update(mended={"x": 7}, lines=7)
    CapturedOrder.objects.filter(external_id="sku3").update(customer_email="x@ab\u202e.com")

    for _tick in range(2):
        tick()
        tick_inventory()

    states = dict(CapturedOrder.objects.values_list("external_id", "state"))
    assert [sku for sku in skus if states[sku] != "captured"] == ["sku1", "sku2"]
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


def test_the_other_steps_are_done_when_one_fails_as_a_whole(skus, berlin, monkeypatch):
    rows = Expired(skus, berlin)

    def fail(**_fields):
        raise ZeroDivisionError

    monkeypatch.setattr("orders.tasks.release_due", fail)
    monkeypatch.setattr("orders.tasks.drop_late_promises", fail)
    tick()

    assert rows.done() == set(skus)
    assert set(PutAside.objects.values_list("step", "key")) == {
        ("release", 0),
        ("late_promises", 0),
    }


# --- mails ------------------------------------------------------------------------------------

ANY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=80)


@pytest.mark.django_db
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ANY, ANY, ANY), min_size=1, max_size=5))
@example([("x@ab\u202e.com", "Hello", "Hello.")])
@example([("x@" + "ä" * 63 + ".com", "Hello", "Hello.")])
@example([("zoe@example.com", "Hello\nBcc: all@example.com", "Hello.")])
@example([("zoe@example.com, eve@example.com", "Hello", "Hello.")])
@example([("", "", "")])
def test_mails_that_cannot_be_sent_stop_no_other(poison):
    OutgoingMail.objects.all().delete()
    mail.outbox = []
    for to, subject, text in poison:
        queue_mail(to=to, subject=subject, text=text, html=text)
    queue_mail(to="good@example.com", subject="Good", text="Good.", html="")

    tick_inventory()

    assert mail.outbox[-1].subject == "Good"
    for row in OutgoingMail.objects.filter(sent_at=None):
        assert row.attempts > 0
        assert row.last_error


def test_a_mail_to_an_address_of_nobody_is_given_up_at_once(db):
    row = queue_mail(to="x@ab\u202e.com", subject="Hello", text="Hello.", html="")

    tick_inventory()

    row.refresh_from_db()
    assert (row.sent_at, row.attempts) == (None, MAX_ATTEMPTS)
    assert row.last_error == "Nobody can write to this address."


def test_a_mail_server_that_is_away_is_asked_once_in_a_tick(db, monkeypatch):
    asked = []

    def refuse(message):
        asked.append(message.subject)
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    for number in range(5):
        queue_mail(to="zoe@example.com", subject=str(number), text="Hello.", html="")

    tick_inventory()
    tick_inventory()

    assert asked == ["0", "1"]
    assert OutgoingMail.objects.filter(attempts=0).count() == 3
