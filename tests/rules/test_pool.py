"""What is left of variants and bundles, and drawing on it: worked out by hand."""

import pytest

from inventory.listing_terms import ListingTerms
from inventory.offers import Article, left_of
from inventory.policy import (
    BackorderMode,
    Level,
    LevelSettings,
    PolicyInputs,
    State,
    StockAt,
    effective_policy,
    shopper_state,
    threshold_warning,
)
from inventory.pool import ENDLESS, Draw, Left, Need, draw, left, one_for_all, pool_of
from tests.rules.stock import TODAY, article, at, policy

NO, ALLOW, UP_TO_5 = policy("no"), policy("allow"), policy("allow", -5)
SERVICE = policy(track_inventory=False)


# --- one warehouse ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "level", "available", "room"),
    [
        ("nothing said", StockAt("a", on_hand=3, allocated=1), 2, None),
        ("a cap", StockAt("a", backorder_threshold=5), 0, 5),
        ("a cap used in part", StockAt("a", backorder_threshold=5, on_backorder=3), 0, 2),
        ("a cap used up", StockAt("a", backorder_threshold=5, on_backorder=5), 0, 0),
        ("more is owed than the cap", StockAt("a", backorder_threshold=5, on_backorder=9), 0, 0),
        ("out of stock", StockAt("a", on_hand=3, in_stock=False), 0, 0),
        ("not active", StockAt("a", on_hand=3, is_active=False), 0, 0),
        ("not served", StockAt("a", on_hand=3, is_served=False), 0, 0),
        ("more is reserved than there", StockAt("a", on_hand=1, allocated=2), 0, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_one_warehouse_gives(case, level, available, room):
    assert (level.available, level.room) == (available, room)


@pytest.mark.parametrize(
    ("case", "level", "is_open", "counts"),
    [
        ("as it is", StockAt("a"), True, True),
        ("out of stock it is open", StockAt("a", in_stock=False), True, False),
        ("not active", StockAt("a", is_active=False), False, False),
        ("not served", StockAt("a", is_served=False), False, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_warehouse_is_open_and_counts(case, level, is_open, counts):
    assert (level.is_open, level.counts) == (is_open, counts)


# --- policies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "mode", "threshold", "tracked", "safety", "limit"),
    [
        ("kept back", "no", 5, True, 5, 0),
        ("limited", "notify", -5, True, 0, 5),
        ("no limit", "allow", 5, True, 0, None),
        ("not tracked, nothing is kept", "no", 5, False, 0, None),
        ("not tracked, no limit", "allow", -5, False, 0, None),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_a_policy_keeps_and_lets_be_owed(case, mode, threshold, tracked, safety, limit):
    rules = policy(mode, threshold, track_inventory=tracked)

    assert (rules.safety_stock, rules.backorder_limit, rules.mode) == (safety, limit, mode)


def test_what_no_level_sets_is_zero_and_the_stores():
    rules = effective_policy(PolicyInputs(store=LevelSettings()), today=TODAY)

    assert (rules.threshold, rules.notify_below, rules.only_x_left_threshold) == (0, 0, 0)
    assert rules.sources == dict.fromkeys(
        ("backorders", "out_of_stock_threshold", "notify_below", "only_x_left_threshold"),
        Level.STORE,
    )
    assert (rules.mode, rules.decided_by) == (BackorderMode.NO, Level.STORE)
    assert not rules.may_owe
    assert ALLOW.may_owe


KEEPS_NOTHING = "A negative threshold limits backorders, and backorders are off: it keeps nothing."
NO_LIMIT = "A positive threshold keeps units only while backorders are off: now it sets no limit."


@pytest.mark.parametrize(
    ("threshold", "mode", "said"),
    [
        (-1, "no", KEEPS_NOTHING),
        (1, "no", None),
        (1, "allow", NO_LIMIT),
        (-1, "allow", None),
        (0, "no", None),
        (0, "allow", None),
    ],
)
def test_what_is_said_of_a_sign_that_does_not_fit(threshold, mode, said):
    assert threshold_warning(threshold, BackorderMode(mode)) == said


def test_the_last_unit_is_in_stock():
    said = shopper_state(salable=1, available=1, is_ahead_of_release=False)

    assert said is State.IN_STOCK


# --- what is left -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "parts", "may_owe", "expected"),
    [
        ("units alone", [("", 1, NO, at(3, 2))], True, Left(5, 0)),
        ("units and room", [("", 1, UP_TO_5, at(3))], True, Left(3, 5)),
        ("units, and none may be owed", [("", 1, UP_TO_5, at(3))], False, Left(3, 0)),
        ("what is owed uses up the limit", [("", 1, UP_TO_5, at(StockAt("", on_backorder=2)))],
         True, Left(0, 3)),
        ("what is owed in a closed warehouse, too",
         [("", 1, UP_TO_5, at(0, StockAt("", on_backorder=2, is_active=False)))], True,
         Left(0, 3)),
        ("more is owed than the limit", [("", 1, UP_TO_5, at(StockAt("", on_backorder=9)))],
         True, Left(0, 0)),
        ("safety stock is more than there is", [("", 1, policy("no", 5), at(3))], True, Left(0, 0)),
        ("no limit", [("", 1, ALLOW, at(3))], True, Left(3, 1_000_000_000, is_endless=True)),
        ("no limit, and none may be owed", [("", 1, ALLOW, at(3))], False, Left(3, 0)),
        ("no limit, but caps",
         [("", 1, ALLOW, at(StockAt("", backorder_threshold=2), StockAt("", in_stock=False)))],
         True, Left(0, 2)),
        ("not tracked", [("", 1, SERVICE, at(0))], True, Left(0, ENDLESS, is_endless=True)),
        ("a bundle", [("x", 2, NO, at(5)), ("y", 1, UP_TO_5, at(1))], True, Left(1, 1)),
        ("a bundle, and none may be owed", [("x", 2, NO, at(5)), ("y", 1, UP_TO_5, at(1))],
         False, Left(1, 0)),
        ("a bundle without a limit", [("x", 1, ALLOW, at(0)), ("y", 1, ALLOW, at(0))], True,
         Left(0, 1_000_000_000, is_endless=True)),
        ("a bundle of which one part has a limit",
         [("x", 1, ALLOW, at(0)), ("y", 2, UP_TO_5, at(0))], True, Left(0, 2)),
        ("a bundle whose parts have no cap in different warehouses",
         [("x", 1, ALLOW, at(0, StockAt("", backorder_threshold=3))),
          ("y", 1, ALLOW, at(StockAt("", backorder_threshold=4), 0))], True, Left(0, 7)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_left(case, parts, may_owe, expected):
    sold, pools = article(*parts)

    assert left(sold.needs, pools, may_owe=may_owe) == expected


@pytest.mark.parametrize(
    ("case", "stock", "fields", "expected"),
    [
        ("kept", at(6), {}, Left(2, 0)),
        ("sold elsewhere, nothing is kept from it", at(6), {"is_sold_already": True}, Left(6, 0)),
        ("allowed to be owed, without limit", at(6), {"is_allowed": True},
         Left(2, 1_000_000_000, is_endless=True)),
        ("allowed, beyond the cap", at(StockAt("", backorder_threshold=3)), {"is_allowed": True},
         Left(0, 1_000_000_000, is_endless=True)),
        ("allowed, but nothing counts", at(StockAt("", in_stock=False)), {"is_allowed": True},
         Left(0, 0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_safety_stock_and_limits_hold_for_new_orders(case, stock, fields, expected):
    pools = {1: pool_of(policy("no", 4), stock, **fields)}

    assert left([Need(1)], pools) == expected


def test_nothing_is_left_of_what_is_not_sold_here():
    sold, pools = article(("", 1, UP_TO_5, at(3)), terms=ListingTerms("shop"))

    assert left_of(sold, pools) == Left(0, 0)


def test_what_is_allowed_may_be_owed_whatever_bundle_and_channel_say():
    pools = {1: pool_of(policy("no"), at(0), is_allowed=True)}
    allowed = Article((Need(1),), forbidden_by=Level.VARIANT, is_allowed=True)

    assert left_of(allowed, pools).is_endless


# --- drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "parts", "units", "first", "expected"),
    [
        ("by priority", [("", 1, NO, at(2, 5))], 4, None, [(0, 1, 2, 0), (0, 2, 2, 0)]),
        ("the chosen one first", [("", 1, NO, at(2, 5))], 6, 2, [(0, 2, 5, 0), (0, 1, 1, 0)]),
        ("a chosen one that has no such units", [("", 1, NO, at(2))], 2, 9, [(0, 1, 2, 0)]),
        ("what is missing is owed", [("", 1, UP_TO_5, at(2))], 5, None, [(0, 1, 2, 3)]),
        ("shelves before debts, debts by priority",
         [("", 1, ALLOW, at(StockAt("", on_hand=1, backorder_threshold=2), 2))], 7, None,
         [(0, 1, 1, 2), (0, 2, 2, 2)]),
        ("no more than may be owed", [("", 1, UP_TO_5, at(2))], 9, None, [(0, 1, 2, 5)]),
        ("a bundle, whole in each warehouse",
         [("x", 2, NO, at(3, 4)), ("y", 1, NO, at(9, 1))], 3, None,
         [(0, 1, 2, 0), (0, 2, 2, 0), (1, 1, 1, 0), (1, 2, 1, 0)]),
        ("parts that are there are kept where the others are owed",
         [("x", 1, NO, at(3)), ("y", 2, UP_TO_5, at(3))], 3, None, [(0, 1, 3, 0), (1, 1, 3, 3)]),
        ("a service goes with each, also with those that are owed",
         [("x", 1, UP_TO_5, at(2)), ("wrap", 2, SERVICE, at(0))], 4, None,
         [(0, 1, 2, 2), (1, None, 8, 0)]),
        ("a service of nothing is none", [("x", 1, NO, at(0)), ("wrap", 2, SERVICE, at(0))], 4,
         None, []),
        ("services alone", [("wrap", 3, SERVICE, at(0))], 4, None, [(0, None, 12, 0)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_drawing(case, parts, units, first, expected):
    sold, pools = article(*parts)

    found = draw(sold.needs, units, pools, first=first)

    assert [
        (sold.needs.index(one.need), one.warehouse, one.allocated, one.waiting) for one in found
    ] == expected


def test_nothing_is_owed_where_none_may_be():
    sold, pools = article(("", 1, UP_TO_5, at(2)))

    assert draw(sold.needs, 5, pools, may_owe=False) == [Draw(sold.needs[0], 1, 2, 0)]


def test_a_pool_counts_what_is_drawn():
    stock = at(StockAt("", on_hand=4, on_backorder=1, backorder_threshold=9))
    pool = pool_of(policy("allow", -8), stock)
    twin = pool.copy()

    assert (pool.free, pool.limit_left, pool.owed) == (4, 7, 1)
    assert (pool.shelf(1), pool.room(1)) == (4, 7)
    assert (pool.shelf(2), pool.room(2)) == (0, 0)
    assert pool.take(1, 6) == (4, 2)
    assert (pool.free, pool.limit_left, pool.owed) == (0, 5, 3)
    assert (pool.available_at, pool.room_at) == ({1: 0}, {1: 6})
    assert pool.take(1, 3) == (0, 3)
    assert (pool.free, pool.limit_left, pool.owed) == (0, 2, 6)
    assert (pool.available_at, pool.room_at) == ({1: 0}, {1: 3})
    assert (twin.free, twin.limit_left, twin.owed) == (4, 7, 1)
    assert (twin.available_at, twin.room_at) == ({1: 4}, {1: 8})


def test_units_of_a_shelf_are_drawn_in_parts():
    pool = pool_of(NO, at(5))

    assert [pool.take(1, 2), pool.take(1, 2), pool.shelf(1)] == [(2, 0), (2, 0), 1]


# --- one for all ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "pools", "wanted", "place"),
    [
        ("safety stock is not looked for", {1: (policy("no", 4), at(2, 6))}, [(1, 1, 9)], 2),
        ("safety stock counts once, over all", {1: (policy("no", 4), at(4, 4))}, [(1, 1, 9)], 1),
        ("one unit less than available", {1: (policy("no", 3), at(4, 4))}, [(1, 1, 9)], None),
        ("two lines of one variant", {1: (NO, at(3, 5))}, [(1, 1, 2), (1, 1, 2)], 2),
        ("pairs", {1: (NO, at(3, 4))}, [(1, 2, 2)], 2),
        ("pairs, as many as there are", {1: (NO, at(3, 2))}, [(1, 2, 9)], None),
        ("nothing is there", {1: (ALLOW, at(0, 0))}, [(1, 1, 2)], None),
        ("nothing is counted", {1: (SERVICE, at(0))}, [(1, 1, 2)], None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_one_warehouse_for_all(case, pools, wanted, place):
    pools = {variant: pool_of(rules, stock) for variant, (rules, stock) in pools.items()}
    lines = [((Need(variant, per_unit),), units) for variant, per_unit, units in wanted]

    assert one_for_all(lines, pools) == place
