"""Orders, stock, settings and warehouses in any order: the books are right after every step."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from channels.models import DIRECT, STOREFRONT, Channel
from inventory.acts import Act
from inventory.availability import availability_of
from inventory.errors import InventoryError, StockShortage
from inventory.models import IncomingDelivery, StockLevel, StoreSettings, Variant, Warehouse
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_variant,
)
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import cancel_delivery, create_delivery, reschedule_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.transfer import transfer_stock
from inventory.services.warehouses import update_warehouse
from orders.errors import OrderError
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, FulfillmentOrder, Hold, Order, OrderLine
from orders.recipes import recipes_on
from orders.services.booking import Wanted
from orders.services.change import allow_short, cancel_order, change_order, set_priority
from orders.services.expire import expire_unpaid
from orders.services.fulfill import pack, pick, ship, ship_what_is_there, unpick, unship
from orders.services.holds import hold, remove_hold
from orders.services.payment import mark_paid, record_refund
from orders.services.place import Customer, place_order
from orders.services.promises import days_of, drop_late_promises, tell_changed_promises
from orders.services.reconcile import reconcile
from orders.services.release import follow_rules, release_waiting
from orders.services.returns import return_units

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN = Customer("Ann", "ann@example.com")

variants = st.integers(0, 2)
bundles_too = st.integers(0, 3)
places = st.integers(0, 1)
some = st.integers(1, 6)
any_one = st.integers(0, 10_000)
days = st.integers(-2, 8)


class Shop(RuleBasedStateMachine):
    """Three variants and a bundle of two of them, two warehouses, and people who do things.

    Whatever is refused leaves nothing behind; whatever is done leaves the books right.
    """

    def __init__(self):
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.now = START
        self.clock = patch("django.utils.timezone.now", lambda: self.now)
        self.clock.start()
        product = create_product(act=Act.now(), title="Mug")
        make = [
            create_variant(act=Act.now(), product=product, sku=sku)
            for sku in ("a", "b", "c", "set")
        ]
        set_components(
            act=Act.now(), bundle=make[3], lines=[StockLine(make[0], 1), StockLine(make[1], 2)]
        )
        self.variants = make
        Warehouse.objects.filter(code="main").update(is_active=False)
        self.places = [Warehouse.objects.create(code=code, name=code) for code in ("w-a", "w-b")]
        Warehouse.objects.filter(code="w-b").update(priority=2)
        self.direct = Channel.objects.get(slug=DIRECT)
        self.narrow = Channel.objects.get(slug=STOREFRONT)
        self.narrow.warehouses.add(self.places[1])
        update_settings(act=Act.now(), changes={"backorders": "allow", "unpaid_order_hours": 48})
        self.open_shop()

    def open_shop(self):
        """Begin with an order of each kind, so that every rule finds something to do."""
        for v, units in ((0, 4), (1, 3)):
            lines = [StockLine(self.variants[v], units)]
            receive_stock(warehouse=self.places[v], lines=lines, reference="R", **self.book)
        baskets = ({0: 6}, {1: 2, 2: 1}, {3: 2}, {2: 3})
        for number, basket in enumerate(baskets):
            place_order(
                channel=self.direct,
                customer=ANN,
                lines=[
                    Wanted(self.variants[v], units, Decimal("2.50")) for v, units in basket.items()
                ],
                ship_together=number == 1,
                **self.book,
            )

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def attempt(self, do, *args, **kwargs):
        """Do something, or let it be refused without a trace; no two things at one moment."""
        self.now += timedelta(microseconds=1)
        before = self.picture()
        try:
            with transaction.atomic():
                return do(*args, **kwargs)
        except (OrderError, InventoryError):
            assert self.picture() == before
            return None

    def picture(self):
        return (
            list(
                StockLevel.objects.order_by("pk").values_list(
                    "pk", "on_hand", "allocated", "on_backorder"
                )
            ),
            list(
                FulfillmentLine.objects.order_by("pk").values_list(
                    "pk", "allocated", "waiting", "shipped", "promised_at"
                )
            ),
            list(FulfillmentOrder.objects.order_by("pk").values_list("pk", "status")),
            list(
                OrderLine.objects.order_by("pk").values_list("pk", "quantity", "short", "canceled")
            ),
            Hold.objects.count(),
        )

    def the(self, model, number, **where):
        rows = list(model.objects.filter(**where).order_by("pk"))
        return rows[number % len(rows)] if rows else None

    @property
    def book(self):
        return {"act": Act(self.now, "test")}

    # --- orders -------------------------------------------------------------------------------

    @rule(
        lines=st.lists(st.tuples(bundles_too, some), min_size=1, max_size=3),
        together=st.booleans(),
        priority=st.integers(0, 1),
        captured=st.booleans(),
        paid=st.booleans(),
        narrow=st.booleans(),
    )
    def place(self, lines, together, priority, captured, paid, narrow):
        wanted = [Wanted(self.variants[v], units, Decimal("2.50")) for v, units in lines]
        salable = self.salable()
        order = self.attempt(
            place_order,
            channel=self.narrow if narrow else self.direct,
            customer=ANN,
            lines=wanted,
            ship_together=together,
            priority=priority,
            is_captured=captured,
            is_paid=paid or captured,
            **self.book,
        )
        if len(lines) == 1 and not narrow and not captured:
            v, units = lines[0]
            assert (order is not None) == (salable[v] is None or units <= salable[v])
        if captured:
            assert order is not None

    def salable(self):
        rows = list(Variant.objects.for_policy().order_by("pk"))
        offers = availability_of(rows, today=timezone.localdate(self.now), with_dates=False)
        return [offers[variant.pk].salable for variant in self.variants]

    @rule(n=any_one, v=bundles_too, units=st.integers(0, 6), adds=st.booleans())
    def change(self, n, v, units, adds):
        order = self.the(Order, n)
        if order is None:
            return
        line = self.the(OrderLine, n, order=order)
        wanted = [Wanted(self.variants[v], units, Decimal(3))] if adds and units else []
        self.attempt(
            change_order, order=order, quantities={line.pk: units}, added=wanted, **self.book
        )

    @rule(n=any_one, units=some, whole=st.booleans())
    def cancel(self, n, units, whole):
        order = self.the(Order, n)
        if order is None:
            return
        line = self.the(OrderLine, n, order=order)
        part = None if whole else {line.pk: units}
        self.attempt(cancel_order, order=order, units=part, **self.book)

    @rule(n=any_one, priority=st.integers(-1, 2))
    def move_in_the_queue(self, n, priority):
        if order := self.the(Order, n):
            set_priority(order=order, priority=priority, reason="asked", **self.book)

    @rule(n=any_one)
    def allow_what_is_short(self, n):
        if line := self.the(OrderLine, n, short__gt=0):
            self.attempt(allow_short, order=line.order, **self.book)

    @rule(n=any_one)
    def pay(self, n):
        if order := self.the(Order, n, payment="pending"):
            mark_paid(order=order, **self.book)

    @rule(n=any_one)
    def refund(self, n):
        if order := self.the(Order, n, payment="refund_due"):
            record_refund(order=order, **self.book)

    @rule(n=any_one, units=some, w=st.integers(0, 2))
    def take_back(self, n, units, w):
        row = self.the(FulfillmentLine, n, shipped__gt=0)
        if row is not None:
            self.attempt(
                return_units,
                order=row.order_line.order,
                units={row.order_line_id: units},
                warehouse=self.places[w] if w < 2 else None,
                reason="too big",
                **self.book,
            )

    # --- parcels ------------------------------------------------------------------------------

    @rule(n=any_one, step=st.sampled_from([pick, pack, ship, unpick, unship, ship_what_is_there]))
    def fulfill(self, n, step):
        if one := self.the(FulfillmentOrder, n):
            lacked = one.lines.filter(waiting__gt=0).exists()
            held = one.holds.exists()
            done = self.attempt(step, fulfillment_order=one, **self.book)
            if step in {pick, pack, ship}:
                assert done is None or not (lacked or held)

    @rule(n=any_one, units=some)
    def ship_a_part(self, n, units):
        row = self.the(FulfillmentLine, n, allocated__gt=0)
        if row is not None:
            one = row.fulfillment_order
            self.attempt(ship, fulfillment_order=one, units={row.pk: units}, **self.book)

    @rule(n=any_one)
    def hold_by_hand(self, n):
        if one := self.the(FulfillmentOrder, n):
            self.attempt(hold, fulfillment_order=one, note="ask first", **self.book)

    @rule(n=any_one)
    def let_go(self, n):
        if held := self.the(Hold, n):
            one = held.fulfillment_order
            self.attempt(remove_hold, fulfillment_order=one, hold_id=held.pk, **self.book)

    # --- stock --------------------------------------------------------------------------------

    @rule(v=variants, w=places, units=some)
    def receive(self, v, w, units):
        lines = [StockLine(self.variants[v], units)]
        open_units = self.owed(v) + self.oversold(v)
        moved = self.attempt(
            receive_stock, warehouse=self.places[w], lines=lines, reference="R", **self.book
        )
        if moved is not None:
            served = sum(one.quantity for one in moved.served if one.sku == self.variants[v].sku)
            assert self.owed(v) + self.oversold(v) == open_units - served

    def owed(self, v):
        rows = FulfillmentLine.objects.filter(variant=self.variants[v])
        return rows.aggregate(units=Sum("waiting", default=0))["units"]

    def oversold(self, v):
        lines = list(OrderLine.objects.filter(short__gt=0))
        recipes = recipes_on(lines)
        return sum(
            line.short * dict(recipes[line.pk]).get(self.variants[v].pk, 0) for line in lines
        )

    @rule(v=variants, w=places, found=st.integers(0, 8))
    def correct(self, v, w, found):
        lines = [Found(self.variants[v], found)]
        place = self.places[w]
        picked = FulfillmentLine.objects.filter(
            variant=self.variants[v],
            stock_level__warehouse=place,
            fulfillment_order__status__in=("picked", "packed"),
        ).aggregate(units=Sum("allocated", default=0))["units"]
        try:
            with transaction.atomic():
                correct_stock(warehouse=place, lines=lines, reason="count", **self.book)
        except StockShortage:
            assert found < picked
        except InventoryError:
            assert not Variant.objects.get(pk=self.variants[v].pk).track_inventory

    @rule(v=variants, w=places, units=some)
    def transfer(self, v, w, units):
        lines = [StockLine(self.variants[v], units)]
        way = {"source": self.places[w], "target": self.places[1 - w], "reference": "T"}
        self.attempt(transfer_stock, lines=lines, **way, **self.book)

    @rule(v=variants, w=places, units=some, day=days)
    def announce(self, v, w, units, day):
        self.attempt(
            create_delivery,
            warehouse=self.places[w],
            reference="D",
            expected_at=timezone.localdate(self.now) + timedelta(days=day),
            lines=[StockLine(self.variants[v], units)],
            **self.book,
        )

    @rule(n=any_one, what=st.integers(0, 2), day=days)
    def deliver(self, n, what, day):
        delivery = self.the(IncomingDelivery, n)
        if delivery is None:
            return
        if what == 0:
            self.attempt(receive_delivery, delivery=delivery, **self.book)
        elif what == 1:
            expected = timezone.localdate(self.now) + timedelta(days=day)
            self.attempt(reschedule_delivery, delivery=delivery, expected_at=expected, **self.book)
        else:
            self.attempt(cancel_delivery, delivery=delivery, **self.book)

    # --- settings -----------------------------------------------------------------------------

    @rule(v=variants, mode=st.sampled_from(["inherit", "no", "allow", "notify"]), limit=days)
    def set_policy(self, v, mode, limit):
        changes = {"backorders": mode, "out_of_stock_threshold": -limit}
        self.attempt(
            update_variant, **self.book, variant=self.variants[v], changes=changes, confirm=True
        )

    @rule(parts=st.dictionaries(variants, st.integers(1, 2), max_size=3))
    def set_recipe(self, parts):
        lines = [StockLine(self.variants[v], units) for v, units in parts.items()]
        self.attempt(
            set_components, **self.book, bundle=self.variants[3], lines=lines, confirm=True
        )

    @rule(v=variants, on=st.booleans(), sure=st.booleans())
    def set_tracking(self, v, on, sure):
        was = Variant.objects.get(pk=self.variants[v].pk).track_inventory
        open_units = self.open_units(v)
        change = {"track_inventory": on}
        done = self.attempt(
            update_variant, **self.book, variant=self.variants[v], changes=change, confirm=sure
        )
        if not sure and was != on and open_units:
            assert done is None
        if done is not None and not on:
            levels = StockLevel.objects.filter(variant=self.variants[v])
            assert not levels.filter(allocated__gt=0).exists()
            assert not levels.filter(on_backorder__gt=0).exists()
        assert self.open_units(v) == open_units

    def open_units(self, v):
        rows = FulfillmentLine.objects.filter(variant=self.variants[v])
        return rows.aggregate(units=Sum(F("allocated") + F("waiting"), default=0))["units"]

    @rule(v=variants)
    def track_off_and_on_again(self, v):
        variant = Variant.objects.get(pk=self.variants[v].pk)
        lines = FulfillmentLine.objects.filter(variant=variant, allocated__gt=0)
        if not variant.track_inventory:
            return
        for on in (False, True):
            change = {"track_inventory": on}
            update_variant(**self.book, variant=variant, changes=change, confirm=True)
        served = lines.filter(fulfillment_order__status="ready")
        assert not served.filter(stock_level=None).exists()

    @rule(v=bundles_too, day=days)
    def set_release_date(self, v, day):
        date = timezone.localdate(self.now) + timedelta(days=day)
        changes = {"release_date": date, "allow_preorders": v != 3}  # v 3 is the bundle
        update_variant(**self.book, variant=self.variants[v], changes=changes, confirm=True)

    @rule(v=variants, w=places, cap=st.one_of(st.none(), st.integers(0, 5)), on=st.booleans())
    def set_level(self, v, w, cap, on):
        changes = {"backorder_threshold": cap, "in_stock": on}
        update_stock_level(
            **self.book,
            variant=self.variants[v],
            warehouse=self.places[w],
            changes=changes,
            confirm=True,
        )

    @rule(w=places, on=st.booleans())
    def set_warehouse(self, w, on):
        update_warehouse(
            **self.book, warehouse=self.places[w], changes={"is_active": on}, confirm=True
        )

    @rule(
        split=st.booleans(),
        by=st.sampled_from(["fifo", "promised_date", "most_orders", "highest_value"]),
        how=st.sampled_from(["each", "together"]),
        oversold=st.booleans(),
    )
    def set_store(self, split, by, how, oversold):
        rules = {"release_rule": by, "backordered_items_ship": how, "serve_oversold": oversold}
        update_settings(**self.book, changes={"allow_order_split": split, **rules})
        follow_rules(at=self.now)

    @rule(hours=st.integers(1, 60))
    def wait(self, hours):
        self.now += timedelta(hours=hours)
        release_waiting(act=Act(at=self.now))
        drop_late_promises(at=self.now)
        tell_changed_promises(at=self.now)
        expire_unpaid(at=self.now)

    # --- what holds ---------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self):
        assert [str(breach) for breach in reconcile()] == []

    @invariant()
    def no_number_is_negative_and_lines_add_up(self):
        lines = list(OrderLine.objects.all())
        for line, numbers in ((line, numbers_of(lines)[line.pk]) for line in lines):
            parts = (
                numbers.allocated,
                numbers.waiting,
                numbers.short,
                numbers.shipped,
                numbers.canceled,
            )
            assert min(parts) >= 0, line
            assert sum(parts) == line.quantity

    @invariant()
    def a_bundle_is_whole_in_one_warehouse(self):
        held = {}
        loose = set()
        rows = FulfillmentLine.objects.filter(order_line__recipe__isnull=False)
        for row in rows.exclude(order_line__recipe=[]).select_related("stock_level", "order_line"):
            assert [row.variant_id, row.per_unit] in row.order_line.recipe
            key = (row.fulfillment_order_id, row.order_line_id)
            if row.stock_level is None:  # it is not tracked, or was not
                loose.add((key, row.variant_id))
                continue
            units = held.setdefault((key, row.stock_level.warehouse_id), {})
            taken = row.allocated + row.waiting + row.shipped
            units[row.variant_id] = units.get(row.variant_id, 0) + taken
        for (key, _place), units in held.items():
            recipe = OrderLine.objects.get(pk=key[1]).recipe
            whole = {
                units.get(variant, 0) / per
                for variant, per in recipe
                if (key, variant) not in loose
            }
            assert len(whole) <= 1, (key, recipe, units)
            assert all(bundles % 1 == 0 for bundles in whole)

    @invariant()
    def a_late_delivery_promises_nothing(self):
        today = timezone.localdate(self.now)
        assert (
            not FulfillmentLine.objects.filter(promised_at__lt=today, waiting__gt=0).exists()
            or IncomingDelivery.objects.filter(expected_at__lt=today).exists()
        )

    @invariant()
    def what_is_not_owed_is_not_promised(self):
        assert not FulfillmentLine.objects.filter(waiting=0, promised_at__isnull=False).exists()
        lines = OrderLine.objects.filter(promised_at__isnull=False)
        waiting = {"fulfillment_lines__fulfillment_order__status": "waiting"}
        assert not lines.exclude(**waiting).exists()

    @invariant()
    def every_line_has_the_day_on_which_it_ships(self):
        orders = set(Order.objects.values_list("pk", flat=True))
        days = days_of(orders, today=timezone.localdate(self.now))
        for pk, promised in OrderLine.objects.values_list("pk", "promised_at"):
            assert promised == days.get(pk)


@pytest.mark.django_db
def test_the_books_are_right_after_every_step():
    StoreSettings.load()
    run_state_machine_as_test(
        Shop, settings=settings(max_examples=12, stateful_step_count=40, deadline=None)
    )
