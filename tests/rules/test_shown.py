"""All that is shown of an article: numbers, state, mode, limit, and who decides."""

from dataclasses import replace

import pytest

from inventory.listing_terms import ListingTerms
from inventory.offers import offer_of
from inventory.policy import BackorderMode, Level, State, StockAt
from tests.rules.stock import AHEAD, article, at, policy

NO, ALLOW, UP_TO_5 = policy("no"), policy("allow"), policy("allow", -5)
SERVICE = policy(track_inventory=False)
ON = ListingTerms("shop", is_published=True, channel_allows=True, listing_allows=True)
NOT_LISTED = ListingTerms("shop")


def offer(*parts, rules=None, **fields):
    sold, pools = article(*parts, **fields)
    return offer_of(sold, pools, rules or pools[0].policy)


def numbers(found):
    return found.on_hand, found.allocated, found.available, found.on_backorder


BUSY = at(
    StockAt("", on_hand=5, allocated=2, on_backorder=1),
    StockAt("", on_hand=9, allocated=4, on_backorder=2, is_active=False),
    StockAt("", on_hand=7, allocated=1, on_backorder=4, in_stock=False),
)


@pytest.mark.parametrize(
    ("case", "parts", "expected"),
    [
        ("units of open warehouses, debts of all", [("", 1, NO, BUSY)], (12, 3, 3, 7)),
        ("not tracked", [("", 1, SERVICE, BUSY)], (12, 3, 0, 7)),
        ("a bundle has none of its own", [("x", 1, NO, BUSY)], (0, 0, 3, 0)),
        ("nor has a bundle of services", [("x", 1, SERVICE, BUSY)], (0, 0, 0, 0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers(case, parts, expected):
    assert numbers(offer(*parts)) == expected


@pytest.mark.parametrize(
    ("case", "parts", "fields", "room", "salable", "state", "limit"),
    [
        ("units alone", [("", 1, NO, at(3))], {}, 0, 3, State.IN_STOCK, 0),
        ("one unit", [("", 1, NO, at(1))], {}, 0, 1, State.IN_STOCK, 0),
        ("units and room", [("", 1, UP_TO_5, at(3))], {}, 5, 8, State.IN_STOCK, 5),
        ("no limit", [("", 1, ALLOW, at(3))], {}, None, None, State.IN_STOCK, None),
        ("room alone", [("", 1, UP_TO_5, at(0))], {}, 5, 5, State.ON_BACKORDER, 5),
        ("not listed", [("", 1, UP_TO_5, at(3))], {"terms": NOT_LISTED}, 0, 0,
         State.OUT_OF_STOCK, 0),
        ("not tracked", [("", 1, SERVICE, at(0))], {}, None, None, State.IN_STOCK, None),
        ("not tracked, not listed", [("", 1, SERVICE, at(0))], {"terms": NOT_LISTED}, 0, 0,
         State.OUT_OF_STOCK, 0),
        ("not listed, but sold elsewhere", [("", 1, NO, at(3))],
         {"terms": NOT_LISTED, "is_sold_already": True}, 0, 3, State.IN_STOCK, 0),
        ("not listed, but allowed by somebody", [("", 1, NO, at(3))],
         {"terms": NOT_LISTED, "is_allowed": True}, 0, 3, State.IN_STOCK, 0),
        ("a limit in bundles", [("x", 2, UP_TO_5, at(0)), ("y", 1, policy("allow", -3), at(0))],
         {}, 2, 2, State.ON_BACKORDER, 2),
        ("the tighter limit", [("x", 1, UP_TO_5, at(0)), ("y", 1, ALLOW, at(0))], {}, 5, 5,
         State.ON_BACKORDER, 5),
        ("its own no", [("x", 1, UP_TO_5, at(1))], {"forbidden_by": Level.VARIANT}, 0, 1,
         State.IN_STOCK, 0),
        ("ahead of its release", [("", 1, policy("no", release_date=AHEAD), at(3))], {}, 0, 3,
         State.PRE_ORDER, 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_may_be_sold(case, parts, fields, room, salable, state, limit):
    found = offer(*parts, **fields)

    assert (found.room, found.salable, found.state) == (room, salable, state)
    assert found.backorder_limit == limit


@pytest.mark.parametrize(
    ("case", "own", "part", "state"),
    [
        ("neither is ahead", NO, NO, State.IN_STOCK),
        ("the bundle is", policy(release_date=AHEAD), NO, State.PRE_ORDER),
        ("a component is", NO, policy(release_date=AHEAD), State.PRE_ORDER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bundle_waits_for_its_own_release_and_that_of_its_parts(case, own, part, state):
    assert offer(("x", 1, NO, at(3)), ("y", 1, part, at(3)), rules=own).state is state


@pytest.mark.parametrize(
    ("case", "modes", "fields", "expected"),
    [
        ("its own", ["notify"], {}, BackorderMode.NOTIFY),
        ("allow", ["allow"], {}, BackorderMode.ALLOW),
        ("a no beats all", ["notify", "no"], {}, BackorderMode.NO),
        ("notify beats allow", ["allow", "notify"], {}, BackorderMode.NOTIFY),
        ("all allow", ["allow", "allow"], {}, BackorderMode.ALLOW),
        ("the channel does not", ["notify"], {"terms": replace(ON, channel_allows=False)},
         BackorderMode.NO),
        ("the channel does", ["notify"], {"terms": ON}, BackorderMode.NOTIFY),
        ("the bundle says no", ["notify", "allow"], {"forbidden_by": Level.VARIANT},
         BackorderMode.NO),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_the_mode_that_holds(case, modes, fields, expected):
    sku = "p" if len(modes) > 1 else ""
    parts = [(sku and f"{sku}{n}", 1, policy(mode), at(1)) for n, mode in enumerate(modes)]

    assert offer(*parts, **fields).mode is expected


def test_what_is_not_tracked_keeps_the_mode_of_its_settings():
    found = offer(("", 1, policy("notify", track_inventory=False), at(0)))

    assert (found.track_inventory, found.mode) == (False, BackorderMode.NOTIFY)
    assert (found.backorder_limit, found.only_x_left) == (None, None)
    assert [check.rule for check in found.checks] == ["track_inventory"]


NO_CAP_LEFT = at(StockAt("", on_hand=1, backorder_threshold=0))


@pytest.mark.parametrize(
    ("case", "parts", "fields", "level"),
    [
        ("who allows", [("", 1, ALLOW, at(1))], {}, Level.VARIANT),
        ("who forbids, while units are there", [("", 1, NO, at(1))], {}, Level.VARIANT),
        ("the caps, while units are there", [("", 1, ALLOW, NO_CAP_LEFT)], {}, Level.WAREHOUSE),
        ("one more may be owed",
         [("", 1, ALLOW, at(StockAt("", backorder_threshold=1)))], {}, Level.VARIANT),
        ("the limit, while units are there",
         [("", 1, UP_TO_5, at(StockAt("", on_hand=1, on_backorder=5)))], {}, Level.VARIANT),
        ("the bundle's no, while units are there", [("x", 1, ALLOW, at(1))],
         {"forbidden_by": Level.PRODUCT}, Level.PRODUCT),
        ("the channel's switch", [("", 1, ALLOW, at(1))],
         {"terms": replace(ON, channel_allows=False)}, Level.CHANNEL),
        ("the listing's switch", [("", 1, ALLOW, at(1))],
         {"terms": replace(ON, listing_allows=False)}, Level.LISTING),
        ("both switches are off: the channel's is asked first", [("", 1, ALLOW, at(1))],
         {"terms": replace(ON, channel_allows=False, listing_allows=False)}, Level.CHANNEL),
        ("the switch is off, and nothing could be owed anyway", [("", 1, NO, at(1))],
         {"terms": replace(ON, channel_allows=False)}, Level.VARIANT),
        ("both switches are on", [("", 1, ALLOW, at(1))], {"terms": ON}, Level.VARIANT),
        ("what makes the fewest: its caps", [("x", 1, ALLOW, at(9)), ("y", 2, ALLOW, at(
            StockAt("", on_hand=9, backorder_threshold=0)))], {}, Level.WAREHOUSE),
        ("not tracked", [("", 1, SERVICE, at(0))], {}, Level.VARIANT),
        ("not tracked, not listed", [("", 1, SERVICE, at(0))], {"terms": NOT_LISTED},
         Level.LISTING),
        ("not listed", [("", 1, ALLOW, at(1))], {"terms": NOT_LISTED}, Level.LISTING),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_decides(case, parts, fields, level):
    assert offer(*parts, **fields).decided_by is level


def by(level, mode, threshold=0):
    """Return a policy that a level decides."""
    return replace(policy(mode, threshold), decided_by=level)


@pytest.mark.parametrize(
    ("case", "x", "y", "level"),
    [
        ("what makes the fewest decides", (1, at(9), "no"), (1, at(8), "no"), Level.STORE),
        ("by bundles, not by units", (1, at(5), "no"), (3, at(9), "no"), Level.STORE),
        ("the other way round", (3, at(9), "no"), (1, at(5), "no"), Level.PRODUCT),
        ("with what may be owed", (1, at(4), "no"), (1, at(3), "allow"), Level.PRODUCT),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_of_a_bundle_the_scarcest_decides(case, x, y, level):
    parts = [
        ("x", x[0], by(Level.PRODUCT, x[2]), x[1]),
        ("y", y[0], by(Level.STORE, y[2], -5), y[1]),
    ]

    assert offer(*parts).decided_by is level


@pytest.mark.parametrize(
    ("case", "terms", "sells", "owes"),
    [
        ("both switches", ON, True, True),
        ("not published", replace(ON, is_published=False), False, False),
        ("off", replace(ON, is_active=False), False, False),
        ("the channel's is off", replace(ON, channel_allows=False), True, False),
        ("the listing's is off", replace(ON, listing_allows=False), True, False),
        ("no listings", ListingTerms("d", has_listings=False), True, True),
        ("no listings, off", ListingTerms("d", is_active=False, has_listings=False), False, False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_channel_sells_and_lets_be_owed(case, terms, sells, owes):
    assert (terms.sells, terms.allows_backorders) == (sells, owes)
