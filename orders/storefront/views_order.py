"""An order's own page, behind a word that nobody can guess: what ships, what waits, cancel it."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.acts import Act
from orders.amounts import full_day, money, units
from orders.errors import OrderError
from orders.models import Order
from orders.services.page_keys import order_of_page
from orders.services.wait_or_cancel import BY, cancel_waiting, is_kept, keep_waiting
from orders.storefront.asked import quantity_of
from orders.storefront.cart import Cart
from orders.storefront.pages import page, private
from orders.told import LineTold, OrderTold, ParcelTold, counted, facts, told, when


@require_safe
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an order's customer is told."""
    order = _order(token)
    picture = told(order, today=timezone.localdate())
    context = _context(picture) | {
        "key": token,
        "parcels": [_parcel(parcel) for parcel in picture.parcels],
        "is_postponed": any(one.is_postponed for one in picture.lines),
        "is_kept": bool(picture.cancelable) and is_kept(picture),
        "note": Cart(request.session).said(),
    }
    return private(page(request, "storefront/order.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to cancel what waits; sent, cancel exactly what was shown."""
    order = _order(token)
    if request.method == "POST":
        return _cancel(request, order, token)
    picture = told(order, today=timezone.localdate())
    if not picture.cancelable:
        return _back(token)
    rows = [
        {
            "field": f"units:{one.line.pk}",
            "title": one.line.title,
            "units": one.cancelable,
            "shown": units(one.cancelable),
            "amount": money(one.cancelable * one.line.unit_price, order.currency),
            "when": when(one),
        }
        for one in picture.lines
        if one.cancelable
    ]
    context = {"order": order, "key": token, "rows": rows}
    return private(page(request, "storefront/cancel.html", context))


@require_POST
def wait(request: HttpRequest, token: str) -> HttpResponse:
    """Note that the customer waits on."""
    order = _order(token)
    try:
        keep_waiting(order=order, act=Act.now(BY))
    except OrderError:
        Cart(request.session).say(_("Nothing of your order waits any more."))
    else:
        Cart(request.session).say(_("Thank you for waiting. We write when the date changes."))
    return _back(token)


def _cancel(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    shown = {
        int(field.partition(":")[2]): number
        for field, typed in request.POST.items()
        if re.fullmatch("units:[0-9]{1,18}", field)
        and isinstance(typed, str)
        and (number := quantity_of(typed)) is not None
    }
    try:
        cancel_waiting(order=order, shown=shown, act=Act.now(BY))
    except OrderError:
        Cart(request.session).say(_("Your order changed in the meantime. Nothing was canceled."))
    else:
        Cart(request.session).say(_("Canceled. What was not waiting is not touched."))
    return _back(token)


def _order(token: str) -> Order:
    order = order_of_page(token)
    if order is None:
        raise Http404
    return order


def _back(token: str) -> HttpResponse:
    answer = redirect("storefront:order", token=token)
    answer.status_code = 303
    return private(answer)


def _context(picture: OrderTold) -> dict[str, Any]:
    order = picture.order
    due = order.refund_due
    tax, shipping = order.extras_of([one.line for one in picture.lines])
    return {
        "order": order,
        "placed": full_day(timezone.localdate(order.placed_at)),
        "lines": [_line(one, order) for one in picture.lines],
        "total": money(order.total, order.currency),
        "tax": money(tax, order.currency) if tax else "",
        "shipping": money(shipping, order.currency) if shipping else "",
        "refund_due": money(due, order.currency) if due else "",
        "is_notified": picture.has_notice,
        "is_together": order.ship_together and picture.waiting > 0,
        "may_cancel": bool(picture.cancelable),
    }


def _parcel(parcel: ParcelTold) -> dict[str, Any]:
    at = parcel.shipped_at
    return {
        "number": parcel.number,
        "status": parcel.status,
        "shipped": full_day(timezone.localdate(at)) if at else "",
        "items": counted(parcel.items),
    }


def _line(one: LineTold, order: Order) -> dict[str, Any]:
    return {
        "sku": one.line.sku,
        "title": one.line.title,
        "quantity": units(one.line.quantity),
        "amount": money(one.line.amount, order.currency),
        "facts": facts(one),
    }
