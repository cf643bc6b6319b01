"""A marketplace of three: seller A, seller B and the store itself, each with one of everything.

Every text that can be typed somewhere holds a canary of its owner, such as `qb017q`: what a page
shows of B is found by looking for `qb`, whatever page it is.
"""

import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import Group
from django.utils import timezone

from backoffice.models import ApiToken
from channels.models import (
    DIRECT,
    STOREFRONT,
    BulkListing,
    BulkListingItem,
    Channel,
    ChannelLog,
    Listing,
    Outgoing,
    SavedFilter,
)
from channels.services.channels import create_channel
from inventory.acts import Act
from inventory.models import (
    ChangeSet,
    ChangeSetRow,
    DeliveryTimeframe,
    Import,
    ImportRow,
    IncomingDelivery,
    Job,
    Movement,
    Seller,
    StockLevel,
    StoreSettings,
    Warehouse,
)
from inventory.models.bulk_edit import BulkEdit, BulkEditItem
from inventory.services.catalog import create_product, create_variant, set_components
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.models import CapturedOrder, FulfillmentLine, FulfillmentOrder, Hold, Order, OrderLine
from orders.services.booking import Wanted
from orders.services.holds import hold
from orders.services.place import Customer, place_order

A, B, STORE = "a", "b", "s"
OWNERS = (A, B, STORE)
CANARY = re.compile(r"q([abs])\d{3}q", re.IGNORECASE)

MISSING = 987_654
"""A key that no row has."""


class Says:
    """Texts of one owner, each with a number of its own."""

    def __init__(self, owner):
        self.owner, self.count = owner, 0

    def __call__(self, form="canary {}"):
        self.count += 1
        return form.format(f"q{self.owner}{self.count:03d}q")


class World:
    """The rows of each owner, by model: `rows["b"]["inventory.variant"]`."""

    def __init__(self, users):
        self.users = users
        self.rows = defaultdict(lambda: defaultdict(list))
        self.skus, self.sellers, self.emails = {}, {}, {}
        self.shop = create_channel(
            act=Act.now(), slug="shop", name="Shop elsewhere", connector="woocommerce"
        )
        self.storefront = Channel.objects.get(slug=STOREFRONT)
        self.main = Warehouse.objects.get(code="main")
        StoreSettings.objects.update(sellers_can_accept_backorders=True)
        shared = (self.storefront, self.shop, self.main, StoreSettings.load())
        self.keep("shared", *shared, DeliveryTimeframe.objects.create(name="Quick"))
        self.keep("shared", *Group.objects.order_by("pk")[:1], users[A])
        for owner in OWNERS:
            Filler(self, owner).fill()
        self.mix()

    def keep(self, owner, *rows):
        """Note whose rows these are."""
        for row in rows:
            self.rows[owner][row._meta.label_lower].append(row.pk)
        return rows[0]

    def pk(self, owner, label):
        """Return the key of a row of this owner, or of one that all share; `None`: no such row."""
        own = self.rows[owner].get(label) or self.rows["shared"].get(label)
        return own[0] if own else None

    def mix(self):
        """Place what several have a part in: an order of all, and A's unit in a bundle of B."""
        variants = {owner: self.variants[owner][0] for owner in OWNERS}
        order = self.order("Mixed Customer", [(one, 1) for one in variants.values()])
        self.keep("mixed", order, *FulfillmentOrder.objects.filter(order=order))
        parcel = FulfillmentOrder.objects.filter(order=order).first()
        hold(fulfillment_order=parcel, note="canary qs901q", act=Act.now(by="canary qs902q"))
        bundle = create_variant(
            act=Act.now(), product=variants[B].product, sku="CANARY-QB903Q", price="3.00"
        )
        set_components(act=Act.now(), bundle=bundle, lines=[StockLine(self.variants[A][1], 1)])
        self.keep("mixed", self.order("Bundle Customer", [(bundle, 1)]))

    def order(self, name, lines, **fields):
        """Place an order for more than there is."""
        return place_order(
            channel=Channel.objects.get(slug=DIRECT),
            customer=Customer(name, fields.pop("email", "mixed@example.com")),
            lines=[Wanted(variant, units, variant.price) for variant, units in lines],
            act=Act.now(by="olga"),
            **fields,
        )

    variants = property(lambda self: self.__dict__.setdefault("_variants", {}))


class Filler:
    """Gives one owner one of everything."""

    def __init__(self, world, owner):
        self.world, self.owner, self.say = world, owner, Says(owner)
        self.user = world.users[owner]
        self.at = timezone.now()
        self.act = Act(self.at, source="page", user_id=self.user.pk)

    def keep(self, *rows):
        return self.world.keep(self.owner, *rows)

    def fill(self):
        self.catalog()
        self.stock()
        self.orders()
        self.listings()
        self.work()

    def catalog(self):
        say, seller = self.say, None
        if self.owner != STORE:
            key = 700_001 + len(self.world.sellers)  # a number that is nowhere else on a page
            seller = self.keep(Seller.objects.create(pk=key, code=say("seller-{}"), name=say()))
            seller.users.add(self.user)
            self.world.sellers[self.owner] = seller
        product = create_product(
            act=self.act,
            title=say(),
            brand=say(),
            description=say(),
            internal_id=say(),
            seller=seller,
            backorders="allow",
        )
        variants = [
            create_variant(
                act=self.act,
                product=product,
                sku=say("CANARY-{}").upper(),
                title=say(),
                internal_id=say(),
                price=Decimal("7341.59"),
            )
            for _ in range(2)
        ]
        self.keep(product)
        self.keep(*variants)
        self.world.variants[self.owner] = variants
        self.world.skus[self.owner] = variants[0].sku

    def stock(self):
        say, main = self.say, self.world.main
        lines = [StockLine(one, 3) for one in self.world.variants[self.owner]]
        variant = self.world.variants[self.owner][0]
        receive_stock(warehouse=main, lines=lines, reference=say(), act=Act(at=self.at, by=say()))
        found = [Found(variant, 2)]
        correct_stock(warehouse=main, lines=found, reason=say(), act=Act(at=self.at, by=say()))
        soon = timezone.localdate() + timedelta(days=9)
        delivery = create_delivery(
            act=self.act,
            warehouse=main,
            reference=say(),
            supplier=say(),
            expected_at=soon,
            lines=lines,
        )
        self.keep(delivery)
        levels = StockLevel.objects.filter(variant__in=[line.variant for line in lines])
        self.keep(*levels)
        self.keep(*Movement.objects.filter(stock_level__in=levels))

    def orders(self):
        say, world = self.say, self.world
        lines = [(variant, 5) for variant in world.variants[self.owner]]
        email = world.emails[self.owner] = say("{}@canary.example")
        order = world.order(say(), lines, external_id=say(), email=email)
        parcel = FulfillmentOrder.objects.filter(order=order, status="waiting").first()
        hold(fulfillment_order=parcel, note=say(), act=Act(at=self.at, by=say()))
        parcels = FulfillmentOrder.objects.filter(order=order)
        self.keep(order)
        self.keep(*parcels)
        self.keep(*OrderLine.objects.filter(order=order))
        waiting = FulfillmentLine.objects.filter(fulfillment_order=parcel, waiting__gt=0)
        self.keep(*waiting)
        self.keep(Hold.objects.get(fulfillment_order=parcel, reason="manual"))
        self.captured()

    def captured(self):
        say = self.say
        line = {"sku": say("X-{}"), "title": say(), "quantity": 1, "unit_price": "1.00"}
        CapturedOrder.objects.create(
            channel=self.world.shop,
            external_id=say(),
            number=say(),
            status="paid",
            customer_name=say(),
            customer_email=say("{}@canary.example"),
            currency="EUR",
            placed_at=self.at,
            changed_at=self.at,
            received_at=self.at,
            lines=[line],
            raw={"note": say()},
            state="needs_attention",
            problem=say(),
        )
        self.world.keep("shared", CapturedOrder.objects.latest("pk"))

    def listings(self):
        say, world = self.say, self.world
        variant = world.variants[self.owner][0]
        for channel in (world.storefront, world.shop):
            listing = Listing.objects.get(channel=channel, variant=variant)
            Listing.objects.filter(pk=listing.pk).update(
                status="failed", error=say(), remote_id=say(), published_title=say()
            )
            self.keep(listing)
            message = Outgoing(
                channel=channel,
                listing=listing,
                kind="listing",
                due_at=self.at,
                created_at=self.at,
                is_dead=True,
                last_error=say(),
            )
            ChannelLog.objects.create(
                channel=channel,
                listing=listing,
                kind="listing",
                label=say(),
                message=say(),
                sent={"title": say()},
                answered={"error": say()},
                is_ok=False,
                at=self.at,
            )
            message.save()
            bulk = BulkListing.objects.create(
                channel=channel, words=say(), state="done", created_by=self.user, job=self.job()
            )
            BulkListingItem.objects.create(
                bulk=bulk,
                listing=listing,
                version=1,
                status="unlisted",
                allow_before=True,
                allow_after=True,
                state="failed",
                message=say(),
            )
            SavedFilter.objects.create(
                channel=channel, user=self.user, name=say(), query={"q": say()}
            )
            self.keep(bulk)

    def job(self):
        say = self.say
        return self.keep(
            Job.objects.create(
                kind="run_bulk_listing",
                label=say(),
                message=say(),
                state="failed",
                created_by=self.user,
            )
        )

    def work(self):
        say, variant = self.say, self.world.variants[self.owner][0]
        made = ChangeSet.objects.create(kind="import", label=say(), by=self.user)
        ChangeSetRow.objects.create(
            change_set=made,
            model="variant",
            object_id=variant.pk,
            label=say(),
            before={"title": say()},
            after={"title": say()},
        )
        self.keep(made)
        source = Import.objects.create(
            filename=say("{}.csv"),
            state="ready",
            created_by=self.user,
            layout={"headers": ["SKU"]},
            job=self.job(),
            errors=1,
        )
        ImportRow.objects.create(
            source=source,
            number=2,
            outcome="error",
            key=say(),
            words=say(),
            errors=[{"column": "SKU", "message": say(), "value": say()}],
            cells=[say()],
        )
        edit = BulkEdit.objects.create(
            words=say(), created_by=self.user, job=self.job(), state="done", total=1
        )
        BulkEditItem.objects.create(
            edit=edit, variant=variant, version=1, outcome="refused", words=say()
        )
        self.keep(source)
        self.keep(edit)
        self.keep(ApiToken.issue(user_id=self.user.pk, name=say())[0])


def picture(world, owner):
    """Return everything that an owner has, as the database has it."""
    kept = world.rows[owner]
    models = (Order, FulfillmentOrder, IncomingDelivery, Import, Job, BulkListing, Listing)
    variants = kept["inventory.variant"]
    rows = {model: model.objects.filter(pk__in=kept[model._meta.label_lower]) for model in models}
    rows[Movement] = Movement.objects.filter(stock_level__variant__in=variants)
    rows[StockLevel] = StockLevel.objects.filter(variant__in=variants)
    rows[ApiToken] = ApiToken.objects.filter(pk__in=kept["backoffice.apitoken"])
    own = world.variants[owner][0]
    rows[type(own)] = type(own).objects.filter(pk__in=variants)
    rows[type(own.product)] = type(own.product).objects.filter(pk=own.product_id)
    return {model.__name__: list(found.order_by("pk").values()) for model, found in rows.items()}
