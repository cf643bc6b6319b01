"""The filters beside the lists of products and variants."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.admin.explain import SHORT_MODES
from inventory.admin.scoped import visible
from inventory.filters import by_kind, by_mode, by_stock, by_warehouse
from inventory.models import Seller, Warehouse
from inventory.theme import DropdownFilter

MAX_CHOICES = 500


class BackordersFilter(DropdownFilter):
    """By the effective setting, wherever it comes from."""

    title = _("backorders")
    parameter_name = "backorders"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the three modes."""
        return list(SHORT_MODES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep variants with this effective mode."""
        return by_mode(queryset, self.value() or "")


class StockFilter(DropdownFilter):
    """By what is there and what is owed."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer what staff look for."""
        return [
            ("low", _("Low stock")),
            ("ran_low", _("Ran low")),
            ("none", _("Nothing available")),
            ("owed", _("Units on backorder")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep variants in this condition."""
        return by_stock(queryset, self.value() or "")


class KindFilter(DropdownFilter):
    """By what kind of variant it is."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the kinds."""
        return [
            ("tracked", _("Tracked")),
            ("untracked", _("Not tracked")),
            ("bundle", _("Bundle")),
            ("preorder", _("Before its release date")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep variants of this kind."""
        return by_kind(queryset, self.value() or "")


class SellerFilter(DropdownFilter):
    """By the seller, among those the user may see."""

    title = _("seller")
    parameter_name = "seller"
    path = "product__seller"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the sellers that the user may see, and the store itself to its own staff."""
        rows = visible(Seller.objects.order_by("name"), request.user)
        sellers = [(str(row.pk), row.name) for row in rows[:MAX_CHOICES]]
        return [("store", _("The store itself")), *sellers] if sellers else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what belongs to this seller."""
        if self.value() == "store":
            return queryset.filter(**{f"{self.path}__isnull": True})
        if self.value() in {str(value) for value, _label in self.lookup_choices}:
            return queryset.filter(**{self.path: self.value()})
        return queryset


class ProductSellerFilter(SellerFilter):
    """The same, for products."""

    path = "seller"


class WarehouseFilter(DropdownFilter):
    """By where units are or are owed."""

    title = _("warehouse")
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the warehouses."""
        rows = Warehouse.objects.order_by("priority", "pk")[:MAX_CHOICES]
        return [(row.code, row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep variants with units on hand in this warehouse."""
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        return by_warehouse(queryset, str(self.value()))


class VisibleFilter(DropdownFilter):
    """By whether shoppers see it."""

    title = _("storefront")
    parameter_name = "visible"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer both."""
        return [("1", _("Visible")), ("0", _("Hidden"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep products that are shown, or those that are not."""
        if self.value() not in {"0", "1"}:
            return queryset
        return queryset.filter(is_visible=self.value() == "1")
