"""Proving that the numbers add up: the invariants of `docs/domain.md`, §8, one query each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.models import Movement, StockLevel
from inventory.models.stock import MovementKind
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderLine,
)
from orders.services.books import outside
from orders.waiting import channel_warehouses

AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
PACKED = (FulfillmentStatus.PACKED, FulfillmentStatus.SHIPPED)
PICKED = (FulfillmentStatus.PICKED, *PACKED)


@dataclass(frozen=True, slots=True)
class Breach:
    """One number that is not what it should be: which rule, where, and both numbers."""

    rule: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.text}"


def reconcile() -> list[Breach]:
    """Return every breach; an empty list proves that the books are right."""
    return [breach for check in CHECKS for breach in check()]


def _quantities() -> Iterator[Breach]:
    """Find impossible numbers of on hand, allocated and on backorder."""
    rows = StockLevel.objects.filter(
        Q(on_hand__lt=0)
        | Q(allocated__lt=0)
        | Q(on_backorder__lt=0)
        | Q(allocated__gt=F("on_hand"))
    )
    for level in rows.select_related("variant", "warehouse"):
        numbers = f"{level.on_hand} on hand, {level.allocated} allocated"
        yield Breach("quantities", str(level), f"{numbers}, {level.on_backorder} on backorder")


def _on_hand() -> Iterator[Breach]:
    """Compare on hand with the sum of its movements."""
    sums = Movement.objects.filter(stock_level=OuterRef("pk")).order_by().values("stock_level")
    yield from _compared("on_hand", sums.annotate(units=Sum("quantity")), "movements")


def _allocated() -> Iterator[Breach]:
    """Compare allocated with what unshipped parcels hold."""
    rows = FulfillmentLine.objects.filter(stock_level=OuterRef("pk")).order_by()
    sums = rows.values("stock_level").annotate(units=Sum("allocated"))
    yield from _compared("allocated", sums, "parcels")


def _on_backorder() -> Iterator[Breach]:
    """Compare on backorder with what waits."""
    rows = FulfillmentLine.objects.filter(stock_level=OuterRef("pk")).order_by()
    sums = rows.values("stock_level").annotate(units=Sum("waiting"))
    yield from _compared("on_backorder", sums, "waiting room")


def _compared(field: str, sums: Any, source: str) -> Iterator[Breach]:
    rows = StockLevel.objects.annotate(proven=Coalesce(Subquery(sums.values("units")), 0))
    rows = rows.exclude(**{field: F("proven")}).select_related("variant", "warehouse")
    for level in rows:
        text = f"{getattr(level, field)}, but {level.proven} by the {source}"  # type: ignore[attr-defined]
        yield Breach(field, str(level), text)


def _order_lines() -> Iterator[Breach]:
    """Compare what is ordered with what its parcels hold, for each part of a bundle."""
    taken = (
        FulfillmentLine.objects.order_by()
        .values("order_line", "variant", "per_unit")
        .annotate(units=Sum(F("allocated") + F("waiting") + F("shipped")))
        .values_list("order_line", "per_unit", "units")
    )
    parts: dict[int, list[tuple[int, int]]] = {}
    for line_id, per_unit, units in taken.iterator():
        parts.setdefault(line_id, []).append((per_unit, units))
    for line in OrderLine.objects.iterator(chunk_size=2_000):
        due = line.quantity - line.short - line.canceled
        for per_unit, units in parts.get(line.pk, [(1, 0)]):
            if units != due * per_unit:
                text = f"{due * per_unit} units are due, {units} are in its parcels"
                yield Breach("order_line", f"{line.order_id} {line.sku}", text)


def _parcels() -> Iterator[Breach]:
    """Find parcels whose state is not what they hold and what holds them."""
    holds = Exists(Hold.objects.filter(fulfillment_order=OuterRef("pk")))
    waits_for_stock = Exists(
        Hold.objects.filter(fulfillment_order=OuterRef("pk"), reason=HoldReason.AWAITING_STOCK)
    )
    lines = FulfillmentLine.objects.filter(fulfillment_order=OuterRef("pk"))
    lacks = Exists(lines.filter(waiting__gt=0))
    was_shipped = Exists(lines.filter(shipped__gt=0))
    today = timezone.localdate()
    ahead = Q(variant__release_date__gt=today) | Q(order_line__variant__release_date__gt=today)
    rows = FulfillmentOrder.objects.annotate(
        is_held=holds,
        waits_for_stock=waits_for_stock,
        lacks=lacks,
        was_shipped=was_shipped,
        is_early=Exists(lines.filter(ahead)),
    )
    questions = (
        (Q(status="waiting", is_held=False), "waits, and nothing holds it"),
        (Q(status=FulfillmentStatus.READY, is_held=True), "is ready, and something holds it"),
        (Q(status__in=AT_HAND, lacks=True), "lacks units, and does not wait"),
        (Q(status="waiting", lacks=True, waits_for_stock=False), "lacks units without that hold"),
        (Q(status="waiting", lacks=False, waits_for_stock=True), "waits for units that it has"),
        (
            Q(Exists(lines.exclude(allocated=0, waiting=0)), status__in=("shipped", "canceled")),
            "is closed, and still takes units",
        ),
        (Q(was_shipped=True) & ~Q(status="shipped"), "is not shipped, but units of it are"),
        (Q(~Exists(lines)) & ~Q(status="canceled"), "holds nothing, and is not canceled"),
        (Q(is_early=True, status__in=AT_HAND), "would ship before its release date"),
        (_differs("picked_at", PICKED), "does not agree with when it was picked"),
        (_differs("packed_at", PACKED), "does not agree with when it was packed"),
    )
    for question, text in questions:
        for row in rows.filter(question):
            yield Breach("parcel", row.number, text)


def _shipped() -> Iterator[Breach]:
    """Compare what left in each parcel with the movements that name it."""
    gone = FulfillmentLine.objects.filter(shipped__gt=0, stock_level__isnull=False).order_by()
    units = {
        f"{order}-{sequence}": shipped
        for order, sequence, shipped in gone.values_list(
            "fulfillment_order__order", "fulfillment_order__sequence"
        )
        .annotate(units=Sum("shipped"))
        .iterator()
    }
    kinds = (MovementKind.SHIPMENT, MovementKind.RETURN)
    moves = Movement.objects.filter(kind__in=kinds, reference__contains="-").order_by()
    for number, moved in moves.values_list("reference").annotate(units=Sum("quantity")).iterator():
        shipped = units.pop(number, 0)
        if shipped != -moved:
            yield Breach("shipped", number, f"{shipped} units, but {-moved} by the movements")
    for number, shipped in units.items():
        yield Breach("shipped", number, f"{shipped} units, but 0 by the movements")


def _differs(day: str, states: tuple[FulfillmentStatus, ...]) -> Q:
    """Return the question which parcels are in these states, or had their day, and not both."""
    was_done = Q(**{f"{day}__isnull": False})
    return (Q(status__in=states) & ~was_done) | (~Q(status__in=states) & was_done)


def _outside_the_books() -> Iterator[Breach]:
    """Find lines that take the units of a tracked variant from no stock level."""
    for line in outside().select_related("fulfillment_order", "variant"):
        text = f"{line.allocated} × {line.variant.sku} are in no warehouse's books"
        yield Breach("outside_the_books", line.fulfillment_order.number, text)


def _unserved() -> Iterator[Breach]:
    """Find lines that wait for units which are available."""
    places = channel_warehouses()
    can = Exists(
        StockLevel.objects.filter(
            variant=OuterRef("variant"),
            available__gt=0,
            in_stock=True,
            warehouse__is_active=True,
        )
    )
    rows = FulfillmentLine.objects.waiting().filter(can)
    for line in rows.select_related("fulfillment_order__order", "variant"):
        ships_from = places.get(line.fulfillment_order.order.channel_id)
        levels = StockLevel.objects.filter(
            variant=line.variant_id, available__gt=0, in_stock=True, warehouse__is_active=True
        )
        if ships_from is None or levels.filter(warehouse__in=ships_from).exists():
            text = f"waits for {line.waiting} × {line.variant.sku}, which are available"
            yield Breach("unserved", line.fulfillment_order.number, text)


def _money() -> Iterator[Breach]:
    """Compare the total of an order with its lines."""
    sums = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    sums = sums.annotate(money=Sum((F("quantity") - F("canceled")) * F("unit_price")))
    rows = Order.objects.annotate(proven=Coalesce(Subquery(sums.values("money")), Decimal(0)))
    for order in rows.iterator():
        proven: Decimal = order.proven  # type: ignore[attr-defined]
        if round(proven, 2) != order.total:
            yield Breach("money", order.number, f"{order.total}, but its lines say {proven:.2f}")


CHECKS: tuple[Callable[[], Iterator[Breach]], ...] = (
    _quantities,
    _on_hand,
    _allocated,
    _on_backorder,
    _order_lines,
    _parcels,
    _shipped,
    _outside_the_books,
    _unserved,
    _money,
)
