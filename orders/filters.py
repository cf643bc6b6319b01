"""Filters of orders and fulfillment orders, the same for lists and programs.

Several sellers may have a part in one order. A filter looks at the part alone that whoever asks may
see: else whether an order is in the list would say what is in the rest of it.
"""

from typing import Any

import django_filters
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory.models import Variant
from inventory.models.catalog import seller_scope
from inventory.models.visibility import visible
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
)

AT_HAND = ("ready", "picked", "packed")


def waits(rows: QuerySet[Any], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Any]:
    """Keep orders with something in the waiting room that the user may see."""
    return _with_parcel(rows, user, status="waiting")


def can_ship(rows: QuerySet[Any], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Any]:
    """Keep orders with a parcel that nothing holds, of which the user may see something."""
    return _with_parcel(rows, user, status__in=AT_HAND)


def needs_attention(rows: QuerySet[Any], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Any]:
    """Keep orders with oversold units that the user may see."""
    short = visible(OrderLine.objects.filter(short__gt=0), user)
    return rows.filter(pk__in=short.values("order"))


VIEWS = {"waits": waits, "can_ship": can_ship, "needs_attention": needs_attention}


def _with_parcel(
    rows: QuerySet[Any], user: AbstractBaseUser | AnonymousUser, **state: Any
) -> QuerySet[Any]:
    if seller_scope(user, "pk") == Q():
        parcels = FulfillmentOrder.objects.filter(**state)
        return rows.filter(pk__in=parcels.values("order"))
    mine = FulfillmentLine.objects.visible_to(user)
    mine = mine.filter(**{f"fulfillment_order__{name}": value for name, value in state.items()})
    return rows.filter(pk__in=mine.values("fulfillment_order__order"))


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which orders."""

    status = django_filters.ChoiceFilter(choices=OrderStatus.choices, label=_("Status"))
    payment = django_filters.ChoiceFilter(choices=PaymentStatus.choices, label=_("Payment"))
    channel = django_filters.CharFilter(
        field_name="channel__slug", max_length=50, label=_("The code of the channel")
    )
    external_id = django_filters.CharFilter(max_length=120, label=_("Its ID over there"))
    sku = django_filters.CharFilter(
        method="filter_sku", max_length=64, label=_("Orders with this SKU")
    )
    view = django_filters.ChoiceFilter(
        method="filter_view",
        choices=(
            ("waits", _("Waits")),
            ("can_ship", _("Can ship now")),
            ("needs_attention", _("Needs attention")),
        ),
        label=_("Waits, can ship now, or needs attention"),
    )

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()

    def filter_sku(self, rows: QuerySet[Order], _name: str, sku: str) -> QuerySet[Order]:
        """Keep orders with a line of this SKU, as it is or as it was when it was ordered."""
        named = Q(sku__in={sku, sku.upper(), sku.lower()})
        if variant := Variant.objects.by_sku([sku]).get(sku):
            named |= Q(variant=variant)
        lines = visible(OrderLine.objects.filter(named), self.request.user)
        return rows.filter(pk__in=lines.values("order"))

    def filter_view(self, rows: QuerySet[Order], _name: str, view: str) -> QuerySet[Order]:
        """Keep those of one view."""
        return VIEWS[view](rows, self.request.user)


class FulfillmentOrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which fulfillment orders."""

    status = django_filters.ChoiceFilter(choices=FulfillmentStatus.choices, label=_("Status"))
    sku = django_filters.CharFilter(
        method="filter_sku", max_length=64, label=_("Those that hold units of this SKU")
    )
    warehouse = django_filters.CharFilter(
        method="filter_warehouse", max_length=50, label=_("Those that take from this warehouse")
    )
    channel = django_filters.CharFilter(
        field_name="order__channel__slug", max_length=50, label=_("The code of the channel")
    )

    class Meta:
        model = FulfillmentOrder
        fields: tuple[str, ...] = ()

    def filter_sku(
        self, rows: QuerySet[FulfillmentOrder], _name: str, sku: str
    ) -> QuerySet[FulfillmentOrder]:
        """Keep those with units of a SKU, as a component as well."""
        variant = Variant.objects.by_sku([sku]).get(sku)
        if variant is None:
            return rows.none()
        units = FulfillmentLine.objects.visible_to(self.request.user).filter(variant=variant)
        return rows.filter(pk__in=units.values("fulfillment_order"))

    def filter_warehouse(
        self, rows: QuerySet[FulfillmentOrder], _name: str, code: str
    ) -> QuerySet[FulfillmentOrder]:
        """Keep those that take, or wait for, units of a warehouse."""
        units = FulfillmentLine.objects.visible_to(self.request.user)
        units = units.filter(stock_level__warehouse__code=code)
        return rows.filter(pk__in=units.values("fulfillment_order"))
