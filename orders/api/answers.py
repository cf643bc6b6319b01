"""Orders and fulfillment orders as the API shows them: a constant number of queries a page."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import BooleanField, Prefetch, QuerySet, Value
from django.db.models.functions import Cast

from inventory.models.catalog import own_sellers, seller_scope
from orders.line_numbers import Units, line_numbers
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    Order,
    OrderLine,
)


def orders_of(user: User) -> QuerySet[Order]:
    """Return the orders that a user may see, with what their answers need."""
    lines = OrderLine.objects.filter(seller_scope(user, "variant__product__seller")).order_by("pk")
    units = FulfillmentLine.objects.visible_to(user).select_related("stock_level").order_by("pk")
    return (
        Order.objects.visible_to(user)
        .annotate(is_whole=_is_whole(user))
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
        .annotate(is_whole=_is_whole(user))
        .select_related("warehouse")
        .prefetch_related(
            Prefetch("lines", units, to_attr="own_lines"),
            Prefetch("holds", Hold.objects.order_by("pk"), to_attr="all_holds"),
        )
    )


def _is_whole(user: User) -> Cast:
    """Return whether a user sees whole orders: a seller is told of own lines alone."""
    return Cast(Value(own_sellers(user) is None), BooleanField())


def order_answer(order: Order) -> dict[str, Any]:
    """Return an order of `orders_of` as the API shows it; a seller reads no e-mail address."""
    email = order.customer_email if order.is_whole else ""  # type: ignore[attr-defined]
    return {
        "number": order.number,
        "channel": order.channel.slug,
        "external_id": order.external_id,
        "customer": {"name": order.customer_name, "email": email},
        "status": order.status,
        "payment": order.payment,
        "language": order.language,
        "currency": order.currency,
        "total": f"{_total(order):.2f}",
        **_money(order),
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
    is_whole = one.is_whole  # type: ignore[attr-defined]
    return {
        "number": one.number,
        "order": str(one.order_id),
        "status": one.status,
        "warehouse": one.warehouse.code if one.warehouse else None,
        "holds": [
            {"id": hold.pk, "reason": hold.reason, "note": hold.note if is_whole else ""}
            for hold in one.all_holds  # type: ignore[attr-defined]
        ],
        "lines": _parcel_lines(
            one.own_lines,  # type: ignore[attr-defined]
            is_whole=is_whole,
            is_waiting=one.status == FulfillmentStatus.WAITING,
        ),
        "version": one.version,
    }


def _total(order: Order) -> Decimal:
    """Return the price of what is answered."""
    if order.is_whole:  # type: ignore[attr-defined]
        return order.total
    own = order.own_lines  # type: ignore[attr-defined]
    return sum((row.amount for row in own), Decimal(0))


def _money(order: Order) -> dict[str, str | None]:
    """Return what the total is made of, what was paid and what is due back; a seller reads none."""
    if not order.is_whole:  # type: ignore[attr-defined]
        return dict.fromkeys(("tax", "shipping", "captured", "refund_due"))
    tax, shipping = order.extras_of(order.own_lines)  # type: ignore[attr-defined]
    return {
        "tax": f"{tax:.2f}",
        "shipping": f"{shipping:.2f}",
        "captured": f"{order.captured:.2f}",
        "refund_due": f"{order.refund_due:.2f}",
    }


def _line_answer(line: OrderLine) -> dict[str, Any]:
    own: Iterable[FulfillmentLine] = line.own_units  # type: ignore[attr-defined]
    numbers = line_numbers(line, [Units.of(row) for row in own])
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
        "promised_at": _day(line),
    }


def _day(line: OrderLine) -> str | None:
    """Return when the units of a line ship that wait, as its customer reads it."""
    return line.promised_at.isoformat() if line.promised_at else None


def _parcel_lines(
    units: Collection[FulfillmentLine], *, is_whole: bool, is_waiting: bool
) -> list[dict[str, Any]]:
    """Return one entry for each variant of each order line, wherever it is booked.

    A seller is not told of the bundle, which may be somebody else's.
    """
    answers: dict[tuple[int, int], dict[str, Any]] = {}
    for one in units:
        key = (one.order_line_id, one.variant_id)
        is_part = is_whole and one.order_line.variant_id != one.variant_id
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
                "promised_at": _day(one.order_line) if is_waiting else None,
            },
        )
        answer["quantity"] += one.allocated + one.waiting + one.shipped
        answer["allocated"] += one.allocated
        answer["backordered"] += one.waiting
        answer["shipped"] += one.shipped
        if one.stock_level is not None:
            answer["warehouses"].append(one.stock_level.warehouse.code)
    return list(answers.values())
