"""Checkout: what was shown is what is ordered, once."""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels.models import STOREFRONT, Channel
from inventory.acts import Act
from inventory.errors import InvalidChange, TooManyAttempts
from inventory.services.attempts import Limit, attempt
from inventory.visitors import address_of
from orders.amounts import money
from orders.errors import NotPossible, OrderRefused, OrderReused
from orders.models import Order
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from orders.storefront.cart import Cart
from orders.storefront.cart_words import rows_of
from orders.storefront.forms import CheckoutForm
from orders.storefront.pages import page, private, unless_closed
from orders.storefront.quote import Quote
from orders.storefront.showcase import Shop
from orders.storefront.views_cart import quote_of


@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Ask who buys and show what; sent, place the order and show it."""
    cart = Cart(request.session)
    sent = request.POST.get("checkout", "")
    if order := _placed(sent):
        return _done(cart, order, sent)
    return _checkout(request, cart)


@unless_closed
def _checkout(request: HttpRequest, shop: Shop, cart: Cart) -> HttpResponse:
    found = quote_of(cart, shop)
    if not found.is_salable:
        return _to_cart()
    if request.method != "POST":
        return _show(request, cart, shop, found, CheckoutForm())
    form = CheckoutForm(request.POST)
    if note := _not_as_shown(request, cart, found):
        return _show(request, cart, shop, found, form, note=note)
    if not form.is_valid():
        return _show(request, cart, shop, found, form)
    try:
        attempt(_orders(), address_of(request), at=timezone.now())
    except TooManyAttempts as error:
        note = _wait(error.minutes)
        return _show(request, cart, shop, found, form, note=note, status=429)
    return _place(request, cart, shop, found, form)


def _not_as_shown(request: HttpRequest, cart: Cart, found: Quote) -> str:
    """Return why this is not the order that the shopper looked at, in words; empty when it is."""
    sent, shown = (request.POST.get(name, "").encode() for name in ("checkout", "shown"))
    if not secrets.compare_digest(sent, cart.checkout_token.encode()):
        return _("This page was open for long. Look through your order and send it again.")
    if not secrets.compare_digest(shown, found.seal.encode()):
        return _("Your cart or a price changed in the meantime. Nothing was ordered: look again.")
    return ""


def _orders() -> Limit:
    """Return how many orders one address may place: one visitor does not empty the shop."""
    return Limit("order", settings.ORDERS_PER_HOUR, timedelta(hours=1))


def _wait(minutes: int) -> str:
    words = ngettext(
        "Too many orders came from your network. Nothing was ordered: try again in %(n)d minute.",
        "Too many orders came from your network. Nothing was ordered: try again in %(n)d minutes.",
        minutes,
    )
    return words % {"n": minutes}


def _place(
    request: HttpRequest, cart: Cart, shop: Shop, found: Quote, form: CheckoutForm
) -> HttpResponse:
    """Order what the shopper was shown, at the prices of the shop."""
    token = cart.checkout_token
    asked = form.cleaned_data
    try:
        order = place_order(
            channel=Channel.objects.get(slug=STOREFRONT),
            customer=Customer(asked["name"], asked["email"]),
            lines=[Wanted(line.variant, line.quantity, line.price) for line in found.lines],
            ship_together=asked["ship_together"],
            external_id=token,
            act=Act.now(by="storefront"),
            language=get_language() or "",
        )
    except (OrderRefused, OrderReused) as error:
        # The same form, sent twice at once: the other sending took the units, or was worded so.
        if earlier := _placed(token):
            return _done(cart, earlier, token)
        if isinstance(error, OrderReused):
            raise
        cart.say(_("Somebody was faster. Nothing was ordered: look at what is left."))
        return _to_cart()
    except NotPossible:
        note = _("The shop is being changed at this moment. Nothing was ordered: try again.")
        return _show(request, cart, shop, found, form, note=note)
    except InvalidChange:
        note = _("This order cannot be placed as it is. Nothing was ordered: look through it.")
        return _show(request, cart, shop, found, form, note=note)
    return _done(cart, order, token)


def _placed(token: str) -> Order | None:
    """Return the order that a checkout made already."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", token):
        return None
    return Order.objects.filter(channel__slug=STOREFRONT, external_id=token).first()


def _done(cart: Cart, order: Order, token: str) -> HttpResponse:
    """Show the order; its cart is empty, one that was filled since is not touched."""
    if token == cart.session.get("checkout"):
        cart.empty()
    answer = redirect("storefront:order", token=order.token)
    answer.status_code = 303
    return private(answer)


def _to_cart() -> HttpResponse:
    answer = redirect("storefront:cart")
    answer.status_code = 303
    return answer


def _show(
    request: HttpRequest,
    cart: Cart,
    shop: Shop,
    found: Quote,
    form: CheckoutForm,
    *,
    note: str = "",
    status: int = 400,
) -> HttpResponse:
    context = {
        "rows": rows_of(found, shop, today=timezone.localdate()),
        "total": money(found.total, found.currency),
        "later": found.later,
        "may_split": found.may_split,
        "is_notified": any(line.is_notified for line in found.lines),
        "shown": found.seal,
        "checkout": cart.checkout_token,
        "form": form,
        "note": note,
    }
    status = status if form.is_bound and (note or form.errors) else 200
    return private(page(request, "storefront/checkout.html", context, shop=shop, status=status))
