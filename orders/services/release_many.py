"""Handing out units to thousands of lines: the plan of `orders.policy.queue`, in sets.

A running sum over the queue decides how far the units reach. It serves queues whose lines are all
booked where the units are; a test proves that it does what the planner does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Sum, Window
from django.db.models.expressions import RawSQL
from django.utils import timezone

from inventory.models import StockLevel, StoreSettings, Variant
from inventory.waiting_room import Served
from orders.locks import lock_stock
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    OrderLine,
)
from orders.services.promises import refresh_lines
from orders.services.sheet import Sheet
from orders.waiting import channel_warehouses, in_rank

MANY = 1_000
"""From how many lines on units are handed out in sets."""

_BATCH = 500
_WAITS_FOR_UNITS = (HoldReason.AWAITING_STOCK, HoldReason.AWAITING_REST_OF_ORDER)


def can_release_in_sets(variant_id: int, supply: dict[int, int]) -> bool:
    """Return whether all who wait are booked where all the units are, and may be served there."""
    if len(supply) != 1 or channel_warehouses():
        return False
    [warehouse] = supply
    rows = FulfillmentLine.objects.waiting().filter(variant=variant_id)
    return not rows.exclude(stock_level__warehouse=warehouse).exists()


def release_in_sets(variant: Variant, level: StockLevel, *, at: datetime, by: str) -> list[Served]:
    """Hand out the available units of a level to the queue of its variant, which is locked."""
    units = level.on_hand - level.allocated
    with _served(variant, units=units, rule=StoreSettings.load().release_rule):
        _lock_parcels()
        _give(level)
        _write_down(variant, at=at, by=by)
        _let_go(level, at=at)
        _settle_others(variant, at=at, by=by)
        _keep_promises(at=at, by=by)
        return _shares(variant)


@contextmanager
def _served(variant: Variant, *, units: int, rule: str) -> Iterator[None]:
    """Keep who gets how much in a table of this connection, while it is worked on."""
    rows = in_rank(FulfillmentLine.objects.waiting().filter(variant=variant), rule)
    rank: list[Any] = list(rows.query.order_by)
    rows = rows.annotate(upto=Window(Sum("waiting"), order_by=rank)).order_by()
    reached = rows.filter(upto__lt=F("waiting") + units).values_list(
        "pk", "fulfillment_order", "order_line", "waiting", "upto"
    )
    sql, parameters = reached.query.sql_with_params()
    least = "LEAST" if connection.vendor == "postgresql" else "MIN"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE orders_served (line bigint PRIMARY KEY, parcel bigint, "
            "order_line bigint, upto bigint, take bigint, is_simple boolean)"
        )
        try:
            cursor.execute(
                f"WITH reached (line, parcel, order_line, waiting, upto) AS ({sql}) "  # noqa: S608
                "INSERT INTO orders_served SELECT line, parcel, order_line, upto, "
                f"{least}(waiting, %s - upto + waiting), TRUE FROM reached",
                [*parameters, units],
            )
            yield
        finally:
            cursor.execute("DROP TABLE orders_served")


def _lock_parcels() -> None:
    """Lock the parcels that get units, lowest key first."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM (SELECT id FROM orders_fulfillmentorder WHERE id IN "
            "(SELECT parcel FROM orders_served) ORDER BY id FOR NO KEY UPDATE) AS locked"
        )


def _give(level: StockLevel) -> None:
    """Count the units of each line, and of the level."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_fulfillmentline SET allocated = allocated + served.take, "
            "waiting = waiting - served.take, promised_at = CASE WHEN waiting = served.take "
            "THEN NULL ELSE promised_at END FROM orders_served AS served "
            "WHERE orders_fulfillmentline.id = served.line"
        )
        cursor.execute("SELECT COALESCE(SUM(take), 0) FROM orders_served")
        given = int(cursor.fetchone()[0])
    level.allocated += given
    level.on_backorder -= given
    StockLevel.objects.filter(pk=level.pk).update(
        allocated=level.allocated, on_backorder=level.on_backorder
    )


def _write_down(variant: Variant, *, at: datetime, by: str) -> None:
    """Write the sentence of the small path into the time line of each order."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO orders_orderevent (order_id, at, "by", text) '
            "SELECT parcel.order_id, %s, %s, CAST(SUM(served.take) AS text) || %s || "
            "CAST(parcel.order_id AS text) || '-' || CAST(parcel.sequence AS text) || '.' "
            "FROM orders_served AS served JOIN orders_fulfillmentorder AS parcel "
            "ON parcel.id = served.parcel GROUP BY parcel.id, parcel.order_id, parcel.sequence",
            [connection.ops.adapt_datetimefield_value(at), by, f" × {variant.sku} are there for "],
        )


def _let_go(level: StockLevel, *, at: datetime) -> None:
    """Make ready what is whole, in one warehouse, and waited for units alone."""
    simple = RawSQL("SELECT parcel FROM orders_served WHERE is_simple", ())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_served SET is_simple = FALSE WHERE parcel IN "
            "(SELECT line.fulfillment_order_id FROM orders_fulfillmentline AS line "
            "JOIN orders_served AS served ON served.parcel = line.fulfillment_order_id "
            "WHERE line.waiting > 0 OR line.stock_level_id IS NULL OR line.stock_level_id <> %s "
            "UNION SELECT hold.fulfillment_order_id FROM orders_hold AS hold "
            "JOIN orders_served AS served ON served.parcel = hold.fulfillment_order_id "
            "WHERE hold.reason NOT IN (%s, %s))",
            [level.pk, *_WAITS_FOR_UNITS],
        )
    Hold.objects.filter(fulfillment_order__in=simple)._raw_delete(connection.alias)  # noqa: SLF001
    FulfillmentOrder.objects.filter(pk__in=simple).update(
        status=FulfillmentStatus.READY,
        warehouse=level.warehouse_id,
        ready_at=at,
        version=F("version") + 1,
    )


def _settle_others(variant: Variant, *, at: datetime, by: str) -> None:
    """Settle parcels with other variants, other warehouses or other holds, some at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT parcel FROM orders_served WHERE NOT is_simple")
        ids = sorted(row[0] for row in cursor.fetchall())
    for start in range(0, len(ids), _BATCH):
        sheet = Sheet(lock_stock([variant.pk]), at=at, by=by, today=timezone.localdate(at))
        sheet.read(Q(pk__in=ids[start : start + _BATCH]))
        for one in sheet.open:
            sheet.settle(one)
        sheet.save()


def _keep_promises(*, at: datetime, by: str) -> None:
    """Take the day off order lines that wait no more; look at the others one by one."""
    served = RawSQL("SELECT order_line FROM orders_served", ())
    waiting = FulfillmentLine.objects.waiting().filter(order_line=OuterRef("pk"))
    lines = OrderLine.objects.filter(pk__in=served, promised_at__isnull=False)
    lines.filter(~Exists(waiting)).update(promised_at=None)
    refresh_lines(lines.values_list("pk", flat=True), at=at, by=by)


def _shares(variant: Variant) -> list[Served]:
    """Return who got units, in rank."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT parcel.order_id, parcel.sequence, SUM(served.take) FROM orders_served AS "
            "served JOIN orders_fulfillmentorder AS parcel ON parcel.id = served.parcel "
            "GROUP BY parcel.id, parcel.order_id, parcel.sequence ORDER BY MIN(served.upto)"
        )
        return [
            Served(str(order), f"{order}-{sequence}", variant.sku, int(units))
            for order, sequence, units in cursor
        ]
