"""What the pages of orders show: only what the user may see, in a constant number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Prefetch, Sum
from django.utils.translation import gettext as _

from inventory.admin.explain import LEVELS, RULES
from inventory.models import Warehouse
from inventory.models.catalog import seller_scope
from orders.amounts import money
from orders.errors import Refusal
from orders.event_kinds import OF_PARCELS, EventKind
from orders.event_words import sentence, words_of
from orders.line_numbers import LineNumbers, numbers_of
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    Order,
    OrderEvent,
    OrderLine,
)

BATCH = 10_000
"""Order lines of which the numbers are asked at once."""

MAX_MOMENTS = 500

ORDER_LABELS = {
    "processing": "info",
    "partly_shipped": "warning",
    "shipped": "success",
    "canceled": "default",
}
PAYMENT_LABELS = {
    "pending": "warning",
    "paid": "success",
    "refund_due": "danger",
    "refunded": "default",
}
PARCEL_LABELS = {
    "waiting": "warning",
    "ready": "info",
    "picked": "info",
    "packed": "info",
    "shipped": "success",
    "canceled": "default",
}

PRINTABLE = (FulfillmentStatus.READY, FulfillmentStatus.PICKED)
"""States in which a parcel may stand on a pick list."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of an order, as a table shows it."""

    line: OrderLine
    numbers: LineNumbers
    currency: str

    @property
    def price_words(self) -> str:
        """Return the price of one unit."""
        return money(self.line.unit_price, self.currency)

    @property
    def amount_words(self) -> str:
        """Return the price of the units that are neither canceled nor returned."""
        return money(self.line.amount, self.currency)

    @property
    def cancelable(self) -> int:
        """Return the units that are neither shipped nor canceled."""
        return self.numbers.quantity - self.numbers.shipped - self.numbers.canceled

    @property
    def returnable(self) -> int:
        """Return the units that were shipped and did not come back."""
        returned: int = self.line.returned
        return self.numbers.shipped - returned


@dataclass(slots=True)
class ParcelRow:
    """One fulfillment order, as its card shows it; the page adds its actions."""

    row: FulfillmentOrder
    lines: list[FulfillmentLine]
    holds: list[Hold]
    label: str
    acts: dict[str, Any] = field(default_factory=dict)
    buttons: list[Any] = field(default_factory=list)
    hold_acts: list[tuple[Hold, Any]] = field(default_factory=list)
    ship_rows: list[tuple[FulfillmentLine, Any]] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """Return how many units it lacks."""
        return sum(line.waiting for line in self.lines)

    @property
    def there(self) -> int:
        """Return how many units are there."""
        return sum(line.allocated for line in self.lines)

    @property
    def is_printable(self) -> bool:
        """Return whether it may stand on a pick list."""
        return self.row.status in PRINTABLE

    @property
    def is_shipped(self) -> bool:
        """Return whether it left the house."""
        return self.row.status == FulfillmentStatus.SHIPPED


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the time line."""

    at: datetime
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as its page shows it; a seller's user sees own lines alone."""

    order: Order
    lines: list[LineRow]
    parcels: list[ParcelRow]
    moments: list[Moment]
    is_whole: bool

    @property
    def total(self) -> Decimal:
        """Return the price of what is shown."""
        if self.is_whole:
            return self.order.total
        return sum((row.line.amount for row in self.lines), Decimal(0))

    @property
    def total_words(self) -> str:
        """Return the price of what is shown."""
        return money(self.total, self.order.currency)

    @property
    def captured_words(self) -> str:
        """Return what the customer paid."""
        return money(self.order.captured, self.order.currency)

    @property
    def refund_words(self) -> str:
        """Return what was paid too much; empty when nothing was."""
        due = self.order.refund_due
        return money(due, self.order.currency) if due else ""

    @property
    def extra_rows(self) -> list[tuple[str, str]]:
        """Return what tax and shipping cost, where a shop charged them."""
        if not self.is_whole:
            return []
        tax, shipping = self.order.extras_of([row.line for row in self.lines])
        rows = ((_("Tax and fees"), tax), (_("Shipping"), shipping))
        return [(words, money(amount, self.order.currency)) for words, amount in rows if amount]

    @property
    def short(self) -> int:
        """Return the units that are sold, may not be owed, and are not there."""
        return sum(row.numbers.short for row in self.lines)

    @property
    def shipped_from(self) -> int | None:
        """Return the warehouse that the last parcel left, by primary key."""
        places = [one.row.warehouse_id for one in self.parcels if one.is_shipped]
        return places[-1] if places else None

    @property
    def has_returns(self) -> bool:
        """Return whether something came back."""
        return any(row.line.returned for row in self.lines)


def facts_of(order: Order, user: Any, *, is_whole: bool) -> OrderFacts:
    """Return an order with its lines, parcels and time line."""
    own = seller_scope(user, "variant__product__seller")
    lines = list(order.lines.filter(own).order_by("pk"))
    numbers = numbers_in_batches(lines)
    parcels = _parcels(order, user, is_whole=is_whole)
    return OrderFacts(
        order=order,
        lines=[LineRow(line, numbers[line.pk], order.currency) for line in lines],
        parcels=parcels,
        moments=_moments(order, parcels, is_whole=is_whole),
        is_whole=is_whole,
    )


def numbers_in_batches(lines: Sequence[OrderLine]) -> dict[int, LineNumbers]:
    """Return the numbers of lines, so many at once as every database takes."""
    numbers: dict[int, LineNumbers] = {}
    for start in range(0, len(lines), BATCH):
        numbers |= numbers_of(lines[start : start + BATCH])
    return numbers


def _parcels(order: Order, user: Any, *, is_whole: bool) -> list[ParcelRow]:
    own_lines = FulfillmentLine.objects.visible_to(user).order_by("pk")
    rows = (
        FulfillmentOrder.objects.visible_to(user)
        .filter(order=order)
        .select_related("warehouse")
        .prefetch_related(
            Prefetch(
                "lines",
                own_lines.select_related(
                    "variant__product", "stock_level__warehouse", "order_line"
                ),
            ),
            Prefetch("holds", Hold.objects.order_by("pk")),
        )
        .order_by("sequence")
    )
    parcels = []
    for row in rows:
        row.order = order
        holds = list(row.holds.all())
        for hold in holds if not is_whole else ():
            hold.note = hold.by = ""
        parcels.append(ParcelRow(row, list(row.lines.all()), holds, PARCEL_LABELS[row.status]))
    return parcels


def _moments(order: Order, parcels: Sequence[ParcelRow], *, is_whole: bool) -> list[Moment]:
    """Return what happened, the newest first; events speak of every line, so sellers get none.

    What a parcel did is told by its events, and by its own times where no event of it is.
    """
    events: list[OrderEvent] = []
    if is_whole:
        rows = OrderEvent.objects.filter(order=order)
        events = [*rows.order_by("-at", "-pk")[:MAX_MOMENTS]]
    told = {(one.at, one.data.get("parcel")) for one in events if one.kind in OF_PARCELS}
    steps = [
        Moment(at, words, by if is_whole else "")
        for parcel in parcels
        for at, words, by in _steps(parcel.row)
        if (at, parcel.row.number) not in told
    ]
    names = dict(Warehouse.objects.values_list("code", "name")) if events else {}
    moments = [Moment(one.at, words_of(one, places=names), one.by) for one in events]
    return sorted([*steps, *moments], key=lambda one: one.at, reverse=True)


def _steps(row: FulfillmentOrder) -> Iterable[tuple[datetime, str, str]]:
    if row.ready_at is not None:
        yield row.ready_at, _("%(parcel)s: ready.") % {"parcel": row.number}, ""
    for at, kind, by in (
        (row.picked_at, EventKind.PARCEL_PICKED, row.picked_by),
        (row.packed_at, EventKind.PARCEL_PACKED, row.packed_by),
        (row.shipped_at, EventKind.PARCEL_SHIPPED, row.shipped_by),
    ):
        if at is not None:
            yield at, sentence(kind, {"parcel": row.number}), by


# --- lists ------------------------------------------------------------------------------------


@dataclass(slots=True)
class OrderSum:
    """What a list says of one order."""

    units: int = 0
    waiting: int = 0
    short: int = 0
    promised_at: date | None = None
    is_unpromised: bool = False
    total: Decimal = Decimal(0)


def sums_of(order_ids: Collection[int], user: Any) -> dict[int, OrderSum]:
    """Return the sums of orders by primary key, over the lines that the user may see."""
    own = OrderLine.objects.filter(
        seller_scope(user, "variant__product__seller"), order__in=order_ids
    )
    sums = {pk: OrderSum() for pk in order_ids}
    prices = own.order_by().values_list("order", "unit_price")
    left = Sum(F("quantity") - F("canceled"))
    kept = Sum(F("quantity") - F("canceled") - F("returned"))
    rows = prices.annotate(units=left, lacking=Sum("short"), paid_for=kept)
    for pk, price, units, short, paid_for in rows:
        sums[pk].units += units
        sums[pk].short += short
        sums[pk].total += paid_for * price
    waits = FulfillmentLine.objects.waiting().values("order_line")
    waiting = list(own.filter(pk__in=waits))
    numbers = numbers_in_batches(waiting)
    for line in waiting:
        found = sums[line.order_id]
        found.waiting += numbers[line.pk].waiting
        if line.promised_at is None:
            found.is_unpromised = True
        elif found.promised_at is None or line.promised_at > found.promised_at:
            found.promised_at = line.promised_at
    return sums


# --- words ------------------------------------------------------------------------------------


def rule_words(rule: str) -> str:
    """Return the rule that refused a line as staff know it: the setting and its level."""
    level, _dot, setting = rule.partition(".")
    words = RULES.get(setting)
    if words is None or level not in LEVELS:
        return rule
    return _("%(setting)s · from %(level)s") % {"setting": words, "level": LEVELS[level]}


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A refused line, as the page shows it beside the line."""

    sku: str
    requested: int
    available: int
    backorderable: Any
    rule: str


def refusal_row(refusal: Refusal) -> RefusalRow:
    """Return a refusal in the words of the page."""
    return RefusalRow(
        sku=refusal.sku,
        requested=refusal.requested,
        available=refusal.available,
        backorderable=_("unlimited") if refusal.backorderable is None else refusal.backorderable,
        rule=rule_words(refusal.rule),
    )


def line_rows(lines: Any) -> list[tuple[Any, RefusalRow | None]]:
    """Return the lines with why each was refused."""
    return [(form, refusal_row(form.refusal) if form.refusal else None) for form in lines.forms]
