"""What an order takes from which warehouse, and what of it waits: choices only.

No Django, no clock, no database. Quantities are whole units; `None` stands for "unlimited".
Source: `docs/domain.md`, §4.1 and §4.2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inventory.policy import BackorderPolicy, Level, StockAt
from orders.errors import Refusal


@dataclass(frozen=True, slots=True)
class Need:
    """A variant that each ordered unit takes, and how many of it: a bundle has several."""

    variant: int
    per_unit: int = 1


@dataclass(frozen=True, slots=True)
class Demand:
    """One line that is to be booked.

    `forbidden_by` names the rule by which a bundle itself, or the channel, refuses backorders, if
    one does. `is_unlisted`: the channel does not sell it at all.
    """

    key: int
    sku: str
    quantity: int
    needs: tuple[Need, ...]
    forbidden_by: str | None = None
    is_unlisted: bool = False


@dataclass(frozen=True, slots=True)
class Take:
    """Units of a variant that a line takes from a warehouse; untracked ones come from nowhere."""

    key: int
    variant: int
    per_unit: int
    warehouse: int | None
    allocated: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Booking:
    """What every line takes, what of it is short, and the lines that are refused."""

    takes: tuple[Take, ...]
    short: Mapping[int, int]
    refusals: tuple[Refusal, ...]

    def waiting(self, key: int) -> int:
        """Return how many ordered units of a line are owed: a bundle as soon as a part is."""
        return max(
            (-(-take // per) for take, per in self._waiting_by_variant(key)),
            default=0,
        )

    def _waiting_by_variant(self, key: int) -> Iterable[tuple[int, int]]:
        units: dict[tuple[int, int], int] = {}
        for take in self.takes:
            if take.key == key:
                place = (take.variant, take.per_unit)
                units[place] = units.get(place, 0) + take.waiting
        return ((waiting, per) for (_variant, per), waiting in units.items())


@dataclass(slots=True)
class Pool:
    """What is left of one variant while an order draws on it; warehouses in their priority."""

    is_tracked: bool
    free: int = 0
    room: int | None = 0
    rule: str = ""
    available_at: dict[int, int] = field(default_factory=dict)
    room_at: dict[int, int | None] = field(default_factory=dict)

    def allocate(self, units: int, warehouses: Sequence[int]) -> dict[int, int]:
        """Take available units, warehouse by warehouse; return how many came from each."""
        taken: dict[int, int] = {}
        for place in warehouses:
            part = min(units, self.free, self.available_at.get(place, 0))
            if part > 0:
                taken[place] = part
                self.available_at[place] -= part
                self.free -= part
                units -= part
        return taken

    def owe(self, units: int) -> dict[int, int]:
        """Book units on backorder where there is room, by priority; there is room for them."""
        booked: dict[int, int] = {}
        for place, room in self.room_at.items():
            part = units if room is None else min(units, room)
            if part > 0:
                booked[place] = part
                self.room_at[place] = None if room is None else room - part
                self.room = None if self.room is None else self.room - part
                units -= part
        return booked


def pool_of(
    policy: BackorderPolicy, stock: Mapping[int, StockAt], *, is_allowed: bool = False
) -> Pool:
    """Return what an order may draw of a variant from these warehouses, the first at the front.

    `is_allowed`: what is missing may be owed, without limit, wherever units count.
    It agrees with `inventory.policy.availability`, which tests hold it to.
    """
    if not policy.track_inventory:
        return Pool(is_tracked=False)
    owed = sum(level.on_backorder for level in stock.values())
    limit = policy.backorder_limit
    left = None if limit is None else max(limit - owed, 0)
    rooms = {place: level.room for place, level in stock.items()}
    if is_allowed:
        left, rooms = None, {place: None for place, level in stock.items() if level.counts}
    total = _total(rooms.values())
    return Pool(
        is_tracked=True,
        free=max(sum(level.available for level in stock.values()) - policy.safety_stock, 0),
        room=_smaller(left, total),
        rule=_rule(policy, left=left, total=total, stock=stock.values()),
        available_at={place: level.available for place, level in stock.items()},
        room_at=rooms,
    )


def book(
    demands: Sequence[Demand], pools: Mapping[int, Pool], *, is_captured: bool = False
) -> Booking:
    """Return what each line takes; `pools` are drawn down.

    Lines of one SKU are added up before they are checked. A captured order is sold already: what
    cannot be taken is short instead of refused. One warehouse that can serve all is preferred.
    """
    first = _one_for_all(demands, pools)
    takes: list[Take] = []
    short: dict[int, int] = {}
    refusals: list[Refusal] = []
    for sku, lines in _by_sku(demands).items():
        wanted = sum(line.quantity for line in lines)
        possible = _possible(lines[0], pools)
        if possible is not None and wanted > possible and not is_captured:
            refusals.append(_refusal(sku, wanted, lines[0], pools))
            continue
        for line in lines:
            possible = _possible(line, pools)
            units = line.quantity if possible is None else min(line.quantity, possible)
            if units < line.quantity:
                short[line.key] = line.quantity - units
            takes += _draw(line, units, pools, first)
    return Booking(tuple(takes), short, tuple(refusals))


def _by_sku(demands: Sequence[Demand]) -> dict[str, list[Demand]]:
    groups: dict[str, list[Demand]] = {}
    for demand in demands:
        groups.setdefault(demand.sku, []).append(demand)
    return groups


def _possible(demand: Demand, pools: Mapping[int, Pool]) -> int | None:
    """Return how many units of a line may be sold from what is left; `None`: any number."""
    if demand.is_unlisted:
        return 0
    return _least(
        None if (units := _salable(pools[need.variant], demand)) is None else units // need.per_unit
        for need in demand.needs
    )


def _salable(pool: Pool, demand: Demand) -> int | None:
    if not pool.is_tracked:
        return None
    if demand.forbidden_by:
        return pool.free
    return None if pool.room is None else pool.free + pool.room


def _refusal(sku: str, wanted: int, demand: Demand, pools: Mapping[int, Pool]) -> Refusal:
    """Return why a line is refused: what is there, what may be owed, and the tightest rule."""
    if demand.is_unlisted:
        return Refusal(demand.sku, wanted, 0, 0, demand.forbidden_by or "")
    possible = _possible(demand, pools)
    available = _least(
        pools[need.variant].free // need.per_unit
        for need in demand.needs
        if pools[need.variant].is_tracked
    )
    tightest = min(
        (need for need in demand.needs if pools[need.variant].is_tracked),
        key=lambda need: _times(_salable(pools[need.variant], demand), need.per_unit),
    )
    return Refusal(
        sku=sku,
        requested=wanted,
        available=available or 0,
        backorderable=None if possible is None else possible - (available or 0),
        rule=demand.forbidden_by or pools[tightest.variant].rule,
    )


def _draw(demand: Demand, units: int, pools: Mapping[int, Pool], first: int | None) -> list[Take]:
    """Take the units of one line: what is available, then what is owed, by priority."""
    if not units:
        return []
    takes: list[Take] = []
    near = first
    if near is None and len(demand.needs) > 1:
        near = _one_for_all([demand], pools, units=units)
    for need in demand.needs:
        pool, wanted = pools[need.variant], units * need.per_unit
        if not pool.is_tracked:
            takes.append(Take(demand.key, need.variant, need.per_unit, None, allocated=wanted))
            continue
        places = [*pool.available_at] if near is None else [near, *pool.available_at]
        there = pool.allocate(wanted, places)
        owed = pool.owe(wanted - sum(there.values()))
        takes += [
            Take(
                demand.key,
                need.variant,
                need.per_unit,
                place,
                allocated=there.get(place, 0),
                waiting=owed.get(place, 0),
            )
            for place in dict.fromkeys([*there, *owed])
        ]
    return takes


def _one_for_all(
    demands: Sequence[Demand], pools: Mapping[int, Pool], *, units: int | None = None
) -> int | None:
    """Return the first warehouse that has every unit of these lines, if one has."""
    wanted: dict[int, int] = {}
    for demand in demands:
        for need in demand.needs:
            if pools[need.variant].is_tracked:
                amount = (demand.quantity if units is None else units) * need.per_unit
                wanted[need.variant] = wanted.get(need.variant, 0) + amount
    places = dict.fromkeys(place for variant in wanted for place in pools[variant].available_at)
    return next(
        (
            place
            for place in places
            if all(
                pools[variant].available_at.get(place, 0) >= amount
                and pools[variant].free >= amount
                for variant, amount in wanted.items()
            )
        ),
        None,
    )


def _rule(
    policy: BackorderPolicy, *, left: int | None, total: int | None, stock: Iterable[StockAt]
) -> str:
    """Name the rule that refuses what is more than salable, as level and setting."""
    if not any(level.counts for level in stock):
        return "warehouse.stock_status"
    if policy.backorder_limit == 0:
        if policy.decided_by is Level.MARKETPLACE:
            return "marketplace.sellers_can_accept_backorders"
        return f"{policy.decided_by.value}.backorders"
    if total is not None and (left is None or total < left):
        return "warehouse.backorder_threshold"
    level = policy.sources.get("out_of_stock_threshold", Level.STORE)
    return f"{level.value}.out_of_stock_threshold"


def _times(units: int | None, per_unit: int) -> float:
    return float("inf") if units is None else units // per_unit


def _least(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def _smaller(one: int | None, other: int | None) -> int | None:
    return _least((one, other))


def _total(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
