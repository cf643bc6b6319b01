"""One date, told to everybody: page, cart, API, order, mail and correction say the same day."""

import contextlib
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.availability import availability_in
from channels.models import DIRECT, STOREFRONT, Channel, Listing
from channels.services.channels import update_channel
from channels.services.publish import publish
from inventory.acts import Act
from inventory.availability import availability_of
from inventory.models import (
    IncomingDelivery,
    Job,
    OutgoingMail,
    Seller,
    StoreSettings,
    Warehouse,
)
from inventory.models.catalog import Variant
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_variant,
)
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery, reschedule_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings, update_stock_level
from inventory.shop_window import shop_window
from inventory.tasks import run_job
from orders.amounts import full_day
from orders.errors import OrderRefused
from orders.event_kinds import EventKind
from orders.models import FulfillmentLine, FulfillmentOrder, OrderLine
from orders.services.booking import Wanted
from orders.services.change import cancel_order, change_order
from orders.services.fulfill import ship, ship_what_is_there
from orders.services.holds import hold, remove_hold
from orders.services.page_keys import page_key
from orders.services.place import Customer, place_order
from orders.services.promises import drop_late_promises, tell_changed_promises
from orders.services.release import follow_rules
from orders.storefront.quote import quote
from orders.storefront.showcase import ProductPage, Shop
from orders.waiting import promised

TODAY = timezone.localdate()


def day(n):
    return TODAY + timedelta(days=n)


class World:
    """A shop with two warehouses, and what its people do."""

    def __init__(self):
        Warehouse.objects.filter(code="main").update(is_active=False)
        self.berlin = Warehouse.objects.create(code="berlin", name="Berlin")
        self.paris = Warehouse.objects.create(code="paris", name="Paris", priority=2)
        self.storefront = Channel.objects.get(slug=STOREFRONT)
        switches = {"allow_out_of_stock_purchases": True, "publish_automatically": True}
        update_channel(act=Act.now(), channel=self.storefront, changes=switches)

    def sell(self, sku, *, seller=None, units=0, **fields):
        product = create_product(act=Act.now(), title=f"Product {sku}", seller=seller)
        fields = {"price": "10.00", "backorders": "allow", **fields}
        variant = create_variant(act=Act.now(), product=product, sku=sku, **fields)
        self.show(variant)
        if units:
            self.receive(variant, units)
        return variant

    def bundle(self, sku, *parts):
        variant = self.sell(sku, backorders="inherit")
        set_components(
            act=Act.now(), bundle=variant, lines=[StockLine(part, n) for part, n in parts]
        )
        self.show(variant)
        return variant

    def show(self, variant):
        row = Listing.objects.get(channel=self.storefront, variant=variant)
        publish(channel=self.storefront, listing_ids=[row.pk], act=Act.now())

    def receive(self, variant, units, place=None):
        lines = [StockLine(variant, units)]
        place = place or self.berlin
        receive_stock(warehouse=place, lines=lines, reference="R", act=Act.now(by="a"))

    def announce(self, variant, units, n, place=None):
        return create_delivery(
            act=Act.now(),
            warehouse=place or self.berlin,
            supplier="S",
            reference=f"PO-{IncomingDelivery.objects.count()}",
            expected_at=day(n),
            lines=[StockLine(variant, units)],
        )

    def order(self, *lines, channel=STOREFRONT, email="ann@example.com", **more):
        return place_order(
            channel=Channel.objects.get(slug=channel),
            customer=Customer("Ann", email),
            lines=[Wanted(variant, units, Decimal(10)) for variant, units in lines],
            act=Act.now(by="storefront"),
            **more,
        )

    def ships_from(self, *places, channel=STOREFRONT):
        row = Channel.objects.get(slug=channel)
        update_channel(
            act=Act.now(), channel=row, changes={"warehouses": list(places)}, confirm=True
        )
        self.storefront = Channel.objects.get(slug=STOREFRONT)

    # --- what is said ---

    def page_day(self, variant, units=1):
        product = Variant.objects.select_related("product").get(pk=variant.pk).product
        page = ProductPage(product, Shop.load(), sku=variant.sku, today=TODAY)
        return page.day_of(units) if units > 1 else page.delivery.expected_at

    def page_text(self, variant):
        answer = Client().get(f"/product/{variant.product.slug}/", {"variant": variant.sku})
        return answer.content.decode()

    def cart_days(self, *lines):
        found = quote(
            {variant.sku: units for variant, units in lines},
            channel=Channel.objects.get(slug=STOREFRONT),
            settings=StoreSettings.load(),
            today=TODAY,
        )
        return [line.expected_at for line in found.lines]

    def api_day(self, variant):
        row = Variant.objects.for_policy().get(pk=variant.pk)
        offers = availability_in(Channel.objects.get(slug=STOREFRONT), [row], today=TODAY)
        return offers[variant.pk].expected_at


@pytest.fixture
def world(db):
    return World()


def lines_of(order):
    return list(OrderLine.objects.filter(order=order).order_by("pk"))


def days_of(order):
    return [line.promised_at for line in lines_of(order)]


def told_to(order):
    return [line.told_at for line in lines_of(order)]


def last_mail():
    return OutgoingMail.objects.order_by("-pk").first().text


def parcels(order):
    rows = FulfillmentOrder.objects.filter(order=order).exclude(status="canceled")
    return [
        (row.status, sorted(row.lines.values_list("variant__sku", flat=True)))
        for row in rows.order_by("sequence")
    ]


# --- one day everywhere -----------------------------------------------------------------------


def test_a_delivery_where_the_channel_does_not_ship_from_is_promised_nowhere(world):
    mug = world.sell("MUG")
    world.ships_from(world.paris)
    world.announce(mug, 10, 2, world.berlin)
    world.announce(mug, 10, 12, world.paris)

    said = [world.page_day(mug), *world.cart_days((mug, 1)), world.api_day(mug)]
    order = world.order((mug, 1))

    assert [*said, *days_of(order), *told_to(order)] == [day(12)] * 5
    assert f"expected {full_day(day(12))}" in last_mail()


def test_who_waits_in_another_warehouse_alone_does_not_use_up_a_delivery_of_ours(world):
    mug = world.sell("MUG")
    world.ships_from(world.berlin)
    world.ships_from(world.paris, channel=DIRECT)
    world.order((mug, 8), channel=DIRECT)
    world.announce(mug, 5, 3, world.berlin)

    said = [world.page_day(mug), *world.cart_days((mug, 1)), world.api_day(mug)]

    assert [*said, *days_of(world.order((mug, 1)))] == [day(3)] * 4


def test_the_order_of_those_before_counts_when_they_may_take_from_different_places(world):
    mug = world.sell("MUG")
    world.ships_from(world.berlin, channel=DIRECT)
    world.order((mug, 5))
    world.order((mug, 5), channel=DIRECT)
    world.announce(mug, 5, 1, world.berlin)
    world.announce(mug, 5, 2, world.paris)
    world.announce(mug, 9, 30, world.paris)

    said = [world.page_day(mug), *world.cart_days((mug, 1)), world.api_day(mug)]

    assert [*said, *days_of(world.order((mug, 1)))] == [day(2)] * 4


def test_a_bundle_that_needs_two_is_not_promised_by_one(world):
    mug = world.sell("MUG")
    pair = world.bundle("PAIR", (mug, 2))
    world.announce(mug, 1, 2)
    world.announce(mug, 9, 20)

    said = [world.page_day(pair), *world.cart_days((pair, 1)), world.api_day(pair)]

    assert [*said, *days_of(world.order((pair, 1)))] == [day(20)] * 4
    assert [world.page_day(pair, 5), *world.cart_days((pair, 5))] == [None, None]


def test_a_bundle_is_promised_by_deliveries_into_its_warehouse_alone(world):
    mug = world.sell("MUG")
    alone = world.bundle("BOXED", (mug, 1))
    waits = world.order((alone, 1))
    world.announce(mug, 9, 2, world.paris)

    said = [world.page_day(alone), *world.cart_days((alone, 1)), world.api_day(alone)]
    assert [*said, *days_of(waits), *days_of(world.order((alone, 1)))] == [None] * 5

    world.announce(mug, 9, 5)
    said = [world.page_day(alone), *world.cart_days((alone, 1)), world.api_day(alone)]
    assert [*said, *days_of(waits), *days_of(world.order((alone, 1)))] == [day(5)] * 5


def test_a_bundle_says_its_day_for_more_than_one(world):
    mug = world.sell("MUG")
    pair = world.bundle("PAIR", (mug, 2))
    world.announce(mug, 4, 2)
    world.announce(mug, 9, 20)

    assert [world.page_day(pair, n) for n in (1, 2, 3)] == [day(2), day(2), day(20)]


def test_a_delivery_where_the_variant_is_set_to_out_of_stock_promises_nothing(world):
    mug = world.sell("MUG")
    order = world.order((mug, 1))
    world.announce(mug, 10, 2, world.paris)
    assert days_of(order) == [day(2)]

    changes = {"in_stock": False}
    update_stock_level(
        act=Act.now(), variant=mug, warehouse=world.paris, changes=changes, confirm=True
    )

    said = [world.page_day(mug), *world.cart_days((mug, 1)), world.api_day(mug)]
    assert [*said, *days_of(order), *days_of(world.order((mug, 1)))] == [None] * 5


def test_a_delivery_into_a_warehouse_that_is_not_active_promises_nothing(world):
    mug = world.sell("MUG")
    Warehouse.objects.filter(pk=world.paris.pk).update(is_active=False)
    world.announce(mug, 10, 2, world.paris)

    said = [world.page_day(mug), *world.cart_days((mug, 1)), world.api_day(mug)]

    assert [*said, *days_of(world.order((mug, 1)))] == [None] * 4


def test_promises_from_a_warehouse_taken_off_the_channel_are_laid_anew(world):
    mug = world.sell("MUG")
    order = world.order((mug, 1))
    world.announce(mug, 10, 2, world.berlin)
    world.announce(mug, 10, 12, world.paris)
    assert days_of(order) == [day(2)]

    world.ships_from(world.paris)
    run_job.call(job_id=Job.objects.get(kind="refresh_promises").pk)

    assert days_of(order) == [day(12)]


def test_several_units_are_promised_for_the_day_of_the_last(world):
    mug = world.sell("MUG", units=1)
    world.order((mug, 3))
    world.announce(mug, 3, 4)
    world.announce(mug, 5, 9)

    said = [(world.page_day(mug, n), *world.cart_days((mug, n))) for n in (1, 2, 6, 7)]

    assert said == [(day(4),) * 2, (day(9),) * 2, (day(9),) * 2, (None,) * 2]


# --- pre-orders -------------------------------------------------------------------------------


def test_a_preorder_with_a_later_delivery_is_told_the_day_of_the_delivery(world):
    game = world.sell("GAME", release_date=day(14), allow_preorders=True)
    world.announce(game, 10, 22)

    said = [world.page_day(game), *world.cart_days((game, 1)), world.api_day(game)]
    text = world.page_text(game)
    order = world.order((game, 1))

    assert [*said, *days_of(order), *told_to(order)] == [day(22)] * 5
    assert f"Ships from {full_day(day(22))}" in text
    assert f"ships from {full_day(day(22))}" in last_mail()
    assert f"ships from {full_day(day(22))}" in (
        Client().get(f"/order/{page_key(order)}/").content.decode()
    )


@pytest.mark.parametrize("units", [0, 5], ids=["to be made", "there already"])
def test_a_preorder_is_told_its_release_date_and_a_later_one_once(world, units):
    game = world.sell("GAME", units=units, release_date=day(14), allow_preorders=True)
    said = [world.page_day(game), *world.cart_days((game, 1)), world.api_day(game)]
    order = world.order((game, 1))
    assert [*said, *days_of(order), *told_to(order)] == [day(14)] * 5

    changes = {"release_date": day(22)}
    update_variant(
        act=Act.now(), variant=Variant.objects.get(pk=game.pk), changes=changes, confirm=True
    )

    assert days_of(order) == [day(22)]
    assert tell_changed_promises(at=timezone.now()) == 1
    assert f"Before: expected {full_day(day(14))}" in last_mail()
    assert full_day(day(22)) in last_mail()
    assert (told_to(order), tell_changed_promises(at=timezone.now())) == ([day(22)], 0)


def test_the_correction_quotes_what_was_told_when_a_delivery_comes_after_the_release(world):
    game = world.sell("GAME", release_date=day(14), allow_preorders=True)
    order = world.order((game, 1))
    assert told_to(order) == [day(14)]

    delivery = world.announce(game, 10, 22)
    tell_changed_promises(at=timezone.now())

    assert f"Before: expected {full_day(day(14))}" in last_mail()
    assert told_to(order) == [day(22)]

    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(25))
    tell_changed_promises(at=timezone.now())
    assert f"Before: expected {full_day(day(22))}" in last_mail()


def test_a_release_date_that_passes_without_the_units_promises_nothing_any_more(world):
    game = world.sell("GAME", release_date=day(2), allow_preorders=True)
    order = world.order((game, 1))

    drop_late_promises(at=timezone.now() + timedelta(days=2))
    assert days_of(order) == [day(2)]
    drop_late_promises(at=timezone.now() + timedelta(days=3))

    assert days_of(order) == [None]
    assert told_to(order) == [day(2)]


# --- a promise belongs to a line, shipping to a parcel ----------------------------------------


def test_each_item_leaves_the_parcel_that_waits_as_soon_as_it_is_complete(world):
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(one, 5, 3)
    world.announce(other, 5, 20)

    cart = world.cart_days((one, 1), (other, 1))
    order = world.order((one, 1), (other, 1))
    assert (cart, days_of(order), told_to(order)) == ([day(3), day(20)],) * 3

    world.receive(one, 5)

    assert parcels(order) == [("waiting", ["MY"]), ("ready", ["MX"])]
    assert days_of(order) == [None, day(20)]
    assert tell_changed_promises(at=timezone.now()) == 0


def test_an_item_of_which_a_unit_is_missing_stays(world):
    one, other = world.sell("MX"), world.sell("MY")
    order = world.order((one, 2), (other, 1))

    world.receive(one, 1)

    assert parcels(order) == [("waiting", ["MX", "MY"])]


def test_together_every_item_is_promised_for_the_day_of_the_last(world):
    update_settings(act=Act.now(), changes={"backordered_items_ship": "together"})
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(one, 5, 3)
    world.announce(other, 5, 20)

    cart = world.cart_days((one, 1), (other, 1))
    order = world.order((one, 1), (other, 1))
    assert (cart, days_of(order), told_to(order)) == ([day(20), day(20)],) * 3
    assert last_mail().count(f"expected {full_day(day(20))}") == 2

    world.receive(one, 5)

    assert parcels(order) == [("waiting", ["MX", "MY"])]
    assert days_of(order) == [day(20), day(20)]
    page = Client().get(f"/order/{page_key(order)}/").content.decode()
    assert f"1 kept for you: ships with the rest, expected {full_day(day(20))}" in page
    world.receive(other, 5)
    assert parcels(order) == [("ready", ["MX", "MY"])]


@pytest.mark.parametrize("how", ["asked for", "never split"])
def test_what_ships_together_is_promised_together_what_is_there_too(world, how):
    if how == "never split":
        update_settings(act=Act.now(), changes={"allow_order_split": False})
    one, other, last = world.sell("MX", units=5), world.sell("MY"), world.sell("MZ")
    world.announce(other, 5, 3)
    world.announce(last, 5, 20)

    order = world.order((one, 1), (other, 1), (last, 1), ship_together=how == "asked for")

    assert days_of(order) == told_to(order) == [day(20)] * 3
    if how == "never split":
        assert world.cart_days((one, 1), (other, 1), (last, 1)) == [day(20)] * 3


def test_canceling_what_all_wait_for_gives_the_others_their_own_day(world):
    update_settings(act=Act.now(), changes={"backordered_items_ship": "together"})
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(one, 5, 3)
    world.announce(other, 5, 20)
    order = world.order((one, 1), (other, 1))
    late = lines_of(order)[1]

    cancel_order(order=order, units={late.pk: 1}, act=Act.now(by="ann"))

    assert days_of(order) == [day(3), None]


def test_together_a_later_delivery_of_one_item_is_told_of_all(world):
    update_settings(act=Act.now(), changes={"backordered_items_ship": "together"})
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(one, 5, 3)
    delivery = world.announce(other, 5, 20)
    order = world.order((one, 1), (other, 1))
    world.receive(one, 5)

    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(30))

    assert tell_changed_promises(at=timezone.now()) == 1
    assert told_to(order) == [day(30), day(30)]
    assert last_mail().count(f"Before: expected {full_day(day(20))}") == 2


def test_a_store_that_ships_each_from_now_on_lets_go_what_is_complete(world):
    update_settings(act=Act.now(), changes={"backordered_items_ship": "together"})
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(other, 5, 20)
    order = world.order((one, 1), (other, 1))
    world.receive(one, 5)

    update_settings(act=Act.now(), changes={"backordered_items_ship": "each"})
    follow_rules(at=timezone.now())

    assert parcels(order) == [("waiting", ["MY"]), ("ready", ["MX"])]
    assert days_of(order) == [None, day(20)]


def test_a_parcel_that_is_held_by_hand_keeps_what_is_complete(world):
    one, other = world.sell("MX"), world.sell("MY")
    order = world.order((one, 1), (other, 1))
    parcel = FulfillmentOrder.objects.get(order=order)
    held = hold(fulfillment_order=parcel, note="asks", act=Act.now(by="olga"))

    world.receive(one, 5)
    assert parcels(order) == [("waiting", ["MX", "MY"])]
    remove_hold(fulfillment_order=parcel, hold_id=held.pk, act=Act.now(by="olga"))

    assert parcels(order) == [("waiting", ["MY"]), ("ready", ["MX"])]


def test_what_is_split_off_to_ship_has_no_day_any_more(world):
    one, other = world.sell("MX", units=1), world.sell("MY")
    world.announce(other, 5, 20)
    order = world.order((one, 1), (other, 1), ship_together=True)
    parcel = FulfillmentOrder.objects.get(order=order)
    assert days_of(order) == [day(20), day(20)]

    ship_what_is_there(fulfillment_order=parcel, act=Act.now(by="olga"))

    assert days_of(order) == [None, day(20)]


# --- two sellers ------------------------------------------------------------------------------


@pytest.fixture
def sellers(world):
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    return [Seller.objects.create(code=code, name=code) for code in ("anna", "ben")]


@pytest.mark.parametrize("together", [False, True], ids=["split", "together"])
def test_two_sellers_never_share_a_parcel(world, sellers, together):
    anna, ben = sellers
    cup = world.sell("CUP", seller=anna, units=1)
    jar = world.sell("JAR", seller=ben, units=1)
    tea = world.sell("TEA", seller=anna)
    pot = world.sell("POT", seller=ben)
    world.announce(tea, 5, 3)
    world.announce(pot, 5, 20)

    wanted = [(cup, 1), (jar, 1), (tea, 1), (pot, 1)]
    order = world.order(*wanted, ship_together=together)

    held = [sorted(skus) for _status, skus in parcels(order)]
    if together:
        assert held == [["CUP", "TEA"], ["JAR", "POT"]]
        assert days_of(order) == [day(3), day(20), day(3), day(20)]
    else:
        assert held == [["CUP"], ["JAR"], ["TEA"], ["POT"]]
        assert days_of(order) == [None, None, day(3), day(20)]
        assert world.cart_days(*wanted) == [None, None, day(3), day(20)]


def test_what_is_added_to_an_order_joins_a_parcel_of_its_own_seller(world, sellers):
    anna, ben = sellers
    cup, jar = world.sell("CUP", seller=anna, units=1), world.sell("JAR", seller=ben, units=1)
    mat = world.sell("MAT", seller=anna, units=1)
    order = world.order((cup, 1), (jar, 1))

    added = [Wanted(Variant.objects.select_related("product").get(pk=mat.pk), 1, Decimal(1))]
    change_order(order=order, quantities={}, added=added, act=Act.now(by="olga"))

    assert parcels(order) == [("ready", ["CUP", "MAT"]), ("ready", ["JAR"])]


# --- what was told ----------------------------------------------------------------------------


def late_lines():
    return FulfillmentLine.objects.waiting().filter(promised("late", today=TODAY)).count()


def test_a_promise_is_broken_when_the_day_passed_that_was_told(world):
    mug = world.sell("MUG")
    world.announce(mug, 9, 5)
    order = world.order((mug, 1))

    OrderLine.objects.filter(order=order).update(promised_at=day(-1), told_at=day(3))
    FulfillmentLine.objects.update(promised_at=day(-1))
    assert late_lines() == 0
    OrderLine.objects.filter(order=order).update(promised_at=day(9), told_at=day(-1))
    assert late_lines() == 1


def test_nobody_is_told_twice_when_a_delivery_slips_back_and_forth(world):
    mug = world.sell("MUG")
    delivery = world.announce(mug, 9, 5)
    world.order((mug, 1))
    written = []
    for n in (9, 5, 9, 7, 9):
        reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(n))
        written.append(tell_changed_promises(at=timezone.now()))

    assert written == [1, 0, 0, 0, 0]


def test_a_day_that_another_mail_told_is_what_a_correction_speaks_of(world):
    mug, tea = world.sell("MUG"), world.sell("TEA", units=1)
    delivery = world.announce(mug, 9, 20)
    order = world.order((mug, 1), (tea, 1))
    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(10))
    parcel = FulfillmentOrder.objects.get(order=order, status="ready")

    ship(fulfillment_order=parcel, act=Act.now(by="olga"))
    assert f"expected {full_day(day(10))}" in last_mail()
    assert told_to(order)[0] == day(10)

    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(20))
    assert tell_changed_promises(at=timezone.now()) == 1
    assert f"Before: expected {full_day(day(10))}" in last_mail()


def test_who_has_no_address_is_not_told_and_what_they_were_told_stays(world):
    mug = world.sell("MUG")
    delivery = world.announce(mug, 9, 5)
    order = world.order((mug, 1), email="")

    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=day(9))

    assert tell_changed_promises(at=timezone.now()) == 0
    assert (days_of(order), told_to(order)) == ([day(9)], [day(5)])
    assert not order.events.filter(kind=EventKind.NEW_DATE_TOLD).exists()


# --- any world --------------------------------------------------------------------------------

SKUS = ("A", "B")
deliveries = st.lists(
    st.tuples(st.sampled_from(SKUS), st.sampled_from("bp"), st.integers(1, 4), st.integers(0, 6)),
    max_size=5,
)
worlds = st.fixed_dictionaries(
    {
        "deliveries": deliveries,
        "stock": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        "places": st.sampled_from(["", "b", "p", "bp"]),
        "shut": st.sampled_from(["", "b", "p"]),
        "release": st.sampled_from([None, None, 2, 5]),
        "before": st.lists(
            st.tuples(
                st.sampled_from(SKUS),
                st.integers(1, 3),
                st.sampled_from([STOREFRONT, DIRECT]),
                st.integers(-1, 1),
            ),
            max_size=4,
        ),
        "direct_places": st.sampled_from(["", "b", "p"]),
        "release_rule": st.sampled_from(["fifo", "promised_date", "most_orders", "highest_value"]),
        "backordered_items_ship": st.sampled_from(["each", "together"]),
        "allow_order_split": st.booleans(),
        "wanted": st.lists(
            st.tuples(st.sampled_from(["A", "B", "SET"]), st.integers(1, 4)),
            min_size=1,
            max_size=3,
            unique_by=lambda line: line[0],
        ),
    }
)


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=worlds)
def test_in_any_world_all_say_the_day_that_the_order_is_promised(plan):
    with transaction.atomic():
        _try(plan)
        transaction.set_rollback(True)


def _try(plan):
    world = World()
    variants = _build(world, plan)
    wanted = [(variants[sku], units) for sku, units in plan["wanted"]]
    cart = world.cart_days(*wanted)
    first, units = wanted[0]
    alone = world.page_day(first, units)
    if units == 1:
        assert world.api_day(first) == alone
    try:
        order = world.order(*wanted)
    except OrderRefused:
        return
    assert days_of(order) == cart
    assert told_to(order) == cart
    if len(wanted) == 1:
        assert cart == [alone]
    for said in filter(None, cart):
        assert full_day(said) in last_mail()


def _build(world, plan):
    """Make the shop of a plan, with the orders that were placed before."""
    places = {"b": world.berlin, "p": world.paris}
    release = day(plan["release"]) if plan["release"] else None
    dates = {"release_date": release, "allow_preorders": True}
    cup = world.sell("A", units=plan["stock"][0])
    pot = world.sell("B", units=plan["stock"][1], **dates)
    variants = {"A": cup, "B": pot, "SET": world.bundle("SET", (cup, 2), (pot, 1))}
    for sku, place, units, n in plan["deliveries"]:
        world.announce(variants[sku], units, n, places[place])
    world.ships_from(*(places[place] for place in plan["places"]))
    world.ships_from(*(places[place] for place in plan["direct_places"]), channel=DIRECT)
    for place in plan["shut"]:
        changes = {"in_stock": False}
        update_stock_level(
            act=Act.now(), variant=cup, warehouse=places[place], changes=changes, confirm=True
        )
    rules = ("release_rule", "backordered_items_ship", "allow_order_split")
    update_settings(act=Act.now(), changes={name: plan[name] for name in rules})
    for sku, units, channel, priority in plan["before"]:
        with contextlib.suppress(OrderRefused):
            world.order((variants[sku], units), channel=channel, priority=priority)
    return variants


# --- what an older program wrote down ---------------------------------------------------------


def test_preorders_of_older_programs_are_corrected_against_what_their_mails_said(world):
    game = world.sell("GAME", release_date=day(14), allow_preorders=True)
    plain, late = world.order((game, 1)), world.order((game, 1))
    OrderLine.objects.filter(order=plain).update(promised_at=None, told_at=None)
    OrderLine.objects.filter(order=late).update(promised_at=day(22), told_at=day(22))
    step = import_module("orders.migrations.0005_told_of_preorders")

    step.keep_what_was_told(apps, connection.schema_editor())

    assert (days_of(plain), told_to(plain)) == ([day(14)], [day(14)])
    assert (days_of(late), told_to(late)) == ([day(22)], [day(14)])
    assert tell_changed_promises(at=timezone.now()) == 1
    assert f"Before: expected {full_day(day(14))}" in last_mail()


# --- many -------------------------------------------------------------------------------------


def test_a_large_release_keeps_the_day_of_what_waits_for_the_rest(world, monkeypatch):
    monkeypatch.setattr("orders.services.release.MANY", 0)
    update_settings(act=Act.now(), changes={"backordered_items_ship": "together"})
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(other, 5, 20)
    order, alone = world.order((one, 1), (other, 1)), world.order((one, 1))

    world.receive(one, 5)

    assert (days_of(order), days_of(alone)) == ([day(20), day(20)], [None])
    assert parcels(alone) == [("ready", ["MX"])]


def test_a_large_release_lets_each_item_go(world, monkeypatch):
    monkeypatch.setattr("orders.services.release.MANY", 0)
    one, other = world.sell("MX"), world.sell("MY")
    world.announce(one, 5, 3)
    world.announce(other, 5, 20)
    order = world.order((one, 1), (other, 1))

    world.receive(one, 5)

    assert parcels(order) == [("waiting", ["MY"]), ("ready", ["MX"])]
    assert days_of(order) == [None, day(20)]


def test_a_page_with_a_date_costs_the_same_however_many_wait_and_arrive(
    world, django_assert_num_queries
):
    cup, pot = world.sell("CUP"), world.sell("POT")
    both = world.bundle("BOTH", (cup, 2), (pot, 1))

    def grow():
        for variant in (cup, pot):
            world.announce(variant, 50, 3)
            world.announce(variant, 50, 9, world.paris)
            world.order((variant, 2))

    url = f"/product/{both.product.slug}/"
    grow()
    with django_assert_num_queries(13):
        assert "Expected" in Client().get(url).content.decode()
    grow()
    grow()
    with django_assert_num_queries(13):
        Client().get(url)


def test_units_that_are_lost_again_after_they_came_are_told_of(world):
    mug = world.sell("MUG")
    world.announce(mug, 5, 3)
    order = world.order((mug, 1))
    IncomingDelivery.objects.update(canceled_at=timezone.now())
    world.receive(mug, 1)
    assert days_of(order) == [None]

    found = [Found(mug, 0)]
    correct_stock(warehouse=world.berlin, lines=found, reason="lost", act=Act.now(by="a"))

    assert tell_changed_promises(at=timezone.now()) == 1
    assert "no date yet" in last_mail()


def test_what_shoppers_see_in_the_back_office_is_what_they_see(world, client, operator):
    client.force_login(operator)
    game = world.sell("GAME", release_date=day(14), allow_preorders=True)
    world.announce(game, 10, 22)
    offer = availability_of([Variant.objects.for_policy().get(pk=game.pk)], today=TODAY)[game.pk]

    said = shop_window().lines(
        Variant.objects.for_policy().get(pk=game.pk),
        offer,
        settings=StoreSettings.load(),
        today=TODAY,
    )

    assert said == [f"Ships from {date_format(day(22), 'j F Y')}"]
