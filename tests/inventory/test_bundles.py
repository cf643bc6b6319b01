"""`inventory.bundles`: the table is the rule."""

from dataclasses import replace
from datetime import date

import pytest

from inventory.bundles import Part, bundle_availability, forbids_backorders
from inventory.policy import (
    STORE_DEFAULTS,
    BackorderMode,
    Level,
    LevelSettings,
    PolicyInputs,
    State,
    StockAt,
    availability,
    effective_policy,
)

TODAY = date(2026, 1, 5)


def component(sku, quantity, *, on_hand=0, backorders="no", threshold=0, **inputs):
    store = replace(STORE_DEFAULTS, backorders=backorders, out_of_stock_threshold=threshold)
    policy = effective_policy(PolicyInputs(store=store, **inputs), today=TODAY)
    stock = [StockAt("main", on_hand=on_hand)]
    return Part(sku, quantity, availability(policy, stock), policy.is_ahead_of_release)


def bundle(*parts, **inputs):
    own = PolicyInputs(**inputs)
    policy = effective_policy(own, today=TODAY)
    return bundle_availability(parts, policy, forbidden=forbids_backorders(own))


@pytest.mark.parametrize(
    ("case", "parts", "available", "salable", "state"),
    [
        ("as often as the scarcest", [component("x", 2, on_hand=9), component("y", 1, on_hand=3)],
         3, 3, State.IN_STOCK),
        ("a missing component", [component("x", 1, on_hand=10), component("y", 1)],
         0, 0, State.OUT_OF_STOCK),
        ("a missing component that may be owed",
         [component("x", 1, on_hand=10), component("y", 1, backorders="allow")],
         0, 10, State.ON_BACKORDER),
        ("two of one pool with room for 5", [component("s", 2, backorders="allow", threshold=-5)],
         0, 2, State.ON_BACKORDER),
        ("a service limits nothing",
         [component("x", 1, on_hand=4), component("wrap", 1, track_inventory=False)],
         4, 4, State.IN_STOCK),
        ("unlimited", [component("x", 1, backorders="allow")], 0, None, State.ON_BACKORDER),
        ("a component ahead of its release",
         [component("x", 1, on_hand=4, release_date=date(2026, 2, 1))], 4, 4, State.PRE_ORDER),
    ],
)  # fmt: skip
def test_bundle(case, parts, available, salable, state):
    found = bundle(*parts)

    assert (found.available, found.salable, found.state) == (available, salable, state)


def test_bundle_of_services_is_always_in_stock():
    found = bundle(component("wrap", 1, track_inventory=False))

    assert (found.track_inventory, found.salable, found.state) == (False, None, State.IN_STOCK)


@pytest.mark.parametrize(
    ("case", "inputs", "forbidden"),
    [
        ("says nothing", {}, False),
        ("the store's no is not its own", {"store": STORE_DEFAULTS}, False),
        ("explicit no", {"variant": LevelSettings(backorders="no")}, True),
        ("explicit no of its product", {"product": LevelSettings(backorders="no")}, True),
        ("allow has no effect", {"variant": LevelSettings(backorders="allow")}, False),
        ("gate", {"has_seller": True}, True),
    ],
)
def test_what_forbids_backordering_a_bundle(case, inputs, forbidden):
    assert forbids_backorders(PolicyInputs(**inputs)) is forbidden


def test_explicit_no_leaves_what_is_there():
    parts = [component("x", 1, on_hand=3, backorders="allow")]

    found = bundle(*parts, variant=LevelSettings(backorders="no"))

    assert (found.available, found.room, found.salable) == (3, 0, 3)
    assert (found.mode, found.decided_by) == (BackorderMode.NO, Level.VARIANT)


def test_why_names_the_component_that_is_short():
    found = bundle(component("x", 1, on_hand=3), component("y", 2))

    assert found.first_failing is not None
    assert found.checks[found.first_failing].rule == "component y"
    assert [c.rule for c in found.checks if not c.passed] == ["component y", "y: backorders"]
