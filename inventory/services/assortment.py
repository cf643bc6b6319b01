"""Taking up a variant, or revising one, with its product and its components: all or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.locks import lock_row, lock_variants
from inventory.models import Product, Seller, StoreSettings, Variant
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_product,
    update_variant,
)
from inventory.services.consequences import one_question
from inventory.services.history import one_change_set
from inventory.services.movements import StockLine
from inventory.services.stock_changed import following_once


def find_product(*, title: str, seller: Seller | None) -> Product | None:
    """Return the oldest product with exactly this title and this seller."""
    rows = Product.objects.filter(title=title, seller=seller)
    return rows.order_by("pk").first()


@transaction.atomic
def take_up_variant(
    *,
    act: Act,
    product_title: str,
    seller: Seller | None,
    fields: Mapping[str, Any],
    components: Sequence[StockLine] = (),
) -> Variant:
    """Make a variant of the product with this title and seller, which is made when there is none.

    :raises InvalidChange: a field cannot take its value.
    """
    # The settings always exist: locked, they let two requests make one product, not two.
    lock_row(StoreSettings.load())
    with one_change_set(str(fields.get("sku", product_title))):
        product = find_product(title=product_title, seller=seller)
        if product is None:
            try:
                product = create_product(act=act, title=product_title, seller=seller)
            except InvalidChange as error:
                raise InvalidChange({"product_title": str(error)}) from error
        variant = create_variant(act=act, product=product, **fields)
        if components:
            set_components(act=act, bundle=variant, lines=components)
    return variant


@transaction.atomic
def revise_variant(
    *,
    variant: Variant,
    changes: Mapping[str, Any],
    product_changes: Mapping[str, Any],
    components: Sequence[StockLine] | None = None,
    act: Act,
    confirm: bool = False,
) -> Variant:
    """Change a variant and its product together; components of `None` stay as they are.

    :raises StaleChange: `version` is not the variant's newest.
    :raises InvalidChange: a field cannot take its value.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes to all of it.
    """
    with (
        one_change_set(variant.sku),
        one_question(confirm=confirm),
        following_once(act=act),
    ):
        if product_changes:
            update_product(
                act=act.looking_at(None),
                product=variant.product,
                changes=product_changes,
                confirm=confirm,
            )
        # All at once: the bundle first and its components later would lock them out of order.
        lock_variants({variant.pk, *(line.variant.pk for line in components or ())})
        variant = update_variant(variant=variant, changes=changes, act=act, confirm=confirm)
        if components is not None:
            set_components(act=act, bundle=variant, lines=components, confirm=confirm)
    return variant
