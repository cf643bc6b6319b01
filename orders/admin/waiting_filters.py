"""The filters beside the waiting room."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from inventory.models import Warehouse
from inventory.theme import DropdownFilter
from orders.waiting import AGES, PROMISES, aged, promised

MAX_CHOICES = 500


class BookedAtFilter(DropdownFilter):
    """By the warehouse that owes the units."""

    title = _("warehouse")
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the warehouses."""
        rows = Warehouse.objects.order_by("priority", "pk")[:MAX_CHOICES]
        return [(row.code, row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep lines that are booked there."""
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        return queryset.filter(stock_level__warehouse__code=self.value())


class ChannelFilter(DropdownFilter):
    """By where it was sold."""

    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the channels."""
        rows = Channel.objects.order_by("name", "pk")[:MAX_CHOICES]
        return [(row.slug, row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep lines of orders of this channel."""
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        return queryset.filter(fulfillment_order__order__channel__slug=self.value())


class AgeFilter(DropdownFilter):
    """By how long the customer waits."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer a week, a month, a quarter, and what lies between."""
        return [
            ("7", _("7 days or more")),
            ("30", _("30 days or more")),
            ("90", _("90 days or more")),
            ("0-6", _("Less than 7 days")),
            ("7-29", _("7 to 29 days")),
            ("30-89", _("30 to 89 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep lines of orders that are as old."""
        word = self.value() or ""
        return queryset.filter(aged(word, now=timezone.now())) if word in AGES else queryset


class PromiseFilter(DropdownFilter):
    """By the day that is promised."""

    title = _("promise")
    parameter_name = "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer what asks for action."""
        return [
            ("none", _("No date")),
            ("late", _("Late: the day the customer was told has passed")),
            ("week", _("Within 7 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep lines with such a promise."""
        word = self.value() or ""
        if word not in PROMISES:
            return queryset
        return queryset.filter(promised(word, today=timezone.localdate()))


class WaitKindFilter(DropdownFilter):
    """By why it waits: sold out, or not out yet."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer both."""
        return [("backorder", _("Backorder")), ("preorder", _("Pre-order"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep lines of this kind; a pre-order has its release date ahead."""
        today = timezone.localdate()
        ahead = Q(variant__release_date__gt=today) | Q(order_line__variant__release_date__gt=today)
        if self.value() == "preorder":
            return queryset.filter(ahead)
        return queryset.exclude(ahead) if self.value() == "backorder" else queryset
