"""Following what a shop said of an order: selling it here, its payment, its cancellation."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction

from channels.models import ProcessingMode
from inventory.acts import Act
from inventory.errors import InventoryError
from inventory.mail_addresses import check_address
from inventory.models import StoreSettings, Variant
from inventory.policy import MAX_QUANTITY
from orders.errors import NotPossible
from orders.line_numbers import numbers_of
from orders.models import (
    CapturedOrder,
    CapturedState,
    Order,
    OrderStatus,
    PaymentStatus,
    RemoteStatus,
)
from orders.models.captured import REACHED
from orders.policy.money import charges_of
from orders.services.booking import Wanted
from orders.services.capture.processing import put_back, ship_as_the_shop_did
from orders.services.capture.recording import contents_of, lock_captured
from orders.services.change import cancel_order
from orders.services.payment import mark_paid
from orders.services.place import Customer, place_order
from orders.services.processing import process

logger = logging.getLogger(__name__)

MAX_SENTENCES = 10
TRIES = 3
NOT_ACTIVE = "The channel is not active. It is booked as soon as the channel is active again."
OPEN = (OrderStatus.PROCESSING, OrderStatus.PARTLY_SHIPPED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order; `is_followed` off: the state of the shop is not what we have."""

    state: CapturedState
    order: Order | None = None
    problem: str = ""
    is_followed: bool = True


@transaction.atomic
def settle(captured: CapturedOrder, *, at: datetime) -> CapturedOrder:
    """Do what the shop's newest word asks for; done twice, it is done once.

    An order that reached *Capture order when it is* is sold here, all of it or nothing. A later
    payment is recorded, a cancellation cancels what is not shipped. What cannot be followed needs
    attention, with a sentence that says why.
    """
    row = lock_captured(pk=captured.pk)
    outcome = _outcome(row, at=at)
    before = (row.state, row.problem, row.order_id)
    if outcome.order is not None and row.order is None:
        row.order, row.booked = outcome.order, contents_of(row)
    row.state, row.problem = outcome.state, outcome.problem
    if outcome.is_followed:
        row.settled_status = row.status
    row.is_settled, row.settled_at = True, at
    if before != (row.state, row.problem, row.order_id):
        row.version += 1
    row.save(force_update=True)
    return row


def settle_or_say(captured: CapturedOrder, *, at: datetime) -> None:
    """Settle an order; one that meets an error nobody anticipated needs attention, and is logged.

    So one order stops no other, and none is tried for ever.

    :raises OperationalError: the database did not answer; the next tick tries again.
    """
    try:
        settle(captured, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The channel order %s could not be settled", captured.pk)
        CapturedOrder.objects.filter(pk=captured.pk).update(
            state=CapturedState.NEEDS_ATTENTION,
            problem="It stopped with an error, which is in the log. Nothing was booked: try again.",
            is_settled=True,
            settled_at=at,
        )


def faults_of(row: CapturedOrder) -> dict[int, str]:
    """Return the lines whose SKU is none of ours, by position, with a sentence for each."""
    skus = {row.sku_of(position) for position in range(len(row.lines))}
    known = Variant.objects.by_sku(skus)
    return {
        position: _no_sku(row, position)
        for position in range(len(row.lines))
        if row.sku_of(position) not in known
    }


def by_channel(row: CapturedOrder) -> str:
    """Return who acts when nobody does."""
    return f"channel {row.channel}"


def _outcome(row: CapturedOrder, *, at: datetime) -> Outcome:
    """Return what becomes of an order; what was begun and is refused is undone."""
    try:
        with transaction.atomic():
            return _follow(row, at=at)
    except InventoryError as error:
        return Outcome(CapturedState.NEEDS_ATTENTION, problem=str(error), is_followed=False)


def _follow(row: CapturedOrder, *, at: datetime) -> Outcome:
    if row.unreadable:
        return _attention(row.unreadable, is_followed=False)
    if row.order is not None:
        return _go_on(row, row.order, at=at)
    if row.dismissed_at is not None or row.status == RemoteStatus.CANCELED:
        return Outcome(CapturedState.CANCELED)
    if row.status not in REACHED[row.channel.capture_when]:
        return Outcome(CapturedState.PENDING)
    if not row.channel.is_active:
        return Outcome(CapturedState.PENDING, problem=NOT_ACTIVE, is_followed=False)
    return _capture(row, at=at)


def _attention(problem: str, *, is_followed: bool = True) -> Outcome:
    return Outcome(CapturedState.NEEDS_ATTENTION, problem=problem, is_followed=is_followed)


# --- selling it -------------------------------------------------------------------------------


def _capture(row: CapturedOrder, *, at: datetime) -> Outcome:
    """Sell an order here, or say everything that keeps it from being sold."""
    currency = str(StoreSettings.load().currency)
    if problems := _problems(row, currency):
        left = len(problems) - MAX_SENTENCES
        more = [f"{left} more lines are at fault."] if left > 0 else []
        return _attention(" ".join([*problems[:MAX_SENTENCES], *more]), is_followed=False)
    order = _placed(row, at=at)
    process(order, mode=row.channel.processing_mode, act=_act(row, at))
    return _followed_shipping(row, order, at=at)


def _act(row: CapturedOrder, at: datetime) -> Act:
    """Return what a shop does here."""
    return Act(at, by_channel(row))


def _problems(row: CapturedOrder, currency: str) -> list[str]:
    """Return a sentence for each thing that keeps an order from being booked."""
    problems = []
    if row.currency.upper() != currency:
        theirs = row.currency or "no currency"
        problems.append(f"The order is in {theirs}, and this store sells in {currency}.")
    if not row.lines:
        problems.append("The order has no line.")
    faults = faults_of(row)
    for position, line in enumerate(row.lines):
        if not 1 <= line["quantity"] <= MAX_QUANTITY:
            problems.append(f"{_named(row, position)}: {line['quantity']} units cannot be sold.")
        if position in faults:
            problems.append(faults[position])
    return problems


def _named(row: CapturedOrder, position: int) -> str:
    title = row.lines[position]["title"] or row.lines[position]["sku"]
    return f"Line {position + 1}, “{title[:80]}”" if title else f"Line {position + 1}"


def _no_sku(row: CapturedOrder, position: int) -> str:
    sku = row.sku_of(position)
    if not sku:
        return f"{_named(row, position)} has no SKU in the shop."
    return f"{_named(row, position)}: there is no SKU “{sku[:80]}” here."


def _placed(row: CapturedOrder, *, at: datetime) -> Order:
    """Place the order; a bundle that is changed at this moment is looked at again."""
    variants = Variant.objects.select_related("product").by_sku(
        row.sku_of(position) for position in range(len(row.lines))
    )
    lines = [
        Wanted(variants[row.sku_of(position)], line["quantity"], Decimal(line["unit_price"]))
        for position, line in enumerate(row.lines)
    ]
    place = partial(
        place_order,
        channel=row.channel,
        customer=_customer(row),
        lines=lines,
        act=_act(row, at),
        external_id=row.external_id,
        placed_at=min(row.placed_at, at),
        is_paid=row.status != RemoteStatus.CREATED,
        is_captured=True,
        charges=charges_of(
            goods=sum((line.quantity * line.unit_price for line in lines), Decimal(0)),
            charged=max(row.total, Decimal(0)),
            shipping=row.shipping,
        ),
    )
    for _attempt in range(TRIES - 1):
        with suppress(NotPossible):
            return place()
    return place()


def _customer(row: CapturedOrder) -> Customer:
    """Return who bought: a sold order is not refused for a name or an address that is none."""
    email = row.customer_email
    try:
        check_address(email)
    except ValidationError:
        email = ""
    return Customer(row.customer_name or email or f"{row.channel} {row.name}"[:200], email)


# --- what comes later -------------------------------------------------------------------------


def _go_on(row: CapturedOrder, order: Order, *, at: datetime) -> Outcome:
    """Follow an order that was sold here: its payment, its cancellation, its shipping."""
    if row.status == RemoteStatus.CANCELED:
        return _cancel(row, order, at=at)
    if row.settled_status == RemoteStatus.CANCELED:
        words = f"It is open again in the shop, but order {order.number} was canceled here."
        return _attention(f"{words} Place it anew by hand, then dismiss this.", is_followed=False)
    is_due = order.payment == PaymentStatus.PENDING
    if is_due and row.status in {RemoteStatus.PAID, RemoteStatus.SHIPPED}:
        _pay(row, order, at=at)
    if contents_of(row) != row.booked:
        words = f"It was changed in the shop after it was captured. Order {order.number} is as it"
        return _attention(f"{words} was: change it by hand, then dismiss this.")
    return _followed_shipping(row, order, at=at)


def _pay(row: CapturedOrder, order: Order, *, at: datetime) -> None:
    """Note the payment, unless somebody did at this moment.

    What came is what the shop charged; of an order that was canceled here, all of it is due back.
    """
    amount = row.total if order.charges.total else None
    try:
        mark_paid(order=order, act=_act(row, at), amount=amount)
    except NotPossible:
        order.refresh_from_db(fields=["payment"])
        if order.payment == PaymentStatus.PENDING:
            raise


def _followed_shipping(row: CapturedOrder, order: Order, *, at: datetime) -> Outcome:
    """Ship what the shop shipped, once, where its data are to be loaded."""
    is_loaded = row.channel.processing_mode == ProcessingMode.LOAD_FROM_CHANNEL
    if not is_loaded or row.status != RemoteStatus.SHIPPED:
        return Outcome(CapturedState.CAPTURED, order)
    if row.settled_status != RemoteStatus.SHIPPED:
        ship_as_the_shop_did(order, act=_act(row, at))
    order.refresh_from_db(fields=["status"])
    if order.status not in OPEN:
        return Outcome(CapturedState.CAPTURED, order)
    words = f"The shop shipped it, but not all of order {order.number} is here to be shipped."
    problem = f"{words} Ship or cancel the rest by hand, then try again."
    return Outcome(CapturedState.NEEDS_ATTENTION, order, problem)


def _cancel(row: CapturedOrder, order: Order, *, at: datetime) -> Outcome:
    """Cancel what is not shipped; somebody has to see to what is."""
    if row.settled_status == RemoteStatus.CANCELED and row.state == CapturedState.CANCELED:
        return Outcome(CapturedState.CANCELED)
    if order.status in OPEN:
        put_back(order, act=_act(row, at))
        try:
            with transaction.atomic():
                cancel_order(order=order, act=_act(row, at))
        except NotPossible as error:
            words = f"The shop canceled it, but order {order.number} cannot be canceled here:"
            return _attention(f"{words} {error}", is_followed=False)
    lines = list(order.lines.all())
    numbers = numbers_of(lines)
    gone = sum(numbers[line.pk].shipped - line.returned for line in lines)
    if gone <= 0:
        return Outcome(CapturedState.CANCELED)
    units = "1 unit is" if gone == 1 else f"{gone} units are"
    words = f"The shop canceled it, but {units} shipped already. Order {order.number} keeps what is"
    return _attention(f"{words} shipped: record the return when it comes back, then try again.")
