"""Finding orders and parcels by number, and lines by SKU; foreign ones are not there."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404
from rest_framework.exceptions import ValidationError

from channels.models import Channel
from inventory.api.lookup import variants_named
from inventory.skus import sku_key
from orders.api.answers import fulfillment_orders_of, orders_of
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.services.booking import Wanted

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_PARCEL = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,8})")
NOT_IN_IT = "This order has no such line."


def at_line(number: int, errors: dict[str, list[str]]) -> ValidationError:
    """Return the error that names a line of a body by its place."""
    detail: dict[Any, Any] = {number: errors}
    return ValidationError({"lines": detail})


def order_at(number: str, user: User) -> Order:
    """Return the order that an address names, with what its answer needs.

    :raises Http404: there is none that the user may see.
    """
    found = orders_of(user).filter(pk=int(number)).first() if _NUMBER.fullmatch(number) else None
    if found is None:
        raise Http404
    return found


def fulfillment_order_at(number: str, user: User) -> FulfillmentOrder:
    """Return the fulfillment order that an address names, with what its answer needs.

    :raises Http404: there is none that the user may see.
    """
    match = _PARCEL.fullmatch(number)
    found = None
    if match:
        rows = fulfillment_orders_of(user).filter(order=int(match[1]), sequence=int(match[2]))
        found = rows.first()
    if found is None:
        raise Http404
    return found


def channel_named(slug: str) -> Channel:
    """Return the channel that a body names.

    :raises ValidationError: there is none.
    """
    channel = Channel.objects.filter(slug=slug).first()
    if channel is None:
        raise ValidationError({"channel": ["There is no such channel."]})
    return channel


def wanted_lines(lines: Sequence[Mapping[str, Any]], user: User) -> list[Wanted]:
    """Return the lines of a body with their variants; without a price, the variant's.

    :raises ValidationError: naming each line with a SKU that the user cannot see.
    """
    found = variants_named(lines, user)
    return [
        Wanted(
            variant=found[line["sku"]],
            quantity=line["quantity"],
            unit_price=line.get("unit_price", found[line["sku"]].price),
        )
        for line in lines
    ]


def changed_quantities(
    order: Order, lines: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, int], list[Mapping[str, Any]]]:
    """Return the new quantity of each line, and those to be added.

    Several lines of one SKU are one quantity: the last is changed first.

    :raises ValidationError: a SKU is named twice.
    """
    quantities: dict[int, int] = {}
    added: list[Mapping[str, Any]] = []
    own = _lines_by_sku(order)
    seen: set[str] = set()
    for number, line in enumerate(lines):
        sku = line["sku"]
        key = sku_key(sku)
        if key in seen:
            raise at_line(number, {"sku": ["This SKU is named twice."]})
        seen.add(key)
        if key not in own:
            added.append(line)
            continue
        more = line["quantity"] - sum(row.quantity for row in own[key])
        for row in reversed(own[key]):
            change = max(more, -row.quantity) if more < 0 else more
            quantities[row.pk] = row.quantity + change
            more -= change
    return quantities, added


def units_of_lines(order: Order, lines: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return units by order line, for SKUs; of several lines of one SKU the last goes first.

    :raises ValidationError: the order has no such line, or not so many units.
    """
    own = _lines_by_sku(order)
    units: dict[int, int] = {}
    for number, line in enumerate(lines):
        rows = own.get(sku_key(line["sku"]))
        if rows is None:
            raise at_line(number, {"sku": [NOT_IN_IT]})
        left = line["quantity"]
        for row in reversed(rows):
            part = min(left, row.quantity - row.canceled - units.get(row.pk, 0))
            if part:
                units[row.pk] = units.get(row.pk, 0) + part
                left -= part
        if left:
            raise at_line(number, {"quantity": [f"{left} more than the order has."]})
    return units


def shipped_units_of_lines(order: Order, lines: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return shipped units by order line, for SKUs.

    :raises ValidationError: the order has no such line, or not so many shipped units.
    """
    rows = list(OrderLine.objects.filter(order=order).order_by("pk"))
    numbers = numbers_of(rows)
    left = {row.pk: numbers[row.pk].shipped - row.returned for row in rows}
    units: dict[int, int] = {}
    for number, line in enumerate(lines):
        own = [row for row in rows if sku_key(row.sku) == sku_key(line["sku"])]
        if not own:
            raise at_line(number, {"sku": [NOT_IN_IT]})
        wanted = line["quantity"]
        for row in own:
            part = min(wanted, left[row.pk])
            if part:
                units[row.pk] = units.get(row.pk, 0) + part
                left[row.pk] -= part
                wanted -= part
        if wanted:
            text = f"{wanted} more than were shipped and did not come back."
            raise at_line(number, {"quantity": [text]})
    return units


def parcel_units(
    one: FulfillmentOrder, lines: Sequence[Mapping[str, Any]] | None
) -> dict[int, int] | None:
    """Return units by fulfillment line, for SKUs; `None`: all of it.

    :raises ValidationError: the parcel has no such line.
    """
    if lines is None:
        return None
    rows: list[FulfillmentLine] = one.own_lines  # type: ignore[attr-defined]
    units: dict[int, int] = {}
    for number, line in enumerate(lines):
        own = [row for row in rows if sku_key(row.variant.sku) == sku_key(line["sku"])]
        if not own:
            text = "This fulfillment order has no such line."
            raise at_line(number, {"sku": [text]})
        left = line["quantity"]
        for row in own:
            part = min(left, row.allocated - units.get(row.pk, 0))
            if part > 0:
                units[row.pk] = units.get(row.pk, 0) + part
                left -= part
        if left:
            units[own[0].pk] = units.get(own[0].pk, 0) + left
    return units


def _lines_by_sku(order: Order) -> dict[str, list[OrderLine]]:
    """Return the lines of an order by the normal form of their SKU."""
    own: dict[str, list[OrderLine]] = {}
    for row in OrderLine.objects.filter(order=order).order_by("pk"):
        own.setdefault(sku_key(row.sku), []).append(row)
    return own
