"""Row locks of orders: variants first, then their stock levels, then orders, then their parcels.

Whoever changes what an order takes, or how long it waits, holds the variants. A parcel may hold
several variants, so two releases can meet at it: it is locked before one asks what it lacks.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import connection, models
from django.db.models import Q

from inventory.locks import lock_variants
from inventory.models import StockLevel, Variant, Warehouse
from inventory.models.stock import stock_by_warehouse
from inventory.objects import insert, select, update
from inventory.policy import StockAt
from inventory.sql import among
from orders.errors import NotPossible
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.reasons import Reason
from orders.recipes import recipes_on


@dataclass(slots=True)
class Stock:
    """Locked variants and their stock levels, changed in memory and saved at once."""

    variants: dict[int, Variant]
    levels: dict[tuple[int, int], StockLevel]
    warehouses: list[Warehouse]
    _dirty: dict[tuple[int, int], StockLevel] = field(default_factory=dict)

    def at(self, variant_id: int, ships_from: frozenset[int] | None) -> dict[int, StockAt]:
        """Return one variant by warehouse, in their priority, as a channel sees it."""
        levels = {
            place.pk: level
            for place in self.warehouses
            if (level := self.levels.get((variant_id, place.pk)))
        }
        return stock_by_warehouse(levels, self.warehouses, ships_from)

    def supply(self, variant_id: int) -> dict[int, int]:
        """Return the available units by warehouse that may serve who waits."""
        return {
            place: level.available
            for place, level in self.at(variant_id, None).items()
            if level.available
        }

    def level(self, variant_id: int, warehouse_id: int) -> StockLevel:
        """Return a stock level; one that was never touched is made when it is saved."""
        place = (variant_id, warehouse_id)
        if place not in self.levels:
            warehouse = next(one for one in self.warehouses if one.pk == warehouse_id)
            self.levels[place] = StockLevel(variant_id=variant_id, warehouse=warehouse)
            if variant_id in self.variants:
                self.levels[place].variant = self.variants[variant_id]
        return self.levels[place]

    def move(
        self, variant_id: int, warehouse_id: int, *, allocated: int = 0, on_backorder: int = 0
    ) -> None:
        """Count allocated units and units on backorder up or down; `save` writes them."""
        level = self.level(variant_id, warehouse_id)
        level.allocated += allocated
        level.on_backorder += on_backorder
        self._dirty[variant_id, warehouse_id] = level

    def save(self) -> None:
        """Write what was moved."""
        insert([level for level in self._dirty.values() if is_new(level)])
        known = [level for level in self._dirty.values() if not is_new(level)]
        update(known, ["allocated", "on_backorder"])
        self._dirty.clear()


def is_new(row: models.Model) -> bool:
    """Return whether a row is still to be inserted."""
    return row._state.adding  # noqa: SLF001


def lock_stock(variant_ids: Collection[int]) -> Stock:
    """Lock these variants, lowest key first, and read their stock levels inside the lock.

    Levels change under the lock of their variant alone, so that they need none of their own.

    :raises TransactionManagementError: outside a transaction.
    """
    variants = {variant.pk: variant for variant in lock_variants(variant_ids)}
    warehouses = select(Warehouse, "ORDER BY t.priority, t.id", [])
    places = {warehouse.pk: warehouse for warehouse in warehouses}
    levels = {}
    where, parameters = among("t.variant_id", variant_ids)
    for level in select(StockLevel, f"WHERE {where}", parameters):
        level.variant, level.warehouse = variants[level.variant_id], places[level.warehouse_id]
        levels[level.variant_id, level.warehouse_id] = level
    return Stock(variants=variants, levels=levels, warehouses=warehouses)


def lock_if_free(variant_ids: Collection[int]) -> set[int]:
    """Lock those of these variants that nobody else holds, without waiting; return which.

    For what is wanted beside variants that are locked already: so it waits for nobody, and the
    order of the keys is none that others rely on.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = Variant.objects.filter(pk__in=variant_ids).order_by("pk")
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return {variant.pk for variant in locked}


def lock_order(order_id: int, *, more_variants: Iterable[int] = ()) -> tuple[Order, Stock]:
    """Lock an order with every variant that its units are of, and those that come to it.

    :raises Order.DoesNotExist: there is none.
    :raises NotPossible: a line came to it at this moment.
    """
    known = _variants_of(order_id) | set(more_variants)
    stock = lock_stock(known)
    rows = Order.objects.select_related("channel").select_for_update(of=("self",), no_key=True)
    order = rows.get(pk=order_id)
    if not _variants_of(order_id) <= known:
        raise NotPossible(Reason.ORDER_CHANGED, order=order.number)
    return order, stock


def lock_orders(parcels: Q) -> None:
    """Lock the orders of these fulfillment orders, lowest key first, before the parcels themselves.

    Who makes a parcel gives it the next number of its order: two releases of other variants may
    meet at one order. SQLite has one writer.

    :raises TransactionManagementError: outside a transaction.
    """
    if connection.vendor != "postgresql":
        return
    orders = FulfillmentOrder.objects.filter(parcels).values("order")
    rows = Order.objects.filter(pk__in=orders).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def lock_fulfillment_orders(where: Q) -> list[FulfillmentOrder]:
    """Lock fulfillment orders, lowest key first; their variants are locked, or do not matter.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = FulfillmentOrder.objects.filter(where).select_related("order", "warehouse")
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_parcels(keys: Collection[int]) -> None:
    """Lock these fulfillment orders, lowest key first, so that nobody picks them meanwhile.

    Their orders are locked first, as parcels may be made of them.

    :raises TransactionManagementError: outside a transaction.
    """
    lock_orders(Q(pk__in=keys))
    rows = FulfillmentOrder.objects.filter(pk__in=keys).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def _variants_of(order_id: int) -> set[int]:
    units = FulfillmentLine.objects.filter(fulfillment_order__order=order_id)
    lines = list(OrderLine.objects.filter(order=order_id))
    parts = {part for recipe in recipes_on(lines).values() for part, _units in recipe}
    return {*units.values_list("variant", flat=True), *(line.variant_id for line in lines), *parts}
