"""Changing and canceling orders: less frees exactly that line's units, more is booked anew."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import StoreSettings
from inventory.policy import MAX_QUANTITY
from inventory.services.changes import refuse_stale
from inventory.services.stock_changed import stock_changed
from orders.errors import NotPossible
from orders.event_kinds import EventKind
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
from orders.policy.money import payment_of
from orders.policy.parcels import parcels_of
from orders.reasons import Reason
from orders.recipes import Recipe, Recipes, recipes_of, recipes_on, written
from orders.services.booking import (
    Wanted,
    all_variants,
    as_locked,
    book_lines,
    dates_of,
    pieces_of,
)
from orders.services.freeing import free_units, refuse_begun
from orders.services.line_checks import line_errors
from orders.services.promises import promise, refresh_lines
from orders.services.sheet import Sheet


@transaction.atomic
def change_order(
    *, order: Order, quantities: Mapping[int, int], act: Act, added: Sequence[Wanted] = ()
) -> Order:
    """Set what lines order, by primary key, and add lines; all of it is done or nothing.

    Less frees units of that line alone, those on backorder first, and whoever is next in line gets
    them at once. More is booked as a new order would be; the line's own units do not count
    against it. Zero cancels what is left of a line.

    :raises OrderRefused: naming every SKU that may not be sold so often.
    :raises NotPossible: a line is not of this order, its units are picked or shipped, or a variant
        was made of other components at this moment.
    :raises StaleChange: it is not the version that was seen.
    :raises InvalidChange: a quantity that makes no sense.
    """
    recipes = recipes_of({line.variant.pk for line in added})
    order, stock = lock_order(
        order.pk, more_variants=all_variants({line.variant.pk for line in added}, recipes)
    )
    refuse_stale(order, act)
    _refuse_closed(order)
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    _refuse_bad_quantities(lines, quantities, added := as_locked(added, stock))
    sheet = _sheet(order, stock, act=act)
    numbers = numbers_of(lines.values())
    more: list[tuple[OrderLine, int]] = []
    for pk, quantity in quantities.items():
        line, units = lines[pk], quantity - lines[pk].quantity
        if quantity == 0:
            _free_all_but_shipped(sheet, line, numbers[pk].shipped)
        elif units < 0:
            free_units(sheet, line, -units)
            line.quantity += units
        elif units > 0:
            refuse_begun(line)
            line.quantity += units
            more.append((line, units))
        if units:
            sheet.note(
                order,
                EventKind.QUANTITY_CHANGED,
                sku=line.sku,
                variant=line.variant_id,
                units=units,
                before=quantity - units,
                after=quantity,
            )
    new = _add_lines(sheet, order, added, recipes, at=act.at)
    _book_more(sheet, order, [*more, *new], recipes, at=act.at)
    _save(sheet, order, [*lines.values(), *(line for line, _units in new)])
    return order


@transaction.atomic
def cancel_order(*, order: Order, act: Act, units: Mapping[int, int] | None = None) -> Order:
    """Cancel so many units of lines, by primary key, or all that is not shipped.

    Units on backorder go first; what is freed serves the next in line at once.

    :raises NotPossible: nothing is left to cancel, or the units are picked or shipped.
    :raises StaleChange: it is not the version that was seen.
    :raises InvalidChange: a quantity that makes no sense.
    """
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    _refuse_closed(order)
    lines = {line.pk: line for line in order.lines.select_related("variant")}
    numbers = numbers_of(lines.values())
    if units is None:
        units = {
            pk: one.quantity - one.shipped - one.canceled
            for pk, one in numbers.items()
            if one.quantity > one.shipped + one.canceled
        }
    _refuse_bad_units(lines, units)
    sheet = _sheet(order, stock, act=act)
    for pk, count in units.items():
        free_units(sheet, lines[pk], count)
        lines[pk].canceled += count
        _note(sheet, EventKind.UNITS_CANCELED, lines[pk], count)
    _save(sheet, order, [*lines.values()])
    return order


@transaction.atomic
def set_priority(*, order: Order, priority: int, reason: str, act: Act) -> Order:
    """Move an order forward or back in every queue it waits in; higher is served first.

    :raises InvalidChange: the priority is out of range, or no reason is given.
    :raises StaleChange: it is not the version that was seen.
    """
    errors = {}
    if not -MAX_PRIORITY <= priority <= MAX_PRIORITY:
        errors["priority"] = "The priority is a number from -1,000,000 to 1,000,000."
    if not reason.strip():
        errors["reason"] = "Say why this order is served earlier or later."
    if errors:
        raise InvalidChange(errors)
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    sheet = Sheet(stock, act=act)
    sheet.note(order, EventKind.PRIORITY_SET, before=order.priority, after=priority, reason=reason)
    order.priority = priority
    order.version += 1
    order.save(update_fields=["priority", "version"])
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    rows.update(priority=priority)
    sheet.save()
    promise(set(rows.waiting().values_list("variant", flat=True)), act=act)
    return order


@transaction.atomic
def allow_short(*, order: Order, act: Act) -> Order:
    """Take what is short of a captured order from stock, or owe it, whatever the settings say.

    :raises StaleChange: it is not the version that was seen.
    :raises NotPossible: nothing of it is short, or no warehouse may owe it.
    """
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    short = [(line, line.short) for line in lines.values() if line.short]
    if not short:
        raise NotPossible(Reason.NOTHING_IS_SHORT, order=order.number)
    sheet = _sheet(order, stock, act=act)
    for line, units in short:
        line.short = 0
        _note(sheet, EventKind.BACKORDER_ALLOWED, line, units)
    _book_more(sheet, order, short, {}, at=act.at, is_allowed=True)
    _save(sheet, order, [*lines.values()])
    return order


def recount(order: Order, lines: Iterable[OrderLine]) -> None:
    """Bring status, total and payment along with the lines; the caller saves the order."""
    lines = list(lines)
    numbers = numbers_of(lines)
    left = sum(line.quantity - line.canceled for line in lines)
    shipped = sum(numbers[line.pk].shipped for line in lines)
    order.status = status_of(left, shipped)
    total = order.cost_of(lines)
    grew = total > order.total
    order.total = total
    if order.payment in {PaymentStatus.PAID, PaymentStatus.REFUND_DUE} and grew:
        order.captured = max(order.captured, total)
    order.payment = payment_of(order.payment, captured=order.captured, total=total)


def status_of(left: int, shipped: int) -> OrderStatus:
    """Return how far an order is of which so many units are left, and so many were shipped."""
    if left == 0:
        return OrderStatus.CANCELED
    if shipped == 0:
        return OrderStatus.PROCESSING
    return OrderStatus.SHIPPED if shipped == left else OrderStatus.PARTLY_SHIPPED


def _refuse_closed(order: Order) -> None:
    if order.status in {OrderStatus.CANCELED, OrderStatus.SHIPPED}:
        raise NotPossible(Reason.ORDER_CLOSED, order=order.number, status=order.status)


def _refuse_bad_quantities(
    lines: Mapping[int, OrderLine], quantities: Mapping[int, int], added: Sequence[Wanted]
) -> None:
    errors = line_errors(added, beside=len(lines)) if added else {}
    for pk, quantity in quantities.items():
        if pk not in lines:
            raise NotPossible(Reason.LINE_NOT_IN_ORDER)
        if not 0 <= quantity <= MAX_QUANTITY:
            errors[lines[pk].sku] = f"{lines[pk].sku}: order 0 to 1,000,000,000 units."
        elif 0 < quantity < lines[pk].canceled:
            errors[lines[pk].sku] = f"{lines[pk].sku}: {lines[pk].canceled} are canceled already."
    if errors:
        raise InvalidChange(errors)
    if not quantities and not added:
        raise NotPossible(Reason.NOTHING_TO_CHANGE)


def _refuse_bad_units(lines: Mapping[int, OrderLine], units: Mapping[int, int]) -> None:
    if not units:
        raise NotPossible(Reason.NOTHING_TO_CANCEL)
    errors = {}
    for pk, count in units.items():
        if pk not in lines:
            raise NotPossible(Reason.LINE_NOT_IN_ORDER)
        if not 1 <= count <= lines[pk].quantity - lines[pk].canceled:
            left = lines[pk].quantity - lines[pk].canceled
            errors[lines[pk].sku] = f"{lines[pk].sku}: cancel 1 to {left} units."
    if errors:
        raise InvalidChange(errors)


def _sheet(order: Order, stock: Stock, *, act: Act) -> Sheet:
    sheet = Sheet(stock, act=act)
    open_ones = ~Q(status__in=(FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED))
    sheet.read(Q(order=order) & open_ones, order=order)
    return sheet


def _note(sheet: Sheet, kind: EventKind, line: OrderLine, units: int) -> None:
    """Write down what happened to units of a line."""
    sheet.note(line.order, kind, sku=line.sku, variant=line.variant_id, units=units)


def _free_all_but_shipped(sheet: Sheet, line: OrderLine, shipped: int) -> None:
    """Cancel what is left of a line."""
    units = line.quantity - line.canceled - shipped
    if units:
        free_units(sheet, line, units)
        line.canceled += units


def _add_lines(
    sheet: Sheet, order: Order, added: Sequence[Wanted], recipes: Recipes, *, at: datetime
) -> list[tuple[OrderLine, int]]:
    rows = [
        OrderLine(
            order=order,
            variant=line.variant,
            sku=line.variant.sku,
            title=line.variant.full_title,
            quantity=line.quantity,
            recipe=written(recipes.get(line.variant.pk)),
            unit_price=line.unit_price,
            placed_at=at,
        )
        for line in added
    ]
    for row in OrderLine.objects.bulk_create(rows):
        _note(sheet, EventKind.LINE_ADDED, row, row.quantity)
    return [(row, row.quantity) for row in rows]


def _book_more(
    sheet: Sheet,
    order: Order,
    more: Sequence[tuple[OrderLine, int]],
    recipes: Recipes,
    *,
    at: datetime,
    is_allowed: bool = False,
) -> None:
    """Book units that come to an order, and put them into its parcels.

    `recipes` are today's, of the variants that are added; a line keeps the one it was ordered by.

    :raises NotPossible: a variant that a line is made of is gone.
    """
    if not more:
        return
    lines = {line.pk: line for line, _units in more}
    # What was told is about fewer units: of those that come now nobody was told anything.
    OrderLine.objects.filter(pk__in=lines, told_ready=True).update(told_ready=False)
    booking = book_lines(
        [(line.pk, line.variant, units) for line, units in more],
        stock=sheet.stock,
        recipes=recipes,
        frozen=_frozen(lines.values(), sheet.stock),
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
    sheet.know(lines.values(), release_dates=dates_of(lines, sheet.stock))
    parcels = parcels_of(
        pieces_of(booking, lines, sheet.stock),
        is_split=not order.ship_together,
        release_dates=sheet.release_dates,
        today=timezone.localdate(at),
    )
    for parcel in parcels:
        sheet.join(order, parcel)
    if order.ship_together:
        sheet.gather(order)


def _frozen(lines: Collection[OrderLine], stock: Stock) -> dict[int, Recipe]:
    """Return what lines were ordered by.

    :raises NotPossible: a variant that one is made of is gone.
    """
    recipes = recipes_on(lines)
    for line in lines:
        if any(part not in stock.variants for part, _units in recipes[line.pk]):
            raise NotPossible(Reason.COMPONENT_GONE, sku=line.sku)
    return recipes


def _had(order: Order, more: Sequence[tuple[OrderLine, int]]) -> dict[int, int]:
    """Return the units by variant that an order has beside those that come to it now."""
    coming = {line.pk: units for line, units in more}
    counted = {line.pk: line for line, _units in more}
    had: Counter[int] = Counter()
    for row in OrderLine.objects.filter(order=order):
        line = counted.get(row.pk, row)
        had[line.variant_id] += line.quantity - line.canceled - coming.get(row.pk, 0)
    return had


def _save(sheet: Sheet, order: Order, lines: Sequence[OrderLine]) -> None:
    """Write the change, then serve who is next in line."""
    sheet.save()
    OrderLine.objects.bulk_update(
        lines, ["quantity", "short", "canceled", "backordered_when_placed"], batch_size=200
    )
    recount(order, OrderLine.objects.filter(order=order))
    order.version += 1
    order.save(update_fields=["status", "total", "payment", "captured", "version"])
    refresh_lines([line.pk for line in lines], act=sheet.act)
    variant_ids = set(sheet.stock.variants)
    promise(variant_ids, act=sheet.act, order=None)
    stock_changed(variant_ids, act=sheet.act)
