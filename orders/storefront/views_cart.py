"""The cart: put in, look at, change, take out."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory.models import Variant
from orders.amounts import money
from orders.services.booking import limit_in
from orders.storefront import words
from orders.storefront.asked import quantity_of
from orders.storefront.cart import MAX_LINES, MAX_SKU, Cart, CartFull, TooMany
from orders.storefront.cart_words import rows_of
from orders.storefront.pages import page, private, unless_closed
from orders.storefront.quote import Quote, quote
from orders.storefront.showcase import Shop


@require_POST
@unless_closed
def add(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Put a variant into the cart; the button "Check delivery" of the same form only asks."""
    sku, typed = request.POST.get("variant", ""), request.POST.get("quantity", "")
    sold = Variant.objects.filter(product__is_visible=True).select_related("product")
    variant = sold.by_sku([_possible(sku)]).get(sku)
    cart = Cart(request.session)
    if variant is None:
        cart.say(_("This is not sold any more."))
        return _see_other("storefront:cart")
    quantity = quantity_of(typed)
    if quantity is None or "check" in request.POST:
        url = reverse("storefront:product", args=[variant.product.slug])
        query = urlencode({"variant": sku, "quantity": typed[:20]})
        return HttpResponseRedirect(f"{url}?{query}", status=303)
    try:
        cart.add(variant.sku, quantity, form=request.POST.get("form", "")[:20])
    except CartFull:
        cart.say(_("A cart holds at most %(n)s different items.") % {"n": MAX_LINES})
    except TooMany:
        limit = limit_in(shop.channel, variant, settings=shop.settings)
        cart.say(words.too_many_in_cart(cart.quantities[variant.sku], limit.units))
    return _see_other("storefront:cart")


@require_http_methods(["GET", "HEAD", "POST"])
@unless_closed
def cart_page(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Show the cart, or change it: quantities, and what is to be removed."""
    cart = Cart(request.session)
    if request.method != "POST":
        return _show(request, shop, cart)
    removed = request.POST.get("remove", "")
    if removed:
        cart.remove(removed)
        return _see_other("storefront:cart")
    wrong = _change(request, cart)
    if wrong:
        return _show(request, shop, cart, wrong=wrong)
    return _see_other("storefront:checkout" if "checkout" in request.POST else "storefront:cart")


def quote_of(cart: Cart, shop: Shop) -> Quote:
    """Return what is in the cart as the shop would sell it now."""
    return quote(
        cart.quantities,
        channel=shop.channel,
        settings=shop.settings,
        today=timezone.localdate(),
    )


def _change(request: HttpRequest, cart: Cart) -> dict[str, str]:
    """Set the quantities that were typed; return those that are none, by SKU."""
    wrong = {}
    for sku, units in [*cart.quantities.items()]:
        typed = request.POST.get(f"quantity:{sku}", str(units))
        quantity = quantity_of(typed)
        if quantity is None:
            wrong[sku] = typed[:20]
        elif quantity != units:
            cart.set(sku, quantity)
    return wrong


def _show(
    request: HttpRequest, shop: Shop, cart: Cart, *, wrong: dict[str, str] | None = None
) -> HttpResponse:
    wrong = wrong or {}
    found = quote_of(cart, shop)
    rows = rows_of(found, shop, today=timezone.localdate())
    context = {
        "rows": [
            {"row": row, "typed": wrong.get(row.sku, row.quantity), "is_wrong": row.sku in wrong}
            for row in rows
        ],
        "gone": found.gone,
        "total": money(found.total, found.currency),
        "is_salable": found.is_salable,
        "is_together": not found.may_split and found.later > 0,
        "quantity_error": words.quantity_error(),
        "note": cart.said(),
    }
    status = 400 if wrong else 200
    return private(page(request, "storefront/cart.html", context, shop=shop, status=status))


def _possible(sku: str) -> str:
    """Return a SKU that can be looked up; others are nobody's."""
    return "" if "\x00" in sku or len(sku) > MAX_SKU else sku


def _see_other(view: str) -> HttpResponse:
    answer = redirect(view)
    answer.status_code = 303
    return answer
