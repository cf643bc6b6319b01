"""Incoming deliveries: announced, received wholly or in part, moved, called off."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import act_of
from inventory.admin.booked import say_served
from inventory.admin.once import AlreadySent, is_token, new_token, spend
from inventory.admin.scoped import ScopedAdmin, change_url, refuse_get, search_words, visible
from inventory.admin.stock_pages import line_errors
from inventory.consequence_words import sentence
from inventory.errors import InvalidChange, InventoryError
from inventory.forms.stock import BaseLineFormSet, MoveForm, line_formset
from inventory.models import IncomingDelivery, IncomingDeliveryLine, Warehouse
from inventory.models.catalog import seller_scope, sku_begins
from inventory.services.deliveries import (
    cancel_delivery,
    create_delivery,
    reschedule_delivery,
)
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery
from inventory.theme import DropdownFilter, NativeDateInput, ThemedForm, display
from inventory.waiting_room import waiting_room

DELIVERY_STATES: dict[str, Any] = {
    "expected": gettext_lazy("Expected"),
    "late": gettext_lazy("Late"),
    "partly_received": gettext_lazy("Partly received"),
    "received": gettext_lazy("Received"),
    "canceled": gettext_lazy("Canceled"),
}
DELIVERY_LABELS = {
    "expected": "info",
    "late": "danger",
    "partly_received": "warning",
    "received": "success",
    "canceled": "default",
}
MAX_DIGITS = 10
"""Of a quantity; the use case refuses what is above 1,000,000,000."""

HEAD = ("warehouse", "supplier", "reference", "expected_at")


class DateForm(ThemedForm):
    """The day on which a delivery is expected now."""

    expected_at = forms.DateField(label=gettext_lazy("Expected on"), widget=NativeDateInput())


class StateFilter(DropdownFilter):
    """By where a delivery stands."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the states, and all that is still on its way."""
        return [("open", gettext_lazy("On its way")), *DELIVERY_STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep deliveries in this state."""
        today = timezone.localdate()
        awaited = queryset.filter(canceled_at=None, received_at=None)
        begun = IncomingDeliveryLine.objects.filter(received__gt=0).values("delivery")
        on_time = awaited.filter(expected_at__gte=today)
        found = {
            "open": awaited,
            "late": awaited.filter(expected_at__lt=today),
            "expected": on_time.exclude(pk__in=begun),
            "partly_received": on_time.filter(pk__in=begun),
            "received": queryset.filter(canceled_at=None).exclude(received_at=None),
            "canceled": queryset.exclude(canceled_at=None),
        }
        return found.get(self.value() or "", queryset)


@admin.register(IncomingDelivery)
class DeliveryAdmin(ScopedAdmin):
    """Units on their way."""

    list_display = ("reference", "supplier", "warehouse", "expected_at", "state", "progress")
    list_filter = (StateFilter,)
    list_select_related = ("warehouse",)
    ordering = ("-expected_at", "-id")
    sortable_by = ("expected_at",)
    search_fields = ("reference",)
    search_help_text = gettext_lazy("Reference, supplier or SKU")
    empty_title = gettext_lazy("No deliveries")
    empty_text = gettext_lazy(
        "Announce what you ordered from a supplier: shoppers then see the expected date."
    )

    @display(description=gettext_lazy("State"), label=DELIVERY_LABELS)
    def state(self, delivery: IncomingDelivery) -> Any:
        """Return where it stands."""
        state = _state(delivery, delivery.units[1])  # type: ignore[attr-defined]
        return state, DELIVERY_STATES[state]

    @display(description=gettext_lazy("Received"))
    def progress(self, delivery: IncomingDelivery) -> str:
        """Return units received of units ordered."""
        ordered, received = delivery.units  # type: ignore[attr-defined]
        return _("%(received)d of %(ordered)d") % {"received": received, "ordered": ordered}

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Add up the units of the page's deliveries, those that the user may see."""
        lines = visible(IncomingDeliveryLine.objects.all(), request.user)
        sums = lines.filter(delivery__in=[row.pk for row in rows]).order_by()
        units = {
            row["delivery"]: (row["ordered"], row["came"])
            for row in sums.values("delivery").annotate(
                ordered=Sum("quantity"), came=Sum("received")
            )
        }
        for row in rows:
            row.units = units.get(row.pk, (0, 0))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word in reference and supplier, and as the start of a SKU."""
        lines = visible(IncomingDeliveryLine.objects.all(), request.user)
        for word in search_words(search_term):
            queryset = queryset.filter(
                Q(reference__icontains=word)
                | Q(supplier__icontains=word)
                | Q(pk__in=lines.filter(sku_begins(word, path="variant__")).values("delivery"))
            )
        return queryset, False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: a delivery is canceled, never deleted."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the actions, each by POST alone."""
        wrap = self.admin_site.admin_view
        actions: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("receive", self.receive_view),
            ("reschedule", self.reschedule_view),
            ("cancel", self.cancel_view),
        )
        urls = [
            path(
                f"<path:object_id>/{name}/",
                wrap(view),
                name=f"inventory_incomingdelivery_{name}",
            )
            for name, view in actions
        ]
        return [*urls, *super().get_urls()]

    # --- the pages ----------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Announce a delivery, or show one; its actions have addresses of their own."""
        if object_id is None:
            return self._add(request)
        delivery = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, delivery):
            raise PermissionDenied
        if request.method == "POST":
            raise PermissionDenied
        return self._shown(request, delivery)

    def _add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {
            "form_token": new_token(request.user),
            "warehouse": Warehouse.objects.active().first(),
        }
        is_post = request.method == "POST"
        data: Any = request.POST if is_post else None
        head = MoveForm(data, keep=HEAD, initial=initial)
        head.fields["reference"].required = True
        formset = line_formset()
        if is_post and "add_lines" in request.POST:
            data = request.POST.copy()
            data["lines-TOTAL_FORMS"] = "15"
        sku = request.GET.get("sku", "")[:64]
        lines = formset(data, prefix="lines", initial=[{"code": sku}] if sku else None)
        if is_post and "add_lines" not in request.POST:
            delivery = self._created(request, head, lines)
            if delivery:
                return HttpResponseRedirect(change_url(delivery))
        return self.page(
            request,
            "delivery_add.html",
            title=_("Add delivery"),
            trail=_trail(),
            head=head,
            lines=lines,
            quiet=is_post and "add_lines" in request.POST,
        )

    def _created(
        self, request: HttpRequest, head: MoveForm, lines: BaseLineFormSet
    ) -> IncomingDelivery | None:
        good = lines.resolve(request.user) & head.is_valid()
        if good and not lines.filled():
            head.add_error(None, _("There is no line yet: type or scan a SKU and a quantity."))
            good = False
        if not good:
            return None
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
                    lines=lines.lines(),
                )
        except AlreadySent:
            twin = visible(IncomingDelivery.objects.all(), request.user)
            return twin.filter(reference=data["reference"]).order_by("-pk").first()
        except InventoryError as error:
            for text in lines.blame(line_errors(error)):
                head.add_error(None, text)
            return None
        messages.success(request, _("Delivery %(name)s was announced.") % {"name": delivery})
        return delivery

    def _shown(
        self,
        request: HttpRequest,
        delivery: IncomingDelivery,
        *,
        errors: dict[str, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        lines = visible(delivery.lines.select_related("variant__product"), request.user)
        rows = [
            {
                "line": line,
                "open": line.quantity - line.received,
                "typed": request.POST.get(f"line-{line.pk}", line.quantity - line.received),
                "error": (errors or {}).get(line.variant.sku, ""),
            }
            for line in lines.order_by("pk")
        ]
        skus = {row["line"].variant.sku for row in rows}
        received = sum(row["line"].received for row in rows)
        state = _state(delivery, received)
        is_open = delivery.canceled_at is None and delivery.received_at is None
        may = is_open and self._is_theirs(request, delivery)
        movements = visible(delivery.movements.all(), request.user)
        return self.page(
            request,
            "delivery.html",
            title=_("Delivery %(reference)s") % {"reference": delivery.reference},
            trail=_trail(),
            delivery=delivery,
            rows=rows,
            errors=[text for sku, text in (errors or {}).items() if sku not in skus],
            state=DELIVERY_STATES[state],
            label=DELIVERY_LABELS[state],
            ordered=sum(row["line"].quantity for row in rows),
            received=received,
            date_form=DateForm(initial={"expected_at": delivery.expected_at}),
            may_receive=may and request.user.has_perm("inventory.add_movement"),
            may_change=may and self.has_change_permission(request, delivery),
            movements=movements.select_related("stock_level__variant").order_by("-pk")[:100],
            form_token=new_token(request.user),
            status=status,
        )

    # --- the actions --------------------------------------------------------------------------

    def _acted_on(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """Return the delivery of an action; every line of it belongs to the user."""
        self.demand(request, permission)
        delivery = self.visible_object(request, object_id)
        if not self._is_theirs(request, delivery):
            raise PermissionDenied
        return delivery

    def _is_theirs(self, request: HttpRequest, delivery: IncomingDelivery) -> bool:
        scope = seller_scope(request.user, "variant__product__seller")
        return scope == Q() or not delivery.lines.exclude(scope).exists()

    def receive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the units on hand: all that is expected, or those typed beside the lines."""
        if refusal := refuse_get(request):
            return refusal
        delivery = self._acted_on(request, object_id, "inventory.add_movement")
        token = request.POST.get("form_token", "")
        if not is_token(token, request.user):
            messages.error(request, _("This form is too old. Look it over and send it again."))
            return HttpResponseRedirect(change_url(delivery))
        try:
            with transaction.atomic():
                spend(token)
                moved = receive_delivery(
                    delivery=delivery,
                    lines=_typed_lines(request, delivery) if "part" in request.POST else None,
                    act=act_of(request, seen=_seen(request)),
                )
        except AlreadySent:
            return HttpResponseRedirect(change_url(delivery))
        except InventoryError as error:
            return self._shown(request, delivery, errors=line_errors(error), status=409)
        units = sum(movement.quantity for movement in moved.movements)
        words = _("%(units)d units received in %(warehouse)s.")
        messages.success(request, words % {"units": units, "warehouse": delivery.warehouse.name})
        say_served(request, moved.served)
        return HttpResponseRedirect(change_url(delivery))

    def reschedule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Move the expected day."""
        if refusal := refuse_get(request):
            return refusal
        delivery = self._acted_on(request, object_id, "inventory.change_incomingdelivery")
        form = DateForm(request.POST)
        if not form.is_valid():
            text = _("Give the day on which it is expected now.")
            return self._shown(request, delivery, errors={"": text})
        day = form.cleaned_data["expected_at"]
        return self._done(
            request,
            delivery,
            lambda: reschedule_delivery(
                delivery=delivery, expected_at=day, act=act_of(request, seen=_seen(request))
            ),
            _("Now expected on %(day)s.") % {"day": date_format(day)},
        )

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call off what has not come."""
        if refusal := refuse_get(request):
            return refusal
        delivery = self._acted_on(request, object_id, "inventory.change_incomingdelivery")
        return self._done(
            request,
            delivery,
            lambda: cancel_delivery(delivery=delivery, act=act_of(request, seen=_seen(request))),
            _("The delivery was canceled. Stock already received is kept."),
        )

    def _done(
        self,
        request: HttpRequest,
        delivery: IncomingDelivery,
        use_case: Callable[[], IncomingDelivery],
        words: str,
    ) -> HttpResponse:
        """Do it, and say whose dates it moved: that is no setting, so nobody is asked before."""
        try:
            with waiting_room().watched(today=timezone.localdate()) as told:
                changed = use_case()
                moved = sentence(told())
        except InventoryError as error:
            return self._shown(request, delivery, errors={"": str(error)}, status=409)
        messages.success(request, f"{words} {moved}".strip())
        return HttpResponseRedirect(change_url(changed))


def _seen(request: HttpRequest) -> int | None:
    """Return the version that the page showed; a form that says none is not compared."""
    text = request.POST.get("version")
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _state(delivery: IncomingDelivery, received: int) -> str:
    return delivery.state(today=timezone.localdate(), received=received)


def _typed_lines(request: HttpRequest, delivery: IncomingDelivery) -> list[StockLine]:
    """Return the quantities typed beside the lines; empty and 0 leave a line out.

    :raises InvalidChange: a quantity is no whole number of units.
    """
    lines, errors = [], {}
    open_lines = delivery.lines.filter(received__lt=F("quantity")).select_related("variant")
    for line in open_lines.order_by("pk"):
        text = request.POST.get(f"line-{line.pk}", "").strip()
        if text in {"", "0"}:
            continue
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
            errors[line.variant.sku] = _("Whole units, from 0 to what is expected.")
            continue
        lines.append(StockLine(variant=line.variant, quantity=int(text)))
    if errors:
        raise InvalidChange(errors)
    return lines


def _trail() -> list[tuple[str, str]]:
    return [(reverse("admin:inventory_incomingdelivery_changelist"), _("Deliveries"))]
