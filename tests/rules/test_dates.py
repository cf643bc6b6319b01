"""When units ship: each day worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from orders.policy.dates import (
    LAST,
    NEW,
    Queue,
    Wait,
    days_when_ordered,
    order_matters,
    ship_days,
)
from orders.policy.news import is_news, latest, not_before
from orders.policy.parcels import Parcel, Piece
from orders.policy.queue import Waiter
from tests.rules.stock import TODAY

FRIDAY, MONDAY, FEBRUARY = date(2026, 1, 9), date(2026, 1, 12), date(2026, 2, 1)
YESTERDAY = date(2026, 1, 4)


def missing(line, parcel=1, comes=None, *, together=False):
    return Wait(line, parcel, is_missing=True, comes=comes, is_together=together)


def there(line, parcel=1, *, together=False):
    return Wait(line, parcel, is_missing=False, is_together=together)


@pytest.mark.parametrize(
    ("case", "waits", "release_dates", "expected"),
    [
        ("nobody waits", [], {}, {}),
        ("the day of its delivery", [missing(1, comes=FRIDAY)], {}, {1: FRIDAY}),
        ("nothing brings it", [missing(1)], {}, {1: None}),
        ("the last of its pieces", [missing(1, comes=FRIDAY), missing(1, comes=MONDAY)], {},
         {1: MONDAY}),
        ("one of its pieces comes nobody knows when", [missing(1, comes=FRIDAY), missing(1)], {},
         {1: None}),
        ("a piece that is there waits for the other", [there(1), missing(1, comes=FRIDAY)], {},
         {1: FRIDAY}),
        ("what is there waits for its date", [there(1)], {1: FEBRUARY}, {1: FEBRUARY}),
        ("what is there and out today does not wait", [there(1)], {1: TODAY}, {}),
        ("what is there has no date", [there(1)], {}, {}),
        ("not before its date", [missing(1, comes=FRIDAY)], {1: FEBRUARY}, {1: FEBRUARY}),
        ("a delivery after its date", [missing(1, comes=MONDAY)], {1: FRIDAY}, {1: MONDAY}),
        ("no delivery: its date", [missing(1)], {1: FEBRUARY}, {1: FEBRUARY}),
        ("no delivery: its date is today", [missing(1)], {1: TODAY}, {1: TODAY}),
        ("a date that passed promises nothing", [missing(1)], {1: YESTERDAY}, {1: None}),
        ("a date that passed keeps nothing", [missing(1, comes=FRIDAY)], {1: YESTERDAY},
         {1: FRIDAY}),
        ("each line for itself", [missing(1, comes=FRIDAY), missing(2, comes=MONDAY)], {},
         {1: FRIDAY, 2: MONDAY}),
        ("together: the last day for all",
         [missing(1, comes=FRIDAY, together=True), missing(2, comes=MONDAY, together=True)], {},
         {1: MONDAY, 2: MONDAY}),
        ("together: also what is there",
         [there(1, together=True), missing(2, comes=MONDAY, together=True)], {},
         {1: MONDAY, 2: MONDAY}),
        ("together, and nobody knows of one",
         [missing(1, comes=FRIDAY, together=True), missing(2, together=True)], {},
         {1: None, 2: None}),
        ("together, and nothing waits", [there(1, together=True)], {}, {}),
        ("together in each parcel",
         [missing(1, 1, FRIDAY, together=True), missing(2, 2, MONDAY, together=True)], {},
         {1: FRIDAY, 2: MONDAY}),
        ("a line in two parcels: the later", [missing(1, 1, FRIDAY), missing(1, 2, MONDAY)], {},
         {1: MONDAY}),
        ("a line in two parcels, one of which ships", [there(1, 1), missing(1, 2, FRIDAY)], {},
         {1: FRIDAY}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_day_of_each_line(case, waits, release_dates, expected):
    assert ship_days(waits, release_dates, today=TODAY) == expected


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [(None, FRIDAY, True), (FRIDAY, None, True), (None, None, False)]
    + [(FRIDAY, MONDAY, True), (MONDAY, FRIDAY, False), (FRIDAY, FRIDAY, False)],
)
def test_what_is_news(told, now, expected):
    assert is_news(told=told, now=now) is expected


def test_days_are_put_together():
    assert latest([FRIDAY, MONDAY]) == MONDAY
    assert latest([FRIDAY, None]) is None
    assert latest([]) is None
    assert not_before(FRIDAY, None) == FRIDAY


# --- an order that is not placed yet ----------------------------------------------------------


def waiter(line, units=1, **fields):
    place = {"order_line": line, "booked": 10, "priority": 0, "placed_at": LAST} | fields
    return Waiter(line=line, units=units, **place)


@pytest.mark.parametrize(
    ("case", "places", "arrivals", "expected"),
    [
        ("nobody", [], [10, 20], False),
        ("one alone", [{10}], [10, 20], False),
        ("all may take from all", [None, {10, 20}], [10, 20], False),
        ("apart", [{10}, {20}], [10, 20], False),
        ("some of the same", [{10}, None], [10, 20], True),
        ("some of the same, as far as anything comes", [{10}, None], [10], False),
        ("nothing comes", [{10}, None], [], False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_order_of_those_before_matters(case, places, arrivals, expected):
    waiters = [
        waiter(number, warehouses=None if own is None else frozenset(own))
        for number, own in enumerate(places)
    ]

    assert order_matters(waiters, [(FRIDAY, place, 5) for place in arrivals]) is expected


def piece(line=1, variant=1, warehouse=10, allocated=0, waiting=0, is_part=False):
    return Piece(line, variant, warehouse, 1, allocated, waiting, is_part=is_part)


def held(*pieces):
    return Parcel(None, pieces, ("awaiting_stock",))


QUEUE = Queue([waiter(7, 3)], [(FRIDAY, 10, 5), (MONDAY, 20, 9), (FEBRUARY, 10, 9)])


def days(parcels, queues=None, *, release_dates=None, **fields):
    asked = {"rule": "fifo", "value": Decimal(9), "ships_from": None, "is_together": False}
    return days_when_ordered(
        parcels,
        {1: QUEUE} if queues is None else queues,
        release_dates or {},
        **asked | fields,
        today=TODAY,
    )


@pytest.mark.parametrize(
    ("case", "parcels", "fields", "expected"),
    [
        ("what those before leave", [held(piece(waiting=2))], {}, {1: FRIDAY}),
        ("one more than they leave", [held(piece(waiting=3))], {}, {1: MONDAY}),
        ("from where its channel ships", [held(piece(waiting=3))],
         {"ships_from": frozenset({10})}, {1: FEBRUARY}),
        ("a part of a bundle waits at one", [held(piece(waiting=3, is_part=True))], {},
         {1: FEBRUARY}),
        ("nothing comes for it", [held(piece(variant=2, waiting=1))], {}, {1: None}),
        ("a part that is there waits for the other",
         [held(piece(waiting=2), piece(variant=2, allocated=1))], {}, {1: FRIDAY}),
        ("two lines, one after the other",
         [held(piece(waiting=2), piece(2, waiting=1))], {}, {1: FRIDAY, 2: MONDAY}),
        ("two lines together",
         [held(piece(waiting=2), piece(2, waiting=1))], {"is_together": True},
         {1: MONDAY, 2: MONDAY}),
        ("what ships at once has no day",
         [Parcel(10, (piece(3, allocated=1),)), held(piece(waiting=2))], {}, {1: FRIDAY}),
        ("two parcels, each its own day",
         [held(piece(waiting=2)), held(piece(2, waiting=1))], {"is_together": True},
         {1: FRIDAY, 2: MONDAY}),
        ("not before its release", [held(piece(waiting=2))],
         {"release_dates": {1: FEBRUARY}}, {1: FEBRUARY}),
        ("what comes from nowhere waits for no delivery",
         [held(piece(warehouse=None, waiting=1))], {}, {1: None}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_day_of_an_order_that_would_be_placed_now(case, parcels, fields, expected):
    assert days(parcels, **fields) == expected


@pytest.mark.parametrize(
    ("rule", "other", "expected"),
    [
        ("fifo", {}, MONDAY),
        ("fifo", {"priority": -1}, FRIDAY),
        ("fifo", {"priority": 1}, MONDAY),
        ("fifo", {"is_unpaid": True}, FRIDAY),
        ("highest_value", {"value": Decimal(8)}, FRIDAY),
        ("highest_value", {"value": Decimal(10)}, MONDAY),
        ("most_orders", {"missing": 4}, FRIDAY),
        ("most_orders", {"missing": 2}, MONDAY),
        ("promised_date", {"first_promised_at": FRIDAY}, MONDAY),
    ],
)
def test_it_stands_behind_whom_the_rule_does_not_put_after_it(rule, other, expected):
    queue = Queue([waiter(7, 3, **other)], [(FRIDAY, 10, 3), (MONDAY, 10, 3)])
    parcel = held(piece(waiting=2), piece(variant=2, waiting=1))

    assert days([parcel], {1: queue, 2: QUEUE}, rule=rule)[1] == expected


def test_what_is_new_comes_after_all_that_is_there():
    queue = Queue([waiter(NEW - 1, 1)], [(FRIDAY, 10, 1), (MONDAY, 10, 1)])

    assert days([held(piece(0, waiting=1))], {1: queue}) == {0: MONDAY}


def test_of_a_new_order_the_first_line_comes_first():
    queue = Queue([], [(FRIDAY, 10, 1), (MONDAY, 10, 1)])
    parcel = held(piece(5, waiting=1), piece(4, waiting=1))

    assert days([parcel], {1: queue}) == {4: FRIDAY, 5: MONDAY}
