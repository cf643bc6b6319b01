"""How many units of one SKU an order may have, and what refuses more."""

from dataclasses import replace

import pytest

from inventory.offers import Article
from inventory.order_limits import NO_LIMIT, OrderLimit, order_limit
from inventory.policy import STORE_DEFAULTS, LevelSettings, PolicyInputs
from inventory.pool import Need, pool_of
from orders.errors import Refusal
from orders.policy.booking import Demand, book
from orders.policy.limits import Asked, asked_of, refusals_of, within_limits
from tests.rules.stock import at, policy

# --- which limit holds ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "store", "product", "variant", "storefront", "units", "rule"),
    [
        ("none", 0, None, None, 0, 1_000_000_000, "variant.quantity"),
        ("of the store", 7, None, None, 0, 7, "store.max_per_order"),
        ("of the product", 7, 9, None, 0, 9, "product.max_per_order"),
        ("of the variant", 7, 9, 8, 0, 8, "variant.max_per_order"),
        ("0 of a variant is none", 7, 9, 0, 0, 1_000_000_000, "variant.quantity"),
        ("of shoppers", 0, None, None, 5, 5, "store.storefront_max_per_order"),
        ("of shoppers, one unit", 0, None, None, 1, 1, "store.storefront_max_per_order"),
        ("of shoppers, tighter than the store's", 7, None, None, 5, 5,
         "store.storefront_max_per_order"),
        ("the store's, tighter than that of shoppers", 5, None, None, 7, 5, "store.max_per_order"),
        ("both are one", 5, None, None, 5, 5, "store.max_per_order"),
        ("a product overrules that of shoppers", 7, 9, None, 5, 9, "product.max_per_order"),
        ("a product without a limit, too", 7, 0, None, 5, 1_000_000_000, "variant.quantity"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." not in value else "",
)  # fmt: skip
def test_the_limit_that_holds(case, store, product, variant, storefront, units, rule):
    inputs = PolicyInputs(
        store=replace(STORE_DEFAULTS, max_per_order=store),
        product=LevelSettings(max_per_order=product),
        variant=LevelSettings(max_per_order=variant),
    )

    assert order_limit(inputs, in_storefront=storefront) == OrderLimit(units, rule)


def test_staff_have_no_limit_of_shoppers():
    assert order_limit(PolicyInputs()) == NO_LIMIT


# --- what is asked ----------------------------------------------------------------------------

FIVE = OrderLimit(5, "store.max_per_order")


def demand(key, sku, quantity, *needs):
    return Demand(key, sku, quantity, Article(needs or (Need(1),)))


@pytest.mark.parametrize(
    ("case", "demands", "limit", "had", "requested", "left", "rule"),
    [
        ("one line", [demand(1, "x", 3)], FIVE, 0, 3, 5, "store.max_per_order"),
        ("two lines", [demand(1, "x", 3), demand(2, "x", 4)], FIVE, 0, 7, 5,
         "store.max_per_order"),
        ("beside those that the order has", [demand(1, "x", 3)], FIVE, 2, 3, 3,
         "store.max_per_order"),
        ("it has more than it may", [demand(1, "x", 3)], FIVE, 9, 3, 0, "store.max_per_order"),
        ("no column holds so many units of a part",
         [demand(1, "x", 3, Need(1, 1, "a"), Need(2, 400_000_000, "b"))], FIVE, 0, 3, 2,
         "variant.quantity"),
        ("just as many as a column holds",
         [demand(1, "x", 3, Need(1, 200_000_000, "a"))], FIVE, 0, 3, 5, "store.max_per_order"),
        ("made of nothing", [Demand(1, "x", 3, Article(()))], NO_LIMIT, 0, 3, 1_000_000_000,
         "variant.quantity"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." not in value else "",
)  # fmt: skip
def test_what_is_asked_of_one_sku(case, demands, limit, had, requested, left, rule):
    asked = asked_of(demands, {"x": limit}, {"x": had} if had else {})

    assert asked == {"x": Asked(requested, OrderLimit(left, rule))}


def test_each_sku_is_asked_for_itself():
    asked = asked_of(
        [demand(1, "x", 3), demand(2, "y", 4)], {"x": FIVE, "y": NO_LIMIT}, {"x": 1, "y": 2}
    )

    assert asked == {
        "x": Asked(3, OrderLimit(4, "store.max_per_order")),
        "y": Asked(4, OrderLimit(999_999_998, "variant.quantity")),
    }


@pytest.mark.parametrize(("units", "too_much"), [(4, False), (5, False), (6, True)])
def test_one_more_than_the_limit_is_too_much(units, too_much):
    assert Asked(units, FIVE).is_too_much is too_much


# --- what is looked for in stock --------------------------------------------------------------


def test_the_first_lines_have_what_one_order_may_have():
    demands = [demand(1, "x", 3), demand(2, "y", 9), demand(3, "x", 4), demand(4, "x", 1)]
    asked = asked_of(demands, {"x": FIVE, "y": NO_LIMIT}, {})

    kept = within_limits(demands, asked)

    assert kept == [demand(1, "x", 3), demand(2, "y", 9), demand(3, "x", 2)]


# --- refusals ---------------------------------------------------------------------------------


def refused(wanted, stock, rules, *, had):
    demands = [
        demand(number, "x", units) if units < 90 else demand(number, "y", units - 90, Need(2))
        for number, units in enumerate(wanted, start=1)
    ]
    pools = {1: pool_of(rules, stock), 2: pool_of(policy("allow"), at(0))}
    asked = asked_of(demands, {"x": FIVE, "y": NO_LIMIT}, {"x": had})
    booking = book(within_limits(demands, asked), pools)
    return refusals_of(demands, asked, booking)


@pytest.mark.parametrize(
    ("case", "wanted", "stock", "rules", "had", "expected"),
    [
        ("within it", [5], at(9), policy("no"), 0, []),
        ("more than the limit", [6], at(9), policy("no"), 0,
         [Refusal("x", 6, 5, 0, "store.max_per_order")]),
        ("more than the limit, of which two are there", [4, 2], at(2), policy("allow"), 0,
         [Refusal("x", 6, 2, 3, "store.max_per_order")]),
        ("less is there than the limit", [6], at(2), policy("no"), 0,
         [Refusal("x", 6, 2, 0, "variant.backorders")]),
        ("less is there than is asked", [4], at(2), policy("allow", -1), 0,
         [Refusal("x", 4, 2, 1, "variant.out_of_stock_threshold")]),
        ("nothing is left of it", [1], at(9), policy("no"), 5,
         [Refusal("x", 1, 0, 0, "store.max_per_order")]),
        ("what is owed of another SKU is not this one's",
         [6, 93], at(9), policy("no"), 0,
         [Refusal("x", 6, 5, 0, "store.max_per_order")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_refuses_more(case, wanted, stock, rules, had, expected):
    assert refused(wanted, stock, rules, had=had) == expected
