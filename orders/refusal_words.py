"""Refusals in words, for pages, files and programs: plain sentences with their numbers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from orders.reasons import Parameters, Reason


def sentence(code: Reason, parameters: Parameters) -> str:
    """Return why something cannot be done, and the way out where there is one.

    >>> sentence(Reason.TOO_MANY_RETURNED, {"sku": "MUG", "units": 1})
    'MUG: 1 unit was shipped and can come back.'
    """
    return SENTENCES[code].format_map(_shown(parameters))


def _shown(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as a sentence has them, and the verbs that go with the units."""
    shown = dict(parameters)
    if "units" in shown:
        is_one = shown["units"] == 1
        shown["are"], shown["were"] = ("is", "was") if is_one else ("are", "were")
        shown["units"] = "1 unit" if is_one else f"{shown['units']:,} units"
    if "status" in shown:
        shown["status"] = _plain(shown["status"])
    if "holds" in shown:
        shown["holds"] = ", ".join(_HOLDS.get(hold, _plain(hold)) for hold in shown["holds"])
    if "day" in shown:
        day = date.fromisoformat(shown["day"])
        shown["day"] = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return shown


def _plain(code: str) -> str:
    """Return a state or a kind of hold as a word of a sentence."""
    return code.replace("_", " ")


_HOLDS = {"manual": "held by hand"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

SENTENCES: dict[Reason, str] = {
    Reason.ALREADY_PLACED: "It is order {order} already: change the order itself.",
    Reason.ALREADY_RETURNED: "Units of {parcel} came back as a return already.",
    Reason.BUNDLE_CHANGED: "A bundle was changed at this moment. Try again.",
    Reason.BUNDLE_PARTLY_SHIPPED: (
        "{sku}: part of a canceled bundle was shipped. Add the bundle as another line."
    ),
    Reason.BUNDLE_SHIPS_AS_ONE: (
        "A bundle ships as one: choose as many of each of its components."
    ),
    Reason.COMPONENT_GONE: (
        "{sku}: a component it was ordered with no longer exists. Cancel the line and add it again."
    ),
    Reason.HOLD_GONE: "{parcel} has no such hold any more.",
    Reason.LINE_NOT_IN_ORDER: "This line is not of this order.",
    Reason.LINE_NOT_IN_PARCEL: "{parcel} has no such line.",
    Reason.NEEDS_NO_ATTENTION: "It needs no attention.",
    Reason.NO_EMAIL: "Order {order} has no e-mail address.",
    Reason.NO_REFUND_DUE: "No refund is due for order {order}.",
    Reason.NO_UNITS_OF_LINE: "Ship at least one unit of each line that is named.",
    Reason.NO_UNITS_TO_CANCEL: "Type how many units to cancel, or cancel all that is left.",
    Reason.NO_UNITS_TO_RETURN: "Nothing comes back: name at least one line and its units.",
    Reason.NO_UNITS_TO_SHIP: "Type how many units ship now.",
    Reason.NOT_AWAITING_PAYMENT: "Order {order} does not await a payment.",
    Reason.NOT_BEFORE_RELEASE_DATE: "{parcel} is on hold: nothing of it ships before {day}.",
    Reason.NOT_PICKED: "{parcel} is not picked.",
    Reason.NOT_SHIPPED: "{parcel} is not shipped.",
    Reason.NOT_WAITING: "{parcel} does not wait.",
    Reason.NOTHING_IS_SHORT: "Nothing of order {order} is short.",
    Reason.NOTHING_TO_CANCEL: "Nothing is left to cancel.",
    Reason.NOTHING_TO_CHANGE: "Nothing is to be changed.",
    Reason.NOTHING_TO_SHIP: "Nothing of {parcel} is there to ship.",
    Reason.NOTHING_TO_TRY: "There is nothing to try again.",
    Reason.NOTHING_WAITS: "Nothing of order {order} waits any more.",
    Reason.ON_HOLD: "{parcel} is on hold: {holds}.",
    Reason.ORDER_CHANGED: "Order {order} was changed at this moment. Try again.",
    Reason.ORDER_CLOSED: "Order {order} is {status} already.",
    Reason.OTHERS_STILL_SHORT: (
        "Somebody else waits for these units now, and would still be short."
    ),
    Reason.OTHER_SHARE: "{parcel} would get {after} × {sku} instead of {before}.",
    Reason.PARCEL_CLOSED: "{parcel} is {status} already.",
    Reason.RELEASE_DATE_HOLDS: (
        "Nothing ships before its release date: change the date of the variant."
    ),
    Reason.SEVERAL_WAREHOUSES: (
        "These units are in several warehouses: ship what is there of each."
    ),
    Reason.SHOP_CHANGED: "The shop is being changed at this moment. Try again.",
    Reason.TOO_MANY_HOLDS: "You hold {parcel} {most} times already.",
    Reason.TOO_MANY_RETURNED: "{sku}: {units} {were} shipped and can come back.",
    Reason.TWO_RECIPES: "{sku}: units of two recipes do not fit into one line.",
    Reason.UNITS_PICKED: "{sku}: {units} {are} picked or shipped. Undo the picking first.",
    Reason.VARIANT_GONE: "{sku} was deleted at this moment. Choose another item.",
    Reason.WAITING_CHANGED: "Your order changed in the meantime. Nothing was canceled.",
    Reason.WRONG_STATUS: "{parcel} is {status}: it cannot be {step} now.",
}
