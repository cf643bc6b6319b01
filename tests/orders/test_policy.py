"""The rules of orders as tables: what is booked, what ships together, who is first, and when."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.offers import Article, availability
from inventory.policy import (
    BackorderMode,
    LevelSettings,
    PolicyInputs,
    StockAt,
    effective_policy,
)
from inventory.pool import Need, left, pool_of
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.policy.booking import Demand, book
from orders.policy.news import is_news, latest, not_before
from orders.policy.parcels import Piece, parcels_of, waiting_units, whole_units
from orders.policy.queue import Bundle, Grant, Waiter, plan, plan_together, promises, ranked
from orders.waiting import queue

TODAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULES = ("fifo", "promised_date", "most_orders", "highest_value")

stocks = st.lists(
    st.builds(
        lambda on_hand, allocated, owed, in_stock, cap: StockAt(
            "w",
            on_hand=on_hand,
            allocated=min(allocated, on_hand),
            on_backorder=owed,
            in_stock=in_stock,
            backorder_threshold=cap,
        ),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 4),
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 6)),
    ),
    max_size=3,
)


def demand(key, sku, quantity, *needs):
    return Demand(key, sku, quantity, Article(needs))


def policy(mode="allow", threshold=0, **fields):
    own = LevelSettings(backorders=mode, out_of_stock_threshold=threshold)
    return effective_policy(PolicyInputs(variant=own, **fields), today=TODAY)


@given(
    stock=stocks,
    mode=st.sampled_from([mode.value for mode in BackorderMode]),
    threshold=st.integers(-8, 4),
    wanted=st.integers(1, 30),
)
def test_an_order_is_taken_exactly_when_it_is_salable(stock, mode, threshold, wanted):
    rules = policy(mode, threshold)
    offer = availability(rules, stock)
    pools = {1: pool_of(rules, dict(enumerate(stock)))}

    booking = book([demand(1, "x", wanted, Need(1))], pools)

    taken = sum(take.allocated for take in booking.takes)
    owed = sum(take.waiting for take in booking.takes)
    if offer.salable is None or wanted <= offer.salable:
        assert (booking.refusals, taken + owed) == ((), wanted)
        assert taken == min(wanted, offer.available)
    else:
        [refusal] = booking.refusals
        assert booking.takes == ()
        assert (refusal.available, refusal.backorderable) == (offer.available, offer.room)
        assert refusal.rule
        if offer.refused_by is not None:
            assert refusal.rule == offer.refused_by.name


@pytest.mark.parametrize(
    ("case", "units", "expected"),
    [
        ("one warehouse has all", {"x": (1, 5), "y": (0, 5)}, {(1, 20, 3), (2, 20, 2)}),
        (
            "none has all: by priority",
            {"x": (2, 5), "y": (9, 0)},
            {(1, 10, 2), (1, 20, 1), (2, 10, 2)},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_warehouse_that_serves_all_is_preferred(case, units, expected):
    pools = {
        number: pool_of(policy(), {10: StockAt("a", on_hand=a), 20: StockAt("b", on_hand=b)})
        for number, (a, b) in enumerate(units.values(), start=1)
    }
    demands = [demand(1, "x", 3, Need(1)), demand(2, "y", 2, Need(2))]

    booking = book(demands, pools)

    assert {(take.variant, take.warehouse, take.allocated) for take in booking.takes} == expected


def test_lines_of_one_sku_are_added_up_and_a_bundle_draws_on_the_same_pool():
    pools = {1: pool_of(policy("no"), {10: StockAt("a", on_hand=5)})}
    line = demand(1, "x", 2, Need(1))

    twice = book([line, demand(2, "x", 4, Need(1))], pools)
    pools = {1: pool_of(policy("no"), {10: StockAt("a", on_hand=5)})}
    bundle = book([line, demand(2, "set", 2, Need(1, 2, "x"))], pools)

    assert [(one.sku, one.requested, one.available) for one in twice.refusals] == [("x", 6, 5)]
    assert [(one.sku, one.requested, one.available) for one in bundle.refusals] == [("set", 2, 1)]


def test_a_captured_order_is_short_instead_of_refused():
    pools = {1: pool_of(policy("allow", -1), {10: StockAt("a", on_hand=2)})}

    booking = book([demand(1, "x", 5, Need(1))], pools, is_captured=True)

    assert (booking.short, booking.waiting(1), booking.refusals) == ({1: 2}, 1, ())


def piece(line=1, variant=1, warehouse=10, per_unit=1, allocated=0, waiting=0):
    return Piece(line, variant, warehouse, per_unit, allocated, waiting)


@pytest.mark.parametrize(
    ("case", "pieces", "is_split", "dates", "expected"),
    [
        ("all there", [piece(allocated=3)], True, {}, [(10, 3, 0, ())]),
        (
            "two warehouses",
            [piece(allocated=1), piece(warehouse=20, allocated=2)],
            False,
            {},
            [(10, 1, 0, ()), (20, 2, 0, ())],
        ),
        (
            "split",
            [piece(allocated=2, waiting=3)],
            True,
            {},
            [(10, 2, 0, ()), (None, 0, 3, ("awaiting_stock",))],
        ),
        (
            "together",
            [piece(allocated=2, waiting=3)],
            False,
            {},
            [(None, 2, 3, ("awaiting_stock", "awaiting_rest_of_order"))],
        ),
        (
            "before its date",
            [piece(allocated=2)],
            True,
            {1: TODAY + timedelta(days=1)},
            [(None, 2, 0, ("awaiting_release_date",))],
        ),
        (
            "a bundle waits whole",
            [piece(allocated=1), piece(variant=2, waiting=1)],
            True,
            {},
            [(None, 1, 1, ("awaiting_stock",))],
        ),
        (
            "bundles that are whole ship",
            [piece(allocated=4), piece(variant=2, allocated=2, waiting=2)],
            True,
            {},
            [(10, 4, 0, ()), (None, 2, 2, ("awaiting_stock",))],
        ),
        (
            "parts in two warehouses are no bundle",
            [
                piece(allocated=1),
                piece(variant=2, waiting=1),
                piece(warehouse=20, waiting=1),
                piece(variant=2, warehouse=20, allocated=1),
            ],
            True,
            {},
            [(None, 2, 2, ("awaiting_stock",))],
        ),
        (
            "each warehouse ships its own bundles",
            [
                piece(allocated=2),
                piece(variant=2, per_unit=2, allocated=3, waiting=1),
                piece(warehouse=20, allocated=1),
                piece(variant=2, per_unit=2, warehouse=20, allocated=2),
            ],
            True,
            {},
            [(10, 3, 0, ()), (20, 3, 0, ()), (None, 2, 1, ("awaiting_stock",))],
        ),
        (
            "together, a bundle that is whole waits for parts of another",
            [
                piece(allocated=1),
                piece(variant=2, allocated=1),
                piece(warehouse=20, allocated=1),
                piece(variant=2, warehouse=20, waiting=1),
            ],
            False,
            {},
            [(None, 3, 1, ("awaiting_stock", "awaiting_rest_of_order"))],
        ),
        (
            "the service of a bundle goes along with it",
            [
                piece(allocated=1),
                piece(warehouse=20, allocated=2),
                piece(variant=3, warehouse=None, per_unit=2, allocated=6),
            ],
            True,
            {},
            [(10, 3, 0, ()), (20, 6, 0, ())],
        ),
        (
            "parts of before that lie in two warehouses and lack nothing ship as they lie",
            [piece(allocated=1), piece(variant=2, warehouse=20, allocated=1)],
            True,
            {},
            [(10, 1, 0, ()), (20, 1, 0, ())],
        ),
        (
            "a service goes along",
            [piece(allocated=1), piece(line=2, variant=3, warehouse=None, allocated=1)],
            True,
            {},
            [(10, 2, 0, ())],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parcels(case, pieces, is_split, dates, expected):
    parcels = parcels_of(pieces, is_split=is_split, release_dates=dates, today=TODAY)

    assert [
        (
            one.warehouse,
            sum(part.allocated for part in one.pieces),
            sum(part.waiting for part in one.pieces),
            one.holds,
        )
        for one in parcels
    ] == expected


@pytest.mark.parametrize(
    ("case", "pieces", "expected"),
    [
        ("nothing", [], 0),
        ("units", [piece(allocated=3, waiting=2)], 3),
        ("pairs", [piece(per_unit=2, allocated=5, waiting=1)], 2),
        ("halves of a pair", [piece(per_unit=2, allocated=1), piece(per_unit=2, warehouse=20)], 0),
        (
            "each in its warehouse",
            [
                piece(allocated=2),
                piece(variant=2, allocated=1, waiting=1),
                piece(warehouse=20, allocated=1),
                piece(variant=2, warehouse=20, allocated=1),
            ],
            2,
        ),
        ("parts in two", [piece(allocated=1), piece(variant=2, warehouse=20, allocated=1)], 1),
        (
            "parts in two, one missing",
            [piece(allocated=1, waiting=1), piece(variant=2, warehouse=20, allocated=2)],
            0,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whole_units(case, pieces, expected):
    assert whole_units(pieces) == expected
    ordered = sum(piece.allocated + piece.waiting for piece in pieces if piece.variant == 1)
    per_unit = pieces[0].per_unit if pieces else 1
    assert waiting_units(pieces) == ordered // per_unit - expected


PLACES = (10, 20, 30)
shelf = st.tuples(*(st.tuples(st.integers(0, 4), st.integers(0, 3)) for _place in PLACES))


@given(
    parts=st.lists(st.tuples(st.integers(1, 2), shelf), min_size=1, max_size=3),
    spared=st.integers(0, 3),
)
def test_of_a_bundle_are_there_those_that_single_warehouses_can_ship(parts, spared):
    """Each part has its units and its cap in each warehouse: what is owed waits in several."""
    needs = [Need(key, per, f"part-{key}") for key, (per, _shelf) in enumerate(parts)]
    pools = {
        key: pool_of(
            policy(),
            {
                place: StockAt("", on_hand=units, backorder_threshold=cap)
                for place, (units, cap) in zip(PLACES, on_shelves, strict=True)
            },
        )
        for key, (_per, on_shelves) in enumerate(parts)
    }
    could_ship = sum(
        min(on_shelves[number][0] // per for per, on_shelves in parts)
        for number, _place in enumerate(PLACES)
    )
    salable = left(needs, pools)
    assert salable.available == could_ship
    units = max(could_ship + salable.room - spared, 0)

    booking = book([demand(1, "box", units, *needs)], pools)

    there = min(units, could_ship)
    pieces = [take.piece(1) for take in booking.takes]
    assert (whole_units(pieces), booking.waiting(1)) == (there, units - there)


def waiter(line, units=1, **fields):
    place = {"order_line": line, "booked": 10, "priority": 0, "placed_at": NOON} | fields
    return Waiter(line=line, units=units, **place)


def test_units_go_round_in_rank_from_where_they_are_booked_first():
    line = [waiter(1, 3, booked=20), waiter(2, 2, warehouses=frozenset({20})), waiter(3, 2)]

    grants = plan({10: 2, 20: 4}, line)

    assert grants == [Grant(1, 20, 3), Grant(2, 20, 1), Grant(3, 10, 2)]


@given(
    units=st.lists(st.integers(1, 5), max_size=6),
    supply=st.dictionaries(st.sampled_from([10, 20]), st.integers(0, 9)),
)
def test_a_plan_gives_all_there_is_and_nobody_too_much(units, supply):
    line = [waiter(number, count) for number, count in enumerate(units)]

    grants = plan(supply, line)

    given_units = sum(grant.units for grant in grants)
    assert given_units == min(sum(units), sum(supply.values()))
    got = [sum(g.units for g in grants if g.line == n) for n in range(len(units))]
    assert all(part <= whole for part, whole in zip(got, units, strict=True))
    reached = [n for n, part in enumerate(got) if part]
    assert all(got[n] == units[n] for n in reached[:-1])


MUG, CUP = 1, 2


@pytest.mark.parametrize(
    ("case", "supplies", "bundle", "expected"),
    [
        (
            "whole, from one warehouse",
            {MUG: {10: 2, 20: 2}, CUP: {20: 5}},
            Bundle(waiter(-9, 3), {MUG: 1, CUP: 2}),
            [Grant(-9, 20, 2, MUG), Grant(-9, 20, 4, CUP)],
        ),
        (
            "from as many warehouses as it takes, the first at the front",
            {MUG: {10: 1, 20: 9}, CUP: {10: 9, 20: 9}},
            Bundle(waiter(-9, 2), {MUG: 1, CUP: 2}),
            [
                Grant(-9, 10, 1, MUG),
                Grant(-9, 10, 2, CUP),
                Grant(-9, 20, 1, MUG),
                Grant(-9, 20, 2, CUP),
            ],
        ),
        (
            "no part of one",
            {MUG: {10: 9}, CUP: {10: 1}},
            Bundle(waiter(-9, 1), {MUG: 1, CUP: 2}),
            [],
        ),
        (
            "not where its channel does not ship from",
            {MUG: {10: 9}, CUP: {10: 9}},
            Bundle(waiter(-9, 1, warehouses=frozenset({20})), {MUG: 1, CUP: 2}),
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bundle_takes(case, supplies, bundle, expected):
    assert plan_together(supplies, {}, [bundle], "fifo") == expected


def test_a_bundle_takes_what_those_before_it_left_and_leaves_the_rest():
    supplies = {MUG: {10: 3}, CUP: {10: 4}}
    queues = {MUG: [waiter(1), waiter(8, 5)], CUP: [waiter(2), waiter(9, 5)]}
    bundle = Bundle(waiter(-5, 9, order_line=5), {MUG: 1, CUP: 2})

    grants = plan_together(supplies, queues, [bundle], "fifo")

    assert grants == [
        Grant(1, 10, 1, MUG),
        Grant(2, 10, 1, CUP),
        Grant(-5, 10, 1, MUG),
        Grant(-5, 10, 2, CUP),
        Grant(8, 10, 1, MUG),
        Grant(9, 10, 1, CUP),
    ]


def test_a_queue_is_read_no_further_than_its_units_reach():
    read = []

    def endless():
        for line in range(1, 1_000):
            read.append(line)
            yield waiter(line)

    grants = plan_together(
        {MUG: {10: 2}, CUP: {10: 1}},
        {MUG: endless(), CUP: []},
        [Bundle(waiter(-5), {CUP: 9})],
        "fifo",
    )

    assert [grant.line for grant in grants] == [1, 2]
    assert read == [1, 2, 3]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("fifo", [4, 5, 1, 2, 3, -7, 6]),
        ("promised_date", [4, 5, 3, -7, 2, 1, 6]),
        ("most_orders", [4, 5, 2, 3, -7, 1, 6]),
        ("highest_value", [4, 5, 3, -7, 1, 2, 6]),
    ],
)
def test_each_rule_ranks_after_priority(rule, expected):
    line = [
        waiter(1, missing=9, value=Decimal(5)),
        waiter(2, missing=1, value=Decimal(1), first_promised_at=date(2026, 2, 2)),
        waiter(3, missing=2, value=Decimal(9), first_promised_at=date(2026, 2, 1)),
        waiter(4, missing=99, priority=1, placed_at=NOON + timedelta(days=1)),
        waiter(5, priority=1, value=Decimal(99), is_unpaid=True),
        waiter(6, value=Decimal(99), first_promised_at=date(2026, 1, 1), is_unpaid=True),
        waiter(-7, order_line=3, missing=2, value=Decimal(9), first_promised_at=date(2026, 2, 1)),
    ]

    assert [one.line for one in ranked(line, rule)] == expected


def test_a_promise_is_the_day_of_the_last_unit_in_the_queue():
    line = [waiter(1, 3), waiter(2, 4), waiter(3, 1, warehouses=frozenset({20})), waiter(4, 9)]
    friday, monday = date(2026, 1, 9), date(2026, 1, 12)

    days = promises(line, [(monday, 10, 4), (friday, 10, 5), (monday, 20, 1)])

    assert days == {1: friday, 2: monday, 3: monday, 4: None}


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (None, None, False),
        (None, TODAY, True),
        (TODAY, None, True),
        (TODAY, TODAY, False),
        (TODAY, TODAY + timedelta(days=1), True),
        (TODAY, TODAY - timedelta(days=1), False),
    ],
)
def test_what_is_news(told, now, expected):
    assert is_news(told=told, now=now) is expected


@pytest.mark.parametrize("now", [None, TODAY])
@pytest.mark.parametrize("told", [None, TODAY, TODAY + timedelta(days=1)])
def test_what_was_told_to_ship_now_and_waits_is_news(told, now):
    assert is_news(told=told, now=now, was_ready=True)


def test_days_of_several_parts():
    later = TODAY + timedelta(days=3)

    assert latest([TODAY, later]) == later
    assert latest([TODAY, None]) is None
    assert latest([]) is None
    assert not_before(TODAY, later) == later
    assert not_before(None, later) is None
    assert not_before(later, TODAY) == later


@pytest.mark.parametrize("rule", RULES)
def test_the_database_ranks_as_the_rule_does(rule, mug, berlin, receive):
    from channels.models import Channel

    dice = random.Random(3)
    level = receive(mug, berlin, 1).movements[0].stock_level
    for _order in range(40):
        order = Order.objects.create(
            channel=Channel.objects.get(slug="direct"),
            customer_name="Ann",
            currency="EUR",
            placed_at=NOON,
            total=dice.randint(1, 3),
        )
        parcel = FulfillmentOrder.objects.create(order=order, sequence=1, created_at=NOON)
        for _line in range(dice.randint(1, 2)):
            line = OrderLine.objects.create(
                order=order,
                variant=mug,
                sku="mug",
                title="Mug",
                quantity=2,
                unit_price=1,
                placed_at=NOON,
                first_promised_at=dice.choice([None, TODAY, TODAY + timedelta(days=1)]),
            )
            FulfillmentLine.objects.create(
                fulfillment_order=parcel,
                order_line=line,
                variant=mug,
                stock_level=level,
                waiting=dice.randint(1, 3),
                priority=dice.randint(0, 1),
                is_unpaid=dice.random() < 0.3,
                placed_at=NOON + timedelta(minutes=dice.randint(0, 2)),
            )

    in_order = list(queue(mug.pk, rule))

    assert len(in_order) >= 40
    assert in_order == ranked(reversed(in_order), rule)
