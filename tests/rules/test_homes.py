"""Where bundles move to, and which units are moved to them, one row a story."""

import pytest

from orders.policy.homes import Home, Part, moves, transfers

PLACES = [10, 20, 30]


def home(line=1, *, p=(0, 0), q=(0, 0), warehouse=10, warehouses=None):
    """Return bundles of one p and two q; allocated and waiting units of each."""
    places = None if warehouses is None else frozenset(warehouses)
    return Home(9, line, warehouse, (Part(1, 1, *p), Part(2, 2, *q)), places)


THREE = home(p=(0, 3), q=(0, 6))
ONE = home(2, p=(0, 1), q=(0, 2))


@pytest.mark.parametrize(
    ("case", "bundles", "lacking"),
    [
        ("all of three", THREE, 3),
        ("one is whole", home(p=(1, 2), q=(2, 4)), 2),
        ("parts of one are there", home(p=(1, 0), q=(1, 1)), 1),
        ("nothing", home(p=(2, 0), q=(4, 0)), 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_many_bundles_lack_something(case, bundles, lacking):
    assert bundles.lacking == lacking


def test_a_channel_ships_from_its_warehouses():
    assert home().may_ship_from(30)
    assert home(warehouses={20}).may_ship_from(20)
    assert not home(warehouses={20}).may_ship_from(30)


@pytest.mark.parametrize(
    ("case", "homes", "supply", "expected"),
    [
        ("as many as lack, from two warehouses", [THREE], {1: {20: 1, 30: 9}, 2: {20: 9, 30: 9}},
         [(1, 20, 1), (1, 30, 2)]),
        ("what a move takes is gone for the next", [THREE, ONE], {1: {20: 9}, 2: {20: 7}},
         [(1, 20, 3)]),
        ("what a move leaves is there for the next", [THREE, ONE], {1: {20: 4}, 2: {20: 8}},
         [(1, 20, 3), (2, 20, 1)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_moves(case, homes, supply, expected):
    found = moves(homes, supply, PLACES)

    assert [(one.home.line, one.target, one.bundles) for one in found] == expected


@pytest.mark.parametrize(
    ("case", "homes", "supply", "expected"),
    [
        ("from two warehouses, no more than lack", [THREE], {1: {20: 2, 30: 9}, 2: {30: 9}},
         [(1, 1, 20, 2, 3), (1, 1, 30, 1, 3), (1, 2, 30, 6, 3)]),
        ("its channel ships from home", [home(p=(1, 0), q=(0, 2), warehouses={10, 20})],
         {2: {20: 2}}, [(1, 2, 20, 2, 1)]),
        ("who stands behind a home that its channel left",
         [home(p=(1, 0), q=(0, 2), warehouses={20}), ONE], {1: {20: 1}, 2: {20: 2}},
         [(2, 1, 20, 1, 1), (2, 2, 20, 2, 1)]),
        ("what is kept comes first", [home(p=(2, 0), q=(1, 3))], {2: {20: 9}}, [(1, 2, 20, 3, 2)]),
        ("what one takes is gone for the next", [ONE, THREE], {1: {20: 9}, 2: {20: 5}},
         [(2, 1, 20, 1, 1), (2, 2, 20, 2, 1), (1, 1, 20, 1, 1), (1, 2, 20, 2, 1)]),
        ("none is complete", [THREE], {1: {20: 9}, 2: {20: 1}}, []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_transfers(case, homes, supply, expected):
    found = transfers(homes, supply, PLACES)

    assert [
        (one.home.line, one.variant, one.source, one.units, one.bundles) for one in found
    ] == expected
