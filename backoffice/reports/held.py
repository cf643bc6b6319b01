"""Allocations held too long: units promised to parcels that do not leave."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import BigIntegerField, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.reports.base import Asked, Column, Kind, Report, Row, Rows, Table
from inventory.models import Warehouse
from inventory.theme import ThemedForm
from orders.models import FulfillmentLine, FulfillmentOrder, FulfillmentStatus

DAYS = 7
MAX_DAYS = 3_650


class HeldForm(ThemedForm):
    """How long is too long, and which parcels."""

    days = forms.IntegerField(
        label=gettext_lazy("Held for more than (days)"),
        required=False,
        min_value=0,
        max_value=MAX_DAYS,
        initial=DAYS,
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=(
            ("", gettext_lazy("All that are open")),
            *(
                (status.value, status.label)
                for status in FulfillmentStatus
                if status not in (FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED)
            ),
        ),
    )


def read(asked: Asked) -> Table:
    """Return the open parcels that hold units for so long, of what a user may see."""
    days = asked.values.get("days")
    days = DAYS if days is None else days
    own = FulfillmentLine.objects.visible_to(asked.user).order_by()
    units = own.filter(fulfillment_order=OuterRef("pk")).values("fulfillment_order")
    places = own.filter(
        fulfillment_order=OuterRef("pk"), allocated__gt=0, stock_level__isnull=False
    )
    found = (
        FulfillmentOrder.objects.open()
        .visible_to(asked.user)
        .annotate(
            since=Coalesce("ready_at", "created_at"),
            units=Coalesce(
                Subquery(
                    units.annotate(n=Sum("allocated")).values("n"), output_field=IntegerField()
                ),
                0,
            ),
            place=Coalesce(
                "warehouse_id",
                Subquery(places.values("stock_level__warehouse_id")[:1]),
                output_field=BigIntegerField(),
            ),
        )
        .filter(since__lt=asked.now - timedelta(days=days), units__gt=0)
        .select_related("order")
        .prefetch_related("holds")
    )
    if status := asked.values.get("status"):
        found = found.filter(status=status)
    names = dict(Warehouse.objects.values_list("pk", "name"))
    today = timezone.localdate(asked.now)
    sums = found.aggregate(all_units=Sum("units", default=0))
    return Table(
        rows=Rows(found.order_by(*asked.order_by), lambda one: _row(one, names, today)),
        totals={"units": sums["all_units"]},
        nothing=_("No parcel holds units for more than %(days)d days without leaving.")
        % {"days": days},
    )


def _row(one: Any, names: dict[int, str], today: Any) -> Row:
    return Row(
        {
            "parcel": one.number,
            "order": one.order.number,
            "customer": one.order.customer_name,
            "status": one.get_status_display(),
            "why": ", ".join(str(hold) for hold in one.holds.all()),
            "warehouse": names.get(one.place, ""),
            "units": one.units,
            "since": timezone.localdate(one.since),
            "days": (today - timezone.localdate(one.since)).days,
        },
        {
            "parcel": reverse("admin:orders_fulfillmentorder_change", args=[one.pk]),
            "order": reverse("admin:orders_order_change", args=[one.order_id]),
        },
    )


REPORT = Report(
    slug="held",
    title=gettext_lazy("Allocations held too long"),
    text=gettext_lazy("Units that nobody else can buy, in parcels that have not shipped."),
    permissions=("orders.view_fulfillmentorder", "orders.view_order"),
    columns=(
        Column("parcel", gettext_lazy("Fulfillment order"), sort="pk"),
        Column("order", gettext_lazy("Order")),
        Column("customer", gettext_lazy("Customer")),
        Column("status", gettext_lazy("Status"), sort="status"),
        Column("why", gettext_lazy("What holds it")),
        Column("warehouse", gettext_lazy("Warehouse")),
        Column("units", gettext_lazy("Units allocated"), Kind.NUMBER, sort="units"),
        Column("since", gettext_lazy("Since"), Kind.DAY, sort="since"),
        Column("days", gettext_lazy("Days"), Kind.NUMBER),
    ),
    form=HeldForm,
    read=read,
    sort="since",
)
