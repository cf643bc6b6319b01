"""How far a captured order goes by itself: never past a unit that is missing, or a hold.

Source: Cin7 Core, "Process backorders": pick cannot be authorized, regardless of the mode; what
comes in later is picked, packed and shipped by hand.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from channels.models import ProcessingMode
from inventory.errors import InventoryError
from orders.models import FulfillmentOrder, FulfillmentStatus, Order
from orders.services.fulfill import WAIT_FOR_UNITS, pack, pick, ship, ship_what_is_there, unpick

Step = Callable[..., FulfillmentOrder]

STEPS: Mapping[str, tuple[Step, ...]] = {
    ProcessingMode.PICK: (pick,),
    ProcessingMode.PICK_PACK: (pick, pack),
    ProcessingMode.PICK_PACK_SHIP: (pick, pack, ship),
}
AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)


def process(order: Order, *, mode: str, by: str, at: datetime) -> None:
    """Pick, pack and ship the complete parcels of a new order, as far as the mode says.

    An order with short units is not complete: it waits for a decision, and so do its parcels.
    """
    steps = STEPS.get(mode, ())
    if not steps or order.lines.filter(short__gt=0).exists():
        return
    ready = order.fulfillment_orders.filter(status=FulfillmentStatus.READY)
    for parcel in ready.order_by("sequence"):
        _go(parcel, steps, by=by, at=at)


def ship_as_the_shop_did(order: Order, *, by: str, at: datetime) -> None:
    """Ship what is there of an order that its shop shipped, and never more."""
    waiting = order.fulfillment_orders.filter(status=FulfillmentStatus.WAITING)
    for parcel in waiting.order_by("sequence"):
        if not parcel.holds.exclude(reason__in=WAIT_FOR_UNITS).exists():
            _go(parcel, (ship_what_is_there,), by=by, at=at)
    for parcel in order.fulfillment_orders.filter(status__in=AT_HAND).order_by("sequence"):
        _go(parcel, (ship,), by=by, at=at)


def put_back(order: Order, *, by: str, at: datetime) -> None:
    """Put what is picked and not shipped back on the shelf, so that it can be canceled."""
    begun = (FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
    for parcel in order.fulfillment_orders.filter(status__in=begun).order_by("sequence"):
        unpick(fulfillment_order=parcel, by=by, at=at)


def _go(parcel: FulfillmentOrder, steps: tuple[Step, ...], **who: Any) -> None:
    """Take the steps, up to the first that is refused."""
    for step in steps:
        try:
            with transaction.atomic():
                step(fulfillment_order=parcel, **who)
        except InventoryError:
            return
