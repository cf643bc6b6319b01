"""What an order costs, what is due back, and who is served first because of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.errors import NotPossible
from orders.event_words import words_of
from orders.models import FulfillmentLine
from orders.policy.money import charges_of, cost
from orders.services.booking import Wanted
from orders.services.change import cancel_order, change_order
from orders.services.fulfill import ship
from orders.services.payment import mark_paid, record_refund
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.services.returns import return_units
from tests.conftest import NOON

NOW = {"act": Act(NOON, "olga")}


def money(text):
    return Decimal(text)


# --- the arithmetic (its tables are in tests/rules) ----------------------------------------------

cents = st.integers(0, 100_000).map(lambda number: Decimal(number) / 100)


@given(
    prices=st.lists(cents, min_size=1, max_size=6), charged=cents, shipping=cents, data=st.data()
)
def test_refunds_of_parts_are_never_negative_and_add_up_to_what_was_charged(
    prices, charged, shipping, data
):
    charges = charges_of(goods=sum(prices), charged=charged, shipping=shipping)
    left = list(prices)
    before = cost(charges, kept=sum(left), is_any_kept=True)
    refunds = []
    assert before == charged
    while left:
        left.pop(data.draw(st.integers(0, len(left) - 1)))
        after = cost(charges, kept=sum(left, Decimal(0)), is_any_kept=bool(left))
        assert after == round(after, 2) >= 0
        refunds.append(before - after)
        before = after
    assert min(refunds) >= 0
    assert sum(refunds) == charged


# --- orders -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    assert [str(breach) for breach in reconcile()] == []


@pytest.fixture
def sell(mug, berlin):
    """Return a way to sell mugs for 10.00; each order is a minute younger."""
    count = 0

    def place(units=1, *, variant=None, price="10.00", **fields):
        nonlocal count
        count += 1
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann"),
            lines=[Wanted(variant or mug, units, money(price))],
            placed_at=NOON - timedelta(hours=1) + timedelta(minutes=count),
            **NOW,
            **fields,
        )

    return place


@pytest.fixture
def cup(make_variant):
    return make_variant("cup", backorders="allow")


def books(order):
    order.refresh_from_db()
    return order.payment, str(order.total), str(order.captured), str(order.refund_due)


def give_back(order, units, berlin):
    return_units(
        order=order, units={order.lines.get().pk: units}, warehouse=berlin, reason="x", **NOW
    )


def test_a_return_makes_a_refund_due_and_recording_it_settles_it(mug, berlin, sell, receive):
    receive(mug, berlin, 3)
    order = sell(3)
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)
    assert books(order) == ("paid", "30.00", "30.00", "0")

    give_back(order, 1, berlin)
    assert books(order) == ("refund_due", "20.00", "30.00", "10.00")

    record_refund(order=order, **NOW)
    assert books(order) == ("paid", "20.00", "20.00", "0")
    with pytest.raises(NotPossible, match="No refund is due"):
        record_refund(order=order, **NOW)

    give_back(order, 2, None)
    assert books(order) == ("refund_due", "0.00", "20.00", "20.00")
    record_refund(order=order, **NOW)
    assert books(order) == ("refunded", "0.00", "0.00", "0")


def test_more_than_was_shipped_does_not_come_back(mug, berlin, sell, receive):
    receive(mug, berlin, 3)
    order = sell(3)
    parcel = order.fulfillment_orders.get()
    ship(fulfillment_order=parcel, units={parcel.lines.get().pk: 2}, **NOW)

    with pytest.raises(NotPossible, match="mug: 2 units were shipped and can come back"):
        give_back(order, 3, berlin)
    give_back(order, 1, berlin)
    with pytest.raises(NotPossible, match="mug: 1 unit was shipped and can come back"):
        give_back(order, 2, berlin)
    with pytest.raises(NotPossible, match="can come back"):
        give_back(order, 0, berlin)

    assert order.lines.get().returned == 1
    assert books(order) == ("refund_due", "20.00", "30.00", "10.00")


def test_a_return_of_an_unpaid_order_makes_nothing_due(mug, berlin, sell, receive):
    receive(mug, berlin, 2)
    order = sell(2, is_paid=False)
    parcel = order.fulfillment_orders.get()
    parcel.holds.all().delete()
    parcel.status, parcel.warehouse = "ready", berlin
    parcel.save()
    ship(fulfillment_order=parcel, **NOW)

    give_back(order, 1, berlin)
    assert books(order) == ("pending", "10.00", "0.00", "0")
    mark_paid(order=order, **NOW)
    assert books(order) == ("paid", "10.00", "10.00", "0")


CHARGES = charges_of(goods=money(40), charged=money("53.40"), shipping=money(5))


def test_a_whole_cancellation_makes_all_that_was_charged_due(mug, berlin, sell, receive):
    receive(mug, berlin, 4)
    order = sell(4, charges=CHARGES)
    assert books(order) == ("paid", "53.40", "53.40", "0")

    cancel_order(order=order, **NOW)

    assert books(order) == ("refund_due", "0.00", "53.40", "53.40")


def test_a_part_makes_its_share_of_the_tax_due_and_shipping_comes_last(mug, berlin, sell, receive):
    receive(mug, berlin, 4)
    order = sell(4, charges=CHARGES)
    line = order.lines.get().pk

    cancel_order(order=order, units={line: 1}, **NOW)
    assert books(order)[3] == "12.10"
    record_refund(order=order, **NOW)
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)
    give_back(order, 2, berlin)
    assert books(order)[3] == "24.20"
    give_back(order, 1, berlin)

    assert books(order) == ("refund_due", "0.00", "41.30", "41.30")


def test_units_that_are_added_cost_their_price(mug, berlin, sell, receive):
    receive(mug, berlin, 5)
    order = sell(4, charges=CHARGES)

    change_order(order=order, quantities={order.lines.get().pk: 5}, **NOW)

    assert books(order) == ("paid", "63.40", "63.40", "0")


def test_money_that_comes_after_a_cancellation_is_due_back(mug, berlin, sell, receive):
    receive(mug, berlin, 4)
    order = sell(4, charges=CHARGES, is_paid=False)
    cancel_order(order=order, **NOW)
    assert books(order) == ("pending", "0.00", "0.00", "0")

    mark_paid(order=order, **NOW)

    assert books(order) == ("refund_due", "0.00", "53.40", "53.40")
    paid = order.events.order_by("pk").last()
    assert paid.data == {"amount": "53.40", "refund": "53.40", "currency": "EUR"}
    assert words_of(paid) == "Paid: €53.40. A refund of €53.40 is due."
    record_refund(order=order, **NOW)
    assert books(order) == ("refunded", "0.00", "0.00", "0")


def test_what_came_beyond_the_price_is_due_back(mug, berlin, sell, receive):
    receive(mug, berlin, 4)
    order = sell(4, is_paid=False)
    cancel_order(order=order, units={order.lines.get().pk: 1}, **NOW)

    mark_paid(order=order, amount=money(40), **NOW)

    assert books(order) == ("refund_due", "30.00", "40.00", "10.00")


# --- paid before unpaid -----------------------------------------------------------------------


def waiting(order):
    return sum(order.fulfillment_orders.values_list("lines__waiting", flat=True))


def test_units_go_to_who_paid_before_they_go_to_older_orders_that_did_not(
    cup, berlin, sell, receive
):
    older, newer = sell(2, variant=cup, is_paid=False), sell(2, variant=cup)

    receive(cup, berlin, 2)

    assert (waiting(older), waiting(newer)) == (2, 0)


def test_a_priority_by_hand_comes_before_the_payment(cup, berlin, sell, receive):
    unpaid = sell(2, variant=cup, is_paid=False, priority=1)
    paid = sell(2, variant=cup)

    receive(cup, berlin, 2)

    assert (waiting(unpaid), waiting(paid)) == (0, 2)


def test_a_payment_moves_an_order_forward_and_lays_the_promises_anew(cup, berlin, sell):
    from django.utils import timezone

    tomorrow = timezone.localdate() + timedelta(days=1)
    create_delivery(
        act=Act.now(),
        warehouse=berlin,
        reference="D",
        expected_at=tomorrow,
        lines=[StockLine(cup, 2)],
    )
    older, newer = sell(2, variant=cup, is_paid=False), sell(2, variant=cup)

    def days():
        return [order.lines.get().promised_at for order in (older, newer)]

    assert days() == [None, tomorrow]

    mark_paid(order=older, act=Act.now(by="olga"))

    assert days() == [tomorrow, None]
    assert not FulfillmentLine.objects.filter(is_unpaid=True).exists()
