"""Why orders and parcels refuse something: codes for programs, and what belongs to each.

No Django, no words: those are in `orders.refusal_words`.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict


class Reason(StrEnum):
    """Why something cannot be done now; the values are those of the API."""

    ALREADY_PLACED = "already_placed"
    ALREADY_RETURNED = "already_returned"
    BUNDLE_CHANGED = "bundle_changed"
    BUNDLE_PARTLY_SHIPPED = "bundle_partly_shipped"
    BUNDLE_SHIPS_AS_ONE = "bundle_ships_as_one"
    COMPONENT_GONE = "component_gone"
    HOLD_GONE = "hold_gone"
    LINE_NOT_IN_ORDER = "line_not_in_order"
    LINE_NOT_IN_PARCEL = "line_not_in_parcel"
    NEEDS_NO_ATTENTION = "needs_no_attention"
    NO_EMAIL = "no_email"
    NO_REFUND_DUE = "no_refund_due"
    NO_UNITS_OF_LINE = "no_units_of_line"
    NO_UNITS_TO_CANCEL = "no_units_to_cancel"
    NO_UNITS_TO_RETURN = "no_units_to_return"
    NO_UNITS_TO_SHIP = "no_units_to_ship"
    NOT_AWAITING_PAYMENT = "not_awaiting_payment"
    NOT_BEFORE_RELEASE_DATE = "not_before_release_date"
    NOT_PICKED = "not_picked"
    NOT_SHIPPED = "not_shipped"
    NOT_WAITING = "not_waiting"
    NOTHING_IS_SHORT = "nothing_is_short"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    NOTHING_TO_CHANGE = "nothing_to_change"
    NOTHING_TO_SHIP = "nothing_to_ship"
    NOTHING_TO_TRY = "nothing_to_try"
    NOTHING_WAITS = "nothing_waits"
    ON_HOLD = "on_hold"
    ORDER_CHANGED = "order_changed"
    ORDER_CLOSED = "order_closed"
    OTHERS_STILL_SHORT = "others_still_short"
    OTHER_SHARE = "other_share"
    PARCEL_CLOSED = "parcel_closed"
    RELEASE_DATE_HOLDS = "release_date_holds"
    SEVERAL_WAREHOUSES = "several_warehouses"
    SHOP_CHANGED = "shop_changed"
    TOO_MANY_HOLDS = "too_many_holds"
    TOO_MANY_RETURNED = "too_many_returned"
    TWO_RECIPES = "two_recipes"
    UNITS_PICKED = "units_picked"
    VARIANT_GONE = "variant_gone"
    WAITING_CHANGED = "waiting_changed"
    WRONG_STATUS = "wrong_status"


class Parameters(TypedDict, total=False):
    """What a refusal is about; each reason has its own of them.

    `parcel` and `order` are numbers as people read them, `day` is ISO 8601, `holds` are codes of
    holds, `step` is what the parcel should have become, `before` and `after` are units.
    """

    order: str
    parcel: str
    sku: str
    units: int
    status: str
    step: str
    holds: Sequence[str]
    day: str
    most: int
    before: int
    after: int
