"""What a wish changes of a variant that is edited with others, and how the preview says it."""

import pytest

from inventory.bulk_rules import (
    ACCEPT,
    LevelNow,
    VariantNow,
    accepts,
    decide,
    in_words,
    level_in_words,
    widened,
)
from inventory.policy import LevelSettings

STORE = LevelSettings("no", 3, 1, 4, 0)
OWN = LevelSettings("notify", -5, 7, 9, 2)
PLAIN = LevelSettings()


@pytest.mark.parametrize(
    ("case", "product", "expected"),
    [
        ("the product says nothing", PLAIN, STORE),
        ("the product says all", OWN, OWN),
        ("the product says its mode", LevelSettings("allow"), LevelSettings("allow", 3, 1, 4, 0)),
        ("the product says 0", LevelSettings(out_of_stock_threshold=0),
         LevelSettings("no", 0, 1, 4, 0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_a_variant_uses_without_settings_of_its_own(case, product, expected):
    assert widened(product, STORE) == expected


def now(own=PLAIN, wider=STORE, *, tracked=True, **fields):
    return VariantNow(tracked, own, wider, **fields)


@pytest.mark.parametrize(
    ("own", "wider", "expected"),
    [("inherit", "no", False), ("inherit", "allow", True), ("no", "allow", False)]
    + [("notify", "no", True)],
)
def test_who_accepts_backorders(own, wider, expected):
    assert accepts(now(LevelSettings(own), LevelSettings(wider))) is expected


@pytest.mark.parametrize(
    ("case", "wish", "state", "changes"),
    [
        ("all numbers", {"out_of_stock_threshold": 1, "notify_below": 2, "only_x_left_threshold": 3,
                         "max_per_order": 4}, now(),
         {"out_of_stock_threshold": [None, 1], "notify_below": [None, 2],
          "only_x_left_threshold": [None, 3], "max_per_order": [None, 4]}),
        ("the wider number, while its own is another", {"notify_below": 1}, now(OWN),
         {"notify_below": [7, 1]}),
        ("its own number", {"notify_below": 7}, now(OWN), {}),
        ("its own timeframe stays", {"notify_below": 7}, now(OWN, delivery_timeframe=4), {}),
        ("the wider timeframe, while its own is another", {"delivery_timeframe": 3},
         now(delivery_timeframe=4, wider_timeframe=3), {"delivery_timeframe": [4, 3]}),
        ("its own timeframe", {"delivery_timeframe": 4},
         now(delivery_timeframe=4, wider_timeframe=3), {}),
        ("nothing is asked of its mode", {}, now(OWN), {}),
        ("the wider mode", {"backorders": "inherit"}, now(OWN),
         {"backorders": ["notify", "inherit"]}),
        ("whoever said no accepts", {"backorders": ACCEPT}, now(LevelSettings("no")),
         {"backorders": ["no", "allow"]}),
        ("untracked, the wider mode", {"backorders": "inherit"}, now(OWN, tracked=False),
         {"backorders": ["notify", "inherit"]}),
        ("tracked again", {"track_inventory": True}, now(tracked=False),
         {"track_inventory": [False, True]}),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_what_a_wish_changes(case, wish, state, changes):
    decision = decide(wish, state)

    assert (decision.changes, decision.levels, decision.reason, decision.at_fault) == (
        changes,
        {},
        "",
        "",
    )


@pytest.mark.parametrize(
    ("case", "wish", "levels", "expected"),
    [
        ("never touched", {5: {"in_stock": False}}, (), {5: (0, {"in_stock": [True, False]})}),
        ("never touched, as it reads", {5: {"in_stock": True, "backorder_threshold": None}}, (),
         {}),
        ("each with its version", {5: {"backorder_threshold": 0}, 6: {"in_stock": True}},
         (LevelNow(5, 8, True, 3), LevelNow(6, 9, False, 3)),
         {5: (8, {"backorder_threshold": [3, 0]}), 6: (9, {"in_stock": [False, True]})}),
        ("the key of a warehouse is no wish of it", {5: {"warehouse_id": 5}}, (), {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_a_wish_changes_in_warehouses(case, wish, levels, expected):
    assert decide({"levels": wish}, now(levels=levels)).levels == expected


def test_a_bundle_without_wishes_for_warehouses_is_edited_as_others():
    decision = decide({"levels": {}, "notify_below": 2}, now(is_bundle=True))

    assert (decision.changes, decision.reason) == ({"notify_below": [None, 2]}, "")


# --- in words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"track_inventory": [False, True]}, ["will be tracked"]),
        ({"track_inventory": [True, False]}, ["will not be tracked any more: always salable"]),
        ({"backorders": ["no", "allow"]}, ["will accept backorders"]),
        ({"backorders": ["no", "notify"]}, ["will accept backorders and notify the customer"]),
        ({"backorders": ["allow", "no"]}, ["will stop accepting backorders"]),
        ({"backorders": ["no", "inherit"]}, ["will use the wider setting for backorders"]),
        ({"notify_below": [None, 0]}, ["notify for quantity below of the wider setting → 0"]),
        ({"max_per_order": [0, None]}, ["most units per order 0 → of the wider setting"]),
        ({"delivery_timeframe": [3, 4]}, ["delivery timeframe 1–2 days → 4"]),
        ({"delivery_timeframe": [None, 3]},
         ["delivery timeframe of the wider setting → 1–2 days"]),
    ],
)  # fmt: skip
def test_a_change_in_words(changes, said):
    assert in_words(changes, timeframes={3: "1–2 days"}) == said


def test_timeframes_without_names_are_said_by_key():
    assert in_words({"delivery_timeframe": [3, 4]}) == ["delivery timeframe 3 → 4"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"in_stock": [False, True]}, ["Berlin sells it again"]),
        ({"in_stock": [True, False]}, ["Berlin is set to out of stock"]),
        ({"backorder_threshold": [None, 0]}, ["Berlin: backorder threshold no cap → 0"]),
        ({"backorder_threshold": [5, None]}, ["Berlin: backorder threshold 5 → no cap"]),
    ],
)
def test_a_change_in_a_warehouse_in_words(changes, said):
    assert level_in_words("Berlin", changes) == said
