"""Whether what belongs together is of one order, one variant, one recipe and one place."""

import re
from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from inventory.models import ChangeSetRow, Movement, Variant
from inventory.models.stock import MovementKind
from orders.models import FulfillmentLine, FulfillmentOrder, FulfillmentStatus
from orders.services.books import inside
from orders.services.reconcile.breach import Breach, Check

SENT_FROM = ("ready", "picked", "packed", "shipped")
"""States in which a parcel is in one warehouse, with everything in it that is counted."""

UNITS = re.compile(r"(?:^|, )(\d+) × ")
"""The units of each component, in what the history says of a bundle."""


def _lines() -> Iterator[Breach]:
    """Find parcel lines of another order, of another variant, or from another's stock."""
    counted = FulfillmentLine.objects.filter(stock_level__isnull=False)
    placed = counted.filter(fulfillment_order__status__in=SENT_FROM)
    plain = FulfillmentLine.objects.filter(order_line__recipe=[])
    elsewhere = Q(fulfillment_order__warehouse=None) | ~Q(
        fulfillment_order__warehouse=F("stock_level__warehouse")
    )
    questions: tuple[tuple[QuerySet[FulfillmentLine], str], ...] = (
        (
            FulfillmentLine.objects.exclude(order_line__order=F("fulfillment_order__order")),
            "holds {units} of order {line.order_line.order_id}",
        ),
        (
            counted.exclude(stock_level__variant=F("variant")),
            "takes {units} from the stock of {line.stock_level.variant.sku}",
        ),
        (
            placed.filter(elsewhere),
            "takes {units} from {line.stock_level.warehouse.code}, which is not its warehouse",
        ),
        (
            plain.exclude(variant=F("order_line__variant"), per_unit=1),
            "holds {units} for {line.order_line.sku}, which is no bundle",
        ),
    )
    for rows, text in questions:
        for line in rows.select_related(
            "fulfillment_order", "order_line", "variant", "stock_level__variant"
        ).select_related("stock_level__warehouse"):
            units = f"{line.allocated + line.waiting + line.shipped} × {line.variant.sku}"
            number = line.fulfillment_order.number
            yield Breach("identity", number, text.format(units=units, line=line))


def _parcels() -> Iterator[Breach]:
    """Find parcels that wait and are in a warehouse, which those that wait are not."""
    rows = FulfillmentOrder.objects.filter(status=FulfillmentStatus.WAITING)
    for row in rows.filter(warehouse__isnull=False):
        yield Breach("identity", row.number, "waits, and is in a warehouse")


def _shipments() -> Iterator[Breach]:
    """Compare where each unit left from with the movements that name its parcel."""
    left: dict[tuple[str, int], int] = {}
    rows = FulfillmentLine.objects.filter(shipped__gt=0, stock_level__isnull=False).order_by()
    for order, sequence, level, units in (
        rows.values_list("fulfillment_order__order", "fulfillment_order__sequence", "stock_level")
        .annotate(units=Sum("shipped"))
        .iterator()
    ):
        left[f"{order}-{sequence}", level] = units
    kinds = (MovementKind.SHIPMENT, MovementKind.RETURN)
    moves = Movement.objects.filter(kind__in=kinds, reference__contains="-").order_by()
    wrong = {}
    for number, level, moved in (
        moves.values_list("reference", "stock_level").annotate(units=Sum("quantity")).iterator()
    ):
        units = left.pop((number, level), 0)
        if units != -moved:
            wrong[number, level] = f"{units} units left from a shelf, {-moved} by its movements"
    for (number, level), units in left.items():
        wrong[number, level] = f"{units} units left from a shelf, 0 by its movements"
    for (number, _level), text in wrong.items():
        yield Breach("shipped", number, text)


def _untracked() -> Iterator[Breach]:
    """Find variants that are not tracked, and of which units are counted or owed."""
    lines = inside(Variant.objects.filter(track_inventory=False).values("pk"))
    for line in lines.select_related("fulfillment_order", "variant"):
        units = f"{line.allocated + line.waiting} × {line.variant.sku}"
        text = f"{units} are counted, and its inventory is not tracked"
        yield Breach("untracked", line.fulfillment_order.number, text)


def _bundles() -> Iterator[Breach]:
    """Compare the components of bundles with what the history said of them last."""
    later = ChangeSetRow.objects.filter(
        model="variant",
        object_id=OuterRef("object_id"),
        pk__gt=OuterRef("pk"),
        after__has_key="components",
    )
    last = ChangeSetRow.objects.filter(~Exists(later), model="variant", after__has_key="components")
    said = dict(last.order_by("pk").values_list("object_id", "after__components"))
    now: dict[int, list[int]] = {}
    parts = Variant.objects.filter(components__isnull=False).order_by()
    for bundle, units in parts.values_list("pk", "components__quantity"):
        now.setdefault(bundle, []).append(units)
    skus = dict(Variant.objects.filter(pk__in=said).values_list("pk", "sku"))
    for bundle, sku in skus.items():
        kept = sorted(int(units) for units in UNITS.findall(said[bundle] or ""))
        if kept != sorted(now.get(bundle, [])):
            yield Breach("bundle", sku, f"the history says that it is made of {said[bundle]}")


CHECKS: tuple[Check, ...] = (_lines, _parcels, _shipments, _untracked, _bundles)
