"""What "Why?" says: every step of a decision, and the first that forbids one more unit."""

from dataclasses import replace

import pytest

from inventory.listing_terms import ListingTerms
from inventory.offers import checks_of, offer_of, refusing_rule
from inventory.policy import STORE_DEFAULTS, Level, LevelSettings, StockAt
from tests.rules.stock import AHEAD, TODAY, article, at, policy

STORE_ALLOWS = {"store": replace(STORE_DEFAULTS, backorders="allow")}
ON = ListingTerms("shop", is_published=True, channel_allows=True, listing_allows=True)
SEATED = ["+ variant.track_inventory: on"]


def line(check):
    """Return a check as a line: + passes, - forbids, in brackets it informs alone."""
    mark = {True: "+", False: "-"}[check.passed]
    mark = {True: mark, False: f"({mark})"}[check.applies]
    about = f" @{check.sku}" if check.sku != "" else ""
    return f"{mark} {check.level.value}.{check.rule}: {check.value}{about}"


def why(*parts, **fields):
    sold, pools = article(*parts, **fields)
    return [line(check) for check in checks_of(sold, pools)]


def one(stock, rules, **fields):
    return why(("", 1, rules, stock), **fields)


def mode(store="no", product="inherit", variant="inherit"):
    """Return what three levels say while the variant decides, and nothing is forbidden."""
    return [
        f"(+) store.backorders: {store}",
        f"(+) product.backorders: {product}",
        f"+ variant.backorders: {variant}",
    ]


@pytest.mark.parametrize(
    ("case", "rules", "stock", "expected"),
    [
        (
            "not tracked",
            policy(track_inventory=False),
            at(0),
            ["+ variant.track_inventory: off: always salable"],
        ),
        (
            "units are there",
            policy("no"),
            at(3),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="no"),
                "+ variant.out_of_stock_threshold: 0: 0 of 3 kept back",
                "(+) warehouse.w1: 3 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "none is there, and the variant says no",
            policy("no"),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "+ variant.out_of_stock_threshold: 0: 0 of 0 kept back",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "the last unit is there",
            policy("no"),
            at(1),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="no"),
                "+ variant.out_of_stock_threshold: 0: 0 of 1 kept back",
                "(+) warehouse.w1: 1 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "safety stock keeps all",
            policy("no", 5),
            at(2, 1),
            [
                *SEATED,
                "+ warehouse.stock_status: 2 of 2 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "- variant.out_of_stock_threshold: 5: 3 of 3 kept back",
                "(+) warehouse.w1: 2 available, 0 on backorder, no cap",
                "(+) warehouse.w2: 1 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "safety stock keeps some",
            policy("no", 2),
            at(3),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="no"),
                "+ variant.out_of_stock_threshold: 2: 2 of 3 kept back",
                "(+) warehouse.w1: 3 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "safety stock, and nothing to keep",
            policy("no", 2),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "+ variant.out_of_stock_threshold: 2: 0 of 0 kept back",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "any number may be owed",
            policy("allow", 4),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 4: no limit",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "one more may be owed",
            policy("allow", -5),
            at(StockAt("", on_backorder=4, backorder_threshold=5)),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: -5: 4 of 5 owed",
                "(+) warehouse.w1: 0 available, 4 on backorder, cap 5",
                "+ warehouse.backorder_threshold: room for 1",
            ],
        ),
        (
            "the limit is used up, and the cap",
            policy("allow", -5),
            at(StockAt("", on_backorder=5, backorder_threshold=5)),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="allow"),
                "- variant.out_of_stock_threshold: -5: 5 of 5 owed",
                "(-) warehouse.w1: 0 available, 5 on backorder, cap 5",
                "- warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "the limit is used up, and a unit is there",
            policy("allow", -5),
            at(StockAt("", on_hand=1, on_backorder=5, backorder_threshold=5)),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: -5: 5 of 5 owed",
                "(+) warehouse.w1: 1 available, 5 on backorder, cap 5",
                "+ warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "the caps of no warehouse forbid what the mode forbids already",
            policy("no"),
            at(StockAt("", backorder_threshold=0)),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "+ variant.out_of_stock_threshold: 0: 0 of 0 kept back",
                "(-) warehouse.w1: 0 available, 0 on backorder, cap 0",
                "+ warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "each warehouse is an alternative",
            policy("allow"),
            at(
                StockAt("", is_active=False),
                StockAt("", is_served=False),
                StockAt("", in_stock=False),
                StockAt("", backorder_threshold=1),
            ),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 4 serve",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(-) warehouse.w1: not active",
                "(-) warehouse.w2: not served by this channel",
                "(-) warehouse.w3: set to out of stock",
                "(+) warehouse.w4: 0 available, 0 on backorder, cap 1",
                "+ warehouse.backorder_threshold: room for 1",
            ],
        ),
        (
            "out of stock everywhere",
            policy("allow"),
            at(StockAt("", in_stock=False), StockAt("", is_active=False)),
            [
                *SEATED,
                "- warehouse.stock_status: set to out of stock in every warehouse",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(-) warehouse.w1: set to out of stock",
                "(-) warehouse.w2: not active",
                "- warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "served from nowhere",
            policy("allow"),
            at(StockAt("", is_served=False), StockAt("", is_active=False)),
            [
                *SEATED,
                "- channel.warehouses: the channel ships from no warehouse that is active",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(-) warehouse.w1: not served by this channel",
                "(-) warehouse.w2: not active",
                "- warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "none is active",
            policy("allow"),
            at(StockAt("", is_active=False)),
            [
                *SEATED,
                "- warehouse.is_active: no warehouse is active",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(-) warehouse.w1: not active",
                "- warehouse.backorder_threshold: room for 0",
            ],
        ),
        (
            "the gate is shut, and a unit is there",
            policy("allow", has_seller=True),
            at(1),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                "+ marketplace.sellers_can_accept_backorders: off",
                *mode()[:2],
                "(+) variant.backorders: allow",
                "+ variant.out_of_stock_threshold: 0: 0 of 1 kept back",
                "(+) warehouse.w1: 1 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "the gate is open",
            policy("allow", has_seller=True, sellers_can_accept_backorders=True),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                "+ marketplace.sellers_can_accept_backorders: on",
                *mode(variant="allow"),
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "a pre-order",
            policy("no", release_date=AHEAD, allow_preorders=True),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode(variant="no"),
                "(+) variant.release_date: 2026-02-01, pre-orders allowed",
                "+ variant.out_of_stock_threshold: 0: no limit",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "released today",
            policy("no", release_date=TODAY, allow_preorders=True),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "+ variant.out_of_stock_threshold: 0: 0 of 0 kept back",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
        (
            "no pre-orders",
            policy("no", release_date=AHEAD),
            at(0),
            [
                *SEATED,
                "+ warehouse.stock_status: 1 of 1 serve",
                *mode()[:2],
                "- variant.backorders: no",
                "(+) variant.release_date: 2026-02-01, pre-orders not allowed",
                "+ variant.out_of_stock_threshold: 0: 0 of 0 kept back",
                "(+) warehouse.w1: 0 available, 0 on backorder, no cap",
                "+ warehouse.backorder_threshold: no cap",
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_step_of_a_variant(case, rules, stock, expected):
    assert one(stock, rules) == expected


def test_the_store_decides_when_nobody_else_says_anything():
    rules = policy("inherit", None, **STORE_ALLOWS)

    assert one(at(0), rules)[2:6] == [
        "+ store.backorders: allow",
        "(+) product.backorders: inherit",
        "(+) variant.backorders: inherit",
        "+ store.out_of_stock_threshold: 0: no limit",
    ]


# --- bundles ----------------------------------------------------------------------------------

NO = policy("no")
UP_TO_5 = policy("allow", -5)
SHUT = LevelSettings(backorders="no")


@pytest.mark.parametrize(
    ("case", "parts", "forbidden_by", "expected"),
    [
        (
            "all is there",
            [("x", 1, NO, at(9)), ("y", 2, NO, at(2))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 1 in each bundle, 9 salable @x",
                "+ variant.backorders: no @x",
                "(+) variant.component y: 2 in each bundle, 2 salable @y",
                "+ variant.backorders: no @y",
                "+ warehouse.whole_bundle: one warehouse has all of it, or may owe it",
            ],
        ),
        (
            "a component is short",
            [("x", 1, policy("allow"), at(0)), ("y", 2, NO, at(1))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 1 in each bundle, unlimited salable @x",
                "(-) variant.component y: 2 in each bundle, 1 salable @y",
                "- variant.backorders: no @y",
                "- warehouse.whole_bundle: no warehouse has all of it",
            ],
        ),
        (
            "one is there and five may be owed",
            [("x", 6, UP_TO_5, at(1))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 6 in each bundle, 6 salable @x",
                "+ variant.out_of_stock_threshold: -5: 0 of 5 owed @x",
                "+ warehouse.whole_bundle: one warehouse has all of it, or may owe it",
            ],
        ),
        (
            "one more than may be owed",
            [("x", 7, UP_TO_5, at(1))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(-) variant.component x: 7 in each bundle, 6 salable @x",
                "- variant.out_of_stock_threshold: -5: 0 of 5 owed @x",
                "- warehouse.whole_bundle: no warehouse has all of it",
            ],
        ),
        (
            "the caps leave one, and one is there",
            [("x", 2, policy("allow"), at(StockAt("", on_hand=1, backorder_threshold=1)))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 2 in each bundle, 2 salable @x",
                "+ warehouse.backorder_threshold: room for 1 @x",
                "+ warehouse.whole_bundle: one warehouse has all of it, or may owe it",
            ],
        ),
        (
            "the caps leave too little",
            [("x", 3, policy("allow"), at(StockAt("", on_hand=1, backorder_threshold=1)))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(-) variant.component x: 3 in each bundle, 2 salable @x",
                "- warehouse.backorder_threshold: room for 1 @x",
                "- warehouse.whole_bundle: no warehouse has all of it",
            ],
        ),
        (
            "a single unit of a component needs no other warehouse",
            [("x", 1, NO, at(0, 1))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 1 in each bundle, 1 salable @x",
                "+ variant.backorders: no @x",
            ],
        ),
        (
            "a service",
            [("x", 1, NO, at(1)), ("wrap", 3, policy(track_inventory=False), at(0))],
            None,
            [
                "+ variant.bundle_backorders: as its components",
                "(+) variant.component x: 1 in each bundle, 1 salable @x",
                "+ variant.backorders: no @x",
                "(+) variant.component wrap: 3 in each bundle, unlimited salable @wrap",
            ],
        ),
        (
            "its own no, and units are there",
            [("x", 1, policy("allow"), at(1))],
            Level.PRODUCT,
            [
                "+ product.bundle_backorders: no",
                "(+) variant.component x: 1 in each bundle, unlimited salable @x",
            ],
        ),
        (
            "its own no, and none is there",
            [("x", 1, policy("allow"), at(0))],
            Level.VARIANT,
            [
                "- variant.bundle_backorders: no",
                "(+) variant.component x: 1 in each bundle, unlimited salable @x",
            ],
        ),
        (
            "the gate",
            [("x", 1, policy("allow"), at(0))],
            Level.MARKETPLACE,
            [
                "- marketplace.sellers_can_accept_backorders: off",
                "(+) variant.component x: 1 in each bundle, unlimited salable @x",
            ],
        ),
        (
            "the gate, and units are there",
            [("x", 1, policy("allow"), at(1))],
            Level.MARKETPLACE,
            [
                "+ marketplace.sellers_can_accept_backorders: off",
                "(+) variant.component x: 1 in each bundle, unlimited salable @x",
            ],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_step_of_a_bundle(case, parts, forbidden_by, expected):
    assert why(*parts, forbidden_by=forbidden_by) == expected


def test_what_warehouses_a_component_lacks_is_said_of_it():
    parts = [("x", 1, policy("allow"), at(StockAt("", in_stock=False)))]

    assert why(*parts)[2:] == [
        "- warehouse.stock_status: set to out of stock in every warehouse @x",
        "- warehouse.backorder_threshold: room for 0 @x",
    ]


# --- channels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "terms", "on_hand", "first", "last"),
    [
        (
            "both switches are on",
            ON,
            0,
            ["+ listing.status: published in shop"],
            [
                "+ channel.allow_out_of_stock_purchases: on, as published",
                "+ listing.allow_backorder: on, as published",
            ],
        ),
        (
            "both are off",
            replace(ON, channel_allows=False, listing_allows=False),
            0,
            ["+ listing.status: published in shop"],
            [
                "- channel.allow_out_of_stock_purchases: off, as published",
                "- listing.allow_backorder: off, as published",
            ],
        ),
        (
            "both are off, and the last unit is there",
            replace(ON, channel_allows=False, listing_allows=False),
            1,
            ["+ listing.status: published in shop"],
            [
                "+ channel.allow_out_of_stock_purchases: off, as published",
                "+ listing.allow_backorder: off, as published",
            ],
        ),
        (
            "not listed",
            ListingTerms("shop", channel_allows=True, listing_allows=True),
            1,
            ["- listing.status: not listed in shop"],
            [],
        ),
        (
            "off",
            replace(ON, is_active=False),
            1,
            ["- channel.is_active: shop is off", "+ listing.status: published in shop"],
            [
                "+ channel.allow_out_of_stock_purchases: on, as published",
                "+ listing.allow_backorder: on, as published",
            ],
        ),
        ("off, without listings", ListingTerms("shop", is_active=False, has_listings=False), 1,
         ["- channel.is_active: shop is off"], []),
        ("without listings", ListingTerms("shop", has_listings=False), 0, [], []),
        ("published, but without listings",
         ListingTerms("shop", has_listings=False, is_published=True), 0, [], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_channel_is_asked_first_and_its_switches_last(case, terms, on_hand, first, last):
    found = one(at(on_hand), policy("allow"), terms=terms)

    assert len(found) == len(first) + 8 + len(last)
    assert found[: len(first)] == first
    assert found[len(first) + 8 :] == last


def test_what_another_shop_sold_needs_no_listing_here():
    found = one(at(0), policy("allow"), terms=ListingTerms("shop"), is_sold_already=True)

    assert found[0] == "+ listing.status: not listed in shop"


def test_no_switch_forbids_what_is_not_tracked():
    terms = replace(ON, channel_allows=False)

    assert one(at(0), policy(track_inventory=False), terms=terms) == [
        "+ listing.status: published in shop",
        "+ variant.track_inventory: off: always salable",
        "+ channel.allow_out_of_stock_purchases: off, as published",
        "+ listing.allow_backorder: on, as published",
    ]


# --- the rule of a refusal --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "parts", "fields", "rule"),
    [
        ("units are there until they are sold", [("", 1, NO, at(3))], {}, "variant.backorders"),
        ("the limit", [("", 1, UP_TO_5, at(3))], {}, "variant.out_of_stock_threshold"),
        ("the caps", [("", 1, policy("allow"), at(StockAt("", backorder_threshold=2)))], {},
         "warehouse.backorder_threshold"),
        ("the switch, before the limit is reached", [("", 1, UP_TO_5, at(3))],
         {"terms": replace(ON, channel_allows=False)}, "channel.allow_out_of_stock_purchases"),
        ("the limit, before the switch is asked", [("", 1, UP_TO_5, at(3))], {"terms": ON},
         "variant.out_of_stock_threshold"),
        ("not sold here", [("", 1, UP_TO_5, at(3))], {"terms": ListingTerms("shop")},
         "listing.status"),
        ("the bundle's no, while its components may be owed", [("x", 1, UP_TO_5, at(3))],
         {"forbidden_by": Level.VARIANT}, "variant.bundle_backorders"),
        ("nothing refuses what is not counted", [("", 1, policy(track_inventory=False), at(0))],
         {}, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_rule_that_refuses_one_more_than_may_be_sold(case, parts, fields, rule):
    sold, pools = article(*parts, **fields)

    assert refusing_rule(sold, pools) == rule


def test_the_first_that_forbids_is_the_reason():
    sold, pools = article(("", 1, policy("allow", -5), at(StockAt("", on_backorder=5))))
    found = offer_of(sold, pools, pools[0].policy)

    assert found.first_failing == 5
    assert found.refused_by == found.checks[5]
    assert replace(found, checks=()).first_failing is None
    assert replace(found, checks=()).refused_by is None
    assert replace(found, salable=1).first_failing is None
