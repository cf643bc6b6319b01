"""Saving a whole page at once: a variant with its warehouses and its components, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.locks import lock_variants
from inventory.models import Product, Variant, Warehouse
from inventory.services.catalog import create_variant, set_components, update_variant
from inventory.services.consequences import one_question
from inventory.services.history import one_change_set
from inventory.services.movements import StockLine
from inventory.services.settings import update_stock_level
from inventory.services.stock_changed import following_once


@dataclass(frozen=True, slots=True)
class LevelChange:
    """What a page says of one variant in one warehouse; version 0: never touched."""

    warehouse: Warehouse
    changes: Mapping[str, Any]
    version: int


@transaction.atomic
def edit_variant(
    *,
    variant: Variant,
    changes: Mapping[str, Any],
    act: Act,
    levels: Sequence[LevelChange] = (),
    components: Sequence[StockLine] | None = None,
    confirm: bool = False,
) -> Variant:
    """Change a variant, its warehouses and its components together; all is saved or nothing.

    `components` of `None` leaves the bundle as it is.

    :raises StaleChange: somebody else saved one of the rows in between.
    :raises InvalidChange: a field cannot take its value.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes to all of it.
    """
    # All at once: the bundle first and its components later would lock them out of order.
    lock_variants({variant.pk, *(line.variant.pk for line in components or ())})
    with (
        one_change_set(variant.sku),
        one_question(confirm=confirm),
        following_once(act=act),
    ):
        variant = update_variant(variant=variant, changes=changes, act=act, confirm=confirm)
        for level in levels:
            _edit_level(variant, level, act=act, confirm=confirm)
        if components is not None:
            set_components(act=act, bundle=variant, lines=components, confirm=confirm)
    return variant


def _edit_level(variant: Variant, level: LevelChange, *, act: Act, confirm: bool) -> None:
    place = level.warehouse
    try:
        update_stock_level(
            variant=variant,
            warehouse=place,
            changes=level.changes,
            act=act.looking_at(level.version),
            confirm=confirm,
        )
    except InvalidChange as error:
        raise InvalidChange(
            {f"level-{place.pk}-{field}": text for field, text in error.errors.items()}
        ) from error


@transaction.atomic
def add_variant(
    *, act: Act, product: Product, fields: Mapping[str, Any], components: Sequence[StockLine] = ()
) -> Variant:
    """Make a variant, as a bundle when it has components.

    :raises InvalidChange: a field cannot take its value.
    """
    with one_change_set(str(fields.get("sku", ""))):
        variant = create_variant(act=act, product=product, **fields)
        if components:
            set_components(act=act, bundle=variant, lines=components)
    return variant
