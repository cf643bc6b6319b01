"""The rule that refuses one unit more, what each rule leaves, and answers that agree."""

import pytest
from hypothesis import given, settings

from inventory.listing_terms import ListingTerms
from inventory.offers import Article, availability, offer_of, refusing_rule
from inventory.policy import BackorderMode, State, StockAt
from inventory.pool import Need, draw, pool_of
from tests.inventory.test_offers import AHEAD, PUBLISHED, at, bundle, policy, worlds

EDGE = 999_999_998
"""Units owed at a warehouse that leave room for two more."""


@pytest.mark.parametrize(
    ("case", "rules", "stock", "terms", "rule", "leaves"),
    [
        ("no backorders leave what is there", policy(), [StockAt("a", on_hand=3)], None,
         "variant.backorders", 3),
        ("the gate leaves what is there", policy("allow", has_seller=True),
         [StockAt("a", on_hand=3)], None, "marketplace.sellers_can_accept_backorders", 3),
        ("safety stock does not decide where backorders are off anyway", policy(threshold=2),
         [StockAt("a", on_hand=5)], None, "variant.backorders", 3),
        ("a limit", policy("allow", -4), [StockAt("a", on_hand=3, on_backorder=1)], None,
         "variant.out_of_stock_threshold", 6),
        ("caps", policy("allow"), [StockAt("a", on_hand=3, backorder_threshold=2)], None,
         "warehouse.backorder_threshold", 5),
        ("the tighter of both", policy("allow", -4),
         [StockAt("a", on_hand=3, backorder_threshold=2)], None,
         "warehouse.backorder_threshold", 5),
        ("the switch of the channel", policy("allow"), [StockAt("a", on_hand=3)],
         ListingTerms("shop", is_published=True, listing_allows=True),
         "channel.allow_out_of_stock_purchases", 3),
        ("no limit", policy("allow"), [StockAt("a", on_hand=3)], PUBLISHED, None, None),
        ("not tracked", policy(track_inventory=False), [], None, None, None),
    ],
)  # fmt: skip
def test_the_rule_that_refuses_one_more_is_named_while_units_are_salable(
    case, rules, stock, terms, rule, leaves
):
    found = availability(rules, stock, terms=terms)

    assert found.first_failing is None
    assert (found.limited_by and found.limited_by.name) == rule
    assert found.salable == leaves == (found.limited_by and found.limited_by.leaves)


def test_a_warehouse_that_does_not_serve_is_an_alternative_and_never_the_reason():
    stock = [StockAt("a", on_hand=2), StockAt("b", in_stock=False), StockAt("c", is_active=False)]
    found = availability(policy(), stock)

    places = [check for check in found.checks if check.rule in {"a", "b", "c"}]
    assert [(check.applies, check.leaves) for check in places] == [
        (False, None), (False, 0), (False, 0),
    ]  # fmt: skip
    assert found.limited_by.name == "variant.backorders"


@settings(max_examples=600)
@given(worlds())
def test_the_rule_named_for_one_more_is_that_of_the_refusal(world):
    article, pools = world

    found = offer_of(article, pools, policy())

    for check in found.checks:
        assert check.passed == (check.leaves != 0)
    if found.salable is None:
        assert found.limited_by is None
    else:
        assert found.limited_by.name == refusing_rule(article, pools)
    if found.salable == 0:
        assert found.refuses_more == found.first_failing


@settings(max_examples=600)
@given(worlds())
def test_mode_limit_room_and_state_agree(world):
    article, pools = world

    found = offer_of(article, pools, policy())

    agree(found)


def agree(found):
    """Assert that the numbers of an answer do not contradict each other."""
    if found.salable is None and not found.track_inventory:
        assert found.state is State.IN_STOCK
        return
    assert (found.mode is BackorderMode.NO) == (found.backorder_limit == 0)
    if found.mode is BackorderMode.NO:
        assert found.room == 0
    if found.backorder_limit is not None:
        assert found.room is not None
        assert found.room <= max(found.backorder_limit - found.on_backorder, 0)
    assert (found.salable == 0) == (found.state is State.OUT_OF_STOCK)
    if found.state is State.ON_BACKORDER:
        assert found.available == 0
        assert found.room != 0
        assert found.mode is not BackorderMode.NO


@pytest.mark.parametrize(
    ("case", "terms"),
    [
        ("the channel does not allow it", ListingTerms("s", is_published=True)),
        ("not listed", ListingTerms("s")),
        ("off", ListingTerms("s", is_active=False, has_listings=False)),
    ],
)
def test_a_channel_that_forbids_backorders_has_a_limit_of_none(case, terms):
    found = availability(policy("allow"), [StockAt("a", on_hand=3)], terms=terms)

    assert (found.mode, found.backorder_limit, found.room) == (BackorderMode.NO, 0, 0)


@pytest.mark.parametrize(
    ("case", "parts", "mode", "limit", "room"),
    [
        ("parts on the shelves of other warehouses count for the limit",
         [("f1", 1, policy("allow", -10), at(3, 0)), ("f2", 2, policy("allow", -10), at(0, 3))],
         "allow", 6, 6),
        ("a part that is there and may not be owed",
         [("x", 1, policy(), at(4)), ("y", 1, policy("notify"), at(0))], "notify", 4, 4),
        ("a part that is missing and may not be owed",
         [("x", 1, policy(), at(0)), ("y", 1, policy("allow"), at(3))], "no", 0, 0),
        ("no limit", [("x", 1, policy("allow"), at(0)), ("y", 1, policy("allow"), at(0))],
         "allow", None, None),
        ("a pre-order of its part",
         [("x", 1, policy(release_date=AHEAD, allow_preorders=True), at(0))],
         "allow", None, None),
    ],
)  # fmt: skip
def test_mode_and_limit_of_a_bundle_are_those_of_what_may_be_owed(case, parts, mode, limit, room):
    found = bundle(*parts)

    assert (found.mode.value, found.backorder_limit, found.room) == (mode, limit, room)
    agree(found)


def test_where_columns_end_their_limit_decides_and_not_a_cap_that_nobody_set():
    stock = [StockAt("a", on_backorder=EDGE), StockAt("b", on_backorder=1_000_000_000)]

    found = availability(policy("allow"), stock)

    assert (found.room, found.salable, found.limited_by.name) == (2, 2, "variant.quantity")
    pools = {0: pool_of(policy("allow"), dict(enumerate(stock)))}
    assert refusing_rule(Article((Need(0),)), pools) == "variant.quantity"


def test_where_columns_end_a_bundle_of_many_units_ends_sooner():
    owed = at(StockAt("a", on_backorder=EDGE - 10))

    found = bundle(("x", 5, policy("allow"), owed), ("y", 1, policy("allow"), at(0)))

    assert (found.salable, found.limited_by.name) == (2, "variant.quantity")


def test_a_bundle_of_so_many_units_that_few_fit_is_still_not_limited():
    found = bundle(("x", 1_000_000, policy("allow"), at(0)))

    assert (found.salable, found.limited_by) == (None, None)


def test_a_cap_beside_a_warehouse_without_one_is_not_to_blame_where_columns_end():
    stock = [StockAt("a", backorder_threshold=1), StockAt("b", on_backorder=EDGE)]

    found = availability(policy("allow"), stock)

    assert (found.salable, found.limited_by.name) == (3, "variant.quantity")


def test_a_large_order_that_leaves_little_is_refused_by_the_column_too():
    pools = {0: pool_of(policy("allow"), at(0))}
    article = Article((Need(0),))
    draw(article.needs, 900_000_000, pools)

    found = offer_of(article, pools, policy("allow"))

    assert (found.salable, found.limited_by.name) == (100_000_000, "variant.quantity")
