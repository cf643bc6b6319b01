"""Who is served first, and when the others can be: choices only.

The same functions run the release, the simulation of a delivery, the promise dates and the
explanation. Quantities are whole units. Source: `docs/domain.md`, §4, "Release".
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Arrival = tuple[date, int, int]
"""A day, a warehouse, and units that come there then."""

FIFO, PROMISED_DATE = "fifo", "promised_date"
MOST_ORDERS, HIGHEST_VALUE = "most_orders", "highest_value"


@dataclass(frozen=True, slots=True)
class Waiter:
    """One fulfillment line that owes units of a variant, and what its place depends on.

    `booked` is the warehouse that owes them, `warehouses` those that may serve them (`None`: all):
    a part of a bundle is served where its bundle waits. Oversold units have a place as well: no
    parcel holds them, so that `line` is their order line, negative, and `booked` is no warehouse.
    `missing` are all units that its fulfillment order lacks, of any variant; `value` is the
    order's. `first_promised_at` is the day that the customer was promised first. `is_unpaid`: the
    order still awaits its payment.
    """

    line: int
    order_line: int
    units: int
    booked: int
    priority: int
    placed_at: datetime
    first_promised_at: date | None = None
    missing: int = 0
    value: Decimal = Decimal(0)
    warehouses: frozenset[int] | None = None
    is_unpaid: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Units that a fulfillment line, or an oversold order line, gets from a warehouse.

    `variant` is told where the plan is one of several.
    """

    line: int
    warehouse: int
    units: int
    variant: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """Oversold units that take several variants; each is served whole, from one warehouse.

    `needs` are the units of each variant that one of them takes.
    """

    waiter: Waiter
    needs: Mapping[int, int]


_RULES: Mapping[str, Callable[[Waiter], tuple[Any, ...]]] = {
    FIFO: lambda _waiter: (),
    PROMISED_DATE: lambda waiter: (waiter.first_promised_at or date.max,),
    MOST_ORDERS: lambda waiter: (waiter.missing,),
    HIGHEST_VALUE: lambda waiter: (-waiter.value,),
}


def serving(
    booked: int, channel_places: frozenset[int] | None, *, is_part: bool
) -> frozenset[int] | None:
    """Return the warehouses that may serve a line (`None`: all): a part of a bundle its own alone.

    `channel_places` are those that its channel ships from.
    """
    if not is_part:
        return channel_places
    return frozenset({booked}) & (channel_places or {booked})


def ranked(queue: Iterable[Waiter], rule: str) -> list[Waiter]:
    """Return the queue in the order of a release rule.

    A priority given by hand comes before any rule, and so does whoever has paid; what the rule
    leaves equal goes by the time of the order, then by its line.
    """
    return sorted(queue, key=rank_key(rule))


def rank_key(rule: str) -> Callable[[Waiter], tuple[Any, ...]]:
    """Return what the place in a queue is read from: the lowest is served first."""
    own = _RULES[rule]
    return lambda waiter: (
        -waiter.priority,
        waiter.is_unpaid,
        *own(waiter),
        waiter.placed_at,
        waiter.order_line,
        waiter.line < 0,
        waiter.line,
    )


def plan(supply: Mapping[int, int], queue: Iterable[Waiter]) -> list[Grant]:
    """Return who gets which units of a variant, going once through the ranked queue.

    `supply` are available units by warehouse, the first to be asked at the front. A line takes
    from where it is booked first. It may be served in part; those behind it get what it may not
    have.
    """
    left = {place: units for place, units in supply.items() if units > 0}
    grants: list[Grant] = []
    for waiter in queue:
        if not left:
            break
        grants += _take(left, waiter)
    return grants


def plan_together(
    supplies: Mapping[int, Mapping[int, int]],
    queues: Mapping[int, Iterable[Waiter]],
    bundles: Iterable[Bundle],
    rule: str,
) -> list[Grant]:
    """Return who gets which units of several variants that bundles tie together.

    `supplies` and the ranked `queues` are by variant. All are gone through as one queue: a bundle
    has the place of its order line, and takes of every variant what those before it left.
    """
    left = {
        variant: {place: units for place, units in supply.items() if units > 0}
        for variant, supply in supplies.items()
    }
    own = rank_key(rule)
    streams: list[Iterator[tuple[tuple[Any, ...], int, Waiter | Bundle]]] = [
        _placed(queue, own, variant, left[variant]) for variant, queue in queues.items()
    ]
    in_rank = sorted(bundles, key=lambda bundle: own(bundle.waiter))
    streams.append(iter([(own(bundle.waiter), 0, bundle) for bundle in in_rank]))
    grants: list[Grant] = []
    for _key, variant, item in heapq.merge(*streams, key=lambda item: item[0]):
        if isinstance(item, Bundle):
            grants += _take_whole(left, item)
        else:
            grants += [replace(one, variant=variant) for one in _take(left[variant], item)]
    return grants


def promises(queue: Sequence[Waiter], arrivals: Iterable[Arrival]) -> dict[int, date | None]:
    """Return the day on which each line has all its units, by place in the ranked queue.

    `arrivals` are day, warehouse and units of deliveries that are on their way and not late.
    `None`: what is on its way does not reach that far.
    """
    open_units = {waiter.line: waiter.units for waiter in queue}
    days: dict[int, date | None] = dict.fromkeys(open_units)
    left = list(queue)
    for day, warehouse, units in sorted(arrivals):
        if not left:
            break
        rest = []
        for waiter in left:
            if not units or not _may_serve(warehouse, waiter):
                rest.append(waiter)
                continue
            part = min(units, open_units[waiter.line])
            units -= part  # noqa: PLW2901
            open_units[waiter.line] -= part
            if open_units[waiter.line]:
                rest.append(waiter)
            else:
                days[waiter.line] = day
        left = rest
    return days


def _placed(
    queue: Iterable[Waiter],
    key: Callable[[Waiter], tuple[Any, ...]],
    variant: int,
    left: Mapping[int, int],
) -> Iterator[tuple[tuple[Any, ...], int, Waiter | Bundle]]:
    """Yield a queue with the places in it, as long as units are left."""
    for waiter in queue:
        if not left:
            return
        yield key(waiter), variant, waiter


def _take(left: dict[int, int], waiter: Waiter) -> list[Grant]:
    """Give a line what is left of what it lacks."""
    grants = []
    open_units = waiter.units
    for place in _places(left, waiter):
        units = min(open_units, left[place])
        grants.append(Grant(waiter.line, place, units))
        open_units -= units
        left[place] -= units
        if not left[place]:
            del left[place]
        if not open_units:
            break
    return grants


def _take_whole(left: Mapping[int, dict[int, int]], bundle: Bundle) -> list[Grant]:
    """Give a bundle the whole units that single warehouses have all of."""
    grants = []
    open_units = bundle.waiter.units
    for place in _places(left[next(iter(bundle.needs))], bundle.waiter):
        whole = min(left[part].get(place, 0) // per for part, per in bundle.needs.items())
        units = min(open_units, whole)
        if not units:
            continue
        open_units -= units
        for part, per in bundle.needs.items():
            grants.append(Grant(bundle.waiter.line, place, units * per, part))
            left[part][place] -= units * per
            if not left[part][place]:
                del left[part][place]
    return grants


def _places(left: Mapping[int, int], waiter: Waiter) -> list[int]:
    """Return the warehouses with units that may serve a line, its own first."""
    places = [place for place in left if _may_serve(place, waiter)]
    if waiter.booked in places:
        places.remove(waiter.booked)
        places.insert(0, waiter.booked)
    return places


def _may_serve(warehouse: int, waiter: Waiter) -> bool:
    return waiter.warehouses is None or warehouse in waiter.warehouses
