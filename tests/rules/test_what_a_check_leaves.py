"""How many units each step of "Why?" leaves to sell, whether it decides or only informs."""

from dataclasses import replace

import pytest

from inventory.listing_terms import ListingTerms
from inventory.offers import checks_of, offer_of, refusing_rule
from inventory.policy import MAX_QUANTITY, Level, StockAt
from inventory.pool import MUCH
from tests.rules.stock import article, at, policy

NO, ALLOW, UP_TO_5 = policy("no"), policy("allow"), policy("allow", -5)
SERVICE = policy(track_inventory=False)
ON = ListingTerms(
    "shop", name="The shop", is_published=True, channel_allows=True, listing_allows=True
)
CAPPED_AT_2 = at(StockAt("", on_hand=1, backorder_threshold=2))


def limits(*parts, **fields):
    """Return each check that names a quantity, in brackets when it informs alone."""
    sold, pools = article(*parts, **fields)
    return [_line(check) for check in checks_of(sold, pools) if check.leaves is not None]


def _line(check):
    text = f"{check.name}: {check.leaves}" + (f" @{check.sku}" if check.sku else "")
    return text if check.applies else f"({text})"


@pytest.mark.parametrize(
    ("case", "parts", "fields", "expected"),
    [
        ("no backorders: what is there", [("", 1, NO, at(3))], {}, ["variant.backorders: 3"]),
        ("a limit: what is there and what may be owed", [("", 1, UP_TO_5, at(3))], {},
         ["variant.out_of_stock_threshold: 8"]),
        ("no limit at all", [("", 1, ALLOW, at(3))], {}, []),
        ("not tracked", [("", 1, SERVICE, at(0))], {}, []),
        ("a cap, of the warehouse and of them all", [("", 1, ALLOW, CAPPED_AT_2)], {},
         ["(warehouse.w1: 3)", "warehouse.backorder_threshold: 3"]),
        ("a cap where nothing may be owed limits nothing", [("", 1, NO, CAPPED_AT_2)], {},
         ["variant.backorders: 1", "(warehouse.w1: 3)"]),
        ("safety stock", [("", 1, policy("no", 2), at(3))], {},
         ["variant.backorders: 1", "variant.out_of_stock_threshold: 1"]),
        ("the gate for sellers", [("", 1, policy("allow", has_seller=True), at(3))], {},
         ["marketplace.sellers_can_accept_backorders: 3"]),
        ("set to out of stock", [("", 1, ALLOW, at(StockAt("", 4, in_stock=False)))], {},
         ["warehouse.stock_status: 0", "(warehouse.w1: 0)", "warehouse.backorder_threshold: 0"]),
        ("not served", [("", 1, ALLOW, at(StockAt("", 4, is_served=False)))], {},
         ["channel.warehouses: 0", "(warehouse.w1: 0)", "warehouse.backorder_threshold: 0"]),
        ("not active", [("", 1, ALLOW, at(StockAt("", 4, is_active=False)))], {},
         ["warehouse.is_active: 0", "(warehouse.w1: 0)", "warehouse.backorder_threshold: 0"]),
        ("not listed", [("", 1, ALLOW, at(3))], {"terms": replace(ON, is_published=False)},
         ["listing.status: 0"]),
        ("the channel is off", [("", 1, ALLOW, at(3))], {"terms": replace(ON, is_active=False)},
         ["channel.is_active: 0"]),
        ("both switches are off", [("", 1, ALLOW, at(3))],
         {"terms": replace(ON, channel_allows=False, listing_allows=False)},
         ["channel.allow_out_of_stock_purchases: 3", "listing.allow_backorder: 3"]),
        ("both switches are on", [("", 1, ALLOW, at(3))], {"terms": ON}, []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_of_a_variant(case, parts, fields, expected):
    assert limits(*parts, **fields) == expected


@pytest.mark.parametrize(
    ("case", "parts", "fields", "expected"),
    [
        ("its components, and one warehouse that has all of it",
         [("x", 1, NO, at(9)), ("y", 2, NO, at(5))], {},
         ["(variant.component x: 9 @x)", "variant.backorders: 9 @x",
          "(variant.component y: 2 @y)", "variant.backorders: 2 @y",
          "warehouse.whole_bundle: 2"]),
        ("apart, no warehouse makes one", [("x", 1, NO, at(9, 0)), ("y", 1, NO, at(0, 9))], {},
         ["(variant.component x: 9 @x)", "variant.backorders: 9 @x",
          "(variant.component y: 9 @y)", "variant.backorders: 9 @y",
          "warehouse.whole_bundle: 0"]),
        ("what may be owed counts by bundles, too", [("x", 2, UP_TO_5, at(4))], {},
         ["(variant.component x: 4 @x)", "variant.out_of_stock_threshold: 4 @x",
          "warehouse.whole_bundle: 4"]),
        ("nothing limits", [("x", 2, ALLOW, at(4))], {}, []),
        ("its own no, and that of nobody else", [("x", 2, ALLOW, at(5))],
         {"forbidden_by": Level.VARIANT}, ["variant.bundle_backorders: 2"]),
        ("the gate for sellers", [("x", 2, ALLOW, at(5))], {"forbidden_by": Level.MARKETPLACE},
         ["marketplace.sellers_can_accept_backorders: 2"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_of_a_bundle(case, parts, fields, expected):
    assert limits(*parts, **fields) == expected


@pytest.mark.parametrize(
    ("case", "parts", "fields", "refused_by"),
    [
        ("the mode", [("", 1, NO, at(3))], {}, "variant.backorders"),
        ("the first of two that leave the same", [("", 1, policy("no", 2), at(3))], {},
         "variant.backorders"),
        ("the tighter one, though it comes later", [("", 1, UP_TO_5, CAPPED_AT_2)], {},
         "warehouse.backorder_threshold"),
        ("a switch of the channel", [("", 1, UP_TO_5, at(3))],
         {"terms": replace(ON, channel_allows=False)}, "channel.allow_out_of_stock_purchases"),
        ("what only informs refuses nothing", [("", 1, ALLOW, at(
            StockAt("", backorder_threshold=0), StockAt("", backorder_threshold=3)))], {},
         "warehouse.backorder_threshold"),
        ("none is sold", [("", 1, ALLOW, at(3))], {"terms": replace(ON, is_published=False)},
         "listing.status"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_refuses_one_unit_more(case, parts, fields, refused_by):
    sold, pools = article(*parts, **fields)
    found = offer_of(sold, pools, pools[0].policy)

    assert found.limited_by.name == refused_by
    assert refusing_rule(sold, pools) == refused_by


def test_while_any_quantity_may_be_sold_nothing_refuses_one_more():
    sold, pools = article(("", 1, ALLOW, at(3)))
    found = offer_of(sold, pools, ALLOW)

    assert (found.refuses_more, found.limited_by) == (None, None)


def test_without_a_check_nothing_is_named():
    sold, pools = article(("", 1, NO, at(3)))

    assert replace(offer_of(sold, pools, NO), checks=()).refuses_more is None


def test_the_position_is_that_of_the_check():
    sold, pools = article(("", 1, NO, at(3)))
    found = offer_of(sold, pools, NO)

    assert found.checks[found.refuses_more] == found.limited_by
    assert found.limited_by.rule == "backorders"


def test_channel_and_warehouse_are_named_as_people_call_them():
    terms = replace(ON, is_active=False)
    sold, pools = article(("", 1, NO, {1: StockAt("w1", 3, name="Main")}), terms=terms)

    places = {check.name: check.place for check in checks_of(sold, pools) if check.place}

    assert places == {
        "channel.is_active": "The shop",
        "listing.status": "The shop",
        "warehouse.w1": "Main",
    }


@pytest.mark.parametrize(
    ("owed", "rule", "leaves"),
    [
        (0, "warehouse.backorder_threshold", None),
        (MAX_QUANTITY - MUCH, "warehouse.backorder_threshold", None),
        (MAX_QUANTITY - MUCH + 1, "variant.quantity", MUCH - 1),
        (MAX_QUANTITY, "variant.quantity", 0),
    ],
)
def test_a_warehouse_without_a_cap_ends_where_no_column_holds_a_larger_number(owed, rule, leaves):
    sold, pools = article(("", 1, ALLOW, at(StockAt("", on_backorder=owed))))

    last = checks_of(sold, pools)[-1]

    assert (last.name, last.leaves, last.passed) == (rule, leaves, leaves != 0)
