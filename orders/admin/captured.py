"""Orders of shops elsewhere: what they said, what became of it here, and what is to be mended."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import Act, act_of
from inventory.admin.once import AlreadySent, is_token, mark_of, new_token, result_of, spend
from inventory.admin.scoped import blame_form, change_url, refuse_get, search_words
from inventory.errors import InventoryError, StaleChange
from inventory.theme import DropdownFilter, display
from orders.admin.base import OrdersAdmin
from orders.admin.orders import ChannelFilter, order_number, tabs_of
from orders.admin.skus import sku_choices
from orders.amounts import money, units
from orders.forms.captured import MendForm
from orders.models import CapturedOrder, CapturedState, OrderLine
from orders.services.capture import dismiss, mend, try_again
from orders.services.capture.settling import faults_of

CONFLICT = 409
MAX_SAID = 20_000
"""Characters of what a shop said that a page shows."""

MAX_VERSION_DIGITS = 9

TABS: dict[str, Any] = {
    "attention": gettext_lazy("Needs attention"),
    "pending": gettext_lazy("Pending"),
    "captured": gettext_lazy("Captured"),
    "canceled": gettext_lazy("Canceled"),
}
STATE_LABELS = {
    "pending": "info",
    "captured": "success",
    "needs_attention": "danger",
    "canceled": "default",
}
STATUS_LABELS = {
    "created": "default",
    "paid": "info",
    "shipped": "success",
    "canceled": "default",
}


class CapturedStateFilter(DropdownFilter):
    """By what became of them here."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the tabs."""
        return list(TABS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those in this state; short units need attention, too."""
        rows: Any = queryset
        if self.value() == "attention":
            return rows.needs_attention()  # type: ignore[no-any-return]
        return queryset.filter(state=self.value()) if self.value() in TABS else queryset


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the shop, as the page shows it."""

    number: int
    sku: str
    ours: str
    title: str
    quantity: str
    price: str
    fault: str
    field: Any


@dataclass(frozen=True, slots=True)
class Sent:
    """What a button sent."""

    form: MendForm | None
    act: Act


def _mend(row: CapturedOrder, sent: Sent) -> CapturedOrder:
    skus = sent.form.skus() if sent.form else {}
    return mend(row, skus, act=sent.act)


def _try_again(row: CapturedOrder, sent: Sent) -> CapturedOrder:
    return try_again(row, act=sent.act)


def _dismiss(row: CapturedOrder, sent: Sent) -> CapturedOrder:
    return dismiss(row, act=sent.act)


ACTIONS: dict[str, Callable[[CapturedOrder, Sent], CapturedOrder]] = {
    "mend": _mend,
    "again": _try_again,
    "dismiss": _dismiss,
}


@admin.register(CapturedOrder)
class CapturedAdmin(OrdersAdmin):
    """What shops elsewhere sold."""

    list_display = (
        "name",
        "placed",
        "customer",
        "sold_in",
        "there",
        "here",
        "our_order",
        "price",
        "what_is_wrong",
    )
    list_display_links = ("name",)
    list_filter = (CapturedStateFilter, ChannelFilter)
    list_select_related = ("channel", "order")
    list_before_template = "orders/admin/order_tabs.html"
    ordering = ("-placed_at", "-id")
    sortable_by = ()
    search_fields = ("number",)
    search_help_text = gettext_lazy("Number there or here, customer, e-mail or SKU")
    empty_title = gettext_lazy("No channel orders yet")
    empty_text = gettext_lazy(
        "Orders that your other shops tell us of are here. They become orders of ours once they "
        "are in the state that the setup of the channel names."
    )
    rows_word = gettext_lazy("channel orders")
    show_add_link = False

    class Media:
        css = {"all": ["orders/orders.css"]}

    @display(description=gettext_lazy("Number there"))
    def name(self, row: CapturedOrder) -> str:
        """Return what the shop calls it."""
        return format_html('<span class="bo-title">{}</span>', row.name)

    @display(description=gettext_lazy("Placed"))
    def placed(self, row: CapturedOrder) -> Any:
        """Return when the customer ordered."""
        return row.placed_at

    @display(description=gettext_lazy("Customer"))
    def customer(self, row: CapturedOrder) -> str:
        """Return who bought."""
        return format_html('<span class="bo-title">{}</span>', row.customer_name or "–")

    @display(description=gettext_lazy("Channel"))
    def sold_in(self, row: CapturedOrder) -> str:
        """Return where it was sold."""
        return str(row.channel.name)

    @display(description=gettext_lazy("Status there"), label=STATUS_LABELS)
    def there(self, row: CapturedOrder) -> Any:
        """Return how far it is in the shop."""
        return row.status, row.get_status_display()

    @display(description=gettext_lazy("Here"), label=STATE_LABELS)
    def here(self, row: CapturedOrder) -> Any:
        """Return what became of it here."""
        if row.is_short:  # type: ignore[attr-defined]
            return CapturedState.NEEDS_ATTENTION, _("Units are short")
        return row.state, row.get_state_display()

    @display(description=gettext_lazy("Our order"))
    def our_order(self, row: CapturedOrder) -> str:
        """Return our order, linked."""
        if row.order is None:
            return "–"
        link = '<a class="bo-link od-number" href="{}">{}</a>'
        return format_html(link, change_url(row.order), row.order.number)

    @display(description=gettext_lazy("Total there"))
    def price(self, row: CapturedOrder) -> str:
        """Return what the customer paid there, or is to pay."""
        return money(row.total, row.currency)

    @display(description=gettext_lazy("Problem"))
    def what_is_wrong(self, row: CapturedOrder) -> str:
        """Return why it needs attention."""
        short = row.problem if len(row.problem) <= 120 else f"{row.problem[:119]}…"
        return format_html('<span class="bo-title">{}</span>', short or "–")

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """See which orders of the page have units that are short."""
        short = _short_among([row.order_id for row in rows if row.order_id])
        for row in rows:
            row.is_short = row.order_id in short

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word as the start of a number or of a SKU, and in the customer."""
        for word in search_words(search_term):
            found = Q(number__istartswith=word) | Q(external_id__istartswith=word)
            found |= Q(number__istartswith=f"#{word}") | Q(customer_name__icontains=word)
            found |= Q(customer_email__icontains=word) | Q(skus__icontains=f"\n{word}")
            if (number := order_number(word)) is not None:
                found |= Q(order=number)
            queryset = queryset.filter(found)
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list under its tabs."""
        tabs = tabs_of(request, "state", TABS)
        return super().changelist_view(request, {**(extra_context or {}), "tabs": tabs})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: shops tell of them."""
        return False

    # --- the page of one ----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the actions, each by POST alone."""
        view = self.admin_site.admin_view(self.action_view)
        address = "<path:object_id>/do/<slug:name>/"
        return [path(address, view, name="orders_capturedorder_do"), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show one of them; its actions have addresses of their own."""
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        return self._shown(request, self._opened(request, object_id))

    def action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Mend one, try it again, or dismiss it."""
        if refusal := refuse_get(request):
            return refusal
        row = self._opened(request, object_id)
        if name not in ACTIONS:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        token = request.POST.get("form_token", "")
        if not is_token(token, request.user):
            words = _("This form is too old. Look it over and send it again.")
            return self._shown(request, row, error=words, status=CONFLICT)
        if result_of(mark_of(f"{token}:{name}")) is not None:
            return HttpResponseRedirect(change_url(row))
        form = MendForm(request.POST, faults=faults_of(row)) if name == "mend" else None
        if form is not None and not form.is_valid():
            return self._shown(request, row, form=form, status=CONFLICT)
        return self._done(request, row, name, token=token, form=form)

    def _done(
        self,
        request: HttpRequest,
        row: CapturedOrder,
        name: str,
        *,
        token: str,
        form: MendForm | None,
    ) -> HttpResponse:
        sent = Sent(form, act_of(request, seen=_version(request)))
        try:
            with transaction.atomic():
                spend(f"{token}:{name}")
                done = ACTIONS[name](row, sent)
                words = _words(done)
        except AlreadySent:
            return HttpResponseRedirect(change_url(row))
        except StaleChange as error:
            row.refresh_from_db()
            return self._shown(request, row, error=str(error), status=CONFLICT)
        except InventoryError as error:
            if form is None:
                return self._shown(request, row, error=str(error), status=CONFLICT)
            blame_form(form, error)
            return self._shown(request, row, form=form, status=CONFLICT)
        is_mended = done.state != CapturedState.NEEDS_ATTENTION
        (messages.success if is_mended else messages.warning)(request, words)
        return HttpResponseRedirect(change_url(row))

    def _opened(self, request: HttpRequest, object_id: str) -> CapturedOrder:
        row: CapturedOrder = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def _shown(
        self,
        request: HttpRequest,
        row: CapturedOrder,
        *,
        form: MendForm | None = None,
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        may_change = self.has_change_permission(request, row)
        is_open = row.state == CapturedState.NEEDS_ATTENTION
        faults = faults_of(row) if row.order is None and is_open else {}
        if form is None and faults and may_change:
            form = MendForm(faults=faults)
        said = json.dumps(row.raw, indent=2, ensure_ascii=False)
        return self.page(
            request,
            "captured.html",
            title=_("Channel order %(number)s") % {"number": row.name},
            trail=[(reverse("admin:orders_capturedorder_changelist"), _("Channel orders"))],
            row=row,
            lines=_lines(row, faults, form),
            form=form,
            error=error,
            total=money(row.total, row.currency),
            state_label=STATE_LABELS[row.state],
            status_label=STATUS_LABELS[row.status],
            short=bool(_short_among([row.order_id])) if row.order_id else False,
            may_again=may_change and (is_open or row.is_dismissed),
            may_dismiss=may_change and (is_open or row.state == CapturedState.PENDING),
            skus=sku_choices(request.user) if form else (),
            said=said[:MAX_SAID],
            is_said_cut=len(said) > MAX_SAID,
            form_token=new_token(request.user),
            status=status,
        )


def _lines(row: CapturedOrder, faults: dict[int, str], form: MendForm | None) -> list[LineRow]:
    return [
        LineRow(
            number=position + 1,
            sku=line["sku"],
            ours=row.mended.get(str(position), ""),
            title=line["title"],
            quantity=units(line["quantity"]),
            price=money(Decimal(line["unit_price"]), row.currency),
            fault=faults.get(position, ""),
            field=form[name] if form and (name := f"sku-{position}") in form.fields else None,
        )
        for position, line in enumerate(row.lines)
    ]


def _short_among(order_ids: Sequence[int | None]) -> set[int]:
    """Return the orders, by primary key, that have units which are short."""
    rows = OrderLine.objects.filter(order__in=order_ids, short__gt=0)
    return set(rows.values_list("order", flat=True))


def _words(row: CapturedOrder) -> str:
    """Return what to tell of what was done."""
    if row.dismissed_at is not None:
        return _("It was dismissed.")
    if row.state == CapturedState.NEEDS_ATTENTION:
        return _("It still needs attention: %(problem)s") % {"problem": row.problem}
    if row.state == CapturedState.CAPTURED and row.order is not None:
        return _("It is order %(number)s now.") % {"number": row.order.number}
    return _("It was tried again: %(state)s.") % {"state": row.get_state_display()}


def _version(request: HttpRequest) -> int:
    """Return the version that the form was opened with; 0, which is never one, if it is none."""
    text = request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS
    return int(text) if is_number else 0
