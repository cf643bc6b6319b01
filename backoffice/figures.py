"""The figures of the first page: each is what its list counts, for what a user may see.

What they cost follows the lines that wait and what is out of the ordinary, never the variants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.utils import timezone

from channels.filters import differing
from channels.models import Channel, Listing
from inventory.models import Variant
from inventory.models.catalog import seller_scope
from inventory.models.visibility import visible
from inventory.stock_queries import ran_low
from orders.models import CapturedOrder, CapturedState, FulfillmentLine, Order, OrderLine
from orders.waiting import aged, promised

User = AbstractBaseUser | AnonymousUser

MAX_COUNTED = 10_000
"""Rows; nothing is counted further."""

BUCKETS = ("0-6", "7-29", "30-89", "90")
"""Words of the waiting room's filter by age, which share every line out among them."""

NEXT_PROMISES = 5

_MONEY = DecimalField(max_digits=30, decimal_places=2)

VALUE: Any = Case(
    When(variant=F("order_line__variant"), then=F("order_line__unit_price")),
    default=F("variant__price"),
    output_field=_MONEY,
) * F("waiting")
"""What a waiting line is worth: as it was sold; a component of a bundle at its own price."""


def value_of(currency: str) -> Any:
    """Return the sum of what lines are worth, of orders in this currency: others do not add up."""
    ours = Q(fulfillment_order__order__currency=currency)
    return Sum(VALUE, filter=ours, default=Decimal(0), output_field=_MONEY)


@dataclass(frozen=True, slots=True)
class Age:
    """Lines that wait for so long, by a word of the waiting room's filter, and their units."""

    word: str
    lines: int
    units: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is owed now. `soon`, `late` and `undated` are lines, by their promise."""

    lines: int
    variants: int
    units: int
    value: Decimal
    ages: Sequence[Age]
    soon: int
    late: int
    undated: int


def waiting_lines(user: User) -> QuerySet[FulfillmentLine]:
    """Return the lines that owe units, among those that a user may see."""
    return FulfillmentLine.objects.waiting().visible_to(user).order_by()


def waiting(user: User, *, now: datetime, currency: str) -> Waiting:
    """Return what is owed to the customers of a user, read in one go through the waiting room."""
    today = timezone.localdate(now)
    ages = {word: aged(word, now=now) for word in BUCKETS}
    counts: dict[str, Any] = {}
    for number, condition in enumerate(ages.values()):
        counts[f"lines_{number}"] = Count("pk", filter=condition)
        counts[f"units_{number}"] = Sum("waiting", filter=condition, default=0)
    found = waiting_lines(user).aggregate(
        lines=Count("pk"),
        variants=Count("variant", distinct=True),
        units=Sum("waiting", default=0),
        value=value_of(currency),
        soon=Count("pk", filter=promised("week", today=today)),
        late=Count("pk", filter=promised("late", today=today)),
        undated=Count("pk", filter=promised("none", today=today)),
        **counts,
    )
    return Waiting(
        ages=[
            Age(word, found.pop(f"lines_{number}"), found.pop(f"units_{number}"))
            for number, word in enumerate(ages)
        ],
        **found,
    )


def next_promises(user: User, *, now: datetime) -> list[FulfillmentLine]:
    """Return the first lines of which the promised day comes."""
    rows = waiting_lines(user).filter(order_line__promised_at__gte=timezone.localdate(now))
    rows = rows.select_related("fulfillment_order__order", "variant__product", "order_line")
    return list(rows.order_by("order_line__promised_at", "pk")[:NEXT_PROMISES])


def low(user: User) -> int:
    """Return how many variants ran low."""
    return counted(ran_low(visible(Variant.objects.all(), user)))


class CappedCount(Subquery):
    """How many rows a subquery has, which is cut off by a slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


def unpublished(user: User) -> list[Channel]:
    """Return channels with listings that changed or failed: `changed_count`, `failed_count`."""
    own = visible(Listing.objects.filter(channel=OuterRef("pk")), user).order_by()

    def number(status: str) -> CappedCount:
        rows = own.filter(status=status).values("pk")
        return CappedCount(rows[: MAX_COUNTED + 1])

    rows = Channel.objects.annotate(changed_count=number("changed"), failed_count=number("failed"))
    return list(rows.filter(Q(changed_count__gt=0) | Q(failed_count__gt=0)).order_by("name", "pk"))


def drifted(user: User) -> list[Channel]:
    """Return shops elsewhere that have listings otherwise than they were told: `drift_count`."""
    own = visible(Listing.objects.filter(differing(), channel=OuterRef("pk")), user).order_by()
    number = CappedCount(own.values("pk")[: MAX_COUNTED + 1])
    rows = Channel.objects.exclude(connector="").annotate(drift_count=number)
    return list(rows.filter(drift_count__gt=0).order_by("name", "pk"))


def orders_in_need(user: User) -> int:
    """Return how many orders have units that are short, of what a user may see of them."""
    own = seller_scope(user, "variant__product__seller")
    short = OrderLine.objects.filter(own, short__gt=0).values("order")
    return counted(Order.objects.filter(pk__in=short))


def captured_in_need(user: User) -> int:
    """Return how many orders of shops elsewhere are to be mended, or have units that are short."""
    rows = CapturedOrder.objects.visible_to(user).order_by()
    short = OrderLine.objects.filter(short__gt=0).values("order")
    broken = rows.filter(state=CapturedState.NEEDS_ATTENTION).values("pk")
    return int(broken.union(rows.filter(order__in=short).values("pk"))[: MAX_COUNTED + 1].count())


def counted(rows: QuerySet[Any]) -> int:
    """Return how many rows there are, or one more than `MAX_COUNTED`."""
    return int(rows.order_by()[: MAX_COUNTED + 1].count())
