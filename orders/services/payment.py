"""Money that came, and money that went back; the payment itself is made elsewhere."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from inventory.acts import Act
from inventory.services.changes import refuse_stale
from orders.errors import NotPossible
from orders.event_kinds import EventKind
from orders.locks import lock_order
from orders.models import (
    FulfillmentLine,
    FulfillmentStatus,
    HoldReason,
    Order,
    OrderStatus,
    PaymentStatus,
)
from orders.policy.money import cost, payment_of
from orders.reasons import Reason
from orders.services.processing import process_own
from orders.services.promises import promise
from orders.services.sheet import Sheet


@transaction.atomic
def mark_paid(*, order: Order, act: Act, amount: Decimal | None = None) -> Order:
    """Note that the whole order is paid; what waited for that alone is ready.

    It moves forward in every queue: who paid is served first. `amount` is what came, if that is
    known; what is more than is to be paid is a refund due. So is all that comes for an order that
    was canceled meanwhile: it is what the whole order cost.

    :raises NotPossible: it is paid already.
    :raises StaleChange: it is not the version that was seen.
    """
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    if order.payment != PaymentStatus.PENDING:
        raise NotPossible(Reason.NOT_AWAITING_PAYMENT, order=order.number)
    order.captured = max(_price(order) if amount is None else amount, order.total)
    order.payment = payment_of(PaymentStatus.PAID, captured=order.captured, total=order.total)
    sheet = Sheet(stock, act=act)
    open_ones = ~Q(status__in=(FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED))
    sheet.read(Q(order=order) & open_ones, order=order)
    for one in sheet.open:
        for hold in [hold for hold in one.holds if hold.reason == HoldReason.AWAITING_PAYMENT]:
            sheet.drop(one, hold)
        sheet.settle(one)
    sheet.note(
        order,
        EventKind.PAID,
        amount=f"{order.captured:.2f}",
        refund=f"{order.refund_due:.2f}",
        currency=order.currency,
    )
    sheet.save()
    order.version += 1
    order.save(update_fields=["payment", "captured", "version"])
    _move_forward(order, act=act)
    process_own(order, at=act.at)
    return order


@transaction.atomic
def record_refund(*, order: Order, act: Act) -> Order:
    """Note that what was paid too much went back.

    :raises NotPossible: no refund is due.
    :raises StaleChange: it is not the version that was seen.
    """
    order, stock = lock_order(order.pk)
    refuse_stale(order, act)
    due = order.refund_due
    if due <= 0:
        raise NotPossible(Reason.NO_REFUND_DUE, order=order.number)
    order.captured = order.total
    order.payment = payment_of(order.payment, captured=order.captured, total=order.total)
    sheet = Sheet(stock, act=act)
    sheet.note(order, EventKind.REFUNDED, amount=f"{due:.2f}", currency=order.currency)
    sheet.save()
    order.version += 1
    order.save(update_fields=["payment", "captured", "version"])
    return order


def _price(order: Order) -> Decimal:
    """Return what the customer pays: of an order that was canceled, what it cost before."""
    if order.status != OrderStatus.CANCELED:
        return order.total
    lines = list(order.lines.all())
    goods = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    return cost(order.charges, kept=goods, is_any_kept=True)


def _move_forward(order: Order, *, act: Act) -> None:
    """Serve the order before those that have not paid, and lay the promises anew."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order)
    rows.filter(is_unpaid=True).update(is_unpaid=False)
    promise(set(rows.waiting().values_list("variant", flat=True)), act=act)
