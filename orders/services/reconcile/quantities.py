"""Whether the numbers add up: stock with its movements, orders with their parcels, money."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from channels.models import Channel, Listing
from channels.models.channels import MAY_BACKORDER
from inventory.models import Movement, StockLevel, Variant, Warehouse
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
from orders.policy.money import cost, payment_of
from orders.services.books import outside
from orders.services.change import status_of
from orders.services.homes import movable
from orders.services.oversold import available_at, oversold, servable
from orders.services.reconcile.breach import Breach, Check
from orders.waiting import channel_warehouses

AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
PACKED = (FulfillmentStatus.PACKED, FulfillmentStatus.SHIPPED)
PICKED = (FulfillmentStatus.PICKED, *PACKED)


Parts = dict[tuple[int, int], tuple[int, int]]
"""By variant and units of it in one ordered unit: units that are held, and that left."""


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
    parts: dict[int, Parts] = {}
    for line_id, variant, per_unit, units, gone in taken.iterator():
        parts.setdefault(line_id, {})[variant, per_unit] = (units, gone)
    orders: dict[int, tuple[int, int]] = {}
    for line in OrderLine.objects.iterator(chunk_size=2_000):
        held = _by_recipe(line) | parts.get(line.pk, {})
        yield from _line(line, held or {(0, 1): (0, 0)})
        shipped = min((gone // per for (_, per), (_, gone) in held.items()), default=0)
        if line.returned > shipped:
            text = f"{line.returned} units came back, {shipped} were shipped"
            yield Breach("returned", f"{line.order_id} {line.sku}", text)
        left, all_shipped = orders.get(line.order_id, (0, 0))
        orders[line.order_id] = (left + line.quantity - line.canceled, all_shipped + shipped)
    yield from _orders(orders)


def _line(line: OrderLine, held: Parts) -> Iterator[Breach]:
    due = line.quantity - line.short - line.canceled
    for (variant, per_unit), (units, gone) in held.items():
        # A part that left before its bundle was canceled stays where it went.
        alone = min(max(gone - due * per_unit, 0), line.canceled * per_unit)
        if units + gone != due * per_unit + (alone if line.variant_id != variant else 0):
            text = f"{due * per_unit} units are due, {units + gone} are in its parcels"
            yield Breach("order_line", f"{line.order_id} {line.sku}", text)
        elif line.recipe and [variant, per_unit] not in line.recipe:
            text = f"{per_unit} of variant {variant} are not in what it was ordered by"
            yield Breach("recipe", f"{line.order_id} {line.sku}", text)


def _orders(numbers: Mapping[int, tuple[int, int]]) -> Iterator[Breach]:
    """Compare the state of each order with the units that are left of it, and that were shipped."""
    for order, status in Order.objects.order_by("pk").values_list("pk", "status").iterator():
        said = status_of(*numbers.get(order, (0, 0)))
        if order not in numbers:
            yield Breach("order_line", str(order), "has no line")
        elif said != status:
            yield Breach("order", str(order), f"{status}, but {said} by its lines")


def _by_recipe(line: OrderLine) -> Parts:
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
        elif not _is_paid_so(order):
            text = f"{order.payment}, but {order.captured} of {order.total} are captured"
            yield Breach("money", order.number, text)


def _is_paid_so(order: Order) -> bool:
    """Return whether an order's payment is what came and what is to be paid make it."""
    if order.payment == PaymentStatus.PENDING:
        return not order.captured
    said = payment_of(order.payment, captured=order.captured, total=order.total)
    return said == order.payment


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


CHECKS: tuple[Check, ...] = (
    _quantities,
    _on_hand,
    _allocated,
    _on_backorder,
    _order_lines,
    _parcels,
    _outside_the_books,
    _unserved,
    _misplaced,
    _unserved_oversold,
    _money,
    _alike_skus,
    _published_backorders,
)
