"""Proving that the numbers add up: the invariants of `docs/domain.md`, §8, one query each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from channels.models import Channel, Listing
from channels.models.channels import MAY_BACKORDER
from inventory.models import Movement, StockLevel, Variant, Warehouse
from inventory.models.stock import MovementKind
from inventory.skus import ALIKE, sku_key
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderLine,
    PaymentStatus,
)
from orders.policy.money import cost
from orders.services.homes import movable
from orders.services.oversold import available_at, oversold, servable
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
    """Compare what is ordered with what its parcels hold, for each part of its recipe."""
    taken = (
        FulfillmentLine.objects.order_by()
        .values("order_line", "variant", "per_unit")
        .annotate(units=Sum(F("allocated") + F("waiting")), gone=Sum("shipped"))
        .values_list("order_line", "variant", "per_unit", "units", "gone")
    )
    parts: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
    for line_id, variant, per_unit, units, gone in taken.iterator():
        parts.setdefault(line_id, {})[variant, per_unit] = (units, gone)
    for line in OrderLine.objects.iterator(chunk_size=2_000):
        due = line.quantity - line.short - line.canceled
        held = _by_recipe(line) | parts.get(line.pk, {})
        for (variant, per_unit), (units, gone) in (held or {(0, 1): (0, 0)}).items():
            # A part that left before its bundle was canceled stays where it went.
            alone = min(max(gone - due * per_unit, 0), line.canceled * per_unit)
            if units + gone != due * per_unit + (alone if line.variant_id != variant else 0):
                text = f"{due * per_unit} units are due, {units + gone} are in its parcels"
                yield Breach("order_line", f"{line.order_id} {line.sku}", text)
            elif line.recipe and [variant, per_unit] not in line.recipe:
                text = f"{per_unit} of variant {variant} are not in what it was ordered by"
                yield Breach("recipe", f"{line.order_id} {line.sku}", text)


def _by_recipe(line: OrderLine) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the parts of a bundle, of which no unit was found yet."""
    return {(part[0], part[1]): (0, 0) for part in line.recipe or ()}


def _parcels() -> Iterator[Breach]:
    """Find parcels whose state is not what they hold and what holds them."""
    holds = Exists(Hold.objects.filter(fulfillment_order=OuterRef("pk")))
    waits_for_stock = Exists(
        Hold.objects.filter(fulfillment_order=OuterRef("pk"), reason=HoldReason.AWAITING_STOCK)
    )
    lines = FulfillmentLine.objects.filter(fulfillment_order=OuterRef("pk"))
    lacks = Exists(lines.filter(waiting__gt=0))
    was_shipped = Exists(lines.filter(shipped__gt=0))
    rows = FulfillmentOrder.objects.annotate(
        is_held=holds, waits_for_stock=waits_for_stock, lacks=lacks, was_shipped=was_shipped
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


def _unserved() -> Iterator[Breach]:
    """Find lines that wait for units which are available; a part of a bundle where it waits."""
    places = channel_warehouses()
    open_levels = StockLevel.objects.filter(
        available__gt=0, in_stock=True, warehouse__is_active=True
    )
    can = Exists(open_levels.filter(variant=OuterRef("variant")))
    rows = FulfillmentLine.objects.waiting().filter(can)
    for line in rows.select_related("fulfillment_order__order", "variant", "order_line"):
        is_part = line.order_line.variant_id != line.variant_id
        ships_from = places.get(line.fulfillment_order.order.channel_id)
        levels = open_levels.filter(variant=line.variant_id)
        if is_part:
            levels = levels.filter(fulfillment_lines=line.pk)
        if ships_from is not None:
            levels = levels.filter(warehouse__in=ships_from)
        if levels.exists():
            text = f"waits for {line.waiting} × {line.variant.sku}, which are available"
            yield Breach("unserved", line.fulfillment_order.number, text)


def _misplaced() -> Iterator[Breach]:
    """Find bundles that wait at one warehouse while another one has all of them."""
    found = movable(Q())
    parcels = FulfillmentOrder.objects.in_bulk({move.home.parcel for move in found})
    codes = dict(Warehouse.objects.values_list("pk", "code"))
    for move in found:
        text = f"{move.bundles} bundles wait, and {codes[move.target]} has all of them"
        yield Breach("unserved", parcels[move.home.parcel].number, text)


def _unserved_oversold() -> Iterator[Breach]:
    """Find oversold units that a warehouse has, while the store wants them served."""
    found = oversold()
    if not found:
        return
    there = available_at({part for line in found for part in line.needs})
    for one in servable(found, there):
        text = f"{one.line.short} × {one.line.sku} are oversold, and available"
        yield Breach("unserved", one.line.order.number, text)


def _money() -> Iterator[Breach]:
    """Compare the total of an order with its lines and charges, and its payment with the total."""
    kept = F("quantity") - F("canceled") - F("returned")
    sums = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    goods = sums.annotate(money=Sum(kept * F("unit_price"))).values("money")
    units = sums.annotate(units=Sum(kept)).values("units")
    rows = Order.objects.annotate(
        goods=Coalesce(Subquery(goods), Decimal(0)), kept=Coalesce(Subquery(units), 0)
    )
    for order in rows.iterator():
        proven = cost(
            order.charges,
            kept=round(order.goods, 2),  # type: ignore[attr-defined]
            is_any_kept=order.kept > 0,  # type: ignore[attr-defined]
        )
        if proven != order.total:
            yield Breach("money", order.number, f"{order.total}, but its lines say {proven:.2f}")
        elif order.payment != PaymentStatus.PENDING:
            is_due = order.payment == PaymentStatus.REFUND_DUE
            if is_due != (order.captured > order.total):
                text = f"{order.payment}, but {order.captured} of {order.total} are captured"
                yield Breach("money", order.number, text)


def _alike_skus() -> Iterator[Breach]:
    """Find SKUs that look like another one's: they were there before none could be."""
    alike = Q(sku_key__contains=ALIKE) | Q(sku_key=None)
    for variant in Variant.objects.filter(alike).order_by("pk"):
        others = Variant.objects.filter(sku_key=sku_key(variant.sku)).exclude(pk=variant.pk)
        if other := others.first():
            text = f"looks like {other.sku}: rename one of them"
            yield Breach("sku", variant.sku, text)
        elif variant.sku_key is None:
            yield Breach("sku", variant.sku, "has no normal form yet: save the variant once")


def _published_backorders() -> Iterator[Breach]:
    """Find channels in which shoppers may buy what is out of stock and nothing may be owed."""
    for channel in Channel.objects.exclude(MAY_BACKORDER):
        if count := Listing.objects.allowing(channel).count():
            text = f"{count} listings are published with backorders, which its setup rules out"
            yield Breach("published", channel.slug, text)


CHECKS: tuple[Callable[[], Iterator[Breach]], ...] = (
    _quantities,
    _on_hand,
    _allocated,
    _on_backorder,
    _order_lines,
    _parcels,
    _shipped,
    _unserved,
    _misplaced,
    _unserved_oversold,
    _money,
    _alike_skus,
    _published_backorders,
)
