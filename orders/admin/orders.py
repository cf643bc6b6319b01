"""The list of orders: what waits, what can ship now, what needs attention."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.models import Channel
from inventory.admin.filters import MAX_CHOICES
from inventory.admin.scoped import search_words
from inventory.models import Variant
from inventory.models.catalog import seller_scope, sku_begins
from inventory.theme import DropdownFilter, display
from orders.admin.base import is_store_staff
from orders.admin.facts import ORDER_LABELS, PAYMENT_LABELS, OrderSum, sums_of
from orders.admin.order_add import OrderAdd
from orders.amounts import money, units
from orders.filters import can_ship, needs_attention, waits
from orders.models import Order, OrderLine, OrderStatus, PaymentStatus

MAX_NUMBER_DIGITS = 18

STATES: dict[str, Any] = {
    "waits": gettext_lazy("Waits"),
    "ships": gettext_lazy("Can ship now"),
    "attention": gettext_lazy("Needs attention"),
}


KEPT = {"waits": waits, "ships": can_ship, "attention": needs_attention}


class StateFilter(DropdownFilter):
    """By what staff can do about an order."""

    title = gettext_lazy("what to do")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer what staff look for."""
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep orders of which the part that the user may see is in this state."""
        keep = KEPT.get(self.value() or "")
        return keep(queryset, request.user) if keep else queryset


class StatusFilter(DropdownFilter):
    """By how far an order is."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the states."""
        return list(OrderStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep orders in this state."""
        known = self.value() in OrderStatus.values
        return queryset.filter(status=self.value()) if known else queryset


class PaymentFilter(DropdownFilter):
    """By how far the money is."""

    title = gettext_lazy("payment")
    parameter_name = "payment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the states."""
        return list(PaymentStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep orders in this state."""
        known = self.value() in PaymentStatus.values
        return queryset.filter(payment=self.value()) if known else queryset


class ChannelFilter(DropdownFilter):
    """By where it was sold."""

    title = gettext_lazy("channel")
    parameter_name = "channel"
    path = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the channels."""
        return list(Channel.objects.order_by("name").values_list("slug", "name")[:MAX_CHOICES])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what was sold there."""
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        return queryset.filter(**{f"{self.path}__slug": self.value()})


@admin.register(Order)
class OrderAdmin(OrderAdd):
    """What customers bought."""

    list_display = (
        "number",
        "placed",
        "customer",
        "channel",
        "state",
        "payment_state",
        "amounts",
        "promised",
        "price",
    )
    list_display_links = ("number",)
    list_filter = (StateFilter, StatusFilter, PaymentFilter, ChannelFilter)
    list_select_related = ("channel",)
    list_before_template = "orders/admin/order_tabs.html"
    ordering = ("-placed_at", "-id")
    sortable_by = ("placed",)
    search_fields = ("external_id",)
    search_help_text = gettext_lazy("Number, external ID, customer, e-mail or SKU")
    empty_title = gettext_lazy("No orders yet")
    empty_text = gettext_lazy(
        "Orders come from your channels, the storefront and the API. You may also type one: what "
        "is not in stock waits in the waiting room until it comes in."
    )

    @display(description=gettext_lazy("Number"), ordering="pk")
    def number(self, order: Order) -> str:
        """Return what people call it."""
        return order.number

    @display(description=gettext_lazy("Placed"), ordering="placed_at")
    def placed(self, order: Order) -> Any:
        """Return when the customer ordered."""
        return order.placed_at

    @display(description=gettext_lazy("Customer"))
    def customer(self, order: Order) -> str:
        """Return who bought."""
        return format_html('<span class="bo-title">{}</span>', order.customer_name)

    @display(description=gettext_lazy("Status"), label=ORDER_LABELS)
    def state(self, order: Order) -> Any:
        """Return how far it is."""
        return order.status, order.get_status_display()

    @display(description=gettext_lazy("Payment"), label=PAYMENT_LABELS)
    def payment_state(self, order: Order) -> Any:
        """Return how far the money is."""
        return order.payment, order.get_payment_display()

    @display(description=gettext_lazy("Units"))
    def amounts(self, order: Order) -> str:
        """Return the units, how many of them wait, and how many are short."""
        found = _sum(order)
        words = units(found.units)
        if found.waiting:
            words = ngettext(
                "%(waiting)s of %(units)s waits", "%(waiting)s of %(units)s wait", found.waiting
            ) % {"waiting": units(found.waiting), "units": words}
        if found.short:
            words = _("%(words)s, %(short)s short") % {"words": words, "short": units(found.short)}
        return words

    @display(description=gettext_lazy("Promised for"))
    def promised(self, order: Order) -> str:
        """Return the day on which the last unit that waits is promised."""
        found = _sum(order)
        if not found.waiting:
            return "–"
        if found.is_unpromised or found.promised_at is None:
            return _("No date yet")
        return date_format(found.promised_at, "DATE_FORMAT")

    @display(description=gettext_lazy("Total"))
    def price(self, order: Order) -> str:
        """Return the price of what the user sees of it."""
        is_whole: bool = order.is_whole  # type: ignore[attr-defined]
        return money(order.total if is_whole else _sum(order).total, order.currency)

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Add up the lines of the page's orders, those that the user may see."""
        sums = sums_of([row.pk for row in rows], request.user)
        is_whole = is_store_staff(request.user)
        for row in rows:
            row.sum, row.is_whole = sums[row.pk], is_whole

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word as number, as the start of an ID or a SKU, and in the customer."""
        own = OrderLine.objects.filter(seller_scope(request.user, "variant__product__seller"))
        whole = is_store_staff(request.user)
        for word in search_words(search_term):
            found = Q(external_id__istartswith=word) | Q(customer_name__icontains=word)
            found |= Q(pk__in=own.filter(_of_sku(word)).values("order"))
            if whole:
                found |= Q(customer_email__icontains=word)
            if (number := order_number(word)) is not None:
                found |= Q(pk=number)
            queryset = queryset.filter(found)
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list under its tabs."""
        tabs = tabs_of(request, "state", STATES)
        return super().changelist_view(request, {**(extra_context or {}), "tabs": tabs})


def tabs_of(
    request: HttpRequest, parameter: str, states: dict[str, Any]
) -> list[tuple[str, Any, bool]]:
    """Return the tabs above a list: address, words, whether it is open. A search is kept."""
    chosen = request.GET.get(parameter, "")
    tabs = []
    for value, words in [*states.items(), ("", _("All"))]:
        query = request.GET.copy()
        query.pop("p", None)
        query.pop(parameter, None)
        if value:
            query[parameter] = value
        tabs.append((f"?{query.urlencode()}", words, value == chosen))
    return tabs


def order_number(word: str) -> int | None:
    """Return the order's number in a word such as 1001, #1001 or 1001-2 (one of its parcels)."""
    digits = word.removeprefix("#").partition("-")[0]
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= MAX_NUMBER_DIGITS
    return int(digits) if is_number else None


def _of_sku(word: str) -> Q:
    """Return the condition that the SKU of a line, as it was or as it is, begins so."""
    return Q(sku__istartswith=word) | Q(variant__in=Variant.objects.filter(sku_begins(word)))


def _sum(order: Order) -> OrderSum:
    found: OrderSum = order.sum  # type: ignore[attr-defined]
    return found
