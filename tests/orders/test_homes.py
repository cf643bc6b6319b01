"""Where bundles move, and what is transferred for them: arithmetic alone."""

import pytest

from orders.policy.homes import Home, Move, Part, Transfer, moves, transfers

PLACES = [10, 20, 30]


def home(parcel=1, *, p=(0, 0), q=(0, 0), warehouse=10, warehouses=None):
    """Return bundles of one p and two q; allocated and waiting units of each."""
    parts = (Part(1, 1, *p), Part(2, 2, *q))
    return Home(parcel, parcel, warehouse, parts, warehouses)


FIRST = home(p=(2, 0), q=(1, 3))
SECOND = home(2, p=(0, 1), q=(0, 2))
AT_20 = frozenset({20})
AT_10_AND_30 = frozenset({10, 30})


@pytest.mark.parametrize(
    ("case", "homes", "supply", "expected"),
    [
        ("all of one is there", [FIRST], {1: {20: 1}, 2: {20: 2}}, [(1, 20, 1)]),
        ("as many as are whole", [FIRST], {1: {20: 9}, 2: {20: 5}}, [(1, 20, 2)]),
        ("one unit lacks", [FIRST], {1: {20: 1}, 2: {20: 1}}, []),
        ("a part is nowhere", [FIRST], {2: {20: 9}}, []),
        ("parts in two places are none", [FIRST], {1: {20: 1}, 2: {30: 2}}, []),
        ("at home the queue serves", [FIRST], {1: {10: 9}, 2: {10: 9}}, []),
        (
            "the first in priority, then the next",
            [FIRST],
            {1: {30: 1, 20: 1}, 2: {30: 2, 20: 2}},
            [(1, 20, 1), (1, 30, 1)],
        ),
        (
            "the first in rank",
            [FIRST, SECOND],
            {1: {20: 2}, 2: {20: 4}},
            [(1, 20, 2)],
        ),
        (
            "the next in rank has the rest",
            [FIRST, SECOND],
            {1: {20: 3}, 2: {20: 6}},
            [(1, 20, 2), (2, 20, 1)],
        ),
        (
            "where the channel ships from",
            [home(p=(1, 0), q=(0, 2), warehouses=AT_10_AND_30)],
            {1: {20: 1, 30: 1}, 2: {20: 2, 30: 2}},
            [(1, 30, 1)],
        ),
        ("what lacks nothing stays", [home(p=(1, 0), q=(2, 0))], {1: {20: 1}, 2: {20: 2}}, []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_moves(case, homes, supply, expected):
    found = moves(homes, supply, PLACES)

    assert [(one.home.parcel, one.target, one.bundles) for one in found] == expected


def test_what_is_planned_leaves_the_supply_as_it_is():
    supply = {1: {20: 1}, 2: {20: 2}}

    assert moves([FIRST], supply, PLACES) == [Move(FIRST, 20, 1)]
    assert transfers([FIRST], supply, PLACES) == [Transfer(FIRST, 2, 20, 1, 1)]
    assert supply == {1: {20: 1}, 2: {20: 2}}


@pytest.mark.parametrize(
    ("case", "homes", "supply", "expected"),
    [
        ("what lacks", [FIRST], {2: {20: 9}}, [(2, 20, 3)]),
        ("as many as are complete", [FIRST], {2: {20: 2}}, [(2, 20, 1)]),
        ("units that complete none stay", [SECOND], {2: {20: 2}}, []),
        (
            "each part from where it is",
            [SECOND],
            {1: {30: 1}, 2: {20: 2}},
            [(1, 30, 1), (2, 20, 2)],
        ),
        (
            "from several",
            [SECOND],
            {1: {30: 1}, 2: {20: 1, 30: 1}},
            [(1, 30, 1), (2, 20, 1), (2, 30, 1)],
        ),
        ("not from home", [SECOND], {1: {10: 5}, 2: {20: 2}}, []),
        (
            "the first in rank first",
            [FIRST, SECOND],
            {1: {20: 1}, 2: {20: 4}},
            [(2, 20, 3)],
        ),
        (
            "a home that its channel left",
            [home(p=(1, 0), q=(0, 2), warehouses=AT_20)],
            {2: {20: 2}},
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_transfers(case, homes, supply, expected):
    found = transfers(homes, supply, PLACES)

    assert [(one.variant, one.source, one.units) for one in found] == expected
