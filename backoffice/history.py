"""What was owed on each day: written once a day, and for the past worked out from events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from backoffice.figures import User, value_of
from backoffice.happenings import served_by_order
from backoffice.models import BackorderDay
from inventory.models import StoreSettings
from inventory.models.catalog import own_sellers
from inventory.services.attempts import forget_old
from inventory.services.units import whole
from orders.models import FulfillmentLine

DAYS = 30
"""How far back the first page looks."""

Sums = Mapping[int | None, tuple[int, Decimal]]
"""Units and value by seller; what belongs to the store itself has no seller."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was owed on a day; `units` is `None` where nobody wrote it down."""

    day: date
    units: int | None
    value: Decimal | None
    is_reckoned: bool = False


def tick() -> None:
    """Do what is due once a day: write down what is owed, and forget what is over."""
    now = timezone.now()
    whole("day", partial(_once_a_day, now=now), at=now)


def _once_a_day(*, now: datetime) -> None:
    if record_today(now=now):
        whole("forget_sessions", partial(call_command, "clearsessions"), at=now)
        whole("forget_attempts", partial(forget_old, at=now), at=now)
        whole("forget_tasks", _forget_tasks, at=now)


def _forget_tasks() -> None:
    call_command("prune_db_task_results", queue_name="*", verbosity=0)


def record_today(*, now: datetime) -> bool:
    """Write down what is owed today, once; two workers may try at once. Return whether it did."""
    day = timezone.localdate(now)
    if BackorderDay.objects.filter(day=day, seller=None).exists():
        return False
    currency = str(StoreSettings.load().currency)
    rows = FulfillmentLine.objects.waiting().order_by().values("variant__product__seller")
    found = rows.annotate(owed=Sum("waiting"), worth=value_of(currency)).values_list(
        "variant__product__seller", "owed", "worth"
    )
    sums: Sums = {seller: (units, value) for seller, units, value in found}
    try:
        with transaction.atomic():
            write(day, sums, currency=currency)
    except IntegrityError:
        return False
    return True


def write(day: date, sums: Sums, *, currency: str, is_reckoned: bool = False) -> None:
    """Insert the rows of a day, that of the whole store first.

    :raises IntegrityError: the day is written down already.
    """
    whole = (
        sum(units for units, _value in sums.values()),
        sum((value for _units, value in sums.values()), Decimal(0)),
    )
    own = {seller: amounts for seller, amounts in sums.items() if seller is not None}
    BackorderDay.objects.bulk_create(
        BackorderDay(
            day=day,
            seller_id=seller,
            units=units,
            value=value,
            currency=currency,
            is_reckoned=is_reckoned,
        )
        for seller, (units, value) in [(None, whole), *own.items()]
        if seller is None or units
    )


def last_days(user: User, *, today: date, currency: str) -> list[Day]:
    """Return the last 30 days up to today, for what a user may see; days nobody wrote are gaps."""
    sellers = own_sellers(user)
    first = today - timedelta(days=DAYS - 1)
    rows = BackorderDay.objects.filter(Q(seller=None) | Q(seller__in=sellers or ()))
    rows = rows.filter(day__range=(first, today))
    written: dict[date, bool] = {}
    units: dict[date, int] = defaultdict(int)
    values: dict[date, Decimal] = defaultdict(Decimal)
    foreign: set[date] = set()
    for row in rows:
        if row.seller_id is None:
            written[row.day] = row.is_reckoned
        if (row.seller_id is None) == (sellers is None):
            units[row.day] += row.units
            values[row.day] += row.value
        if row.currency != currency:
            foreign.add(row.day)
    return [
        Day(day, units[day], None if day in foreign else values[day], written[day])
        if day in written
        else Day(day, None, None)
        for day in (first + timedelta(days=number) for number in range(DAYS))
    ]


# --- the past ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owed:
    """One variant of one order: since when units are owed, how many are now, and what one costs.

    `changes` are the times when units came (negative) or went back to waiting (positive).
    """

    seller: int | None
    placed_at: datetime
    now: int
    price: Decimal
    changes: Sequence[tuple[datetime, int]] = ()

    def units_at(self, moment: datetime) -> int:
        """Return how many units were owed at a moment: those of now, less what came about since."""
        if self.placed_at > moment:
            return 0
        return max(self.now - sum(units for at, units in self.changes if at > moment), 0)


def fill_past(*, now: datetime) -> int:
    """Write the days before today that nobody wrote, as far as events tell; return how many."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=number) for number in range(1, DAYS)]
    known = set(
        BackorderDay.objects.filter(seller=None, day__in=days).values_list("day", flat=True)
    )
    owed = list(_owed_since())
    currency = str(StoreSettings.load().currency)
    missing = sorted(set(days) - known)
    with transaction.atomic():
        for day in missing:
            moment = timezone.make_aware(datetime.combine(day, time()))
            write(day, _sums_at(moment, owed), currency=currency, is_reckoned=True)
    return len(missing)


def _sums_at(moment: datetime, owed: Iterable[Owed]) -> Sums:
    sums: dict[int | None, tuple[int, Decimal]] = {}
    for one in owed:
        if units := one.units_at(moment):
            before = sums.get(one.seller, (0, Decimal(0)))
            sums[one.seller] = (before[0] + units, before[1] + units * one.price)
    return sums


def _owed_since() -> Iterable[Owed]:
    """Yield what is or was owed, by order and variant."""
    changes = served_by_order()
    rows = FulfillmentLine.objects.filter(
        Q(waiting__gt=0) | Q(fulfillment_order__order__in={order for order, _variant in changes})
    )
    own = F("order_line__variant")
    found = rows.values_list(
        "fulfillment_order__order",
        "variant",
        "variant__product__seller",
        "placed_at",
        "waiting",
        "order_line__unit_price",
        "variant__price",
    ).annotate(is_own=Q(variant=own))
    lines: dict[tuple[int, int], Owed] = {}
    for order, variant, seller, placed_at, units, sold, price, is_own in found.order_by("pk"):
        before = lines.get((order, variant))
        lines[order, variant] = Owed(
            seller=seller,
            placed_at=placed_at,
            now=units + (before.now if before else 0),
            price=before.price if before else sold if is_own else price,
            changes=changes.get((order, variant), ()),
        )
    return lines.values()
