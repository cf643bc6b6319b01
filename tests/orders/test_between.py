"""What is decided by is read again in the lock: other people do things between look and lock.

Each test lets somebody commit at that very place: after the order was looked at, before its
variants are locked. Without the second look it goes wrong, which the controls show.
"""

from decimal import Decimal

import pytest

from channels.models import STOREFRONT, Channel
from channels.services.channels import update_channel
from inventory.acts import Act
from inventory.models import StockLevel, Warehouse
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings
from inventory.services.warehouses import update_warehouse
from orders.errors import NotPossible, OrderRefused
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.reasons import Reason
from orders.services import booking, change, place
from orders.services.booking import Wanted
from orders.services.change import change_order
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from tests.conftest import NOON, list_in_the_storefront

NOW = {"act": Act(NOON, "test"), "confirm": True}
ANN = Customer("Ann")


@pytest.fixture
def plate(make_variant, berlin, receive):
    plate = make_variant("plate", price="1.00")
    receive(plate, berlin, 2)
    return plate


@pytest.fixture
def mug(make_variant, berlin):
    """Return a mug of which none is there, and any number may be owed."""
    mug = make_variant("mug", price="2.50")
    return update_variant(variant=mug, changes={"backorders": "allow"}, **NOW)


@pytest.fixture
def order(mug):
    """Return a way to order mugs; the mug is as the shopper saw it."""

    def place_it(units=2, channel=STOREFRONT):
        wanted = [Wanted(mug, units, Decimal("2.50"))]
        shop = Channel.objects.get(slug=channel)
        return lambda: place_order(channel=shop, customer=ANN, lines=wanted, act=NOW["act"])

    list_in_the_storefront()
    return place_it


@pytest.fixture
def between(monkeypatch):
    """Return a way to let somebody do something before a use case locks what it looked at."""

    def let(module, name, do):
        lock = getattr(module, name)

        def first(*args, **kwargs):
            monkeypatch.setattr(module, name, lock)
            do()
            return lock(*args, **kwargs)

        monkeypatch.setattr(module, name, first)

    return let


def become_a_bundle(mug, plate):
    set_components(bundle=mug, lines=[StockLine(plate, 2)], **NOW)


# --- a variant becomes a bundle ---------------------------------------------------------------


def test_a_variant_that_becomes_a_bundle_while_it_is_ordered_is_refused(mug, plate, order, between):
    between(place, "lock_stock", lambda: become_a_bundle(mug, plate))

    with pytest.raises(NotPossible) as refused:
        order()()

    assert refused.value.because.code == Reason.BUNDLE_CHANGED
    assert not Order.objects.exists()


def test_ordered_again_it_is_a_bundle(mug, plate, order, between):
    between(place, "lock_stock", lambda: become_a_bundle(mug, plate))
    with pytest.raises(NotPossible):
        order()()
    become_a_bundle(mug, plate)  # what was done between was undone with the order, as one program

    order(units=1)()

    assert OrderLine.objects.get().recipe == [[plate.pk, 2]]
    assert {row.variant_id for row in FulfillmentLine.objects.all()} == {plate.pk}
    assert reconcile() == []


def test_without_the_second_look_it_owes_itself(mug, plate, order, between, monkeypatch):
    """The control: what the bundle owes of itself can never come."""
    between(place, "lock_stock", lambda: become_a_bundle(mug, plate))
    monkeypatch.setattr(booking, "recipes_of", lambda keys: {key: [] for key in keys})

    order()()

    assert StockLevel.objects.get(variant=mug).on_backorder == 2


def test_a_bundle_that_becomes_a_variant_while_it_is_ordered_is_refused(mug, plate, order, between):
    become_a_bundle(mug, plate)
    between(place, "lock_stock", lambda: set_components(bundle=mug, lines=[], **NOW))

    with pytest.raises(NotPossible) as refused:
        order(units=1)()

    assert refused.value.because.code == Reason.BUNDLE_CHANGED


def test_a_variant_that_becomes_a_bundle_while_it_is_added_to_an_order_is_refused(
    mug, plate, order, between
):
    placed = order(units=1)()
    vase = plate.product.variants.create(sku="vase", price="1.00", backorders="allow")
    between(change, "lock_order", lambda: become_a_bundle(vase, plate))

    with pytest.raises(NotPossible) as refused:
        change_order(
            order=placed, quantities={}, added=[Wanted(vase, 1, Decimal(1))], act=NOW["act"]
        )

    assert refused.value.because.code == Reason.BUNDLE_CHANGED
    assert OrderLine.objects.count() == 1


# --- every other fact -------------------------------------------------------------------------


def no_more_backorders(mug):
    update_variant(variant=mug, changes={"backorders": "no"}, **NOW)


def store_limits_an_order(_mug):
    update_settings(changes={"storefront_max_per_order": 1}, **NOW)


def channel_closes(_mug):
    update_channel(
        act=NOW["act"], channel=Channel.objects.get(slug=STOREFRONT), changes={"is_active": False}
    )


def listing_goes(_mug):
    Channel.objects.get(slug=STOREFRONT).listings.update(published_backorder="", published_at=None)


def warehouses_close(_mug):
    for row in Warehouse.objects.filter(is_active=True):
        update_warehouse(warehouse=row, changes={"is_active": False}, **NOW)


def deleted(mug):
    mug.stock_levels.all().delete()
    mug.listings.all().delete()
    mug.delete()


@pytest.mark.parametrize(
    ("do", "refusal"),
    [
        (no_more_backorders, OrderRefused),
        (store_limits_an_order, OrderRefused),
        (channel_closes, OrderRefused),
        (listing_goes, OrderRefused),
        (warehouses_close, OrderRefused),
        (deleted, NotPossible),
    ],
)
def test_what_an_order_was_decided_by_is_read_in_the_lock(mug, order, between, do, refusal):
    sell = order()
    key = mug.pk
    between(place, "lock_stock", lambda: do(type(mug).objects.get(pk=key)))

    with pytest.raises(refusal):
        sell()

    assert not Order.objects.exists()


def test_the_same_order_is_taken_when_nobody_comes_between(order):
    """The control: it is what happens between that is refused."""
    order()()

    assert Order.objects.count() == 1


def test_what_is_written_down_is_what_the_lock_found(mug, order, between):
    """Renamed, dated, no longer tracked, and split by the store no more."""
    sell = order()

    def change_all():
        changes = {"sku": "cup", "title": "Big", "release_date": "2026-02-01"}
        update_variant(variant=mug, changes={**changes, "track_inventory": False}, **NOW)
        update_settings(changes={"allow_order_split": False}, **NOW)

    between(place, "lock_stock", change_all)

    sell()

    line = OrderLine.objects.get()
    assert (line.sku, line.title.endswith("Big")) == ("cup", True)
    assert Order.objects.get().ship_together
    assert FulfillmentLine.objects.get().stock_level is None
    assert [hold.reason for hold in FulfillmentOrder.objects.get().holds.all()] == [
        "awaiting_release_date"
    ]
    assert reconcile() == []
