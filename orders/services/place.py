"""Placing an order: all of it, or nothing with every reason."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from channels.models import Channel
from channels.services.salable import salable_changed
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.mail_addresses import check_address
from inventory.models import StoreSettings
from inventory.models.columns import one_line
from inventory.objects import insert
from inventory.services.low_stock import watch_levels
from orders.errors import OrderReused
from orders.event_kinds import EventKind
from orders.locks import Stock, lock_stock
from orders.models import Order, OrderLine, PaymentStatus
from orders.models.orders import MAX_PRIORITY
from orders.policy.booking import Booking
from orders.policy.money import Charges, cost
from orders.policy.parcels import Parcel, Piece, parcels_of
from orders.recipes import Recipes, recipes_of, written
from orders.services.booking import (
    Wanted,
    all_variants,
    as_locked,
    book_lines,
    dates_of,
    pieces_of,
)
from orders.services.line_checks import line_errors
from orders.services.mails import mail_order_received
from orders.services.page_keys import hash_of, new_page_key
from orders.services.processing import process_own
from orders.services.promises import promise
from orders.services.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Customer:
    """Who buys; without an e-mail nobody is written to."""

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What tells an order that is sent again from another one."""

    channel: Channel
    external_id: str | None
    checkout_hash: str | None
    fingerprint: str

    @property
    def is_named(self) -> bool:
        """Return whether the sender named it, so that sending it again makes no second one."""
        return self.external_id is not None or self.checkout_hash is not None


@transaction.atomic
def place_order(  # noqa: PLR0913, PLR0915 - an order has so many parts
    *,
    channel: Channel,
    customer: Customer,
    lines: Sequence[Wanted],
    act: Act,
    external_id: str | None = None,
    checkout: str | None = None,
    ship_together: bool = False,
    priority: int = 0,
    placed_at: datetime | None = None,
    is_paid: bool = True,
    is_captured: bool = False,
    language: str = "",
    charges: Charges | None = None,
) -> Order:
    """Sell these lines: allocate what is available, owe the rest, and make the parcels.

    The same `external_id` of a channel with the same order returns the first one; so does the same
    `checkout`, a word that the shopper's session alone knows. `is_captured`: another shop sold it
    already, so that what may not be owed is short instead of refused. `placed_at`, when the
    customer ordered, is the place in the queue; now, unless it is given. `language`, one of
    `settings.LANGUAGES`, is that of the mails; empty: the shop's. `charges`: what a shop charged;
    only the prices of the lines, unless they are given.

    :raises OrderRefused: naming every SKU that may not be sold so often; nothing is written.
    :raises OrderReused: the channel sent this ID before with another order.
    :raises InvalidChange: a field that makes no sense.
    :raises NotPossible: a variant was made a bundle, or of other components, or deleted at this
        moment.
    """
    refuse_bad_order(customer, lines, external_id, priority, placed_at, act.at)
    sent = Sent(
        channel,
        external_id,
        hash_of(checkout) if checkout else None,
        _fingerprint(customer, lines, ship_together, priority, placed_at),
    )
    if before := _earlier(sent):
        return before
    wanted_ids = {line.variant.pk for line in lines}
    recipes = recipes_of(wanted_ids)
    stock = lock_stock(all_variants(wanted_ids, recipes))
    if before := _earlier(sent):
        return before  # its twin came while this one waited for the lock
    lines, channel, settings = as_locked(lines, stock), _now(channel), StoreSettings.load()
    today = act.today
    booking = book_lines(
        [(key, line.variant, line.quantity) for key, line in enumerate(lines)],
        stock=stock,
        recipes=recipes,
        channel=channel,
        settings=settings,
        today=today,
        is_captured=is_captured,
    )
    charged, total = _price(lines, charges)
    order = Order(
        channel=channel,
        external_id=sent.external_id,
        checkout_hash=sent.checkout_hash,
        customer_name=customer.name,
        customer_email=customer.email,
        ship_together=ship_together or not settings.allow_order_split,
        priority=priority,
        payment=PaymentStatus.PAID if is_paid else PaymentStatus.PENDING,
        currency=settings.currency,
        language=language,
        total=total,
        captured=total if is_paid else Decimal(0),
        charged_goods=charged.goods,
        charged_tax=charged.tax,
        charged_shipping=charged.shipping,
        fingerprint=sent.fingerprint,
        placed_at=placed_at or act.at,
        by=act.by,
        **new_page_key(),
    )
    if not _saved(order):
        return _earlier(sent) or order
    ready = _ready(order, lines, booking, recipes, stock, today=today)
    rows = _make_lines(order, lines, booking, recipes, ready)
    sheet = Sheet(stock, act=act)
    sheet.is_new(order)
    sheet.know(rows.values(), release_dates=dates_of(rows, stock))
    parcels = _make_parcels(sheet, order, pieces_of(booking, rows, stock))
    sheet.note(
        order,
        EventKind.PLACED,
        units=sum(row.quantity for row in rows.values()),
        backordered=sum(row.backordered_when_placed for row in rows.values()),
        short=sum(row.short for row in rows.values()),
        priority=order.priority,
        ordered_at=order.placed_at.astimezone(UTC).isoformat(),
    )
    sheet.save()
    _promise(order, parcels, sheet)
    mail_order_received(order)
    salable_changed(stock.variants.keys())
    watch_levels(list(stock.levels.values()), settings=settings, at=act.at)
    if not is_captured:
        process_own(order, at=act.at)
    return order


def refuse_bad_order(
    customer: Customer,
    lines: Sequence[Wanted],
    external_id: str | None,
    priority: int,
    placed_at: datetime | None,
    at: datetime,
) -> None:
    """Refuse what makes no sense, whatever the stock says.

    :raises InvalidChange: with a sentence for each field at fault.
    """
    errors = _customer_errors(customer) | line_errors(lines)
    if external_id is not None and not 1 <= len(external_id) <= 120:
        errors["external_id"] = "An external ID has 1 to 120 characters."
    if not -MAX_PRIORITY <= priority <= MAX_PRIORITY:
        errors["priority"] = "The priority is a number from -1,000,000 to 1,000,000."
    if placed_at is not None and placed_at > at:
        errors["placed_at"] = "An order cannot be placed in the future."
    if errors:
        raise InvalidChange(errors)


def _customer_errors(customer: Customer) -> dict[str, str]:
    errors = {}
    if not customer.name.strip() or len(customer.name) > 200:
        errors["customer_name"] = "Say who buys, in at most 200 characters."
    try:
        one_line(customer.name)
        if customer.email:
            check_address(customer.email)
    except ValidationError as error:
        field = "customer_email" if error.code == "invalid" else "customer_name"
        errors[field] = " ".join(error.messages)
    if len(customer.email) > 254:
        errors["customer_email"] = "An e-mail address has at most 254 characters."
    return errors


def _fingerprint(
    customer: Customer,
    lines: Sequence[Wanted],
    ship_together: bool,  # noqa: FBT001
    priority: int,
    placed_at: datetime | None,
) -> str:
    body = [
        customer.name,
        customer.email,
        [[line.variant.sku, line.quantity, f"{line.unit_price:.2f}"] for line in lines],
        ship_together,
        priority,
        placed_at.isoformat() if placed_at else None,
    ]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _earlier(sent: Sent) -> Order | None:
    """Return the order that was sent by this name before, if it was.

    :raises OrderReused: it was another one.
    """
    if not sent.is_named:
        return None
    if sent.external_id is not None:
        named = Q(channel=sent.channel, external_id=sent.external_id)
    else:
        named = Q(checkout_hash=sent.checkout_hash)
    order = Order.objects.filter(named).first()
    if order and order.fingerprint != sent.fingerprint:
        raise OrderReused(
            f"{sent.channel} sent {sent.external_id or 'this checkout'} before, as order "
            f"{order.number}, with other contents."
        )
    return order


def _now(channel: Channel) -> Channel:
    """Return a channel as it is in the lock: it may have been changed since the caller read it."""
    return Channel.objects.get(pk=channel.pk)


def _price(lines: Sequence[Wanted], charges: Charges | None) -> tuple[Charges, Decimal]:
    """Return what is charged beyond the lines, and what the order costs with it."""
    charged = charges or Charges()
    goods = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    return charged, cost(charged, kept=goods, is_any_kept=True)


def _saved(order: Order) -> bool:
    """Insert the order; `False`: one by the same name was inserted at this moment."""
    if order.external_id is None and order.checkout_hash is None:
        insert([order])
        return True
    try:
        with transaction.atomic():
            insert([order])
    except IntegrityError:
        return False
    return True


def _ready(
    order: Order,
    lines: Sequence[Wanted],
    booking: Booking,
    recipes: Recipes,
    stock: Stock,
    *,
    today: date,
) -> set[int]:
    """Return the lines of which the customer reads that they ship now, once they are paid."""
    held = set()
    for key, line in enumerate(lines):
        parts = [line.variant.pk, *(part for part, _units in recipes.get(line.variant.pk, ()))]
        days = (stock.variants[part].release_date for part in parts if part in stock.variants)
        is_early = any(day is not None and day > today for day in days)
        if is_early or booking.waiting(key) or booking.short.get(key):
            held.add(key)
    sellers = {lines[key].variant.product.seller_id for key in held if order.ship_together}
    return {
        key
        for key, line in enumerate(lines)
        if key not in held and line.variant.product.seller_id not in sellers
    }


def _make_lines(
    order: Order,
    lines: Sequence[Wanted],
    booking: Booking,
    recipes: Recipes,
    ready: Collection[int],
) -> dict[int, OrderLine]:
    rows = [
        OrderLine(
            order=order,
            variant=line.variant,
            sku=line.variant.sku,
            title=line.variant.full_title,
            quantity=line.quantity,
            recipe=written(recipes.get(line.variant.pk)),
            unit_price=line.unit_price,
            backordered_when_placed=booking.waiting(key),
            short=booking.short.get(key, 0),
            placed_at=order.placed_at,
            told_ready=key in ready,
        )
        for key, line in enumerate(lines)
    ]
    insert(rows)
    return dict(enumerate(rows))


def _make_parcels(sheet: Sheet, order: Order, pieces: Sequence[Piece]) -> list[Parcel]:
    parcels = parcels_of(
        pieces,
        is_split=not order.ship_together,
        release_dates=sheet.release_dates,
        today=sheet.today,
    )
    for parcel in parcels:
        sheet.add(order, parcel)
    return parcels


def _promise(order: Order, parcels: Sequence[Parcel], sheet: Sheet) -> None:
    """Promise the day of what waits; an order that ships at once is promised none."""
    if any(parcel.holds for parcel in parcels):
        owing = {piece.variant for one in parcels for piece in one.pieces if piece.waiting}
        is_dated = bool(sheet.release_dates)
        promise(owing, act=sheet.act, order=order, is_dated=is_dated)
