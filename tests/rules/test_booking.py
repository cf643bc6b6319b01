"""What each line of an order takes, owes or is refused."""

import pytest

from inventory.listing_terms import ListingTerms
from inventory.offers import Article
from inventory.policy import Level, StockAt
from inventory.pool import Need, pool_of
from orders.errors import Refusal
from orders.policy.booking import Booking, Demand, Take, book
from tests.rules.stock import at, policy

NO, ALLOW, UP_TO_5 = policy("no"), policy("allow"), policy("allow", -5)
X, Y = Need(1), Need(2)
SET = (Need(1, 1, "x"), Need(2, 2, "y"))


def demand(key, sku, quantity, *needs, **fields):
    return Demand(key, sku, quantity, Article(needs, **fields))


def booked(demands, stock, **fields):
    pools = {variant: pool_of(rules, levels) for variant, (rules, levels) in stock.items()}
    return book(demands, pools, **fields)


def said(booking):
    """Return what is taken as line, variant, warehouse, allocated, waiting."""
    return [
        (one.key, one.variant, one.warehouse, one.allocated, one.waiting) for one in booking.takes
    ]


@pytest.mark.parametrize(
    ("case", "demands", "stock", "expected"),
    [
        ("all there is", [demand(1, "x", 3, X)], {1: (NO, at(3))}, [(1, 1, 1, 3, 0)]),
        ("all that may be owed", [demand(1, "x", 8, X)], {1: (UP_TO_5, at(3))}, [(1, 1, 1, 3, 5)]),
        ("two lines of one SKU", [demand(1, "x", 2, X), demand(2, "x", 2, X)],
         {1: (UP_TO_5, at(3))}, [(1, 1, 1, 2, 0), (2, 1, 1, 1, 1)]),
        ("one warehouse for all", [demand(1, "x", 1, X), demand(2, "y", 1, Y)],
         {1: (NO, at(1, 1)), 2: (NO, at(0, 1))}, [(1, 1, 2, 1, 0), (2, 2, 2, 1, 0)]),
        ("a bundle is kept in one warehouse, when the order is not",
         [demand(1, "set", 2, *SET), demand(2, "z", 1, Need(3))],
         {1: (NO, at(1, 9)), 2: (NO, at(2, 9)), 3: (NO, at(1, 0))},
         [(1, 1, 2, 2, 0), (1, 2, 2, 4, 0), (2, 3, 1, 1, 0)]),
        ("units that are no bundle go by priority",
         [demand(1, "x", 2, X), demand(2, "z", 1, Need(3))],
         {1: (NO, at(1, 9)), 3: (NO, at(1, 0))},
         [(1, 1, 1, 1, 0), (1, 1, 2, 1, 0), (2, 3, 1, 1, 0)]),
        ("nothing is asked", [demand(1, "x", 0, X)], {1: (NO, at(3))}, []),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 3 else "",
)  # fmt: skip
def test_what_each_line_takes(case, demands, stock, expected):
    booking = booked(demands, stock)

    assert said(booking) == expected
    assert (booking.short, booking.refusals) == ({}, ())


def test_what_is_taken_says_whether_it_is_a_part():
    booking = booked(
        [demand(1, "set", 1, *SET), demand(2, "x", 1, X)], {1: (NO, at(9)), 2: (NO, at(9))}
    )

    assert booking.takes == (
        Take(1, 1, 1, 1, allocated=1, is_part=True),
        Take(1, 2, 2, 1, allocated=2, is_part=True),
        Take(2, 1, 1, 1, allocated=1),
    )


OFF = ListingTerms("shop", is_published=True, channel_allows=False, listing_allows=True)


@pytest.mark.parametrize(
    ("case", "demands", "stock", "refusals", "taken"),
    [
        ("each SKU for itself", [demand(1, "x", 4, X), demand(2, "y", 1, Y)],
         {1: (NO, at(3)), 2: (NO, at(1))}, [Refusal("x", 4, 3, 0, "variant.backorders")],
         [(2, 2, 1, 1, 0)]),
        ("the limit", [demand(1, "x", 9, X)], {1: (UP_TO_5, at(3))},
         [Refusal("x", 9, 3, 5, "variant.out_of_stock_threshold")], []),
        ("the cap of the warehouse is named, not the limit", [demand(1, "x", 9, X)],
         {1: (UP_TO_5, at(StockAt("", backorder_threshold=2)))},
         [Refusal("x", 9, 0, 2, "warehouse.backorder_threshold")], []),
        ("the limit is named, not the cap", [demand(1, "x", 9, X)],
         {1: (UP_TO_5, at(StockAt("", backorder_threshold=7)))},
         [Refusal("x", 9, 0, 5, "variant.out_of_stock_threshold")], []),
        ("the channel's switch", [demand(1, "x", 9, X, terms=OFF)], {1: (UP_TO_5, at(3))},
         [Refusal("x", 9, 3, 0, "channel.allow_out_of_stock_purchases")], []),
        ("the bundle's own no", [demand(1, "set", 2, *SET, forbidden_by=Level.VARIANT)],
         {1: (ALLOW, at(9)), 2: (ALLOW, at(3))},
         [Refusal("set", 2, 1, 0, "variant.bundle_backorders")], []),
        ("another recipe of one SKU is another article",
         [demand(1, "set", 1, *SET), demand(2, "set", 1, Need(1, 9, "x"))],
         {1: (NO, at(3)), 2: (NO, at(3))},
         [Refusal("set", 1, 0, 0, "variant.backorders")],
         [(1, 1, 1, 1, 0), (1, 2, 1, 2, 0)]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 3 else "",
)  # fmt: skip
def test_what_is_refused(case, demands, stock, refusals, taken):
    booking = booked(demands, stock)

    assert (list(booking.refusals), said(booking)) == (refusals, taken)


def test_what_is_sold_already_is_short_instead():
    demands = [demand(1, "x", 2, X), demand(2, "x", 9, X), demand(3, "y", 1, Y)]

    booking = booked(demands, {1: (UP_TO_5, at(3)), 2: (NO, at(0))}, is_captured=True)

    assert said(booking) == [(1, 1, 1, 2, 0), (2, 1, 1, 1, 5)]
    assert (booking.short, booking.refusals) == ({2: 3, 3: 1}, ())


def test_nothing_is_owed_where_the_channel_does_not_let_it():
    booking = booked([demand(1, "x", 5, X, terms=OFF)], {1: (ALLOW, at(3))}, is_captured=True)

    assert (said(booking), booking.short) == ([(1, 1, 1, 3, 0)], {1: 2})


# --- units that wait --------------------------------------------------------------------------


def take(variant=1, waiting=0, *, key=1, warehouse=10, per_unit=1, allocated=0):
    return Take(key, variant, per_unit, warehouse, allocated=allocated, waiting=waiting)


@pytest.mark.parametrize(
    ("case", "takes", "units"),
    [
        ("nothing is taken", [], 0),
        ("another line", [take(waiting=3, key=2)], 0),
        ("units", [take(waiting=3)], 3),
        ("in two warehouses", [take(waiting=3), take(waiting=2, warehouse=20)], 5),
        ("half of a pair is one bundle", [take(allocated=1, waiting=1, per_unit=2)], 1),
        ("three of pairs are two bundles", [take(allocated=1, waiting=3, per_unit=2)], 2),
        ("halves in two warehouses are one",
         [take(waiting=1, per_unit=2), take(waiting=1, per_unit=2, warehouse=20)], 1),
        ("the part that lacks most",
         [take(1, waiting=2, allocated=1), take(2, waiting=5, allocated=1, per_unit=2)], 3),
        ("nothing waits", [take(), take(2)], 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_how_many_units_of_a_line_wait(case, takes, units):
    assert Booking(tuple(takes), {}, ()).waiting(1) == units


def test_an_order_leaves_the_rest():
    pools = {1: pool_of(UP_TO_5, at(3))}
    book([demand(1, "x", 4, X)], pools)

    assert (pools[1].free, pools[1].limit_left) == (0, 4)
