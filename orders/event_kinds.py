"""What can happen to an order: codes for programs, and what belongs to each.

No Django, no words: those are in `orders.event_words`. A kind stays what it is called: it is in
the database. Its name says what happened, for whoever knows no words for it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict


class EventKind(StrEnum):
    """What happened, of 24 characters at most."""

    NOTE = "note"
    """A sentence of an older program, which nobody can read as data."""

    PLACED = "placed"
    QUANTITY_CHANGED = "quantity_changed"
    LINE_ADDED = "line_added"
    UNITS_CANCELED = "units_canceled"
    UNITS_RETURNED = "units_returned"
    BACKORDER_ALLOWED = "backorder_allowed"
    OVERSOLD_RESERVED = "oversold_reserved"
    UNITS_RESERVED = "units_reserved"
    UNITS_TAKEN_BACK = "units_taken_back"
    UNTRACKED = "untracked"
    TRACKED_AGAIN = "tracked_again"
    BUNDLE_MOVED = "bundle_moved"
    PRIORITY_SET = "priority_set"
    CLOCK_WAS_AHEAD = "clock_was_ahead"
    PAID = "paid"
    REFUNDED = "refunded"
    NOT_PAID_IN_TIME = "not_paid_in_time"
    PROMISE_CHANGED = "promise_changed"
    NEW_DATE_TOLD = "new_date_told"
    WAIT_TOLD = "wait_told"
    WAIT_ACCEPTED = "wait_accepted"
    PARCEL_PICKED = "parcel_picked"
    PARCEL_PACKED = "parcel_packed"
    PARCEL_SHIPPED = "parcel_shipped"
    PICKING_UNDONE = "picking_undone"
    PUT_BACK_FOR_DATE = "put_back_for_date"
    PUT_BACK_FOR_STOCK = "put_back_for_stock"
    SHIPMENT_UNDONE = "shipment_undone"
    PARCEL_SPLIT_OFF = "parcel_split_off"
    LINES_COMPLETE = "lines_complete"
    PARCEL_HELD = "parcel_held"
    HOLD_REMOVED = "hold_removed"


OF_PARCELS = frozenset(
    {
        EventKind.PARCEL_PICKED,
        EventKind.PARCEL_PACKED,
        EventKind.PARCEL_SHIPPED,
        EventKind.PICKING_UNDONE,
        EventKind.PUT_BACK_FOR_DATE,
        EventKind.PUT_BACK_FOR_STOCK,
        EventKind.SHIPMENT_UNDONE,
        EventKind.PARCEL_SPLIT_OFF,
        EventKind.LINES_COMPLETE,
        EventKind.PARCEL_HELD,
        EventKind.HOLD_REMOVED,
        EventKind.UNTRACKED,
        EventKind.TRACKED_AGAIN,
    }
)
"""What happens to a parcel as a whole: it says what else the parcel did at that moment."""


class EventData(TypedDict, total=False):
    """What a kind of event says beside when and by whom; each kind has its own of these.

    `variant` is the primary key and `sku` what it was called, `units` are of that variant. Of a
    changed quantity, `units` is the difference, which may be negative. `parcel` is the number that
    people read, `source` the parcel that it was split off. Days are ISO 8601, amounts are decimal
    texts. `warehouse` is a code; `hold` the code of a hold. `days` are SKU and promised day of
    each line that waits. `was` is the instant of a clock that was ahead. `priority` and
    `ordered_at`, a time in UTC, are an order's first place in the queue.
    """

    sku: str
    variant: int
    units: int
    parcel: str
    source: str
    before: int | str | None
    after: int | str | None
    backordered: int
    short: int
    reserved: int
    waiting: int
    warehouse: str | None
    reason: str
    hold: str
    day: str
    days: Sequence[Sequence[str | None]]
    hours: int
    priority: int
    ordered_at: str
    amount: str
    refund: str
    currency: str
    was: str
