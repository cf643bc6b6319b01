"""Finding what a request names: for the caller, foreign rows are not there."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404
from rest_framework.exceptions import ValidationError

from inventory.models import DeliveryTimeframe, Variant, Warehouse
from inventory.models.catalog import VariantQuerySet
from inventory.services.movements import StockLine

NOT_HERE = "Not in this shop."


def variant_at(sku: str, user: User) -> Variant:
    """Return the variant that an address names, with its product.

    :raises Http404: there is none that the user may see.
    """
    row = variants_of(user).by_sku([sku]).get(sku)
    if row is None:
        raise Http404
    return row


def variants_of(user: User) -> VariantQuerySet:
    """Return the variants that the user may see, with what their answers need."""
    rows = Variant.objects.visible_to(user).for_policy()
    rows = rows.select_related("product__seller", "delivery_timeframe")
    return rows.prefetch_related("components__component")


def warehouse_at(code: str) -> Warehouse:
    """Return the warehouse that an address names.

    :raises Http404: there is none.
    """
    row = Warehouse.objects.filter(code=code).first()
    if row is None:
        raise Http404
    return row


def warehouse_named(code: str, *, field: str) -> Warehouse:
    """Return the warehouse that a body names.

    :raises ValidationError: there is none.
    """
    row = Warehouse.objects.filter(code=code).first()
    if row is None:
        raise ValidationError({field: ["There is no such warehouse."]})
    return row


def timeframe_named(name: str | None) -> DeliveryTimeframe | None:
    """Return the delivery timeframe that a body names.

    :raises ValidationError: there is none.
    """
    if name is None:
        return None
    row = DeliveryTimeframe.objects.filter(name=name).first()
    if row is None:
        raise ValidationError({"delivery_timeframe": ["There is no such delivery timeframe."]})
    return row


def variants_named(
    lines: Sequence[Mapping[str, Any]], user: User, *, field: str = "lines"
) -> dict[str, Variant]:
    """Return the variants that the lines of a body name, by SKU.

    :raises ValidationError: naming each line with a SKU that the user cannot see.
    """
    skus = {line["sku"] for line in lines}
    found = Variant.objects.visible_to(user).select_related("product").by_sku(skus)
    missing: dict[Any, Any] = {
        number: {"sku": [NOT_HERE]} for number, line in enumerate(lines) if line["sku"] not in found
    }
    if missing:
        raise ValidationError({field: missing})
    return found


def stock_lines(
    lines: Sequence[Mapping[str, Any]], user: User, *, field: str = "lines"
) -> list[StockLine]:
    """Return the lines of a body with their variants.

    :raises ValidationError: naming each line with a SKU that the user cannot see.
    """
    found = variants_named(lines, user, field=field)
    return [StockLine(found[line["sku"]], line["quantity"]) for line in lines]


def component_lines(lines: Sequence[Mapping[str, Any]], user: User) -> list[StockLine]:
    """Return the components that a body names.

    :raises ValidationError: naming each with a SKU that the user cannot see, or that an earlier
        line has, in whatever letters.
    """
    found = stock_lines(lines, user, field="components")
    first: dict[int, int] = {}
    for number, line in enumerate(found):
        first.setdefault(line.variant.pk, number)
    again: dict[Any, Any] = {
        number: {"sku": [f"{line.variant.sku} is named twice."]}
        for number, line in enumerate(found)
        if first[line.variant.pk] != number
    }
    if again:
        raise ValidationError({"components": again})
    return found
