"""Mails to customers: written into the outbox, in the transaction of what they tell."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inventory.models import OutgoingMail, StoreSettings
from inventory.services.mail import queue_mail
from orders.amounts import money, units
from orders.models import FulfillmentOrder, Order, OrderLine, PaymentStatus
from orders.services.page_keys import page_key
from orders.services.watch import note_release
from orders.told import LineTold, OrderTold, counted, day_words, facts, items_of, told

MAX_LINES = 200
"""Lines of an order that a mail shows; the order's page has them all."""


def order_link(order: Order) -> str:
    """Return the address of an order's page, on the address that the installation is known by."""
    page = reverse("storefront:order", args=[page_key(order)])
    return f"{settings.SITE_ADDRESS.rstrip('/')}{page}"


def _language_of(order: Order) -> translation.override:
    """Return a block in which everything is said in the language the order was placed in."""
    spoken = dict(settings.LANGUAGES)
    return translation.override(
        order.language if order.language in spoken else settings.SHOP_LANGUAGE
    )


def mail_order_received(order: Order) -> OutgoingMail | None:
    """Tell that an order came, with what of it ships now and what waits."""
    if not order.customer_email:
        return None
    with _language_of(order):
        picture = told(order, today=timezone.localdate())
        tax, shipping = order.extras_of([one.line for one in picture.lines])
        return _queue(
            order,
            "order_received",
            _("Order %(number)s received") % {"number": order.number},
            {
                "lines": [_line(one, order) for one in picture.lines[:MAX_LINES]],
                "more": max(len(picture.lines) - MAX_LINES, 0),
                "tax": money(tax, order.currency) if tax else "",
                "shipping": money(shipping, order.currency) if shipping else "",
                "total": money(order.total, order.currency),
                "owed": units(picture.backordered),
                "is_notified": picture.has_notice,
                "is_together": order.ship_together and picture.waiting > 0,
            },
        )


def mail_shipped(fulfillment_order: FulfillmentOrder) -> OutgoingMail | None:
    """Tell that a parcel left: what is in it, what still waits and until when."""
    order = fulfillment_order.order
    if not order.customer_email:
        return None
    with _language_of(order):
        picture = told(order, today=timezone.localdate())
        _keep(picture)
        return _queue(
            order,
            "shipped",
            _("Order %(number)s: a parcel is on its way") % {"number": order.number},
            {
                "parcel": fulfillment_order.number,
                "items": _items(fulfillment_order),
                "waiting": _still_waiting(picture)[:MAX_LINES],
            },
        )


def mail_released(fulfillment_order: FulfillmentOrder) -> OutgoingMail | None:
    """Tell that what was waited for is there, or its day has come, and ships next."""
    order = fulfillment_order.order
    note_release(fulfillment_order, is_mailed=bool(order.customer_email))
    if not order.customer_email:
        return None
    with _language_of(order):
        picture = told(order, today=timezone.localdate())
        _keep(picture)
        _keep_ready(picture, fulfillment_order)
        return _queue(
            order,
            "released",
            _("Order %(number)s: ready to ship") % {"number": order.number},
            {
                "items": _items(fulfillment_order),
                "waiting": _still_waiting(picture)[:MAX_LINES],
            },
        )


def mail_expired(order: Order) -> OutgoingMail | None:
    """Tell that an order was canceled, as nobody paid it in time."""
    if not order.customer_email:
        return None
    with _language_of(order):
        return _queue(
            order,
            "expired",
            _("Order %(number)s canceled") % {"number": order.number},
            {},
        )


def mail_promise_changed(
    order: Order, changes: Sequence[tuple[OrderLine, date | None, date | None]]
) -> OutgoingMail | None:
    """Tell of other days than were told, each a line with its old and its new one.

    The link leads to the page where the customer waits on, or cancels what waits.
    """
    if not order.customer_email or not changes:
        return None
    with _language_of(order):
        return _queue(
            order,
            "promise_changed",
            _("Order %(number)s: a new date") % {"number": order.number},
            {
                "changes": [
                    {"title": line.title, "old": _told(line, old), "new": day_words(new)}
                    for line, old, new in changes[:MAX_LINES]
                ]
            },
        )


def _told(line: OrderLine, day: date | None) -> str:
    """Return what the customer was told last of a line: its day, none, or that it ships now."""
    if not line.told_ready:
        return day_words(day)
    if line.order.payment == PaymentStatus.PENDING:
        return _("ships when your payment is in")
    return _("ships now")


def _line(one: LineTold, order: Order) -> dict[str, Any]:
    return {
        "title": one.line.title,
        "quantity": units(one.line.quantity),
        "price": money(one.line.quantity * one.line.unit_price, order.currency),
        "facts": facts(one),
    }


def _items(fulfillment_order: FulfillmentOrder) -> list[dict[str, str]]:
    parts = fulfillment_order.lines.select_related("order_line", "variant__product").order_by("pk")
    rows = list(parts)
    items = items_of(rows, {part.order_line_id: part.order_line for part in rows})
    return counted(items[:MAX_LINES])


def _still_waiting(picture: OrderTold) -> list[dict[str, Any]]:
    return [
        {"title": one.line.title, "facts": facts(_only_waiting(one))}
        for one in picture.lines
        if one.waiting
    ]


def _keep(picture: OrderTold) -> None:
    """Note the days that a mail tells of what still waits: a correction speaks of them."""
    changed: dict[date | None, list[int]] = {}
    for one in [one for one in picture.lines if one.waiting][:MAX_LINES]:
        if one.line.told_at != one.line.promised_at or one.line.told_ready:
            changed.setdefault(one.line.promised_at, []).append(one.line.pk)
    for day, lines in changed.items():
        OrderLine.objects.filter(pk__in=lines).update(told_at=day, told_ready=False)


def _keep_ready(picture: OrderTold, parcel: FulfillmentOrder) -> None:
    """Note the lines of a parcel that a mail says ship now: nothing of them waits."""
    now = [one.line.pk for one in picture.lines if one.now and not one.waiting]
    rows = OrderLine.objects.filter(pk__in=now, fulfillment_lines__fulfillment_order=parcel)
    OrderLine.objects.filter(pk__in=rows.values("pk")).update(told_ready=True)


def _only_waiting(one: LineTold) -> LineTold:
    bare = OrderLine(promised_at=one.line.promised_at, title=one.line.title)
    return LineTold(
        line=bare,
        waiting=one.waiting,
        owed=one.owed,
        ships_from=one.ships_from,
        timeframe=one.timeframe,
        reasons=one.reasons,
    )


def _queue(order: Order, template: str, subject: str, context: dict[str, Any]) -> OutgoingMail:
    store = StoreSettings.load()
    context = {
        **context,
        "store": store.store_name,
        "subject": subject,
        "number": order.number,
        "customer": order.customer_name,
        "link": order_link(order),
    }
    return queue_mail(
        to=order.customer_email,
        subject=subject,
        text=render_to_string(f"orders/mail/{template}.txt", context),
        html=render_to_string(f"orders/mail/{template}.html", context),
    )
