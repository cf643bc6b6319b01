"""Handing out units to thousands of lines: the plan of `orders.policy.queue`, in sets.

A running sum over the queue decides how far the units reach. It serves queues whose lines are all
booked where the units are; a test proves that it does what the planner does.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Sum, Window
from django.db.models.expressions import RawSQL

from inventory.acts import Act
from inventory.models import StockLevel
from inventory.waiting_room import Served
from orders.event_kinds import EventKind
from orders.locks import lock_stock
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
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


def in_sets(levels: Collection[StockLevel]) -> list[StockLevel]:
    """Return those of these levels whose variants all wait there, and may be served there.

    Each level is the only one that has units of its variant.
    """
    if channel_warehouses():
        return []
    rows = FulfillmentLine.objects.waiting().filter(variant__in=[one.variant_id for one in levels])
    elsewhere = rows.exclude(stock_level__in=[level.pk for level in levels])
    mixed = set(elsewhere.values_list("variant", flat=True).distinct())
    return [level for level in levels if level.variant_id not in mixed]


def release_in_sets(levels: Collection[StockLevel], *, rule: str, act: Act) -> list[Served]:
    """Hand out what is available at these levels to those who wait there; they are locked."""
    with _served(levels, rule=rule):
        _lock_parcels()
        _give()
        _write_down(act=act)
        _let_go(at=act.at)
        _settle_others({level.variant_id for level in levels}, act=act)
        _keep_promises(act=act)
        return _shares()


@contextmanager
def _served(levels: Collection[StockLevel], *, rule: str) -> Iterator[None]:
    """Keep who gets how much in a table of this connection, while it is worked on."""
    waiting = FulfillmentLine.objects.waiting().filter(stock_level__in=[one.pk for one in levels])
    rows = in_rank(waiting, rule)
    rank: list[Any] = list(rows.query.order_by)
    rows = rows.annotate(
        upto=Window(Sum("waiting"), partition_by=F("variant"), order_by=rank)
    ).order_by()
    reached = rows.filter(upto__lt=F("waiting") + F("stock_level__available")).values_list(
        "pk",
        "fulfillment_order",
        "order_line",
        "variant",
        "variant__sku",
        "stock_level",
        "stock_level__warehouse",
        "upto",
        "waiting",
        "stock_level__available",
    )
    names = "line, parcel, order_line, variant, sku, level, warehouse, upto, waiting, there"
    sql, parameters = reached.query.sql_with_params()
    least = "LEAST" if connection.vendor == "postgresql" else "MIN"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE orders_served (line bigint PRIMARY KEY, parcel bigint, "
            "order_line bigint, variant bigint, sku varchar(64), level bigint, warehouse bigint, "
            "upto bigint, take bigint, is_simple boolean)"
        )
        try:
            cursor.execute(
                f"WITH reached ({names}) AS ({sql}) INSERT INTO orders_served "  # noqa: S608
                "SELECT line, parcel, order_line, variant, sku, level, warehouse, upto, "
                f"{least}(waiting, there - upto + waiting), TRUE FROM reached",
                parameters,
            )
            yield
        finally:
            cursor.execute("DROP TABLE orders_served")


def _lock_parcels() -> None:
    """Lock the orders, then the parcels that get units, lowest key first."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_served")
        cursor.execute(
            "SELECT COUNT(*) FROM (SELECT id FROM orders_order WHERE id IN "
            "(SELECT parcel.order_id FROM orders_served AS served JOIN orders_fulfillmentorder "
            "AS parcel ON parcel.id = served.parcel) ORDER BY id FOR NO KEY UPDATE) AS locked"
        )
        cursor.execute(
            "SELECT COUNT(*) FROM (SELECT id FROM orders_fulfillmentorder WHERE id IN "
            "(SELECT parcel FROM orders_served) ORDER BY id FOR NO KEY UPDATE) AS locked"
        )


def _give() -> None:
    """Count the units of each line, and of the levels."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_fulfillmentline SET allocated = allocated + served.take, "
            "waiting = waiting - served.take, promised_at = CASE WHEN waiting = served.take "
            "THEN NULL ELSE promised_at END FROM orders_served AS served "
            "WHERE orders_fulfillmentline.id = served.line"
        )
        cursor.execute(
            "UPDATE inventory_stocklevel SET allocated = allocated + given.units, "
            "on_backorder = on_backorder - given.units FROM (SELECT level, SUM(take) AS units "
            "FROM orders_served GROUP BY level) AS given "
            "WHERE inventory_stocklevel.id = given.level"
        )


def _write_down(*, act: Act) -> None:
    """Write what the small path writes into the time line of each order."""
    json = "jsonb_build_object" if connection.vendor == "postgresql" else "json_object"
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO orders_orderevent (order_id, at, "by", kind, data) '  # noqa: S608
            f"SELECT parcel.order_id, %s, %s, %s, {json}('sku', served.sku, "
            "'variant', served.variant, 'units', CAST(SUM(served.take) AS bigint), 'parcel', "
            "CAST(parcel.order_id AS text) || '-' || CAST(parcel.sequence AS text)) "
            "FROM orders_served AS served JOIN orders_fulfillmentorder AS parcel "
            "ON parcel.id = served.parcel "
            "GROUP BY parcel.id, parcel.order_id, parcel.sequence, served.variant, served.sku",
            [
                connection.ops.adapt_datetimefield_value(act.at),
                act.by,
                EventKind.UNITS_RESERVED.value,
            ],
        )


def _let_go(*, at: datetime) -> None:
    """Make ready what is whole, in one warehouse, and waited for units alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_served SET is_simple = FALSE WHERE parcel IN "
            "(SELECT line.fulfillment_order_id FROM orders_fulfillmentline AS line "
            "LEFT JOIN inventory_stocklevel AS level ON level.id = line.stock_level_id "
            "WHERE line.fulfillment_order_id IN (SELECT parcel FROM orders_served) "
            "GROUP BY line.fulfillment_order_id HAVING SUM(line.waiting) > 0 "
            "OR COUNT(*) <> COUNT(level.id) OR MIN(level.warehouse_id) <> MAX(level.warehouse_id) "
            "UNION SELECT hold.fulfillment_order_id FROM orders_hold AS hold "
            "JOIN orders_served AS served ON served.parcel = hold.fulfillment_order_id "
            "WHERE hold.reason NOT IN (%s, %s))",
            [*_WAITS_FOR_UNITS],
        )
        cursor.execute(
            "DELETE FROM orders_hold WHERE fulfillment_order_id IN "
            "(SELECT parcel FROM orders_served WHERE is_simple)"
        )
        cursor.execute(
            "UPDATE orders_fulfillmentorder SET status = %s, warehouse_id = served.warehouse, "
            "ready_at = %s, version = version + 1 FROM "
            "(SELECT DISTINCT parcel, warehouse FROM orders_served WHERE is_simple) AS served "
            "WHERE orders_fulfillmentorder.id = served.parcel",
            [FulfillmentStatus.READY.value, connection.ops.adapt_datetimefield_value(at)],
        )


def _settle_others(variant_ids: set[int], *, act: Act) -> None:
    """Settle parcels with other variants, other warehouses or other holds, some at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT parcel FROM orders_served WHERE NOT is_simple")
        ids = sorted(row[0] for row in cursor.fetchall())
    for start in range(0, len(ids), _BATCH):
        sheet = Sheet(lock_stock(variant_ids), act=act)
        sheet.read(Q(pk__in=ids[start : start + _BATCH]))
        for one in sheet.open:
            one.is_dirty = True  # its units changed, in a statement that the sheet did not see
            sheet.settle(one)
        sheet.save()


def _keep_promises(*, act: Act) -> None:
    """Take the day off lines of orders that wait no more; look at the others one by one."""
    served = RawSQL("SELECT order_line FROM orders_served", ())
    waiting = FulfillmentOrder.objects.filter(
        order=OuterRef("order"), status=FulfillmentStatus.WAITING
    )
    lines = OrderLine.objects.filter(pk__in=served)
    lines.filter(~Exists(waiting), promised_at__isnull=False).update(promised_at=None)
    refresh_lines(lines.filter(Exists(waiting)).values_list("pk", flat=True), act=act)


def _shares() -> list[Served]:
    """Return who got units, variant by variant, in rank."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT parcel.order_id, parcel.sequence, served.sku, SUM(served.take) FROM "
            "orders_served AS served JOIN orders_fulfillmentorder AS parcel "
            "ON parcel.id = served.parcel "
            "GROUP BY parcel.id, parcel.order_id, parcel.sequence, served.sku "
            "ORDER BY MIN(served.level), MIN(served.upto)"
        )
        return [
            Served(str(order), f"{order}-{sequence}", sku, int(units))
            for order, sequence, sku, units in cursor
        ]
