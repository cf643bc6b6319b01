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

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from inventory.acts import Act
from inventory.availability import policy_inputs
from inventory.consequences import (
    Consequences,
    Moved,
    SettingChange,
    cut,
    leaves_no_room,
    opening_of,
    tracking_of,
)
from inventory.errors import NeedsConfirmation
from inventory.locks import lock_stock_levels, lock_variants
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

TRIED_ROWS = 200
TRIED_ORDERS = 1_000
"""Variants that change and orders that wait for them: more are not tried."""

MANY = 10_000
"""Keys that a statement names at most."""

_asked: ContextVar[list[Consequences] | None] = ContextVar("asked", default=None)


# --- asking -----------------------------------------------------------------------------------


def found(change: SettingChange) -> Consequences:
    """Return what a change does to open orders."""
    if not change:
        return Consequences()
    return waiting_room().consequences(change, today=timezone.localdate())


def found_of_rows(rows: Collection["RowChange"]) -> Consequences:
    """Return what many rows do to open orders when they are changed at one stroke.

    Whom it makes us write to is tried where few are concerned, and taken back; where many are, it
    is counted from above.
    """
    consequences = found(many_changed(rows))
    dated = [row for row in rows if row.moves_dates]
    if not dated:
        return consequences
    at_most = waiting_room().dates_anew([row.variant_id for row in dated])
    if len(dated) > TRIED_ROWS or sum(one.orders for one in at_most.each) > TRIED_ORDERS:
        return consequences.with_mails(at_most)
    return consequences.with_mails(_tried(dated)) if at_most else consequences


def ask_for_rows(rows: Collection["RowChange"]) -> None:
    """Refuse a change of many rows that touches open orders: nobody said yes to it.

    :raises NeedsConfirmation: with its consequences.
    """
    if consequences := found_of_rows(rows):
        raise NeedsConfirmation(consequences)


def _tried(rows: Collection["RowChange"]) -> Consequences:
    """Make what moves dates, see whom it makes us write to, and take it back."""
    with transaction.atomic(), waiting_room().watched(today=timezone.localdate()) as told:
        _make(rows)
        consequences = told()
        transaction.set_rollback(True)
    return consequences


def _make(rows: Collection["RowChange"]) -> None:
    act = Act.now()
    ids = sorted({row.variant_id for row in rows})
    lock_variants(ids)
    tracked = {
        row.variant_id: is_on for row in rows if (is_on := tracking_of(row.changes)) is not None
    }
    for is_on in set(tracked.values()):
        some = [pk for pk, one in tracked.items() if one == is_on]
        Variant.objects.filter(pk__in=some).update(track_inventory=is_on)
    opened = {
        (row.variant_id, place): is_open
        for row in rows
        for place, fields in row.levels.items()
        if (is_open := opening_of(fields)) is not None
    }
    levels = lock_stock_levels(variant_ids=ids, warehouse_ids={place for _pk, place in opened})
    for key, is_open in opened.items():
        level = levels.get(key) or StockLevel(variant_id=key[0], warehouse_id=key[1], version=0)
        level.in_stock = is_open
        level.save()
    if tracked:
        waiting_room().tracking_changed(sorted(tracked), act=act)
    waiting_room().follow(ids, act=act)


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
def one_question(*, confirm: bool) -> Iterator[None]:
    """Ask once for all that is changed inside; the transaction around it is given up for that.

    The change is made, and whom it makes us write to is seen in what became of it: so what is said
    is what is done.

    :raises NeedsConfirmation: with the consequences of all that is changed inside.
    """
    if confirm or _asked.get() is not None:
        yield
        return
    asked: list[Consequences] = []
    token = _asked.set(asked)
    try:
        with waiting_room().watched(today=timezone.localdate()) as told:
            yield
            consequences = Consequences.added(asked).with_mails(told())
    finally:
        _asked.reset(token)
    if consequences:
        raise NeedsConfirmation(consequences)


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
    """Return the same when a variant in one warehouse is saved so; untracked, it serves nobody."""
    key = frozenset({after.pk})
    closes = before.in_stock and not after.in_stock
    is_cut = leaves_no_room(
        owed=after.on_backorder,
        before=before.backorder_threshold,
        after=after.backorder_threshold,
    )
    if not (closes or is_cut) or not after.variant.track_inventory:
        return SettingChange()
    return SettingChange(
        no_room_here=key if is_cut else frozenset(),
        closed_levels=key if closes else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class RowChange:
    """What changes of one variant among many: fields with both sides, the same by warehouse."""

    variant_id: int
    changes: Mapping[str, Any]
    levels: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def moves_dates(self) -> bool:
        """Return whether open orders may ship on another day afterwards."""
        moved = [tracking_of(self.changes), *map(opening_of, self.levels.values())]
        return any(one is not None for one in moved)


def many_changed(rows: Collection[RowChange]) -> SettingChange:
    """Return the same for many variants, in a constant number of queries."""
    tracking = {row.variant_id: tracking_of(row.changes) for row in rows}
    counted = [row for row in rows if tracking[row.variant_id] is not False]
    closed, no_room_here = _levels_changed(counted)
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
        if opening_of(fields) is False:
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
