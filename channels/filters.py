"""Which listings: the filters of the catalogue, of bulk listing and of the API, in one place."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from channels.models import Channel, Listing, ListingStatus, PublishedBackorder
from inventory.models import Seller, StockLevel
from inventory.search import SHORTEST, few_titles, variants_with
from inventory.stock_queries import COUNTS

MAX_TEXT = 200


class ListingFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Listings of one channel, by what they are of, how they stand, and what is there."""

    q = django_filters.CharFilter(
        label=_("Search"), method="search", max_length=MAX_TEXT, help_text=_("SKU or title.")
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=ListingStatus.choices)
    stock = django_filters.ChoiceFilter(
        label=_("Stock"),
        method="by_stock",
        choices=[("available", _("In stock")), ("none", _("Out of stock"))],
    )
    allow_backorder = django_filters.ChoiceFilter(
        label=_("Allow backorder, now"),
        method="by_allow_backorder",
        choices=[("true", _("Allowed")), ("false", _("Not allowed"))],
    )
    published_backorder = django_filters.ChoiceFilter(
        label=_("Allow backorder, published"),
        method="by_published",
        choices=[("true", _("Allowed")), ("false", _("Not allowed"))],
    )
    differs = django_filters.ChoiceFilter(
        label=_("In the shop elsewhere"),
        method="by_drift",
        choices=[("true", _("Different there"))],
        help_text=_("As it was compared last."),
    )
    product = django_filters.CharFilter(
        label=_("Product"), method="by_product", max_length=MAX_TEXT
    )
    brand = django_filters.CharFilter(label=_("Brand"), method="by_brand", max_length=MAX_TEXT)
    seller = django_filters.CharFilter(
        label=_("Seller"),
        method="by_seller",
        max_length=MAX_TEXT,
        help_text=_("The code of the seller."),
    )
    price_from = django_filters.NumberFilter(
        label=_("Price from"), field_name="variant__price", lookup_expr="gte", min_value=0
    )
    price_to = django_filters.NumberFilter(
        label=_("Price to"), field_name="variant__price", lookup_expr="lte", min_value=0
    )

    class Meta:
        model = Listing
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        """Return rows with every word in SKU, EAN, title, product or brand."""
        return rows.filter(variants_with(text, "variant"))

    def by_product(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        """Return rows of products with this in their title; the words lead to few of them."""
        long = " ".join(word for word in text.split() if len(word) >= SHORTEST)
        rows = rows.filter(few_titles(long, "variant__product") or Q())
        title, part = Upper("variant__product__title"), Upper(Value(text))
        return rows.filter(GreaterThan(StrIndex(title, part), 0))

    def by_brand(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        """Return rows of products of this brand; its words lead to few of them."""
        rows = rows.filter(few_titles(text, "variant__product") or Q())
        return rows.filter(variant__product__brand__iexact=text)

    def by_seller(self, rows: QuerySet[Any], _name: str, code: str) -> QuerySet[Any]:
        """Return rows of the seller with this code; it is looked up first, so that none is none."""
        seller = Seller.objects.filter(code=code).first()
        return rows.filter(variant__product__seller=seller) if seller else rows.none()

    def by_stock(self, rows: QuerySet[Any], _name: str, word: str) -> QuerySet[Any]:
        """Return rows of which a warehouse that counts has units, or has none."""
        shelf = StockLevel.objects.filter(COUNTS, variant=OuterRef("variant_id"), available__gt=0)
        there = Q(variant__track_inventory=False) | Exists(shelf)
        return rows.filter(there) if word == "available" else rows.exclude(there)

    def by_allow_backorder(self, rows: QuerySet[Any], _name: str, word: str) -> QuerySet[Any]:
        """Return rows by the switch as it is edited."""
        return rows.filter(allow_backorder=word == "true")

    def by_drift(self, rows: QuerySet[Any], _name: str, _word: str) -> QuerySet[Any]:
        """Return rows that a shop elsewhere has otherwise than it was told."""
        return rows.filter(differing())

    def by_published(self, rows: QuerySet[Any], _name: str, word: str) -> QuerySet[Any]:
        """Return published rows by what shoppers may do."""
        allowed = Q(published_backorder=PublishedBackorder.ALLOWED)
        forbidden = Q(
            published_backorder__in=(
                PublishedBackorder.NOT_IN_CHANNEL,
                PublishedBackorder.NOT_THIS_ITEM,
            )
        )
        return rows.filter(allowed) if word == "true" else rows.filter(forbidden)


def differing() -> Q:
    """Return the condition that shoppers see a listing elsewhere otherwise than we said."""
    return ~Q(drift="") & Q(published_at__isnull=False, is_leaving=False)


def filtered(channel: Channel, rows: QuerySet[Listing], data: Any) -> QuerySet[Listing]:
    """Return the listings of a channel that a filter names.

    :raises ValidationError: a value makes no sense, by field.
    """
    found = ListingFilter(data, queryset=rows.filter(channel=channel))
    if not found.is_valid():
        raise forms.ValidationError(found.errors)
    chosen: QuerySet[Listing] = found.qs
    return chosen
