"""What staff may do on the page of an order: which buttons it has, and the use case of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import Act
from orders.admin.facts import OrderFacts, ParcelRow
from orders.amounts import money
from orders.errors import NotPossible
from orders.forms.actions import (
    ActionForm,
    ChangeForm,
    HoldForm,
    NoteForm,
    PriorityForm,
    ReturnForm,
    UnitsForm,
)
from orders.forms.lines import BaseOrderLineFormSet
from orders.models import (
    FulfillmentOrder,
    FulfillmentStatus,
    HoldReason,
    Order,
    OrderStatus,
    PaymentStatus,
)
from orders.reasons import Reason
from orders.services.change import allow_short, cancel_order, change_order, set_priority
from orders.services.fulfill import pack, pick, ship, ship_what_is_there, unpick, unship
from orders.services.holds import hold, remove_hold
from orders.services.payment import mark_paid, record_refund
from orders.services.returns import return_units

CHANGE = "orders.change_order"
HOLD = "orders.change_fulfillmentorder"
FULFILL = "orders.fulfill"

OPEN = {OrderStatus.PROCESSING, OrderStatus.PARTLY_SHIPPED}
ON_THE_WAY = {FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED}

SPLITTING_HOLDS = {
    HoldReason.AWAITING_STOCK,
    HoldReason.AWAITING_REST_OF_ORDER,
    HoldReason.AWAITING_RELEASE_DATE,
}
"""Holds of a part, that the rest need not wait for when somebody says so."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a button sent: its good form, and who did it, to which version."""

    form: Any
    lines: BaseOrderLineFormSet | None
    act: Act
    all: bool


@dataclass(frozen=True, slots=True)
class Action:
    """One button of the order page, for the order or for one of its parcels.

    `run` calls the use case and returns what to tell; `fits` says whether the button is there.
    """

    name: str
    label: Any
    permission: str
    run: Callable[[Any, Sent], str]
    fits: Callable[[Any], bool]
    form: Callable[..., ActionForm] = ActionForm
    arguments: Callable[[Any], dict[str, Any]] = lambda _facts: {}
    adds_lines: bool = False
    is_next: bool = False


# --- the order --------------------------------------------------------------------------------


def _change(order: Order, sent: Sent) -> str:
    change_order(
        order=order,
        quantities=sent.form.quantities(),
        added=sent.lines.wanted() if sent.lines else (),
        act=sent.act,
    )
    return _("Order %(number)s was changed.") % {"number": order.number}


def _cancel(order: Order, sent: Sent) -> str:
    units = None if sent.all else sent.form.units()
    if units == {}:
        raise NotPossible(Reason.NO_UNITS_TO_CANCEL)
    cancel_order(
        order=order,
        units=units,
        act=sent.act,
    )
    if sent.all:
        return _("Order %(number)s was canceled.") % {"number": order.number}
    return _("The units were canceled.")


def _prioritize(order: Order, sent: Sent) -> str:
    data = sent.form.cleaned_data
    set_priority(order=order, priority=data["priority"], reason=data["reason"], act=sent.act)
    return _("The priority is %(priority)d now.") % {"priority": data["priority"]}


def _mark_paid(order: Order, sent: Sent) -> str:
    order = mark_paid(order=order, act=sent.act)
    if order.refund_due:
        due = money(order.refund_due, order.currency)
        return _("Payment recorded. A refund of %(due)s is due.") % {"due": due}
    return _("Order %(number)s is paid.") % {"number": order.number}


def _record_refund(order: Order, sent: Sent) -> str:
    record_refund(order=order, act=sent.act)
    return _("The refund was recorded.")


def _allow_short(order: Order, sent: Sent) -> str:
    allow_short(order=order, act=sent.act)
    return _("The short units were taken from stock, or are on backorder now.")


def _return(order: Order, sent: Sent) -> str:
    data = sent.form.cleaned_data
    return_units(
        order=order,
        units=sent.form.units(),
        warehouse=data["warehouse"],
        reason=data["reason"],
        act=sent.act,
    )
    return _("The return was recorded.")


def _is_open(facts: OrderFacts) -> bool:
    return facts.order.status in OPEN


ORDER_ACTIONS = {
    action.name: action
    for action in (
        Action(
            "change",
            gettext_lazy("Change quantities or add lines"),
            CHANGE,
            _change,
            _is_open,
            ChangeForm,
            lambda facts: {
                "ordered": {row.line.pk: row.line.quantity for row in facts.lines if row.cancelable}
            },
            adds_lines=True,
        ),
        Action(
            "cancel",
            gettext_lazy("Cancel"),
            CHANGE,
            _cancel,
            _is_open,
            UnitsForm,
            lambda facts: {"limits": {row.line.pk: row.cancelable for row in facts.lines}},
        ),
        Action(
            "priority",
            gettext_lazy("Set priority"),
            CHANGE,
            _prioritize,
            _is_open,
            PriorityForm,
            lambda facts: {"initial": {"priority": facts.order.priority}},
        ),
        Action(
            "paid",
            gettext_lazy("Mark as paid"),
            CHANGE,
            _mark_paid,
            lambda facts: facts.order.payment == PaymentStatus.PENDING,
        ),
        Action(
            "refund",
            gettext_lazy("Record refund"),
            CHANGE,
            _record_refund,
            lambda facts: facts.order.payment == PaymentStatus.REFUND_DUE,
        ),
        Action(
            "allow",
            gettext_lazy("Allow on backorder"),
            CHANGE,
            _allow_short,
            lambda facts: facts.short > 0,
        ),
        Action(
            "return",
            gettext_lazy("Return units"),
            CHANGE,
            _return,
            lambda facts: any(row.returnable > 0 for row in facts.lines),
            ReturnForm,
            lambda facts: {
                "initial": {"warehouse": facts.shipped_from},
                "limits": {
                    row.line.pk: row.returnable for row in facts.lines if row.returnable > 0
                },
            },
        ),
    )
}


# --- parcels ----------------------------------------------------------------------------------


def _pick(parcel: FulfillmentOrder, sent: Sent) -> str:
    pick(fulfillment_order=parcel, act=sent.act)
    return _("%(number)s is picked.") % {"number": parcel.number}


def _unpick(parcel: FulfillmentOrder, sent: Sent) -> str:
    unpick(fulfillment_order=parcel, act=sent.act)
    return _("%(number)s is back on the shelf.") % {"number": parcel.number}


def _pack(parcel: FulfillmentOrder, sent: Sent) -> str:
    pack(fulfillment_order=parcel, act=sent.act)
    return _("%(number)s is packed.") % {"number": parcel.number}


def _ship(parcel: FulfillmentOrder, sent: Sent) -> str:
    units = sent.form.units()
    if not units:
        raise NotPossible(Reason.NO_UNITS_TO_SHIP)
    shipped = ship(
        fulfillment_order=parcel,
        units=units,
        act=sent.act,
    )
    return _("%(number)s is shipped.") % {"number": shipped.number}


def _split(parcel: FulfillmentOrder, sent: Sent) -> str:
    made = ship_what_is_there(fulfillment_order=parcel, act=sent.act)
    return _("What is there is a parcel of its own: %(number)s. It can ship now.") % {
        "number": made.number
    }


def _unship(parcel: FulfillmentOrder, sent: Sent) -> str:
    unship(fulfillment_order=parcel, act=sent.act)
    return _("The shipment was undone: %(number)s is ready again.") % {"number": parcel.number}


def _hold(parcel: FulfillmentOrder, sent: Sent) -> str:
    hold(fulfillment_order=parcel, note=sent.form.cleaned_data["note"], act=sent.act)
    return _("%(number)s is on hold.") % {"number": parcel.number}


def _remove_hold(parcel: FulfillmentOrder, sent: Sent) -> str:
    remove_hold(fulfillment_order=parcel, hold_id=sent.form.cleaned_data["hold_id"], act=sent.act)
    return _("The hold was removed.")


def _is_on_the_way(parcel: ParcelRow) -> bool:
    return parcel.row.status in ON_THE_WAY


def _has_a_part_to_ship(parcel: ParcelRow) -> bool:
    waits = {hold.reason for hold in parcel.holds} & SPLITTING_HOLDS
    return parcel.row.status == FulfillmentStatus.WAITING and bool(parcel.there and waits)


PARCEL_ACTIONS = {
    action.name: action
    for action in (
        Action(
            "pick",
            gettext_lazy("Pick"),
            FULFILL,
            _pick,
            lambda parcel: parcel.row.status == FulfillmentStatus.READY,
            is_next=True,
        ),
        Action(
            "pack",
            gettext_lazy("Pack"),
            FULFILL,
            _pack,
            lambda parcel: parcel.row.status == FulfillmentStatus.PICKED,
            is_next=True,
        ),
        Action(
            "ship",
            gettext_lazy("Ship"),
            FULFILL,
            _ship,
            _is_on_the_way,
            UnitsForm,
            lambda parcel: {
                "limits": {line.pk: line.allocated for line in parcel.lines},
                "filled": True,
            },
        ),
        Action(
            "split",
            gettext_lazy("Ship what is there"),
            FULFILL,
            _split,
            _has_a_part_to_ship,
        ),
        Action(
            "unpick",
            gettext_lazy("Put back on the shelf"),
            FULFILL,
            _unpick,
            lambda parcel: (
                parcel.row.status in {FulfillmentStatus.PICKED, FulfillmentStatus.PACKED}
            ),
        ),
        Action(
            "hold",
            gettext_lazy("Hold"),
            HOLD,
            _hold,
            lambda parcel: (
                parcel.row.status in {FulfillmentStatus.WAITING, FulfillmentStatus.READY}
            ),
            NoteForm,
        ),
        Action(
            "unhold",
            gettext_lazy("Remove"),
            HOLD,
            _remove_hold,
            lambda parcel: bool(parcel.holds),
            HoldForm,
        ),
        Action(
            "unship",
            gettext_lazy("Undo shipment"),
            FULFILL,
            _unship,
            lambda parcel: parcel.is_shipped,
        ),
    )
}
