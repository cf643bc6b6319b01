"""A shop that loses, doubles and mixes up what is said: when it is quiet again, remote = ours.

Each seed is a story of its own; a failure names its seed, and the seed replays it.
"""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from django.utils import timezone

from channels.models import Channel, Listing, Outgoing, SalableChange
from channels.services.channels import create_channel
from channels.services.connect import connect
from channels.services.items import items_to_push
from channels.services.listings import edit_listing
from channels.services.publish import publish
from channels.services.salable import lay_out
from channels.services.send import retry, send
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import StoreSettings, Variant, Warehouse
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.errors import OrderRefused
from orders.models import CapturedOrder, Order, OrderStatus
from orders.services.booking import Wanted
from orders.services.capture import record, settle_or_say
from orders.services.fetch import fetch_orders_of
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile
from tests.channels.standin import Faults, SoldOut, standin

SEEDS = 200
STEPS = 14
SECRET = "s3cr3t"
SKUS = ("mug", "tee-s", "tee-m", "poster")
POLICIES = (
    {"backorders": "allow"},
    {"backorders": "notify", "out_of_stock_threshold": -3},
    {"backorders": "no"},
)


class Story:
    """What happens here, there, and in between, as the dice fall."""

    def __init__(self, shop, seed):
        self.dice = random.Random(seed)
        self.shop = shop
        self.clock = timezone.now()
        self.told = 0
        self.wanted = dict.fromkeys(SKUS, True)
        self.seconds = 0
        shop.now = self.shops_clock
        shop.currency = StoreSettings.load().currency
        shop.create_webhook({"topic": "order.created", "delivery_url": "x", "secret": SECRET})
        shop.create_webhook({"topic": "order.updated", "delivery_url": "x", "secret": SECRET})
        shop.faults = Faults(seed=seed, drop=0.1, double=0.1, reorder=0.2, lost_answer=0.05)
        self.channel = create_channel(
            act=Act.now(),
            slug="woo",
            name="Woo",
            connector="woocommerce",
            address=shop.address,
            key=shop.key,
            secret=shop.secret,
            webhook_secret=SECRET,
            allow_out_of_stock_purchases=True,
            processing_mode=self.dice.choice(["manual", "pick", "pick_pack_ship"]),
        )
        tee = create_product(act=Act.now(), title="Tee")
        for sku in SKUS:
            product = tee if sku.startswith("tee") else create_product(act=Act.now(), title=sku)
            title = sku if product == tee else ""
            policy = self.dice.choice(POLICIES)
            create_variant(
                act=Act.now(), product=product, sku=sku, title=title, price="10.00", **policy
            )

    def __call__(self):
        self.list_all()
        deeds = (
            *(self.receive, self.edit, self.reprice, self.list_all, self.sell_here),
            *(self.unlist, self.unlist, self.list_one),
            *(self.buy_there, self.buy_there, self.move_order_there, self.deliver, self.tick),
        )
        for _step in range(STEPS):
            self.dice.choice(deeds)()

    def shops_clock(self):
        """Return the shop's time: it keeps whole seconds, and nothing happens twice in one."""
        self.seconds += 1
        return (self.clock + timedelta(seconds=self.seconds)).replace(microsecond=0)

    # --- here ---------------------------------------------------------------------------------

    def variant(self):
        return Variant.objects.select_related("product").get(sku=self.dice.choice(SKUS))

    def listing(self):
        return Listing.objects.for_page().get(channel=self.channel, variant=self.variant())

    def receive(self):
        receive_stock(
            warehouse=Warehouse.objects.get(),
            lines=[StockLine(self.variant(), self.dice.randint(1, 5))],
            reference="R",
            act=Act(at=self.clock, by="story"),
        )

    def edit(self):
        edit_listing(
            act=Act.now(),
            listing=self.listing(),
            changes={"allow_backorder": self.dice.random() < 0.5},
        )

    def reprice(self):
        price = Decimal(self.dice.randint(5, 20))
        update_variant(
            act=Act.now(),
            variant=self.variant(),
            changes={"price": price, **self.dice.choice(POLICIES)},
            confirm=True,
        )

    def list_all(self):
        self.wanted = dict.fromkeys(SKUS, True)
        self.publish(SKUS)

    def list_one(self):
        sku = self.dice.choice(SKUS)
        self.wanted[sku] = True
        self.publish([sku])

    def publish(self, skus):
        rows = Listing.objects.filter(channel=self.channel, variant__sku__in=skus)
        rows = rows.filter(~Q(status="listed") | Q(is_leaving=True))
        ids = rows.values_list("pk", flat=True)
        publish(channel=self.channel, listing_ids=list(ids), act=Act(self.clock))

    def unlist(self):
        listing = self.listing()
        self.wanted[listing.variant.sku] = False
        unlist(channel=self.channel, listing_ids=[listing.pk], act=Act(self.clock))

    def sell_here(self):
        variant = self.variant()
        channel = Channel.objects.get(slug="direct")
        wanted = [Wanted(variant, 1, Decimal(5))]
        if variant.backorders != "no":
            fields = {"channel": channel, "customer": Customer("Ann"), "lines": wanted}
            try_to(place_order, **fields, act=Act(self.clock, "story"))

    # --- there --------------------------------------------------------------------------------

    def buy_there(self):
        sku = self.dice.choice(SKUS)
        if self.shop.by_sku(sku):
            status = self.dice.choice(["pending", "processing", "processing"])
            try_to(self.shop.buy, sku, self.dice.randint(1, 3), status=status, email="a@b.example")

    def move_order_there(self):
        if self.shop.orders:
            number = self.dice.choice(sorted(self.shop.orders))
            status = self.dice.choice(["processing", "completed", "cancelled"])
            self.shop.update_order(
                number, {"status": status, "set_paid": status in {"processing", "completed"}}
            )

    # --- in between ---------------------------------------------------------------------------

    def deliver(self):
        """Let the network bring what the shop said since, as networks do."""
        deliveries = self.shop.deliveries[self.told :]
        self.told = len(self.shop.deliveries)
        self.bring(deliveries)

    def bring(self, deliveries):
        for delivery in self.shop.faults.as_delivered(deliveries):
            if "X-WC-Webhook-Signature" not in delivery.headers:
                continue  # the ping
            message = connect(self.channel).receive(delivery.headers, delivery.body)
            if message.order:
                record(self.channel, message.order, at=self.clock)

    def tick(self, *, later=timedelta(minutes=7)):
        """Do what the worker does."""
        self.clock += later
        self.channel.refresh_from_db()
        fetch_orders_of(self.channel, at=self.clock)
        self.settle()
        lay_out(at=self.clock)
        while send(self.channel, at=self.clock):
            pass

    def settle(self):
        for captured in CapturedOrder.objects.due().order_by("pk"):
            settle_or_say(captured, at=self.clock)

    def until_quiet(self):
        """Let nothing fail any more, and everybody finish."""
        self.shop.faults = Faults()
        self.publish([sku for sku in SKUS if self.wanted[sku]])
        for _hour in range(12):
            retry(self.channel, act=Act(self.clock))
            self.tick(later=timedelta(hours=2))
            if not Outgoing.objects.exists():
                break
        self.bring(self.dice.sample(self.shop.deliveries, len(self.shop.deliveries)))
        self.settle()


def try_to(do, *args, **fields):
    """Do something that may be refused."""
    try:
        do(*args, **fields)
    except (SoldOut, OrderRefused):
        return


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_when_it_is_quiet_again_remote_is_ours(db, settings, seed):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin(seed=seed) as shop:
        story = Story(shop, seed)
        story()
        story.until_quiet()

        assert not Outgoing.objects.exists()
        assert not SalableChange.objects.exists()
        listings_agree(story)
        orders_agree(shop)
        assert reconcile() == []


def listings_agree(story):
    listings = list(Listing.objects.for_page().filter(channel=story.channel))
    stands = {listing.variant.sku: listing.status == "listed" for listing in listings}
    assert stands == story.wanted
    assert {listing.status for listing in listings} <= {"listed", "unlisted"}
    assert not any(listing.is_leaving for listing in listings)
    listed = [listing for listing in listings if listing.is_published]
    items = items_to_push(story.channel, listed, at=story.clock)
    found = connect(story.channel).read(list(items.values()))
    assert [row.difference for row in found] == [""] * len(listed)
    for sku in SKUS:
        rows = story.shop.by_sku(sku)
        assert len(rows) <= 1
        assert any(story.shop.is_seen(row) for row in rows) is story.wanted[sku]


def orders_agree(shop):
    """Compare each order of the shop with ours: there is one of each, and it is the same."""
    assert CapturedOrder.objects.count() == len(shop.orders)
    for number, remote in shop.orders.items():
        captured = CapturedOrder.objects.get(external_id=str(number))
        words = {"pending": "created", "processing": "paid", "completed": "shipped"}
        assert captured.status == words.get(remote["status"], "canceled")
        if captured.order is None:
            assert remote["status"] in {"pending", "cancelled"}
            continue
        ours = sorted(captured.order.lines.values_list("sku", "quantity"))
        assert ours == sorted((line["sku"], line["quantity"]) for line in remote["lines"])
        if remote["status"] == "cancelled":
            is_canceled = captured.order.status == OrderStatus.CANCELED
            assert is_canceled or captured.state == "needs_attention"
    sold = Order.objects.filter(channel__slug="woo")
    assert sold.count() == CapturedOrder.objects.exclude(order=None).count()
