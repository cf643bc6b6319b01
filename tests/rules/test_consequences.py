"""What a change of a setting does to open orders: the codes and numbers."""

from datetime import date

import pytest

from inventory.consequences import (
    Consequence,
    Consequences,
    Effect,
    Moved,
    SettingChange,
    cut,
    leaves_no_room,
    tracking_of,
)
from tests.rules.stock import TODAY

YESTERDAY, TOMORROW, LATER = date(2026, 1, 4), date(2026, 1, 6), date(2026, 1, 7)


@pytest.mark.parametrize(
    ("case", "owed", "before", "after", "expected"),
    [
        ("lowered below what is owed", 30, None, 20, True),
        ("lowered to what is owed", 30, 50, 30, True),
        ("lowered to one more", 30, 50, 31, False),
        ("lowered by one", 30, 31, 30, True),
        ("raised, and still below", 30, 10, 20, False),
        ("as it was", 30, 20, 20, False),
        ("taken away", 30, 20, None, False),
        ("nothing is owed", 0, None, 0, False),
        ("one unit is owed", 1, None, 0, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_that_leaves_no_room(case, owed, before, after, expected):
    assert leaves_no_room(owed=owed, before=before, after=after) is expected


def test_who_owes_as_much_as_the_lowered_limit():
    limits = {1: (50, 20), 2: (50, 31), 3: (None, 30), 4: (20, 20)}

    assert cut(dict.fromkeys(limits, 30), limits.__getitem__) == {1, 3}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"track_inventory": (True, False)}, False),
        ({"track_inventory": (False, True)}, True),
        ({"track_inventory": (True, True)}, None),
        ({"track_inventory": (True, None)}, False),
    ],
)
def test_what_becomes_of_tracking(changes, expected):
    assert tracking_of(changes) is expected


@pytest.mark.parametrize(
    ("case", "before", "after", "is_later", "lets_go"),
    [
        ("a first date", None, TOMORROW, True, False),
        ("a first date that is today", None, TODAY, False, False),
        ("none, as before", None, None, False, False),
        ("a later one", TOMORROW, LATER, True, False),
        ("the same", TOMORROW, TOMORROW, False, False),
        ("an earlier one, still to come", LATER, TOMORROW, False, False),
        ("brought forward to today", TOMORROW, TODAY, False, True),
        ("brought forward to a day that passed", TOMORROW, YESTERDAY, False, True),
        ("taken away", TOMORROW, None, False, True),
        ("taken away after it came", TODAY, None, False, False),
        ("it came, and another one comes", YESTERDAY, TOMORROW, True, False),
        ("it came today, and another one comes", TODAY, TOMORROW, True, False),
        ("from one that passed to today", YESTERDAY, TODAY, False, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_release_date_moves(case, before, after, is_later, lets_go):
    moved = Moved(before, after)

    assert (moved.is_later(TODAY), moved.lets_go(TODAY)) == (is_later, lets_go)


OWED = Consequence(Effect.STAY_OWED, orders=2, units=30)
MAILS = Consequence(Effect.NEW_DATE, orders=0, units=0, emails=1)
UNITS = Consequence(Effect.KEEP_RECIPE, orders=0, units=1)
ORDERS = Consequence(Effect.KEEP_RECIPE, orders=1, units=0)
NOTHING = Consequence(Effect.LET_GO, orders=0, units=0)


def test_only_what_touches_something_is_asked():
    found = Consequences.of([OWED, NOTHING, MAILS, UNITS, ORDERS])

    assert found == Consequences((OWED, MAILS, UNITS, ORDERS))
    assert found
    assert not Consequences.of([NOTHING])


def test_consequences_of_several_changes_are_each_said_once():
    found = Consequences.added([Consequences((OWED, MAILS)), Consequences((OWED, UNITS))])

    assert found == Consequences((OWED, MAILS, UNITS))


@pytest.mark.parametrize("name", SettingChange.__slots__)
def test_a_change_of_anything_is_a_change(name):
    value = {1: Moved(None, TODAY)} if name in {"channel_places", "release_dates"} else {1}

    assert SettingChange(**{name: value})
    assert not SettingChange()
