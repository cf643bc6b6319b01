"""How far a shop's own shipping and cancellation of an order is followed here."""

from inventory.acts import Act
from orders.models import FulfillmentStatus, Order
from orders.services.fulfill import WAIT_FOR_UNITS, ship, ship_what_is_there, unpick
from orders.services.processing import go

AT_HAND = (FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)


def ship_as_the_shop_did(order: Order, *, act: Act) -> None:
    """Ship what is there of an order that its shop shipped, and never more."""
    waiting = order.fulfillment_orders.filter(status=FulfillmentStatus.WAITING)
    for parcel in waiting.order_by("sequence"):
        if not parcel.holds.exclude(reason__in=WAIT_FOR_UNITS).exists():
            go(parcel, (ship_what_is_there,), act=act)
    for parcel in order.fulfillment_orders.filter(status__in=AT_HAND).order_by("sequence"):
        go(parcel, (ship,), act=act)


def put_back(order: Order, *, act: Act) -> None:
    """Put what is picked and not shipped back on the shelf, so that it can be canceled."""
    begun = (FulfillmentStatus.PICKED, FulfillmentStatus.PACKED)
    for parcel in order.fulfillment_orders.filter(status__in=begun).order_by("sequence"):
        unpick(fulfillment_order=parcel, act=act)
