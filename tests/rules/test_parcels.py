"""What ships together and what waits: small orders worked out by hand."""

from datetime import date

import pytest

from orders.policy.parcels import (
    Parcel,
    Piece,
    by_warehouse,
    complete_lines,
    holds_of,
    is_whole,
    parcels_of,
    whole_units,
)
from tests.rules.stock import TODAY

TOMORROW, LATER = date(2026, 1, 6), date(2026, 1, 7)
STOCK, REST, RELEASE = "awaiting_stock", "awaiting_rest_of_order", "awaiting_release_date"


def piece(line=1, variant=1, warehouse=10, allocated=0, waiting=0, *, per_unit=1, seller=None):
    return Piece(line, variant, warehouse, per_unit, allocated, waiting, seller)


def said(parcels):
    """Return parcels as warehouse, (line, variant, allocated, waiting) of each piece, holds."""
    return [
        (
            one.warehouse,
            [(part.line, part.variant, part.allocated, part.waiting) for part in one.pieces],
            one.holds,
        )
        for one in parcels
    ]


@pytest.mark.parametrize(
    ("case", "pieces", "is_split", "dates", "expected"),
    [
        ("out today", [piece(allocated=1)], True, {1: TODAY}, [(10, [(1, 1, 1, 0)], ())]),
        ("out tomorrow", [piece(allocated=1)], True, {1: TOMORROW},
         [(None, [(1, 1, 1, 0)], (RELEASE,))]),
        ("the ready ones first", [piece(1, waiting=1), piece(2, 2, allocated=1)], True, {},
         [(10, [(2, 2, 1, 0)], ()), (None, [(1, 1, 0, 1)], (STOCK,))]),
        ("each date is a parcel of its own",
         [piece(1, allocated=1), piece(2, 2, allocated=1), piece(3, 3, allocated=1)], True,
         {1: LATER, 2: TOMORROW, 3: LATER},
         [(None, [(1, 1, 1, 0), (3, 3, 1, 0)], (RELEASE,)), (None, [(2, 2, 1, 0)], (RELEASE,))]),
        ("what is missing waits apart from what has a date",
         [piece(1, waiting=1), piece(2, 2, allocated=1), piece(3, 3, waiting=1)], True,
         {2: TOMORROW},
         [(None, [(1, 1, 0, 1), (3, 3, 0, 1)], (STOCK,)), (None, [(2, 2, 1, 0)], (RELEASE,))]),
        ("missing, and before its date", [piece(1, allocated=1, waiting=1)], True, {1: TOMORROW},
         [(None, [(1, 1, 1, 1)], (STOCK, RELEASE))]),
        ("together, nothing is missing", [piece(1, allocated=1), piece(2, 2, 20, 1)], False, {},
         [(10, [(1, 1, 1, 0)], ()), (20, [(2, 2, 1, 0)], ())]),
        ("together, all wait for one", [piece(1, allocated=1), piece(2, 2, waiting=1)], False, {},
         [(None, [(1, 1, 1, 0), (2, 2, 0, 1)], (STOCK, REST))]),
        ("together, all wait for a date", [piece(1, allocated=1), piece(2, 2, allocated=1)],
         False, {2: TOMORROW},
         [(None, [(1, 1, 1, 0), (2, 2, 1, 0)], (RELEASE, REST))]),
        ("together, nothing of it is there", [piece(1, waiting=1), piece(2, 2, waiting=1)],
         False, {}, [(None, [(1, 1, 0, 1), (2, 2, 0, 1)], (STOCK,))]),
        ("together, what is there is before its date", [piece(1, allocated=1)], False,
         {1: TOMORROW}, [(None, [(1, 1, 1, 0)], (RELEASE,))]),
        ("two sellers never share",
         [piece(1, allocated=1, seller=7), piece(2, 2, allocated=1), piece(3, 3, allocated=1,
          seller=7)], True, {},
         [(10, [(1, 1, 1, 0), (3, 3, 1, 0)], ()), (10, [(2, 2, 1, 0)], ())]),
        ("one seller waits for nothing of another's",
         [piece(1, waiting=1, seller=7), piece(2, 2, allocated=1)], False, {},
         [(10, [(2, 2, 1, 0)], ()), (None, [(1, 1, 0, 1)], (STOCK,))]),
        ("a service comes from nowhere alone", [piece(1, 1, None, 2)], True, {},
         [(None, [(1, 1, 2, 0)], ())]),
        ("a service goes along with the first",
         [piece(1, 1, None, 2), piece(2, 2, 20, 1), piece(3, 3, 10, 1)], True, {},
         [(20, [(2, 2, 1, 0), (1, 1, 2, 0)], ()), (10, [(3, 3, 1, 0)], ())]),
        ("halves of two lines wait together",
         [piece(1, allocated=1, per_unit=2), piece(1, waiting=1, per_unit=2),
          piece(2, 2, waiting=1)], True, {},
         [(None, [(1, 1, 1, 0), (1, 1, 0, 1), (2, 2, 0, 1)], (STOCK,))]),
        ("a whole one of two pieces in one warehouse ships",
         [piece(1, allocated=1, per_unit=2), piece(1, allocated=2, waiting=1, per_unit=2)],
         True, {},
         [(10, [(1, 1, 1, 0), (1, 1, 1, 0)], ()), (None, [(1, 1, 1, 1)], (STOCK,))]),
        ("a bundle with its service ships whole, the rest of both waits",
         [piece(1, 1, 10, 1), piece(1, 1, 20, 0, 2), piece(1, 9, None, 3)], True, {},
         [(10, [(1, 1, 1, 0), (1, 9, 1, 0)], ()),
          (None, [(1, 1, 0, 2), (1, 9, 2, 0)], (STOCK,))]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_parcels_of_an_order(case, pieces, is_split, dates, expected):
    parcels = parcels_of(pieces, is_split=is_split, release_dates=dates, today=TODAY)

    assert said(parcels) == expected


def test_each_bundle_ships_from_its_own_warehouse():
    pieces = [piece(1, 1, 10, 1), piece(1, 1, 20, 1), piece(1, 2, 20, 1), piece(1, 2, 10, 1)]

    parcels = parcels_of(pieces, is_split=True, release_dates={}, today=TODAY)

    assert [(one.warehouse, one.pieces) for one in parcels] == [
        (10, (pieces[0], pieces[3])),
        (20, (pieces[1], pieces[2])),
    ]


def test_a_parcel_is_of_the_seller_of_its_pieces():
    assert Parcel(10, (piece(seller=7),)).seller == 7
    assert Parcel(10, (piece(),)).seller is None


def test_what_is_there_ships_by_warehouse():
    pieces = [piece(1, 1, 20, 1), piece(2, 2, 10, 2), piece(3, 3, None, 1), piece(4, 4, 20, 1)]

    assert by_warehouse(pieces) == {
        20: [pieces[0], pieces[3], pieces[2]],
        10: [pieces[1]],
    }


def test_lines_of_which_nothing_is_missing():
    pieces = [
        piece(1, 1, 10, 1),
        piece(2, 1, 10, 1),
        piece(2, 2, 10, 0, 1),
        piece(3, 1, 10, 1),
        piece(4, 1, 10, 0, 1),
    ]

    assert complete_lines(pieces, {3, 4}) == {1}


@pytest.mark.parametrize(
    ("case", "pieces", "units", "whole"),
    [
        ("nothing", [], 0, True),
        ("units", [piece(allocated=3)], 3, True),
        ("two pieces of one variant in one warehouse",
         [piece(allocated=1, per_unit=2), piece(allocated=3, per_unit=2)], 2, True),
        ("a half is left", [piece(allocated=3, per_unit=2)], 1, False),
        ("something is missing", [piece(allocated=3, waiting=1)], 3, False),
        ("parts apart that lack nothing are one", [piece(), piece(1, 1, 10, 1),
         piece(1, 2, 20, 1)], 1, False),
        ("parts apart make none while something is missing",
         [piece(1, 1, 10, 1, 1), piece(1, 2, 20, 1)], 0, False),
        ("each warehouse has one", [piece(1, 1, 10, 1), piece(1, 2, 10, 2), piece(1, 1, 20, 1),
         piece(1, 2, 20, 1)], 2, False),
        ("a service helps in every warehouse",
         [piece(1, 1, 10, 1), piece(1, 1, 20, 1), piece(1, 9, None, 4, per_unit=2)], 2, True),
        ("services alone", [piece(1, 9, None, 4, per_unit=2)], 2, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_whole_units_of_a_line(case, pieces, units, whole):
    assert (whole_units(pieces), is_whole(pieces)) == (units, whole)


@pytest.mark.parametrize(
    ("case", "pieces", "ahead", "is_split", "expected"),
    [
        ("nothing holds it", [piece(allocated=1)], (), False, ()),
        ("split, each waits for itself", [piece(1, allocated=1), piece(2, waiting=1)], (), True,
         (STOCK,)),
        ("together, what is there waits for the rest",
         [piece(1, allocated=1), piece(2, waiting=1)], (), False, (STOCK, REST)),
        ("together, nothing whole is there", [piece(1, allocated=1, per_unit=2),
         piece(2, 2, waiting=1)], (), False, (STOCK,)),
        ("halves of two lines are no whole one", [piece(1, 1, 10, 1, per_unit=2),
         piece(2, 1, 10, 1, 1, per_unit=2)], (), False, (STOCK,)),
        ("together, a date of what is missing", [piece(1, waiting=1)], (1,), False,
         (STOCK, RELEASE)),
        ("together, all that is there has a date", [piece(1, allocated=1), piece(2, 2, waiting=1)],
         (1,), False, (STOCK, RELEASE)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_holds_a_parcel(case, pieces, ahead, is_split, expected):
    assert holds_of(iter(pieces), ahead, is_split=is_split) == expected
