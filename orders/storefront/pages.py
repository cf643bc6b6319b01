"""Answering with a page of the shop: what every page of it shows."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders.amounts import units
from orders.storefront.cart import Cart
from orders.storefront.language import NAMES
from orders.storefront.showcase import Shop

View = Callable[..., HttpResponse]


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    shop: Shop | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return a page with the shop's name and the cart's number over it."""
    in_cart = Cart(request.session).units
    everywhere = {
        "shop": shop or Shop.load(),
        "in_cart": units(in_cart) if in_cart else "",
        "languages": NAMES,
        "here": request.get_full_path(),
    }
    return render(request, template, everywhere | context, status=status)


def unless_closed(view: View) -> View:
    """Hand the shop to a view of it, or show that it is closed: its channel is not active.

    Orders that were placed keep their pages.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shop = Shop.load()
        if not shop.channel.is_active:
            return closed(request, shop)
        return view(request, shop, *args, **kwargs)

    return shown


def closed(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Say that nothing is sold now; 503 tells programs that it is not for ever."""
    answer = page(request, "storefront/closed.html", {}, shop=shop, status=503)
    answer.headers["Retry-After"] = "3600"
    # Django logs each 503 as an error, and this is none.
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return private(answer)


def private(answer: HttpResponse) -> HttpResponse:
    """Keep a page that is somebody's own out of caches, indexes and other sites' logs."""
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
