"""What may be sold of variants and bundles, and which rule forbids one more: tables and worlds."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.listing_terms import ListingTerms
from inventory.offers import Article, availability, left_of, offer_of, refusing_rule
from inventory.policy import (
    STORE_DEFAULTS,
    BackorderMode,
    Level,
    LevelSettings,
    PolicyInputs,
    State,
    StockAt,
    bundle_forbidden_by,
    effective_policy,
)
from inventory.pool import Need, draw, one_for_all, pool_of

TODAY = date(2026, 1, 5)
AHEAD = date(2026, 2, 1)


def policy(mode="no", threshold=0, **inputs):
    own = LevelSettings(backorders=mode, out_of_stock_threshold=threshold)
    return effective_policy(PolicyInputs(variant=own, **inputs), today=TODAY)


def at(*stock):
    """Return stock by warehouse, from units on hand or whole levels."""
    return {
        number: replace(level, warehouse=f"w{number}")
        if isinstance(level, StockAt)
        else StockAt(f"w{number}", on_hand=level)
        for number, level in enumerate(stock, start=1)
    }


def bundle(*parts, forbidden_by=None, terms=None):
    """Return the offer of a bundle; each part is SKU, units in each, policy, stock."""
    needs = tuple(
        Need(number, per_unit, sku) for number, (sku, per_unit, _p, _s) in enumerate(parts)
    )
    pools = {number: pool_of(rules, stock) for number, (_, _, rules, stock) in enumerate(parts)}
    article = Article(needs, forbidden_by=forbidden_by, terms=terms)
    return offer_of(article, pools, policy())


# --- bundles ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "parts", "available", "salable", "state"),
    [
        ("as often as the scarcest", [("x", 2, policy(), at(9)), ("y", 1, policy(), at(3))],
         3, 3, State.IN_STOCK),
        ("a missing component", [("x", 1, policy(), at(10)), ("y", 1, policy(), at(0))],
         0, 0, State.OUT_OF_STOCK),
        ("a missing component that may be owed",
         [("x", 1, policy(), at(10)), ("y", 1, policy("allow"), at(0))],
         0, 10, State.ON_BACKORDER),
        ("two of one pool with room for 5", [("s", 2, policy("allow", -5), at(0))],
         0, 2, State.ON_BACKORDER),
        ("one there and room for 5: half a bundle is none",
         [("s", 2, policy("allow", -5), at(1))], 0, 3, State.ON_BACKORDER),
        ("a service limits nothing",
         [("x", 1, policy(), at(4)), ("wrap", 1, policy(track_inventory=False), at(0))],
         4, 4, State.IN_STOCK),
        ("unlimited", [("x", 1, policy("allow"), at(0))], 0, None, State.ON_BACKORDER),
        ("a component ahead of its release",
         [("x", 1, policy(release_date=AHEAD), at(4))], 4, 4, State.PRE_ORDER),
        ("components apart make no bundle",
         [("x", 1, policy(), at(5, 0)), ("y", 1, policy(), at(0, 5))], 0, 0, State.OUT_OF_STOCK),
        ("each warehouse makes its own",
         [("x", 1, policy(), at(2, 3)), ("y", 1, policy(), at(5, 1))], 3, 3, State.IN_STOCK),
        ("apart, but one may owe the other's units",
         [("x", 1, policy(), at(5, 0)), ("y", 1, policy("allow", -2), at(0, 5))],
         0, 2, State.ON_BACKORDER),
        ("never more than the safety stock leaves",
         [("x", 1, policy(threshold=4), at(3, 3)), ("y", 1, policy(), at(9, 9))],
         2, 2, State.IN_STOCK),
        ("two in each, one in each warehouse",
         [("x", 2, policy(), at(1, 1))], 0, 0, State.OUT_OF_STOCK),
    ],
)  # fmt: skip
def test_bundle(case, parts, available, salable, state):
    found = bundle(*parts)

    assert (found.available, found.salable, found.state) == (available, salable, state)


@pytest.mark.parametrize(
    ("case", "parts", "room", "limit"),
    [
        ("the tightest component's, in bundles",
         [("x", 1, policy("allow", -10), at(0)), ("y", 2, policy("allow", -9), at(0))], 4, 4),
        ("what lies apart is not owed: more bundles may be",
         [("x", 1, policy("allow", -10), at(3, 0)), ("y", 2, policy("allow", -10), at(0, 3))],
         6, 6),
        ("no limit of one does not lift the other's",
         [("x", 1, policy("allow"), at(0)), ("y", 1, policy("allow", -2), at(0))], 2, 2),
        ("none", [("x", 1, policy("allow"), at(0))], None, None),
        ("a cap of a warehouse is no limit",
         [("x", 1, policy("allow", -8), at(StockAt("a", backorder_threshold=3)))], 3, 8),
    ],
)  # fmt: skip
def test_the_limit_of_a_bundle_is_never_below_what_may_be_owed(case, parts, room, limit):
    found = bundle(*parts)

    assert (found.room, found.backorder_limit) == (room, limit)


def test_a_bundle_of_services_is_always_in_stock():
    found = bundle(("wrap", 1, policy(track_inventory=False), at(0)))

    assert (found.track_inventory, found.salable, found.state) == (False, None, State.IN_STOCK)


@pytest.mark.parametrize(
    ("case", "inputs", "level"),
    [
        ("says nothing", {}, None),
        ("the store's no is not its own", {"store": STORE_DEFAULTS}, None),
        ("explicit no", {"variant": LevelSettings(backorders="no")}, Level.VARIANT),
        ("explicit no of its product", {"product": LevelSettings(backorders="no")}, Level.PRODUCT),
        ("allow has no effect", {"variant": LevelSettings(backorders="allow")}, None),
        ("gate", {"has_seller": True}, Level.MARKETPLACE),
    ],
)
def test_what_forbids_backordering_a_bundle(case, inputs, level):
    assert bundle_forbidden_by(PolicyInputs(**inputs)) is level


def test_an_explicit_no_leaves_what_is_there():
    found = bundle(("x", 1, policy("allow"), at(3)), forbidden_by=Level.VARIANT)

    assert (found.available, found.room, found.salable) == (3, 0, 3)
    assert (found.mode, found.decided_by) == (BackorderMode.NO, Level.VARIANT)


@pytest.mark.parametrize(
    ("case", "parts", "rule", "sku"),
    [
        ("the component that is short", [("x", 1, policy(), at(3)), ("y", 2, policy(), at(1))],
         "variant.backorders", "y"),
        ("its limit", [("x", 2, policy("allow", -1), at(0))],
         "variant.out_of_stock_threshold", "x"),
        ("apart", [("x", 1, policy(), at(1, 0)), ("y", 1, policy(), at(0, 1))],
         "warehouse.whole_bundle", ""),
    ],
)  # fmt: skip
def test_why_names_what_keeps_a_bundle_from_being_made(case, parts, rule, sku):
    found = bundle(*parts).refused_by

    assert (found.name, found.sku) == (rule, sku)


# --- channels ---------------------------------------------------------------------------------

PUBLISHED = ListingTerms("shop", is_published=True, channel_allows=True, listing_allows=True)


@pytest.mark.parametrize(
    ("case", "mode", "on_hand", "terms", "salable", "state", "decided_by", "rule"),
    [
        ("both allow", "allow", 0, PUBLISHED, None, State.ON_BACKORDER, Level.VARIANT, None),
        ("the channel does not", "allow", 0, replace(PUBLISHED, channel_allows=False),
         0, State.OUT_OF_STOCK, Level.CHANNEL, "channel.allow_out_of_stock_purchases"),
        ("this item not", "allow", 0, replace(PUBLISHED, listing_allows=False),
         0, State.OUT_OF_STOCK, Level.LISTING, "listing.allow_backorder"),
        ("units are there", "allow", 2, replace(PUBLISHED, channel_allows=False),
         2, State.IN_STOCK, Level.CHANNEL, None),
        ("not listed", "allow", 2, ListingTerms("shop"),
         0, State.OUT_OF_STOCK, Level.LISTING, "listing.status"),
        ("off", "allow", 2, replace(PUBLISHED, is_active=False),
         0, State.OUT_OF_STOCK, Level.CHANNEL, "channel.is_active"),
        ("off, without listings", "allow", 2, ListingTerms("d", is_active=False,
         has_listings=False), 0, State.OUT_OF_STOCK, Level.CHANNEL, "channel.is_active"),
        ("the policy says no first", "no", 0, replace(PUBLISHED, channel_allows=False),
         0, State.OUT_OF_STOCK, Level.VARIANT, "variant.backorders"),
    ],
)  # fmt: skip
def test_through_a_channel(case, mode, on_hand, terms, salable, state, decided_by, rule):
    found = availability(policy(mode), [StockAt("a", on_hand=on_hand)], terms=terms)

    assert (found.salable, found.state, found.decided_by) == (salable, state, decided_by)
    assert (found.refused_by and found.refused_by.name) == rule


@pytest.mark.parametrize(
    ("case", "stock", "rule"),
    [
        ("another warehouse serves", [StockAt("a", in_stock=False), StockAt("b")], None),
        ("caps alone are used up",
         [StockAt("a", in_stock=False), StockAt("b", backorder_threshold=0)],
         "warehouse.backorder_threshold"),
        ("all out of stock", [StockAt("a", in_stock=False)], "warehouse.stock_status"),
        ("not served", [StockAt("a", on_hand=3, is_served=False)], "channel.warehouses"),
        ("not active", [StockAt("a", on_hand=3, is_active=False)], "warehouse.is_active"),
        ("none at all", [], "warehouse.is_active"),
    ],
)  # fmt: skip
def test_a_warehouse_is_never_the_reason_while_another_serves(case, stock, rule):
    found = availability(policy("allow"), stock).refused_by

    assert (found and found.name) == rule


def test_what_an_order_elsewhere_sold_is_not_kept_from_it_as_safety_stock():
    rules, stock = policy(threshold=4), at(6)
    sold = Article((Need(1),), is_sold_already=True)

    assert left_of(Article((Need(1),)), {1: pool_of(rules, stock)}).available == 2
    assert left_of(sold, {1: pool_of(rules, stock, is_sold_already=True)}).available == 6


def test_a_quantity_that_no_column_holds_is_not_for_sale():
    stock = at(StockAt("", on_backorder=999_999_988))
    pools = {1: pool_of(policy("allow"), stock)}

    found = left_of(Article((Need(1),)), pools)

    assert (found.room, found.is_endless) == (12, False)


# --- drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "wanted", "stock", "place"),
    [
        ("all of it in the second", [(1, 5)], {1: at(1, 5)}, 2),
        ("nowhere: by priority", [(1, 5)], {1: at(3, 1)}, None),
        ("what is missing does not spoil it", [(1, 3), (2, 2)], {1: at(0, 0), 2: at(0, 2)}, 2),
        ("what is there of a line in part", [(1, 5)], {1: at(0, 4)}, 2),
        ("none has both", [(1, 2), (2, 2)], {1: at(2, 0), 2: at(0, 2)}, None),
    ],
)
def test_the_one_warehouse_for_all(case, wanted, stock, place):
    pools = {variant: pool_of(policy("allow"), levels) for variant, levels in stock.items()}
    lines = [((Need(variant),), units) for variant, units in wanted]

    assert one_for_all(lines, pools) == place


def test_the_one_warehouse_for_all_sells_no_safety_stock():
    pools = {1: pool_of(policy(threshold=4), at(2, 6))}

    assert one_for_all([((Need(1),), 9)], pools) == 2
    assert sum(part.allocated for part in draw((Need(1),), 4, pools, first=2)) == 4


levels = st.builds(
    lambda on_hand, allocated, owed, in_stock, is_active, cap: StockAt(
        "w",
        on_hand=on_hand,
        allocated=min(allocated, on_hand),
        on_backorder=owed,
        in_stock=in_stock,
        is_active=is_active,
        backorder_threshold=cap,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
    st.one_of(st.none(), st.integers(0, 6)),
)
policies = st.builds(
    lambda mode, threshold, tracked: policy(mode, threshold, track_inventory=tracked),
    st.sampled_from(["no", "allow", "notify"]),
    st.integers(-8, 4),
    st.sampled_from([True, True, True, True, False]),
)
all_terms = st.one_of(
    st.none(),
    st.builds(
        ListingTerms,
        st.just("shop"),
        is_active=st.sampled_from([True, True, True, False]),
        has_listings=st.booleans(),
        is_published=st.booleans(),
        channel_allows=st.booleans(),
        listing_allows=st.booleans(),
    ),
)


@st.composite
def worlds(draw_from):
    """Return an article with its pools: a variant, or a bundle over the same warehouses."""
    places = draw_from(st.integers(0, 3))
    parts = draw_from(st.integers(1, 3))
    pools = {
        number: pool_of(
            draw_from(policies),
            dict(enumerate(draw_from(st.lists(levels, min_size=places, max_size=places)))),
        )
        for number in range(parts)
    }
    needs = tuple(
        Need(number, draw_from(st.integers(1, 3)) if parts > 1 else 1, f"p{number}" * (parts > 1))
        for number in range(parts)
    )
    no = draw_from(st.sampled_from([None, None, Level.VARIANT])) if parts > 1 else None
    return Article(needs, forbidden_by=no, terms=draw_from(all_terms)), pools


@settings(max_examples=400)
@given(worlds())
def test_what_is_not_sold_has_a_rule_and_the_refusal_names_the_same(world):
    article, pools = world

    found = offer_of(article, pools, policy())
    rule = refusing_rule(article, pools)

    if found.salable == 0:
        assert rule
        assert found.refused_by.name == rule
        assert found.decided_by is found.refused_by.level
    else:
        assert found.first_failing is None
    if found.salable is not None:
        assert rule


@settings(max_examples=400)
@given(world=worlds(), first=st.integers(1, 12), more=st.integers(1, 12))
def test_units_are_drawn_whole_and_what_is_left_is_what_was_there_less_them(world, first, more):
    article, pools = world
    before = left_of(article, pools)
    salable = before.available + before.room

    for wanted in (first, more):
        units = min(wanted, salable)
        stock = {key: pool.copy() for key, pool in pools.items()}
        parts = draw(article.needs, units, pools, may_owe=article.may_owe) if units else []

        for need in article.needs:
            mine = [part for part in parts if part.need is need]
            assert sum(p.allocated + p.waiting for p in mine) == units * need.per_unit
        places = {part.warehouse for part in parts}
        for place in places - {None}:
            made = {
                (part.allocated + part.waiting) / part.need.per_unit
                for part in parts
                if part.warehouse == place
            }
            assert len(made) == 1
            assert made.pop() % 1 == 0
        for key, pool in pools.items():
            if pool.is_tracked:
                assert pool.free >= 0 <= pool.limit_left
                assert all(n >= 0 for n in (*pool.available_at.values(), *pool.room_at.values()))
                assert pool.owed - stock[key].owed == sum(
                    part.waiting for part in parts if part.need.variant == key
                )
        salable -= units
        after = left_of(article, pools)
        if article.is_sold and any(pool.is_tracked for pool in pools.values()):
            assert after.available + after.room == salable


@settings(max_examples=300)
@given(rules=policies, stock=st.lists(levels, max_size=3))
def test_a_variant_sells_what_is_free_and_what_limit_and_caps_leave(rules, stock):
    if not rules.track_inventory:
        return
    counting = [level for level in stock if level.in_stock and level.is_active]
    shelf = sum(level.on_hand - level.allocated for level in counting)
    caps = [level.backorder_threshold for level in counting]
    room = sum(
        max(level.backorder_threshold - level.on_backorder, 0)
        for level in counting
        if level.backorder_threshold is not None
    )
    owed = sum(level.on_backorder for level in stock)
    limit = rules.backorder_limit
    rooms = [] if None in caps else [room]
    rooms += [] if limit is None else [max(limit - owed, 0)]
    rooms += [] if counting else [0]

    found = availability(rules, stock)

    assert found.available == max(shelf - rules.safety_stock, 0)
    assert found.room == min(rooms, default=None)
