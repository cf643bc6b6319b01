"""Whatever staff do with stock, in any order: the database equals a plain-Python model."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from inventory.acts import Act
from inventory.availability import availability_of
from inventory.errors import (
    CountChanged,
    DeliveryClosed,
    InvalidChange,
    OverReceipt,
    StockShortage,
)
from inventory.models import IncomingDelivery, Movement, StockLevel, Variant, Warehouse
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.services.correct import Found, correct_stock, count_stock
from inventory.services.deliveries import cancel_delivery, create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_stock_level
from inventory.services.transfer import transfer_stock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TODAY = NOON.date()

variants = st.integers(0, 1)
places = st.integers(0, 1)
units = st.integers(-1, 9)


class Shop(RuleBasedStateMachine):
    """Two variants in two warehouses, and a dictionary that says what should be there."""

    def __init__(self):
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        product = create_product(act=Act.now(), title="Mug")
        self.variants = [
            create_variant(act=Act.now(), product=product, sku=sku) for sku in ("mug-a", "mug-b")
        ]
        self.places = [Warehouse.objects.create(code=code, name=code) for code in ("w-a", "w-b")]
        Warehouse.objects.filter(code="main").update(is_active=False)
        self.on_hand = dict.fromkeys(((v, w) for v in (0, 1) for w in (0, 1)), 0)
        self.in_stock = dict.fromkeys(self.on_hand, True)
        self.caps = dict.fromkeys(self.on_hand)
        self.modes = ["inherit", "inherit"]
        self.deliveries = []

    def teardown(self):
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def lines(self, *wanted):
        return [StockLine(self.variants[v], quantity) for v, quantity in wanted]

    @rule(w=places, one=st.tuples(variants, units), two=st.tuples(variants, units))
    def receive(self, w, one, two):
        book = {"warehouse": self.places[w], "reference": "R", "act": Act(NOON, "test")}
        if min(one[1], two[1]) < 1:
            with pytest.raises(InvalidChange):
                receive_stock(lines=self.lines(one, two), **book)
            return
        receive_stock(lines=self.lines(one, two), **book)
        for v, quantity in (one, two):
            self.on_hand[v, w] += quantity

    @rule(v=variants, w=places, found=units)
    def correct(self, v, w, found):
        book = {"warehouse": self.places[w], "reason": "broken", "act": Act(NOON, "test")}
        if found < 0:
            with pytest.raises(InvalidChange):
                correct_stock(lines=[Found(self.variants[v], found)], **book)
            return
        correct_stock(lines=[Found(self.variants[v], found)], **book)
        self.on_hand[v, w] = found

    @rule(w=places, found=st.integers(0, 9), other=st.integers(0, 9), off=st.integers(0, 1))
    def count(self, w, found, other, off):
        lines = [
            Found(self.variants[0], found, seen=self.on_hand[0, w]),
            Found(self.variants[1], other, seen=self.on_hand[1, w] + off),
        ]
        book = {"warehouse": self.places[w], "reference": "C", "act": Act(NOON, "test")}
        if off:
            with pytest.raises(CountChanged), transaction.atomic():
                count_stock(lines=lines, **book)
            return
        count_stock(lines=lines, **book)
        self.on_hand[0, w], self.on_hand[1, w] = found, other

    @rule(v=variants, w=places, goal=places, quantity=st.integers(1, 9))
    def transfer(self, v, w, goal, quantity):
        book = {"reference": "T", "act": Act(NOON, "test")}
        call = {"source": self.places[w], "target": self.places[goal], **book}
        error = InvalidChange if w == goal else None
        if w != goal and self.on_hand[v, w] < quantity:
            error = StockShortage
        if error:
            with pytest.raises(error), transaction.atomic():
                transfer_stock(lines=self.lines((v, quantity)), **call)
            return
        transfer_stock(lines=self.lines((v, quantity)), **call)
        self.on_hand[v, w] -= quantity
        self.on_hand[v, goal] += quantity

    @rule(v=variants, w=places, quantity=st.integers(1, 9), days=st.integers(-2, 9))
    def announce(self, v, w, quantity, days):
        delivery = create_delivery(
            act=Act.now(),
            warehouse=self.places[w],
            reference=f"D{len(self.deliveries)}",
            expected_at=TODAY + timedelta(days=days),
            lines=self.lines((v, quantity)),
        )
        self.deliveries.append({"row": delivery, "v": v, "w": w, "left": quantity, "open": True})

    @rule(n=st.integers(0, 4), quantity=st.integers(1, 9))
    def receive_part(self, n, quantity):
        if n >= len(self.deliveries):
            return
        delivery = self.deliveries[n]
        call = {"delivery": delivery["row"], "act": Act(NOON, "test")}
        lines = self.lines((delivery["v"], quantity))
        error = None if quantity <= delivery["left"] else OverReceipt
        error = error if delivery["open"] else DeliveryClosed
        if error:
            with pytest.raises(error), transaction.atomic():
                receive_delivery(lines=lines, **call)
            return
        receive_delivery(lines=lines, **call)
        delivery["left"] -= quantity
        delivery["open"] = delivery["left"] > 0
        self.on_hand[delivery["v"], delivery["w"]] += quantity

    @rule(n=st.integers(0, 4))
    def call_off(self, n):
        if n >= len(self.deliveries):
            return
        delivery = self.deliveries[n]
        if not delivery["open"]:
            with pytest.raises(DeliveryClosed):
                cancel_delivery(delivery=delivery["row"], act=Act(at=NOON))
            return
        cancel_delivery(delivery=delivery["row"], act=Act(at=NOON))
        delivery["open"] = False

    @rule(v=variants, w=places, on=st.booleans(), cap=st.one_of(st.none(), st.integers(0, 9)))
    def set_level(self, v, w, on, cap):
        update_stock_level(
            act=Act.now(),
            variant=self.variants[v],
            warehouse=self.places[w],
            changes={"in_stock": on, "backorder_threshold": cap},
        )
        self.in_stock[v, w], self.caps[v, w] = on, cap

    @rule(v=variants, mode=st.sampled_from(["inherit", "no", "allow", "notify"]))
    def set_mode(self, v, mode):
        update_variant(act=Act.now(), variant=self.variants[v], changes={"backorders": mode})
        self.modes[v] = mode

    @invariant()
    def shelves_hold_what_the_model_says(self):
        found = {
            (level.variant_id, level.warehouse_id): level.on_hand
            for level in StockLevel.objects.all()
        }
        for (v, w), expected in self.on_hand.items():
            assert found.get((self.variants[v].pk, self.places[w].pk), 0) == expected

    @invariant()
    def on_hand_is_the_sum_of_its_movements(self):
        sums = dict(
            Movement.objects.values_list("stock_level").annotate(units=Sum("quantity")).order_by()
        )
        for level in StockLevel.objects.all():
            assert level.on_hand == sums.get(level.pk, 0)

    @invariant()
    def salable_is_what_the_model_says(self):
        rows = Variant.objects.for_policy().order_by("pk")
        offers = availability_of(list(rows), today=TODAY)
        for v, variant in enumerate(self.variants):
            counting = [w for w in (0, 1) if self.in_stock[v, w]]
            available = sum(self.on_hand[v, w] for w in counting)
            salable = available
            if self.modes[v] in {"allow", "notify"}:
                caps = [self.caps[v, w] for w in counting]
                salable = None if None in caps else available + sum(caps)
            assert (offers[variant.pk].available, offers[variant.pk].salable) == (
                available,
                salable,
            )

    @invariant()
    def next_day_is_the_first_delivery_in_time(self):
        rows = Variant.objects.for_policy().order_by("pk")
        offers = availability_of(list(rows), today=TODAY)
        for v, variant in enumerate(self.variants):
            days = [
                IncomingDelivery.objects.get(pk=d["row"].pk).expected_at
                for d in self.deliveries
                if d["open"]
                and d["v"] == v
                and d["row"].expected_at >= TODAY
                and self.in_stock[v, d["w"]]  # what is set to out of stock promises nothing
            ]
            expected = None if offers[variant.pk].available else min(days, default=None)
            assert offers[variant.pk].expected_at == expected


@pytest.mark.django_db
def test_stock_equals_the_model():
    run_state_machine_as_test(
        Shop, settings=settings(max_examples=60, stateful_step_count=20, deadline=None)
    )
