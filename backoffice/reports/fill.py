"""Fill rate and days to fill: how much was there at once, and how long the rest took."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth, TruncWeek
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import Chart
from backoffice.happenings import served_by_order
from backoffice.reports.base import Asked, Column, Kind, Report, Row, Table
from inventory.models.visibility import visible
from inventory.theme import NativeDateInput, ThemedForm
from orders.line_numbers import Units, owed_units
from orders.models import FulfillmentLine, OrderLine

PERIOD = 84
"""Days that are shown at first."""

MAX_PERIOD = 1_100


class FillForm(ThemedForm):
    """Which orders, by the day on which they were placed, and how they are put together."""

    start = forms.DateField(
        label=gettext_lazy("Placed from"),
        required=False,
        widget=NativeDateInput(),
        initial=lambda: timezone.localdate() - timedelta(days=PERIOD - 1),
    )
    end = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        widget=NativeDateInput(),
        initial=timezone.localdate,
    )
    by = forms.ChoiceField(
        label=gettext_lazy("By"),
        required=False,
        choices=(("week", gettext_lazy("Week")), ("month", gettext_lazy("Month"))),
    )

    def clean(self) -> dict[str, Any]:
        """Return a period of at most three years, which begins before it ends."""
        data: dict[str, Any] = super().clean() or {}
        today = timezone.localdate()
        data["end"] = min(data.get("end") or today, today)
        data["start"] = data.get("start") or data["end"] - timedelta(days=PERIOD - 1)
        if data["start"] > data["end"]:
            self.add_error("start", _("The period begins after its end."))
        elif (data["end"] - data["start"]).days > MAX_PERIOD:
            self.add_error("start", _("A period is at most three years long."))
        return data


@dataclass(slots=True)
class Period:
    """What was placed in a week or a month, in units of order lines.

    `filled` are units and the days that they took, one pair for each arrival.
    """

    start: date
    orders: int = 0
    lines: int = 0
    units: int = 0
    at_once: int = 0
    backordered: int = 0
    filled: list[tuple[int, int]] = field(default_factory=list)

    @property
    def filled_units(self) -> int:
        """Return how many backordered units were filled since."""
        return sum(units for _days, units in self.filled)


def read(asked: Asked) -> Table:
    """Return orders, units, fill rate and days to fill by week or month, of what a user may see."""
    by_month = asked.values.get("by") == "month"
    first, last = asked.values["start"], asked.values["end"]
    lines = visible(OrderLine.objects.all(), asked.user).filter(
        order__placed_at__gte=_midnight(first),
        order__placed_at__lt=_midnight(last + timedelta(days=1)),
    )
    periods = _placed(lines, by_month=by_month)
    for start, days, units in _filled(lines, asked.user, by_month=by_month):
        periods[start].filled.append((days, units))
    found = [periods[start] for start in sorted(periods, reverse=True)]
    whole = Period(first)
    for one in found:
        for name in ("orders", "lines", "units", "at_once", "backordered"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.filled += one.filled
    oldest_first = found[::-1]
    return Table(
        rows=[Row(_cells(one)) for one in found],
        totals={key: value for key, value in _cells(whole).items() if key != "period"}
        if found
        else {},
        chart=Chart(
            _("Fill rate in %, by month") if by_month else _("Fill rate in %, by week"),
            [date_format(one.start, "M Y" if by_month else "j M") for one in oldest_first],
            [_rate(one) for one in oldest_first],
        )
        if found
        else None,
        nothing=_("No order was placed in this period."),
    )


def _placed(lines: QuerySet[OrderLine], *, by_month: bool) -> dict[date, Period]:
    """Return what was placed, added up by the database."""
    trunc = TruncMonth if by_month else TruncWeek
    found = (
        lines.order_by()
        .annotate(start=trunc("order__placed_at"))
        .values("start")
        .annotate(
            orders=Count("order", distinct=True),
            lines=Count("pk"),
            units=Sum("quantity"),
            backordered=Sum("backordered_when_placed"),
            short=Sum("short"),
        )
    )
    periods = {}
    for one in found:
        start = timezone.localdate(one["start"])
        periods[start] = Period(
            start,
            one["orders"],
            one["lines"],
            one["units"],
            max(one["units"] - one["backordered"] - one["short"], 0),
            one["backordered"],
        )
    return periods


@dataclass(slots=True)
class _Late:
    """A line of which units were backordered; `waiting` in units of the line."""

    order: int
    placed_at: datetime
    backordered: int
    canceled: int
    waiting: int = 0
    variants: set[int] = field(default_factory=set)
    is_bundle: bool = False


def _filled(
    lines: QuerySet[OrderLine], user: Any, *, by_month: bool
) -> Iterable[tuple[date, int, int]]:
    """Yield the period, the days that units took to come, and their number.

    Of a bundle only the last arrival counts: before it, nothing of it could ship.
    """
    late = _late(lines, user)
    changes = served_by_order({one.order for one in late})
    for one in late:
        day = timezone.localdate(one.placed_at)
        start = day.replace(day=1) if by_month else day - timedelta(days=day.weekday())
        left = max(one.backordered - one.waiting - (one.canceled if one.is_bundle else 0), 0)
        came = sorted(
            (at, -units)
            for variant in one.variants
            for at, units in changes.get((one.order, variant), ())
        )
        if one.is_bundle:
            came = [(came[-1][0], left)] if came and not one.waiting else []
        for at, units in came:
            count = min(units, left)
            if count > 0:
                left -= count
                yield start, max((at - one.placed_at).days, 0), count


def _late(lines: QuerySet[OrderLine], user: Any) -> list[_Late]:
    """Return the lines of which units were backordered, with what of them still waits."""
    rows = lines.filter(backordered_when_placed__gt=0).order_by("pk")
    found = {
        pk: _Late(order, placed_at, backordered, canceled)
        for pk, order, placed_at, backordered, canceled in rows.values_list(
            "pk", "order", "order__placed_at", "backordered_when_placed", "canceled"
        ).iterator()
    }
    parts = FulfillmentLine.objects.visible_to(user).filter(order_line__in=rows.values("pk"))
    units: dict[int, list[Units]] = defaultdict(list)
    columns = ("variant", "stock_level__warehouse", "per_unit", "allocated", "waiting", "shipped")
    keys = ("order_line", "order_line__variant")
    for line, sold, *own in parts.order_by().values_list(*keys, *columns).iterator():
        units[line].append(part := Units(*own))
        found[line].variants.add(part.variant)
        found[line].is_bundle |= part.variant != sold
    for line, taken in units.items():
        found[line].waiting = owed_units(taken)
    return list(found.values())


def _cells(one: Period) -> dict[str, Any]:
    return {
        "period": one.start,
        "orders": one.orders,
        "lines": one.lines,
        "units": one.units,
        "at_once": one.at_once,
        "rate": _rate(one),
        "backordered": one.backordered,
        "filled": one.filled_units,
        "median": percentile(one.filled, 50),
        "slow": percentile(one.filled, 90),
    }


def _rate(one: Period) -> Decimal | None:
    if not one.units:
        return None
    return (Decimal(100) * one.at_once / one.units).quantize(Decimal("0.1"))


def percentile(filled: Sequence[tuple[int, int]], percent: int) -> int | None:
    """Return the days within which so many percent of the units came; each counts as itself."""
    total = sum(units for _days, units in filled)
    reached = 0
    for days, units in sorted(filled):
        reached += units
        if reached * 100 >= total * percent:
            return days
    return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


REPORT = Report(
    slug="fill",
    title=gettext_lazy("Fill rate and days to fill"),
    text=gettext_lazy(
        "How much of what was ordered was there at once, and how fast the rest came."
    ),
    permissions=("orders.view_order",),
    columns=(
        Column("period", gettext_lazy("From"), Kind.DAY),
        Column("orders", gettext_lazy("Orders"), Kind.NUMBER),
        Column("lines", gettext_lazy("Lines"), Kind.NUMBER),
        Column("units", gettext_lazy("Units"), Kind.NUMBER),
        Column("at_once", gettext_lazy("Ready at once"), Kind.NUMBER),
        Column("rate", gettext_lazy("Fill rate"), Kind.PERCENT),
        Column("backordered", gettext_lazy("Backordered"), Kind.NUMBER),
        Column("filled", gettext_lazy("Filled since"), Kind.NUMBER),
        Column("median", gettext_lazy("Median days"), Kind.NUMBER),
        Column("slow", gettext_lazy("90% within days"), Kind.NUMBER),
    ),
    form=FillForm,
    read=read,
)
