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
from orders.services.page_keys import BY_STOREFRONT, hash_of, page_key
from orders.services.place import Customer, place_order
from orders.storefront.cart import Cart
from orders.storefront.cart_words import Row, rows_of
from orders.storefront.forms import CheckoutForm
from orders.storefront.pages import page, private, unless_closed
from orders.storefront.quote import Quote, both_ways
from orders.storefront.showcase import Shop

Ways = tuple[Quote, Quote]
"""A cart as it comes, and as it comes when all of it ships together."""


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
    found = both_ways(
        cart.quantities, channel=shop.channel, settings=shop.settings, today=timezone.localdate()
    )
    if not found[0].is_salable:
        return _to_cart()
    if request.method != "POST":
        return _show(request, cart, shop, found, CheckoutForm())
    form = CheckoutForm(request.POST)
    if note := _not_as_shown(request, cart, found[0]):
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
    request: HttpRequest, cart: Cart, shop: Shop, found: Ways, form: CheckoutForm
) -> HttpResponse:
    """Order what the shopper was shown, at the prices of the shop."""
    token = cart.checkout_token
    asked = form.cleaned_data
    try:
        order = place_order(
            channel=Channel.objects.get(slug=STOREFRONT),
            customer=Customer(asked["name"], asked["email"]),
            lines=[Wanted(line.variant, line.quantity, line.price) for line in found[0].lines],
            ship_together=asked["ship_together"],
            checkout=token,
            act=Act.now(by=BY_STOREFRONT),
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
    """Return the order that a checkout made already: its word is known to its shopper alone."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", token):
        return None
    return Order.objects.filter(checkout_hash=hash_of(token)).first()


def _done(cart: Cart, order: Order, token: str) -> HttpResponse:
    """Show the order; its cart is empty, one that was filled since is not touched."""
    if token == cart.session.get("checkout"):
        cart.empty()
    answer = redirect("storefront:order", token=page_key(order))
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
    found: Ways,
    form: CheckoutForm,
    *,
    note: str = "",
    status: int = 400,
) -> HttpResponse:
    """Show what is ordered, both as it comes and together: the tick box picks, without a script."""
    apart, together = found
    context = {
        "rows": _rows(found, shop),
        "total": money(apart.total, apart.currency),
        "is_together": apart.ship_together and apart.later > 0,
        "may_wait_together": apart.may_split and together.later > 0,
        "may_split": apart.may_split,
        "is_notified": any(line.is_notified for line in apart.lines),
        "shown": apart.seal,
        "checkout": cart.checkout_token,
        "form": form,
        "note": note,
    }
    status = status if form.is_bound and (note or form.errors) else 200
    return private(page(request, "storefront/checkout.html", context, shop=shop, status=status))


def _rows(found: Ways, shop: Shop) -> list[tuple[Row, Row | None]]:
    """Return the lines in words, and beside each what is said instead when all ships together."""
    today = timezone.localdate()
    apart, together = (rows_of(one, shop, today=today) for one in found)
    return [
        (row, other if other != row else None) for row, other in zip(apart, together, strict=True)
    ]
