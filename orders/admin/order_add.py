"""Typing a new order: all of it is sold, or none, with the reason beside each line."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.models import DIRECT, Channel
from inventory.acts import Act, act_of
from inventory.admin.once import (
    AlreadySent,
    is_token,
    keep_result,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import change_url
from inventory.errors import InvalidChange, InventoryError
from inventory.forms.stock import MAX_LINES
from inventory.models import StoreSettings
from orders.admin.facts import RefusalRow, line_rows, refusal_row
from orders.admin.order_page import OrderPage
from orders.admin.skus import sku_choices
from orders.errors import OrderRefused
from orders.forms.lines import BaseOrderLineFormSet, order_formset
from orders.forms.place import OrderForm
from orders.models import Order
from orders.services.place import Customer, place_order

FIRST_LINES = 5


class OrderAdd(OrderPage):
    """The page on which staff type an order."""

    def add_order(self, request: HttpRequest) -> HttpResponse:
        """Show the form, or place what it was sent."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._posted(request)
        sku = request.GET.get("sku", "")[:64]
        lines = order_formset()(prefix="lines", initial=[{"code": sku}] if sku else None)
        head = OrderForm(initial={"form_token": new_token(request.user)})
        return self._typed(request, head, lines)

    def _posted(self, request: HttpRequest) -> HttpResponse:
        token = request.POST.get("form_token", "")
        if placed := result_of(mark_of(_own(token))):
            return _to_order(placed["order"])
        if "add_lines" in request.POST:
            return self._with_more_lines(request)
        head = OrderForm(request.POST)
        lines = order_formset()(request.POST, prefix="lines")
        good = lines.resolve(request.user) & head.is_valid()
        if not is_token(token, request.user):
            head.data = _replaced(request, form_token=new_token(request.user))
            head.add_error(None, _("This form is too old. Look it over and send it again."))
            good = False
        if good and not lines.filled():
            head.add_error(None, _("There is no line yet: type a SKU and a quantity."))
            good = False
        if not good:
            return self._typed(request, head, lines)
        return self._place(request, head, lines)

    def _place(
        self, request: HttpRequest, head: OrderForm, lines: BaseOrderLineFormSet
    ) -> HttpResponse:
        token = head.cleaned_data["form_token"]
        try:
            with transaction.atomic():
                spend(_own(token))
                order = _placed(head, lines, act=act_of(request))
                keep_result(_own(token), {"order": order.pk})
        except AlreadySent:
            return self._posted(request)
        except OrderRefused as error:
            homeless = [refusal_row(one) for one in lines.refuse(error.refusals)]
            head.add_error(None, _("Nothing was placed: not so many can be sold."))
            return self._typed(request, head, lines, homeless)
        except InventoryError as error:
            _blame(head, lines, error)
            return self._typed(request, head, lines)
        messages.success(request, _("Order %(number)s was placed.") % {"number": order.number})
        return HttpResponseRedirect(change_url(order))

    def _with_more_lines(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("lines-TOTAL_FORMS", "")
        total = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        more = min(total + FIRST_LINES, MAX_LINES)
        data = _replaced(request, **{"lines-TOTAL_FORMS": str(more)})
        lines = order_formset()(data, prefix="lines")
        return self._typed(request, OrderForm(data), lines, quiet=True)

    def _typed(
        self,
        request: HttpRequest,
        head: OrderForm,
        lines: BaseOrderLineFormSet,
        homeless: list[RefusalRow] | None = None,
        *,
        quiet: bool = False,
    ) -> HttpResponse:
        return self.page(
            request,
            "order_add.html",
            title=_("New order"),
            trail=[(reverse("admin:orders_order_changelist"), _("Orders"))],
            head=head,
            lines=lines,
            rows=line_rows(lines),
            homeless=homeless or [],
            quiet=quiet,
            skus=sku_choices(request.user),
            currency=StoreSettings.load().currency,
            max_lines=MAX_LINES,
        )


def _own(token: str) -> str:
    """Return a token of this page alone: no other page can have spent it."""
    return f"{token}:order"


def _placed(head: OrderForm, lines: BaseOrderLineFormSet, *, act: Act) -> Order:
    data = head.cleaned_data
    return place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer(data["customer_name"], data["customer_email"]),
        lines=lines.wanted(),
        act=act,
        ship_together=data["ship_together"],
        language=data["language"],
        priority=data["priority"] or 0,
        is_paid=data["is_paid"],
    )


def _blame(head: OrderForm, lines: BaseOrderLineFormSet, error: InventoryError) -> None:
    """Put a domain error beside the field or the line it names, else above the form."""
    if not isinstance(error, InvalidChange):
        head.add_error(None, str(error))
        return
    rest = {}
    for field, text in error.errors.items():
        if field in head.fields:
            head.add_error(field, text)
        else:
            rest[field] = text
    for text in lines.blame(rest):
        head.add_error(None, text)


def _replaced(request: HttpRequest, **values: str) -> Any:
    data = request.POST.copy()
    for name, value in values.items():
        data[name] = value
    return data


def _to_order(pk: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=[pk]))
