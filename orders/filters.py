"""Filters of orders and fulfillment orders, the same for lists and programs."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory.models import Variant
from orders.models import FulfillmentOrder, FulfillmentStatus, Order, OrderStatus, PaymentStatus


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
        named = Q(lines__sku__in={sku, sku.upper(), sku.lower()})
        if variant := Variant.objects.by_sku([sku]).get(sku):
            named |= Q(lines__variant=variant)
        return rows.filter(named).distinct()

    def filter_view(self, rows: QuerySet[Order], _name: str, view: str) -> QuerySet[Order]:
        """Keep those of one view."""
        views = {
            "waits": Order.objects.waiting(),
            "can_ship": Order.objects.can_ship(),
            "needs_attention": Order.objects.needs_attention(),
        }
        return rows.filter(pk__in=views[view].values("pk"))


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
        units = FulfillmentOrder.objects.filter(lines__variant=variant)
        return rows.filter(pk__in=units.values("pk"))

    def filter_warehouse(
        self, rows: QuerySet[FulfillmentOrder], _name: str, code: str
    ) -> QuerySet[FulfillmentOrder]:
        """Keep those that take, or wait for, units of a warehouse."""
        units = FulfillmentOrder.objects.filter(lines__stock_level__warehouse__code=code)
        return rows.filter(pk__in=units.values("pk"))
