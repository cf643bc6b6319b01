"""Changing and canceling orders: less frees exactly that line's units, more is booked anew."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels.services.salable import salable_changed
from inventory.errors import InvalidChange
from inventory.models import StoreSettings
from inventory.policy import MAX_QUANTITY
from inventory.services.changes import refuse_stale
from inventory.services.low_stock import watch_low_stock
from orders.errors import NotPossible
from orders.line_numbers import numbers_of
from orders.locks import Stock, lock_order
from orders.models import (
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
)
from orders.models.orders import MAX_PRIORITY
from orders.policy.parcels import Parcel, parcels_of
from orders.services.booking import (
    Wanted,
    all_variants,
    book_lines,
    dates_of,
    pieces_of,
    recipes_of,
)
from orders.services.line_checks import line_errors
from orders.services.promises import promise, refresh_lines
from orders.services.release import follow
from orders.services.sheet import Open, Sheet


@transaction.atomic
def change_order(
    *,
    order: Order,
    quantities: Mapping[int, int],
    by: str,
    at: datetime,
    added: Sequence[Wanted] = (),
    version: int | None = None,
) -> Order:
    """Set what lines order, by primary key, and add lines; all of it is done or nothing.

    Less frees units of that line alone, those on backorder first, and whoever is next in line gets
    them at once. More is booked as a new order would be; the line's own units do not count
    against it. Zero cancels what is left of a line.

    :raises OrderRefused: naming every SKU that may not be sold so often.
    :raises NotPossible: a line is not of this order, or its units are picked or shipped.
    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a quantity that makes no sense.
    """
    recipes = recipes_of(_ordered_variants(order) | {line.variant.pk for line in added})
    order, stock = lock_order(
        order.pk, more_variants=all_variants({line.variant.pk for line in added}, recipes)
    )
    refuse_stale(order, version)
    _refuse_closed(order)
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    _refuse_bad_quantities(lines, quantities, added)
    sheet = _sheet(order, stock, at=at, by=by)
    numbers = numbers_of(lines.values())
    more: list[tuple[OrderLine, int]] = []
    for pk, quantity in quantities.items():
        line, units = lines[pk], quantity - lines[pk].quantity
        if quantity == 0:
            _free_all_but_shipped(sheet, line, numbers[pk].begun)
        elif units < 0:
            _free(sheet, line, -units)
            line.quantity += units
        elif units > 0:
            line.quantity += units
            more.append((line, units))
        if units:
            sheet.note(order, f"{line.sku}: {quantity} units instead of {quantity - units}.")
    new = _add_lines(sheet, order, added, at=at)
    _book_more(sheet, order, [*more, *new], recipes, at=at)
    _save(sheet, order, [*lines.values(), *(line for line, _units in new)], by=by)
    return order


@transaction.atomic
def cancel_order(
    *,
    order: Order,
    by: str,
    at: datetime,
    units: Mapping[int, int] | None = None,
    version: int | None = None,
) -> Order:
    """Cancel so many units of lines, by primary key, or all that is not shipped.

    Units on backorder go first; what is freed serves the next in line at once.

    :raises NotPossible: nothing is left to cancel, or the units are picked or shipped.
    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a quantity that makes no sense.
    """
    order, stock = lock_order(order.pk)
    refuse_stale(order, version)
    _refuse_closed(order)
    lines = {line.pk: line for line in order.lines.select_related("variant")}
    numbers = numbers_of(lines.values())
    if units is None:
        units = {
            pk: one.quantity - one.begun - one.canceled
            for pk, one in numbers.items()
            if one.quantity > one.begun + one.canceled
        }
    _refuse_bad_units(lines, units)
    sheet = _sheet(order, stock, at=at, by=by)
    for pk, count in units.items():
        _free(sheet, lines[pk], count)
        lines[pk].canceled += count
        sheet.note(order, f"{count} × {lines[pk].sku} canceled.")
    _save(sheet, order, [*lines.values()], by=by)
    return order


@transaction.atomic
def set_priority(*, order: Order, priority: int, reason: str, by: str, at: datetime) -> Order:
    """Move an order forward or back in every queue it waits in; higher is served first.

    :raises InvalidChange: the priority is out of range, or no reason is given.
    """
    errors = {}
    if not -MAX_PRIORITY <= priority <= MAX_PRIORITY:
        errors["priority"] = "The priority is a number from -1,000,000 to 1,000,000."
    if not reason.strip():
        errors["reason"] = "Say why this order is served earlier or later."
    if errors:
        raise InvalidChange(errors)
    order, stock = lock_order(order.pk)
    sheet = Sheet(stock, at=at, by=by, today=timezone.localdate(at))
    sheet.note(order, f"Priority {priority} instead of {order.priority}: {reason}")
    order.priority = priority
    order.version += 1
    order.save(update_fields=["priority", "version"])
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    rows.update(priority=priority)
    sheet.save()
    promise(set(rows.waiting().values_list("variant", flat=True)), at=at, by=by)
    return order


@transaction.atomic
def allow_short(*, order: Order, by: str, at: datetime) -> Order:
    """Take what is short of a captured order from stock, or owe it, whatever the settings say.

    :raises NotPossible: nothing of it is short, or no warehouse may owe it.
    """
    recipes = recipes_of(_ordered_variants(order))
    order, stock = lock_order(order.pk, more_variants=all_variants((), recipes))
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    short = [(line, line.short) for line in lines.values() if line.short]
    if not short:
        raise NotPossible(f"Nothing of order {order.number} is short.")
    sheet = _sheet(order, stock, at=at, by=by)
    for line, units in short:
        line.short = 0
        sheet.note(order, f"{units} × {line.sku} that were short are allowed on backorder.")
    _book_more(sheet, order, short, recipes, at=at, is_allowed=True)
    _save(sheet, order, [*lines.values()], by=by)
    return order


def recount(order: Order, lines: Iterable[OrderLine]) -> None:
    """Bring status, total and payment along with the lines; the caller saves the order."""
    lines = list(lines)
    numbers = numbers_of(lines)
    left = sum(line.quantity - line.canceled for line in lines)
    shipped = sum(numbers[line.pk].shipped for line in lines)
    order.status = _status(left, shipped)
    total = sum(((line.quantity - line.canceled) * line.unit_price for line in lines), Decimal(0))
    grew = total > order.total
    order.total = total
    if order.payment in {PaymentStatus.PAID, PaymentStatus.REFUND_DUE} and grew:
        order.captured = max(order.captured, total)
    if order.payment != PaymentStatus.PENDING:
        order.payment = _payment(order)


def _status(left: int, shipped: int) -> OrderStatus:
    if left == 0:
        return OrderStatus.CANCELED
    if shipped == 0:
        return OrderStatus.PROCESSING
    return OrderStatus.SHIPPED if shipped == left else OrderStatus.PARTLY_SHIPPED


def _payment(order: Order) -> PaymentStatus:
    if order.captured > order.total:
        return PaymentStatus.REFUND_DUE
    if order.captured == 0 and order.payment in {PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED}:
        return PaymentStatus.REFUNDED
    return PaymentStatus.PAID if order.captured >= order.total else PaymentStatus.PENDING


def _ordered_variants(order: Order) -> set[int]:
    return set(OrderLine.objects.filter(order=order.pk).values_list("variant", flat=True))


def _refuse_closed(order: Order) -> None:
    if order.status in {OrderStatus.CANCELED, OrderStatus.SHIPPED}:
        word = order.get_status_display().lower()
        raise NotPossible(f"Order {order.number} is {word} already.")


def _refuse_bad_quantities(
    lines: Mapping[int, OrderLine], quantities: Mapping[int, int], added: Sequence[Wanted]
) -> None:
    errors = line_errors(added, beside=len(lines)) if added else {}
    for pk, quantity in quantities.items():
        if pk not in lines:
            raise NotPossible("This line is not of this order.")
        if not 0 <= quantity <= MAX_QUANTITY:
            errors[lines[pk].sku] = f"{lines[pk].sku}: order 0 to 1,000,000,000 units."
        elif 0 < quantity < lines[pk].canceled:
            errors[lines[pk].sku] = f"{lines[pk].sku}: {lines[pk].canceled} are canceled already."
    if errors:
        raise InvalidChange(errors)
    if not quantities and not added:
        raise NotPossible("Nothing is to be changed.")


def _refuse_bad_units(lines: Mapping[int, OrderLine], units: Mapping[int, int]) -> None:
    if not units:
        raise NotPossible("Nothing is left to cancel.")
    errors = {}
    for pk, count in units.items():
        if pk not in lines:
            raise NotPossible("This line is not of this order.")
        if not 1 <= count <= lines[pk].quantity - lines[pk].canceled:
            left = lines[pk].quantity - lines[pk].canceled
            errors[lines[pk].sku] = f"{lines[pk].sku}: cancel 1 to {left} units."
    if errors:
        raise InvalidChange(errors)


def _sheet(order: Order, stock: Stock, *, at: datetime, by: str) -> Sheet:
    sheet = Sheet(stock, at=at, by=by, today=timezone.localdate(at))
    open_ones = ~Q(status__in=(FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED))
    sheet.read(Q(order=order) & open_ones, order=order)
    return sheet


def _free_all_but_shipped(sheet: Sheet, line: OrderLine, shipped: int) -> None:
    """Cancel what is left of a line."""
    units = line.quantity - line.canceled - shipped
    if units:
        _free(sheet, line, units)
        line.canceled += units


def _free(sheet: Sheet, line: OrderLine, units: int) -> None:
    """Free ordered units of a line: short ones, then those on backorder, then allocated ones.

    :raises NotPossible: so many are not left unpicked.
    """
    part = min(units, line.short)
    line.short -= part
    units -= part
    parcels = [one for one in sheet.open if one.is_untouched]
    parcels.sort(key=lambda one: _is_waiting_for(one, line), reverse=True)
    mine = [row for one in parcels for row in one.lines if row.order_line_id == line.pk]
    # A component that is shipped alone keeps its bundle from being canceled.
    parts = FulfillmentLine.objects.filter(order_line=line)
    taken = set(parts.values_list("variant", "per_unit"))
    for variant_id, per_unit in taken:
        rows = [row for row in mine if row.variant_id == variant_id]
        if left := _free_rows(sheet, rows, units * per_unit):
            text = f"{line.sku}: {-(-left // per_unit)} units are picked or shipped."
            raise NotPossible(f"{text} Undo the picking first.")
    if units and not taken:
        raise NotPossible(f"{line.sku}: {units} units are shipped already.")
    for one in parcels:
        sheet.settle(one)


def _is_waiting_for(one: Open, line: OrderLine) -> tuple[bool, int]:
    """Rank parcels by what is freed first: those that lack units of the line, the newest first."""
    lacks = any(part.waiting for part in one.lines if part.order_line_id == line.pk)
    return lacks, one.row.sequence


def _free_rows(sheet: Sheet, rows: Sequence[FulfillmentLine], units: int) -> int:
    """Free units of one variant, parcel by parcel; return how many are left to free."""
    for parcel in _by_parcel(rows):
        for row in parcel:
            count = min(units, row.waiting)
            sheet.free(row, waiting=count)
            units -= count
        for row in reversed(parcel):
            count = min(units, row.allocated)
            sheet.free(row, allocated=count)
            units -= count
    return units


def _by_parcel(rows: Sequence[FulfillmentLine]) -> list[list[FulfillmentLine]]:
    parcels: dict[int, list[FulfillmentLine]] = {}
    for row in rows:
        parcels.setdefault(row.fulfillment_order_id, []).append(row)
    return list(parcels.values())


def _add_lines(
    sheet: Sheet, order: Order, added: Sequence[Wanted], *, at: datetime
) -> list[tuple[OrderLine, int]]:
    rows = [
        OrderLine(
            order=order,
            variant=line.variant,
            sku=line.variant.sku,
            title=line.variant.full_title,
            quantity=line.quantity,
            unit_price=line.unit_price,
            placed_at=at,
        )
        for line in added
    ]
    for row in OrderLine.objects.bulk_create(rows):
        sheet.note(order, f"{row.quantity} × {row.sku} added.")
    return [(row, row.quantity) for row in rows]


def _book_more(
    sheet: Sheet,
    order: Order,
    more: Sequence[tuple[OrderLine, int]],
    recipes: Mapping[int, Sequence[tuple[int, int]]],
    *,
    at: datetime,
    is_allowed: bool = False,
) -> None:
    """Book units that come to an order, and put them into its parcels."""
    if not more:
        return
    lines = {line.pk: line for line, _units in more}
    booking = book_lines(
        [(line.pk, line.variant, units) for line, units in more],
        stock=sheet.stock,
        recipes=recipes,
        channel=order.channel,
        settings=StoreSettings.load(),
        today=timezone.localdate(at),
        is_allowed=is_allowed,
        had=_had(order, more),
    )
    for line in lines.values():
        owed = line.backordered_when_placed + booking.waiting(line.pk)
        # Lowered and raised again, a line is not owed more than it orders.
        line.backordered_when_placed = max(line.backordered_when_placed, min(owed, line.quantity))
    sheet.know(lines.values(), release_dates=dates_of(lines, sheet.stock, recipes))
    parcels = parcels_of(
        pieces_of(booking, lines, sheet.stock),
        is_split=not order.ship_together,
        release_dates=sheet.release_dates,
        today=timezone.localdate(at),
    )
    for parcel in parcels:
        _join(sheet, order, parcel)
    if order.ship_together and any(one.missing or one.holds for one in sheet.open):
        sheet.gather(order)


def _had(order: Order, more: Sequence[tuple[OrderLine, int]]) -> dict[int, int]:
    """Return the units by variant that an order has beside those that come to it now."""
    coming = {line.pk: units for line, units in more}
    counted = {line.pk: line for line, _units in more}
    had: Counter[int] = Counter()
    for row in OrderLine.objects.filter(order=order):
        line = counted.get(row.pk, row)
        had[line.variant_id] += line.quantity - line.canceled - coming.get(row.pk, 0)
    return had


def _join(sheet: Sheet, order: Order, parcel: Parcel) -> None:
    """Put a parcel into one of the order that is alike and not picked, or make it one."""
    for one in sheet.open:
        alike = one.is_untouched and one.row.warehouse_id == parcel.warehouse
        reasons = {hold.reason for hold in one.holds}
        if alike and reasons == set(parcel.holds):
            for piece in parcel.pieces:
                sheet.put(one, piece)
            return
    sheet.add(order, parcel)


def _save(sheet: Sheet, order: Order, lines: Sequence[OrderLine], *, by: str) -> None:
    """Write the change, then serve who is next in line."""
    sheet.save()
    OrderLine.objects.bulk_update(
        lines, ["quantity", "short", "canceled", "backordered_when_placed"], batch_size=200
    )
    recount(order, OrderLine.objects.filter(order=order))
    order.version += 1
    order.save(update_fields=["status", "total", "payment", "captured", "version"])
    refresh_lines([line.pk for line in lines], at=sheet.at, by=by)
    variant_ids = set(sheet.stock.variants)
    promise(variant_ids, at=sheet.at, by=by, order=None)
    follow(variant_ids, at=sheet.at, by=by)
    salable_changed(variant_ids)
    watch_low_stock(variant_ids, at=sheet.at)
