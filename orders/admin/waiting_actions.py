"""What may be done with lines that wait: release, another priority, a mail, cancel.

Each is confirmed on a page that shows the chosen lines, and sent once. One refusal does not stop
the others.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.acts import Act, act_of
from inventory.admin.booked import served_words
from inventory.admin.explain import units
from inventory.admin.once import AlreadySent, is_token, new_token, spend
from inventory.admin.scoped import ScopedAdmin, refuse_get
from inventory.errors import InventoryError
from inventory.waiting_room import Served
from orders.admin.base import is_store_staff
from orders.forms.waiting import PriorityForm
from orders.line_numbers import numbers_of
from orders.models import FulfillmentLine, Order, OrderLine
from orders.services.change import cancel_order, set_priority
from orders.services.notify import notify_customer
from orders.services.release import release_waiting

MAX_CHOSEN = 50
"""Lines of one action: a page of the list."""

MAX_NAMED = 10
"""Orders that a message names."""

MAX_BACK = 2_000
"""Characters of the filters that a form carries along."""

ACTIONS: dict[str, Any] = {
    "priority": gettext_lazy("Set priority"),
    "notify": gettext_lazy("Notify the customer"),
    "cancel": gettext_lazy("Cancel what waits"),
}
DONE: dict[str, Callable[[int], str]] = {
    "priority": lambda n: ngettext(
        "The priority of %(n)d order was set.", "The priority of %(n)d orders was set.", n
    ),
    "notify": lambda n: ngettext(
        "%(n)d customer is told by e-mail.", "%(n)d customers are told by e-mail.", n
    ),
    "cancel": lambda n: ngettext(
        "What waited in %(n)d order was canceled.", "What waited in %(n)d orders was canceled.", n
    ),
}


class WaitingActions(ScopedAdmin):
    """The actions of the waiting room."""

    template_folder: ClassVar[str] = "orders/admin"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show one line with what may be done with it; the forms have an address of their own."""
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        line = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, line):
            raise PermissionDenied
        return self._act_page(request, [line])

    def release_view(self, request: HttpRequest) -> HttpResponse:
        """Serve everything that can be served now."""
        if refusal := refuse_get(request):
            return refusal
        self._demand_staff(request)
        try:
            served = release_waiting(act=act_of(request))
        except InventoryError as error:
            messages.error(request, str(error))
        else:
            _say_served(request, served)
        return _back(request)

    def act_view(self, request: HttpRequest) -> HttpResponse:
        """Show the chosen lines with one action or all, or do what was confirmed."""
        if refusal := refuse_get(request):
            return refusal
        self._demand_staff(request)
        lines = self._chosen(request)
        if not lines:
            messages.error(request, _("Choose one or more lines that wait first."))
            return _back(request)
        action = request.POST.get("do", "")
        if action not in ACTIONS or "sure" not in request.POST:
            return self._act_page(request, lines, action=action)
        return self._confirmed(request, lines, action)

    # --- inside -------------------------------------------------------------------------------

    def _demand_staff(self, request: HttpRequest) -> None:
        """Refuse who may not change orders: whoever acts on a line acts on the whole queue.

        :raises PermissionDenied: always said alike.
        """
        if not may_act(request):
            raise PermissionDenied

    def _chosen(self, request: HttpRequest) -> list[FulfillmentLine]:
        keys = {
            int(key)
            for key in request.POST.getlist("line")[: MAX_CHOSEN * 2]
            if key.isascii() and key.isdigit() and len(key) <= 18
        }
        rows = self.get_queryset(request).filter(pk__in=sorted(keys)[:MAX_CHOSEN])
        return list(
            rows.select_related(
                "fulfillment_order__order", "order_line", "variant__product"
            ).order_by("pk")
        )

    def _act_page(
        self,
        request: HttpRequest,
        lines: Sequence[FulfillmentLine],
        *,
        action: str = "",
        form: PriorityForm | None = None,
    ) -> HttpResponse:
        self.load_rows(request, lines)
        orders = _orders_of(lines)
        first = next(iter(orders.values()))
        return self.page(
            request,
            "waiting_act.html",
            title=ACTIONS.get(action) or _("Change what waits"),
            trail=[(reverse("admin:orders_fulfillmentline_changelist"), _("Waiting room"))],
            lines=lines,
            orders=list(orders.values()),
            cancels=_cancels(lines) if may_act(request) else (),
            actions=[action] if action in ACTIONS else list(ACTIONS),
            may_act=may_act(request),
            form=form or PriorityForm(initial={"priority": first.priority}),
            form_token=new_token(request.user),
            back=request.POST.get("back", "")[:MAX_BACK],
        )

    def _confirmed(
        self, request: HttpRequest, lines: Sequence[FulfillmentLine], action: str
    ) -> HttpResponse:
        form = PriorityForm(request.POST) if action == "priority" else None
        if form is not None and not form.is_valid():
            return self._act_page(request, lines, action=action, form=form)
        token = request.POST.get("form_token", "")
        if not is_token(token, request.user):
            messages.error(request, _("This form is too old. Look it over and send it again."))
            return self._act_page(request, lines, action=action, form=form)
        try:
            with transaction.atomic():
                spend(token)
        except AlreadySent:
            messages.warning(request, _("This was done before: it has one effect."))
            return _back(request)
        self._do(request, lines, action, form.cleaned_data if form else {})
        return _back(request)

    def _do(
        self,
        request: HttpRequest,
        lines: Sequence[FulfillmentLine],
        action: str,
        values: Mapping[str, Any],
    ) -> None:
        """Act on each order of the chosen lines, and say what came of it."""
        orders = _orders_of(lines)
        act = act_of(request)
        done, refusals = 0, []
        for order in orders.values():
            try:
                if action == "priority":
                    set_priority(order=order, act=act, **values)
                elif action == "notify":
                    notify_customer(order=order, act=act)
                else:
                    _cancel(request, order, lines, act=act)
            except InventoryError as error:
                refusals.append(_said(order, error))
            else:
                done += 1
        if done:
            messages.success(request, DONE[action](done) % {"n": done})
        for text in refusals[:MAX_NAMED]:
            messages.error(request, text)


def may_act(request: HttpRequest) -> bool:
    """Return whether a user may change what waits."""
    return request.user.has_perm("orders.change_order") and is_store_staff(request.user)


def _cancel(
    request: HttpRequest, order: Order, lines: Sequence[FulfillmentLine], *, act: Act
) -> None:
    """Cancel what waits in one order, if nothing of it changed since it was shown."""
    mine = [line for line in lines if line.fulfillment_order.order_id == order.pk]
    text = request.POST.get(f"version-{order.pk}", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    counts = _waiting_units(mine)
    cancel_order(order=order, units=counts, act=act.looking_at(version))


def _waiting_units(lines: Sequence[FulfillmentLine]) -> dict[int, int]:
    """Return how many ordered units of each order line wait."""
    rows = list(OrderLine.objects.filter(pk__in={line.order_line_id for line in lines}))
    numbers = numbers_of(rows)
    return {row.pk: numbers[row.pk].waiting for row in rows if numbers[row.pk].waiting}


def _cancels(lines: Sequence[FulfillmentLine]) -> list[dict[str, Any]]:
    """Return the order lines of which units would be canceled, and how many."""
    counts = _waiting_units(lines)
    rows = {line.order_line_id: line for line in lines}
    return [
        {"line": rows[pk].order_line, "order": rows[pk].fulfillment_order.order, "units": count}
        for pk, count in counts.items()
    ]


def _orders_of(lines: Sequence[FulfillmentLine]) -> dict[int, Order]:
    return {line.fulfillment_order.order_id: line.fulfillment_order.order for line in lines}


def _said(order: Order, error: InventoryError) -> str:
    text = str(error)
    if order.number in text:
        return text
    return _("Order %(order)s: %(error)s") % {"order": order, "error": text}


def _say_served(request: HttpRequest, served: Sequence[Served]) -> None:
    if not served:
        messages.info(
            request, _("Nothing could be released: no unit is there that somebody waits for.")
        )
        return
    total = sum(one.quantity for one in served)
    words = ngettext("%(n)s unit was released: ", "%(n)s units were released: ", total)
    messages.success(request, words % {"n": units(total)} + served_words(served))


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """Lead back to the list, with the filters that were on."""
    address = reverse("admin:orders_fulfillmentline_changelist")
    filters = QueryDict(request.POST.get("back", "")[:MAX_BACK]).urlencode()
    return HttpResponseRedirect(f"{address}?{filters}" if filters else address)
