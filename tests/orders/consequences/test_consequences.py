"""A change of a setting shows what it does to open orders, needs a yes, and does exactly that."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from channels.models import DIRECT, STOREFRONT, Channel, Listing
from channels.services.channels import update_channel
from channels.services.publish import publish
from inventory.acts import Act
from inventory.consequence_words import in_words
from inventory.consequences import Consequence, Consequences, Effect, Moved, leaves_no_room
from inventory.errors import InvalidChange, NeedsConfirmation
from inventory.models import OutgoingMail, Seller, StockLevel, StoreSettings, Variant, Warehouse
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_product,
    update_variant,
)
from inventory.services.edit import LevelChange, edit_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.warehouses import update_warehouse
from orders.errors import OnHold, OrderRefused
from orders.event_kinds import EventKind
from orders.models import FulfillmentLine, FulfillmentOrder, OrderEvent
from orders.services.booking import Wanted
from orders.services.fulfill import pack, pick, ship, unship
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from tests.conftest import NOON, list_in_the_storefront
from tests.orders.consequences.conftest import books

NOW = {"act": Act(NOON, "test")}


def consequences_of(change, *args, **kwargs):
    """Return what is asked before something is done, and see that nothing is done yet."""
    with pytest.raises(NeedsConfirmation) as asked:
        change(*args, **kwargs)
    return asked.value.consequences.each


def track(variant, on, **kwargs):
    return update_variant(act=Act.now(), variant=variant, changes={"track_inventory": on}, **kwargs)


# --- tracking off -----------------------------------------------------------------------------


def test_tracking_off_needs_a_yes_while_units_are_owed_or_reserved(owing):
    before = books(owing)

    asked = consequences_of(track, owing, False)

    assert asked == (Consequence(Effect.SHIP_WITHOUT_STOCK, orders=2, units=34),)
    assert in_words(Consequences(asked)) == ["34 units of 2 orders will ship without stock."]
    assert Variant.objects.get(pk=owing.pk).track_inventory
    assert books(owing) == before


def test_without_open_orders_tracking_is_switched_without_a_question(mug, berlin, receive):
    receive(mug, berlin, 4)

    assert not track(mug, False).track_inventory
    assert track(mug, True).track_inventory


def test_what_is_not_tracked_any_more_leaves_the_books_and_ships(owing):
    track(owing, False, confirm=True)

    levels, parts = books(owing)
    assert [(there, owed) for _place, there, owed in levels] == [(0, 0)]
    assert sorted(parts.values()) == [(14, 0), (20, 0)]
    assert {place for _line, place in parts} == {None}
    assert set(FulfillmentOrder.objects.values_list("status", flat=True)) == {"ready"}
    assert reconcile() == []
    for parcel in FulfillmentOrder.objects.all():
        ship(fulfillment_order=parcel, **NOW)
    assert StockLevel.objects.get(variant=owing).on_hand == 4
    assert reconcile() == []


def test_nobody_is_told_that_units_are_there_which_are_not(owing):
    track(owing, False, confirm=True)

    assert not OutgoingMail.objects.exists()
    assert not OrderEvent.objects.filter(kind=EventKind.UNITS_RESERVED).exists()
    assert OrderEvent.objects.filter(kind=EventKind.UNTRACKED).count() == 3


# --- tracking on again ------------------------------------------------------------------------


def test_tracked_again_every_line_comes_back_in_its_rank(owing):
    before = books(owing)
    track(owing, False, confirm=True)

    asked = consequences_of(track, owing, True)
    track(owing, True, confirm=True)

    assert asked == (Consequence(Effect.BACK_IN_THE_BOOKS, orders=2, units=34),)
    assert books(owing) == before
    assert sorted(FulfillmentOrder.objects.values_list("status", flat=True)) == [
        "ready",
        "waiting",
        "waiting",
    ]
    assert reconcile() == []


def test_a_line_placed_without_tracking_is_reserved_first_come_first_served(
    make_variant, berlin, receive, sell
):
    mug = make_variant("mug")
    receive(mug, berlin, 5)
    track(mug, False)
    first, second = sell(mug, 3), sell(mug, 4, minutes=1)

    track(mug, True, confirm=True)

    lines = {
        order.pk: [*FulfillmentLine.objects.filter(order_line__order=order).order_by("pk")]
        for order in (first, second)
    }
    assert [(line.allocated, line.waiting) for line in lines[first.pk]] == [(3, 0)]
    assert sum(line.allocated for line in lines[second.pk]) == 2
    assert sum(line.waiting for line in lines[second.pk]) == 2
    assert StockLevel.objects.get(variant=mug).on_backorder == 2
    assert reconcile() == []


def test_what_is_picked_is_reserved_first(make_variant, berlin, receive, sell):
    mug = make_variant("mug")
    receive(mug, berlin, 5)
    track(mug, False)
    sell(mug, 3)
    late = sell(mug, 4, minutes=1)
    pick(fulfillment_order=late.fulfillment_orders.get(), **NOW)

    asked = consequences_of(track, mug, True)
    track(mug, True, confirm=True)

    assert asked == (
        Consequence(Effect.BACK_IN_THE_BOOKS, orders=2, units=7, picked=1),
        Consequence(Effect.NO_DATE, orders=1, units=2, emails=1),
    )
    parcel = late.fulfillment_orders.get()
    assert (parcel.status, parcel.warehouse.code) == ("picked", "berlin")
    assert parcel.lines.get().allocated == 4
    assert reconcile() == []


def test_picking_is_undone_when_the_units_are_not_there(make_variant, berlin, receive, sell):
    mug = make_variant("mug")
    receive(mug, berlin, 3)
    track(mug, False)
    order = sell(mug, 4)
    parcel = order.fulfillment_orders.get()
    pick(fulfillment_order=parcel, **NOW)
    pack(fulfillment_order=parcel, **NOW)

    track(mug, True, confirm=True)

    parcels = order.fulfillment_orders.order_by("sequence")
    assert [(one.status, one.picked_at, one.packed_at) for one in parcels] == [
        ("ready", None, None),
        ("waiting", None, None),
    ]
    assert OrderEvent.objects.filter(kind=EventKind.PUT_BACK_FOR_STOCK).count() == 1
    assert reconcile() == []


def test_a_bundle_comes_back_with_the_component_that_is_tracked_again(
    make_variant, berlin, receive, sell
):
    cup, spoon, gift = make_variant("cup"), make_variant("spoon"), make_variant("gift")
    set_components(act=Act.now(), bundle=gift, lines=[StockLine(cup, 1), StockLine(spoon, 2)])
    receive(cup, berlin, 5)
    receive(spoon, berlin, 3)
    track(spoon, False)
    order = sell(gift, 2)

    track(spoon, True, confirm=True)

    lines = FulfillmentLine.objects.filter(order_line__order=order)
    spoons = lines.filter(variant=spoon)
    assert sum(line.allocated for line in spoons) == 3
    assert sum(line.waiting for line in spoons) == 1
    assert reconcile() == []


def test_a_shipment_that_comes_back_is_in_the_books_when_it_is_tracked_by_then(
    make_variant, berlin, receive, sell
):
    mug = make_variant("mug")
    track(mug, False)
    order = sell(mug, 4)
    ship(fulfillment_order=order.fulfillment_orders.get(), **NOW)
    track(mug, True)

    unship(fulfillment_order=order.fulfillment_orders.get(), **NOW)

    assert StockLevel.objects.get(variant=mug).on_backorder == 4
    assert order.fulfillment_orders.get().status == "waiting"
    assert reconcile() == []


def test_reconcile_names_a_line_outside_the_books(owing):
    track(owing, False, confirm=True)
    Variant.objects.filter(pk=owing.pk).update(track_inventory=True)

    found = [breach for breach in reconcile() if breach.rule == "outside_the_books"]

    assert sorted(breach.where for breach in found) == sorted(
        one.number for one in FulfillmentOrder.objects.all()
    )


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "owed", "before", "after", "asks"),
    [
        ("nothing owed", 0, None, 0, False),
        ("switched off", 5, None, 0, True),
        ("to just what is owed", 5, 10, 5, True),
        ("room is left", 5, 10, 6, False),
        ("below what is owed", 5, 10, 4, True),
        ("raised", 5, 3, 4, False),
        ("as it was", 5, 3, 3, False),
        ("no limit any more", 5, 3, None, False),
        ("lowered again below what is owed", 5, 3, 2, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_that_leaves_no_room_beside_what_is_owed(case, owed, before, after, asks):
    assert leaves_no_room(owed=owed, before=before, after=after) is asks


STAY = (Consequence(Effect.STAY_OWED, orders=2, units=30),)


@pytest.mark.parametrize(
    "changes", [{"backorders": "no"}, {"out_of_stock_threshold": -30}], ids=["mode", "limit"]
)
def test_a_variant_limited_to_what_it_owes_asks_and_cancels_nothing(owing, changes):
    before = books(owing)

    assert consequences_of(update_variant, act=Act.now(), variant=owing, changes=changes) == STAY
    update_variant(act=Act.now(), variant=owing, changes=changes, confirm=True)

    assert books(owing) == before


def test_a_limit_with_room_left_asks_nothing(owing):
    update_variant(act=Act.now(), variant=owing, changes={"out_of_stock_threshold": -31})


def test_the_words_of_a_limit():
    words = in_words(Consequences((Consequence(Effect.STAY_OWED, orders=40, units=1_200),)))

    start = "1,200 units of 40 orders are already owed."
    assert words == [f"{start} They stay owed; no more can be sold on backorder."]


def test_a_product_asks_for_its_variants(owing, product):
    update_variant(act=Act.now(), variant=owing, changes={"backorders": "inherit"}, confirm=True)
    update_product(act=Act.now(), product=product, changes={"backorders": "allow"})

    assert (
        consequences_of(
            update_product, act=Act.now(), product=product, changes={"backorders": "no"}
        )
        == STAY
    )
    update_product(act=Act.now(), product=product, changes={"backorders": "no"}, confirm=True)


def test_the_store_asks_for_all_variants(owing):
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    update_variant(act=Act.now(), variant=owing, changes={"backorders": "inherit"})

    assert consequences_of(update_settings, act=Act.now(), changes={"backorders": "no"}) == STAY
    assert (
        consequences_of(update_settings, act=Act.now(), changes={"out_of_stock_threshold": -9})
        == STAY
    )
    assert StoreSettings.load().backorders == "allow"
    update_settings(act=Act.now(), changes={"backorders": "no"}, confirm=True)


def test_a_variant_with_its_own_word_is_not_asked_about(owing):
    update_settings(act=Act.now(), changes={"backorders": "allow"})

    update_settings(act=Act.now(), changes={"backorders": "no"})


def test_the_gate_asks_for_what_sellers_owe(owing, product):
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    update_product(
        act=Act.now(),
        product=product,
        changes={"seller": Seller.objects.create(name="S", code="s")},
    )

    change = {"sellers_can_accept_backorders": False}

    assert consequences_of(update_settings, act=Act.now(), changes=change) == STAY
    update_settings(act=Act.now(), changes=change, confirm=True)


def test_a_product_that_goes_to_a_seller_behind_the_gate_asks(owing, product):
    change = {"seller": Seller.objects.create(name="S", code="s")}

    assert consequences_of(update_product, act=Act.now(), product=product, changes=change) == STAY


def test_a_bundle_that_forbids_backorders_asks_for_its_own_orders(make_variant, berlin, sell):
    cup, gift = make_variant("cup", backorders="allow"), make_variant("gift")
    set_components(act=Act.now(), bundle=gift, lines=[StockLine(cup, 2)])
    sell(gift, 3)

    asked = consequences_of(
        update_variant, act=Act.now(), variant=gift, changes={"backorders": "no"}
    )

    assert asked == (Consequence(Effect.STAY_OWED, orders=1, units=6),)


# --- warehouses and channels ------------------------------------------------------------------


def test_a_warehouse_threshold_asks(owing, berlin):
    change = {"variant": owing, "warehouse": berlin, "changes": {"backorder_threshold": 5}}

    asked = consequences_of(update_stock_level, act=Act.now(), **change)
    level = update_stock_level(**change, act=Act.now(), confirm=True)

    assert asked == (Consequence(Effect.STAY_OWED_HERE, orders=2, units=30, places=("Berlin",)),)
    assert (level.backorder_threshold, level.on_backorder) == (5, 30)


CLOSED = (
    Consequence(Effect.NOT_SERVED_HERE, orders=2, units=30, places=("Berlin",)),
    Consequence(Effect.STILL_SHIP_FROM_HERE, orders=1, units=4, places=("Berlin",)),
)


def test_out_of_stock_asks_for_what_waits_and_what_is_reserved_there(owing, berlin):
    change = {"variant": owing, "warehouse": berlin, "changes": {"in_stock": False}}

    assert consequences_of(update_stock_level, act=Act.now(), **change) == CLOSED
    update_stock_level(**change, act=Act.now(), confirm=True)

    assert reconcile() == []


def test_a_warehouse_that_is_switched_off_asks(owing, berlin):
    change = {"warehouse": berlin, "changes": {"is_active": False}}

    assert consequences_of(update_warehouse, act=Act.now(), **change) == CLOSED
    assert update_warehouse(**change, act=Act.now(), confirm=True).is_active is False


def test_a_channel_that_ships_from_fewer_warehouses_asks(owing, paris):
    direct = Channel.objects.get(slug=DIRECT)
    change = {"channel": direct, "changes": {"warehouses": [paris]}}

    assert consequences_of(update_channel, act=Act.now(), **change) == CLOSED
    assert not direct.warehouses.exists()
    update_channel(**change, act=Act.now(), confirm=True)
    assert [*direct.warehouses.all()] == [paris]


def test_a_channel_that_ships_from_more_warehouses_serves_who_waits_there(
    owing, berlin, paris, receive
):
    direct = Channel.objects.get(slug=DIRECT)
    update_channel(act=Act.now(), channel=direct, changes={"warehouses": [berlin]})
    receive(owing, paris, 10)
    assert StockLevel.objects.get(variant=owing, warehouse=paris).allocated == 0

    update_channel(act=Act.now(), channel=direct, changes={"warehouses": [berlin, paris]})

    assert StockLevel.objects.get(variant=owing, warehouse=paris).allocated == 10
    assert reconcile() == []


def test_a_channel_that_stops_selling_what_is_out_of_stock_asks(make_variant, berlin, sell):
    mug = make_variant("mug", backorders="allow")
    list_in_the_storefront()
    sell(mug, 3, channel=STOREFRONT)
    change = {
        "channel": Channel.objects.get(slug=STOREFRONT),
        "changes": {"allow_out_of_stock_purchases": False},
    }

    assert consequences_of(update_channel, act=Act.now(), **change) == (
        Consequence(Effect.STAY_OWED_UNTIL_UPDATE, orders=1, units=3),
    )
    update_channel(**change, act=Act.now(), confirm=True)


OWED_IN_SHOP = "3 units of 1 order are already owed. They stay owed"


@pytest.mark.parametrize(
    ("is_automatic", "words"),
    [
        (
            False,
            (
                f"{OWED_IN_SHOP}. Shoppers can still buy on backorder in this channel until its "
                "listings are updated."
            ),
        ),
        (True, f"{OWED_IN_SHOP}; no more can be sold on backorder in this channel."),
    ],
)
def test_a_channel_switch_says_when_shoppers_see_it(
    make_variant, berlin, sell, is_automatic, words
):
    mug = make_variant("mug", backorders="allow")
    list_in_the_storefront()
    sell(mug, 3, channel=STOREFRONT)
    shop = Channel.objects.get(slug=STOREFRONT)
    update_channel(channel=shop, changes={"publish_automatically": is_automatic}, act=Act.now())
    change = {"channel": shop, "changes": {"allow_out_of_stock_purchases": False}}

    asked = consequences_of(update_channel, act=Act.now(), **change)
    update_channel(**change, act=Act.now(), confirm=True)

    assert in_words(Consequences(asked)) == [words]
    if is_automatic:
        with pytest.raises(OrderRefused):
            sell(mug, 1, channel=STOREFRONT)
        return
    sell(mug, 1, channel=STOREFRONT)
    listings = Listing.objects.filter(channel=shop).values_list("pk", flat=True)
    publish(channel=shop, listing_ids=[*listings], act=Act.now())
    with pytest.raises(OrderRefused):
        sell(mug, 1, channel=STOREFRONT)


def test_a_channel_whose_listings_allow_nothing_sells_no_more_at_once(make_variant, berlin, sell):
    mug = make_variant("mug", backorders="allow")
    list_in_the_storefront()
    sell(mug, 3, channel=STOREFRONT)
    shop = Channel.objects.get(slug=STOREFRONT)
    Listing.objects.filter(channel=shop).update(allow_backorder=False)
    publish(
        channel=shop,
        listing_ids=[*Listing.objects.filter(channel=shop).values_list("pk", flat=True)],
        act=Act.now(),
    )
    change = {"channel": shop, "changes": {"allow_out_of_stock_purchases": False}}

    (one,) = consequences_of(update_channel, act=Act.now(), **change)

    assert one.effect == Effect.STAY_OWED_IN_CHANNEL


def test_warehouses_are_named(make_variant, berlin, paris, receive, sell):
    for sku, place in (("mug", berlin), ("pan", paris)):
        variant = make_variant(sku, backorders="allow")
        receive(variant, place, 1)
        sell(variant, 1)
    update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})
    rome = Warehouse.objects.create(code="rome", name="Rome", priority=3)
    direct = Channel.objects.get(slug=DIRECT)

    asked = consequences_of(
        update_channel, channel=direct, changes={"warehouses": [rome]}, act=Act.now()
    )

    assert in_words(Consequences(asked)) == [
        "2 units of 2 orders are reserved in Berlin and Paris and still ship from there."
    ]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((), "this warehouse"),
        (("A",), "A"),
        (("A", "B"), "A and B"),
        (("A", "B", "C"), "A, B and C"),
        (("A", "B", "C", "D"), "A, B and 2 more warehouses"),
    ],
)
def test_many_warehouses_are_counted(places, words):
    one = Consequence(Effect.NOT_SERVED_HERE, orders=1, units=1, places=places)

    (sentence,) = in_words(Consequences((one,)))
    assert sentence.startswith(f"1 unit of 1 order waits for stock in {words}. It stays owed,")
    assert sentence.endswith(" but nothing ships to it from there.")


# --- dates ------------------------------------------------------------------------------------

TODAY = timezone.localdate(NOON)
LATER = TODAY + timedelta(days=9)


@pytest.mark.parametrize(
    ("before", "after", "is_later", "lets_go"),
    [
        (None, LATER, True, False),
        (None, TODAY, False, False),
        (TODAY, LATER, True, False),
        (LATER, LATER + timedelta(days=1), True, False),
        (LATER, LATER - timedelta(days=1), False, False),
        (LATER, TODAY, False, True),
        (LATER, None, False, True),
        (date(2020, 1, 1), None, False, False),
    ],
)
def test_what_a_moved_release_date_does(before, after, is_later, lets_go):
    moved = Moved(before, after)

    assert (moved.is_later(TODAY), moved.lets_go(TODAY)) == (is_later, lets_go)


@pytest.mark.parametrize("steps", [(), (pick,), (pick, pack)], ids=["ready", "picked", "packed"])
def test_nothing_ships_before_a_release_date_that_moved(mug, berlin, receive, sell, steps):
    receive(mug, berlin, 5)
    order = sell(mug, 2)
    parcel = order.fulfillment_orders.get()
    for step in steps:
        step(fulfillment_order=parcel, **NOW)
    change = {"variant": mug, "changes": {"release_date": LATER}}

    asked = consequences_of(update_variant, act=Act.now(), **change)
    update_variant(**change, act=Act.now(), confirm=True)

    picked = 1 if steps else 0
    assert asked == (
        Consequence(Effect.HELD_FOR_RELEASE_DATE, orders=1, units=2, picked=picked),
        Consequence(Effect.NEW_DATE, orders=1, units=2, emails=1),
    )
    parcel.refresh_from_db()
    assert (parcel.status, parcel.picked_at, parcel.packed_at) == ("waiting", None, None)
    assert [hold.reason for hold in parcel.holds.all()] == ["awaiting_release_date"]
    assert reconcile() == []
    for step in (pick, ship):
        with pytest.raises(OnHold):
            step(fulfillment_order=parcel, **NOW)


def test_a_parcel_at_hand_is_refused_before_its_date_whatever_its_state(mug, berlin, receive, sell):
    receive(mug, berlin, 5)
    parcel = sell(mug, 2).fulfillment_orders.get()
    pick(fulfillment_order=parcel, **NOW)
    Variant.objects.filter(pk=mug.pk).update(release_date=LATER)

    with pytest.raises(OnHold, match="14 January 2026"):
        ship(fulfillment_order=parcel, **NOW)

    assert "would ship before its release date" in {breach.text for breach in reconcile()}


def test_the_rest_of_a_parcel_ships_on(make_variant, berlin, receive):
    mug, pan = make_variant("mug"), make_variant("pan")
    for variant in (mug, pan):
        receive(variant, berlin, 5)
    order = place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann"),
        lines=[Wanted(one, 1, Decimal(1)) for one in (mug, pan)],
        **NOW,
    )
    pick(fulfillment_order=order.fulfillment_orders.get(), **NOW)

    update_variant(act=Act.now(), variant=mug, changes={"release_date": LATER}, confirm=True)

    parcels = order.fulfillment_orders.order_by("sequence")
    assert [(one.status, one.lines.get().variant) for one in parcels] == [
        ("ready", pan),
        ("waiting", mug),
    ]


def test_a_date_that_is_taken_away_says_who_is_let_go_and_who_gets_a_mail(
    mug, berlin, receive, sell
):
    receive(mug, berlin, 5)
    update_variant(
        act=Act.now(), variant=mug, changes={"release_date": LATER, "allow_preorders": True}
    )
    sell(mug, 2)
    sell(mug, 1, mail="")
    OutgoingMail.objects.all().delete()
    change = {"variant": mug, "changes": {"release_date": None}}

    asked = consequences_of(update_variant, act=Act.now(), **change)
    update_variant(**change, act=Act.now(), confirm=True)

    assert asked == (Consequence(Effect.LET_GO, orders=2, units=3, emails=1),)
    assert OutgoingMail.objects.count() == 1


# --- recipes and money ------------------------------------------------------------------------


def test_a_recipe_says_which_orders_keep_the_old_one(make_variant, berlin, receive, sell):
    cup, spoon, gift = make_variant("cup"), make_variant("spoon"), make_variant("gift")
    set_components(act=Act.now(), bundle=gift, lines=[StockLine(cup, 1)])
    receive(cup, berlin, 9)
    sell(gift, 2)
    change = {"bundle": gift, "lines": [StockLine(cup, 1), StockLine(spoon, 1)]}

    asked = consequences_of(set_components, act=Act.now(), **change)
    set_components(**change, act=Act.now(), confirm=True)

    assert asked == (Consequence(Effect.KEEP_RECIPE, orders=1, units=2),)
    assert gift.components.count() == 2


def test_the_currency_stays_while_there_are_prices_or_orders(make_variant, berlin, receive, sell):
    mug = make_variant("mug", price=Decimal("2.50"))
    receive(mug, berlin, 1)
    sell(mug, 1)

    with pytest.raises(InvalidChange) as refused:
        update_settings(act=Act.now(), changes={"currency": "USD"}, confirm=True)

    assert refused.value.errors == {
        "currency": "The store has 1 order and 1 price in EUR. Amounts are not converted, so the "
        "currency can be changed only before the first order and while all prices are 0."
    }
    update_settings(act=Act.now(), changes={"currency": "EUR"})


def test_an_empty_shop_chooses_its_currency(mug):
    assert update_settings(act=Act.now(), changes={"currency": "USD"}).currency == "USD"


# --- asked once, and cheaply ------------------------------------------------------------------


def test_a_page_asks_once_for_all_that_it_changes(owing, berlin):
    level = StockLevel.objects.get(variant=owing)
    page = {
        "variant": owing,
        "changes": {"backorders": "no"},
        "act": Act.now().looking_at(owing.version),
        "levels": [LevelChange(berlin, {"in_stock": False}, level.version)],
    }

    asked = consequences_of(edit_variant, **page)
    edit_variant(**{**page, "act": Act.now()}, confirm=True)

    assert asked == STAY + CLOSED
    assert not StockLevel.objects.get(variant=owing).in_stock


def test_a_store_wide_question_costs_the_same_for_few_and_for_many(
    berlin, sell, django_assert_max_num_queries, product
):
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    for number in range(12):
        sell(create_variant(act=Act.now(), product=product, sku=f"v{number}"), 2)
        sell(
            create_variant(
                act=Act.now(), product=create_product(act=Act.now(), title="Pot"), sku=f"p{number}"
            ),
            1,
        )

    with django_assert_max_num_queries(12), pytest.raises(NeedsConfirmation) as asked:
        update_settings(act=Act.now(), changes={"backorders": "no"})

    assert asked.value.consequences.each == (Consequence(Effect.STAY_OWED, orders=24, units=36),)


def test_many_keys_are_counted_like_few(owing, monkeypatch):
    asked = consequences_of(track, owing, False)
    monkeypatch.setattr("orders.services.consequences.FEW", 0)

    assert consequences_of(track, owing, False) == asked
