"""Receiving stock, with or without a delivery that announced it."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from inventory.acts import Act
from inventory.errors import InvalidChange, OverReceipt
from inventory.models import IncomingDelivery, IncomingDeliveryLine, Warehouse
from inventory.models.stock import MovementKind
from inventory.services.deliveries import open_delivery
from inventory.services.movements import (
    Moved,
    Note,
    StockLine,
    locked_levels,
    record_movements,
    units_by_variant,
)


@transaction.atomic
def receive_stock(
    *, warehouse: Warehouse, lines: Sequence[StockLine], reference: str, act: Act
) -> Moved:
    """Put units on hand in a warehouse.

    :raises InvalidChange: a quantity, a bundle or an untracked variant that cannot be received.
    """
    note = Note(MovementKind.RECEIPT, act=act, reference=reference)
    return _put_on_hand(warehouse, units_by_variant(lines), note)


@transaction.atomic
def receive_delivery(
    *, delivery: IncomingDelivery, act: Act, lines: Sequence[StockLine] | None = None
) -> Moved:
    """Put the units of a delivery on hand: all that is still expected, or `lines` of it.

    :raises StaleChange: `version` is not the newest.
    :raises DeliveryClosed: it was received or canceled before.
    :raises OverReceipt: a line brings more than is still expected.
    :raises InvalidChange: a line names a variant that the delivery does not bring.
    """
    delivery = open_delivery(delivery, act)
    expected = {line.variant_id: line for line in delivery.lines.select_related("variant")}
    units = _open_units(expected) if lines is None else units_by_variant(lines)
    _refuse_unexpected(expected, units, lines or ())
    note = Note(MovementKind.RECEIPT, act=act, reference=delivery.reference, delivery=delivery)
    for variant_id, quantity in units.items():
        expected[variant_id].received += quantity
    IncomingDeliveryLine.objects.bulk_update(
        [expected[variant_id] for variant_id in units], ["received"], batch_size=200
    )
    if not delivery.lines.filter(received__lt=F("quantity")).exists():
        delivery.received_at = act.at
    delivery.version += 1
    delivery.save(update_fields=["received_at", "version"])
    return _put_on_hand(delivery.warehouse, units, note)


def _put_on_hand(warehouse: Warehouse, units: dict[int, int], note: Note) -> Moved:
    levels = locked_levels(variant_ids=units.keys(), warehouses=[warehouse])
    return record_movements(
        {levels[variant_id, warehouse.pk]: quantity for variant_id, quantity in units.items()},
        note,
    )


def _open_units(expected: dict[int, IncomingDeliveryLine]) -> dict[int, int]:
    return {
        variant_id: line.quantity - line.received
        for variant_id, line in expected.items()
        if line.received < line.quantity
    }


def _refuse_unexpected(
    expected: dict[int, IncomingDeliveryLine],
    units: dict[int, int],
    lines: Sequence[StockLine],
) -> None:
    unknown = {
        line.variant.sku: f"{line.variant.sku} is not part of this delivery."
        for line in lines
        if line.variant.pk not in expected
    }
    if unknown:
        raise InvalidChange(unknown)
    excess = {
        expected[variant_id].variant.sku: quantity - still_open
        for variant_id, quantity in units.items()
        if quantity > (still_open := expected[variant_id].quantity - expected[variant_id].received)
    }
    if excess:
        raise OverReceipt(excess)
