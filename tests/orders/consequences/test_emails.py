"""Before a change is made it says how many customers get an e-mail; so many get one."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import DIRECT, Channel
from channels.services.channels import update_channel
from inventory.acts import Act
from inventory.consequence_words import in_words
from inventory.consequences import Effect
from inventory.errors import NeedsConfirmation
from inventory.models import IncomingDelivery, Job, OutgoingMail, StockLevel, StoreSettings
from inventory.services.assortment import revise_variant
from inventory.services.bulk_edit import ask as bulk_ask
from inventory.services.bulk_edit import choose, confirm, consequences_of, prepare
from inventory.services.catalog import set_components, update_variant
from inventory.services.deliveries import create_delivery
from inventory.services.edit import LevelChange, edit_variant
from inventory.services.movements import StockLine
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.undo import preview, undo
from inventory.services.warehouses import update_warehouse
from inventory.spreadsheets.consequences import consequences_of as consequences_of_file
from inventory.tasks import run_job
from orders.errors import OrderRefused
from orders.models import Order, OrderLine
from orders.services.booking import Wanted
from orders.services.fulfill import pick
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from orders.tasks import tick
from tests.conftest import NOON
from tests.inventory.spreadsheets.conftest import lines, run

TODAY = timezone.localdate(NOON)
SEEDS = int(os.environ.get("SEEDS", "6"))
"""Shops of chance; more of them: `SEEDS=200`."""


def day(n):
    return TODAY + timedelta(days=n)


@dataclass
class Shop:
    """A shop, what its staff change in it, and the worker."""

    make_variant: Any
    receive: Any
    berlin: Any
    paris: Any
    things: dict = field(default_factory=dict)

    def sells(self, sku, units=0, **fields):
        variant = self.make_variant(sku, backorders="allow", **fields)
        if units:
            self.receive(variant, self.berlin, units)
        self.things[sku] = variant
        return variant

    def bundle(self, sku, *parts):
        gift = self.things[sku] = self.make_variant(sku)
        lines = [StockLine(self.things[part], units) for part, units in parts]
        set_components(act=Act.now(), bundle=gift, lines=lines)

    def order(self, *lines, mail="ann@example.com", **more):
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer("Ann", mail),
            lines=[Wanted(self.things[sku], units, Decimal(2)) for sku, units in lines],
            act=Act.now("test"),
            **more,
        )

    def announce(self, sku, units, n, place=None):
        create_delivery(
            act=Act.now(),
            warehouse=place or self.berlin,
            supplier="S",
            reference=f"{sku} {n}",
            expected_at=day(n),
            lines=[StockLine(self.things[sku], units)],
        )

    # --- changes ---

    def variant(self, sku, confirm, **changes):
        update_variant(act=Act.now(), variant=self.things[sku], changes=changes, confirm=confirm)

    def level(self, sku, confirm, place=None, **changes):
        update_stock_level(
            act=Act.now(),
            variant=self.things[sku],
            warehouse=place or self.berlin,
            changes=changes,
            confirm=confirm,
        )

    def warehouse(self, confirm, place=None, **changes):
        update_warehouse(
            act=Act.now(), warehouse=place or self.berlin, changes=changes, confirm=confirm
        )

    def channel(self, confirm, *places):
        update_channel(
            act=Act.now(),
            channel=Channel.objects.get(slug=DIRECT),
            changes={"warehouses": list(places)},
            confirm=confirm,
        )

    def settings(self, confirm, **changes):
        update_settings(act=Act.now(), changes=changes, confirm=confirm)

    # --- the worker ---

    def work(self):
        for job in Job.objects.filter(state="queued").order_by("pk"):
            run_job.call(job_id=job.pk)
        tick()
        tick()  # what the first one canceled moved the dates of others

    def mails(self):
        """Return the customers' mails that the worker, and the change itself, wrote."""
        self.work()
        found = OutgoingMail.objects.filter(subject__startswith="Order ")
        texts = [mail.text for mail in found.order_by("pk")]
        OutgoingMail.objects.all().delete()
        return texts


@pytest.fixture
def shop(make_variant, receive, berlin, paris):
    return Shop(make_variant, receive, berlin, paris)


def ready(shop):
    """A parcel that is ready, one that is picked, and one without an address."""
    shop.sells("mug", 9)
    shop.order(("mug", 1))
    shop.order(("mug", 2), mail="")
    pick(fulfillment_order=shop.order(("mug", 1)).fulfillment_orders.get(), act=Act.now())


def owed(shop):
    """Units owed without a date, to two orders."""
    shop.sells("mug")
    shop.order(("mug", 1))
    shop.order(("mug", 2))


def due(shop):
    """Units owed with a delivery due, for one of two orders, and one that has its units."""
    shop.sells("mug", 1)
    shop.order(("mug", 1))
    shop.order(("mug", 3))
    shop.order(("mug", 3))
    shop.announce("mug", 3, 9)


def due_in_paris(shop):
    """The same in the second warehouse, and bundles that wait for their component there."""
    due(shop)
    shop.bundle("gift", ("mug", 2))
    shop.announce("mug", 8, 12, shop.paris)
    shop.order(("gift", 1))


def preordered(shop):
    """Pre-orders for a day that has no delivery, and for one that has."""
    shop.sells("mug", release_date=day(20), allow_preorders=True)
    shop.order(("mug", 1))
    shop.order(("mug", 2))
    shop.announce("mug", 1, 9)
    shop.announce("mug", 2, 30)


def reserved_for_its_day(shop):
    """Pre-orders that have their units."""
    shop.sells("mug", 9, release_date=day(20), allow_preorders=True)
    shop.order(("mug", 1))
    shop.order(("mug", 2), mail="")
    shop.order(("mug", 3))


def bundled(shop):
    """Bundles that have their units, bundles that wait, and a component sold alone."""
    shop.sells("cup", 4)
    shop.sells("spoon", 9)
    shop.bundle("gift", ("cup", 1), ("spoon", 2))
    shop.order(("gift", 2))
    shop.order(("cup", 2), ("spoon", 1))
    shop.order(("gift", 1))
    shop.order(("cup", 1))
    shop.announce("cup", 2, 9)


def two_days(shop):
    """Two backordered items of one order that come on two days, and one that is there."""
    shop.sells("mug")
    shop.sells("pan")
    shop.sells("pot", 9)
    shop.announce("mug", 5, 3)
    shop.announce("pan", 5, 20)
    shop.order(("mug", 1), ("pan", 1), ("pot", 1))
    shop.order(("mug", 1))
    shop.order(("mug", 1), ("pan", 1), mail="")


def oversold(shop):
    """A unit sold elsewhere that is not there, and two that wait for the same delivery."""
    mug = shop.sells("mug", 1)
    update_variant(act=Act.now(), variant=mug, changes={"backorders": "no"})
    shop.order(("mug", 3), is_captured=True)
    shop.variant("mug", True, backorders="allow")
    shop.order(("mug", 2))
    shop.announce("mug", 2, 9)


def together(shop):
    """An order that ships on one day, of which one item has none; another one that owes it."""
    shop.sells("mug")
    shop.sells("pan")
    shop.announce("pan", 5, 9)
    shop.order(("mug", 1), ("pan", 2), ship_together=True)
    shop.order(("mug", 1))


def ranked(shop):
    """Two orders for one delivery, the second of higher value."""
    shop.sells("mug")
    shop.announce("mug", 3, 9)
    shop.order(("mug", 2))
    shop.order(("mug", 3))


def unpaid(shop):
    """Two unpaid orders that took what is there, and one that waits behind them."""
    shop.sells("mug", 3)
    old = [shop.order(("mug", 2), is_paid=False), shop.order(("mug", 1), mail="", is_paid=False)]
    keys = [order.pk for order in old]
    Order.objects.filter(pk__in=keys).update(created_at=NOON - timedelta(hours=30))
    shop.order(("mug", 1), is_paid=False)
    shop.order(("mug", 4))
    shop.announce("mug", 2, 9)


CASES = {
    "release date on what is ready": (
        ready,
        lambda s, yes: s.variant("mug", yes, release_date=day(9)),
        lambda s, yes: s.variant("mug", yes, release_date=None),
    ),
    "release date on what is owed": (
        owed,
        lambda s, yes: s.variant("mug", yes, release_date=day(9)),
        lambda s, yes: s.variant("mug", yes, release_date=None),
    ),
    "release date on what is due": (
        due,
        lambda s, yes: s.variant("mug", yes, release_date=day(30)),
        lambda s, yes: s.variant("mug", yes, release_date=None),
    ),
    "release date later": (
        reserved_for_its_day,
        lambda s, yes: s.variant("mug", yes, release_date=day(30)),
        lambda s, yes: s.variant("mug", yes, release_date=day(20)),
    ),
    "release date later, with deliveries": (
        preordered,
        lambda s, yes: s.variant("mug", yes, release_date=day(25)),
        lambda s, yes: s.variant("mug", yes, release_date=day(3)),
    ),
    "release date come": (
        reserved_for_its_day,
        lambda s, yes: s.variant("mug", yes, release_date=TODAY),
        lambda s, yes: s.variant("mug", yes, release_date=day(20)),
    ),
    "release date of a bundle": (
        bundled,
        lambda s, yes: s.variant("gift", yes, release_date=day(30)),
        lambda s, yes: s.variant("gift", yes, release_date=day(40)),
        lambda s, yes: s.variant("gift", yes, release_date=day(30)),
        lambda s, yes: s.variant("gift", yes, release_date=None),
    ),
    "release date of a component": (
        bundled,
        lambda s, yes: s.variant("spoon", yes, release_date=day(30)),
        lambda s, yes: s.variant("spoon", yes, release_date=None),
    ),
    "out of stock": (
        due,
        lambda s, yes: s.level("mug", yes, in_stock=False),
        lambda s, yes: s.level("mug", yes, in_stock=True),
    ),
    "a component out of stock": (
        bundled,
        lambda s, yes: s.level("cup", yes, in_stock=False),
        lambda s, yes: s.level("cup", yes, in_stock=True),
    ),
    "a channel narrowed": (
        due_in_paris,
        lambda s, yes: s.channel(yes, s.paris),
        lambda s, yes: s.channel(yes, s.berlin),
        lambda s, yes: s.channel(yes),
    ),
    "a warehouse off": (
        due_in_paris,
        lambda s, yes: s.warehouse(yes, is_active=False),
        lambda s, yes: s.warehouse(yes, is_active=True),
    ),
    "the other warehouse off": (
        due_in_paris,
        lambda s, yes: s.warehouse(yes, s.paris, is_active=False),
        lambda s, yes: s.warehouse(yes, s.paris, is_active=True),
    ),
    "backordered items ship together": (
        two_days,
        lambda s, yes: s.settings(yes, backordered_items_ship="together"),
        lambda s, yes: s.settings(yes, backordered_items_ship="each"),
    ),
    "release rule": (
        ranked,
        lambda s, yes: s.settings(yes, release_rule="highest_value"),
        lambda s, yes: s.settings(yes, release_rule="fifo"),
    ),
    "oversold units": (
        oversold,
        lambda s, yes: s.settings(yes, serve_oversold=False),
        lambda s, yes: s.settings(yes, serve_oversold=True),
    ),
    "hours that unpaid orders are kept": (
        unpaid,
        lambda s, yes: s.settings(yes, unpaid_order_hours=48),
        lambda s, yes: s.settings(yes, unpaid_order_hours=24),
        lambda s, yes: s.settings(yes, unpaid_order_hours=0),
    ),
    "tracking": (
        together,
        lambda s, yes: s.variant("mug", yes, track_inventory=False, backorders="inherit"),
        lambda s, yes: s.variant("mug", yes, track_inventory=True, backorders="allow"),
    ),
}


def asked(change, shop):
    """Return what a change asks before it is made; nothing is asked of one that is made."""
    try:
        change(shop, False)
    except NeedsConfirmation as refused:
        return refused.consequences.each
    return ()


def state():
    lines = OrderLine.objects.order_by("pk").values_list("pk", "promised_at", "told_at")
    return (
        list(lines),
        list(Order.objects.filter(promise_notice_due=True)),
        OutgoingMail.objects.count(),
    )


@pytest.mark.parametrize("case", CASES)
def test_so_many_mails_are_written_as_were_asked_about(case, shop):
    prepare, *changes = CASES[case]
    prepare(shop)
    shop.mails()
    heard = 0
    for change in changes:
        before = state()
        found = asked(change, shop)
        if found:
            assert state() == before
            change(shop, True)

        mails = shop.mails()

        assert sum(one.emails for one in found) == len(mails), (case, found, mails)
        assert all(one.orders and one.units for one in found)
        assert reconcile() == []
        heard += len(mails)
    assert heard, case


# --- saved as a whole, by pages and programs --------------------------------------------------


def sent_as_asked(shop, change):
    """Make a change that asks, and return its e-mails: as many as were asked about."""
    shop.mails()
    found = asked(change, shop)
    assert found
    change(shop, True)
    mails = shop.mails()
    assert sum(one.emails for one in found) == len(mails)
    return mails


def test_a_page_counts_whom_all_its_changes_together_make_us_write_to(shop):
    due(shop)
    mug = shop.things["mug"]

    def edit(shop, yes):
        level = StockLevel.objects.get(variant=mug, warehouse=shop.berlin)
        edit_variant(
            variant=mug,
            changes={"release_date": day(30)},
            levels=[LevelChange(shop.berlin, {"in_stock": False}, level.version)],
            act=Act.now(),
            confirm=yes,
        )

    assert len(sent_as_asked(shop, edit)) == 3


def test_the_api_revises_a_variant_with_its_product_as_it_asked(shop):
    due(shop)

    def revise(shop, yes):
        revise_variant(
            variant=shop.things["mug"],
            changes={"release_date": day(30)},
            product_changes={"backorders": "no"},
            act=Act.now(),
            confirm=yes,
        )

    assert len(sent_as_asked(shop, revise)) == 3


def test_the_page_of_the_settings_asks_before_items_ship_together(desk, shop, filled):
    two_days(shop)
    shop.mails()
    page = reverse("admin:inventory_storesettings_changelist")
    data = filled(desk.get(page), backordered_items_ship="together")

    asked = desk.post(page, data)

    question = asked.context["question"]
    assert (asked.status_code, question.sentences) == (
        409,
        ["2 units of 2 orders get a new expected date. 1 customer gets an e-mail."],
    )
    assert StoreSettings.load().backordered_items_ship == "each"
    assert not Job.objects.filter(kind="refresh_promises").exists()
    assert desk.post(page, {**data, "confirm": question.mark}).status_code == 302
    assert len(shop.mails()) == 1


def test_the_api_asks_before_items_ship_together_and_before_that_is_set_back(api, shop):
    two_days(shop)
    shop.mails()
    for word, code, emails in (("together", 409, 1), ("each", 200, 0)):
        body = {"backordered_items_ship": word}

        answer = api.patch("/settings", body)

        assert answer.status_code == code, answer.content
        found = answer.json().get("consequences", [])
        assert sum(one["emails"] for one in found) == emails
        api.patch("/settings", {**body, "confirm": True})
        assert len(shop.mails()) == emails


# --- many at once -----------------------------------------------------------------------------


def by_job(one):
    raise AssertionError("few are done at once")


def bulk(user, variants, wish):
    edit = choose(chosen={"ids": sorted(one.pk for one in variants)}, user=user)
    return prepare(bulk_ask(edit, {"wish": wish}), progress=lambda done, total: None)


def test_a_bulk_edit_and_its_undo_count_the_mails_that_are_written(operator, shop):
    due_in_paris(shop)
    shop.mails()
    wish = {"levels": {shop.berlin.pk: {"in_stock": False}, shop.paris.pk: {"in_stock": False}}}
    edit = bulk(operator, [shop.things["mug"]], wish)

    found = consequences_of(edit)
    assert found == consequences_of(edit)
    edit = confirm(edit, act=Act.now(), start=by_job)

    assert sum(one.emails for one in found.each) == len(shop.mails()) == 2
    back = preview(edit.change_set, user=operator).consequences
    with pytest.raises(NeedsConfirmation) as asked:
        undo(edit.change_set, act=Act(NOON, user_id=operator.pk), start=by_job)
    assert asked.value.consequences == back
    undo(edit.change_set, act=Act(NOON, user_id=operator.pk), start=by_job, confirm=True)
    assert sum(one.emails for one in back.each) == len(shop.mails()) == 2
    assert reconcile() == []


def test_an_unseen_bulk_edit_that_sets_back_asks_as_well(operator, shop):
    due(shop)
    shop.level("mug", True, in_stock=False)
    shop.mails()
    wish = {"levels": {shop.berlin.pk: {"in_stock": True}}}
    edit = choose(chosen={"ids": [shop.things["mug"].pk]}, user=operator)
    edit = bulk_ask(edit, {"wish": wish})

    with pytest.raises(NeedsConfirmation) as asked:
        confirm(edit, act=Act.now(), start=by_job, unseen=True)
    confirm(edit, act=Act.now(), start=by_job, unseen=True, agreed=True)

    assert sum(one.emails for one in asked.value.consequences.each) == len(shop.mails()) == 1


def test_a_file_counts_the_mails_that_are_written(operator, shop):
    together(shop)
    shop.mails()
    file = lines(["SKU;Stock_Track;Stock_Disable_Sold_Out", "mug;N;Y"])

    source = run(file, user=operator, apply_it=False)
    found = consequences_of_file(source)
    run(file, user=operator)

    assert sum(one.emails for one in found.each) == len(shop.mails()) == 1


def test_of_very_many_the_mails_are_counted_from_above(operator, shop, monkeypatch):
    bundled(shop)
    shop.sells("mug")
    shop.order(("mug", 1))
    shop.mails()
    wish = {"levels": {shop.berlin.pk: {"in_stock": False}}}
    edit = bulk(operator, [shop.things["cup"]], wish)
    exact = consequences_of(edit)
    counts = []
    for few in (1_000, 0):
        monkeypatch.setattr("inventory.services.consequences.TRIED_ORDERS", 0)
        monkeypatch.setattr("orders.services.consequences.FEW", few)
        counts.append(consequences_of(edit))

    assert counts[0] == counts[1]
    last = counts[0].each[-1]
    assert (last.effect, last.orders, last.emails) == (Effect.DATES_ANEW, 4, 4)
    assert last.emails >= sum(one.emails for one in exact.each) == 2
    assert in_words(counts[0])[-1] == (
        "The expected dates of 13 units of 4 orders are calculated again. "
        "Up to 4 customers get an e-mail."
    )


def test_a_rule_is_asked_about_from_above_where_very_many_wait(shop, monkeypatch):
    two_days(shop)
    shop.mails()
    monkeypatch.setattr("orders.services.room.FEW", 0)

    (one,) = asked(lambda s, yes: s.settings(yes, backordered_items_ship="together"), shop)

    assert (one.effect, one.orders, one.units, one.emails) == (Effect.DATES_ANEW, 3, 5, 2)
    assert StoreSettings.load().backordered_items_ship == "each"


def test_what_is_not_about_dates_is_counted_in_few_statements(
    operator, owing, django_assert_max_num_queries
):
    edit = bulk(operator, [owing], {"backorders": "no"})

    with django_assert_max_num_queries(14):
        consequences_of(edit)


def test_a_preview_changes_nothing(operator, shop):
    due(shop)
    shop.mails()
    before = state()
    wish = {"levels": {shop.paris.pk: {"in_stock": False}}}

    consequences_of(bulk(operator, [shop.things["mug"]], wish))

    assert state() == before
    assert not StockLevel.objects.filter(warehouse=shop.paris).exists()


# --- what is no setting is not asked about, and says afterwards what it did -------------------


def test_the_page_of_a_delivery_says_whose_dates_it_moved(desk, shop):
    due(shop)
    shop.mails()
    delivery = IncomingDelivery.objects.get()

    def press(name, **data):
        page = reverse(f"admin:inventory_incomingdelivery_{name}", args=[delivery.pk])
        answer = desk.post(page, data, follow=True)
        return [str(message) for message in answer.context["messages"]]

    (later,) = press("reschedule", expected_at=day(20).isoformat())
    assert later.endswith(
        "2026. 3 units of 1 order get a new expected date. 1 customer gets an e-mail."
    )
    assert len(shop.mails()) == 1
    (earlier,) = press("reschedule", expected_at=day(10).isoformat())
    assert (earlier[:15], earlier.count(".")) == ("Now expected on", 1)
    assert shop.mails() == []
    (canceled,) = press("cancel")
    assert canceled.startswith("The delivery was canceled. Stock already received is kept. 3 units")
    assert canceled.endswith(" 1 order will have no expected date. 1 customer gets an e-mail.")
    assert len(shop.mails()) == 1


# --- any change, in any shop ------------------------------------------------------------------


def any_shop(shop, chance):
    """A shop with a few items, orders and deliveries, as chance has it."""
    for sku in ("mug", "pan"):
        fields = {"release_date": day(20), "allow_preorders": True} if chance.random() < 0.3 else {}
        shop.sells(sku, chance.choice([0, 0, 3, 6]), **fields)
        if chance.random() < 0.5:
            shop.receive(shop.things[sku], shop.paris, chance.randint(1, 4))
        for n in chance.sample(range(2, 40), chance.randint(0, 3)):
            shop.announce(sku, chance.randint(1, 6), n, chance.choice([shop.berlin, shop.paris]))
    shop.bundle("gift", ("mug", 1), ("pan", 2))
    for _ in range(chance.randint(3, 7)):
        skus = chance.sample(["mug", "pan", "gift"], chance.randint(1, 2))
        with suppress(OrderRefused):
            shop.order(
                *((sku, chance.randint(1, 3)) for sku in skus),
                mail=chance.choice(["ann@example.com", "bob@example.com", ""]),
                ship_together=chance.random() < 0.3,
                is_paid=chance.random() < 0.8,
            )


def any_change(shop, chance):
    """One of the changes that may move a date."""
    sku, place = chance.choice(["mug", "pan"]), chance.choice([shop.berlin, shop.paris])
    on = chance.random() < 0.5
    places = chance.choice([[], [shop.berlin], [shop.paris], [shop.berlin, shop.paris]])
    when = chance.choice([None, TODAY, day(5), day(15), day(30)])
    return chance.choice(
        [
            lambda s, yes: s.variant(sku, yes, release_date=when),
            lambda s, yes: s.variant("gift", yes, release_date=when),
            lambda s, yes: s.variant(sku, yes, track_inventory=on),
            lambda s, yes: s.level(sku, yes, place, in_stock=on),
            lambda s, yes: s.warehouse(yes, place, is_active=on),
            lambda s, yes: s.channel(yes, *places),
            lambda s, yes: s.settings(yes, backordered_items_ship="together" if on else "each"),
            lambda s, yes: s.settings(yes, release_rule="fifo" if on else "most_orders"),
        ]
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_change_writes_as_many_mails_as_it_asked_about(shop, seed):
    chance = Random(seed)
    any_shop(shop, chance)
    shop.mails()
    for _ in range(4):
        change = any_change(shop, chance)
        before = state()
        found = asked(change, shop)
        if found:
            assert state() == before
            change(shop, True)
        mails = shop.mails()
        assert sum(one.emails for one in found) == len(mails), (found, mails)
        assert reconcile() == []
