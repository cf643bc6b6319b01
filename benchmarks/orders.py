"""Placing orders and handing out a delivery: ours, what one writes first, and the bare database.

Placing takes one line of 1,000 SKUs, five lines of 1,000 SKUs, and one line of one SKU. What one
writes first locks its variants in order, then reads and saves row by row. The limit sends the same
rows to the same tables by hand, several statements an order, without deciding anything but stock.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from benchmarks.harness import Harness
from channels.models import Channel
from inventory.acts import Act
from inventory.availability import availability_of
from inventory.models import OutgoingMail, Product, StockLevel, Variant, Warehouse
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.sql import run as run_sql
from orders.event_kinds import EventKind
from orders.models import FulfillmentLine, FulfillmentOrder, Hold, Order, OrderEvent, OrderLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SKUS = 1_000
PLACED = 300
"""How many orders are placed for a figure."""

Basket = Sequence[tuple[Variant, int]]


def shop() -> list[Variant]:
    """Make 1,000 variants that allow backorders, each with plenty of stock in one warehouse."""
    product = Product.objects.create(title="Bench", slug="bench")
    variants = Variant.objects.bulk_create(
        [
            Variant(product=product, sku=f"B{n:05}", price=Decimal("2.50"), backorders="allow")
            for n in range(SKUS)
        ]
    )
    warehouse = Warehouse.objects.get(code="main")
    receive_stock(
        warehouse=warehouse,
        lines=[StockLine(variant, 1_000_000) for variant in variants],
        reference="bench",
        act=Act(at=NOON, by="bench"),
    )
    return list(Variant.objects.select_related("product").order_by("pk"))


def baskets(variants: Sequence[Variant], *, skus: int, lines: int) -> list[Basket]:
    """Return what is ordered, the same in every run."""
    dice = random.Random(7)
    return [
        [(variant, 1 + n % 3) for n, variant in enumerate(dice.sample(variants[:skus], lines))]
        for _order in range(PLACED)
    ]


def forget_orders() -> None:
    """Take all orders away, and what they took."""
    for model in (Hold, FulfillmentLine, FulfillmentOrder, OrderEvent, OrderLine, Order):
        run_sql(f"DELETE FROM {model._meta.db_table}", [])  # noqa: SLF001
    OutgoingMail.objects.all().delete()
    StockLevel.objects.update(allocated=0, on_backorder=0)


def assert_booked(wanted: Sequence[Basket]) -> None:
    """Make sure that every unit was allocated, once."""
    units = sum(quantity for basket in wanted for _variant, quantity in basket)
    assert sum(StockLevel.objects.values_list("allocated", flat=True)) == units
    assert Order.objects.count() == len(wanted)


def place_ours(wanted: Sequence[Basket], channel: Channel) -> None:
    """Place the orders by our use case."""
    for basket in wanted:
        place_order(
            channel=channel,
            customer=Customer("Bench"),
            lines=[Wanted(variant, units, Decimal("2.50")) for variant, units in basket],
            act=Act(at=NOON, by="bench"),
        )
    assert_booked(wanted)


def place_naively(wanted: Sequence[Basket], channel: Channel) -> None:
    """Place the orders row by row, as one writes it first."""
    for basket in wanted:
        with transaction.atomic():
            _place_naively(basket, channel)
    assert_booked(wanted)


def _place_naively(basket: Basket, channel: Channel) -> None:
    order = Order.objects.create(
        channel=channel, customer_name="Bench", currency="EUR", placed_at=NOON
    )
    parcel = None
    for wanted, units in sorted(basket, key=lambda line: line[0].pk):
        variant = Variant.objects.select_for_update().get(pk=wanted.pk)
        offer = availability_of([variant], today=NOON.date())[variant.pk]
        assert offer.salable is None or units <= offer.salable
        line = OrderLine(order=order, variant=variant, sku=variant.sku, title=variant.full_title)
        line.quantity, line.unit_price, line.placed_at = units, Decimal("2.50"), NOON
        line.save()
        for level in StockLevel.objects.select_for_update().filter(variant=variant):
            part = min(units, level.available)
            level.allocated += part
            level.save()
            if parcel is None:
                parcel = FulfillmentOrder.objects.create(
                    order=order,
                    sequence=1,
                    warehouse=level.warehouse,
                    status="ready",
                    created_at=NOON,
                )
            FulfillmentLine.objects.create(
                fulfillment_order=parcel,
                order_line=line,
                variant=variant,
                stock_level=level,
                allocated=part,
                placed_at=NOON,
            )
        order.total += units * line.unit_price
        order.save()
    OrderEvent.objects.create(order=order, at=NOON, kind=EventKind.PLACED)


def place_bare(wanted: Sequence[Basket], channel: Channel) -> None:
    """Write the same rows with the bare database, several statements an order."""
    place = Warehouse.objects.get(code="main").pk
    for basket in wanted:
        with transaction.atomic(), connection.cursor() as cursor:
            _place_bare(cursor, basket, channel.pk, place)
    assert_booked(wanted)


def _place_bare(cursor: Any, basket: Basket, channel: int, warehouse: int) -> None:
    ids = sorted(variant.pk for variant, _units in basket)
    units = {variant.pk: count for variant, count in basket}
    marks = ", ".join(["%s"] * len(ids))
    lock = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    cursor.execute(
        f"SELECT id, sku FROM inventory_variant WHERE id IN ({marks}) ORDER BY id{lock}", ids
    )
    skus = dict(cursor.fetchall())
    cursor.execute(
        "SELECT id, variant_id, on_hand - allocated FROM inventory_stocklevel "
        f"WHERE variant_id IN ({marks})",
        ids,
    )
    levels = {variant: (level, there) for level, variant, there in cursor.fetchall()}
    assert all(levels[pk][1] >= units[pk] for pk in ids)
    total = sum(units.values()) * Decimal("2.50")
    token = f"{random.getrandbits(128):x}"
    cursor.execute(
        "INSERT INTO orders_order (channel_id, customer_name, customer_email, ship_together, "
        "priority, status, payment, currency, total, captured, fingerprint, token, placed_at, "
        'created_at, "by", promise_notice_due, version) VALUES (%s, %s, %s, %s, 0, %s, %s, %s, '
        "%s, %s, '', %s, %s, %s, '', %s, 1) RETURNING id",
        [
            channel,
            "Bench",
            "",
            False,
            "processing",
            "paid",
            "EUR",
            total,
            total,
            token,
            NOON,
            NOON,
            False,
        ],
    )
    [order] = cursor.fetchone()
    cursor.execute(
        "INSERT INTO orders_orderline (order_id, variant_id, sku, title, quantity, unit_price, "
        "backordered_when_placed, short, canceled, returned, placed_at) VALUES "
        + ", ".join(["(%s, %s, %s, %s, %s, %s, 0, 0, 0, 0, %s)"] * len(ids))
        + " RETURNING id",
        [v for pk in ids for v in (order, pk, skus[pk], "Bench", units[pk], Decimal("2.5"), NOON)],
    )
    lines = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "INSERT INTO orders_fulfillmentorder (order_id, sequence, warehouse_id, status, "
        "created_at, ready_at, picked_by, packed_by, shipped_by, version) VALUES "
        "(%s, 1, %s, 'ready', %s, %s, '', '', '', 1) RETURNING id",
        [order, warehouse, NOON, NOON],
    )
    [parcel] = cursor.fetchone()
    cursor.execute(
        "INSERT INTO orders_fulfillmentline (fulfillment_order_id, order_line_id, variant_id, "
        "stock_level_id, per_unit, allocated, waiting, shipped, priority, placed_at) VALUES "
        + ", ".join(["(%s, %s, %s, %s, 1, %s, 0, 0, 0, %s)"] * len(ids)),
        [
            value
            for pk, line in zip(ids, lines, strict=True)
            for value in (parcel, line, pk, levels[pk][0], units[pk], NOON)
        ],
    )
    cases = " ".join(["WHEN %s THEN %s"] * len(ids))
    cursor.execute(
        f"UPDATE inventory_stocklevel SET allocated = allocated + CASE variant_id {cases} END "
        f"WHERE variant_id IN ({marks})",
        [*(value for pk in ids for value in (pk, units[pk])), *ids],
    )
    cursor.execute(
        'INSERT INTO orders_orderevent (order_id, at, "by", kind, data) '
        "VALUES (%s, %s, '', 'placed', %s)",
        [order, NOON, '{"units": 1, "backordered": 0, "short": 0}'],
    )


def run(harness: Harness) -> None:
    """Print the figures of placing, then those of the release."""
    variants = shop()
    channel = Channel.objects.get(slug="direct")
    harness.size, whole = PLACED, harness.size
    for skus, lines in ((SKUS, 5), (SKUS, 1), (1, 1)):
        wanted = baskets(variants, skus=skus, lines=lines)
        harness.compare(
            f"orders: place {lines} line{'s' * (lines > 1)} of {skus:,} SKU{'s' * (skus > 1)}",
            prepare=forget_orders,
            ours=partial(place_ours, wanted, channel),
            baseline=partial(place_naively, wanted, channel),
            limit=partial(place_bare, wanted, channel),
        )
    forget_orders()
    harness.size = whole
    measure_release(harness, variants, channel)


def measure_release(harness: Harness, variants: Sequence[Variant], channel: Channel) -> None:
    """Print what handing out costs: by the lines that are served, not by those that wait."""
    size = harness.size
    place = Warehouse.objects.get(code="main")
    StockLevel.objects.update(in_stock=True)
    shapes = (
        (variants[:1], "orders: release {:,} lines of one variant"),
        (variants, "orders: release {:,} lines of 1,000 variants"),
    )
    for some, what in shapes:
        harness.compare(
            what.format(size),
            prepare=partial(wait, some, size, channel, place),
            ours=partial(release, some, size // len(some), place),
            limit=bare_release,
        )
    harness.size = 10
    for waiting in (100, size):
        harness.compare(
            f"orders: 10 units into a queue of {waiting:,}",
            prepare=partial(wait, variants[:1], waiting, channel, place),
            ours=lambda: release(variants[:1], 10, place, whole=False),
        )
    forget_orders()


def wait(some: Sequence[Variant], size: int, channel: Channel, place: Warehouse) -> None:
    """Let `size` orders wait for one unit each; nothing is available."""
    forget_orders()
    StockLevel.objects.update(allocated=F("on_hand"))
    levels = {level.variant_id: level for level in StockLevel.objects.filter(warehouse=place)}
    rows = Order.objects.bulk_create(
        [
            Order(
                channel=channel,
                customer_name="Bench",
                currency="EUR",
                placed_at=NOON + timedelta(seconds=n),
            )
            for n in range(size)
        ],
        batch_size=5_000,
    )
    lines = OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=row,
                variant=some[n % len(some)],
                sku=some[n % len(some)].sku,
                title="Bench",
                quantity=1,
                unit_price=Decimal(1),
                backordered_when_placed=1,
                placed_at=row.placed_at,
            )
            for n, row in enumerate(rows)
        ],
        batch_size=5_000,
    )
    parcels = FulfillmentOrder.objects.bulk_create(
        [
            FulfillmentOrder(order=row, sequence=1, status="waiting", created_at=row.placed_at)
            for row in rows
        ],
        batch_size=5_000,
    )
    FulfillmentLine.objects.bulk_create(
        [
            FulfillmentLine(
                fulfillment_order=parcel,
                order_line=line,
                variant_id=line.variant_id,
                stock_level=levels[line.variant_id],
                waiting=1,
                placed_at=line.placed_at,
            )
            for parcel, line in zip(parcels, lines, strict=True)
        ],
        batch_size=5_000,
    )
    Hold.objects.bulk_create(
        [Hold(fulfillment_order=parcel, reason="awaiting_stock", at=NOON) for parcel in parcels],
        batch_size=5_000,
    )
    owed = size // len(some)
    StockLevel.objects.filter(variant__in=[one.pk for one in some]).update(on_backorder=owed)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def release(some: Sequence[Variant], units: int, place: Warehouse, *, whole: bool = True) -> None:
    """Receive so many units of each variant, which go to whoever waits."""
    receive_stock(
        warehouse=place,
        lines=[StockLine(variant, units) for variant in some],
        reference="bench",
        act=Act(at=NOON, by="bench"),
    )
    ready = FulfillmentOrder.objects.filter(status="ready").count()
    assert ready == units * len(some)
    assert whole != FulfillmentLine.objects.filter(waiting__gt=0).exists()


def bare_release() -> None:
    """Write the same rows with bare statements: lines, parcels, holds and the time line."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_hold")
        cursor.execute("UPDATE orders_fulfillmentorder SET status = 'ready', ready_at = created_at")
        cursor.execute(
            'INSERT INTO orders_orderevent (order_id, at, "by", kind, data) '
            "SELECT order_id, created_at, '', 'units_reserved', '{\"units\": 1}' "
            "FROM orders_fulfillmentorder"
        )
        cursor.execute(
            "UPDATE orders_fulfillmentline SET allocated = waiting, waiting = 0 WHERE waiting > 0"
        )
