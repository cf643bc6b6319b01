"""Deciding on what somebody looked at: an order or a parcel of the version that was shown."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q

from inventory.services.changes import refuse_stale
from orders.locks import lock_fulfillment_orders, lock_order
from orders.models import FulfillmentOrder, Order


@contextmanager
def order_as_seen(order: Order, version: int | None) -> Iterator[None]:
    """Let a use case act on an order as it was seen; it stays locked until that is done.

    `None`: however it is now. For use cases that lock nothing but the order.

    :raises StaleChange: `version` is not the newest.
    """
    with transaction.atomic():
        if version is not None:
            refuse_stale(lock_order(order.pk)[0], version)
        yield


@contextmanager
def parcel_as_seen(parcel: FulfillmentOrder, version: int | None) -> Iterator[None]:
    """Let a use case act on a parcel as it was seen; it stays locked until that is done.

    `None`: however it is now.

    :raises StaleChange: `version` is not the newest.
    """
    with transaction.atomic():
        if version is not None:
            lock_order(parcel.order_id)
            refuse_stale(lock_fulfillment_orders(Q(pk=parcel.pk))[0], version)
        yield
