"""`inventory.policy`: the tables are the rule."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from inventory.offers import Check, Split, availability, split_of
from inventory.policy import (
    STORE_DEFAULTS,
    BackorderMode,
    Level,
    LevelSettings,
    PolicyInputs,
    State,
    StockAt,
    backorder_setting_error,
    backorder_wish_error,
    effective_policy,
    is_low,
    only_x_left,
    read_threshold,
    shopper_state,
    threshold_warning,
)

TODAY = date(2026, 1, 5)
VECTORS = Path(__file__).parent.parent / "data" / "policy.csv"


def store(**settings):
    return replace(STORE_DEFAULTS, **settings)


def offer(*stock, **inputs):
    return availability(effective_policy(PolicyInputs(**inputs), today=TODAY), stock)


# --- the vectors ------------------------------------------------------------------------------


def vectors():
    with VECTORS.open(newline="") as file:
        return [pytest.param(row, id=f"{row['id']} {row['case']}") for row in csv.DictReader(file)]


def sell(warehouses, units):
    """Return the stock after `units` were sold: from the shelves first, then owed."""
    stock = []
    for n, place in enumerate(warehouses):
        allocated = min(units, place["on_hand"]) if place["in_stock"] and place["active"] else 0
        units -= allocated
        stock.append(
            StockAt(
                warehouse=f"W{n + 1}",
                on_hand=place["on_hand"],
                allocated=allocated,
                in_stock=place["in_stock"],
                is_active=place["active"],
            )
        )
    return [replace(stock[0], on_backorder=units), *stock[1:]]


@pytest.mark.parametrize("row", vectors())
def test_vector(row):
    stock = sell(json.loads(row["warehouses"]), int(row["already_sold"]))

    found = offer(
        *stock,
        track_inventory=row["track_inventory"] == "Y",
        store=store(
            backorders=row["backorders"], out_of_stock_threshold=int(row["out_of_stock_threshold"])
        ),
    )

    assert found.salable == (None if row["salable"] == "unlimited" else int(row["salable"]))
    if row["requested"]:
        split = split_of(int(row["requested"]), found)
        assert (split is not None) == (row["accepted"] == "Y")
        if split is not None:
            assert split.later == int(row["backordered"])


# --- seed 004, line by line -------------------------------------------------------------------

ADOBE = {
    "store": store(
        backorders="allow", out_of_stock_threshold=-50, notify_below=10, only_x_left_threshold=5
    )
}


@pytest.mark.parametrize(
    ("case", "allocated", "owed", "salable", "left", "state"),
    [
        ("nothing sold", 0, 0, 75, None, State.IN_STOCK),
        ("the shelf is sold", 25, 0, 50, None, State.ON_BACKORDER),
        ("70 sold", 25, 45, 5, 5, State.ON_BACKORDER),
        ("75 sold", 25, 50, 0, None, State.OUT_OF_STOCK),
        ("limit lowered below what is owed", 25, 60, 0, None, State.OUT_OF_STOCK),
    ],
)
def test_example_of_adobe_commerce(case, allocated, owed, salable, left, state):
    found = offer(StockAt("main", on_hand=25, allocated=allocated, on_backorder=owed), **ADOBE)

    assert (found.salable, found.only_x_left, found.state) == (salable, left, state)


# --- which level decides ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "inputs", "mode", "level"),
    [
        ("nobody says anything", {}, "no", Level.STORE),
        ("store", {"store": store(backorders="allow")}, "allow", Level.STORE),
        ("product", {"product": LevelSettings(backorders="notify")}, "notify", Level.PRODUCT),
        (
            "variant beats product",
            {
                "product": LevelSettings(backorders="notify"),
                "variant": LevelSettings(backorders="no"),
            },
            "no",
            Level.VARIANT,
        ),
        (
            "gate beats variant",
            {"variant": LevelSettings(backorders="allow"), "has_seller": True},
            "no",
            Level.MARKETPLACE,
        ),
        (
            "open gate",
            {
                "variant": LevelSettings(backorders="allow"),
                "has_seller": True,
                "sellers_can_accept_backorders": True,
            },
            "allow",
            Level.VARIANT,
        ),
        (
            "the gate is for sellers alone",
            {"variant": LevelSettings(backorders="allow"), "has_seller": False},
            "allow",
            Level.VARIANT,
        ),
    ],
)
def test_mode_comes_from_the_narrowest_level(case, inputs, mode, level):
    policy = effective_policy(PolicyInputs(**inputs), today=TODAY)

    assert (policy.mode, policy.decided_by) == (mode, level)


def test_each_number_comes_from_its_own_level():
    policy = effective_policy(
        PolicyInputs(
            store=store(out_of_stock_threshold=3, notify_below=10, only_x_left_threshold=4),
            product=LevelSettings(notify_below=0),
            variant=LevelSettings(out_of_stock_threshold=-7),
        ),
        today=TODAY,
    )

    assert (policy.threshold, policy.notify_below, policy.only_x_left_threshold) == (-7, 0, 4)
    assert policy.sources == {
        "backorders": Level.STORE,
        "out_of_stock_threshold": Level.VARIANT,
        "notify_below": Level.PRODUCT,
        "only_x_left_threshold": Level.STORE,
    }


@pytest.mark.parametrize(
    ("threshold", "owing", "safety", "limit"),
    [
        (0, False, 0, 0),
        (5, False, 5, 0),
        (-50, False, 0, 0),
        (0, True, 0, None),
        (5, True, 0, None),
        (-50, True, 0, 50),
    ],
)
def test_threshold_is_read_by_the_mode(threshold, owing, safety, limit):
    assert read_threshold(threshold, owing=owing) == (safety, limit)


@pytest.mark.parametrize(
    ("threshold", "mode", "flagged"),
    [(None, "no", False), (0, "allow", False), (5, "no", False), (-5, "allow", False)]
    + [(-5, "no", True), (5, "allow", True), (5, "notify", True)],
)
def test_a_sign_that_does_not_fit_is_flagged(threshold, mode, flagged):
    assert (threshold_warning(threshold, BackorderMode(mode)) is not None) is flagged


@pytest.mark.parametrize(
    ("backorders", "tracked", "refused"),
    [("allow", False, True), ("notify", False, True), ("no", False, False)]
    + [("inherit", False, False), ("allow", True, False)],
)
def test_backorders_need_tracking(backorders, tracked, refused):
    assert (backorder_setting_error(backorders, track_inventory=tracked) is not None) is refused


@pytest.mark.parametrize(
    ("word", "own", "was_tracked", "tracked", "refused"),
    [
        (None, "allow", True, False, False),  # tracking goes off: the word waits
        (None, "allow", False, False, False),
        ("allow", "allow", False, False, False),  # what was read is sent back
        ("allow", "allow", True, False, True),  # both are asked for: they contradict
        ("notify", "allow", False, False, True),
        ("allow", "inherit", False, False, True),
        ("allow", "inherit", False, True, False),
        ("no", "allow", True, False, False),
        ("inherit", "allow", True, False, False),
    ],
)
def test_who_may_ask_for_backorders(word, own, was_tracked, tracked, refused):
    error = backorder_wish_error(word, own=own, was_tracked=was_tracked, tracked=tracked)

    assert (error is not None) is refused


# --- warehouses -------------------------------------------------------------------------------

ALLOW = {"store": store(backorders="allow")}
LIMIT_10 = {"store": store(backorders="allow", out_of_stock_threshold=-10)}


@pytest.mark.parametrize(
    ("case", "stock", "inputs", "available", "salable"),
    [
        ("no warehouse at all", [], ALLOW, 0, 0),
        ("never touched", [StockAt("a")], ALLOW, 0, None),
        ("cap 0 here, 5 there", [StockAt("a", backorder_threshold=0)]
         + [StockAt("b", backorder_threshold=5)], ALLOW, 0, 5),
        ("cap partly used", [StockAt("a", backorder_threshold=5, on_backorder=3)], ALLOW, 0, 2),
        ("cap lowered below what is owed",
         [StockAt("a", backorder_threshold=2, on_backorder=5)], ALLOW, 0, 0),
        ("caps beyond the limit", [StockAt("a", backorder_threshold=8)]
         + [StockAt("b", backorder_threshold=8)], LIMIT_10, 0, 10),
        ("limit beyond the caps", [StockAt("a", backorder_threshold=3)], LIMIT_10, 0, 3),
        ("owed elsewhere uses up the limit",
         [StockAt("a"), StockAt("b", is_active=False, on_backorder=4)], LIMIT_10, 0, 6),
        ("status out of stock", [StockAt("a", on_hand=9, in_stock=False)], ALLOW, 0, 0),
        ("a shortage never eats another's units",
         [StockAt("a", on_hand=1, allocated=5), StockAt("b", on_hand=3)], {}, 3, 3),
        ("safety stock is kept once, over all",
         [StockAt("a", on_hand=4), StockAt("b", on_hand=4)],
         {"store": store(out_of_stock_threshold=5)}, 3, 3),
    ],
)  # fmt: skip
def test_stock_and_room_over_warehouses(case, stock, inputs, available, salable):
    found = offer(*stock, **inputs)

    assert (found.available, found.salable) == (available, salable)


# --- pre-orders -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "release", "allowed", "threshold", "on_hand", "salable", "state"),
    [
        ("ahead and allowed", date(2026, 2, 1), True, 0, 0, None, State.PRE_ORDER),
        ("ahead, allowed up to 20", date(2026, 2, 1), True, -20, 0, 20, State.PRE_ORDER),
        ("ahead and not allowed", date(2026, 2, 1), False, 0, 0, 0, State.OUT_OF_STOCK),
        ("ahead, units are there", date(2026, 2, 1), False, 0, 3, 3, State.PRE_ORDER),
        ("released today", TODAY, True, 0, 0, 0, State.OUT_OF_STOCK),
        ("released today, units are there", TODAY, True, 0, 2, 2, State.IN_STOCK),
    ],
)
def test_preorder(case, release, allowed, threshold, on_hand, salable, state):
    found = offer(
        StockAt("a", on_hand=on_hand),
        store=store(out_of_stock_threshold=threshold),
        release_date=release,
        allow_preorders=allowed,
    )

    assert (found.salable, found.state) == (salable, state)


@pytest.mark.parametrize(
    ("gate", "salable", "mode"), [(False, 0, BackorderMode.NO), (True, None, BackorderMode.ALLOW)]
)
def test_a_sellers_pre_orders_are_under_the_gate_too(gate, salable, mode):
    found = offer(
        StockAt("a"),
        has_seller=True,
        sellers_can_accept_backorders=gate,
        release_date=date(2099, 1, 1),
        allow_preorders=True,
    )

    assert (found.salable, found.mode) == (salable, mode)
    if not gate:
        assert found.refused_by.name == "marketplace.sellers_can_accept_backorders"


# --- what the shopper is told -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("salable", "available", "ahead", "state"),
    [
        (0, 0, False, State.OUT_OF_STOCK),
        (0, 0, True, State.OUT_OF_STOCK),
        (5, 5, True, State.PRE_ORDER),
        (None, 0, False, State.ON_BACKORDER),
        (5, 0, False, State.ON_BACKORDER),
        (5, 5, False, State.IN_STOCK),
    ],
)
def test_first_state_that_fits(salable, available, ahead, state):
    found = shopper_state(salable=salable, available=available, is_ahead_of_release=ahead)

    assert found is state


@pytest.mark.parametrize(
    ("salable", "threshold", "left"),
    [(5, 5, 5), (6, 5, None), (1, 5, 1), (0, 5, None), (None, 5, None), (3, 0, None)],
)
def test_only_x_left(salable, threshold, left):
    assert only_x_left(salable, threshold) == left


@pytest.mark.parametrize(
    ("wanted", "available", "salable", "split"),
    [
        (5, 3, None, Split(now=3, later=2)),
        (3, 3, 3, Split(now=3, later=0)),
        (4, 3, 3, None),
        (55, 10, 55, Split(now=10, later=45)),
        (56, 10, 55, None),
        (2, 0, 2, Split(now=0, later=2)),
    ],
)
def test_split_of_a_quantity(wanted, available, salable, split):
    limit = LevelSettings(
        backorders="no" if salable == available else "allow",
        out_of_stock_threshold=0 if salable is None else min(available - salable, 0),
    )
    found = offer(StockAt("a", on_hand=available), variant=limit)

    assert found.salable == salable
    assert split_of(wanted, found) == split


def test_untracked_is_always_in_stock_and_ships_now():
    found = offer(StockAt("a", in_stock=False), track_inventory=False)

    assert (found.state, found.salable, found.decided_by) == (State.IN_STOCK, None, Level.VARIANT)
    assert split_of(1_000, found) == Split(now=1_000, later=0)


@pytest.mark.parametrize(
    ("available", "owed", "line", "low"),
    [(11, 0, 10, False), (10, 0, 10, True), (0, 0, 0, True), (1, 0, 0, False), (0, 3, 0, True)],
)
def test_low_at_the_number_or_below(available, owed, line, low):
    assert is_low(available=available, owed=owed, notify_below=line) is low


# --- why --------------------------------------------------------------------------------------


def test_why_names_the_marketplace_switch_first():
    found = offer(
        StockAt("W1", backorder_threshold=5),
        has_seller=True,
        variant=LevelSettings(backorders="allow"),
    )

    overridden = {"passed": True, "applies": False}
    assert found.checks == (
        Check(Level.VARIANT, "track_inventory", "on", passed=True),
        Check(Level.WAREHOUSE, "stock_status", "1 of 1 serve", passed=True),
        Check(Level.MARKETPLACE, "sellers_can_accept_backorders", "off", passed=False, leaves=0),
        Check(Level.STORE, "backorders", "no", **overridden),
        Check(Level.PRODUCT, "backorders", "inherit", **overridden),
        Check(Level.VARIANT, "backorders", "allow", **overridden),
        Check(Level.STORE, "out_of_stock_threshold", "0: 0 of 0 kept back", passed=True),
        Check(
            Level.WAREHOUSE,
            "W1",
            "0 available, 0 on backorder, cap 5",
            passed=True,
            applies=False,
            leaves=5,
        ),
        Check(Level.WAREHOUSE, "backorder_threshold", "room for 5", passed=True),
    )
    assert found.first_failing == 2


@pytest.mark.parametrize(
    ("case", "stock", "inputs", "level"),
    [
        ("store says no", [StockAt("a")], {}, Level.STORE),
        ("no warehouse", [], ALLOW, Level.WAREHOUSE),
        ("status", [StockAt("a", in_stock=False)], ALLOW, Level.WAREHOUSE),
        ("limit used up", [StockAt("a", on_backorder=10)], LIMIT_10, Level.STORE),
        ("cap used up", [StockAt("a", on_backorder=1, backorder_threshold=1)], ALLOW,
         Level.WAREHOUSE),
        ("safety stock", [StockAt("a", on_hand=5)], {"store": store(out_of_stock_threshold=5)},
         Level.STORE),
    ],
)  # fmt: skip
def test_whatever_is_not_salable_has_a_failing_rule(case, stock, inputs, level):
    found = offer(*stock, **inputs)

    assert found.salable == 0
    assert found.first_failing is not None
    assert found.checks[found.first_failing].level is level


def test_warehouses_decide_when_they_leave_no_room():
    assert offer(StockAt("a", backorder_threshold=0), **ALLOW).decided_by is Level.WAREHOUSE
    assert offer(StockAt("a"), **ALLOW).decided_by is Level.STORE
