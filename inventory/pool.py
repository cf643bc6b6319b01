"""The units that may be sold of variants, and drawing on them: arithmetic only.

Availability is a view of these pools, and an order draws on them: what is shown is what is sold.
No Django, no clock, no database. Quantities are whole units. Source: `docs/domain.md`, §2 and §4.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from inventory.policy import MAX_QUANTITY, BackorderPolicy, StockAt

ENDLESS = 10**15
"""More units than all warehouses together can owe: no limit."""

_LIMITED = ENDLESS // 2
"""Less than this is left where there is a limit, and never where there is none."""

MUCH = MAX_QUANTITY // 2
"""The least room, in units, that is shown as no limit; with less, an order may reach the end."""


@dataclass(frozen=True, slots=True)
class Need:
    """A variant that each unit sold takes, and how many of it: a bundle has several."""

    variant: int
    per_unit: int = 1
    sku: str = ""


@dataclass(slots=True)
class Pool:
    """What is left of one variant, in units; its warehouses are in their priority.

    `free` may be sold at once, `limit_left` may still be owed in all, `room_at` at each warehouse.
    `endless_at` are the warehouses without a cap: what they may owe is shown as no limit.
    """

    policy: BackorderPolicy
    stock: Mapping[int, StockAt]
    free: int
    limit_left: int
    available_at: dict[int, int]
    room_at: dict[int, int]
    endless_at: frozenset[int]
    owed: int

    @property
    def is_tracked(self) -> bool:
        """Return whether its units are counted at all."""
        return self.policy.track_inventory

    def shelf(self, place: int) -> int:
        """Return the units that one warehouse has to sell."""
        return min(self.available_at.get(place, 0), self.free)

    def room(self, place: int) -> int:
        """Return the units that one warehouse may still owe."""
        return min(self.room_at.get(place, 0), self.limit_left)

    def take(self, place: int, units: int) -> tuple[int, int]:
        """Draw units at a warehouse; return how many come from its shelf, and how many it owes."""
        allocated = min(units, self.shelf(place))
        waiting = units - allocated
        if allocated:
            self.available_at[place] -= allocated
            self.free -= allocated
        if waiting:
            self.room_at[place] -= waiting
            self.limit_left -= waiting
            self.owed += waiting
        return allocated, waiting

    def copy(self) -> "Pool":
        """Return one to draw on that leaves this one as it is."""
        twin = copy(self)
        twin.available_at, twin.room_at = dict(self.available_at), dict(self.room_at)
        return twin


def pool_of(
    policy: BackorderPolicy,
    stock: Mapping[int, StockAt],
    *,
    is_sold_already: bool = False,
    is_allowed: bool = False,
) -> Pool:
    """Return what may be drawn of a variant from these warehouses, the first at the front.

    `is_sold_already`: another shop sold it, so that the safety stock is not kept from it.
    `is_allowed`: what is missing may be owed, without limit, wherever units count.
    """
    kept = 0 if is_sold_already else policy.safety_stock
    owed = sum(level.on_backorder for level in stock.values())
    limit = ENDLESS if is_allowed else policy.backorder_limit
    limit = ENDLESS if limit is None else limit
    caps = {
        place: None if is_allowed else level.backorder_threshold
        for place, level in stock.items()
        if level.counts
    }
    return Pool(
        policy=policy,
        stock=stock,
        free=max(sum(level.available for level in stock.values()) - kept, 0),
        limit_left=max(limit - owed, 0),
        available_at={place: level.available for place, level in stock.items()},
        room_at={
            place: max((MAX_QUANTITY if cap is None else cap) - stock[place].on_backorder, 0)
            for place, cap in caps.items()
        },
        endless_at=frozenset(place for place, cap in caps.items() if cap is None),
        owed=owed,
    )


@dataclass(frozen=True, slots=True)
class Draw:
    """Units of one variant that come from the shelf of a warehouse, or are owed there.

    What is not tracked comes from no warehouse.
    """

    need: Need
    warehouse: int | None
    allocated: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """How many units may be sold of what these needs make: at once, and more on backorder.

    `is_endless`: there is no limit, as far as it is shown; `room` is what can be booked.
    """

    available: int
    room: int
    is_endless: bool = False


def left(needs: Sequence[Need], pools: Mapping[int, Pool], *, may_owe: bool = True) -> Left:
    """Return how many units may be sold; the pools stay as they are.

    A unit of a bundle comes whole from one warehouse, or waits whole at one.
    """
    counted = tracked(needs, pools)
    if not counted:
        return Left(0, ENDLESS, is_endless=True)
    if len(counted) == 1 and counted[0].per_unit == 1:
        available, room = _left_of_one(pools[counted[0].variant], may_owe=may_owe)
    else:
        available, room = _left_of_many(counted, pools, may_owe=may_owe)
    is_endless = may_owe and _is_endless(counted, pools)
    enough = room * max(need.per_unit for need in counted) >= MUCH
    return Left(available, room, is_endless=is_endless and enough)


def draw(
    needs: Sequence[Need],
    units: int,
    pools: Mapping[int, Pool],
    *,
    first: int | None = None,
    may_owe: bool = True,
) -> list[Draw]:
    """Take so many units, or as many as there are; the pools are drawn down.

    What is on the shelves goes first, warehouse by warehouse, `first` before the others; then
    units are owed, by priority. A unit of a bundle is drawn whole from one warehouse: its parts
    that are there are allocated, the others are owed at the same place.
    """
    counted = tracked(needs, pools)
    if not counted:
        return [Draw(need, None, allocated=units * need.per_unit) for need in needs]
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    got = 0
    places = _places(counted, pools)
    for place in places if first is None else dict.fromkeys([first, *places]):
        got += _take(counted, pools, place, min(units - got, _whole(counted, pools, place)), taken)
    if may_owe:
        for place in places:
            most = _whole_or_owed(counted, pools, place)
            got += _take(counted, pools, place, min(units - got, most), taken)
    draws = [
        Draw(need, place, *taken[need.variant, place])
        for need in counted
        for place in dict.fromkeys(place for _variant, place in taken)
        if (need.variant, place) in taken
    ]
    loose = [need for need in needs if not pools[need.variant].is_tracked]
    return draws + [Draw(need, None, allocated=got * need.per_unit) for need in loose if got]


def one_for_all(
    wanted: Iterable[tuple[Sequence[Need], int]], pools: Mapping[int, Pool]
) -> int | None:
    """Return the first warehouse that has all that is available for these lines, if one has.

    What is not available anywhere waits; it does not spoil the choice for the rest.
    """
    units: dict[int, int] = {}
    for needs, quantity in wanted:
        there = min(quantity, left(needs, pools).available)
        for need in tracked(needs, pools):
            units[need.variant] = units.get(need.variant, 0) + there * need.per_unit
    amounts = {
        variant: min(amount, pools[variant].free) for variant, amount in units.items() if amount
    }
    places = dict.fromkeys(place for variant in amounts for place in pools[variant].available_at)
    return next(
        (
            place
            for place in places
            if all(pools[variant].shelf(place) >= amount for variant, amount in amounts.items())
        ),
        None,
    )


def tracked(needs: Sequence[Need], pools: Mapping[int, Pool]) -> list[Need]:
    """Return the needs whose units are counted."""
    return [need for need in needs if pools[need.variant].is_tracked]


def _places(needs: Sequence[Need], pools: Mapping[int, Pool]) -> list[int]:
    """Return the warehouses that may give something, in their priority."""
    return list(pools[needs[0].variant].available_at)


def _whole(needs: Sequence[Need], pools: Mapping[int, Pool], place: int) -> int:
    """Return how many units one warehouse can make of what is on its shelves."""
    return min(pools[need.variant].shelf(place) // need.per_unit for need in needs)


def _whole_or_owed(needs: Sequence[Need], pools: Mapping[int, Pool], place: int) -> int:
    """Return how many units one warehouse can make when it owes what it lacks."""
    return min(
        (pools[need.variant].shelf(place) + pools[need.variant].room(place)) // need.per_unit
        for need in needs
    )


def _take(
    needs: Sequence[Need],
    pools: Mapping[int, Pool],
    place: int,
    units: int,
    taken: dict[tuple[int, int], tuple[int, int]],
) -> int:
    """Draw whole units at one warehouse, and count them; return how many."""
    if units <= 0:
        return 0
    for need in needs:
        there, owed = pools[need.variant].take(place, units * need.per_unit)
        before = taken.get((need.variant, place), (0, 0))
        taken[need.variant, place] = (before[0] + there, before[1] + owed)
    return units


def _left_of_one(pool: Pool, *, may_owe: bool) -> tuple[int, int]:
    """Return what is left of a single variant, without drawing: for each unit it is one sum."""
    room = min(sum(pool.room_at.values()), pool.limit_left) if may_owe else 0
    return pool.free, room


def _left_of_many(
    needs: Sequence[Need], pools: Mapping[int, Pool], *, may_owe: bool
) -> tuple[int, int]:
    """Return what is left by drawing all of it on copies."""
    twins = {need.variant: pools[need.variant].copy() for need in needs}
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    places = _places(needs, twins)
    available = sum(
        _take(needs, twins, place, _whole(needs, twins, place), taken) for place in places
    )
    if not may_owe:
        return available, 0
    room = sum(
        _take(needs, twins, place, _whole_or_owed(needs, twins, place), taken) for place in places
    )
    return available, room


def _is_endless(needs: Sequence[Need], pools: Mapping[int, Pool]) -> bool:
    """Return whether one warehouse may owe every need without a cap, and no limit ends it."""
    own = [pools[need.variant] for need in needs]
    if any(pool.limit_left < _LIMITED for pool in own):
        return False
    return bool(frozenset.intersection(*(pool.endless_at for pool in own)))


def drained(needs: Sequence[Need], pools: Mapping[int, Pool], *, may_owe: bool) -> dict[int, Pool]:
    """Return copies of which everything that may be sold was drawn."""
    twins = {need.variant: pools[need.variant].copy() for need in needs}
    if tracked(needs, twins):
        draw(needs, ENDLESS, twins, may_owe=may_owe)
    return twins
