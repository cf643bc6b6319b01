"""What a shopper reads, as tables."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from inventory.models import DeliveryTimeframe
from inventory.offers import Availability, Split
from inventory.policy import BackorderMode, Level, State, shopper_state
from orders.storefront import words
from orders.storefront.words import Answer, Delivery

TODAY = date(2026, 11, 21)
RELEASE = date(2026, 12, 12)
TIMEFRAME = Delivery(now="1–2 days", later="2–3 weeks")
EXPECTED = Delivery(now="1–2 days", later="2–3 weeks", expected_at=date(2026, 12, 4))


def offer(*, available=0, room=0, mode=BackorderMode.ALLOW, tracked=True, ahead=False):
    salable = None if room is None or not tracked else available + room
    state = shopper_state(salable=salable, available=available, is_ahead_of_release=ahead)
    return Availability(
        track_inventory=tracked,
        on_hand=available,
        allocated=0,
        available=available,
        on_backorder=0,
        mode=mode,
        backorder_limit=None,
        room=room,
        salable=salable,
        state=state if tracked else State.IN_STOCK,
        only_x_left=None,
        decided_by=Level.STORE,
    )


NOTIFY_PART = "2 of these are on backorder: we ship them as soon as they are in."
NOTIFY_ONE = "1 of these is on backorder: we ship it as soon as it is in."


@pytest.mark.parametrize(
    ("wanted", "of", "delivery", "expected"),
    [
        (1, offer(available=3), Delivery(), Answer("1 ships now")),
        (3, offer(available=3), TIMEFRAME, Answer("3 ship now", ("Delivery: 1–2 days",))),
        (
            5,
            offer(available=3, room=None),
            TIMEFRAME,
            Answer(
                "3 ship now, 2 on backorder",
                ("Ships now: 1–2 days", "On backorder: 2–3 weeks"),
            ),
        ),
        (
            5,
            offer(available=3, room=None, mode=BackorderMode.NOTIFY),
            EXPECTED,
            Answer(
                "3 ship now, 2 on backorder",
                ("Ships now: 1–2 days", "On backorder: expected 4 December"),
                NOTIFY_PART,
            ),
        ),
        (
            2,
            offer(available=1, room=1, mode=BackorderMode.NOTIFY),
            Delivery(),
            Answer("1 ships now, 1 on backorder", (), NOTIFY_ONE),
        ),
        (2, offer(room=None), EXPECTED, Answer("2 on backorder", ("Expected 4 December",))),
        (2, offer(room=2, mode=BackorderMode.NOTIFY), Delivery(), Answer("2 on backorder")),
        (2, offer(room=2), TIMEFRAME, Answer("2 on backorder", ("Delivery: 2–3 weeks",))),
        (
            9,
            offer(available=3, room=5),
            TIMEFRAME,
            Answer("At most 8 can be bought", is_refusal=True),
        ),
        (
            10**9,
            offer(available=1200),
            TIMEFRAME,
            Answer("At most 1,200 can be bought", is_refusal=True),
        ),
        (1, offer(), EXPECTED, Answer("Out of stock: none can be bought now", is_refusal=True)),
        (
            4,
            offer(available=1, room=None, ahead=True),
            Delivery(ships_from=RELEASE),
            Answer("4 ship from 12 December 2026"),
        ),
        (
            1,
            offer(available=1, ahead=True),
            Delivery(ships_from=RELEASE),
            Answer("1 ships from 12 December 2026"),
        ),
        (
            10**9,
            offer(tracked=False),
            TIMEFRAME,
            Answer("Available now, in any quantity", ("Delivery: 1–2 days",)),
        ),
    ],
)
def test_a_quantity_is_answered_in_words(wanted, of, delivery, expected):
    assert words.answer_of(wanted, of, delivery, today=TODAY) == expected


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (Split(3, 2), "3 ship now, 2 on backorder"),
        (Split(1, 0), "1 ships now"),
        (Split(0, 1), "1 on backorder"),
        (Split(1200, 1), "1,200 ship now, 1 on backorder"),
    ],
)
def test_a_split_is_said_in_words(split, expected):
    assert words.split_words(split) == expected


@pytest.mark.parametrize(
    ("state", "delivery", "expected"),
    [
        (State.IN_STOCK, EXPECTED, "Delivery: 1–2 days"),
        (State.IN_STOCK, Delivery(), ""),
        (State.ON_BACKORDER, EXPECTED, "Expected 4 December"),
        (State.ON_BACKORDER, TIMEFRAME, "Delivery: 2–3 weeks"),
        (State.ON_BACKORDER, Delivery(), ""),
        (State.OUT_OF_STOCK, EXPECTED, "Expected 4 December"),
        (State.OUT_OF_STOCK, TIMEFRAME, ""),
        (State.PRE_ORDER, Delivery(ships_from=RELEASE), "Ships from 12 December 2026"),
        (State.PRE_ORDER, EXPECTED, ""),
    ],
)
def test_each_state_says_when(state, delivery, expected):
    assert words.delivery_words(state, delivery, today=TODAY) == expected


def test_a_day_far_ahead_keeps_its_year():
    assert words.expected_words(date(2027, 11, 4), today=TODAY) == "Expected 4 November 2027"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.IN_STOCK, "In stock"),
        (State.ON_BACKORDER, "On backorder"),
        (State.PRE_ORDER, "Pre-order"),
        (State.OUT_OF_STOCK, "Out of stock"),
    ],
)
def test_each_state_has_its_label(state, text):
    assert words.label_of(state, show_backorder_label=True).text == text


def test_only_the_backorder_label_can_be_left_out():
    labels = {state: words.label_of(state, show_backorder_label=False) for state in State}

    assert [state for state, label in labels.items() if label is None] == [State.ON_BACKORDER]


@pytest.mark.parametrize(
    ("mode", "available", "is_said"),
    [
        (BackorderMode.NOTIFY, 0, True),
        (BackorderMode.NOTIFY, 1, False),
        (BackorderMode.ALLOW, 0, False),
    ],
)
def test_only_notify_says_backorder_in_a_sentence(mode, available, is_said):
    said = words.backorder_notice(offer(available=available, room=None, mode=mode))

    expected = "This item is on backorder: you can buy it now, and we ship it as soon as it is in."
    assert said == (expected if is_said else "")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.OUT_OF_STOCK, State.IN_STOCK], State.IN_STOCK),
        ([State.PRE_ORDER, State.ON_BACKORDER], State.ON_BACKORDER),
        ([State.OUT_OF_STOCK, State.PRE_ORDER], State.PRE_ORDER),
        ([State.OUT_OF_STOCK], State.OUT_OF_STOCK),
    ],
)
def test_a_product_is_said_to_be_what_its_best_variant_is(states, expected):
    assert words.best(states) == expected


def test_the_narrowest_timeframe_holds():
    variant, product, store = (DeliveryTimeframe(name=name) for name in "abc")

    assert words.timeframe_of(variant, product, store) is variant
    assert words.timeframe_of(None, product, store) is product
    assert words.timeframe_of(None, None, store) is store
    assert words.timeframe_of(None, None, None) is None


@pytest.mark.parametrize(
    ("language", "amount", "currency", "expected"),
    [
        ("en", "12.95", "EUR", "€12.95"),
        ("en", "1234567.5", "USD", "$1,234,567.50"),
        ("en", "1500", "JPY", "¥1,500"),
        ("en", "1500.50", "JPY", "¥1,500.50"),
        ("en", "12.95", "SEK", "SEK\u00a012.95"),
        ("nl", "1234.95", "EUR", "€\u00a01.234,95"),
        ("de", "1234.95", "EUR", "1.234,95\u00a0€"),
        ("de", "9999999999.99", "CHF", "9.999.999.999,99\u00a0CHF"),
    ],
)
def test_money_is_written_as_the_language_writes_it(language, amount, currency, expected):
    with translation.override(language):
        assert words.money(Decimal(amount), currency) == expected


def test_prices_that_differ_start_at_the_lowest():
    assert words.price_words([Decimal("14.50"), Decimal("12.95")], "EUR") == "from €12.95"
    assert words.price_words([Decimal("12.95"), Decimal("12.95")], "EUR") == "€12.95"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Plain & simple: 3 < 4", "Plain & simple: 3 < 4"),
        ("<p>One</p><p>Two&nbsp;&amp; three</p>", "One\nTwo\u00a0& three"),
        ("Has<ul><li>A</li><li class='x'>B</li></ul>", "Has\n• A\n• B"),
        ("a<br/>b<script>alert(1)</script>", "a\nbalert(1)"),
    ],
)
def test_a_description_in_html_becomes_plain_text(raw, expected):
    assert words.plain_description(raw) == expected


def test_a_description_made_to_hang_the_reader_is_shown_as_it_is():
    hostile = "<p>" + "<a" * 5000

    assert words.plain_description(hostile) == hostile
