"""The list of parcels: what is to be picked, packed and shipped; picking many; the pick list."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import Act, act_of
from inventory.admin.filters import MAX_CHOICES
from inventory.admin.once import (
    AlreadySent,
    is_token,
    keep_result,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import refuse_get, search_words
from inventory.errors import InventoryError
from inventory.models import Warehouse
from inventory.models.catalog import sku_begins
from inventory.theme import DropdownFilter, display
from orders.admin.base import OrdersAdmin, may_fulfill
from orders.admin.facts import PARCEL_LABELS, PRINTABLE
from orders.admin.order_page import parcel_anchor
from orders.admin.orders import ChannelFilter, order_number, tabs_of
from orders.amounts import units
from orders.models import FulfillmentLine, FulfillmentOrder, FulfillmentStatus, Hold
from orders.services.fulfill import pick

MAX_CHOSEN = 200
"""Parcels that are picked, or printed, at once."""

TABS: dict[str, Any] = {
    "ready": gettext_lazy("To pick"),
    "picked": gettext_lazy("To pack"),
    "packed": gettext_lazy("To ship"),
    "waiting": gettext_lazy("Waits"),
    "shipped": gettext_lazy("Shipped"),
}


class ParcelStatusFilter(DropdownFilter):
    """By how far a parcel is."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the states."""
        return list(FulfillmentStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep parcels in this state."""
        known = self.value() in FulfillmentStatus.values
        return queryset.filter(status=self.value()) if known else queryset


class ParcelWarehouseFilter(DropdownFilter):
    """By where its units are, or are awaited."""

    title = gettext_lazy("warehouse")
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the warehouses."""
        rows = Warehouse.objects.order_by("priority", "pk")
        return list(rows.values_list("code", "name")[:MAX_CHOICES])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep parcels that ship from there, or wait for units there."""
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        lines = FulfillmentLine.objects.visible_to(request.user)
        waiting = lines.filter(
            fulfillment_order__warehouse=None, stock_level__warehouse__code=self.value()
        )
        return queryset.filter(
            Q(warehouse__code=self.value()) | Q(pk__in=waiting.values("fulfillment_order"))
        )


class ParcelChannelFilter(ChannelFilter):
    """By where it was sold."""

    path = "order__channel"


@admin.register(FulfillmentOrder)
class ParcelAdmin(OrdersAdmin):
    """What ships as one, or waits."""

    list_display = ("name", "customer", "channel", "place", "state", "contents", "held")
    list_display_links = None
    list_filter = (ParcelStatusFilter, ParcelWarehouseFilter, ParcelChannelFilter)
    list_select_related = ("order__channel", "warehouse")
    list_before_template = "orders/admin/parcel_tabs.html"
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("order__external_id",)
    search_help_text = gettext_lazy("Number, customer or SKU")
    empty_title = gettext_lazy("No fulfillment orders yet")
    empty_text = gettext_lazy(
        "Each order becomes one or several. Place an order, and what is in stock is here, ready to "
        "be picked."
    )
    rows_word = gettext_lazy("fulfillment orders")
    show_add_link = False

    class Media:
        css = {"all": ["orders/orders.css"]}

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with a check box for each row."""
        return ("chosen", *self.list_display)

    @display(description=gettext_lazy("Select"))
    def chosen(self, parcel: FulfillmentOrder) -> str:
        """Return the check box of a row; it belongs to the form above the list."""
        return format_html(
            '<input type="checkbox" class="bo-check" name="parcel" value="{}" form="chosen" '
            'aria-label="{}">',
            parcel.pk,
            _("Select %(number)s") % {"number": parcel.number},
        )

    @display(description=gettext_lazy("Number"))
    def name(self, parcel: FulfillmentOrder) -> str:
        """Return its number, linked to its place on the page of the order."""
        return format_html(
            '<a class="bo-link od-number" href="{}">{}</a>', parcel_anchor(parcel), parcel.number
        )

    @display(description=gettext_lazy("Customer"))
    def customer(self, parcel: FulfillmentOrder) -> str:
        """Return who bought."""
        return format_html('<span class="bo-title">{}</span>', parcel.order.customer_name)

    @display(description=gettext_lazy("Channel"))
    def channel(self, parcel: FulfillmentOrder) -> str:
        """Return where it was sold."""
        return str(parcel.order.channel.name)

    @display(description=gettext_lazy("Warehouse"))
    def place(self, parcel: FulfillmentOrder) -> str:
        """Return where it ships from."""
        return parcel.warehouse.name if parcel.warehouse else "–"

    @display(description=gettext_lazy("Status"), label=PARCEL_LABELS)
    def state(self, parcel: FulfillmentOrder) -> Any:
        """Return how far it is."""
        return parcel.status, parcel.get_status_display()

    @display(description=gettext_lazy("Units"))
    def contents(self, parcel: FulfillmentOrder) -> str:
        """Return the units in it, and how many are missing."""
        there, missing = parcel.units  # type: ignore[attr-defined]
        if not missing:
            return units(there)
        words = {"there": units(there), "missing": units(missing)}
        return _("%(there)s there, %(missing)s missing") % words

    @display(description=gettext_lazy("Holds"))
    def held(self, parcel: FulfillmentOrder) -> str:
        """Return what holds it."""
        reasons = parcel.reasons  # type: ignore[attr-defined]
        return format_html_join(", ", "{}", ((reason,) for reason in reasons)) or "–"

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Add up the units of the page's parcels, and read their holds."""
        keys = [row.pk for row in rows]
        own = FulfillmentLine.objects.visible_to(request.user).filter(fulfillment_order__in=keys)
        counts = {
            pk: (there + shipped, missing)
            for pk, there, shipped, missing in own.order_by()
            .values_list("fulfillment_order")
            .annotate(Sum("allocated"), Sum("shipped"), Sum("waiting"))
        }
        holds: dict[int, list[str]] = {}
        for hold in Hold.objects.filter(fulfillment_order__in=keys).order_by("pk"):
            holds.setdefault(hold.fulfillment_order_id, []).append(str(hold))
        for row in rows:
            row.units = counts.get(row.pk, (0, 0))
            row.reasons = list(dict.fromkeys(holds.get(row.pk, ())))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word as number, as the start of a SKU, and in the customer."""
        own = FulfillmentLine.objects.visible_to(request.user)
        for word in search_words(search_term):
            found = Q(order__customer_name__icontains=word)
            found |= Q(
                pk__in=own.filter(sku_begins(word, path="variant__")).values("fulfillment_order")
            )
            if (number := order_number(word)) is not None:
                found |= Q(order=number)
            queryset = queryset.filter(found)
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list under its tabs, with what may be done to the chosen rows."""
        extra = {
            **(extra_context or {}),
            "tabs": tabs_of(request, "status", TABS),
            "form_token": new_token(request.user),
            "may_pick": may_fulfill(request.user),
        }
        return super().changelist_view(request, extra)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: parcels are made of orders."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Lead to the parcel on the page of its order."""
        if object_id is None:
            raise PermissionDenied
        parcel = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, parcel) or request.method == "POST":
            raise PermissionDenied
        return HttpResponseRedirect(parcel_anchor(parcel))

    def get_urls(self) -> list[URLPattern]:
        """Add picking many, its report, and the pick list."""
        wrap = self.admin_site.admin_view
        name = "orders_fulfillmentorder"
        return [
            path("pick/", wrap(self.pick_view), name=f"{name}_pick"),
            path("picked/<slug:mark>/", wrap(self.picked_view), name=f"{name}_picked"),
            path("pick-list/", wrap(self.pick_list_view), name=f"{name}_pick_list"),
            *super().get_urls(),
        ]

    # --- picking many -------------------------------------------------------------------------

    def pick_view(self, request: HttpRequest) -> HttpResponse:
        """Pick the chosen parcels; one that is refused does not stop the others."""
        if refusal := refuse_get(request):
            return refusal
        if not may_fulfill(request.user) or not self.has_view_or_change_permission(request):
            raise PermissionDenied
        token = request.POST.get("form_token", "")
        if not is_token(token, request.user):
            messages.error(request, _("This page is too old. Choose again."))
            return HttpResponseRedirect(_list_url())
        chosen = self._chosen(request, request.POST.getlist("parcel"))
        if not chosen:
            messages.error(request, _("Choose at least one fulfillment order first."))
            return HttpResponseRedirect(_list_url())
        token = f"{token}:pick"
        try:
            with transaction.atomic():
                spend(token)
                report = [_picked(parcel, act=act_of(request)) for parcel in chosen]
                keep_result(token, {"user": request.user.pk, "report": report})
        except AlreadySent:
            pass
        return HttpResponseRedirect(
            reverse("admin:orders_fulfillmentorder_picked", args=[mark_of(token)])
        )

    def picked_view(self, request: HttpRequest, mark: str) -> HttpResponse:
        """Show what became of each parcel."""
        result = result_of(mark)
        if result is None or result.get("user") != request.user.pk or "report" not in result:
            raise Http404
        report = result["report"]
        return self.page(
            request,
            "parcels_picked.html",
            title=_("Picked"),
            trail=[(_list_url(), _("Fulfillment orders"))],
            report=report,
            done=[one for one in report if one["is_picked"]],
        )

    def _chosen(self, request: HttpRequest, keys: Sequence[str]) -> list[FulfillmentOrder]:
        """Return the chosen parcels that the user may see, lowest key first.

        :raises BadRequest: more than may be chosen at once.
        """
        if len(keys) > MAX_CHOSEN:
            raise BadRequest(f"Choose at most {MAX_CHOSEN} fulfillment orders.")
        numbers = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19}
        rows = self.get_queryset(request).select_related("order", "warehouse")
        return list(rows.filter(pk__in=numbers).order_by("pk"))

    # --- the pick list ------------------------------------------------------------------------

    def pick_list_view(self, request: HttpRequest) -> HttpResponse:
        """Show what is to be taken off the shelves, by warehouse and SKU, ready to be printed."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        chosen = self._chosen(request, request.GET.getlist("parcel"))
        if not chosen:
            messages.error(request, _("Choose at least one fulfillment order first."))
            return HttpResponseRedirect(_list_url())
        printable = [parcel for parcel in chosen if parcel.status in PRINTABLE]
        lines = (
            FulfillmentLine.objects.visible_to(request.user)
            .filter(fulfillment_order__in=printable, allocated__gt=0)
            .select_related("variant__product", "fulfillment_order__warehouse")
            .order_by("fulfillment_order__warehouse__priority", "fulfillment_order__warehouse")
        )
        return self.page(
            request,
            "pick_list.html",
            title=_("Pick list"),
            places=_by_place(list(lines)),
            left_out=[parcel for parcel in chosen if parcel.status not in PRINTABLE],
            parcels=printable,
            back=_list_url(),
            at=timezone.now(),
        )


def _picked(parcel: FulfillmentOrder, *, act: Act) -> dict[str, Any]:
    """Pick one parcel; return what became of it."""
    report = {"pk": parcel.pk, "order": parcel.order_id, "number": parcel.number}
    try:
        pick(fulfillment_order=parcel, act=act)
    except InventoryError as error:
        return {**report, "is_picked": False, "text": str(error)}
    return {**report, "is_picked": True, "text": ""}


def _by_place(
    lines: Sequence[FulfillmentLine],
) -> list[tuple[Warehouse | None, list[FulfillmentLine]]]:
    """Return the lines by warehouse, in each by SKU and parcel."""

    def place(line: FulfillmentLine) -> int:
        return line.fulfillment_order.warehouse_id or 0

    return [
        (
            group[0].fulfillment_order.warehouse,
            sorted(group, key=lambda line: (line.variant.sku, line.fulfillment_order_id)),
        )
        for _place, rows in groupby(lines, key=place)
        if (group := list(rows))
    ]


def _list_url() -> str:
    return reverse("admin:orders_fulfillmentorder_changelist")
