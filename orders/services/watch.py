"""Whom a change makes us write to, noted while it is made: so it is asked about before it stays.

Who asks makes the change, reads here whom it concerns, and takes it back when nobody said yes
(`inventory.services.consequences.one_question`). Nothing is noted while nobody asks.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date

from inventory.consequences import Consequence
from orders.models import FulfillmentOrder, Order, OrderLine


@dataclass(slots=True)
class Watch:
    """What was done: `promised` are order lines, each with its order and its day before.

    `due` are orders whose customers are to hear of another day, and were not before; `released`
    are parcels that nothing holds any more, each with its order and whether a mail was written.
    `foreseen` is what the worker will do by itself later.
    """

    promised: dict[int, tuple[int, date | None]] = field(default_factory=dict)
    due: set[int] = field(default_factory=set)
    released: dict[int, tuple[int, bool]] = field(default_factory=dict)
    foreseen: list[Consequence] = field(default_factory=list)


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Note what is done inside."""
    token = _watch.set(watch := Watch())
    try:
        yield watch
    finally:
        _watch.reset(token)


def watch() -> Watch | None:
    """Return what notes, if somebody asks."""
    return _watch.get()


def note_promise(line: OrderLine) -> None:
    """Note a line whose day is about to change."""
    if (noted := _watch.get()) is not None:
        noted.promised.setdefault(line.pk, (line.order_id, line.promised_at))


def note_news(order_ids: Collection[int]) -> None:
    """Note orders whose customers are about to be told of another day."""
    if (noted := _watch.get()) is not None:
        rows = Order.objects.filter(pk__in=order_ids, promise_notice_due=False)
        noted.due |= set(rows.values_list("pk", flat=True))


def note_release(parcel: FulfillmentOrder, *, is_mailed: bool) -> None:
    """Note a parcel that ships next, and whether its customer is told."""
    if (noted := _watch.get()) is not None:
        noted.released[parcel.pk] = (parcel.order_id, is_mailed)
