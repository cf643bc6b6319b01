"""Simulate a delivery: who would get the units under each rule; then receive exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory.acts import act_of
from inventory.admin.booked import booked_result
from inventory.admin.once import (
    AlreadySent,
    is_token,
    keep_result,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import ScopedAdmin, visible
from inventory.admin.stock_pages import line_errors, with_more_lines
from inventory.errors import InventoryError
from inventory.forms.stock import FIRST_LINES, MAX_LINES, BaseLineFormSet, line_formset
from inventory.models import IncomingDelivery, IncomingDeliveryLine, StoreSettings, Warehouse
from inventory.models.catalog import seller_scope
from inventory.models.settings import ReleaseRule
from orders.errors import QueueMoved
from orders.forms.waiting import DeliveryForm, SimulateForm
from orders.services.simulate import Simulation, receive_as_simulated, simulate_receipt

MAX_SHOWN = 50
"""Shares that one column lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one release rule would do with a delivery."""

    label: Any
    is_own: bool
    simulation: Simulation

    @property
    def served_units(self) -> int:
        """Return how many units go to those who wait."""
        return sum(share.quantity for share in self.simulation.served)

    @property
    def served_more(self) -> int:
        """Return how many shares are not listed."""
        return max(len(self.simulation.served) - MAX_SHOWN, 0)

    @property
    def short_more(self) -> int:
        """Return how many lines that stay short are not listed."""
        return max(len(self.simulation.short) - MAX_SHOWN, 0)


class SimulatePage(ScopedAdmin):
    """The page that plays a delivery through, and the button that receives it."""

    template_folder: ClassVar[str] = "orders/admin"

    def simulate_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, filled in from an address or a delivery, or what a delivery would do."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._simulate_form(request)
        delivery = self._delivery(request, request.POST.get("of_delivery", ""))
        head, lines = _sent(request, delivery)
        if "add_lines" in request.POST:
            more = line_formset()(with_more_lines(request), prefix="lines")
            return self._simulated(request, head, more, quiet=True)
        if not self._is_good(request, head, lines):
            return self._simulated(request, head, lines)
        try:
            columns = _columns(head.cleaned_data["warehouse"], lines)
        except InventoryError as error:
            errors = lines.blame(line_errors(error))
            return self._simulated(request, head, lines, errors=errors)
        return self._simulated(request, head, lines, columns=columns)

    def receive_view(self, request: HttpRequest) -> HttpResponse:
        """Receive what was simulated, if it goes to those it was said to go to."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        self.demand(request, "inventory.add_movement")
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:orders_fulfillmentline_simulate"))
        token = request.POST.get("form_token", "")
        if result_of(mark_of(token)) is not None:
            return _booked(token)
        delivery = self._delivery(request, request.POST.get("of_delivery", ""))
        if delivery is not None and not _is_theirs(request, delivery):
            raise PermissionDenied
        head, lines = _sent(request, delivery)
        if not self._is_good(request, head, lines):
            return self._simulated(request, head, lines)
        if is_token(token, request.user):
            return self._received(request, head, lines, delivery)
        text = _("This form is too old. Look it over and send it again.")
        return self._again(request, head, lines, [text])

    def _received(
        self,
        request: HttpRequest,
        head: SimulateForm,
        lines: BaseLineFormSet,
        delivery: IncomingDelivery | None,
    ) -> HttpResponse:
        token = request.POST.get("form_token", "")
        try:
            with transaction.atomic():
                spend(token)
                moved = receive_as_simulated(
                    warehouse=head.cleaned_data["warehouse"],
                    lines=lines.lines(),
                    reference=head.cleaned_data["reference"],
                    fingerprint=request.POST.get("fingerprint", ""),
                    delivery=delivery,
                    act=act_of(request),
                )
                keep_result(token, booked_result(request.user, "receive", moved))
        except AlreadySent:
            return _booked(token)
        except QueueMoved as error:
            text = _("The waiting room changed since the simulation. Nothing was received.")
            return self._again(request, head, lines, [text, *map(str, error.differences)])
        except InventoryError as error:
            return self._again(request, head, lines, lines.blame(line_errors(error)))
        return _booked(token)

    # --- inside -------------------------------------------------------------------------------

    def _is_good(self, request: HttpRequest, head: SimulateForm, lines: BaseLineFormSet) -> bool:
        good = lines.resolve(request.user) & head.is_valid()
        if good and not lines.filled():
            head.add_error(None, _("There is no line yet: type or scan a SKU and a quantity."))
            return False
        return good

    def _simulate_form(self, request: HttpRequest) -> HttpResponse:
        delivery = self._delivery(request, request.GET.get("delivery", ""))
        initial: dict[str, Any] = {"warehouse": Warehouse.objects.active().first()}
        rows: list[dict[str, Any]] = []
        if delivery is not None:
            initial["warehouse"] = delivery.warehouse
            rows = _open_rows(request, delivery)
        elif sku := request.GET.get("sku", "")[:64]:
            rows = [{"code": sku, "quantity": None}]
        lines = line_formset(extra=max(FIRST_LINES - len(rows), 1))(
            prefix="lines", initial=rows or None
        )
        head = SimulateForm(initial=initial, delivery=delivery)
        return self._simulated(request, head, lines, delivery=delivery)

    def _again(
        self,
        request: HttpRequest,
        head: SimulateForm,
        lines: BaseLineFormSet,
        errors: Sequence[str],
    ) -> HttpResponse:
        """Show what went wrong, with the simulation as it is now."""
        try:
            columns = _columns(head.cleaned_data["warehouse"], lines)
        except InventoryError as error:
            columns, errors = [], [*errors, str(error)]
        return self._simulated(request, head, lines, columns=columns, errors=errors, status=409)

    def _simulated(
        self,
        request: HttpRequest,
        head: SimulateForm,
        lines: BaseLineFormSet,
        *,
        columns: Sequence[Column] = (),
        errors: Sequence[str] = (),
        delivery: IncomingDelivery | None = None,
        quiet: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        delivery = delivery or self._delivery(request, request.POST.get("of_delivery", ""))
        own = next((column for column in columns if column.is_own), None)
        return self.page(
            request,
            "simulate.html",
            title=_("Simulate a delivery"),
            trail=[(reverse("admin:orders_fulfillmentline_changelist"), _("Waiting room"))],
            head=head,
            lines=lines,
            choose=DeliveryForm(user=request.user, initial={"delivery": delivery}),
            delivery=delivery,
            columns=columns,
            own=own,
            errors=errors,
            quiet=quiet,
            max_lines=MAX_LINES,
            max_shown=MAX_SHOWN,
            may_receive=request.user.has_perm("inventory.add_movement"),
            form_token=new_token(request.user),
            status=status,
        )

    def _delivery(self, request: HttpRequest, text: str) -> IncomingDelivery | None:
        """Return the delivery on its way that an address or a form names; `None`: no such one."""
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            return None
        coming = visible(IncomingDelivery.objects.all(), request.user)
        found = coming.filter(pk=int(text), canceled_at=None, received_at=None)
        delivery: IncomingDelivery | None = found.select_related("warehouse").first()
        return delivery


def _sent(
    request: HttpRequest, delivery: IncomingDelivery | None
) -> tuple[SimulateForm, BaseLineFormSet]:
    head = SimulateForm(request.POST, delivery=delivery)
    return head, line_formset()(request.POST, prefix="lines")


def _is_theirs(request: HttpRequest, delivery: IncomingDelivery) -> bool:
    scope = seller_scope(request.user, "variant__product__seller")
    return scope == Q() or not delivery.lines.exclude(scope).exists()


def _booked(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:inventory_movement_booked", args=[mark_of(token)]))


def _columns(warehouse: Warehouse, lines: BaseLineFormSet) -> list[Column]:
    """Play a delivery through under every rule, the store's own at the front."""
    own = StoreSettings.load().release_rule
    rules = sorted(ReleaseRule, key=lambda rule: rule != own)
    stock = lines.lines()
    return [
        Column(
            label=rule.label,
            is_own=rule == own,
            simulation=simulate_receipt(warehouse=warehouse, lines=stock, rule=rule),
        )
        for rule in rules
    ]


def _open_rows(request: HttpRequest, delivery: IncomingDelivery) -> list[dict[str, Any]]:
    """Return what a delivery still brings, among what the user may see, as first lines."""
    lines = visible(IncomingDeliveryLine.objects.filter(delivery=delivery), request.user)
    rows = lines.filter(received__lt=F("quantity")).select_related("variant").order_by("pk")
    return [
        {"code": row.variant.sku, "quantity": row.quantity - row.received}
        for row in rows[:MAX_LINES]
    ]
