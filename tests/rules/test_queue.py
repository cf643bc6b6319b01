"""Who is served first, from where, and when: small queues worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orders.policy.queue import (
    Bundle,
    Grant,
    Waiter,
    plan,
    plan_together,
    promises,
    ranked,
    serving,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONE, LATER = NOON.replace(hour=13), NOON.replace(hour=14)
FRIDAY, MONDAY = date(2026, 1, 9), date(2026, 1, 12)
AT_10, AT_20 = frozenset({10}), frozenset({20})


def waiter(line, units=1, **fields):
    place = {"order_line": abs(line), "booked": 10, "priority": 0, "placed_at": NOON} | fields
    return Waiter(line=line, units=units, **place)


@pytest.mark.parametrize(
    ("case", "booked", "channel", "is_part", "expected"),
    [
        ("any", 10, None, False, None),
        ("those of the channel", 10, frozenset({20, 30}), False, frozenset({20, 30})),
        ("a part where its bundle waits", 10, None, True, AT_10),
        ("a part, its channel ships from there", 10, frozenset({10, 20}), True, AT_10),
        ("a part, its channel left", 10, AT_20, True, frozenset()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_warehouses_that_may_serve(case, booked, channel, is_part, expected):
    assert serving(booked, channel, is_part=is_part) == expected


@pytest.mark.parametrize(
    ("case", "queue", "expected"),
    [
        ("by time", [waiter(1, placed_at=LATER), waiter(2)], [2, 1]),
        ("then by order line", [waiter(1, order_line=9), waiter(2, order_line=8)], [2, 1]),
        ("then by line", [waiter(2, order_line=8), waiter(1, order_line=8)], [1, 2]),
        ("what waits before what is oversold of one line",
         [waiter(-8, order_line=8), waiter(3, order_line=8)], [3, -8]),
        ("paid before unpaid", [waiter(1, is_unpaid=True), waiter(2, placed_at=LATER)], [2, 1]),
        ("priority before payment",
         [waiter(1), waiter(2, priority=1, is_unpaid=True, placed_at=LATER)], [2, 1]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
@pytest.mark.parametrize("rule", ["fifo", "promised_date", "most_orders", "highest_value"])
def test_what_the_rule_leaves_equal(case, queue, expected, rule):
    assert [one.line for one in ranked(queue, rule)] == expected


@pytest.mark.parametrize(
    ("rule", "first", "second"),
    [
        ("fifo", {"value": Decimal(1), "missing": 9}, {"value": Decimal(9), "placed_at": ONE}),
        ("promised_date", {"first_promised_at": FRIDAY, "placed_at": ONE},
         {"first_promised_at": MONDAY}),
        ("promised_date", {"first_promised_at": FRIDAY, "placed_at": ONE}, {}),
        ("most_orders", {"missing": 1, "placed_at": ONE}, {"missing": 2}),
        ("highest_value", {"value": Decimal(2), "placed_at": ONE}, {"value": Decimal(1)}),
    ],
)  # fmt: skip
def test_each_rule(rule, first, second):
    assert [one.line for one in ranked([waiter(1, **second), waiter(2, **first)], rule)] == [2, 1]


@pytest.mark.parametrize(
    ("case", "supply", "queue", "expected"),
    [
        ("the first have all", {10: 1}, [waiter(1), waiter(2)], [Grant(1, 10, 1)]),
        ("in part", {10: 1}, [waiter(1, 3)], [Grant(1, 10, 1)]),
        ("an empty warehouse gives nothing", {10: 0, 20: 2}, [waiter(1, 3)], [Grant(1, 20, 2)]),
        ("less than none gives nothing", {10: -1}, [waiter(1)], []),
        ("by priority", {20: 1, 30: 1, 40: 1}, [waiter(1, 2)], [Grant(1, 20, 1), Grant(1, 30, 1)]),
        ("its own first", {20: 1, 10: 1}, [waiter(1, 2)], [Grant(1, 10, 1), Grant(1, 20, 1)]),
        ("its own is not its channel's", {10: 1, 20: 1}, [waiter(1, warehouses=AT_20)],
         [Grant(1, 20, 1)]),
        ("who may not have it lets the next", {10: 1}, [waiter(1, warehouses=AT_20), waiter(2)],
         [Grant(2, 10, 1)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_gets_what(case, supply, queue, expected):
    assert plan(supply, queue) == expected


MUG, CUP = 1, 2
PAIR = {MUG: 1, CUP: 1}


@pytest.mark.parametrize(
    ("case", "supplies", "queues", "bundles", "expected"),
    [
        ("an empty warehouse gives nothing", {MUG: {10: 0, 20: 1}}, {MUG: [waiter(1, 2)]}, [],
         [Grant(1, 20, 1, MUG)]),
        ("by rank over all variants", {MUG: {10: 1}, CUP: {10: 1}},
         {MUG: [waiter(2, placed_at=LATER)], CUP: [waiter(1)]}, [],
         [Grant(1, 10, 1, CUP), Grant(2, 10, 1, MUG)]),
        ("bundles by rank", {MUG: {10: 1}, CUP: {10: 1}}, {},
         [Bundle(waiter(-1, placed_at=LATER), PAIR), Bundle(waiter(-2), PAIR)],
         [Grant(-2, 10, 1, MUG), Grant(-2, 10, 1, CUP)]),
        ("a part is nowhere", {MUG: {10: 9}, CUP: {20: 9}}, {}, [Bundle(waiter(-1), PAIR)], []),
        ("the rest from the next warehouse", {MUG: {10: 2, 20: 9}, CUP: {10: 9, 20: 9}}, {},
         [Bundle(waiter(-1, 3), PAIR)],
         [Grant(-1, 10, 2, MUG), Grant(-1, 10, 2, CUP), Grant(-1, 20, 1, MUG),
          Grant(-1, 20, 1, CUP)]),
        ("a bundle between lines", {MUG: {10: 2}, CUP: {10: 1}},
         {MUG: [waiter(1), waiter(3, placed_at=LATER)], CUP: [waiter(4, placed_at=LATER)]},
         [Bundle(waiter(-2, placed_at=ONE), PAIR)],
         [Grant(1, 10, 1, MUG), Grant(-2, 10, 1, MUG), Grant(-2, 10, 1, CUP)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_gets_what_of_several(case, supplies, queues, bundles, expected):
    assert plan_together(supplies, queues, bundles, "fifo") == expected


@pytest.mark.parametrize(
    ("case", "queue", "arrivals", "expected"),
    [
        ("nothing comes", [waiter(1)], [], {1: None}),
        ("one delivery for all", [waiter(1, 2), waiter(2, 3)], [(FRIDAY, 10, 5)],
         {1: FRIDAY, 2: FRIDAY}),
        ("more comes than is owed", [waiter(1)], [(FRIDAY, 10, 5), (MONDAY, 10, 5)], {1: FRIDAY}),
        ("three of one delivery", [waiter(1), waiter(2), waiter(3)], [(FRIDAY, 10, 2)],
         {1: FRIDAY, 2: FRIDAY, 3: None}),
        ("a delivery that nobody may have, and then one for both",
         [waiter(1, warehouses=AT_10), waiter(2, warehouses=AT_10)],
         [(FRIDAY, 20, 5), (MONDAY, 10, 2)], {1: MONDAY, 2: MONDAY}),
        ("who may not have it lets the next",
         [waiter(1, warehouses=AT_20), waiter(2), waiter(3)], [(FRIDAY, 10, 1), (MONDAY, 10, 1)],
         {1: None, 2: FRIDAY, 3: MONDAY}),
        ("in parts", [waiter(1, 3)], [(FRIDAY, 10, 1), (FRIDAY, 20, 1), (MONDAY, 10, 1)],
         {1: MONDAY}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_day_of_the_last_unit(case, queue, arrivals, expected):
    assert promises(queue, arrivals) == expected
