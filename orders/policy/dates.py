"""When units ship: one rule for the product page, the cart, the order, its mails and the API.

No Django, no clock, no database. Source: `docs/domain.md`, §4, "Release".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations

from orders.policy.news import latest, not_before
from orders.policy.parcels import Parcel
from orders.policy.queue import Arrival, Waiter, promises, ranked, serving

LAST = datetime.max.replace(tzinfo=UTC)
"""When an order is placed that is not placed yet: after all that are."""

NEW = 1 << 62
"""From where the keys of lines count that are not there yet: after all that are."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A piece of an order line in a parcel that waits.

    Of one `is_missing`, `comes` is the day on which its last unit arrives, if one is known.
    `is_together`: everything in the parcel ships on one day.
    """

    line: int
    parcel: int
    is_missing: bool
    comes: date | None = None
    is_together: bool = False


def ship_days(
    waits: Iterable[Wait], release_dates: Mapping[int, date], *, today: date
) -> dict[int, date | None]:
    """Return the day on which the waiting units of each line ship; `None`: nobody knows.

    Lines that wait neither for units nor for a date of theirs, nor for one in their parcel, are
    left out. Nothing ships before its release date; while no delivery brings what is missing, that
    date is what is promised. `release_dates` are those of lines.
    """
    parcels: dict[int, dict[int, list[Wait]]] = {}
    for wait in waits:
        parcels.setdefault(wait.parcel, {}).setdefault(wait.line, []).append(wait)
    found: dict[int, list[date | None]] = {}
    for lines in parcels.values():
        own = {
            line: days
            for line, pieces in lines.items()
            if (days := _own(pieces, release_dates.get(line), today=today))
        }
        if own and any(wait.is_together for pieces in lines.values() for wait in pieces):
            whole = latest([day for days in own.values() for day in days])
            own = {line: [whole] for line in lines}
        for line, days in own.items():
            found.setdefault(line, []).extend(days)
    return {line: latest(days) for line, days in found.items()}


def _own(pieces: Sequence[Wait], release: date | None, *, today: date) -> list[date | None]:
    """Return the day of one line in one parcel; nothing, when it does not wait for itself."""
    missing = [wait.comes for wait in pieces if wait.is_missing]
    if not missing:
        return [release] if release is not None and release > today else []
    comes = latest(missing)
    if release is None or release < today:
        return [comes]
    return [not_before(comes, release) or release]


# --- an order that is not placed yet ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits for a variant already, in any order, and what is on its way to whom."""

    waiters: Sequence[Waiter] = ()
    arrivals: Sequence[Arrival] = ()


def order_matters(waiters: Iterable[Waiter], arrivals: Iterable[Arrival]) -> bool:
    """Return whether it decides about who comes after these in which order they are served.

    It does not when no two of them may take from some of the same deliveries, but not from all.
    """
    places = frozenset(place for _day, place, _units in arrivals)
    kinds = {
        places if waiter.warehouses is None else places & waiter.warehouses for waiter in waiters
    }
    return any(one & other for one, other in combinations(kinds, 2))


def days_when_ordered(
    parcels: Sequence[Parcel],
    queues: Mapping[int, Queue],
    release_dates: Mapping[int, date],
    *,
    rule: str,
    value: Decimal,
    ships_from: frozenset[int] | None,
    is_together: bool,
    today: date,
) -> dict[int, date | None]:
    """Return the day of each line of an order that would be placed now, as `ship_days` does.

    `parcels` are those that it would be made into, `ships_from` the warehouses of its channel, and
    `value` its price. It stands behind everybody whom the release `rule` does not put after it.
    """
    new = list(_new_waiters(parcels, value=value, ships_from=ships_from))
    comes: dict[int, date | None] = {}
    for variant in {variant for variant, _waiter in new}:
        queue = queues.get(variant, Queue())
        mine = [waiter for own, waiter in new if own == variant]
        line = ranked([*queue.waiters, *mine], rule)
        comes |= promises(line, queue.arrivals)
    number = NEW
    waits = []
    for place, parcel in enumerate(parcels):
        for piece in parcel.pieces:
            number += 1
            if parcel.holds:
                is_missing = piece.waiting > 0
                day = comes.get(number)
                waits.append(Wait(piece.line, place, is_missing, day, is_together))
    return ship_days(waits, release_dates, today=today)


def _new_waiters(
    parcels: Sequence[Parcel], *, value: Decimal, ships_from: frozenset[int] | None
) -> Iterable[tuple[int, Waiter]]:
    """Yield the variant and the place in its queue of each piece that would be owed."""
    number = NEW
    for parcel in parcels:
        missing = sum(piece.waiting for piece in parcel.pieces)
        for piece in parcel.pieces:
            number += 1
            if piece.waiting and piece.warehouse is not None:
                yield (
                    piece.variant,
                    Waiter(
                        line=number,
                        order_line=NEW + piece.line,
                        units=piece.waiting,
                        booked=piece.warehouse,
                        priority=0,
                        placed_at=LAST,
                        missing=missing,
                        value=value,
                        warehouses=serving(piece.warehouse, ships_from, is_part=piece.is_part),
                    ),
                )
