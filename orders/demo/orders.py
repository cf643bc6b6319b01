"""Orders of the demo shop: some shipped, some ready, some waiting, some that need somebody."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from channels.models import DIRECT, STOREFRONT, Channel
from inventory.acts import Act
from inventory.models import Variant
from orders.errors import OrderRefused
from orders.models import Order
from orders.services.booking import Wanted
from orders.services.change import set_priority
from orders.services.fulfill import pack, pick, ship
from orders.services.holds import hold
from orders.services.place import Customer, place_order
from orders.services.promises import drop_late_promises

BY = "demo"


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order: who, when (days ago), what, and how far its first parcel is."""

    name: str
    days: float
    lines: Mapping[str, int]
    channel: str = STOREFRONT
    step: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


ORDERS = (
    DemoOrder("Lotte de Wit", 12, {"BRUSH-NAT": 2, "SPOON-CHERRY": 1}, step="ship"),
    DemoOrder("Jonas Weber", 11, {"MUG-WHT": 2, "MUG-BLU": 4}, step="ship"),
    DemoOrder("Marta Nowak", 9, {"KETTLE-BLK": 1}, DIRECT),
    DemoOrder("Café De Kade", 8, {"MUG-BLU": 24, "CARAFE-CLR": 6}, DIRECT, step="ship"),
    DemoOrder("Sven Lindqvist", 7, {"LAMP-MOSS": 1, "BOARD-OAK-L": 1}),
    DemoOrder("Claire Dubois", 6, {"SPK-E7": 1}),
    DemoOrder(
        "Hotel Zonnehof", 5, {"BOWL-L": 12, "BOWL-S": 6}, DIRECT, fields={"ship_together": True}
    ),
    DemoOrder("Eva Janssen", 4, {"HP-STIL2-BLU": 1, "HP-STIL-TAN": 1}, step="pick"),
    DemoOrder("Peter Kowalski", 3, {"CUSHION-OCH": 2, "CANDLE-FIG": 1}),
    DemoOrder("Nina Rossi", 2, {"PAN-28": 1}),
    DemoOrder("Tom Bakker", 1.5, {"POT-TER": 2}, DIRECT, fields={"is_paid": False}),
    DemoOrder("Anouk Visser", 1, {"TOWEL-INK": 2, "CANDLE-CEDAR": 2}, step="pack"),
    DemoOrder("Felix Braun", 0.4, {"MUG-BLU": 2}),
    DemoOrder("Sara Haddad", 0.1, {"ROLL-BEECH": 1, "BRUSH-BLU": 1}),
)
SHORT = DemoOrder("Ida Larsen", 2.5, {"NOTE-OCH": 5}, fields={"is_captured": True})
URGENT = "Felix Braun"
ASKED = "Sara Haddad"

FIRST = (
    "Anna",
    "Bas",
    "Carla",
    "Dirk",
    "Ella",
    "Finn",
    "Gina",
    "Hugo",
    "Iris",
    "Jan",
    "Kim",
    "Lars",
)
LAST = ("de Vries", "Schmidt", "Martin", "Rossi", "Jensen", "Novák", "Peeters", "Kaya", "Silva")


def make_orders() -> None:
    """Place the orders of the demo shop; it has none yet."""
    variants = {row.sku: row for row in Variant.objects.select_related("product")}
    channels = {row.slug: row for row in Channel.objects.all()}
    now = timezone.now()
    for demo in sorted((*ORDERS, SHORT), key=lambda one: -one.days):
        _place(demo, variants, channels, now)
    urgent = Order.objects.get(customer_name=URGENT)
    set_priority(order=urgent, priority=1, reason="A birthday on Friday", act=Act(at=now, by=BY))
    asked = Order.objects.get(customer_name=ASKED).fulfillment_orders.earliest("sequence")
    hold(fulfillment_order=asked, note="Ask for the house number", act=Act(at=now, by=BY))
    drop_late_promises(at=now)


def grow_orders(target: int, *, say: Callable[[str], None]) -> None:
    """Place orders of one to three lines until there are `target`; what is refused is left."""
    dice = random.Random(target)  # noqa: S311 -- the same orders every time
    count = Order.objects.count()
    ids = list(Variant.objects.order_by("pk").values_list("pk", flat=True)[:20_000])
    channel = Channel.objects.get(slug=STOREFRONT)
    tried = 0
    while count < target and tried < 5 * target:
        tried += 1
        picked = dice.sample(ids, min(len(ids), dice.randint(1, 3)))
        rows = Variant.objects.select_related("product").filter(pk__in=picked)
        lines = [Wanted(row, dice.randint(1, 4), row.price) for row in rows]
        at = timezone.now() - timedelta(minutes=dice.randint(0, 60 * 24 * 30))
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        try:
            order = place_order(
                channel=channel, customer=Customer(name), lines=lines, act=Act(at=at, by=BY)
            )
        except OrderRefused:
            continue
        count += 1
        ready = order.fulfillment_orders.filter(status="ready").first()
        if ready and dice.random() < 0.6:
            ship(fulfillment_order=ready, act=Act(at=at + timedelta(hours=20), by=BY))
        if count % 1_000 == 0:
            say(f"{count:,} orders")


def _place(
    demo: DemoOrder,
    variants: Mapping[str, Variant],
    channels: Mapping[str, Channel],
    now: datetime,
) -> None:
    at = now - timedelta(days=demo.days)
    address = demo.name.lower().replace(" ", ".").replace("é", "e")
    fields: dict[str, Any] = dict(demo.fields)
    order = place_order(
        channel=channels[demo.channel],
        customer=Customer(demo.name, f"{address}@example.com"),
        lines=[
            Wanted(variants[sku], units, variants[sku].price) for sku, units in demo.lines.items()
        ],
        act=Act(at=at, by=BY),
        **fields,
    )
    _step(order, demo.step, at + timedelta(hours=5))


def _step(order: Order, step: str, at: datetime) -> None:
    """Bring the first parcel of an order as far as it is."""
    parcel = order.fulfillment_orders.filter(status="ready").order_by("sequence").first()
    if not step or parcel is None:
        return
    steps: Sequence[tuple[str, Callable[..., object]]] = (
        ("pick", pick),
        ("pack", pack),
        ("ship", ship),
    )
    for name, take in steps:
        take(fulfillment_order=parcel, act=Act(at, by="wout"))
        if name == step:
            return
