"""What may be sold under one SKU, what shoppers are told, and which rule forbids one more unit.

The numbers are those of `inventory.pool`, on which an order draws; the rule that refuses an order
is the first failing check of "Why?". No Django, no clock, no database.
Source: `docs/domain.md`, §2 and §3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from inventory.listing_terms import ListingTerms
from inventory.policy import (
    BackorderMode,
    BackorderPolicy,
    Level,
    State,
    StockAt,
    is_gated,
    narrow_to_wide,
    only_x_left,
    shopper_state,
)
from inventory.pool import MUCH, Left, Need, Pool, drained, left, pool_of, tracked


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a decision: what a level said, and whether it lets more units be sold.

    `passed`: it lets one more unit be sold; `leaves` are the units that may be sold as far as it
    alone says, `None`: it sets no limit. `applies` off: it informs alone, such as a wider setting
    that a narrower one overrides, or one warehouse of several. `sku` names the component of a
    bundle that it is about, `place` the channel or the warehouse as people call it.
    """

    level: Level
    rule: str
    value: str
    passed: bool
    applies: bool = True
    sku: str = ""
    leaves: int | None = None
    place: str = ""

    @property
    def forbids(self) -> bool:
        """Return whether this rule keeps one more unit from being sold."""
        return self.applies and not self.passed

    @property
    def limits(self) -> bool:
        """Return whether there is a quantity that this rule refuses."""
        return self.applies and self.leaves is not None

    @property
    def name(self) -> str:
        """Return the rule as a refused order names it: level and setting."""
        return f"{self.level.value}.{self.rule}"


@dataclass(frozen=True, slots=True)
class Article:
    """What is sold under one SKU, stock aside.

    `needs` is what each unit takes: itself, or the components of a bundle. `forbidden_by` is the
    level whose explicit "no" forbids backordering a bundle. Without `terms` no channel is asked.
    `is_sold_already`: another shop sold it. `is_allowed`: somebody decided that it may be owed.
    """

    needs: tuple[Need, ...]
    forbidden_by: Level | None = None
    terms: ListingTerms | None = None
    is_sold_already: bool = False
    is_allowed: bool = False

    @property
    def is_bundle(self) -> bool:
        """Return whether it is made of components."""
        return any(need.sku for need in self.needs)

    @property
    def is_sold(self) -> bool:
        """Return whether it is sold at all, where it is asked for."""
        return self.is_sold_already or self.is_allowed or self.terms is None or self.terms.sells

    @property
    def may_owe(self) -> bool:
        """Return whether units of it may be owed, as far as channel and bundle say."""
        if self.is_allowed:
            return True
        is_open = self.terms is None or self.terms.allows_backorders
        return is_open and self.forbidden_by is None


@dataclass(frozen=True, slots=True)
class Split:
    """A wanted quantity, in units: what ships now and what goes on backorder."""

    now: int
    later: int


NOTHING = Left(0, 0)


def left_of(article: Article, pools: Mapping[int, Pool]) -> Left:
    """Return how many units of an article may be sold."""
    return left(article.needs, pools, may_owe=article.may_owe) if article.is_sold else NOTHING


def refusing_rule(article: Article, pools: Mapping[int, Pool]) -> str:
    """Name the rule that forbids one unit more than may be sold, as level and setting.

    It is the first failing check once everything that may be sold is gone.
    """
    if article.is_sold:
        pools = drained(article.needs, pools, may_owe=article.may_owe)
    checks = checks_of(article, pools)
    return next((check.name for check in checks if check.forbids), "")


# --- the view ---------------------------------------------------------------------------------


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
    def is_bundle(self) -> bool:
        """Return whether it is made of components."""
        return any(check.sku for check in self.checks)

    @property
    def first_failing(self) -> int | None:
        """Return the position of the check that forbids the sale; `None` while it may be sold."""
        if self.salable != 0:
            return None
        return next((n for n, check in enumerate(self.checks) if check.forbids), None)

    @property
    def refused_by(self) -> Check | None:
        """Return the check that forbids the sale; `None` while it may be sold."""
        return None if self.first_failing is None else self.checks[self.first_failing]

    @property
    def refuses_more(self) -> int | None:
        """Return the position of the check that refuses one unit more than may be sold.

        It is the rule in that order's refusal; `None` while any quantity may be sold.
        """
        if self.salable is None:
            return None
        return next(
            (
                number
                for number, check in enumerate(self.checks)
                if check.limits and (check.leaves or 0) <= self.salable
            ),
            None,
        )

    @property
    def limited_by(self) -> Check | None:
        """Return the check that refuses one unit more; `None` while any quantity may be sold."""
        return None if self.refuses_more is None else self.checks[self.refuses_more]


def availability(
    policy: BackorderPolicy, stock: Sequence[StockAt], *, terms: ListingTerms | None = None
) -> Availability:
    """Return what may be sold of a variant from these warehouses, the first at the front.

    `stock` has one entry for each warehouse that sells, and for each that owes units.
    """
    pool = pool_of(policy, dict(enumerate(stock)))
    return offer_of(Article((Need(0),), terms=terms), {0: pool}, policy)


def split_of(wanted: int, offer: Availability) -> Split | None:
    """Return how many of `wanted` units ship now and how many later; `None`: too many.

    Untracked units all ship now.
    """
    if offer.salable is not None and wanted > offer.salable:
        return None
    if not offer.track_inventory:
        return Split(now=wanted, later=0)
    now = min(wanted, offer.available)
    return Split(now=now, later=wanted - now)


def offer_of(article: Article, pools: Mapping[int, Pool], policy: BackorderPolicy) -> Availability:
    """Return what may be sold of an article, what shoppers are told, and why.

    `policy` is the variant's own; of a bundle it is read for its release date and "Only X left".
    """
    counted = tracked(article.needs, pools)
    checks = checks_of(article, pools)
    if not counted:
        return _untracked(article, pools, policy, checks)
    units = left(article.needs, pools, may_owe=article.may_owe)
    room = None if units.is_endless else units.room
    salable = None if room is None else units.available + room
    if not article.is_sold:
        room = salable = 0
    limit = _limit(article, counted, pools, room=units.room)
    own = () if article.is_bundle else tuple(pools[counted[0].variant].stock.values())
    ahead = policy.is_ahead_of_release or any(
        pools[need.variant].policy.is_ahead_of_release for need in counted
    )
    return Availability(
        track_inventory=True,
        on_hand=sum(level.on_hand for level in own if level.is_open),
        allocated=sum(level.allocated for level in own if level.is_open),
        available=units.available,
        on_backorder=sum(level.on_backorder for level in own),
        mode=BackorderMode.NO if limit == 0 else _mode(counted, pools),
        backorder_limit=limit,
        room=room,
        salable=salable,
        state=shopper_state(salable=salable, available=units.available, is_ahead_of_release=ahead),
        only_x_left=only_x_left(salable, policy.only_x_left_threshold),
        decided_by=_decider(article, counted, pools, room=room, checks=checks, salable=salable),
        checks=checks,
    )


def _untracked(
    article: Article,
    pools: Mapping[int, Pool],
    policy: BackorderPolicy,
    checks: tuple[Check, ...],
) -> Availability:
    own = () if article.is_bundle else tuple(pools[article.needs[0].variant].stock.values())
    return Availability(
        track_inventory=False,
        on_hand=sum(level.on_hand for level in own if level.is_open),
        allocated=sum(level.allocated for level in own if level.is_open),
        available=0,
        on_backorder=sum(level.on_backorder for level in own),
        mode=policy.mode if article.is_sold else BackorderMode.NO,
        backorder_limit=None if article.is_sold else 0,
        room=None if article.is_sold else 0,
        salable=None if article.is_sold else 0,
        state=State.IN_STOCK if article.is_sold else State.OUT_OF_STOCK,
        only_x_left=None,
        decided_by=policy.decided_by if article.is_sold else _first(checks),
        checks=checks,
    )


def _mode(counted: Sequence[Need], pools: Mapping[int, Pool]) -> BackorderMode:
    """Return the mode of what may be owed: notify when anything of it says so."""
    modes = {pools[need.variant].policy.mode for need in counted}
    return BackorderMode.NOTIFY if BackorderMode.NOTIFY in modes else BackorderMode.ALLOW


def _limit(
    article: Article, counted: Sequence[Need], pools: Mapping[int, Pool], *, room: int
) -> int | None:
    """Return how many units may be owed in all; `None`: any number.

    Of a bundle as many as the limits of its components allow, and never less than its `room`:
    parts that are there in another warehouse than the others are not owed themselves.
    """
    own = [(need, pools[need.variant].policy) for need in counted]
    if not article.may_owe or not any(policy.may_owe for _need, policy in own):
        return 0
    limits = [
        limit // need.per_unit
        for need, policy in own
        if (limit := policy.backorder_limit) is not None
    ]
    if article.is_bundle and limits:
        return max(min(limits), room)
    return min(limits, default=None)


def _decider(
    article: Article,
    counted: Sequence[Need],
    pools: Mapping[int, Pool],
    *,
    room: int | None,
    salable: int | None,
    checks: tuple[Check, ...],
) -> Level:
    """Return the level to look at first: that of the rule that forbids, while nothing is sold.

    While units are sold, it is who keeps them from being owed, else who says that they may be.
    """
    if salable == 0:
        return _first(checks)
    if article.forbidden_by is not None:
        return article.forbidden_by
    terms = article.terms
    if terms is not None and not terms.allows_backorders and left(article.needs, pools).room:
        return Level.LISTING if terms.channel_allows else Level.CHANNEL
    tightest = min(counted, key=lambda need: _salable(need, pools))
    pool = pools[tightest.variant]
    if room == 0 and pool.limit_left:
        return Level.WAREHOUSE
    return pool.policy.decided_by


def _first(checks: Sequence[Check]) -> Level:
    return next((check.level for check in checks if check.forbids), Level.STORE)


def _salable(need: Need, pools: Mapping[int, Pool]) -> int:
    units = left([Need(need.variant, need.per_unit)], pools)
    return units.available + units.room


# --- why --------------------------------------------------------------------------------------


def checks_of(article: Article, pools: Mapping[int, Pool]) -> tuple[Check, ...]:
    """Return what each level says of one more unit, from what is asked first to the narrowest.

    When no unit is left to sell, at least one check forbids; the first of them is the reason.
    """
    counted = tracked(article.needs, pools)
    available = left(counted, pools).available
    return (
        *_channel_checks(article),
        *_bundle_checks(article, available=available),
        *(check for need in article.needs for check in _need_checks(article, need, pools)),
        *_apart_checks(counted, pools),
        *_listing_checks(article, available=available if counted else None),
    )


def _channel_checks(article: Article) -> Iterator[Check]:
    """Say whether the channel sells it at all."""
    terms = article.terms
    if terms is None:
        return
    if not terms.is_active:
        value = f"{terms.channel} is off"
        rule = "is_active"
        yield Check(Level.CHANNEL, rule, value, passed=False, leaves=0, place=terms.name)
    if terms.has_listings:
        word = "published" if terms.is_published else "not listed"
        passed = terms.is_published or article.is_sold_already
        leaves = None if passed else 0
        value = f"{word} in {terms.channel}"
        yield Check(Level.LISTING, "status", value, passed=passed, leaves=leaves, place=terms.name)


def _listing_checks(article: Article, *, available: int | None) -> Iterator[Check]:
    """Say whether units may be owed there; a switch that is off leaves what is available.

    `None`: units are not counted.
    """
    terms = article.terms
    if terms is None or not terms.has_listings or not terms.is_published:
        return
    for level, rule, allows in (
        (Level.CHANNEL, "allow_out_of_stock_purchases", terms.channel_allows),
        (Level.LISTING, "allow_backorder", terms.listing_allows),
    ):
        value = f"{'on' if allows else 'off'}, as published"
        leaves = None if allows else available
        yield Check(level, rule, value, passed=leaves != 0, leaves=leaves)


def _bundle_checks(article: Article, *, available: int) -> Iterator[Check]:
    """Say whether the bundle itself forbids that units are owed."""
    if not article.is_bundle:
        return
    level = article.forbidden_by
    leaves = None if level is None else available
    passed = leaves != 0
    if level is Level.MARKETPLACE:
        rule = "sellers_can_accept_backorders"
        yield Check(level, rule, "off", passed=passed, leaves=leaves)
    else:
        value = "as its components" if level is None else "no"
        level = level or Level.VARIANT
        yield Check(level, "bundle_backorders", value, passed=passed, leaves=leaves)


def _apart_checks(counted: Sequence[Need], pools: Mapping[int, Pool]) -> Iterator[Check]:
    """Say whether one warehouse can make a whole bundle."""
    if len(counted) < 2 and all(need.per_unit == 1 for need in counted):
        return
    whole = left(counted, pools)
    units = whole.available + whole.room
    yield Check(
        Level.WAREHOUSE,
        "whole_bundle",
        "one warehouse has all of it, or may owe it" if units else "no warehouse has all of it",
        passed=units > 0,
        leaves=None if whole.is_endless else units,
    )


def _need_checks(article: Article, need: Need, pools: Mapping[int, Pool]) -> Iterator[Check]:
    """Say what a variant, or a component with what makes it run short, lets be sold."""
    pool = pools[need.variant]
    checks = _variant_checks(need, pool)
    if not article.is_bundle:
        yield from checks
        return
    units = left([Need(need.variant)], pools)
    amount = "unlimited" if units.is_endless else str(units.available + units.room)
    enough = not pool.is_tracked or units.available + units.room >= need.per_unit
    value = f"{need.per_unit} in each bundle, {amount} salable"
    yield Check(
        Level.VARIANT,
        f"component {need.sku}",
        value,
        passed=enough,
        applies=False,
        sku=need.sku,
        leaves=None if units.is_endless else (units.available + units.room) // need.per_unit,
    )
    yield from (replace(check, sku=need.sku) for check in checks if check.limits)


def _variant_checks(need: Need, pool: Pool) -> Iterator[Check]:
    """Say what each level says of one variant, of which one more unit takes so many."""
    policy = pool.policy
    if not pool.is_tracked:
        yield Check(Level.VARIANT, "track_inventory", "off: always salable", passed=True)
        return
    there = pool.free // need.per_unit
    yield Check(Level.VARIANT, "track_inventory", "on", passed=True)
    yield _open_check(pool)
    yield from _mode_checks(policy, there=there)
    if policy.is_ahead_of_release and policy.inputs.release_date is not None:
        word = "allowed" if policy.inputs.allow_preorders else "not allowed"
        value = f"{policy.inputs.release_date.isoformat()}, pre-orders {word}"
        yield Check(Level.VARIANT, "release_date", value, passed=True, applies=False)
    yield _threshold_check(need, pool, there=there)
    for level in pool.stock.values():
        yield _place_check(level)
    yield _room_check(need, pool)


def _open_check(pool: Pool) -> Check:
    """Say whether any warehouse serves at all; one that does not is an alternative that lacks."""
    stock = pool.stock.values()
    count = sum(level.counts for level in stock)
    if count:
        value = f"{count} of {len(stock)} serve"
        return Check(Level.WAREHOUSE, "stock_status", value, passed=True)
    if any(level.is_open for level in stock):
        value = "set to out of stock in every warehouse"
        return Check(Level.WAREHOUSE, "stock_status", value, passed=False, leaves=0)
    if any(level.is_active for level in stock):
        value = "the channel ships from no warehouse that is active"
        return Check(Level.CHANNEL, "warehouses", value, passed=False, leaves=0)
    value = "no warehouse is active"
    return Check(Level.WAREHOUSE, "is_active", value, passed=False, leaves=0)


def _mode_checks(policy: BackorderPolicy, *, there: int) -> Iterator[Check]:
    """Say what each level says of backorders, and which of them decides."""
    inputs, gated = policy.inputs, is_gated(policy.inputs)
    if inputs.has_seller:
        value = "on" if inputs.sellers_can_accept_backorders else "off"
        leaves = there if gated else None
        rule = "sellers_can_accept_backorders"
        yield Check(Level.MARKETPLACE, rule, value, passed=leaves != 0, leaves=leaves)
    for level, settings in reversed(narrow_to_wide(inputs)):
        decides = not gated and level is policy.sources["backorders"]
        leaves = there if decides and not policy.may_owe else None
        yield Check(
            level,
            "backorders",
            settings.backorders,
            passed=leaves != 0,
            applies=decides,
            leaves=leaves,
        )


def _threshold_check(need: Need, pool: Pool, *, there: int) -> Check:
    """Say whether the limit is reached, or what is on the shelves is kept back."""
    policy = pool.policy
    level = policy.sources["out_of_stock_threshold"]
    limit = policy.backorder_limit
    leaves = None
    if limit is None:
        value = f"{policy.threshold}: no limit"
    elif limit:
        value = f"{policy.threshold}: {pool.owed} of {limit} owed"
        leaves = (pool.free + pool.limit_left) // need.per_unit
    else:
        shelf = sum(level.available for level in pool.stock.values())
        value = f"{policy.threshold}: {min(policy.safety_stock, shelf)} of {shelf} kept back"
        leaves = there if policy.safety_stock and shelf else None
    rule = "out_of_stock_threshold"
    return Check(level, rule, value, passed=leaves != 0, leaves=leaves)


def _room_check(need: Need, pool: Pool) -> Check:
    """Say whether the caps of the warehouses leave room; each is an alternative to the others.

    A warehouse without a cap ends where no column holds a larger number: that is no cap's fault.
    """
    room = sum(pool.room_at.values())
    level, rule, value = Level.WAREHOUSE, "backorder_threshold", f"room for {room}"
    leaves: int | None = (pool.free + room) // need.per_unit
    if pool.endless_at and room < MUCH:
        level, rule = Level.VARIANT, "quantity"
    elif pool.endless_at:
        value, leaves = "no cap", None
    if not pool.policy.may_owe:
        leaves = None
    return Check(level, rule, value, passed=leaves != 0, leaves=leaves)


def _place_check(level: StockAt) -> Check:
    """Say what one warehouse gives: it decides nothing, the others are alternatives."""
    leaves: int | None = 0
    if not level.is_active:
        value = "not active"
    elif not level.is_served:
        value = "not served by this channel"
    elif not level.in_stock:
        value = "set to out of stock"
    else:
        cap = "no cap" if level.backorder_threshold is None else f"cap {level.backorder_threshold}"
        value = f"{level.available} available, {level.on_backorder} on backorder, {cap}"
        leaves = None if level.room is None else level.available + level.room
    return Check(
        Level.WAREHOUSE,
        level.warehouse,
        value,
        passed=leaves != 0,
        applies=False,
        leaves=leaves,
        place=level.name,
    )
