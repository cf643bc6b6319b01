"""Units that are tracked again go back to where they were: a row for each step of the rule."""

import pytest

from orders.policy.rebook import Loose, back

BERLIN, PARIS = 10, 20


@pytest.mark.parametrize(
    ("case", "was", "lines", "expected"),
    [
        ("nothing was booked, nothing is loose", {}, [], {}),
        ("all was reserved", {BERLIN: (3, 0)}, [Loose(1, 3)], {1: {BERLIN: (3, 0)}}),
        ("all waited", {BERLIN: (0, 3)}, [Loose(1, 3)], {1: {BERLIN: (0, 3)}}),
        ("both, in one parcel", {BERLIN: (2, 3)}, [Loose(1, 5)], {1: {BERLIN: (2, 3)}}),
        ("one unit was shipped meanwhile", {BERLIN: (2, 3)}, [Loose(1, 4)], {}),
        ("one unit came to it meanwhile", {BERLIN: (2, 3)}, [Loose(1, 6)], {}),
        ("two warehouses", {BERLIN: (2, 0), PARIS: (1, 4)}, [Loose(1, 7)],
         {1: {BERLIN: (2, 0), PARIS: (1, 4)}}),
        ("the first parcel takes what was reserved first", {BERLIN: (2, 3)},
         [Loose(1, 2), Loose(2, 3)], {1: {BERLIN: (2, 0)}, 2: {BERLIN: (0, 3)}}),
        ("a parcel goes on in the next warehouse", {BERLIN: (2, 1), PARIS: (3, 0)},
         [Loose(1, 4), Loose(2, 2)],
         {1: {BERLIN: (2, 1), PARIS: (1, 0)}, 2: {PARIS: (2, 0)}}),
        ("a parcel with a place is served from there first", {BERLIN: (2, 0), PARIS: (2, 0)},
         [Loose(1, 2), Loose(2, 2, home=BERLIN)], {1: {PARIS: (2, 0)}, 2: {BERLIN: (2, 0)}}),
        ("its place had too few reserved: the rest is elsewhere", {BERLIN: (1, 0), PARIS: (2, 1)},
         [Loose(1, 3, home=PARIS), Loose(2, 1)],
         {1: {PARIS: (2, 0), BERLIN: (1, 0)}, 2: {PARIS: (0, 1)}}),
        ("what waits at its place waits there, reserved or not", {BERLIN: (1, 2)},
         [Loose(1, 3, home=BERLIN)], {1: {BERLIN: (1, 2)}}),
        ("its place had none of it", {BERLIN: (2, 0)}, [Loose(1, 2, home=PARIS)],
         {1: {BERLIN: (2, 0)}}),
        ("a parcel without units gets none", {BERLIN: (1, 0)}, [Loose(1, 0), Loose(2, 1)],
         {1: {}, 2: {BERLIN: (1, 0)}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_where_units_go_back_to(case, was, lines, expected):
    assert back(was, lines) == expected
