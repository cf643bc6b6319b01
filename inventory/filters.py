"""Filters that lists, bulk pages and the API share."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from inventory.models import (
    BundleComponent,
    IncomingDelivery,
    Product,
    StockLevel,
    StoreSettings,
    Variant,
)
from inventory.models.columns import Backorders
from inventory.policy import BackorderMode
from inventory.search import MAX_SEARCH, products_with, variants_with
from inventory.stock_queries import (
    ahead_of_release,
    low_on_stock,
    out_of_units,
    owing,
    ran_low,
    with_mode,
)

STORE = "store"
"""What stands for "no seller" in a filter."""


def search(variants: QuerySet[Variant], text: str) -> QuerySet[Variant]:
    """Return variants that have each word in SKU, EAN, title, product or brand."""
    return variants.filter(variants_with(text))


# --- the list of variants in the back office --------------------------------------------------
#
# The words are those of its address. A word that is not known keeps everything.


def listed(variants: QuerySet[Variant], words: Mapping[str, str]) -> QuerySet[Variant]:
    """Return what the list of variants shows for the words of its address, or a product's page."""
    for name, keep in LISTED_BY.items():
        if word := words.get(name):
            variants = keep(variants, word)
    return variants


def by_words(variants: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep variants with each word in SKU, EAN, title, product or brand."""
    return variants.filter(variants_with(text))


def by_stock(variants: QuerySet[Any], word: str) -> QuerySet[Any]:
    """Keep variants by what is there and what is owed: low, ran_low, none, owed."""
    if word == "low":
        return low_on_stock(variants, StoreSettings.load())
    if word == "ran_low":
        return ran_low(variants)
    if word == "none":
        return out_of_units(variants)
    return owing(variants) if word == "owed" else variants


def by_mode(variants: QuerySet[Any], word: str) -> QuerySet[Any]:
    """Keep variants with this effective mode, wherever it comes from."""
    if word not in {mode.value for mode in BackorderMode}:
        return variants
    return with_mode(variants, BackorderMode(word), StoreSettings.load())


def by_kind(variants: QuerySet[Any], word: str) -> QuerySet[Any]:
    """Keep variants of this kind: tracked, untracked, bundle, preorder."""
    if word in {"tracked", "untracked"}:
        return variants.filter(track_inventory=word == "tracked")
    if word == "bundle":
        return variants.filter(pk__in=BundleComponent.objects.values("bundle"))
    return ahead_of_release(variants, timezone.localdate()) if word == "preorder" else variants


def by_warehouse(variants: QuerySet[Any], code: str) -> QuerySet[Any]:
    """Keep variants with units on hand in this warehouse."""
    levels = StockLevel.objects.filter(warehouse__code=code, on_hand__gt=0)
    return variants.filter(pk__in=levels.values("variant"))


def by_seller(variants: QuerySet[Any], word: str) -> QuerySet[Any]:
    """Keep what belongs to the seller with this key, or to the store itself."""
    if word == STORE:
        return variants.filter(product__seller=None)
    return variants.filter(product__seller=word) if _is_key(word) else variants


def by_product(variants: QuerySet[Any], word: str) -> QuerySet[Any]:
    """Keep the variants of one product."""
    return variants.filter(product=word) if _is_key(word) else variants.none()


def _is_key(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


LISTED_BY = {
    "q": by_words,
    "product": by_product,
    "stock": by_stock,
    "backorders": by_mode,
    "kind": by_kind,
    "warehouse": by_warehouse,
    "seller": by_seller,
}
"""What each word of an address keeps."""


class VariantFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which variants; the filters are combined with "and"."""

    q = django_filters.CharFilter(
        method="filter_q",
        max_length=MAX_SEARCH,
        label=_("Words in SKU, EAN, title, product or brand"),
    )
    sku = django_filters.CharFilter(
        method="filter_sku", max_length=64, strip=False, label=_("This SKU, in any capitals")
    )
    product = django_filters.CharFilter(
        field_name="product__title", max_length=255, label=_("Exactly this product title")
    )
    seller = django_filters.CharFilter(
        method="filter_seller",
        max_length=50,
        label=_("The code of a seller; `store` for the store itself"),
    )
    brand = django_filters.CharFilter(
        field_name="product__brand", max_length=120, label=_("Exactly this brand")
    )
    backorders = django_filters.ChoiceFilter(
        method="filter_backorders",
        choices=Backorders.choices,
        label=_("The effective setting, wherever it comes from"),
    )
    track_inventory = django_filters.ChoiceFilter(
        method="filter_tracked",
        choices=(("true", "true"), ("false", "false")),
        label=_("Tracked or not"),
    )
    low = django_filters.ChoiceFilter(
        method="filter_low", choices=(("true", "true"),), label=_("Low on stock")
    )
    owed = django_filters.ChoiceFilter(
        method="filter_owed", choices=(("true", "true"),), label=_("With units on backorder")
    )
    preorder = django_filters.ChoiceFilter(
        method="filter_preorder",
        choices=(("true", "true"),),
        label=_("Before its release date"),
    )

    class Meta:
        model = Variant
        fields: tuple[str, ...] = ()

    def filter_q(self, rows: QuerySet[Variant], _name: str, text: str) -> QuerySet[Variant]:
        """Keep variants with each of the words."""
        return search(rows, text)

    def filter_sku(self, rows: QuerySet[Variant], _name: str, sku: str) -> QuerySet[Variant]:
        """Keep the variant that a SKU names."""
        variant = Variant.objects.by_sku([sku]).get(sku)
        return rows.none() if variant is None else rows.filter(pk=variant.pk)

    def filter_seller(self, rows: QuerySet[Variant], _name: str, code: str) -> QuerySet[Variant]:
        """Keep what belongs to this seller, or to the store itself."""
        if code == STORE:
            return rows.filter(product__seller=None)
        return rows.filter(product__seller__code=code)

    def filter_backorders(
        self, rows: QuerySet[Variant], _name: str, mode: str
    ) -> QuerySet[Variant]:
        """Keep variants with this effective mode."""
        return with_mode(rows, BackorderMode(mode), StoreSettings.load())

    @extend_schema_field({"type": "string", "enum": ["true", "false"]})
    def filter_tracked(self, rows: QuerySet[Variant], _name: str, word: str) -> QuerySet[Variant]:
        """Keep variants that are tracked, or those that are not."""
        return rows.filter(track_inventory=word == "true")

    def filter_low(self, rows: QuerySet[Variant], _name: str, _word: str) -> QuerySet[Variant]:
        """Keep variants that are low on stock."""
        return low_on_stock(rows, StoreSettings.load())

    def filter_owed(self, rows: QuerySet[Variant], _name: str, _word: str) -> QuerySet[Variant]:
        """Keep variants that owe units."""
        return owing(rows)

    def filter_preorder(self, rows: QuerySet[Variant], _name: str, _word: str) -> QuerySet[Variant]:
        """Keep variants that are not released yet."""
        return ahead_of_release(rows, timezone.localdate())


class ProductFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which products."""

    q = django_filters.CharFilter(
        method="filter_q",
        max_length=MAX_SEARCH,
        label=_("Words in title and brand, or in SKU, EAN and title of a variant"),
    )
    title = django_filters.CharFilter(max_length=255, label=_("Exactly this title"))
    slug = django_filters.CharFilter(max_length=280, label=_("Exactly this address"))
    brand = django_filters.CharFilter(max_length=120, label=_("Exactly this brand"))
    seller = django_filters.CharFilter(
        method="filter_seller",
        max_length=50,
        label=_("The code of a seller; `store` for the store itself"),
    )

    class Meta:
        model = Product
        fields: tuple[str, ...] = ()

    def filter_q(self, rows: QuerySet[Product], _name: str, text: str) -> QuerySet[Product]:
        """Keep products with each of the words."""
        return rows.filter(products_with(text))

    def filter_seller(self, rows: QuerySet[Product], _name: str, code: str) -> QuerySet[Product]:
        """Keep what belongs to this seller, or to the store itself."""
        return rows.filter(seller=None) if code == STORE else rows.filter(seller__code=code)


class StockLevelFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which stock levels."""

    sku = django_filters.CharFilter(
        method="filter_sku", max_length=64, strip=False, label=_("This SKU, in any capitals")
    )
    warehouse = django_filters.CharFilter(
        field_name="warehouse__code", max_length=50, label=_("The code of the warehouse")
    )

    class Meta:
        model = StockLevel
        fields: tuple[str, ...] = ()

    def filter_sku(self, rows: QuerySet[StockLevel], _name: str, sku: str) -> QuerySet[StockLevel]:
        """Keep the levels of the variant that a SKU names."""
        variant = Variant.objects.by_sku([sku]).get(sku)
        return rows.none() if variant is None else rows.filter(variant=variant)


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which deliveries."""

    warehouse = django_filters.CharFilter(
        field_name="warehouse__code", max_length=50, label=_("The code of the warehouse")
    )
    reference = django_filters.CharFilter(max_length=120, label=_("Exactly this reference"))
    open = django_filters.ChoiceFilter(
        method="filter_open",
        choices=(("true", "true"), ("false", "false")),
        label=_("Still on its way, or received or canceled"),
    )

    class Meta:
        model = IncomingDelivery
        fields: tuple[str, ...] = ()

    def filter_open(
        self, rows: QuerySet[IncomingDelivery], _name: str, word: str
    ) -> QuerySet[IncomingDelivery]:
        """Keep deliveries that still bring units, or those that do not."""
        awaited = Q(canceled_at=None, received_at=None)
        return rows.filter(awaited if word == "true" else ~awaited)
