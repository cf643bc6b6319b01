"""The shop window: what may be bought, and when it comes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.static import serve

from orders.storefront import words
from orders.storefront.asked import Asked, UnknownPage, quantity_of
from orders.storefront.cart import form_word
from orders.storefront.pages import page, unless_closed
from orders.storefront.showcase import Cards, ProductPage, Shop, cards_of, visible_products


@require_safe
@unless_closed
def product_list(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Show the products, searched and paged."""
    try:
        asked = Asked.of(request.GET)
    except UnknownPage:
        raise Http404 from None
    found = cards_of(asked, shop, today=timezone.localdate())
    if not found.candidates and (asked.page > 1 or asked.after or asked.before):
        raise Http404
    number = max(asked.page, 2) if found.before else 1
    itself = Asked().query(page=asked.page, after=asked.after, before=asked.before)
    return page(
        request,
        "storefront/list.html",
        {
            "asked": asked,
            "number": number,
            "cards": found.cards,
            "all_query": asked.query(is_available_only=False),
            "available_query": asked.query(is_available_only=True),
            "previous_query": _previous(asked, found, number),
            "next_query": asked.query(page=number + 1, after=found.after),
            "has_next": found.after is not None,
            "canonical": request.build_absolute_uri(reverse("storefront:list") + itself),
        },
        shop=shop,
    )


def _previous(asked: Asked, found: Cards, number: int) -> str:
    """Return the query of the page before; the first has nothing but the list in its address."""
    if found.before is None or asked.page == 2:
        return asked.query()
    return asked.query(page=number - 1, before=found.before)


@require_safe
@unless_closed
def product_page(request: HttpRequest, shop: Shop, slug: str) -> HttpResponse:
    """Show a product; with a quantity, also what of it ships now and what later.

    `?fragment=answer` is the answer alone, for the script that asks while the shopper types.
    """
    products = visible_products().select_related("delivery_timeframe")
    product = get_object_or_404(products, slug=slug)
    sku, today = request.GET.get("variant", ""), timezone.localdate()
    shown = ProductPage(product, shop, sku=sku, today=today)
    context = _asked_quantity(request, shown)
    if request.GET.get("fragment") == "answer":
        return render(request, "storefront/_answer.html", context)
    context |= {
        "product": product,
        "description": words.plain_description(product.description),
        "offer": shown.offer,
        "is_unknown_variant": shown.is_unknown_sku,
        "form_word": form_word(),
        "canonical": request.build_absolute_uri(reverse("storefront:product", args=[product.slug])),
    }
    return page(request, "storefront/product.html", context, shop=shop)


def _asked_quantity(request: HttpRequest, shown: ProductPage) -> dict[str, Any]:
    """Return the quantity as typed, with the answer to it or what is wrong with it."""
    if "quantity" not in request.GET:
        return {"quantity": "1", "answer": None, "error": ""}
    raw = request.GET["quantity"]
    wanted = quantity_of(raw)
    if wanted is None:
        return {"quantity": raw[:20], "answer": None, "error": words.quantity_error()}
    return {"quantity": str(wanted), "answer": shown.answer_to(wanted), "error": ""}


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve a picture that staff uploaded; its name is random, so it never changes."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    response = serve(request, name, document_root=str(folder))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
