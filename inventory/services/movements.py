"""How on hand changes: a movement is appended, and the stock level follows, in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from inventory.acts import Act
from inventory.errors import InvalidChange, Shortfall, StockShortage
from inventory.locks import lock_stock_levels, lock_variants
from inventory.models import IncomingDelivery, Movement, StockLevel, Variant, Warehouse
from inventory.models.stock import MovementKind
from inventory.policy import MAX_QUANTITY
from inventory.services.stock_changed import stock_changed
from inventory.waiting_room import Served, waiting_room

BATCH = 2_000

SAID_TO_BE_THERE = frozenset({MovementKind.CORRECTION, MovementKind.COUNT})
"""Kinds that say what is really there: units that are not there cannot stay allocated."""


@dataclass(frozen=True, slots=True)
class StockLine:
    """So many units of one variant."""

    variant: Variant
    quantity: int


@dataclass(frozen=True, slots=True)
class Note:
    """What a movement is remembered by: why, what it belongs to, and who did it when."""

    kind: MovementKind
    act: Act
    reference: str = ""
    reason: str = ""
    delivery: IncomingDelivery | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The movements that were written, and who got units because of them."""

    movements: list[Movement]
    served: list[Served]


def units_by_variant(lines: Iterable[StockLine]) -> dict[int, int]:
    """Return units per variant, the lines of one variant added up.

    :raises InvalidChange: a quantity is not 1 … 1,000,000,000 units, or there is no line.
    """
    units: Counter[int] = Counter()
    errors: dict[str, str] = {}
    for line in lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            errors[line.variant.sku] = f"{line.variant.sku}: the quantity must be 1 or more."
        units[line.variant.pk] += line.quantity
        if units[line.variant.pk] > MAX_QUANTITY:
            errors[line.variant.sku] = f"{line.variant.sku}: 1,000,000,000 units at most."
    if not units:
        errors["lines"] = "There is no line: name at least one SKU and its quantity."
    if errors:
        raise InvalidChange(errors)
    return dict(units)


def refuse_uncounted(variants: Iterable[Variant]) -> None:
    """Refuse variants that have no stock of their own.

    :raises InvalidChange: one of them is a bundle, or its inventory is not tracked.
    """
    errors = {}
    bundles = set(
        Variant.objects.filter(pk__in=[variant.pk for variant in variants])
        .exclude(components=None)
        .values_list("pk", flat=True)
    )
    for variant in variants:
        if variant.pk in bundles:
            errors[variant.sku] = f"{variant.sku} is a bundle: move its components instead."
        elif not variant.track_inventory:
            errors[variant.sku] = (
                f"{variant.sku} is not tracked: turn Track the inventory on first."
            )
    if errors:
        raise InvalidChange(errors)


def locked_levels(
    *, variant_ids: Collection[int], warehouses: Sequence[Warehouse]
) -> dict[tuple[int, int], StockLevel]:
    """Lock variants and their stock levels in these warehouses; make the levels that are missing.

    :raises InvalidChange: a variant is a bundle or not tracked.
    """
    variants = lock_variants(variant_ids)
    refuse_uncounted(variants)
    places = {warehouse.pk: warehouse for warehouse in warehouses}
    levels = lock_stock_levels(variant_ids=variant_ids, warehouse_ids=places)
    missing = [
        StockLevel(variant=variant, warehouse=warehouse)
        for variant in variants
        for warehouse in places.values()
        if (variant.pk, warehouse.pk) not in levels
    ]
    for level in StockLevel.objects.bulk_create(missing, batch_size=BATCH):
        levels[level.variant_id, level.warehouse_id] = level
    by_pk = {variant.pk: variant for variant in variants}
    for level in levels.values():
        level.variant, level.warehouse = (
            by_pk[level.variant_id],
            places[level.warehouse_id],
        )
    return levels


def record_movements(changes: Mapping[StockLevel, int], note: Note, *, serve: bool = True) -> Moved:
    """Append a movement for each change and bring on hand along; the levels are locked.

    `changes` are signed units. A correction down to less than is allocated puts the last in rank
    back to waiting. Whoever waits gets what is available now, before any new order. Where the
    variants end low, one e-mail is written. `serve`: off when the caller has plans for the units.

    :raises StockShortage: a level would hold less than is allocated; nothing is written.
    :raises InvalidChange: a level would hold more than 1,000,000,000 units.
    """
    if note.kind in SAID_TO_BE_THERE:
        _give_back(changes, note)
    _refuse_impossible(changes)
    moved = [level for level, units in changes.items() if units]
    for level in moved:
        level.on_hand += changes[level]
    StockLevel.objects.bulk_create(
        moved,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["on_hand"],
        batch_size=BATCH,
    )
    movements = Movement.objects.bulk_create(
        [
            Movement(
                stock_level=level,
                quantity=changes[level],
                kind=note.kind,
                reference=note.reference,
                reason=note.reason,
                by=note.act.by,
                delivery=note.delivery,
                moved_at=note.act.at,
            )
            for level in moved
        ],
        batch_size=BATCH,
    )
    variant_ids = {level.variant_id for level in moved}
    return Moved(movements, stock_changed(variant_ids, act=note.act, serve=serve))


def _give_back(changes: Mapping[StockLevel, int], note: Note) -> None:
    """Free what would be allocated and not there."""
    shortages = {
        level: level.allocated - level.on_hand - units
        for level, units in changes.items()
        if level.on_hand + units < level.allocated
    }
    if shortages:
        waiting_room().give_back(shortages, act=note.act)


def _refuse_impossible(changes: Mapping[StockLevel, int]) -> None:
    short = [
        Shortfall(
            sku=level.variant.sku,
            warehouse=level.warehouse.code,
            wanted=-units,
            available=level.on_hand - level.allocated,
            place=level.warehouse.name,
        )
        for level, units in changes.items()
        if level.on_hand + units < level.allocated
    ]
    if short:
        raise StockShortage(short)
    for level, units in changes.items():
        if level.on_hand + units > MAX_QUANTITY:
            sku = level.variant.sku
            raise InvalidChange({sku: f"{sku}: a warehouse holds at most 1,000,000,000 units."})
