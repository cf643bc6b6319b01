"""Who may be backordered, and how many units may be sold: arithmetic and choices only.

No Django, no clock, no database. Every screen, file, page and API answer comes from here.
Quantities are whole units; `None` stands for "unlimited". Source: `docs/domain.md`, §2 and §3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

MAX_QUANTITY = 1_000_000_000
"""The largest quantity of anything, in units."""

INHERIT = "inherit"
"""What a level says when it uses the wider setting."""


class BackorderMode(StrEnum):
    """Whether units that are not there may be sold."""

    NO = "no"
    ALLOW = "allow"
    NOTIFY = "notify"


class Level(StrEnum):
    """The places where something is decided, from the widest to the narrowest."""

    MARKETPLACE = "marketplace"
    STORE = "store"
    PRODUCT = "product"
    VARIANT = "variant"
    WAREHOUSE = "warehouse"
    CHANNEL = "channel"
    LISTING = "listing"


class State(StrEnum):
    """What the shopper is told."""

    OUT_OF_STOCK = "out_of_stock"
    PRE_ORDER = "pre_order"
    ON_BACKORDER = "on_backorder"
    IN_STOCK = "in_stock"


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """What the store, a product or a variant says; `None` and "inherit" use the wider setting."""

    backorders: str = INHERIT
    out_of_stock_threshold: int | None = None
    notify_below: int | None = None
    only_x_left_threshold: int | None = None
    max_per_order: int | None = None


STORE_DEFAULTS = LevelSettings(
    backorders=BackorderMode.NO,
    out_of_stock_threshold=0,
    notify_below=1,
    only_x_left_threshold=0,
    max_per_order=0,
)


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """Everything that decides whether one variant may be backordered, stock aside."""

    store: LevelSettings = STORE_DEFAULTS
    product: LevelSettings = LevelSettings()
    variant: LevelSettings = LevelSettings()
    track_inventory: bool = True
    has_seller: bool = False
    sellers_can_accept_backorders: bool = False
    release_date: date | None = None
    allow_preorders: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a decision: what a level said, and whether it lets more units be sold."""

    level: Level
    rule: str
    value: str
    passed: bool


@dataclass(frozen=True, slots=True)
class BackorderPolicy:
    """The effective policy of one variant.

    `safety_stock` is kept from new orders; `backorder_limit` counts every unit the variant owes.
    `sources` names, for each setting, the level its value comes from.
    """

    track_inventory: bool
    mode: BackorderMode
    safety_stock: int
    backorder_limit: int | None
    threshold: int
    notify_below: int
    only_x_left_threshold: int
    is_ahead_of_release: bool
    decided_by: Level
    sources: Mapping[str, Level] = field(default_factory=dict)
    trace: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class StockAt:
    """One variant in one warehouse, in units. A level never touched reads as these defaults."""

    warehouse: str
    on_hand: int = 0
    allocated: int = 0
    on_backorder: int = 0
    in_stock: bool = True
    is_active: bool = True
    backorder_threshold: int | None = None

    @property
    def counts(self) -> bool:
        """Return whether its units and its room may be sold."""
        return self.is_active and self.in_stock

    @property
    def available(self) -> int:
        """Return the units that may be sold from here; a shortage never eats another's units."""
        return max(self.on_hand - self.allocated, 0) if self.counts else 0

    @property
    def room(self) -> int | None:
        """Return how many units may still go on backorder here."""
        if not self.counts:
            return 0
        if self.backorder_threshold is None:
            return None
        return max(self.backorder_threshold - self.on_backorder, 0)


@dataclass(frozen=True, slots=True)
class Availability:
    """What may be sold of one variant now, in units, and what the shopper is told."""

    track_inventory: bool
    on_hand: int
    allocated: int
    available: int
    on_backorder: int
    mode: BackorderMode
    backorder_limit: int | None
    room: int | None
    salable: int | None
    state: State
    only_x_left: int | None
    decided_by: Level
    checks: tuple[Check, ...] = ()
    expected_at: date | None = None

    @property
    def first_failing(self) -> int | None:
        """Return the position of the check that forbids the sale; `None` while it may be sold."""
        if self.salable != 0:
            return None
        return next((n for n, check in enumerate(self.checks) if not check.passed), None)


@dataclass(frozen=True, slots=True)
class Split:
    """A wanted quantity, in units: what ships now and what goes on backorder."""

    now: int
    later: int


# --- who decides ------------------------------------------------------------------------------


def effective_policy(inputs: PolicyInputs, *, today: date) -> BackorderPolicy:
    """Return what holds for a variant, which level says so, and why.

    Source: Adobe Commerce's "use config setting"; the gate for sellers is Nautical's.
    """
    mode, mode_level = effective_mode(inputs)
    threshold, threshold_level = effective_number(inputs, "out_of_stock_threshold")
    notify_below, notify_level = effective_number(inputs, "notify_below")
    only_x_left, only_x_left_level = effective_number(inputs, "only_x_left_threshold")
    ahead = inputs.release_date is not None and inputs.release_date > today
    owing = mode is not BackorderMode.NO or (ahead and inputs.allow_preorders)
    safety_stock, limit = read_threshold(threshold, owing=owing)
    return BackorderPolicy(
        track_inventory=inputs.track_inventory,
        mode=mode,
        safety_stock=safety_stock if inputs.track_inventory else 0,
        backorder_limit=limit if inputs.track_inventory else None,
        threshold=threshold,
        notify_below=notify_below,
        only_x_left_threshold=only_x_left,
        is_ahead_of_release=ahead,
        decided_by=mode_level if inputs.track_inventory else Level.VARIANT,
        sources={
            "backorders": mode_level,
            "out_of_stock_threshold": threshold_level,
            "notify_below": notify_level,
            "only_x_left_threshold": only_x_left_level,
        },
        trace=_trace(inputs, mode_level=mode_level, ahead=ahead, owing=owing),
    )


def effective_mode(inputs: PolicyInputs) -> tuple[BackorderMode, Level]:
    """Return the mode of the narrowest level that has one; the marketplace gate turns it to no."""
    if _is_gated(inputs):
        return BackorderMode.NO, Level.MARKETPLACE
    for level, settings in _narrow_to_wide(inputs):
        if settings.backorders != INHERIT:
            return BackorderMode(settings.backorders), level
    return BackorderMode.NO, Level.STORE


def effective_number(inputs: PolicyInputs, name: str) -> tuple[int, Level]:
    """Return a threshold, in units, of the narrowest level that sets it, and that level."""
    for level, settings in _narrow_to_wide(inputs):
        value: int | None = getattr(settings, name)
        if value is not None:
            return value, level
    return 0, Level.STORE


def read_threshold(threshold: int, *, owing: bool) -> tuple[int, int | None]:
    """Return the safety stock and the backorder limit that an out-of-stock threshold means.

    Not owing, it is kept back: 5 sells all but 5 units. Owing, a negative one is a limit: −50 lets
    50 units be owed, while 0 and above set none. Source: Adobe Commerce, "Configuring backorders".
    """
    if not owing:
        return max(threshold, 0), 0
    return 0, -threshold if threshold < 0 else None


def threshold_warning(threshold: int | None, mode: BackorderMode) -> str | None:
    """Return a sentence when the sign of a threshold does not fit the mode, for the form."""
    if not threshold:
        return None
    if mode is BackorderMode.NO and threshold < 0:
        return "A negative threshold limits backorders, and backorders are off: it keeps nothing."
    if mode is not BackorderMode.NO and threshold > 0:
        return (
            "A positive threshold keeps units only while backorders are off: now it sets no limit."
        )
    return None


def backorder_setting_error(backorders: str, *, track_inventory: bool) -> str | None:
    """Return why a variant may not be set so, if it may not: backorders need tracking."""
    if not track_inventory and backorders in {
        BackorderMode.ALLOW,
        BackorderMode.NOTIFY,
    }:
        return "Backorders need tracking: turn Track the inventory on, or do not allow backorders."
    return None


def _is_gated(inputs: PolicyInputs) -> bool:
    return inputs.has_seller and not inputs.sellers_can_accept_backorders


def _narrow_to_wide(inputs: PolicyInputs) -> tuple[tuple[Level, LevelSettings], ...]:
    return (
        (Level.VARIANT, inputs.variant),
        (Level.PRODUCT, inputs.product),
        (Level.STORE, inputs.store),
    )


def _trace(
    inputs: PolicyInputs, *, mode_level: Level, ahead: bool, owing: bool
) -> tuple[Check, ...]:
    """Return what each level said, from the widest to the narrowest."""
    if not inputs.track_inventory:
        return (Check(Level.VARIANT, "track_inventory", "off: always salable", passed=True),)
    checks = [Check(Level.VARIANT, "track_inventory", "on", passed=True)]
    if inputs.has_seller:
        on = inputs.sellers_can_accept_backorders
        value = "on" if on else "off"
        checks.append(Check(Level.MARKETPLACE, "sellers_can_accept_backorders", value, passed=on))
    for level, settings in reversed(_narrow_to_wide(inputs)):
        decides = level is mode_level
        passed = owing or not (decides and settings.backorders == BackorderMode.NO)
        checks.append(Check(level, "backorders", settings.backorders, passed=passed))
    if inputs.release_date is not None and ahead:
        value = f"{inputs.release_date.isoformat()}, pre-orders "
        value += "allowed" if inputs.allow_preorders else "not allowed"
        checks.append(Check(Level.VARIANT, "release_date", value, passed=True))
    return tuple(checks)


# --- what may be sold -------------------------------------------------------------------------


def availability(policy: BackorderPolicy, stock: Sequence[StockAt]) -> Availability:
    """Return what may be sold of a variant from these warehouses.

    `stock` has one entry for each warehouse that sells, and for each that owes units.
    """
    if not policy.track_inventory:
        return _untracked(policy, stock)
    free = sum(level.available for level in stock)
    available = max(free - policy.safety_stock, 0)
    owed = sum(level.on_backorder for level in stock)
    room = _smaller(_left(policy.backorder_limit, owed), _total(level.room for level in stock))
    salable = None if room is None else available + room
    return Availability(
        track_inventory=True,
        on_hand=sum(level.on_hand for level in stock if level.is_active),
        allocated=sum(level.allocated for level in stock if level.is_active),
        available=available,
        on_backorder=owed,
        mode=policy.mode,
        backorder_limit=policy.backorder_limit,
        room=room,
        salable=salable,
        state=shopper_state(
            salable=salable,
            available=available,
            is_ahead_of_release=policy.is_ahead_of_release,
        ),
        only_x_left=only_x_left(salable, policy.only_x_left_threshold),
        decided_by=_decider(policy, room=room, stock=stock),
        checks=(
            *policy.trace,
            _threshold_check(policy, free=free, owed=owed),
            *_warehouse_checks(stock),
        ),
    )


def shopper_state(*, salable: int | None, available: int, is_ahead_of_release: bool) -> State:
    """Return the first state that fits."""
    if salable == 0:
        return State.OUT_OF_STOCK
    if is_ahead_of_release:
        return State.PRE_ORDER
    return State.IN_STOCK if available > 0 else State.ON_BACKORDER


def only_x_left(salable: int | None, threshold: int) -> int | None:
    """Return N of "Only N left", or `None` when it is not said. Source: Adobe Commerce."""
    return salable if salable is not None and 0 < salable <= threshold else None


def split_quantity(wanted: int, *, available: int, salable: int | None) -> Split | None:
    """Return how many of `wanted` units ship now and how many later; `None`: too many."""
    if salable is not None and wanted > salable:
        return None
    now = min(wanted, available)
    return Split(now=now, later=wanted - now)


def split_of(wanted: int, offer: Availability) -> Split | None:
    """Return the split of a quantity of this variant; untracked units all ship now."""
    if not offer.track_inventory:
        return Split(now=wanted, later=0)
    return split_quantity(wanted, available=offer.available, salable=offer.salable)


def expected_date(owed: int, arrivals: Iterable[tuple[date, int]]) -> date | None:
    """Return the day when the next unit sold can come: after the units that are owed already.

    `arrivals` are the days and units of deliveries on their way; late ones promise nothing, so
    the caller leaves them out.
    """
    waiting = owed
    for day, units in sorted(arrivals):
        if units > waiting:
            return day
        waiting -= units
    return None


def is_low(*, available: int, owed: int, notify_below: int) -> bool:
    """Return whether staff should hear of it: at or below the number, zero and owed included.

    Source: Adobe Commerce, "a quantity of 10 or less".
    """
    return available - owed <= notify_below


def _untracked(policy: BackorderPolicy, stock: Sequence[StockAt]) -> Availability:
    return Availability(
        track_inventory=False,
        on_hand=sum(level.on_hand for level in stock if level.is_active),
        allocated=sum(level.allocated for level in stock if level.is_active),
        available=0,
        on_backorder=sum(level.on_backorder for level in stock),
        mode=policy.mode,
        backorder_limit=None,
        room=None,
        salable=None,
        state=State.IN_STOCK,
        only_x_left=None,
        decided_by=policy.decided_by,
        checks=policy.trace,
    )


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(limit - used, 0)


def _smaller(one: int | None, other: int | None) -> int | None:
    """Return the smaller of two numbers of which `None` is the largest."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _total(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def _decider(policy: BackorderPolicy, *, room: int | None, stock: Sequence[StockAt]) -> Level:
    """Return the level to look at first: the warehouses when they leave no room that was meant."""
    meant = _left(policy.backorder_limit, sum(level.on_backorder for level in stock))
    return Level.WAREHOUSE if room == 0 and meant != 0 else policy.decided_by


def _threshold_check(policy: BackorderPolicy, *, free: int, owed: int) -> Check:
    level = policy.sources.get("out_of_stock_threshold", Level.STORE)
    if policy.backorder_limit is None:
        value, passed = f"{policy.threshold}: no limit", True
    elif policy.backorder_limit:
        value = f"{policy.threshold}: {owed} of {policy.backorder_limit} owed"
        passed = owed < policy.backorder_limit
    else:
        value = f"{policy.threshold}: {policy.safety_stock} of {free} available kept back"
        passed = not policy.safety_stock or free > policy.safety_stock
    return Check(level, "out_of_stock_threshold", value, passed=passed)


def _warehouse_checks(stock: Sequence[StockAt]) -> tuple[Check, ...]:
    if not stock:
        return (Check(Level.WAREHOUSE, "warehouses", "none", passed=False),)
    return tuple(_warehouse_check(level) for level in stock)


def _warehouse_check(level: StockAt) -> Check:
    if not level.is_active:
        return Check(Level.WAREHOUSE, level.warehouse, "not active", passed=False)
    if not level.in_stock:
        return Check(Level.WAREHOUSE, level.warehouse, "set to out of stock", passed=False)
    cap = "no cap" if level.backorder_threshold is None else f"cap {level.backorder_threshold}"
    value = f"{level.available} available, {level.on_backorder} on backorder, {cap}"
    return Check(
        Level.WAREHOUSE,
        level.warehouse,
        value,
        passed=level.available > 0 or level.room != 0,
    )
