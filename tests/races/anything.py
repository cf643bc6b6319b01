"""A program that does whatever staff do, over and over, while others do it too."""

from collections import Counter
from random import Random

from django.utils import timezone

from inventory.acts import Act
from inventory.errors import InventoryError
from inventory.models import IncomingDelivery, Variant, Warehouse
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.transfer import transfer_stock
from orders.models import FulfillmentLine, FulfillmentOrder, Hold, Order, OrderLine
from orders.services.change import cancel_order, change_order, set_priority
from orders.services.fulfill import pack, pick, ship, ship_what_is_there, unpick, unship
from orders.services.holds import hold, remove_hold
from orders.services.payment import mark_paid
from orders.services.release import release_waiting
from orders.services.returns import return_units
from tests.races import actions

NEXT_STEPS = {
    "ready": [pick, ship],
    "picked": [pack, unpick],
    "packed": [ship, unpick],
    "shipped": [unship],
}
"""What fits a parcel as it was seen; somebody else may have been faster."""


class Somebody:
    """One of those who work at the same moment, each with a program of their own."""

    def __init__(self, seed):
        self.rng = Random(seed)

    @property
    def now(self):
        return {"act": Act(timezone.now(), "test")}

    def one(self, model, **where):
        return self.rng.choice(list(model.objects.filter(**where)))

    def lines(self):
        variants = list(Variant.objects.order_by("pk"))
        self.rng.shuffle(variants)
        count = self.rng.randint(1, 3)
        return [(variant, self.rng.randint(1, 4)) for variant in variants[:count]]

    def stock(self):
        rows = Variant.objects.filter(components=None)
        count = self.rng.randint(1, 2)
        picked = self.rng.sample(list(rows), count)
        return [StockLine(variant, self.rng.randint(1, 6)) for variant in picked]

    def places(self):
        places = list(Warehouse.objects.active())
        self.rng.shuffle(places)
        return places

    def buy(self):
        together, paid = self.rng.random() < 0.3, self.rng.random() < 0.9
        actions.buy(*self.lines(), ship_together=together, is_paid=paid)

    def change(self):
        line = self.one(OrderLine)
        units = {line.pk: self.rng.randint(0, 6)}
        change_order(order=line.order, quantities=units, **self.now)

    def cancel(self):
        cancel_order(order=self.one(Order), **self.now)

    def move_in_the_queue(self):
        priority = self.rng.randint(-1, 2)
        set_priority(order=self.one(Order), priority=priority, reason="asked", **self.now)

    def pay(self):
        mark_paid(order=self.one(Order, payment="pending"), **self.now)

    def fulfill(self):
        parcel = self.one(FulfillmentOrder)
        step = self.rng.choice(NEXT_STEPS.get(parcel.status, [ship_what_is_there]))
        step(fulfillment_order=parcel, **self.now)

    def take_back(self):
        line = self.one(FulfillmentLine, shipped__gt=0).order_line
        place = self.places()[0]
        fields = {"warehouse": place, "reason": "too big"}
        return_units(order=line.order, units={line.pk: 1}, **fields, **self.now)

    def hold(self):
        hold(fulfillment_order=self.one(FulfillmentOrder), note="ask", **self.now)

    def let_go(self):
        held = self.one(Hold)
        remove_hold(fulfillment_order=held.fulfillment_order, hold_id=held.pk, **self.now)

    def receive(self):
        place = self.places()[0]
        receive_stock(warehouse=place, lines=self.stock(), reference="R", **self.now)

    def deliver(self):
        if self.rng.random() < 0.5:
            receive_delivery(delivery=self.one(IncomingDelivery), **self.now)
            return
        fields = {"warehouse": self.places()[0], "reference": "D", "lines": self.stock()}
        create_delivery(act=Act.now(), expected_at=timezone.localdate(), **fields)

    def correct(self):
        lines = [Found(line.variant, line.quantity) for line in self.stock()]
        correct_stock(warehouse=self.places()[0], lines=lines, reason="count", **self.now)

    def transfer(self):
        source, target = self.places()
        way = {"source": source, "target": target, "reference": "T"}
        transfer_stock(lines=self.stock(), **way, **self.now)

    def release(self):
        release_waiting(act=Act.now())


DOINGS = (
    *[Somebody.buy] * 4,
    *[Somebody.fulfill] * 3,
    *[Somebody.receive] * 2,
    Somebody.change,
    Somebody.cancel,
    Somebody.move_in_the_queue,
    Somebody.pay,
    Somebody.take_back,
    Somebody.hold,
    Somebody.let_go,
    Somebody.deliver,
    Somebody.correct,
    Somebody.transfer,
    Somebody.release,
)


def work(seed, steps):
    """Do so many things, or have them refused; return how many of them were done."""
    somebody, done = Somebody(seed), Counter()
    for _step in range(steps):
        doing = somebody.rng.choice(DOINGS)
        try:
            doing(somebody)
        except (InventoryError, IndexError):
            continue  # refused, or there is nothing of that kind yet
        done[doing.__name__] += 1
    return done


def raise_any(outcomes):
    """Raise the first error that nobody expected, with the place where it was raised."""
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
