"""What a shop says becomes a sale here when it should, or somebody is told why it does not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from channels.services.channels import update_channel
from channels.services.publish import publish_where
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import Movement
from inventory.models.stock import MovementKind
from orders.errors import NotPossible
from orders.models import CapturedOrder, Hold, Order
from orders.reasons import Reason
from orders.services import place
from orders.services.capture import record, settle, settle_or_say, settling, try_again
from orders.services.change import allow_short, cancel_order
from orders.services.fulfill import pick, ship
from orders.services.holds import hold
from orders.services.payment import mark_paid
from orders.services.returns import return_units
from orders.tasks import settle_left
from tests.conftest import NOON
from tests.orders.capture.conftest import line, numbers, only, parcels, remote

# --- when -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capture_when", "status", "state"),
    [
        ("created", "created", "captured"),
        ("created", "paid", "captured"),
        ("created", "shipped", "captured"),
        ("created", "canceled", "canceled"),
        ("paid", "created", "pending"),
        ("paid", "paid", "captured"),
        ("paid", "shipped", "captured"),
        ("paid", "canceled", "canceled"),
        ("shipped", "created", "pending"),
        ("shipped", "paid", "pending"),
        ("shipped", "shipped", "captured"),
        ("shipped", "canceled", "canceled"),
    ],
)
def test_an_order_is_a_sale_from_its_state_on(
    make_shop, tell, mug, stock, capture_when, status, state
):
    stock(mug, 5)
    channel = make_shop("there", capture_when=capture_when)

    row = tell(status, channel=channel)

    assert row.state == state
    assert (row.order is not None) == (state == "captured")
    assert Order.objects.count() == (state == "captured")


def test_an_order_of_what_was_taken_off_is_booked_as_any_other(make_shop, tell, mug, cup, stock):
    """It was sold before the shop heard of it: what is there is booked, the rest is short."""
    stock(cup, 2)
    channel = make_shop("there", owes=[cup])
    keys = list(channel.listings.values_list("pk", flat=True))
    assert unlist(channel=channel, listing_ids=keys, act=Act(at=NOON)) == 1

    row = tell("paid", line("cup", 3, "4.00"), channel=channel)

    assert row.state == "captured"
    assert numbers(row.order) == (2, 0, 1, 0, 0)


def test_the_sale_is_what_the_shop_sold(make_shop, tell, mug, cup, stock):
    stock(mug, 5)
    channel = make_shop("owes", owes=[cup])

    row = tell("paid", line("mug", 2, "9.90"), line("cup", 3, "0.50"), channel=channel)

    order = row.order
    assert (order.channel, order.external_id) == (channel, "7001")
    assert (order.customer_name, order.customer_email) == ("Eva Ek", "eva@example.com")
    assert (order.total, order.captured, order.payment) == (
        Decimal("21.30"),
        order.total,
        "paid",
    )
    assert order.placed_at == NOON - timedelta(days=1)
    assert order.by == "channel Owes"
    assert numbers(order) == (2, 3, 0, 0, 0)


def test_a_pending_order_is_due_when_the_channel_captures_earlier(shop, tell, mug, stock):
    stock(mug, 5)
    row = tell("created")
    assert not CapturedOrder.objects.due().exists()

    update_channel(act=Act.now(), channel=shop, changes={"capture_when": "created"})

    assert CapturedOrder.objects.due().get() == row
    assert settle(row, at=NOON).state == "captured"


def test_an_unpaid_sale_is_held_and_a_later_payment_lets_it_go(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("early", capture_when="created")
    order = tell("created", channel=channel).order
    assert (order.payment, parcels(order)) == ("pending", ["waiting"])
    assert Hold.objects.get().reason == "awaiting_payment"

    for _ in range(2):
        tell("paid", channel=channel, at=1)

    order.refresh_from_db()
    assert (order.payment, order.captured) == ("paid", order.total)
    assert parcels(order) == ["ready"]


def test_a_payment_that_staff_noted_before_is_fine(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("early", capture_when="created")
    mark_paid(order=tell("created", channel=channel).order, act=Act(at=NOON, by="olga"))

    assert tell("paid", channel=channel, at=1).state == "captured"


# --- what is not there ------------------------------------------------------------------------


def test_what_may_not_be_owed_is_short_and_never_refused(tell, mug, stock):
    stock(mug, 1)

    row = tell("paid", line("mug", 4))

    assert row.state == "captured"
    assert numbers(row.order) == (1, 0, 3, 0, 0)
    assert list(CapturedOrder.objects.needs_attention()) == [row]


@pytest.mark.parametrize("end", ["allow", "cancel"])
def test_a_short_order_needs_no_attention_once_it_is_decided(tell, mug, stock, end):
    stock(mug, 1)
    order = tell("paid", line("mug", 4)).order

    {"allow": allow_short, "cancel": cancel_order}[end](order=order, act=Act(NOON, "olga"))

    assert not CapturedOrder.objects.needs_attention().exists()


def test_what_may_be_owed_waits(make_shop, tell, cup, stock):
    stock(cup, 1)

    order = tell("paid", line("cup", 4), channel=make_shop("owes", owes=[cup])).order

    assert numbers(order) == (1, 3, 0, 0, 0)
    assert order.payment == "paid"


# --- how far it goes by itself ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("manual", "ready"),
        ("pick", "picked"),
        ("pick_pack", "packed"),
        ("pick_pack_ship", "shipped"),
        ("load_from_channel", "ready"),
    ],
)
def test_a_complete_order_goes_as_far_as_the_mode_says(make_shop, tell, mug, stock, mode, status):
    stock(mug, 5)

    row = tell("paid", channel=make_shop("auto", processing_mode=mode))

    assert (row.state, parcels(row.order)) == ("captured", [status])


@pytest.mark.parametrize("mode", ["pick", "pick_pack", "pick_pack_ship"])
def test_no_mode_picks_what_is_missing(make_shop, tell, cup, stock, mode):
    """Source: seed 000, "Pick cannot be authorized, regardless of" the mode."""
    stock(cup, 1)
    channel = make_shop("auto", owes=[cup], processing_mode=mode)

    order = tell("paid", line("cup", 3), channel=channel).order
    assert parcels(order)[-1] == "waiting"
    stock(cup, 5)
    settle(only(), at=NOON)

    assert parcels(order)[-1] == "ready"  # by hand from here on
    assert numbers(order)[1] == 0


def test_an_order_with_short_units_is_not_begun(make_shop, tell, mug, cup, stock):
    stock(mug, 1)
    stock(cup, 5)
    channel = make_shop("auto", processing_mode="pick_pack_ship")

    order = tell("paid", line("mug", 2), line("cup", 1), channel=channel).order

    assert set(parcels(order)) == {"ready"}


def test_an_unpaid_order_is_not_begun(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("auto", capture_when="created", processing_mode="pick_pack_ship")

    assert parcels(tell("created", channel=channel).order) == ["waiting"]


@pytest.mark.parametrize(
    ("there", "state", "words"),
    [
        (3, "captured", ""),
        (2, "needs_attention", "The shop shipped it, but not all of order"),
    ],
)
def test_loading_from_the_channel_ships_what_is_there(
    make_shop, tell, cup, stock, there, state, words
):
    stock(cup, there)
    channel = make_shop("loads", processing_mode="load_from_channel")
    order = tell("paid", line("cup", 3), channel=channel).order
    assert "shipped" not in parcels(order)

    row = tell("shipped", line("cup", 3), channel=channel, at=1)

    assert (parcels(order), row.state) == (["shipped"], state)
    assert row.problem.startswith(words)
    assert numbers(order)[3] == there


def test_loading_ships_what_is_there_of_a_parcel_that_waits(make_shop, tell, cup, stock):
    """The mode was another one when it was captured: such a channel owes nothing."""
    stock(cup, 2)
    channel = make_shop("loads", owes=[cup])
    order = tell("paid", line("cup", 3), channel=channel).order
    assert "waiting" in parcels(order)
    off = {"allow_out_of_stock_purchases": False}
    channel = update_channel(act=Act.now(), channel=channel, changes=off, confirm=True)
    publish_where(channel, "1 = 1", [], at=NOON)
    channel = update_channel(
        act=Act.now(), channel=channel, changes={"processing_mode": "load_from_channel"}
    )

    row = tell("shipped", line("cup", 3), channel=channel, at=1)

    assert (numbers(order), row.state) == ((0, 1, 0, 2, 0), "needs_attention")
    stock(cup, 5)
    tell("shipped", line("cup", 3), channel=channel, at=2)
    row = settle(row, at=NOON)
    assert (numbers(order), row.state) == (
        (1, 0, 0, 2, 0),
        "needs_attention",
    )  # now by hand
    ship(
        fulfillment_order=order.fulfillment_orders.get(status="ready"), act=Act(at=NOON, by="olga")
    )
    assert settle(row, at=NOON).state == "captured"


def test_what_staff_hold_is_not_shipped(make_shop, tell, cup, stock):
    stock(cup, 3)
    channel = make_shop("loads", processing_mode="load_from_channel")
    order = tell("paid", line("cup", 3), channel=channel).order
    hold(
        fulfillment_order=order.fulfillment_orders.get(), note="Wait.", act=Act(at=NOON, by="olga")
    )

    tell("shipped", line("cup", 3), channel=channel, at=1)

    assert parcels(order) == ["waiting"]


# --- canceled there ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["manual", "pick", "pick_pack"])
def test_what_the_shop_cancels_is_canceled_here(make_shop, tell, mug, stock, on_hand, main, mode):
    stock(mug, 5)
    channel = make_shop("auto", processing_mode=mode)
    order = tell("paid", channel=channel).order

    for _ in range(2):
        row = tell("canceled", channel=channel, at=1)

    order.refresh_from_db()
    assert (row.state, order.status, order.payment) == (
        "canceled",
        "canceled",
        "refund_due",
    )
    assert (numbers(order), on_hand(mug, main)) == ((0, 0, 0, 0, 2), 5)


def test_what_is_shipped_cannot_be_canceled_and_somebody_is_told(make_shop, tell, cup, stock):
    stock(cup, 1)
    channel = make_shop("auto", owes=[cup], processing_mode="pick_pack_ship")
    order = tell("paid", line("cup", 3), channel=channel).order
    assert numbers(order) == (0, 2, 0, 1, 0)

    row = tell("canceled", line("cup", 3), channel=channel, at=1)

    assert row.state == "needs_attention"
    assert "1 unit is shipped already" in row.problem
    assert numbers(order) == (0, 0, 0, 1, 2)
    sold = order.lines.get()
    return_units(
        order=order, units={sold.pk: 1}, warehouse=None, reason="back", act=Act(at=NOON, by="olga")
    )
    assert settle(row, at=NOON).state == "canceled"


def test_an_order_that_staff_canceled_stays_so(tell, mug, stock):
    stock(mug, 5)
    order = tell("paid").order
    cancel_order(order=order, act=Act(at=NOON, by="olga"))

    assert tell("shipped", at=1).state == "captured"
    assert tell("canceled", at=2).state == "canceled"
    assert Order.objects.get().status == "canceled"


def test_an_order_that_is_open_again_needs_attention(tell, mug, stock):
    stock(mug, 5)
    tell("paid")
    tell("canceled", at=1)

    row = tell("paid", at=2)

    assert (row.state, Order.objects.count()) == ("needs_attention", 1)
    assert "open again" in row.problem
    assert settle(row, at=NOON).state == "needs_attention"


def test_an_order_that_was_canceled_before_it_was_sold_may_come_back(tell, mug, stock):
    stock(mug, 5)
    assert tell("canceled").state == "canceled"

    assert tell("paid", at=1).state == "captured"


# --- what cannot be followed ------------------------------------------------------------------

GOOD = line("mug", 1)


@pytest.mark.parametrize(
    ("lines", "fields", "words"),
    [
        (
            [GOOD, line("nope", 1, title="Tea")],
            {},
            "Line 2, “Tea”: there is no SKU “nope” here.",
        ),
        ([GOOD, line("", 1, title="Tea")], {}, "Line 2, “Tea” has no SKU in the shop."),
        ([line("", 1, title="")], {}, "Line 1 has no SKU in the shop."),
        ([line("MUG-2", 1)], {}, "there is no SKU “MUG-2” here"),
        (
            [GOOD],
            {"currency": "USD"},
            "The order is in USD, and this store sells in EUR.",
        ),
        ([GOOD], {"currency": ""}, "The order is in no currency"),
        (
            [GOOD, line("cup", 0, title="Cup")],
            {},
            "Line 2, “Cup”: 0 units cannot be sold.",
        ),
        ([line("mug", -1)], {}, "-1 units cannot be sold."),
        ([line("mug", 10**9 + 1)], {}, "1000000001 units cannot be sold."),
        ([line("mug", 1, "-1.00")], {}, "the price must be from 0"),
        ([GOOD], {"problem": "It cannot be read."}, "It cannot be read."),
        ([line(f"no-{n}", 1) for n in range(14)], {}, "4 more lines are at fault."),
    ],
)
def test_an_order_that_cannot_be_booked_needs_attention(
    tell, mug, cup, stock, lines, fields, words
):
    stock(mug, 5)

    row = tell("paid", *lines, **fields)

    assert row.state == "needs_attention"
    assert words in row.problem
    assert not Order.objects.exists()


def test_an_order_without_lines_needs_attention(shop):
    row = record(shop, remote("paid"), at=NOON)
    CapturedOrder.objects.update(lines=[])

    assert settle(row, at=NOON).problem == "The order has no line."


@pytest.mark.parametrize(
    ("name", "email", "customer", "written_to"),
    [
        ("", "eva@example.com", "eva@example.com", "eva@example.com"),
        ("", "", "Outlet #7001", ""),
        ("Eva", "no address", "Eva", ""),
        ("Eva", "x@ab\u202e.com", "Eva", ""),
        ("", "x@" + "ä" * 63 + ".com", "Outlet #7001", ""),
    ],
)
def test_a_sold_order_is_not_refused_for_who_bought(
    tell, mug, stock, name, email, customer, written_to
):
    stock(mug, 5)

    order = tell("paid", customer_name=name, customer_email=email).order

    assert (order.customer_name, order.customer_email) == (customer, written_to)


def test_the_clock_of_a_shop_may_be_ahead(tell, mug, stock):
    stock(mug, 5)

    assert tell("paid", placed_at=NOON + timedelta(hours=3)).order.placed_at == NOON


def test_an_order_with_a_good_and_a_new_sku_is_sold_when_the_sku_is_made(
    shop, tell, mug, stock, make_variant
):
    stock(mug, 5)
    row = tell("paid", GOOD, line("new", 1))
    assert row.state == "needs_attention"

    make_variant("new", price="1.00")
    tell("paid", GOOD, line("new", 1), at=1)

    assert only().state == "captured"


@pytest.mark.parametrize(
    "lines",
    [[line("mug", 3)], [line("mug", 1)], [GOOD, line("cup", 1)], [line("cup", 2)]],
)
def test_what_is_changed_there_after_it_was_captured_is_not_changed_here(
    tell, mug, cup, stock, lines
):
    stock(mug, 5)
    order = tell("paid", line("mug", 2)).order
    before = numbers(order)

    row = tell("paid", *lines, at=1)

    assert row.state == "needs_attention"
    assert "changed in the shop after it was captured" in row.problem
    assert numbers(order) == before
    assert tell("paid", line("mug", 2), at=2).state == "captured"  # changed back


def test_an_order_that_was_sent_by_the_api_before_is_not_sold_twice(shop, tell, mug, stock):
    stock(mug, 5)
    place.place_order(
        channel=shop,
        customer=place.Customer("Eva Ek"),
        lines=[place.Wanted(mug, 2, Decimal("9.90"))],
        act=Act(at=NOON, by="api"),
        external_id="7001",
        is_captured=True,
    )

    row = tell("paid")

    assert (row.state, Order.objects.count()) == ("needs_attention", 1)
    assert "with other contents" in row.problem


def test_nothing_is_booked_of_an_order_that_is_refused_in_the_middle(shop, mug, stock, monkeypatch):
    stock(mug, 5)

    def refuses(*args, **kwargs):
        raise NotPossible(Reason.ORDER_CHANGED, order="1001")

    monkeypatch.setattr(settling, "process", refuses)

    row = settle(record(shop, remote("paid"), at=NOON), at=NOON)

    problem = "Order 1001 was changed at this moment. Try again."
    assert (row.state, row.problem, row.order) == ("needs_attention", problem, None)
    assert not Order.objects.exists()
    monkeypatch.undo()
    assert try_again(row, act=Act(at=NOON)).state == "captured"


def test_nothing_is_booked_of_an_order_that_fails_in_the_middle(shop, mug, stock, monkeypatch):
    stock(mug, 5)

    def breaks(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(settling, "process", breaks)
    row = record(shop, remote("paid"), at=NOON)

    settle_or_say(row, at=NOON)

    row = only()
    assert (row.state, row.is_settled, row.order) == ("needs_attention", True, None)
    assert "error, which is in the log" in row.problem
    assert not Order.objects.exists()


def test_an_order_takes_units_once_and_movements_are_written_once(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("auto", processing_mode="pick_pack_ship")

    for minute in range(4):
        tell("paid", channel=channel, at=minute)

    assert Movement.objects.filter(kind=MovementKind.SHIPMENT).count() == 1
    with pytest.raises(Exception, match="cannot be picked"):
        pick(fulfillment_order=only().order.fulfillment_orders.get(), act=Act(at=NOON, by="olga"))


# --- a channel that is not active -------------------------------------------------------------


def test_a_channel_that_is_not_active_records_and_books_nothing(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("closed", is_active=False)

    row = tell("paid", channel=channel)

    assert (row.state, row.order, row.is_settled) == ("pending", None, True)
    assert row.problem.startswith("The channel is not active.")
    settle_left()
    assert Order.objects.count() == 0
    update_channel(act=Act.now(), channel=channel, changes={"is_active": True})
    settle_left()
    row.refresh_from_db()
    assert (row.state, row.problem, numbers(row.order)[0]) == ("captured", "", 2)


def test_what_was_sold_before_is_followed_while_it_is_not_active(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("closing", capture_when="created")
    order = tell("created", channel=channel).order
    channel = update_channel(act=Act.now(), channel=channel, changes={"is_active": False})

    tell("paid", channel=channel, at=1)
    order.refresh_from_db()
    assert order.payment == "paid"
    tell("canceled", channel=channel, at=2)

    assert numbers(order) == (0, 0, 0, 0, 2)


def test_an_order_that_is_paid_later_goes_as_far_as_its_channel_says(make_shop, tell, mug, stock):
    stock(mug, 5)
    channel = make_shop("auto", capture_when="created", processing_mode="pick")
    order = tell("created", channel=channel).order
    assert parcels(order) == ["waiting"]

    tell("paid", channel=channel, at=1)

    assert parcels(order) == ["picked"]


def test_a_sku_is_found_in_other_capitals_and_signs(tell, mug, stock):
    stock(mug, 5)
    row = tell("paid", line("MＵG\u200b"))
    assert (row.state, row.order.lines.get().sku) == ("captured", "mug")
