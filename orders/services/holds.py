"""Holds by hand: several at once, each with a reason, each removed by itself."""

from django.db import transaction
from django.db.models import Q

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.services.changes import refuse_stale
from orders.errors import NotPossible, UnitsMissing
from orders.event_kinds import EventKind
from orders.locks import lock_order
from orders.models import FulfillmentOrder, FulfillmentStatus, Hold, HoldReason
from orders.models.fulfillment import MAX_HOLDS
from orders.reasons import Reason
from orders.services.promises import refresh_lines
from orders.services.sheet import Open, Sheet


@transaction.atomic
def hold(*, fulfillment_order: FulfillmentOrder, note: str, act: Act) -> Hold:
    """Hold a parcel that is not picked yet, and say why.

    :raises InvalidChange: no reason is given.
    :raises StaleChange: it is not the version that was seen.
    :raises NotPossible: it is picked, shipped or canceled, or this person holds it 10 times.
    """
    if not note.strip() or len(note) > 250:
        raise InvalidChange({"note": "Say why it is held, in at most 250 characters."})
    sheet, one = _on_the_desk(fulfillment_order, act=act)
    if not one.is_untouched:
        raise NotPossible(
            Reason.WRONG_STATUS, parcel=one.row.number, status=one.row.status, step="held"
        )
    if (
        sum(held.by == act.by and held.reason == HoldReason.MANUAL for held in one.holds)
        >= MAX_HOLDS
    ):
        raise NotPossible(Reason.TOO_MANY_HOLDS, parcel=one.row.number, most=MAX_HOLDS)
    made = sheet.hold(one, HoldReason.MANUAL, note=note)
    sheet.settle(one)
    sheet.note(one.row.order, EventKind.PARCEL_HELD, parcel=one.row.number, reason=note)
    sheet.save()
    return made


@transaction.atomic
def remove_hold(*, fulfillment_order: FulfillmentOrder, hold_id: int, act: Act) -> FulfillmentOrder:
    """Remove one hold. The last one removed makes the parcel ready.

    "Awaiting the rest of the order" lets go what is there, as a parcel of its own.

    :raises NotPossible: there is no such hold, or nothing ships before a release date.
    :raises StaleChange: it is not the version that was seen.
    :raises UnitsMissing: it waits for stock, and the units are not there.
    """
    sheet, one = _on_the_desk(fulfillment_order, act=act)
    found = next((held for held in one.holds if held.pk == hold_id), None)
    if found is None:
        raise NotPossible(Reason.HOLD_GONE, parcel=one.row.number)
    if found.reason == HoldReason.AWAITING_STOCK and one.missing:
        raise UnitsMissing(
            one.row.number,
            [sheet.lacking(line, line.waiting) for line in one.lines if line.waiting],
        )
    if found.reason == HoldReason.AWAITING_RELEASE_DATE:
        raise NotPossible(Reason.RELEASE_DATE_HOLDS)
    sheet.note(one.row.order, EventKind.HOLD_REMOVED, parcel=one.row.number, hold=found.reason)
    if found.reason == HoldReason.AWAITING_REST_OF_ORDER:
        sheet.split_off(one)
    else:
        sheet.drop(one, found)
        sheet.settle(one)
    lines = [line.order_line_id for each in sheet.open for line in each.lines]
    sheet.save()
    refresh_lines(lines, act=act)
    return one.row


def _on_the_desk(fulfillment_order: FulfillmentOrder, *, act: Act) -> tuple[Sheet, Open]:
    order, stock = lock_order(fulfillment_order.order_id)
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk=fulfillment_order.pk), order=order)
    one = sheet.open[0]
    refuse_stale(one.row, act)
    if one.row.status in {FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED}:
        raise NotPossible(Reason.PARCEL_CLOSED, parcel=one.row.number, status=one.row.status)
    return sheet, one
