"""Unpaid orders are canceled after the hours that the store keeps them, and nobody else's are."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import OutgoingMail, PutAside
from inventory.services.settings import update_settings
from orders.event_kinds import EventKind
from orders.event_words import words_of
from orders.models import Order, OrderEvent
from orders.services import expire
from orders.services.booking import Wanted
from orders.services.expire import expire_unpaid
from orders.services.fulfill import pick
from orders.services.holds import hold, remove_hold
from orders.services.payment import mark_paid
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.tasks import tick
from tests.conftest import NOON

NOW = {"act": Act(NOON, "olga")}
IN_TWO_DAYS = timedelta(hours=48)


@pytest.fixture(autouse=True)
def _kept_for_two_days(db):
    update_settings(act=Act.now(), changes={"unpaid_order_hours": 48})
    yield
    assert [str(breach) for breach in reconcile()] == []


@pytest.fixture
def sell(mug, berlin):
    """Return a way to sell mugs that are not paid."""

    def place(units=1, *, is_paid=False, language="", email="ann@example.com"):
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann", email),
            lines=[Wanted(mug, units, Decimal(10))],
            is_paid=is_paid,
            language=language,
            placed_at=NOON - timedelta(days=90),
            **NOW,
        )

    return place


@pytest.fixture
def later():
    """Return the moment at which orders that are recorded now were kept long enough."""
    return timezone.now() + IN_TWO_DAYS + timedelta(minutes=1)


def state(order):
    order.refresh_from_db()
    return order.status


def test_it_is_canceled_and_its_units_go_to_the_next_in_line(mug, berlin, sell, receive, later):
    mug.backorders = "allow"
    mug.save()
    receive(mug, berlin, 2)
    order, next_one = sell(2), sell(2, is_paid=True)

    assert expire_unpaid(at=later) == 1

    assert (state(order), order.payment, order.total) == ("canceled", "pending", Decimal(0))
    assert next_one.fulfillment_orders.get().status == "ready"
    said = [words_of(event) for event in order.events.order_by("pk")]
    assert said[-2:] == ["Not paid within 48 hours.", "2 × mug canceled."]
    assert expire_unpaid(at=later) == 0


def test_the_hours_count_from_when_it_was_recorded(mug, berlin, sell, receive):
    receive(mug, berlin, 1)
    order = sell()

    assert expire_unpaid(at=timezone.now() + IN_TWO_DAYS - timedelta(minutes=1)) == 0
    assert expire_unpaid(at=timezone.now() + IN_TWO_DAYS) == 1
    assert state(order) == "canceled"


@pytest.mark.parametrize("hours", [None, 0])
def test_a_store_that_sets_no_hours_keeps_them(hours, mug, berlin, sell, receive, later):
    update_settings(act=Act.now(), changes={"unpaid_order_hours": hours})
    receive(mug, berlin, 1)
    order = sell()

    assert expire_unpaid(at=later) == 0
    assert state(order) == "processing"


def is_paid(order):
    mark_paid(order=order, **NOW)


def is_let_go(order):
    held = order.fulfillment_orders.get()
    remove_hold(fulfillment_order=held, hold_id=held.holds.get().pk, **NOW)


def is_picked(order):
    is_let_go(order)
    pick(fulfillment_order=order.fulfillment_orders.get(), **NOW)


def is_another_shops(order):
    order.captured_from.create(
        channel=order.channel,
        external_id="7",
        status="created",
        state="captured",
        placed_at=NOON,
        changed_at=NOON,
        received_at=NOON,
    )


@pytest.mark.parametrize("change", [is_paid, is_let_go, is_picked, is_another_shops])
def test_what_is_not_canceled(change, mug, berlin, sell, receive, later):
    receive(mug, berlin, 1)
    order = sell()
    change(order)

    assert expire_unpaid(at=later) == 0
    assert state(order) == "processing"


def test_a_hold_by_hand_keeps_no_order(mug, berlin, sell, receive, later):
    receive(mug, berlin, 1)
    order = sell()
    hold(fulfillment_order=order.fulfillment_orders.get(), note="ask", **NOW)

    assert expire_unpaid(at=later) == 1
    assert state(order) == "canceled"


def test_one_that_was_paid_at_this_moment_stays(mug, berlin, sell, receive, later):
    receive(mug, berlin, 1)
    order = sell()
    is_paid(order)

    assert expire.expire(order.pk, hours=48, at=later) is False
    assert state(order) == "processing"


def test_one_bad_order_stops_no_other(mug, berlin, sell, receive, later, monkeypatch, caplog):
    receive(mug, berlin, 3)
    orders = [sell() for _order in range(3)]
    cancel = expire.cancel_order

    def stumble(*, order, **fields):
        if order.pk == orders[0].pk:
            raise ZeroDivisionError
        return cancel(order=order, **fields)

    monkeypatch.setattr(expire, "cancel_order", stumble)

    assert expire_unpaid(at=later) == 2

    assert [state(order) for order in orders] == ["processing", "canceled", "canceled"]
    assert not OrderEvent.objects.filter(order=orders[0], kind=EventKind.NOT_PAID_IN_TIME).exists()
    assert f"expire {orders[0].pk} failed" in caplog.text
    assert PutAside.objects.get(step="expire").key == orders[0].pk


def test_a_tick_cancels_so_many_and_the_next_one_goes_on(
    mug, berlin, sell, receive, later, monkeypatch
):
    monkeypatch.setattr(expire, "MOST", 2)
    receive(mug, berlin, 3)
    for _order in range(3):
        sell()

    assert [expire_unpaid(at=later) for _tick in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("", "Order {} canceled", "You owe nothing."),
        ("nl", "Bestelling {} geannuleerd", "U hoeft niets te betalen."),
        ("de", "Bestellung {} storniert", "Sie müssen nichts bezahlen."),
    ],
)
def test_its_customer_reads_why(language, subject, sentence, mug, berlin, sell, receive, later):
    receive(mug, berlin, 1)
    order = sell(language=language)
    OutgoingMail.objects.all().delete()

    expire_unpaid(at=later)

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == ("ann@example.com", subject.format(order.number))
    assert sentence in mail.text
    assert sentence in mail.html


def test_without_an_address_nobody_is_written_to(mug, berlin, sell, receive, later):
    receive(mug, berlin, 1)
    sell(email="")

    assert expire_unpaid(at=later) == 1
    assert not OutgoingMail.objects.exists()


def test_the_clock_of_the_worker_does_it(mug, berlin, sell, receive):
    receive(mug, berlin, 1)
    order = sell()
    Order.objects.update(created_at=timezone.now() - timedelta(days=3))

    tick()

    assert state(order) == "canceled"
