"""Whether orders are what their time lines say: units, priority, returns; each told once.

An order whose time line has sentences of an older program is not compared: nobody can read them as
data.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Self

from django.db.models import F, Sum

from inventory.models import Movement
from inventory.models.stock import MovementKind
from orders.event_kinds import EventKind
from orders.models import CapturedOrder, Order, OrderEvent, OrderLine
from orders.services.reconcile.breach import Breach, Check

ONCE = frozenset(
    {
        EventKind.PARCEL_PICKED,
        EventKind.PARCEL_PACKED,
        EventKind.PARCEL_SHIPPED,
        EventKind.SHIPMENT_UNDONE,
        EventKind.PARCEL_SPLIT_OFF,
        EventKind.LINES_COMPLETE,
        EventKind.HOLD_REMOVED,
        EventKind.PAID,
        EventKind.REFUNDED,
        EventKind.NOT_PAID_IN_TIME,
        EventKind.PRIORITY_SET,
        EventKind.WAIT_ACCEPTED,
    }
)
"""What cannot happen twice at one moment in the same words; units come and go several times."""

ONCE_A_LINE = frozenset(
    {EventKind.UNITS_CANCELED, EventKind.UNITS_RETURNED, EventKind.BACKORDER_ALLOWED}
)
"""The same, of one line."""


@dataclass(slots=True)
class Story:
    """What the time line of one order says."""

    placed: list[dict[str, Any]] = field(default_factory=list)
    changed: int = 0
    """Units that lines got or lost since it was placed."""

    priority: int | None = None
    added: set[datetime] = field(default_factory=set)
    was_set_right: bool = False
    """Whether it was placed while the clock was ahead, and got its place by who came next."""

    returned: Counter[int] = field(default_factory=Counter)
    shelved: Counter[int] = field(default_factory=Counter)
    """Units that came back into a warehouse, by the variant that was ordered."""

    doubled: list[str] = field(default_factory=list)
    is_readable: bool = True

    def tell(self, kind: str, data: dict[str, Any], at: datetime) -> None:
        """Take one event into account."""
        if kind == EventKind.NOTE:
            self.is_readable = False
        elif kind == EventKind.PLACED:
            self.placed.append(data)
        elif kind == EventKind.LINE_ADDED:
            self.changed += data["units"]
            self.added.add(at)
        elif kind == EventKind.QUANTITY_CHANGED and data["after"]:
            self.changed += data["units"]  # to 0 cancels, and leaves what was ordered
        elif kind == EventKind.PRIORITY_SET:
            self.priority = data["after"]
        elif kind == EventKind.CLOCK_WAS_AHEAD:
            self.was_set_right = True
        elif kind == EventKind.UNITS_RETURNED:
            self._take_back(data)

    def _take_back(self, data: dict[str, Any]) -> None:
        self.returned[data["variant"]] += data["units"]
        if data.get("warehouse"):
            self.shelved[data["variant"]] += data["units"]

    @property
    def is_known(self) -> bool:
        """Return whether it says from the beginning what happened."""
        return self.is_readable and bool(self.placed)

    @property
    def ordered(self) -> int:
        """Return the units that its lines order by now."""
        return self.sold + self.changed

    @property
    def sold(self) -> int:
        """Return the units that it was placed with."""
        return int(self.placed[0]["units"])


def stories() -> Iterator[tuple[int, Story]]:
    """Yield the time line of each order, as its key and what it says."""
    rows = OrderEvent.objects.order_by("order", "pk")
    columns = ("order", "kind", "data", "at", "by")
    events = rows.values_list(*columns).iterator(chunk_size=2_000)
    for order, own in groupby(events, key=itemgetter(0)):
        story, met = Story(), Counter[tuple[Any, ...]]()
        for _order, kind, data, at, by in own:
            story.tell(kind, data, at)
            met[kind, at, by, json.dumps(data, sort_keys=True)] += 1
        story.doubled = sorted({key[0] for key, times in met.items() if times > 1})
        yield order, story


@dataclass(slots=True)
class Books:
    """What the books say of orders, by their keys."""

    orders: dict[int, tuple[int, datetime]]
    """Priority, and when the customer ordered."""

    units: dict[int, tuple[int, int]]
    """Units that lines order, and units of them that came back."""

    later: dict[int, set[datetime]]
    """When lines were added that are not as old as their order."""

    shelved: dict[int, Counter[int]]
    """Units that came back to a shelf, by variant."""

    sold: dict[int, int]
    """Units that a shop elsewhere sold."""

    @classmethod
    def read(cls) -> Self:
        """Return what the books say now."""
        orders = Order.objects.values_list("pk", "priority", "placed_at")
        lines = OrderLine.objects.order_by().values_list("order")
        sums = lines.annotate(units=Sum("quantity"), back=Sum("returned"))
        later: dict[int, set[datetime]] = {}
        added = OrderLine.objects.exclude(placed_at=F("order__placed_at"))
        for order, at in added.values_list("order", "placed_at").iterator():
            later.setdefault(order, set()).add(at)
        # What staff dismissed is not to be as the shop has it.
        captured = CapturedOrder.objects.filter(order__isnull=False, dismissed_at=None)
        sold = captured.exclude(booked=[]).values_list("order", "booked").iterator()
        return cls(
            orders={pk: (priority, at) for pk, priority, at in orders.iterator()},
            units={order: (units, back) for order, units, back in sums.iterator()},
            later=later,
            shelved=_shelved(),
            sold={order: sum(units for _sku, units in booked) for order, booked in sold},
        )


def _shelved() -> dict[int, Counter[int]]:
    rows = Movement.objects.filter(kind=MovementKind.RETURN).exclude(reference__contains="-")
    columns = ("reference", "stock_level__variant", "quantity")
    found: dict[int, Counter[int]] = {}
    for number, variant, units in rows.values_list(*columns).iterator():
        if number.isdecimal():
            found.setdefault(int(number), Counter())[variant] += units
    return found


def _time_lines() -> Iterator[Breach]:
    """Compare each order with its time line, which tells everything once."""
    books = Books.read()
    for order, story in stories():
        if len(story.placed) > 1:
            yield Breach("event", str(order), "placed is told twice")
        for kind in story.doubled:
            if kind in ONCE or (kind in ONCE_A_LINE and not _has_like_lines(order)):
                yield Breach("event", str(order), f"{kind} is told twice")
        if story.is_known and order in books.orders:
            yield from _units(order, story, books)
            yield from _rank(order, story, books)


def _has_like_lines(order: int) -> bool:
    """Return whether two lines of an order are of one variant: both are told in the same words."""
    variants = list(OrderLine.objects.filter(order=order).values_list("variant", flat=True))
    return len(variants) > len(set(variants))


def _units(order: int, story: Story, books: Books) -> Iterator[Breach]:
    ordered, back = books.units.get(order, (0, 0))
    if ordered != story.ordered:
        text = f"{ordered} units are ordered, {story.ordered} by its time line"
        yield Breach("order_line", str(order), text)
    if back != story.returned.total():
        text = f"{back} units came back, {story.returned.total()} by its time line"
        yield Breach("returned", str(order), text)
    if order in books.shelved and books.shelved[order] - _most(order, story):
        yield Breach("returned", str(order), "more came back to a shelf than its time line says")
    if books.sold.get(order, story.sold) != story.sold:
        text = f"{story.sold} units were ordered, the shop sold {books.sold[order]}"
        yield Breach("captured", str(order), text)


def _most(order: int, story: Story) -> Counter[int]:
    """Return the units, by variant, that came back to a shelf by the time line."""
    most: Counter[int] = Counter()
    rows = OrderLine.objects.filter(order=order).distinct()
    for variant, recipe in rows.values_list("variant", "recipe"):
        for part, per_unit in recipe or [[variant, 1]]:
            most[part] += story.shelved[variant] * per_unit
    return most


def _rank(order: int, story: Story, books: Books) -> Iterator[Breach]:
    priority, placed_at = books.orders[order]
    said = story.placed[0]
    first = story.priority if story.priority is not None else said.get("priority", priority)
    if first != priority:
        yield Breach("rank", str(order), f"priority {priority}, but {first} by its time line")
    if story.was_set_right:
        return
    if datetime.fromisoformat(said.get("ordered_at", placed_at.isoformat())) != placed_at:
        yield Breach("rank", str(order), "was placed at another time by its time line")
    if books.later.get(order, set()) - story.added:
        yield Breach("rank", str(order), "has a line that was added at another time")


CHECKS: tuple[Check, ...] = (_time_lines,)
