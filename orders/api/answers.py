"""Orders and fulfillment orders as the API shows them: a constant number of queries a page."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet

from inventory.models.catalog import seller_scope
from orders.line_numbers import LineNumbers, Units, line_numbers
from orders.models import FulfillmentLine, FulfillmentOrder, Hold, Order, OrderLine


def orders_of(user: User) -> QuerySet[Order]:
    """Return the orders that a user may see, with what their answers need."""
    lines = OrderLine.objects.filter(seller_scope(user, "variant__product__seller")).order_by("pk")
    units = FulfillmentLine.objects.visible_to(user).order_by("pk")
    return (
        Order.objects.visible_to(user)
        .select_related("channel")
        .prefetch_related(
            Prefetch("lines", lines, to_attr="own_lines"),
            Prefetch("own_lines__fulfillment_lines", units, to_attr="own_units"),
            Prefetch(
                "fulfillment_orders",
                fulfillment_orders_of(user).order_by("sequence"),
                to_attr="parcels",
            ),
        )
    )


def fulfillment_orders_of(user: User) -> QuerySet[FulfillmentOrder]:
    """Return the fulfillment orders that a user may see, with what their answers need."""
    units = FulfillmentLine.objects.visible_to(user).order_by("order_line", "pk")
    units = units.select_related("variant", "order_line", "stock_level__warehouse")
    return (
        FulfillmentOrder.objects.visible_to(user)
        .select_related("warehouse")
        .prefetch_related(
            Prefetch("lines", units, to_attr="own_lines"),
            Prefetch("holds", Hold.objects.order_by("pk"), to_attr="all_holds"),
        )
    )


def order_answer(order: Order) -> dict[str, Any]:
    """Return an order of `orders_of` as the API shows it."""
    return {
        "number": order.number,
        "channel": order.channel.slug,
        "external_id": order.external_id,
        "customer": {"name": order.customer_name, "email": order.customer_email},
        "status": order.status,
        "payment": order.payment,
        "currency": order.currency,
        "total": f"{order.total:.2f}",
        "ship_together": order.ship_together,
        "priority": order.priority,
        "placed_at": order.placed_at.isoformat(),
        "lines": [_line_answer(line) for line in order.own_lines],  # type: ignore[attr-defined]
        "fulfillment_orders": [
            fulfillment_order_answer(one)
            for one in order.parcels  # type: ignore[attr-defined]
        ],
        "version": order.version,
    }


def fulfillment_order_answer(one: FulfillmentOrder) -> dict[str, Any]:
    """Return a fulfillment order of `fulfillment_orders_of` as the API shows it."""
    return {
        "number": one.number,
        "order": str(one.order_id),
        "status": one.status,
        "warehouse": one.warehouse.code if one.warehouse else None,
        "holds": [
            {"id": hold.pk, "reason": hold.reason, "note": hold.note}
            for hold in one.all_holds  # type: ignore[attr-defined]
        ],
        "lines": _parcel_lines(one.own_lines),  # type: ignore[attr-defined]
        "version": one.version,
    }


def _line_answer(line: OrderLine) -> dict[str, Any]:
    numbers = _numbers(line, line.own_units)  # type: ignore[attr-defined]
    return {
        "sku": line.sku,
        "title": line.title,
        "quantity": numbers.quantity,
        "unit_price": f"{line.unit_price:.2f}",
        "allocated": numbers.allocated,
        "backordered": numbers.waiting,
        "short": numbers.short,
        "shipped": numbers.shipped,
        "canceled": numbers.canceled,
        "returned": line.returned,
        "backordered_when_placed": line.backordered_when_placed,
        "promised_at": line.promised_at.isoformat() if line.promised_at else None,
    }


def _numbers(line: OrderLine, units: Iterable[FulfillmentLine]) -> LineNumbers:
    sums: dict[tuple[int, int], list[int]] = {}
    for one in units:
        part = sums.setdefault((one.variant_id, one.per_unit), [0, 0, 0])
        part[0] += one.allocated
        part[1] += one.waiting
        part[2] += one.shipped
    return line_numbers(line, [Units(per, *part) for (_variant, per), part in sums.items()])


def _parcel_lines(units: Collection[FulfillmentLine]) -> list[dict[str, Any]]:
    """Return one entry for each variant of each order line, wherever it is booked."""
    answers: dict[tuple[int, int], dict[str, Any]] = {}
    for one in units:
        key = (one.order_line_id, one.variant_id)
        is_part = one.order_line.variant_id != one.variant_id
        answer = answers.setdefault(
            key,
            {
                "sku": one.variant.sku,
                "bundle": one.order_line.sku if is_part else None,
                "quantity": 0,
                "allocated": 0,
                "backordered": 0,
                "shipped": 0,
                "warehouses": [],
                "promised_at": None,
            },
        )
        answer["quantity"] += one.allocated + one.waiting + one.shipped
        answer["allocated"] += one.allocated
        answer["backordered"] += one.waiting
        answer["shipped"] += one.shipped
        if one.stock_level is not None:
            answer["warehouses"].append(one.stock_level.warehouse.code)
        if one.promised_at is not None:
            answer["promised_at"] = max(answer["promised_at"] or "", one.promised_at.isoformat())
    return list(answers.values())
