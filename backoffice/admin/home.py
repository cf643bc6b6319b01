"""The admin's first page, and the search of its pages."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.admin.scoped import MAX_COUNTED, visible
from inventory.models import Import, IncomingDelivery, StoreSettings, Variant
from inventory.stock_queries import low_on_stock, owing

NEXT_DELIVERIES = 5
RECENT_IMPORTS = 5
MAX_DIGITS = 7
"""Of a page number."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the first page shows: what waits for somebody, each with its list."""
    cards: list[dict[str, Any]] = []
    if request.user.has_perm("inventory.view_variant"):
        cards += _variant_cards(request)
    if request.user.has_perm("inventory.view_incomingdelivery"):
        cards += _delivery_cards(request)
        context["next_deliveries"] = _deliveries(request).order_by("expected_at", "pk")[
            :NEXT_DELIVERIES
        ]
        context["today"] = timezone.localdate()
    if request.user.has_perm("inventory.view_import"):
        imports = admin.site.get_model_admin(Import).get_queryset(request)
        context["recent_imports"] = imports.order_by("-pk")[:RECENT_IMPORTS]
    context["cards"] = cards
    context["is_empty"] = not Variant.objects.exists()
    return context


def _variant_cards(request: HttpRequest) -> list[dict[str, Any]]:
    variants = visible(Variant.objects.all(), request.user)
    inventory = reverse("admin:inventory_variant_changelist")
    return [
        _card(_("Variants on backorder"), _capped(owing(variants)), f"{inventory}?stock=owed"),
        _card(
            _("Low stock"),
            _capped(low_on_stock(variants, StoreSettings.load())),
            reverse("admin:inventory_variant_low"),
        ),
    ]


def _delivery_cards(request: HttpRequest) -> list[dict[str, Any]]:
    today = timezone.localdate()
    late = _deliveries(request).filter(expected_at__lt=today)
    address = reverse("admin:inventory_incomingdelivery_changelist")
    return [
        _card(_("Late deliveries"), _capped(late), f"{address}?state=late"),
        _card(_("Deliveries on their way"), _capped(_deliveries(request)), f"{address}?state=open"),
    ]


def _deliveries(request: HttpRequest) -> QuerySet[Any]:
    awaited = visible(IncomingDelivery.objects.awaited(), request.user)
    return awaited.select_related("warehouse")


def _card(title: str, number: str, link: str) -> dict[str, Any]:
    return {"title": title, "number": number, "link": link}


def _capped(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, without counting a million."""
    number = rows.order_by()[: MAX_COUNTED + 1].count()
    return f"{MAX_COUNTED:,}+" if number > MAX_COUNTED else f"{number:,}"


def search(request: HttpRequest) -> HttpResponse:
    """Answer the theme's search of pages, which breaks on page numbers that are none."""
    page = request.GET.get("page", "1")
    if not (page.isascii() and page.isdigit() and len(page) < MAX_DIGITS):
        raise BadRequest("There is no such page.")
    try:
        return admin.site.admin_view(admin.site.search)(request)  # type: ignore[attr-defined,no-any-return]
    except InvalidPage:
        raise Http404 from None
