"""Announcing, and calling off, units that are on their way."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from inventory.acts import Act
from inventory.errors import DeliveryClosed, InvalidChange
from inventory.locks import lock_delivery, lock_variants
from inventory.models import IncomingDelivery, IncomingDeliveryLine, Warehouse
from inventory.services.changes import refuse_stale, save_changes
from inventory.services.history import record_creation
from inventory.services.movements import StockLine, refuse_uncounted, units_by_variant
from inventory.waiting_room import waiting_room


@transaction.atomic
def create_delivery(
    *,
    act: Act,
    warehouse: Warehouse,
    reference: str,
    expected_at: date,
    lines: Sequence[StockLine],
    supplier: str = "",
) -> IncomingDelivery:
    """Announce units on their way to a warehouse.

    :raises InvalidChange: a missing reference, a quantity, a bundle or an untracked variant.
    """
    if not reference.strip():
        raise InvalidChange({"reference": "Give the delivery a reference to recognize it by."})
    units = units_by_variant(lines)
    refuse_uncounted(lock_variants(units.keys()))
    delivery = IncomingDelivery.objects.create(
        warehouse=warehouse,
        reference=reference,
        expected_at=expected_at,
        supplier=supplier,
    )
    IncomingDeliveryLine.objects.bulk_create(
        [
            IncomingDeliveryLine(delivery=delivery, variant_id=variant_id, quantity=quantity)
            for variant_id, quantity in units.items()
        ]
    )
    record_creation(delivery, act=act)
    waiting_room().follow(units.keys(), act=act)
    return delivery


@transaction.atomic
def reschedule_delivery(
    *, delivery: IncomingDelivery, expected_at: date, act: Act
) -> IncomingDelivery:
    """Move the day on which a delivery is expected.

    :raises StaleChange: it is not the version that was seen.
    :raises DeliveryClosed: it was received or canceled before.
    """
    delivery = open_delivery(delivery, act)
    save_changes(delivery, {"expected_at": expected_at}, act=act, allowed=("expected_at",))
    _follow(delivery, act=act)
    return delivery


@transaction.atomic
def cancel_delivery(*, delivery: IncomingDelivery, act: Act) -> IncomingDelivery:
    """Call off what a delivery has not brought yet; what it brought stays.

    :raises StaleChange: it is not the version that was seen.
    :raises DeliveryClosed: it was received or canceled before.
    """
    delivery = open_delivery(delivery, act)
    save_changes(delivery, {"canceled_at": act.at}, act=act, allowed=("canceled_at",))
    _follow(delivery, act=act)
    return delivery


def open_delivery(delivery: IncomingDelivery, act: Act) -> IncomingDelivery:
    """Return a delivery that is still on its way, locked.

    :raises StaleChange: it is not the version that was seen.
    :raises DeliveryClosed: it was received or canceled before.
    """
    delivery = lock_delivery(delivery.pk)
    refuse_stale(delivery, act)
    if delivery.canceled_at or delivery.received_at:
        word = "canceled" if delivery.canceled_at else "received"
        raise DeliveryClosed(f"Delivery {delivery.reference} was {word} before.")
    return delivery


def _follow(delivery: IncomingDelivery, *, act: Act) -> None:
    """Bring the promises that the delivery carries up to date; it is locked."""
    variant_ids = set(delivery.lines.values_list("variant", flat=True))
    lock_variants(variant_ids)
    waiting_room().follow(variant_ids, act=act)
