"""A bulk change and its undo leave the books of open orders as they were, whatever was changed."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import StockLevel, Variant
from inventory.services import undo as undo_service
from inventory.services.bulk_edit import ask, choose, confirm, prepare
from inventory.services.catalog import create_variant, set_components
from inventory.services.edit import LevelChange, edit_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_stock_level
from inventory.services.undo import preview, undo
from orders.errors import OrderRefused
from orders.models import FulfillmentOrder, OrderLine
from orders.services.booking import Wanted
from orders.services.fulfill import pick, ship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from tests.conftest import NOON
from tests.orders.consequences.conftest import books


def by_job(_one):
    raise AssertionError("few are done at once")


def silent(_done, _total):
    """Say nothing."""


def bulk(user, variants, wish):
    """Write a bulk edit; return its change set."""
    edit = choose(chosen={"ids": sorted(one.pk for one in variants)}, user=user)
    edit = prepare(ask(edit, {"wish": wish}), progress=silent)
    return confirm(edit, act=Act.now(), start=by_job, agreed=True).change_set


def take_back(change_set, user):
    """Undo a change set; return the change set of the undo."""
    return undo(change_set, act=Act(NOON, user_id=user.pk), start=by_job, confirm=True)[0]


def settings_of(variants):
    """Return what variants say, and what they say in each warehouse."""
    names = ("pk", "track_inventory", "backorders", "out_of_stock_threshold")
    rows = Variant.objects.filter(pk__in=[one.pk for one in variants])
    levels = StockLevel.objects.filter(variant__in=variants)
    places = levels.values_list("variant", "warehouse", "in_stock", "backorder_threshold")
    return sorted(rows.values_list(*names)), {
        (variant, place): said for variant, place, *said in places if said != [True, None]
    }


def all_books(variants):
    """Return the books of several variants; levels where nothing is are not told."""
    found = []
    for one in variants:
        levels, parts = books(one)
        parts = {key: units for key, units in parts.items() if units != (0, 0)}
        found.append(([level for level in levels if level[1:] != (0, 0)], parts))
    return found


@pytest.fixture
def owing_here(make_variant, berlin, paris, receive, sell):
    """Return a variant with 2 on hand in Berlin, where it owes 10 to two orders."""
    mug = make_variant("UN1", backorders="allow")
    receive(mug, berlin, 2)
    sell(mug, 8)
    sell(mug, 4, minutes=1)
    return mug


def test_undo_of_tracking_and_status_together_moves_nothing_to_another_warehouse(
    operator, owing_here, berlin
):
    before = books(owing_here)
    wish = {"track_inventory": False, "levels": {berlin.pk: {"in_stock": False}}}

    take_back(bulk(operator, [owing_here], wish), operator)

    assert books(owing_here) == before
    assert reconcile() == []


def test_the_undo_of_that_undo_does_it_all_once_more(operator, owing_here, berlin):
    before = books(owing_here)
    wish = {"track_inventory": False, "levels": {berlin.pk: {"in_stock": False}}}
    change_set = bulk(operator, [owing_here], wish)
    after, said = books(owing_here), settings_of([owing_here])

    again = take_back(take_back(change_set, operator), operator)

    assert again.rows.filter(note="").count() == 2
    assert settings_of([owing_here]) == said
    assert books(owing_here) == after
    take_back(again, operator)
    assert books(owing_here) == before


def test_tracking_of_a_variant_that_allows_backorders_goes_off_and_on_again_by_undo(
    operator, make_variant, berlin, sell
):
    mug = make_variant("RD1", backorders="allow")
    sell(mug, 4)
    owed = all_books([mug])
    change_set = bulk(operator, [mug], {"track_inventory": False})
    loose = all_books([mug])
    undoing = take_back(change_set, operator)

    seen = preview(undoing, user=operator)

    assert (seen.restored, seen.breaking) == (1, [])
    assert all_books([mug]) == owed
    again = take_back(undoing, operator)
    assert all_books([mug]) == loose
    assert Variant.objects.get().backorders == "allow"
    take_back(again, operator)
    assert all_books([mug]) == owed


def test_tracking_and_status_of_one_page_are_saved_before_orders_follow(
    make_variant, berlin, paris, receive, sell
):
    mug = make_variant("mug")
    receive(mug, berlin, 2)
    edit_variant(act=Act.now(), variant=mug, changes={"track_inventory": False})
    sell(mug, 3)
    closed = LevelChange(berlin, {"in_stock": False}, StockLevel.objects.get().version)
    on = {"track_inventory": True, "backorders": "allow"}

    edit_variant(act=Act.now(), variant=mug, changes=on, levels=[closed], confirm=True)

    assert all_books([mug])[0][0] == [(paris.pk, 0, 3)]
    assert reconcile() == []


def test_what_is_owed_goes_back_to_where_it_was_owed(make_variant, berlin, paris, receive, sell):
    """Paris owes it though Berlin is asked first: Berlin was out of stock then."""
    mug = make_variant("mug", backorders="allow")
    closed = {"variant": mug, "warehouse": berlin}
    update_stock_level(act=Act.now(), changes={"in_stock": False}, **closed)
    sell(mug, 3)
    update_stock_level(act=Act.now(), changes={"in_stock": True}, **closed)
    before = all_books([mug])
    assert before[0][0] == [(paris.pk, 0, 3)]

    for on in (False, True):
        edit_variant(act=Act.now(), variant=mug, changes={"track_inventory": on}, confirm=True)

    assert all_books([mug]) == before
    assert OrderLine.objects.get().was_booked is None


def test_who_had_units_has_them_again_though_others_come_first_now(
    make_variant, berlin, receive, sell
):
    mug = make_variant("mug", backorders="allow")
    receive(mug, berlin, 3)
    sell(mug, 3, is_paid=False)
    sell(mug, 2, minutes=1)
    before = all_books([mug])

    for on in (False, True):
        edit_variant(act=Act.now(), variant=mug, changes={"track_inventory": on}, confirm=True)

    assert all_books([mug]) == before


def test_what_shipped_or_came_meanwhile_is_counted_by_the_rule(make_variant, berlin, receive, sell):
    mug = make_variant("mug", backorders="allow")
    receive(mug, berlin, 2)
    order = sell(mug, 5)
    edit_variant(act=Act.now(), variant=mug, changes={"track_inventory": False}, confirm=True)
    ship(act=Act.now(), fulfillment_order=order.fulfillment_orders.order_by("pk").first())
    sell(mug, 1, minutes=1)

    edit_variant(act=Act.now(), variant=mug, changes={"track_inventory": True}, confirm=True)

    assert books(mug)[0] == [(berlin.pk, 2, 2)]
    assert reconcile() == []


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_however_the_rows_of_a_variant_fall_into_chunks(
    operator, owing_here, berlin, paris, monkeypatch, chunk
):
    """A variant goes back with all its warehouses, though the rows between are others'."""
    before = all_books([owing_here])
    levels = {place.pk: {"in_stock": False} for place in (berlin, paris)}
    change_set = bulk(operator, [owing_here], {"track_inventory": False, "levels": levels})
    after = all_books([owing_here])
    monkeypatch.setattr(undo_service, "CHUNK", chunk)

    undoing = take_back(change_set, operator)

    assert all_books([owing_here]) == before
    assert undoing.rows.filter(note="").count() == undoing.rows.count() == 3
    again = take_back(undoing, operator)
    assert all_books([owing_here]) == after
    assert again.rows.filter(note="").count() == again.rows.count() == 3
    assert reconcile() == []


# --- any world, any bulk edit -----------------------------------------------------------------

UNITS = st.integers(0, 6)
CAP = st.one_of(st.none(), st.integers(0, 8))
PLACE = st.fixed_dictionaries({}, optional={"in_stock": st.booleans(), "backorder_threshold": CAP})
WISH = st.fixed_dictionaries(
    {},
    optional={
        "track_inventory": st.booleans(),
        "backorders": st.sampled_from(["inherit", "no"]),
        "out_of_stock_threshold": st.one_of(st.none(), st.integers(-12, 3)),
        "berlin": PLACE,
        "paris": PLACE,
    },
)
ORDER = st.fixed_dictionaries(
    {
        "what": st.sampled_from(["a", "b", "both", "kit"]),
        "units": st.integers(1, 7),
        "is_closed": st.booleans(),
        "is_paid": st.booleans(),
        "ship_together": st.booleans(),
    }
)
"""`is_closed`: Berlin has none of the first variant to sell while it is placed."""


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    shelves=st.tuples(st.tuples(UNITS, UNITS, UNITS, UNITS), st.tuples(CAP, CAP)),
    orders=st.lists(ORDER, min_size=1, max_size=6),
    wish=WISH,
)
def test_a_bulk_edit_and_its_undo_leave_equal_books(
    product, berlin, paris, receive, operator, shelves, orders, wish
):
    with transaction.atomic():
        variants = _world(product, (berlin, paris), receive, shelves, orders)
        asked = {name: value for name, value in wish.items() if name not in {"berlin", "paris"}}
        levels = {place.pk: wish[place.code] for place in (berlin, paris) if wish.get(place.code)}
        before, said = all_books(variants), settings_of(variants)
        change_set = bulk(operator, variants, asked | ({"levels": levels} if levels else {}))
        after = all_books(variants)
        undoing = take_back(change_set, operator)
        assert (settings_of(variants), all_books(variants)) == (said, before)
        again = take_back(undoing, operator)
        assert all_books(variants) == after
        take_back(again, operator)
        assert (settings_of(variants), all_books(variants)) == (said, before)
        assert not reconcile()
        transaction.set_rollback(True)


def _world(product, places, receive, shelves, orders):
    """Make two variants in two warehouses, with open orders."""
    stock, caps = shelves
    variants = [
        create_variant(act=Act.now(), product=product, sku=sku, backorders="allow")
        for sku in ("a", "b")
    ]
    for number, (variant, place) in enumerate((v, p) for v in variants for p in places):
        if stock[number]:
            receive(variant, place, stock[number])
    for place, cap in zip(places, caps, strict=True):
        update_stock_level(
            act=Act.now(),
            variant=variants[0],
            warehouse=place,
            changes={"backorder_threshold": cap},
        )
    kit = create_variant(act=Act.now(), product=product, sku="kit")
    parts = [StockLine(variants[0], 1), StockLine(variants[1], 2)]
    set_components(act=Act.now(), bundle=kit, lines=parts)
    closed = {"variant": variants[0], "warehouse": places[0], "act": Act.now(), "confirm": True}
    for number, order in enumerate(orders):
        update_stock_level(changes={"in_stock": not order["is_closed"]}, **closed)
        _place([*variants, kit], order, number)
    update_stock_level(changes={"in_stock": True}, **closed)
    parcel = FulfillmentOrder.objects.filter(status="ready").order_by("pk").first()
    if parcel and len(orders) % 2:
        pick(act=Act.now(), fulfillment_order=parcel)
    return variants


def _place(variants, order, number):
    names = ["a", "b"] if order["what"] == "both" else [order["what"]]
    wanted = [one for one in variants if one.sku in names]
    with suppress(OrderRefused):
        place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann", ""),
            lines=[Wanted(one, order["units"], Decimal(1)) for one in wanted],
            act=Act(NOON.replace(minute=number), "test"),
            is_paid=order["is_paid"],
            ship_together=order["ship_together"],
        )
