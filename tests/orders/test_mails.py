"""Mails to customers: what they say, to whom, and that they go with what they tell."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import transaction
from django.utils import timezone

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import BundleComponent, DeliveryTimeframe, OutgoingMail
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.services.correct import Found, correct_stock
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.amounts import full_day
from orders.models import FulfillmentOrder, OrderLine
from orders.services.booking import Wanted
from orders.services.change import change_order
from orders.services.mails import (
    mail_order_received,
    mail_promise_changed,
    mail_released,
    mail_shipped,
)
from orders.services.page_keys import page_key
from orders.services.place import Customer, place_order
from orders.services.promises import tell_changed_promises
from orders.services.release import release_waiting

SOON = timezone.localdate() + timedelta(days=13)
LATER = timezone.localdate() + timedelta(days=40)


@pytest.fixture
def sell(berlin):
    """Return a way to sell a variant, with some units on the shelf."""

    def make(title="Mug", *, units=0, price="12.95", **fields):
        variant = create_variant(
            act=Act.now(),
            product=create_product(act=Act.now(), title=title),
            sku=title.upper(),
            price=price,
            **fields,
        )
        if units:
            put(variant, units)
        return variant

    def put(variant, units):
        lines = [StockLine(variant, units)]
        receive_stock(warehouse=berlin, lines=lines, reference="R-1", act=Act.now(by="anna"))

    make.put = put
    return make


@pytest.fixture
def order_of():
    def place(*wanted, email="ann@example.com", name="Ann", **fields):
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer(name, email),
            lines=[Wanted(variant, units, variant.price) for variant, units in wanted],
            act=Act.now(by="anna"),
            **fields,
        )

    return place


def parcel_of(order, sequence=1):
    return FulfillmentOrder.objects.get(order=order, sequence=sequence)


def the_mail():
    return OutgoingMail.objects.order_by("-pk").first()


def test_five_of_ten_are_on_backorder_not_ten(sell, order_of):
    order = order_of((sell(units=5, backorders="allow"), 10))

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == ("ann@example.com", f"Order {order.number} received")
    assert "- 10 × Mug  €129.50\n    5 ship now\n    5 on backorder: no date yet\n" in mail.text
    assert "<br>5 ship now<br>5 on backorder: no date yet" in mail.html
    assert "Total: €129.50" in mail.text


def test_notify_says_so_expressly(sell, order_of):
    order_of((sell(units=5, backorders="notify"), 7))

    sentence = "Part of your order is on backorder (2): it is not in stock now"
    assert sentence in the_mail().text
    assert sentence in the_mail().html


def test_allow_does_not(sell, order_of):
    order_of((sell(units=5, backorders="allow"), 7))

    assert "Part of your order" not in the_mail().text
    assert "Part of your order" not in the_mail().html


def test_notify_is_silent_while_everything_is_there(sell, order_of):
    order_of((sell(units=7, backorders="notify"), 7))

    assert "backorder" not in the_mail().text


def test_a_bundle_asks_for_the_sentence_when_its_missing_part_does(sell, order_of):
    cup, pot = sell("Cup", units=8, backorders="allow"), sell("Pot", backorders="notify")
    tea_set = sell("Set", price="40")
    for part in (cup, pot):
        BundleComponent.objects.create(bundle=tea_set, component=part, quantity=2)

    order_of((tea_set, 3))

    assert "Part of your order is on backorder (3)" in the_mail().text
    assert "- 3 × Set  €120.00\n    3 on backorder: no date yet\n" in the_mail().text


def test_a_pre_order_is_no_backorder(sell, order_of):
    mug = sell(backorders="notify", release_date=SOON, allow_preorders=True)

    order_of((mug, 2))

    assert f"2 on pre-order: ship from {full_day(SOON)}" in the_mail().text
    assert "backorder" not in the_mail().text


def test_without_a_day_the_timeframe_of_the_merchant_is_said(sell, order_of):
    days = DeliveryTimeframe.objects.create(
        name="S", in_stock_text="1 day", out_of_stock_text="2–3 weeks"
    )

    order_of((sell(backorders="allow", delivery_timeframe=days), 2))

    assert "2 on backorder: 2–3 weeks" in the_mail().text


def test_the_link_stands_on_the_address_of_the_shop(sell, order_of, settings):
    settings.SITE_ADDRESS = "https://shop.example/"
    order = order_of((sell(units=5), 1))

    link = f"https://shop.example/order/{page_key(order)}/"
    assert f"\n{link}\n" in the_mail().text
    assert f'href="{link}"' in the_mail().html


def test_nobody_is_written_to_without_an_address(sell, order_of):
    order = order_of((sell(units=5, backorders="allow"), 7), email="")
    line = order.lines.get()

    assert mail_order_received(order) is None
    assert mail_shipped(parcel_of(order)) is None
    assert mail_released(parcel_of(order)) is None
    assert mail_promise_changed(order, [(line, None, SOON)]) is None
    assert not OutgoingMail.objects.exists()


def test_a_parcel_says_what_is_in_it_and_what_still_waits(sell, order_of):
    order = order_of((sell(units=5, backorders="allow"), 7))

    mail = mail_shipped(parcel_of(order))

    assert mail.subject == f"Order {order.number}: a parcel is on its way"
    parcel = f"Parcel {order.number}-1 of order {order.number} left us. In it:"
    assert f"{parcel}\n\n- 5 × Mug\n" in mail.text
    assert "Still waiting:\n\n- Mug\n    2 on backorder: no date yet\n" in mail.text
    assert "<li>5 × Mug</li>" in mail.html
    assert "2 on backorder: no date yet" in mail.html


def test_the_last_parcel_says_that_nothing_waits(sell, order_of):
    order = order_of((sell(units=7), 7))

    mail = mail_shipped(parcel_of(order))

    assert "Nothing of your order waits any more." in mail.text
    assert "Still waiting" not in mail.text
    assert "Nothing of your order waits any more." in mail.html


def test_a_pre_order_whose_day_came_is_said_to_be_ready(sell, order_of):
    mug = sell(units=5, release_date=SOON, allow_preorders=True)
    order = order_of((mug, 2), (sell("Bowl", backorders="allow"), 3))
    OutgoingMail.objects.all().delete()

    release_waiting(act=Act(at=timezone.now() + timedelta(days=13)))

    mail = OutgoingMail.objects.get(to="ann@example.com")
    assert mail.subject == f"Order {order.number}: ready to ship"
    assert "this ships next:\n\n- 2 × Mug\n" in mail.text
    assert "<li>2 × Mug</li>" in mail.html
    assert "Still waiting:\n\n- Bowl\n    3 on backorder: no date yet\n" in mail.text


def test_a_changed_promise_names_both_days_and_leads_to_the_choice(sell, order_of):
    order = order_of((sell(backorders="allow"), 7))
    line = order.lines.get()

    mail = mail_promise_changed(order, [(line, SOON, LATER)])

    said = f"Now: expected {full_day(LATER)}. Before: expected {full_day(SOON)}."
    assert mail.subject == f"Order {order.number}: a new date"
    assert f"- Mug\n    {said}\n" in mail.text
    assert f"<strong>Mug</strong><br>{said}" in mail.html
    assert "cancel what waits on the order's page" in unescape(mail.html)
    assert "Keep waiting or cancel" in mail.html


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SOON, None, f"Now: no date yet. Before: expected {full_day(SOON)}."),
        (None, SOON, f"Now: expected {full_day(SOON)}. Before: no date yet."),
    ],
    ids=["lost", "won"],
)
def test_a_day_that_is_lost_or_won_is_said(sell, order_of, old, new, said):
    order = order_of((sell(backorders="allow"), 7))

    assert said in mail_promise_changed(order, [(order.lines.get(), old, new)]).text


def test_no_change_is_no_mail(sell, order_of):
    order = order_of((sell(backorders="allow"), 7))

    assert mail_promise_changed(order, []) is None


def test_a_mail_is_undone_with_what_it_tells(sell, order_of):
    mug = sell(units=5)

    with transaction.atomic():
        order_of((mug, 1))
        transaction.set_rollback(True)

    assert not OutgoingMail.objects.exists()


def test_titles_are_escaped_in_html_and_plain_in_text(sell, order_of):
    hostile = '<img src=x onerror="alert(1)"> & {{ link }}'
    mug = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title=hostile), sku="X", price="1"
    )
    sell.put(mug, 5)

    order_of((mug, 1), name="<script>alert(1)</script>")

    assert f"1 × {hostile}" in the_mail().text
    assert "&lt;img src=x" in the_mail().html
    assert "<img" not in the_mail().html
    assert "<script>" not in the_mail().html


def test_a_long_order_is_cut_and_says_so(sell, order_of):
    mug = sell(units=900)
    order = order_of(*[(mug, 1)] * 203)

    assert the_mail().text.count("1 × Mug") == 200
    assert "and 3 more lines" in the_mail().text
    assert order.lines.count() == 203


def test_a_mail_costs_the_same_queries_however_long_the_order(
    sell, order_of, django_assert_num_queries
):
    mug = sell(units=900, backorders="notify")
    small, large = order_of((mug, 1)), order_of(*[(mug, 9)] * 90)

    for order in (small, large):
        with django_assert_num_queries(6):
            mail_order_received(order)


# --- what was told before ---------------------------------------------------------------------


def corrections():
    """Let the worker tell what is news, and return what each mail says of it."""
    OutgoingMail.objects.all().delete()
    tell_changed_promises(at=timezone.now())
    rows = OutgoingMail.objects.order_by("pk")
    return [line.strip() for mail in rows for line in mail.text.splitlines() if "Now: " in line]


def dated(variant, day):
    update_variant(act=Act.now(), variant=variant, changes={"release_date": day}, confirm=True)


def test_who_was_told_that_it_ships_now_reads_so_when_it_waits(sell, order_of):
    mug = sell(units=5)
    order_of((mug, 2))
    order_of((mug, 1), is_paid=False)

    dated(mug, SOON)

    assert corrections() == [
        f"Now: expected {full_day(SOON)}. Before: ships now.",
        f"Now: expected {full_day(SOON)}. Before: ships when your payment is in.",
    ]
    dated(mug, LATER)
    before = f"Now: expected {full_day(LATER)}. Before: expected {full_day(SOON)}."
    assert corrections() == [before, before]


def test_who_was_told_that_it_ships_now_hears_that_it_does_not(berlin, sell, order_of):
    mug = sell(units=2)
    order_of((mug, 2))

    correct_stock(warehouse=berlin, lines=[Found(mug, 0)], reason="breakage", act=Act.now())

    assert corrections() == ["Now: no date yet. Before: ships now."]
    assert corrections() == []


def test_a_date_that_comes_back_is_news_to_who_was_told_it_ships_now(sell, order_of):
    mug = sell(units=5, release_date=SOON, allow_preorders=True)
    order_of((mug, 2))
    dated(mug, None)
    assert corrections() == []

    dated(mug, SOON)

    assert corrections() == [f"Now: expected {full_day(SOON)}. Before: ships now."]


def test_who_was_told_to_wait_for_the_rest_was_not_told_that_it_ships_now(sell, order_of):
    pan = sell("Pan", backorders="allow")
    order_of((sell(units=5), 2), (pan, 1), ship_together=True)

    dated(pan, SOON)

    assert corrections() == [f"Now: expected {full_day(SOON)}. Before: no date yet."] * 2


def test_what_an_older_program_told_is_not_known(sell, order_of):
    mug = sell(units=5)
    order_of((mug, 2))
    OrderLine.objects.update(told_ready=None)

    dated(mug, SOON)

    assert corrections() == [f"Now: expected {full_day(SOON)}. Before: no date yet."]


def test_units_that_are_added_later_were_never_told_to_ship_now(sell, order_of):
    mug = sell(units=2, backorders="allow")
    order = order_of((mug, 2))

    change_order(order=order, quantities={order.lines.get().pk: 5}, act=Act.now())

    assert corrections() == []
