"""Filters that lists, bulk pages and the API share."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from inventory.models import IncomingDelivery, StoreSettings, Variant
from inventory.models.columns import Backorders
from inventory.policy import BackorderMode
from inventory.stock_queries import ahead_of_release, low_on_stock, owing, with_mode

MAX_WORDS = 20
MAX_SEARCH = 200
STORE = "store"
"""What stands for "no seller" in a filter."""


def search(variants: QuerySet[Variant], text: str) -> QuerySet[Variant]:
    """Return variants that have each word in SKU, title, product, brand or EAN."""
    for word in text[:MAX_SEARCH].split()[:MAX_WORDS]:
        variants = variants.filter(
            Q(sku__icontains=word)
            | Q(title__icontains=word)
            | Q(product__title__icontains=word)
            | Q(product__brand__icontains=word)
            | Q(ean=word)
        )
    return variants


class VariantFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which variants; the filters are combined with "and"."""

    q = django_filters.CharFilter(
        method="filter_q",
        max_length=MAX_SEARCH,
        label=_("Words in SKU, title, product or brand, or a whole EAN"),
    )
    sku = django_filters.CharFilter(max_length=64, strip=False, label=_("Exactly this SKU"))
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
