"""Inventory: the list of all variants, and the list of those that run low."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.bulk_edit import BulkChoice
from inventory.admin.by_channel import ChannelRow, differing, rows_by_channel, told_in
from inventory.admin.explain import (
    LEVELS,
    STATE_LABELS,
    STATES,
    effective_words,
    units,
)
from inventory.admin.filters import (
    BackordersFilter,
    KindFilter,
    SellerFilter,
    StockFilter,
    WarehouseFilter,
)
from inventory.admin.scoped import CappedPaginator, page_number
from inventory.admin.variant_page import VariantPage
from inventory.availability import policy_inputs
from inventory.filters import by_words
from inventory.models import StoreSettings, Variant
from inventory.offers import Availability
from inventory.policy import effective_policy
from inventory.stock_queries import low_on_stock
from inventory.theme import display


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant with its numbers in words, for a table."""

    variant: Variant
    on_hand: str
    available: str
    on_backorder: str
    salable: str
    state: Any
    label: str
    effective: str
    elsewhere: Sequence[str]


def row_of(
    variant: Variant, offer: Availability, effective: str, channels: Sequence[ChannelRow] = ()
) -> VariantRow:
    """Return a variant as a table shows it."""
    state = offer.state.value
    tracked = offer.track_inventory
    return VariantRow(
        variant=variant,
        on_hand=units(offer.on_hand) if tracked else "–",
        available=units(offer.available) if tracked else "–",
        on_backorder=units(offer.on_backorder) if tracked else "–",
        salable=units(offer.salable),
        state=STATES[state],
        label=STATE_LABELS[state],
        effective=effective,
        elsewhere=told_in(differing(offer, channels)),
    )


@admin.register(Variant)
class VariantAdmin(VariantPage, BulkChoice):
    """What is sold and counted: one SKU a row."""

    list_display = (
        "sku",
        "full_title",
        "on_hand",
        "available",
        "on_backorder",
        "salable",
        "state",
        "effective",
    )
    list_display_links = ("sku", "full_title")
    list_filter = (StockFilter, BackordersFilter, KindFilter, WarehouseFilter, SellerFilter)
    list_select_related = ("product",)
    ordering = ("sku",)
    sortable_by = ("sku",)
    search_fields = ("sku",)
    search_help_text = gettext_lazy("SKU, title or EAN")
    list_before_template = "inventory/admin/_variant_links.html"
    empty_title = gettext_lazy("No variants")
    empty_text = gettext_lazy(
        "Add a product first and give it a variant, or bring your catalogue along with an import."
    )
    rows_word = gettext_lazy("variants")
    show_add_link = False

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with a check box for those who may change variants."""
        may = request.user.has_perm("inventory.change_variant")
        return ("chosen", *self.list_display) if may else self.list_display

    @display(description=gettext_lazy("Select"))
    def chosen(self, variant: Variant) -> str:
        """Return the check box of a row; it belongs to the form above the list."""
        return format_html(
            '<input type="hidden" name="shown" value="{0}" form="chosen"><input type="checkbox" '
            'class="bo-check" name="variant" value="{0}" form="chosen" aria-label="{1}">',
            variant.pk,
            _("Select %(sku)s") % {"sku": variant.sku},
        )

    @display(description=gettext_lazy("Product and variant"))
    def full_title(self, variant: Variant) -> str:
        """Return product and variant as shoppers read them."""
        return format_html('<span class="bo-title">{}</span>', variant.full_title)

    @display(description=gettext_lazy("On hand"))
    def on_hand(self, variant: Variant) -> str:
        """Return the units physically there."""
        return _row(variant).on_hand

    @display(description=gettext_lazy("Available"))
    def available(self, variant: Variant) -> str:
        """Return the units that may be sold and shipped now."""
        return _row(variant).available

    @display(description=gettext_lazy("On backorder"))
    def on_backorder(self, variant: Variant) -> str:
        """Return the units sold and still owed."""
        return _row(variant).on_backorder

    @display(description=gettext_lazy("Salable"))
    def salable(self, variant: Variant) -> str:
        """Return the units that may be sold, backorders included."""
        return _row(variant).salable

    @display(description=gettext_lazy("State"))
    def state(self, variant: Variant) -> str:
        """Return what the shopper is told, and the channels where it is something else."""
        row = _row(variant)
        badge = format_html('<span class="bo-badge bo-{}">{}</span>', row.label, row.state)
        lines = ((line,) for line in row.elsewhere)
        return badge + format_html_join("", '<span class="bo-sub">{}</span>', lines)

    @display(description=gettext_lazy("Backorders"))
    def effective(self, variant: Variant) -> str:
        """Return the effective setting and the level it comes from."""
        return _row(variant).effective

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Ask once what may be sold of all variants of the page."""
        settings = StoreSettings.load()
        offers, channels = rows_by_channel(rows, settings, today=timezone.localdate())
        for row in rows:
            words = effective_words(row, offers[row.pk], settings)
            row.table_row = row_of(row, offers[row.pk], words, channels[row.pk])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word as the start of a SKU, as an EAN, and in the titles."""
        return by_words(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        """Add the low stock list and the editing of many."""
        wrap = self.admin_site.admin_view
        return [
            path("low/", wrap(self.low_stock_view), name="inventory_variant_low"),
            path("edit/", wrap(self.bulk_edit_view), name="inventory_variant_bulk_edit"),
            *super().get_urls(),
        ]

    def low_stock_view(self, request: HttpRequest) -> HttpResponse:
        """List variants with available − owed at or below their notify below, lowest first."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        settings = StoreSettings.load()
        low = low_on_stock(self.get_queryset(request), settings).select_related("product")
        pages = CappedPaginator(low.order_by("sku"), self.list_per_page)
        page = pages.get_page(page_number(request))
        today = timezone.localdate()
        rows = [_low_row(variant, settings, today) for variant in page.object_list]
        return self.page(
            request,
            "low_stock.html",
            title=_("Low stock"),
            trail=[(reverse("admin:inventory_variant_changelist"), _("Inventory"))],
            rows=rows,
            page_obj=page,
            settings=settings,
            may_receive=request.user.has_perm("inventory.add_movement"),
        )


def _row(variant: Variant) -> VariantRow:
    row: VariantRow = variant.table_row  # type: ignore[attr-defined]
    return row


def _low_row(variant: Any, settings: StoreSettings, today: Any) -> dict[str, Any]:
    policy = effective_policy(policy_inputs(variant, settings), today=today)
    return {
        "variant": variant,
        "left": variant.free - variant.owed,
        "available": variant.free,
        "owed": variant.owed,
        "notify_below": policy.notify_below,
        "source": LEVELS[policy.sources["notify_below"].value],
    }
