"""What the time lines of orders say about units, read back from their sentences.

The use cases of orders write these sentences in English, whatever language the screens have. A
test holds both together.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from orders.models import OrderEvent


class Happened(StrEnum):
    """What a sentence says happened to units of a SKU."""

    SERVED = "served"
    TAKEN_BACK = "taken_back"
    CANCELED = "canceled"
    ADDED = "added"
    CHANGED = "changed"
    ALLOWED = "allowed"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class Happening:
    """So many units of a SKU in an order, and what happened to them.

    `units` of a changed quantity is the difference, which may be negative.
    """

    order: int
    at: datetime
    by: str
    kind: Happened
    sku: str
    units: int
    event: int


_COUNTED = (
    (Happened.SERVED, " are there for "),
    (Happened.TAKEN_BACK, " are not there after a correction: they wait again."),
    (Happened.ALLOWED, " that were short are allowed on backorder."),
    (Happened.RESERVED, " that were oversold are reserved."),
    (Happened.CANCELED, " canceled."),
    (Happened.ADDED, " added."),
)
_CHANGED = re.compile(r"(?P<sku>.+): (?P<now>\d+) units instead of (?P<before>\d+)\.", re.DOTALL)
_UNITS = re.compile(r"(?P<units>\d+) × (?P<rest>.+)", re.DOTALL)
_PARCEL = re.compile(r"\d+-\d+\.")

SERVED_WORDS = " are there for "


def read(event: OrderEvent) -> Happening | None:
    """Return what a sentence says of units, or `None`: it is about something else."""
    found = _of(event.text)
    if found is None:
        return None
    kind, sku, units = found
    return Happening(event.order_id, event.at, event.by, kind, sku, units, event.pk)


def _of(text: str) -> tuple[Happened, str, int] | None:
    if changed := _CHANGED.fullmatch(text):
        units = int(changed["now"]) - int(changed["before"])
        return Happened.CHANGED, changed["sku"], units
    counted = _UNITS.fullmatch(text)
    if counted is None:
        return None
    for kind, words in _COUNTED:
        sku, found, rest = counted["rest"].rpartition(words)
        if found and (_PARCEL.fullmatch(rest) if kind is Happened.SERVED else not rest):
            return kind, sku, int(counted["units"])
    return None


def happenings(events: QuerySet[OrderEvent]) -> Iterator[Happening]:
    """Yield what events say of units, in their order."""
    for event in events.iterator(chunk_size=2_000):
        if found := read(event):
            yield found


def served_by_order(
    orders: Iterable[int] | None = None,
) -> dict[tuple[int, str], list[tuple[datetime, int]]]:
    """Return when owed units changed, by order and SKU: fewer when some came, more when taken back.

    Of these orders, or of all.
    """
    words = Q(text__contains=SERVED_WORDS) | Q(text__endswith="they wait again.")
    events = OrderEvent.objects.filter(words)
    if orders is not None:
        events = events.filter(order__in=orders)
    changes: dict[tuple[int, str], list[tuple[datetime, int]]] = defaultdict(list)
    for one in happenings(events.order_by("at", "pk")):
        if one.kind is Happened.SERVED:
            changes[one.order, one.sku].append((one.at, -one.units))
        elif one.kind is Happened.TAKEN_BACK:
            changes[one.order, one.sku].append((one.at, one.units))
    return dict(changes)
