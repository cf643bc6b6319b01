"""What a change of settings does to open orders, found out before it is made, and asked once.

A use case says what changes; without a yes it is refused with the consequences, and nothing is
written (`NeedsConfirmation`). Who keeps the orders counts them (`inventory.waiting_room`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from inventory.availability import policy_inputs
from inventory.consequences import (
    Consequences,
    Moved,
    SettingChange,
    cut,
    leaves_no_room,
    tracking_of,
)
from inventory.errors import NeedsConfirmation
from inventory.models import BundleComponent, Product, StockLevel, StoreSettings, Variant
from inventory.policy import bundle_forbidden_by, effective_policy
from inventory.waiting_room import waiting_room

LIMITED_BY = frozenset(
    {
        *("backorders", "out_of_stock_threshold", "track_inventory", "release_date"),
        *("allow_preorders", "seller", "sellers_can_accept_backorders"),
    }
)
"""Fields, of any level, that a variant's backorder limit comes from."""

MANY = 10_000
"""Keys that a statement names at most."""

_asked: ContextVar[list[Consequences] | None] = ContextVar("asked", default=None)


# --- asking -----------------------------------------------------------------------------------


def found(change: SettingChange) -> Consequences:
    """Return what a change does to open orders."""
    if not change:
        return Consequences()
    return waiting_room().consequences(change, today=timezone.localdate())


def found_by_variant(rows: Collection["RowChange"]) -> dict[int, Consequences]:
    """Return what a few rows do to open orders, by variant, in a constant number of queries."""
    change = many_changed(rows)
    return waiting_room().consequences_by_variant(change) if change else {}


def ask(change: SettingChange, *, confirm: bool) -> None:
    """Refuse a change that touches open orders, unless somebody said yes to it.

    :raises NeedsConfirmation: with its consequences; in `one_question` with those of all changes.
    """
    if confirm or not (consequences := found(change)):
        return
    asked = _asked.get()
    if asked is None:
        raise NeedsConfirmation(consequences)
    asked.append(consequences)


@contextmanager
def one_question() -> Iterator[None]:
    """Ask once for all that is changed inside; the transaction around it is given up for that.

    :raises NeedsConfirmation: with the consequences of all that is changed inside.
    """
    if _asked.get() is not None:
        yield
        return
    asked: list[Consequences] = []
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)
    if asked:
        raise NeedsConfirmation(Consequences.added(asked))


# --- what changes -----------------------------------------------------------------------------


def variant_changed(before: Variant, after: Variant) -> SettingChange:
    """Return what becomes of open orders when one variant is saved so; both have their product."""
    key = frozenset({after.pk})
    off = before.track_inventory and not after.track_inventory
    on = after.track_inventory and not before.track_inventory
    dates = {}
    if before.release_date != after.release_date:
        dates = {after.pk: Moved(before.release_date, after.release_date)}
    settings = StoreSettings.load()
    return SettingChange(
        untracked=key if off else frozenset(),
        tracked=key if on else frozenset(),
        no_room=_cut([(before, after)], settings, settings),
        release_dates=dates,
    )


def product_changed(before: Product, after: Product) -> SettingChange:
    """Return the same when a product is saved so, for the variants that use its settings."""
    names = ("backorders", "out_of_stock_threshold", "seller_id")
    if all(getattr(before, name) == getattr(after, name) for name in names):
        return SettingChange()
    settings = StoreSettings.load()
    pairs = []
    for variant in Variant.objects.filter(product=after.pk):
        was, is_now = copy(variant), copy(variant)
        was.product, is_now.product = before, after
        pairs.append((was, is_now))
    return SettingChange(no_room=_cut(pairs, settings, settings))


def store_changed(before: StoreSettings, after: StoreSettings) -> SettingChange:
    """Return the same when the store's settings are saved so: of all variants that owe units."""
    names = ("backorders", "out_of_stock_threshold", "sellers_can_accept_backorders")
    if all(getattr(before, name) == getattr(after, name) for name in names):
        return SettingChange()
    owing = StockLevel.objects.filter(on_backorder__gt=0)
    rows = Variant.objects.for_policy().filter(pk__in=owing.values("variant"))
    pairs = [(variant, variant) for variant in rows]
    return SettingChange(no_room=_cut(pairs, before, after, owed=_owed(None)))


def level_changed(before: StockLevel, after: StockLevel) -> SettingChange:
    """Return the same when a variant in one warehouse is saved so."""
    key = frozenset({after.pk})
    is_cut = leaves_no_room(
        owed=after.on_backorder,
        before=before.backorder_threshold,
        after=after.backorder_threshold,
    )
    return SettingChange(
        no_room_here=key if is_cut else frozenset(),
        closed_levels=key if before.in_stock and not after.in_stock else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class RowChange:
    """What changes of one variant among many: fields with both sides, the same by warehouse."""

    variant_id: int
    changes: Mapping[str, Any]
    levels: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def many_changed(rows: Collection[RowChange]) -> SettingChange:
    """Return the same for many variants, in a constant number of queries."""
    tracking = {row.variant_id: tracking_of(row.changes) for row in rows}
    closed, no_room_here = _levels_changed(rows)
    return SettingChange(
        untracked=frozenset(pk for pk, on in tracking.items() if on is False),
        tracked=frozenset(pk for pk, on in tracking.items() if on is True),
        no_room=_many_cut(rows),
        no_room_here=no_room_here,
        closed_levels=closed,
    )


def _many_cut(rows: Collection[RowChange]) -> frozenset[int]:
    changes = {row.variant_id: row.changes for row in rows if LIMITED_BY & row.changes.keys()}
    settings = StoreSettings.load()
    pairs = []
    for variant in _some(Variant.objects.for_policy(), "pk", changes):
        was, is_now = copy(variant), copy(variant)
        for name in LIMITED_BY & changes[variant.pk].keys():
            before, after = changes[variant.pk][name]
            setattr(was, name, before)
            setattr(is_now, name, after)
        pairs.append((was, is_now))
    return _cut(pairs, settings, settings)


def _levels_changed(rows: Collection[RowChange]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the stock levels that are closed, and those whose cap is lowered to what they owe."""
    changes = {
        (row.variant_id, place): fields for row in rows for place, fields in row.levels.items()
    }
    closed, no_room = set(), set()
    levels = StockLevel.objects.filter(Q(on_backorder__gt=0) | Q(allocated__gt=0))
    for level in _some(levels, "variant", {variant for variant, _place in changes}):
        fields = changes.get((level.variant_id, level.warehouse_id), {})
        if fields.get("in_stock", [True, True]) == [True, False]:
            closed.add(level.pk)
        before, after = fields.get("backorder_threshold", [None, None])
        if leaves_no_room(owed=level.on_backorder, before=before, after=after):
            no_room.add(level.pk)
    return frozenset(closed), frozenset(no_room)


def _some(rows: Any, name: str, keys: Collection[int]) -> Any:
    """Return the rows with one of these keys; of very many, all are read and some are kept."""
    if len(keys) <= MANY:
        return rows.filter(**{f"{name}__in": list(keys)})
    attribute = "pk" if name == "pk" else f"{name}_id"
    return (row for row in rows.iterator() if getattr(row, attribute) in keys)


# --- limits -----------------------------------------------------------------------------------


def _cut(
    pairs: Iterable[tuple[Variant, Variant]],
    before: StoreSettings,
    after: StoreSettings,
    *,
    owed: Mapping[int, int] | None = None,
) -> frozenset[int]:
    """Return the variants whose limit is lowered to what they owe; each as it was, and as it is.

    A bundle owes nothing itself: one that forbids backorders from now on is among them.
    """
    today = timezone.localdate()
    states = {is_now.pk: (was, is_now) for was, is_now in pairs}
    if not states:
        return frozenset()

    def limits(key: int) -> tuple[int | None, int | None]:
        was, is_now = states[key]
        return (
            effective_policy(policy_inputs(was, before), today=today).backorder_limit,
            effective_policy(policy_inputs(is_now, after), today=today).backorder_limit,
        )

    if owed is None:
        owed = _owed(states.keys())
    known = {key: units for key, units in owed.items() if key in states}
    newly_forbidden = {
        key
        for key, (was, is_now) in states.items()
        if bundle_forbidden_by(policy_inputs(is_now, after))
        and not bundle_forbidden_by(policy_inputs(was, before))
    }
    return cut(known, limits) | _bundles(newly_forbidden)


def _owed(variant_ids: Collection[int] | None) -> dict[int, int]:
    """Return the units that these variants owe, or all; `None` are all."""
    rows = StockLevel.objects.filter(on_backorder__gt=0)
    if variant_ids is not None and len(variant_ids) <= MANY:
        rows = rows.filter(variant__in=list(variant_ids))
    return dict(rows.order_by().values_list("variant").annotate(units=Sum("on_backorder")))


def _bundles(variant_ids: Collection[int]) -> frozenset[int]:
    rows = BundleComponent.objects.order_by().values_list("bundle", flat=True).distinct()
    if len(variant_ids) <= MANY:
        rows = rows.filter(bundle__in=list(variant_ids))
    return frozenset(variant_ids) & frozenset(rows) if variant_ids else frozenset()
