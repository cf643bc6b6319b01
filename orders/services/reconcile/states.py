"""Whether orders, parcels, promises, deliveries and listings say what their parts say."""

from collections.abc import Iterator
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from channels.models import Listing
from inventory.models import IncomingDelivery, IncomingDeliveryLine, Movement
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    OrderLine,
    PaymentStatus,
)
from orders.services.promises import days_of
from orders.services.reconcile.breach import Breach, Check

CLOSED = (FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED)
BATCH = 500


def _parcels() -> Iterator[Breach]:
    """Find parcels of which the times do not say what their state says."""
    shipped = Q(status=FulfillmentStatus.SHIPPED)
    for row in FulfillmentOrder.objects.filter(shipped, shipped_at=None):
        yield Breach("parcel", row.number, "is shipped, and has no date")
    for row in FulfillmentOrder.objects.filter(~shipped, shipped_at__isnull=False):
        yield Breach("parcel", row.number, "has a date of shipping, and is not shipped")


def _holds() -> Iterator[Breach]:
    """Find holds that contradict what they are for."""
    lines = FulfillmentLine.objects.filter(fulfillment_order=OuterRef("fulfillment_order"))
    dated = Q(variant__release_date__isnull=False)
    dated |= Q(order_line__variant__release_date__isnull=False)
    others = Hold.objects.filter(
        fulfillment_order=OuterRef("fulfillment_order"),
        reason__in=(HoldReason.AWAITING_STOCK, HoldReason.AWAITING_RELEASE_DATE),
    )
    paid = ~Q(fulfillment_order__order__payment=PaymentStatus.PENDING)
    questions = (
        (Q(fulfillment_order__status__in=CLOSED), "is on hold, and is shipped or canceled"),
        (
            Q(fulfillment_order__status__in=("picked", "packed")),
            "is on hold, and was picked",
        ),
        (
            paid & Q(reason=HoldReason.AWAITING_PAYMENT),
            "awaits its payment, and the order is paid",
        ),
        (
            Q(~Exists(lines.filter(dated)), reason=HoldReason.AWAITING_RELEASE_DATE),
            "awaits a release date, and nothing in it has one",
        ),
        (
            Q(~Exists(others), reason=HoldReason.AWAITING_REST_OF_ORDER),
            "awaits the rest of the order, and nothing of it waits",
        ),
    )
    for question, text in questions:
        for hold in Hold.objects.filter(question).select_related("fulfillment_order"):
            yield Breach("hold", hold.fulfillment_order.number, text)


def _queue() -> Iterator[Breach]:
    """Find parcel lines that stand elsewhere in the queue than their orders."""
    rows = FulfillmentLine.objects.exclude(fulfillment_order__status__in=CLOSED)
    awaits = Q(fulfillment_order__order__payment=PaymentStatus.PENDING)
    questions: tuple[tuple[QuerySet[FulfillmentLine], str], ...] = (
        (
            rows.exclude(priority=F("fulfillment_order__order__priority")),
            "has another priority than its order",
        ),
        (rows.filter(awaits, is_unpaid=False), "stands as if its order were paid"),
        (rows.exclude(awaits).filter(is_unpaid=True), "stands as if its order were not paid"),
        (
            rows.exclude(placed_at=F("order_line__placed_at")),
            "stands where another day would put it",
        ),
        (
            rows.filter(order_line__placed_at__lt=F("fulfillment_order__order__placed_at")),
            "stands before its order was placed",
        ),
    )
    for found, text in questions:
        for line in found.select_related("fulfillment_order"):
            yield Breach("rank", line.fulfillment_order.number, text)


def _promises() -> Iterator[Breach]:
    """Find promises that no delivery on its way keeps; those of days that passed are dropped."""
    today = timezone.localdate()
    promised = FulfillmentLine.objects.filter(promised_at__isnull=False)
    coming = IncomingDeliveryLine.objects.arriving(today=today).filter(
        variant=OuterRef("variant"), delivery__expected_at=OuterRef("promised_at")
    )
    questions = (
        (promised.filter(waiting=0), "is promised for {day}, and nothing of it waits"),
        (
            promised.filter(~Exists(coming), waiting__gt=0, promised_at__gte=today),
            "is promised for {day}, when no delivery comes",
        ),
    )
    for rows, text in questions:
        for line in rows.select_related("fulfillment_order"):
            day = f"{line.promised_at:%d %b %Y}"
            yield Breach("promise", line.fulfillment_order.number, text.format(day=day))


def _promised_lines() -> Iterator[Breach]:
    """Compare the day of each order line with the days of its units."""
    today = timezone.localdate()
    promised = OrderLine.objects.filter(promised_at__gte=today).order_by("pk")
    keys = promised.values_list("pk", "order", "sku", "promised_at").iterator(chunk_size=2_000)
    while some := list(islice(keys, BATCH)):
        days = days_of({order for _pk, order, _sku, _day in some}, today=today)
        for pk, order, sku, day in some:
            if days.get(pk) != day:
                text = f"is promised for {day:%d %b %Y}, which its units do not say"
                yield Breach("promise", f"{order} {sku}", text)


def _deliveries() -> Iterator[Breach]:
    """Compare deliveries with the movements that name them, and with what is still to come."""
    came: dict[tuple[int, int, int], int] = {}
    moves = Movement.objects.filter(delivery__isnull=False).order_by()
    for delivery, variant, place, units in moves.values_list(
        "delivery", "stock_level__variant", "stock_level__warehouse", "quantity"
    ).iterator():
        key = (delivery, variant, place)
        came[key] = came.get(key, 0) + units
    lines = IncomingDeliveryLine.objects.filter(received__gt=0).select_related("variant")
    for line in lines.select_related("delivery").iterator():
        moved = came.pop((line.delivery_id, line.variant_id, line.delivery.warehouse_id), 0)
        if moved != line.received:
            text = f"{line.received} × {line.variant.sku} received, {moved} by the movements"
            yield Breach("delivery", str(line.delivery), text)
    left = {delivery for (delivery, _variant, _place), units in came.items() if units}
    for row in IncomingDelivery.objects.filter(pk__in=left):
        yield Breach("delivery", str(row), "movements name it that it does not know")
    yield from _closed_deliveries()


def _closed_deliveries() -> Iterator[Breach]:
    open_lines = IncomingDeliveryLine.objects.filter(
        delivery=OuterRef("pk"), received__lt=F("quantity")
    )
    lines = IncomingDeliveryLine.objects.filter(delivery=OuterRef("pk"))
    questions = (
        (Q(Exists(open_lines), received_at__isnull=False), "is received, and not all of it came"),
        (
            Q(Exists(lines), ~Exists(open_lines), received_at=None, canceled_at=None),
            "is on its way, and all of it came",
        ),
        (Q(received_at__isnull=False, canceled_at__isnull=False), "is received and canceled"),
    )
    for question, text in questions:
        for row in IncomingDelivery.objects.filter(question):
            yield Breach("delivery", str(row), text)


def _listings() -> Iterator[Breach]:
    """Find listings that are listed without a snapshot, or have one and are not."""
    published = Q(published_at__isnull=False)
    questions = (
        (~published & Q(status__in=("listed", "changed")), "is listed, and nothing is published"),
        (published & Q(status="unlisted", is_leaving=False), "is unlisted, and still published"),
    )
    for question, text in questions:
        for row in Listing.objects.filter(question).select_related("variant", "channel"):
            yield Breach("listing", str(row), text)


CHECKS: tuple[Check, ...] = (
    _parcels,
    _holds,
    _queue,
    _promises,
    _promised_lines,
    _deliveries,
    _listings,
)
