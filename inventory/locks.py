"""Row locks of the catalogue and of stock: variants first, then their stock levels.

Variants always exist, so that locking them guards also a stock level that is not there yet.
"""

from collections.abc import Collection
from typing import TypeVar

from django.db import models

from inventory.models import IncomingDelivery, StockLevel, Variant
from inventory.objects import lock_clause, select
from inventory.sql import among, fetch

Row = TypeVar("Row", bound=models.Model)


def lock_variants(variant_ids: Collection[int]) -> list[Variant]:
    """Lock these variants until the transaction ends, lowest primary key first.

    :raises TransactionManagementError: outside a transaction.
    """
    where, parameters = among("t.id", variant_ids)
    tail = f"WHERE {where} ORDER BY t.id{lock_clause()}"
    return select(Variant, tail, parameters, join="product")


def lock_free_variants(variant_ids: Collection[int]) -> set[int]:
    """Lock those of these variants that nobody else has locked, and return them; it never waits.

    For whoever holds variants already, and would have to wait for others out of order.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = Variant.objects.filter(pk__in=variant_ids).order_by("pk")
    return set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))


def lock_variant_versions(variant_ids: Collection[int]) -> dict[int, int]:
    """Lock very many variants, lowest primary key first, and return their versions alone.

    :raises TransactionManagementError: outside a transaction.
    """
    where, parameters = among("t.id", variant_ids)
    return dict(
        fetch(
            f"SELECT t.id, t.version FROM inventory_variant t WHERE {where}"  # noqa: S608
            f" ORDER BY t.id{lock_clause()}",
            parameters,
        )
    )


def lock_stock_levels(
    *, variant_ids: Collection[int], warehouse_ids: Collection[int]
) -> dict[tuple[int, int], StockLevel]:
    """Return the stock levels there are, locked, by variant and warehouse; variants are locked.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = StockLevel.objects.filter(variant__in=variant_ids, warehouse__in=warehouse_ids)
    return {
        (row.variant_id, row.warehouse_id): row
        for row in rows.order_by("pk").select_for_update(of=("self",), no_key=True)
    }


def lock_delivery(delivery_id: int) -> IncomingDelivery:
    """Lock one delivery before its variants.

    :raises IncomingDelivery.DoesNotExist: it was deleted meanwhile.
    :raises TransactionManagementError: outside a transaction.
    """
    rows = IncomingDelivery.objects.select_related("warehouse")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=delivery_id)


def lock_row(row: Row) -> Row:
    """Return one row, locked and read anew: settings, products, variants when they are edited.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = type(row)._default_manager.select_for_update(of=("self",), no_key=True)  # noqa: SLF001
    return rows.get(pk=row.pk)
