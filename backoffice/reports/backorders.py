"""Backorders by variant: what is owed, what comes, and what is still short."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import F, IntegerField, Min, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.figures import value_of, waiting_lines
from backoffice.reports.base import Asked, Column, Kind, Report, Row, Rows, Table
from inventory.filters import by_words
from inventory.models import IncomingDeliveryLine, Variant, Warehouse
from inventory.theme import ThemedForm


class BackordersForm(ThemedForm):
    """Which variants."""

    q = forms.CharField(label=gettext_lazy("SKU, title or EAN"), required=False, max_length=200)
    warehouse = forms.ModelChoiceField(
        label=gettext_lazy("Booked at"),
        queryset=Warehouse.objects.order_by("priority", "pk"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All warehouses"),
    )
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=(
            ("", gettext_lazy("All that is owed")),
            ("short", gettext_lazy("Only what is still short")),
        ),
    )


def read(asked: Asked) -> Table:
    """Return what is owed by variant, of what a user may see."""
    lines = waiting_lines(asked.user)
    coming = IncomingDeliveryLine.objects.filter(
        delivery__canceled_at=None, delivery__received_at=None, variant=OuterRef("variant")
    ).order_by()
    if text := asked.values.get("q"):
        lines = lines.filter(variant__in=by_words(Variant.objects.all(), text).values("pk"))
    if place := asked.values.get("warehouse"):
        lines = lines.filter(stock_level__warehouse=place)
        coming = coming.filter(delivery__warehouse=place)
    units = coming.values("variant").annotate(n=Sum(F("quantity") - F("received"))).values("n")
    found = (
        lines.values("variant", "variant__sku", "variant__title", "variant__product__title")
        .annotate(
            owed=Sum("waiting"),
            value=value_of(asked.currency),
            oldest=Min("placed_at"),
            promised=Min("order_line__promised_at"),
            incoming=Coalesce(Subquery(units, output_field=IntegerField()), Value(0)),
        )
        .annotate(short=Greatest(F("owed") - F("incoming"), Value(0)))
    )
    if asked.values.get("show") == "short":
        found = found.filter(short__gt=0)
    sums = found.aggregate(
        all_owed=Sum("owed", default=0),
        all_incoming=Sum("incoming", default=0),
        all_short=Sum("short", default=0),
        all_value=Sum("value", default=Decimal(0)),
    )
    fields = [name if name != "pk" else "variant" for name in asked.order_by]
    today = timezone.localdate(asked.now)
    return Table(
        rows=Rows(found.order_by(*fields), lambda one: _row(one, asked.now, today)),
        totals={name.removeprefix("all_"): number for name, number in sums.items()},
        nothing=_(
            "Every unit that was sold is there, or shipped. What is sold beyond that is listed "
            "here, by variant."
        ),
    )


def _row(one: Mapping[str, Any], now: datetime, today: Any) -> Row:
    sku, title = one["variant__sku"], one["variant__title"]
    product = one["variant__product__title"]
    room = reverse("admin:orders_fulfillmentline_changelist")
    log = reverse("admin:backoffice_report", args=["log"])
    return Row(
        {
            "sku": sku,
            "title": f"{product} – {title}" if title else product,
            "owed": one["owed"],
            "incoming": one["incoming"],
            "short": one["short"],
            "value": one["value"],
            "oldest": timezone.localdate(one["oldest"]),
            "days": max((today - timezone.localdate(one["oldest"])).days, 0),
            "promised": one["promised"],
        },
        {
            "sku": reverse("admin:inventory_variant_change", args=[one["variant"]]),
            "title": f"{log}?{urlencode({'sku': sku})}",
            "owed": f"{room}?{urlencode({'q': sku})}",
        },
    )


REPORT = Report(
    slug="backorders",
    title=gettext_lazy("Backorders by variant"),
    text=gettext_lazy("What is owed, what is on its way, and what is still to be bought."),
    permissions=("inventory.view_variant", "orders.view_fulfillmentline"),
    columns=(
        Column("sku", gettext_lazy("SKU"), sort="variant__sku"),
        Column("title", gettext_lazy("Product and variant")),
        Column("owed", gettext_lazy("Owed"), Kind.NUMBER, sort="owed"),
        Column("incoming", gettext_lazy("Incoming"), Kind.NUMBER, sort="incoming"),
        Column("short", gettext_lazy("Still short"), Kind.NUMBER, sort="short"),
        Column("value", gettext_lazy("Value"), Kind.MONEY, sort="value"),
        Column("oldest", gettext_lazy("Waiting since"), Kind.DAY, sort="oldest"),
        Column("days", gettext_lazy("Days"), Kind.NUMBER),
        Column("promised", gettext_lazy("Next promised"), Kind.DAY, sort="promised"),
    ),
    form=BackordersForm,
    read=read,
    sort="oldest",
)
