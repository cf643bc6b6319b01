"""What happened to orders in words, in the language of whoever reads them."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from orders.amounts import full_day, money, units
from orders.event_kinds import EventKind
from orders.models import HoldReason, OrderEvent

Data = Mapping[str, Any]


def words_of(event: OrderEvent, *, places: Mapping[str, str] | None = None) -> str:
    """Return what happened as a sentence; that of an older program as it wrote it.

    `places` are the names of warehouses by their codes; one that is not there shows its code.
    """
    if event.kind == EventKind.NOTE:
        return event.text
    data = dict(event.data)
    if (code := data.get("warehouse")) and places:
        data["warehouse"] = places.get(code, code)
    return sentence(event.kind, data)


def sentence(kind: str, data: Data) -> str:
    """Return what happened as a sentence.

    Of what another program wrote, without the data or the kind that this one knows, the kind
    itself says what happened.
    """
    try:
        words = WORDS[EventKind(kind)]
        template: Any = words(data) if callable(words) else words
        return str(template % _shown(data))
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return f"{kind.replace('_', ' ').capitalize()}."


def _shown(data: Data) -> dict[str, Any]:
    """Return data as a sentence has them, and each number once more, for plurals, as `#name`."""
    shown: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, int):
            shown[name], shown[f"#{name}"] = units(value), value
        elif name in _READ:
            shown[name] = _READ[name](value, data)
        else:
            shown[name] = value
    return shown


def _amount(value: str, data: Data) -> str:
    return money(Decimal(value), data["currency"])


def _day(value: str | None, _data: Data) -> str:
    return full_day(date.fromisoformat(value)) if value else _("no date")


def _days(value: list[tuple[str, str | None]], data: Data) -> str:
    return "; ".join(f"{sku}, {_day(day, data)}" for sku, day in value)


_READ: dict[str, Callable[[Any, Data], str]] = {
    "amount": _amount,
    "refund": _amount,
    "before": _day,
    "after": _day,
    "day": _day,
    "days": _days,
    "hold": lambda value, _data: str(HoldReason(value).label),
}
"""How what is no number is shown, by its name."""


def _placed(data: Data) -> Any:
    match bool(data.get("backordered")), bool(data.get("short")):
        case False, False:
            return ngettext_lazy("Placed: %(units)s unit.", "Placed: %(units)s units.", "#units")
        case True, False:
            return ngettext_lazy(
                "Placed: %(units)s unit, %(backordered)s on backorder.",
                "Placed: %(units)s units, %(backordered)s on backorder.",
                "#units",
            )
        case False, True:
            return ngettext_lazy(
                "Placed: %(units)s unit, %(short)s oversold.",
                "Placed: %(units)s units, %(short)s oversold.",
                "#units",
            )
    return gettext_lazy(
        "Placed: %(units)s units, %(backordered)s on backorder, %(short)s oversold."
    )


def _returned(data: Data) -> Any:
    if data["warehouse"]:
        return gettext_lazy("%(units)s × %(sku)s came back into %(warehouse)s: %(reason)s")
    return gettext_lazy("%(units)s × %(sku)s came back, not into stock: %(reason)s")


def _shipped(data: Data) -> Any:
    if "units" not in data:
        return gettext_lazy("%(parcel)s: shipped.")
    return ngettext_lazy(
        "%(parcel)s: shipped, %(units)s unit.", "%(parcel)s: shipped, %(units)s units.", "#units"
    )


def _paid(data: Data) -> Any:
    if Decimal(data["refund"]):
        return gettext_lazy("Paid: %(amount)s. A refund of %(refund)s is due.")
    return gettext_lazy("Paid: %(amount)s.")


WORDS: dict[EventKind, Any] = {
    EventKind.PLACED: _placed,
    EventKind.QUANTITY_CHANGED: ngettext_lazy(
        "%(sku)s: %(after)s unit instead of %(before)s.",
        "%(sku)s: %(after)s units instead of %(before)s.",
        "#after",
    ),
    EventKind.LINE_ADDED: gettext_lazy("%(units)s × %(sku)s added."),
    EventKind.UNITS_CANCELED: gettext_lazy("%(units)s × %(sku)s canceled."),
    EventKind.UNITS_RETURNED: _returned,
    EventKind.BACKORDER_ALLOWED: gettext_lazy(
        "Oversold units allowed on backorder: %(units)s × %(sku)s."
    ),
    EventKind.OVERSOLD_RESERVED: gettext_lazy("Oversold units reserved: %(units)s × %(sku)s."),
    EventKind.UNITS_RESERVED: gettext_lazy("%(units)s × %(sku)s reserved for %(parcel)s."),
    EventKind.UNITS_TAKEN_BACK: gettext_lazy(
        "%(units)s × %(sku)s not in stock after a correction: on backorder again."
    ),
    EventKind.UNTRACKED: gettext_lazy(
        "%(parcel)s: %(units)s × %(sku)s will ship without stock: not tracked any more."
    ),
    EventKind.TRACKED_AGAIN: gettext_lazy(
        "%(parcel)s: %(sku)s is tracked again: %(reserved)s reserved, %(waiting)s on backorder."
    ),
    EventKind.BUNDLE_MOVED: gettext_lazy("%(units)s × %(sku)s: all of it is in %(warehouse)s."),
    EventKind.PRIORITY_SET: gettext_lazy("Priority %(after)s instead of %(before)s: %(reason)s"),
    EventKind.CLOCK_WAS_AHEAD: gettext_lazy(
        "The clock was ahead when it was placed: its time is set right."
    ),
    EventKind.PAID: _paid,
    EventKind.REFUNDED: gettext_lazy("Refunded: %(amount)s."),
    EventKind.NOT_PAID_IN_TIME: ngettext_lazy(
        "Not paid within %(hours)s hour.", "Not paid within %(hours)s hours.", "#hours"
    ),
    EventKind.PROMISE_CHANGED: gettext_lazy(
        "%(sku)s: promised for %(after)s instead of %(before)s."
    ),
    EventKind.NEW_DATE_TOLD: gettext_lazy("The customer was told of the new date."),
    EventKind.WAIT_TOLD: gettext_lazy("The customer was told how long it takes."),
    EventKind.WAIT_ACCEPTED: gettext_lazy("The customer keeps waiting: %(days)s."),
    EventKind.PARCEL_PICKED: gettext_lazy("%(parcel)s: picked."),
    EventKind.PARCEL_PACKED: gettext_lazy("%(parcel)s: packed."),
    EventKind.PARCEL_SHIPPED: _shipped,
    EventKind.PICKING_UNDONE: gettext_lazy("%(parcel)s: put back on the shelf."),
    EventKind.PUT_BACK_FOR_DATE: gettext_lazy(
        "%(parcel)s: put back on the shelf: not before %(day)s."
    ),
    EventKind.PUT_BACK_FOR_STOCK: gettext_lazy(
        "%(parcel)s: put back on the shelf: its units are not in stock."
    ),
    EventKind.SHIPMENT_UNDONE: gettext_lazy(
        "%(parcel)s: the shipment came back and is ready again."
    ),
    EventKind.PARCEL_SPLIT_OFF: gettext_lazy(
        "%(parcel)s: split off %(source)s, to ship what is there."
    ),
    EventKind.LINES_COMPLETE: gettext_lazy(
        "%(parcel)s: complete, so it does not wait for the rest."
    ),
    EventKind.PARCEL_HELD: gettext_lazy("%(parcel)s: held by hand: %(reason)s"),
    EventKind.HOLD_REMOVED: gettext_lazy("%(parcel)s: hold removed: %(hold)s."),
}
"""The sentence of each kind, or what chooses one by its data."""
