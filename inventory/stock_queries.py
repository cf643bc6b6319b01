"""Which variants are low, owed, out of stock or backorderable, asked of the database.

Lists and filters over a million variants cannot call the policy for each. The tests hold these
conditions against `inventory.availability`, so that the two cannot drift apart.
"""

from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from inventory.models import BundleComponent, StockLevel, StoreSettings, Variant
from inventory.policy import INHERIT, BackorderMode

COUNTS = Q(in_stock=True, warehouse__is_active=True)
_PARTS = BundleComponent.objects.filter(bundle=OuterRef("pk"))
"""Of a bundle; as a condition of each row, as a join makes a database reckon all rows first."""


def with_units(variants: QuerySet[Variant]) -> QuerySet[Any]:
    """Annotate `free` and `owed` units, summed over the warehouses."""
    levels = StockLevel.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    return variants.annotate(
        free=Coalesce(
            Subquery(
                levels.annotate(n=Sum("available", filter=COUNTS)).values("n"),
                output_field=IntegerField(),
            ),
            0,
        ),
        owed=Coalesce(
            Subquery(
                levels.annotate(n=Sum("on_backorder")).values("n"),
                output_field=IntegerField(),
            ),
            0,
        ),
    )


def low_on_stock(variants: QuerySet[Variant], settings: StoreSettings) -> QuerySet[Any]:
    """Return tracked variants with available − owed at or below their effective notify below."""
    low: QuerySet[Any] = (
        with_units(variants)
        .annotate(
            effective_notify_below=Coalesce(
                F("notify_below"),
                F("product__notify_below"),
                Value(settings.notify_below),
            )
        )
        .filter(
            ~Exists(_PARTS),
            track_inventory=True,
            free__lte=F("owed") + F("effective_notify_below"),
        )
    )
    return low


def ran_low(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Return variants that crossed their notify below, and were not above it since.

    An index holds them, so that a million others cost nothing. What never had a unit never crossed
    the line: `low_on_stock` has it, too.
    """
    return variants.filter(low_stock_since__isnull=False)


def out_of_units(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Return tracked variants of which no warehouse that counts has a unit available."""
    shelves = StockLevel.objects.filter(COUNTS, variant=OuterRef("pk"), available__gt=0)
    return variants.filter(~Exists(_PARTS), ~Exists(shelves), track_inventory=True)


def owing(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Return variants with units on backorder somewhere."""
    return variants.filter(pk__in=StockLevel.objects.filter(on_backorder__gt=0).values("variant"))


def ahead_of_release(variants: QuerySet[Variant], today: date) -> QuerySet[Variant]:
    """Return variants whose release date is still to come."""
    return variants.filter(release_date__gt=today)


def with_mode(
    variants: QuerySet[Variant], mode: BackorderMode, settings: StoreSettings
) -> QuerySet[Variant]:
    """Return variants whose effective backorder setting is `mode`, the sellers' gate included."""
    gated = Q(product__seller__isnull=False) & Q(
        Value(settings.sellers_can_accept_backorders is False, BooleanField())
    )
    effective = Case(
        When(gated, then=Value(BackorderMode.NO.value)),
        When(~Q(backorders=INHERIT), then=F("backorders")),
        When(~Q(product__backorders=INHERIT), then=F("product__backorders")),
        default=Value(str(settings.backorders)),
        output_field=CharField(),
    )
    return variants.annotate(effective_mode=effective).filter(effective_mode=mode.value)
