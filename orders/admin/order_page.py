"""The page of one order: lines, parcels, holds, money, time line, and a button for each step.

Each button is a form of its own with a token, so that a double click has one effect, and with the
version that was seen, so that nothing is decided on an older state than the page showed.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from inventory.acts import act_of
from inventory.admin.once import (
    AlreadySent,
    is_token,
    mark_of,
    new_token,
    result_of,
    spend,
)
from inventory.admin.scoped import change_url, refuse_get
from inventory.errors import InvalidChange, InventoryError, StaleChange
from orders.admin.actions import ORDER_ACTIONS, PARCEL_ACTIONS, Action, Sent
from orders.admin.base import OrdersAdmin, is_store_staff
from orders.admin.facts import (
    ORDER_LABELS,
    PAYMENT_LABELS,
    OrderFacts,
    ParcelRow,
    facts_of,
    line_rows,
    refusal_row,
)
from orders.admin.skus import sku_choices
from orders.errors import OrderRefused, Refusal
from orders.forms.actions import ActionForm, ChangeForm
from orders.forms.lines import BaseOrderLineFormSet, order_formset
from orders.models import FulfillmentOrder, Order

CONFLICT = 409
NEW_LINES = 2
MAX_VERSION_DIGITS = 9
BUTTONS = ("pick", "pack", "split", "unpick")
"""Steps that ask for nothing more."""


@dataclass(slots=True)
class Button:
    """One button of the page: where it is sent, and its form."""

    action: Action
    url: str
    form: ActionForm
    lines: BaseOrderLineFormSet | None = None
    is_open: bool = False


@dataclass(slots=True)
class Desk:
    """What one request does to an order, or to one of its parcels."""

    request: HttpRequest
    facts: OrderFacts
    action: Action | None = None
    parcel: ParcelRow | None = None
    act: Button | None = None
    refusals: tuple[Refusal, ...] = ()

    @property
    def target(self) -> Any:
        """Return what the action is done to."""
        return self.parcel.row if self.parcel else self.facts.order

    @property
    def target_words(self) -> str:
        """Return what the action is done to, as a message names it."""
        words = _("Fulfillment order %(number)s") if self.parcel else _("Order %(number)s")
        return words % {"number": self.target.number}


class OrderPage(OrdersAdmin):
    """The page of one order, and its actions."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible orders with what every page reads."""
        return super().get_queryset(request).select_related("channel")

    def get_urls(self) -> list[URLPattern]:
        """Add the actions, each by POST alone."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/do/<slug:name>/",
                wrap(self.order_action_view),
                name="orders_order_do",
            ),
            path(
                "<path:object_id>/parcel/<slug:parcel_id>/<slug:name>/",
                wrap(self.parcel_action_view),
                name="orders_order_parcel",
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show an order; its actions have addresses of their own."""
        if object_id is None:
            return self.add_order(request)
        order = self._opened(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        return self._shown(Desk(request, self._facts(request, order)))

    def add_order(self, request: HttpRequest) -> HttpResponse:
        """Type a new order."""
        raise NotImplementedError

    # --- the actions --------------------------------------------------------------------------

    def order_action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Do one thing to an order."""
        if refusal := refuse_get(request):
            return refusal
        order = self._opened(request, object_id)
        action = _wanted(ORDER_ACTIONS, name)
        self._demand_staff(request, action)
        return self._do(Desk(request, self._facts(request, order), action))

    def parcel_action_view(
        self, request: HttpRequest, object_id: str, parcel_id: str, name: str
    ) -> HttpResponse:
        """Do one thing to a parcel of an order."""
        if refusal := refuse_get(request):
            return refusal
        order = self._opened(request, object_id)
        action = _wanted(PARCEL_ACTIONS, name)
        self._demand_staff(request, action)
        facts = self._facts(request, order)
        parcel = next((one for one in facts.parcels if str(one.row.pk) == parcel_id), None)
        if parcel is None:
            raise Http404
        return self._do(Desk(request, facts, action, parcel))

    def _opened(self, request: HttpRequest, object_id: str) -> Order:
        order: Order = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, order):
            raise PermissionDenied
        return order

    def _facts(self, request: HttpRequest, order: Order) -> OrderFacts:
        return facts_of(order, request.user, is_whole=is_store_staff(request.user))

    def _demand_staff(self, request: HttpRequest, action: Action) -> None:
        self.demand(request, action.permission)
        if not is_store_staff(request.user):
            raise PermissionDenied

    def _do(self, desk: Desk) -> HttpResponse:
        """Call the use case of a button; a refusal shows the page again with what was typed."""
        token = desk.request.POST.get("form_token", "")
        if not is_token(token, desk.request.user):
            desk.act = self._sent_act(desk)
            return self._refused(desk, _("This form is too old. Look it over and send it again."))
        if _was_sent(desk, token):
            return HttpResponseRedirect(change_url(desk.facts.order))
        version = _version(desk.request)
        if version != desk.target.version:
            return self._refused(desk, str(StaleChange(desk.target_words)))
        desk.act = self._sent_act(desk)
        if not _is_good(desk.act, desk.request.user):
            return self._refused(desk, _("Nothing was done: see what is marked below."))
        return self._done(desk, desk.act, token=token, version=version)

    def _done(self, desk: Desk, act: Button, *, token: str, version: int) -> HttpResponse:
        try:
            with transaction.atomic():
                spend(_own_token(desk, token))
                words = act.action.run(desk.target, _sent(desk, act, version))
        except AlreadySent:
            pass
        except StaleChange as error:
            desk.act = None
            return self._refused(desk, str(error))
        except InventoryError as error:
            return self._refused(desk, *_blamed(desk, act, error))
        else:
            messages.success(desk.request, words)
        return HttpResponseRedirect(change_url(desk.facts.order))

    def _sent_act(self, desk: Desk) -> Button:
        if desk.action is None:
            raise Http404
        act = _act(desk.facts, desk.action, desk.parcel, data=desk.request.POST)
        act.is_open = True
        return act

    def _refused(self, desk: Desk, *errors: str) -> HttpResponse:
        """Show the page as it is now, with the errors above it."""
        order = self._opened(desk.request, str(desk.facts.order.pk))
        desk.facts = self._facts(desk.request, order)
        return self._shown(desk, errors=errors, status=CONFLICT)

    # --- showing ------------------------------------------------------------------------------

    def _shown(
        self, desk: Desk, *, errors: tuple[str, ...] = (), status: int = 200
    ) -> HttpResponse:
        request, facts = desk.request, desk.facts
        acts = self._acts(desk, ORDER_ACTIONS, None)
        for parcel in facts.parcels:
            _equip(parcel, self._acts(desk, PARCEL_ACTIONS, parcel))
        order = facts.order
        change = acts.get("change")
        return self.page(
            request,
            "order.html",
            title=_("Order %(number)s") % {"number": order.number},
            trail=[(reverse("admin:orders_order_changelist"), _("Orders"))],
            order=order,
            facts=facts,
            acts=acts,
            change_rows=_rows(facts, change, "quantity"),
            new_rows=line_rows(change.lines) if change and change.lines else (),
            cancel_rows=_rows(facts, acts.get("cancel"), "units"),
            return_rows=_rows(facts, acts.get("return"), "units"),
            skus=sku_choices(request.user) if change else (),
            errors=errors,
            refusals=[refusal_row(one) for one in desk.refusals],
            label=ORDER_LABELS[order.status],
            payment_label=PAYMENT_LABELS[order.payment],
            form_token=new_token(request.user),
            may_print=request.user.has_perm("orders.view_fulfillmentorder"),
            status=status,
        )

    def _acts(
        self, desk: Desk, actions: dict[str, Action], parcel: ParcelRow | None
    ) -> dict[str, Button]:
        """Return the buttons that this user has now; the one that was refused as it was sent."""
        if not desk.facts.is_whole:
            return {}
        user: Any = desk.request.user
        acts = {}
        for name, action in actions.items():
            if user.has_perm(action.permission) and action.fits(parcel or desk.facts):
                acts[name] = _act(desk.facts, action, parcel)
        sent = desk.act
        if sent and sent.action.name in acts and _same(desk.parcel, parcel):
            acts[sent.action.name] = sent
        return acts


def _equip(parcel: ParcelRow, acts: dict[str, Button]) -> None:
    """Give a parcel its buttons and the fields of its forms."""
    parcel.acts = acts
    parcel.buttons = [acts[name] for name in BUTTONS if name in acts]
    parcel.hold_acts = [(hold, acts.get("unhold")) for hold in parcel.holds]
    if "ship" in acts:
        form = acts["ship"].form
        parcel.ship_rows = [
            (line, form[name])
            for line in parcel.lines
            if (name := f"units-{line.pk}") in form.fields
        ]


def _same(one: ParcelRow | None, other: ParcelRow | None) -> bool:
    return (one.row.pk if one else None) == (other.row.pk if other else None)


def _wanted(actions: dict[str, Action], name: str) -> Action:
    if name not in actions:
        raise Http404
    return actions[name]


def _act(
    facts: OrderFacts, action: Action, parcel: ParcelRow | None, *, data: Any = None
) -> Button:
    if parcel is None:
        url = reverse("admin:orders_order_do", args=[facts.order.pk, action.name])
    else:
        url = reverse(
            "admin:orders_order_parcel", args=[facts.order.pk, parcel.row.pk, action.name]
        )
    form = action.form(
        data,
        auto_id=f"id_{parcel.row.pk if parcel else 'order'}_{action.name}_%s",
        **action.arguments(parcel or facts),
    )
    lines = order_formset(extra=NEW_LINES)(data, prefix="lines") if action.adds_lines else None
    return Button(action, url, form, lines)


def _is_good(act: Button, user: Any) -> bool:
    verdicts = [act.form.is_valid(), act.lines is None or act.lines.resolve(user)]
    return all(verdicts)


def _sent(desk: Desk, act: Button, version: int) -> Sent:
    return Sent(
        form=act.form,
        lines=act.lines,
        act=act_of(desk.request, seen=version),
        all="all" in desk.request.POST,
    )


def _version(request: HttpRequest) -> int:
    """Return the version that the form was opened with; 0, which is never one, if it is none."""
    text = request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS
    return int(text) if is_number else 0


def _own_token(desk: Desk, token: str) -> str:
    """Return the token of one button; the page has one for all of them."""
    name = desk.action.name if desk.action else ""
    hold = desk.request.POST.get("hold_id", "")
    return f"{token}:{name}:{desk.parcel.row.pk if desk.parcel else ''}:{hold}"


def _was_sent(desk: Desk, token: str) -> bool:
    return result_of(mark_of(_own_token(desk, token))) is not None


def _blamed(desk: Desk, act: Button, error: InventoryError) -> list[str]:
    """Put a domain error beside the fields it names; return what is to stand above the page."""
    if isinstance(error, OrderRefused):
        desk.refusals = error.refusals
        _blame_lines(desk.facts, act, error.refusals)
        return [_("Nothing was changed: not so many can be sold.")]
    if not isinstance(error, InvalidChange):
        return [str(error)]
    rest = []
    for name, text in error.errors.items():
        if name in act.form.fields:
            act.form.add_error(name, text)
        rest.append(text)
    return rest


def _blame_lines(facts: OrderFacts, act: Button, refusals: tuple[Refusal, ...]) -> None:
    """Put each refusal beside the lines of its SKU: those typed, and those that were changed."""
    if act.lines is not None:
        act.lines.refuse(refusals)
    changed = act.form.quantities() if isinstance(act.form, ChangeForm) else {}
    for row in facts.lines:
        for refusal in refusals:
            if row.line.pk in changed and row.line.sku == refusal.sku:
                act.form.add_error(
                    f"quantity-{row.line.pk}", _("So many more of it cannot be sold.")
                )


def _rows(facts: OrderFacts, act: Button | None, prefix: str) -> list[dict[str, Any]]:
    """Return the lines with their fields in one of the forms."""
    if act is None:
        return []
    return [
        {"row": row, "field": act.form[name]}
        for row in facts.lines
        if (name := f"{prefix}-{row.line.pk}") in act.form.fields
    ]


def parcel_anchor(parcel: FulfillmentOrder) -> str:
    """Return the address of a parcel on the page of its order."""
    page = reverse("admin:orders_order_change", args=[parcel.order_id])
    return f"{page}#parcel-{parcel.pk}"
