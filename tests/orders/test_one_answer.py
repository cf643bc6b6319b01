"""Screen, API and order give one answer: the same state, units, day and rule, in any world."""

import os
import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from channels.models import Channel, Listing
from inventory.acts import Act
from inventory.admin.by_channel import rows_by_channel
from inventory.models import (
    BundleComponent,
    IncomingDelivery,
    IncomingDeliveryLine,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.services.catalog import create_product, create_variant
from orders.errors import OrderRefused
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from orders.storefront.quote import quote
from orders.told import told as told_of
from tests.inventory.api.conftest import Api

FIRST, _dash, LAST = os.environ.get("WORLDS", "15").rpartition("-")
WORLDS = range(int(FIRST or 0), int(LAST))
"""The random worlds that are tried; `WORLDS=10000` tries ten thousand, `WORLDS=500-600` a part."""


class World:
    """A few variants, one of them a bundle, with random settings, stock and channels."""

    def __init__(self, dice):
        self.dice = dice
        self.today = timezone.localdate()
        self.settings = StoreSettings.load()
        self.places = [
            Warehouse.objects.create(
                code=f"w{n}", name=f"W{n}", priority=n, is_active=dice.random() < 0.85
            )
            for n in range(dice.randint(1, 3))
        ]
        self._set_store()
        self.variants = [self._variant(n) for n in range(3)]
        if dice.random() < 0.7:
            bundle = self._variant(9)
            for part in dice.sample(self.variants, dice.randint(1, 2)):
                BundleComponent.objects.create(
                    bundle=bundle, component=part, quantity=dice.randint(1, 2)
                )
            self.variants.append(bundle)
        self.channels = [self._channel(slug) for slug in ("direct", "storefront")]

    def _set_store(self):
        dice, settings = self.dice, self.settings
        settings.backorders = dice.choice(["no", "no", "allow", "notify"])
        settings.out_of_stock_threshold = dice.choice([0, 0, 2, -3])
        settings.sellers_can_accept_backorders = dice.random() < 0.5
        settings.backordered_items_ship = dice.choice(["each", "together"])
        settings.save()

    def _variant(self, number):
        dice = self.dice
        seller = (
            Seller.objects.get_or_create(code="s", name="S")[0] if dice.random() < 0.3 else None
        )
        product = create_product(
            act=Act.now(),
            title=f"P{number}",
            seller=seller,
            backorders=dice.choice(["inherit", "inherit", "no"]),
        )
        variant = create_variant(
            act=Act.now(),
            product=product,
            sku=f"v{number}",
            track_inventory=dice.random() < 0.92,
            price=1,
        )
        Variant.objects.filter(pk=variant.pk).update(
            backorders=dice.choice(["inherit", "inherit", "no", "allow", "notify"]),
            out_of_stock_threshold=dice.choice([None, None, 1, -2]),
            release_date=dice.choice([None, None, self.today + timedelta(days=9)]),
            allow_preorders=dice.random() < 0.5,
        )
        if number != 9:
            self._stock(variant)
        return Variant.objects.select_related("product").get(pk=variant.pk)

    def _stock(self, variant):
        dice = self.dice
        for place in self.places:
            if dice.random() < 0.7:
                StockLevel.objects.create(
                    variant=variant,
                    warehouse=place,
                    on_hand=dice.choice([0, 0, 1, 2, 5]),
                    in_stock=dice.random() < 0.85,
                    backorder_threshold=dice.choice([None, None, 0, 2]),
                )
            if dice.random() < 0.4:
                delivery = IncomingDelivery.objects.create(
                    warehouse=place,
                    reference="D",
                    expected_at=self.today + timedelta(days=dice.choice([-1, 2, 5, 20])),
                )
                IncomingDeliveryLine.objects.create(
                    delivery=delivery, variant=variant, quantity=dice.randint(1, 4)
                )

    def _channel(self, slug):
        dice = self.dice
        channel = Channel.objects.get(slug=slug)
        channel.is_active = dice.random() < 0.9
        channel.save()
        if dice.random() < 0.3:
            channel.warehouses.set(dice.sample(self.places, 1))
        if channel.has_listings:
            for row in Listing.objects.filter(channel=channel):
                if dice.random() < 0.85:
                    row.published_at = timezone.now()
                    row.published_backorder = dice.choice(["allowed", "allowed", "channel"])
                    row.published_price = 1
                    row.status = "listed"
                    row.save()
        return channel

    def order(self, channel, variant, units):
        """Return the refusal of an order, or the day that it is promised; nothing is kept."""
        refusals, lines = self.order_of(channel, {variant: units})
        return (refusals[0], None) if refusals else (None, lines[0][2])

    def order_of(self, channel, cart, *, together=False):
        """Return the refusals of an order, and for each line what ships now, what is owed, its day.

        Nothing is kept.
        """
        with transaction.atomic():
            try:
                order = place_order(
                    channel=channel,
                    customer=Customer("Ann"),
                    lines=[Wanted(one, units, one.price or 0) for one, units in cart.items()],
                    act=Act.now(by="ann"),
                    ship_together=together,
                )
                return [], [
                    (one.now, one.line.backordered_when_placed, one.line.promised_at)
                    for one in told_of(order, today=self.today).lines
                ]
            except OrderRefused as error:
                return list(error.refusals), []
            finally:
                transaction.set_rollback(True)


@pytest.mark.parametrize("seed", WORLDS)
def test_screen_api_and_order_agree(seed, operator):
    api = Api(operator)
    world = World(random.Random(seed))
    variants = world.variants
    _alone, rows = rows_by_channel(variants, world.settings, today=world.today)

    for channel in world.channels:
        query = "&".join(f"sku={variant.sku}" for variant in variants)
        answer = api.get(f"/availability?channel={channel.slug}&{query}").json()["results"]
        for variant, told in zip(variants, answer, strict=True):
            [row] = [row for row in rows[variant.pk] if row.slug == channel.slug]
            shown = (row.offer.salable, row.offer.state.value, row.offer.available)
            assert (told["salable"], told["state"], told["available"]) == shown
            contradicts_nothing(told)
            rule = rule_for_more(api, channel, variant)
            assert rule == (row.offer.limited_by and row.offer.limited_by.name)
            if told["salable"] == 0:
                refusal, _day = world.order(channel, variant, 1)
                assert refusal.rule == rule == row.offer.refused_by.name
            else:
                is_sold_as_told(world, channel, variant, told, rule)


def rule_for_more(api, channel, variant):
    """Return the rule that the API names for one unit more than may be sold, if it names one."""
    why = api.get(f"/availability/{variant.sku}/why?channel={channel.slug}").json()
    if why["refuses_more"] is None:
        return None
    check = why["checks"][why["refuses_more"]]
    return f"{check['level']}.{check['rule']}"


def contradicts_nothing(told):
    """Mode, limit, room and state of one answer agree."""
    mode, limit, room = told["backorder_mode"], told["backorder_limit"], told["backorderable"]
    if not told["track_inventory"] and told["salable"] is None:
        assert (limit, room, told["state"]) == (None, None, "in_stock")
        return
    assert (mode == "no") == (limit == 0)
    if limit is not None:
        assert room is not None
        assert room <= max(limit - told["on_backorder"], 0)
    assert (told["state"] == "out_of_stock") == (told["salable"] == 0)
    if told["state"] == "on_backorder":
        assert told["available"] == 0
        assert room != 0


def is_sold_as_told(world, channel, variant, told, rule):
    """One is sold for the day that was told, all that are salable are sold, and none more."""
    refusal, day = world.order(channel, variant, 1)
    assert refusal is None
    assert (day.isoformat() if day else None) == told["expected_at"]
    if told["salable"] is not None:
        assert world.order(channel, variant, told["salable"])[0] is None
        refusal, _day = world.order(channel, variant, told["salable"] + 1)
        assert refusal.rule == rule
        assert refusal.available + refusal.backorderable == told["salable"]


@pytest.mark.parametrize("seed", WORLDS)
def test_the_cart_says_what_the_order_does(seed, db):
    dice = random.Random(10_000 + seed)
    world = World(dice)
    carts = [{variant: units} for variant in world.variants for units in (1, 3)]
    for _more in range(3):
        some = dice.sample(world.variants, dice.randint(2, len(world.variants)))
        carts.append({variant: dice.randint(1, 3) for variant in some})
    for cart in carts:
        for together in (False, True):
            is_ordered_as_quoted(world, cart, together=together)


def is_ordered_as_quoted(world, cart, *, together):
    """What is refused, what ships now, what is owed and each day are those of the order."""
    storefront = world.channels[1]
    asked = quote(
        {variant.sku: units for variant, units in cart.items()},
        channel=storefront,
        settings=world.settings,
        today=world.today,
        ship_together=together,
    )
    refusals, lines = world.order_of(storefront, cart, together=together)
    if asked.gone:
        assert refusals
        return
    assert [line.refusal for line in asked.lines if line.refusal] == refusals
    if not refusals:
        assert [(line.now, line.owed, line.expected_at) for line in asked.lines] == lines
