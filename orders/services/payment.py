"""Money that came, and money that went back; the payment itself is made elsewhere."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders.errors import NotPossible
from orders.locks import lock_order
from orders.models import FulfillmentStatus, HoldReason, Order, PaymentStatus
from orders.services.processing import process_own
from orders.services.sheet import Sheet


@transaction.atomic
def mark_paid(*, order: Order, by: str, at: datetime) -> Order:
    """Note that the whole order is paid; what waited for that alone is ready.

    :raises NotPossible: it is paid already.
    """
    order, stock = lock_order(order.pk)
    if order.payment != PaymentStatus.PENDING:
        raise NotPossible(f"Order {order.number} does not await a payment.")
    order.payment, order.captured = PaymentStatus.PAID, order.total
    sheet = Sheet(stock, at=at, by=by, today=timezone.localdate(at))
    open_ones = ~Q(status__in=(FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED))
    sheet.read(Q(order=order) & open_ones, order=order)
    for one in sheet.open:
        for hold in [hold for hold in one.holds if hold.reason == HoldReason.AWAITING_PAYMENT]:
            sheet.drop(one, hold)
        sheet.settle(one)
    sheet.note(order, f"Paid: {order.total} {order.currency}.")
    sheet.save()
    order.version += 1
    order.save(update_fields=["payment", "captured", "version"])
    process_own(order, at=at)
    return order


@transaction.atomic
def record_refund(*, order: Order, by: str, at: datetime) -> Order:
    """Note that what was paid too much went back.

    :raises NotPossible: no refund is due.
    """
    order, stock = lock_order(order.pk)
    due = order.captured - order.total
    if order.payment != PaymentStatus.REFUND_DUE or due <= 0:
        raise NotPossible(f"No refund is due for order {order.number}.")
    order.captured = order.total
    order.payment = PaymentStatus.PAID if order.total else PaymentStatus.REFUNDED
    sheet = Sheet(stock, at=at, by=by, today=timezone.localdate(at))
    sheet.note(order, f"Refunded: {due} {order.currency}.")
    sheet.save()
    order.version += 1
    order.save(update_fields=["payment", "captured", "version"])
    return order
