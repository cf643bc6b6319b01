"""How far an order goes by itself: never past a unit that is missing, or a hold.

Source: Cin7 Core, "Process backorders": pick cannot be authorized, regardless of the mode; what
comes in later is picked, packed and shipped by hand.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from channels.models import CaptureWhen, ProcessingMode
from inventory.acts import Act
from inventory.errors import InventoryError
from orders.models import FulfillmentOrder, FulfillmentStatus, Order, PaymentStatus
from orders.services.fulfill import pack, pick, ship

Step = Callable[..., FulfillmentOrder]

STEPS: Mapping[str, tuple[Step, ...]] = {
    ProcessingMode.PICK: (pick,),
    ProcessingMode.PICK_PACK: (pick, pack),
    ProcessingMode.PICK_PACK_SHIP: (pick, pack, ship),
}


def process(order: Order, *, mode: str, act: Act) -> None:
    """Pick, pack and ship the complete parcels of a new order, as far as the mode says.

    An order with short units is not complete: it waits for a decision, and so do its parcels.
    """
    steps = STEPS.get(mode, ())
    if not steps or order.lines.filter(short__gt=0).exists():
        return
    ready = order.fulfillment_orders.filter(status=FulfillmentStatus.READY)
    for parcel in ready.order_by("sequence"):
        go(parcel, steps, act=act)


def process_own(order: Order, *, at: datetime) -> None:
    """Let an order that was placed here go as far as its channel says.

    Its stock was taken when it was placed; it goes on once it is what *Capture order when it is*
    names. One that waits for its payment is held, so that it goes on when it is paid.
    """
    channel = order.channel
    reached = {CaptureWhen.CREATED.value}
    if order.payment != PaymentStatus.PENDING:
        reached.add(CaptureWhen.PAID.value)
    if channel.capture_when in reached and channel.is_active:
        process(order, mode=channel.processing_mode, act=Act(at, by=f"channel {channel}"))
        order.refresh_from_db(fields=["status", "version"])


def go(parcel: FulfillmentOrder, steps: tuple[Step, ...], *, act: Act) -> None:
    """Take the steps, up to the first that is refused."""
    for step in steps:
        try:
            with transaction.atomic():
                step(fulfillment_order=parcel, act=act)
        except InventoryError:
            return
