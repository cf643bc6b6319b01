"""What to buy: units that are owed and that nothing brings; the ticked ones become a delivery.

Beside it what to transfer: units that bundles wait for, and that another warehouse has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from inventory.acts import act_of
from inventory.admin.once import (
    AlreadySent,
    is_token,
    keep_result,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import ScopedAdmin, change_url, page_number, visible
from inventory.admin.stock_pages import line_errors
from inventory.errors import InventoryError
from inventory.forms.stock import MAX_LINES, MoveForm
from inventory.models import IncomingDelivery, Variant, Warehouse
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.forms.waiting import QuantityForm
from orders.services.buying import ToBuy, what_to_buy
from orders.services.transfers import ToTransfer, what_to_transfer

ROWS = 100
"""Variants of one page; a delivery is made from the ticked ones of one page."""

HEAD = ("warehouse", "supplier", "reference", "expected_at")


@dataclass(slots=True)
class Row:
    """A variant to buy, with what was typed beside it."""

    need: ToBuy
    form: QuantityForm
    is_chosen: bool
    days: int
    error: str = ""


class BuyingPage(ScopedAdmin):
    """The page that lists what to buy, and announces it."""

    template_folder: ClassVar[str] = "orders/admin"

    def buying_view(self, request: HttpRequest) -> HttpResponse:
        """List what to buy, or make a delivery of what was ticked."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._buying(request)
        self.demand(request, "inventory.add_incomingdelivery")
        return self._bought(request)

    def _buying(
        self,
        request: HttpRequest,
        *,
        head: MoveForm | None = None,
        errors: Mapping[int, str] | None = None,
    ) -> HttpResponse:
        needs = what_to_buy(request.user)
        pages = Paginator(needs, ROWS)
        page = pages.get_page(page_number(request))
        head = head or _head(request)
        return self.page(
            request,
            "buying.html",
            title=_("What to buy"),
            trail=[(reverse("admin:orders_fulfillmentline_changelist"), _("Waiting room"))],
            rows=[_row(request, need, errors or {}) for need in page.object_list],
            page_obj=page,
            has_oversold=any(need.oversold for need in needs),
            has_elsewhere=any(need.elsewhere for need in needs),
            head=head,
            may_buy=request.user.has_perm("inventory.add_incomingdelivery"),
            transfers=[(one, _address(one)) for one in what_to_transfer(request.user)],
            may_move=request.user.has_perm("inventory.add_movement"),
        )

    def _announced_before(self, request: HttpRequest, token: str) -> HttpResponse:
        """Lead to the delivery that this form made when it was sent first."""
        made = (result_of(mark_of(token)) or {}).get("delivery", 0)
        seen = visible(IncomingDelivery.objects.all(), request.user)
        delivery = seen.filter(pk=made).first()
        if delivery is None:
            return HttpResponseRedirect(reverse("admin:orders_fulfillmentline_buying"))
        return HttpResponseRedirect(change_url(delivery))

    def _bought(self, request: HttpRequest) -> HttpResponse:
        if result_of(mark_of(request.POST.get("form_token", ""))) is not None:
            return self._announced_before(request, request.POST["form_token"])
        head = _head(request)
        chosen = _chosen(request)
        is_good = head.is_valid()
        if is_good and not is_token(head.cleaned_data["form_token"], request.user):
            data = request.POST.copy()
            data["form_token"] = new_token(request.user)
            head.data = data
            head.add_error(None, _("This form is too old. Look it over and send it again."))
            is_good = False
        if is_good and not chosen:
            head.add_error(None, _("Tick one or more variants first."))
            is_good = False
        lines, errors = _lines(request, chosen)
        if errors or not is_good:
            return self._buying(request, head=head, errors=errors)
        return self._announced(request, head, lines)

    def _announced(
        self, request: HttpRequest, head: MoveForm, lines: Sequence[StockLine]
    ) -> HttpResponse:
        data = head.cleaned_data
        try:
            with transaction.atomic():
                spend(data["form_token"])
                delivery = create_delivery(
                    act=act_of(request),
                    warehouse=data["warehouse"],
                    supplier=data["supplier"],
                    reference=data["reference"],
                    expected_at=data["expected_at"],
                    lines=lines,
                )
                keep_result(data["form_token"], {"delivery": delivery.pk})
        except AlreadySent:
            return self._announced_before(request, data["form_token"])
        except InventoryError as error:
            keys = {line.variant.sku: line.variant.pk for line in lines}
            errors: dict[int, str] = {}
            for sku, text in line_errors(error).items():
                if sku in keys:
                    errors[keys[sku]] = text
                else:
                    head.add_error(None, text)
            return self._buying(request, head=head, errors=errors)
        messages.success(request, _("Delivery %(name)s was announced.") % {"name": delivery})
        return HttpResponseRedirect(change_url(delivery))


def _address(one: ToTransfer) -> str:
    """Return the page of a transfer, filled in with as many lines as it takes."""
    lines = one.lines[:MAX_LINES]
    query = {
        "warehouse": one.source.code,
        "target": one.target.code,
        "sku": [line.variant.sku for line in lines],
        "quantity": [line.quantity for line in lines],
    }
    return f"{reverse('admin:inventory_movement_transfer')}?{urlencode(query, doseq=True)}"


def _head(request: HttpRequest) -> MoveForm:
    initial = {
        "form_token": new_token(request.user),
        "warehouse": Warehouse.objects.active().first(),
    }
    data = request.POST if request.method == "POST" else None
    head = MoveForm(data, keep=HEAD, initial=initial)
    head.fields["reference"].required = True
    return head


def _chosen(request: HttpRequest) -> dict[int, Variant]:
    """Return the ticked variants that the user may see, by primary key."""
    keys = {
        int(key)
        for key in request.POST.getlist("buy")[: ROWS * 2]
        if key.isascii() and key.isdigit() and len(key) <= 18
    }
    rows = Variant.objects.visible_to(request.user).filter(pk__in=keys)
    return {row.pk: row for row in rows.order_by("pk")[:ROWS]}


def _lines(
    request: HttpRequest, chosen: Mapping[int, Variant]
) -> tuple[list[StockLine], dict[int, str]]:
    """Return the ticked lines, and what is wrong with quantities, by variant."""
    lines, errors = [], {}
    for pk, variant in chosen.items():
        form = QuantityForm(request.POST, prefix=f"buy-{pk}")
        if form.is_valid():
            lines.append(StockLine(variant=variant, quantity=form.cleaned_data["quantity"]))
        else:
            errors[pk] = " ".join(str(text) for text in form.errors["quantity"])
    return lines, errors


def _row(request: HttpRequest, need: ToBuy, errors: Mapping[int, str]) -> Row:
    pk = need.variant.pk
    prefix = f"buy-{pk}"
    is_sent = f"{prefix}-quantity" in request.POST
    form = QuantityForm(
        request.POST if is_sent else None, prefix=prefix, initial={"quantity": need.to_buy}
    )
    form.fields["quantity"].widget.attrs["aria-label"] = _("Quantity of %(sku)s") % {
        "sku": need.variant.sku
    }
    return Row(
        need=need,
        form=form,
        is_chosen=str(pk) in request.POST.getlist("buy"),
        days=max((timezone.localdate() - timezone.localdate(need.oldest)).days, 0),
        error=errors.get(pk, ""),
    )
