"""What the time lines of orders say about units: the events that count them, by variant."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orders.event_kinds import EventKind
from orders.models import OrderEvent


@dataclass(frozen=True, slots=True)
class Happening:
    """So many units of a variant in an order, and what happened to them.

    `units` of a changed quantity is the difference, which may be negative.
    """

    order: int
    at: datetime
    by: str
    kind: EventKind
    variant: int
    units: int
    event: int


def happenings(kinds: Iterable[EventKind], **which: Any) -> Iterator[Happening]:
    """Yield what events of these kinds say of units, the oldest first; `which` are filters."""
    events = OrderEvent.objects.filter(
        kind__in=[kind.value for kind in kinds],
        data__has_keys=["variant", "units"],
        **which,
    )
    for one in events.order_by("at", "pk").iterator(chunk_size=2_000):
        kind, variant, units = EventKind(one.kind), one.data["variant"], one.data["units"]
        yield Happening(one.order_id, one.at, one.by, kind, variant, units, one.pk)


def served_by_order(
    orders: Iterable[int] | None = None,
) -> dict[tuple[int, int], list[tuple[datetime, int]]]:
    """Return when owed units changed, by order and variant: fewer when some came, or more.

    They are more when they were taken back. Of these orders, or of all.
    """
    which = {} if orders is None else {"order__in": orders}
    sign = {EventKind.UNITS_RESERVED: -1, EventKind.UNITS_TAKEN_BACK: 1}
    changes: dict[tuple[int, int], list[tuple[datetime, int]]] = defaultdict(list)
    for one in happenings(sign, **which):
        changes[one.order, one.variant].append((one.at, sign[one.kind] * one.units))
    return dict(changes)
