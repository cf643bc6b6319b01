"""Putting back what was changed of variants, of their warehouses, and what was counted."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from inventory.models import BundleComponent, DeliveryTimeframe, StockLevel, Variant
from inventory.models.stock import MovementKind
from inventory.services.change_many import change_levels, change_variants
from inventory.services.movements import Note, locked_levels, record_movements
from inventory.services.undo_rows import (
    Change,
    Look,
    Undoing,
    User,
    Verdict,
    judge_by_version,
    remember,
    seen_by,
)


@dataclass(frozen=True, slots=True)
class BackVariant:
    """A variant that gets back what it was; `text` as `change_variants` reads it."""

    variant_id: int
    key: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class BackLevel:
    """The same of a variant in one warehouse."""

    variant_id: int
    warehouse_id: int
    key: str
    version: int
    text: str


def _back(change: Change) -> str:
    """Return each field with what it is and what it was."""
    before, after = change.before or {}, change.after or {}
    return json.dumps({name: [value, before.get(name)] for name, value in after.items()})


class VariantsChanged:
    """Settings of variants."""

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants themselves."""
        return [one.object_id for one in changes]

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Leave what somebody touched, and what names something that is gone.

        What the settings were was allowed: a variant may keep *Allow* while it is not tracked.
        """
        keys = [one.object_id for one in changes]
        rows = seen_by(Variant.objects.filter(pk__in=keys), look.user)
        now = {row["pk"]: row for row in rows.values("pk", "version", "track_inventory")}
        owed = _owed(keys)
        frames = _frames(changes)
        return judge_by_version(
            changes,
            {pk: row["version"] for pk, row in now.items()},
            lambda one: _judge_variant(one, now[one.object_id], owed.get(one.object_id, 0), frames),
        )

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Write what they were, as every other change of very many variants."""
        rows = [BackVariant(one.object_id, one.label, one.version, _back(one)) for one in changes]
        change_variants(rows, change_set_id=undoing.change_set.pk, act=undoing.act)


def _owed(variant_ids: Sequence[int]) -> dict[int, int]:
    rows = StockLevel.objects.filter(variant__in=variant_ids, on_backorder__gt=0).order_by()
    return dict(rows.values_list("variant").annotate(units=Sum("on_backorder")))


def _frames(changes: Sequence[Change]) -> set[Any]:
    """Return which of the delivery timeframes that come back are there."""
    keys: set[Any] = {(one.before or {}).get("delivery_timeframe") for one in changes} - {None}
    return set(DeliveryTimeframe.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _judge_variant(change: Change, now: Mapping[str, Any], owed: int, frames: set[Any]) -> Verdict:
    back = {**now, **(change.before or {})}
    if back.get("delivery_timeframe") not in {None, *frames}:
        words = _("The delivery timeframe that it had was deleted.")
        return Verdict(change, words, breaks_rule=True)
    threshold = back.get("out_of_stock_threshold")
    limit = -threshold if threshold is not None and threshold < 0 else None
    if back["track_inventory"] and limit is not None and owed > limit:
        words = _("It owes %(units)d units, more than the limit that comes back.")
        return Verdict(change, warning=words % {"units": owed})
    return Verdict(change)


class LevelsChanged:
    """Settings of variants in warehouses."""

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants of the stock levels."""
        return _variants_of(changes)

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Leave what somebody touched."""
        levels = _levels(changes, look.user)
        return judge_by_version(
            changes,
            {pk: level.version for pk, level in levels.items()},
            lambda one: _judge_level(one, levels[one.object_id]),
        )

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Write what they were."""
        levels = _levels(changes, None)
        rows = [
            BackLevel(
                variant_id=levels[one.object_id].variant_id,
                warehouse_id=levels[one.object_id].warehouse_id,
                key=one.label,
                version=one.version,
                text=_back(one),
            )
            for one in changes
        ]
        change_levels(rows, change_set_id=undoing.change_set.pk, act=undoing.act)


def _judge_level(change: Change, level: StockLevel) -> Verdict:
    cap = (change.before or {}).get("backorder_threshold")
    if cap is not None and level.on_backorder > cap:
        words = _("It owes %(units)d units, more than the limit that comes back.")
        return Verdict(change, warning=words % {"units": level.on_backorder})
    return Verdict(change)


class LevelsCounted:
    """On hand, as a stock count set it: put back by a correction, while nothing moved since."""

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants of the stock levels."""
        return _variants_of(changes)

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Leave what moved since, what is not counted any more, and what orders have."""
        levels = _levels(changes, look.user)
        variants = [level.variant_id for level in levels.values()]
        bundles = BundleComponent.objects.filter(bundle__in=variants)
        uncounted = set(bundles.values_list("bundle", flat=True)) | set(
            Variant.objects.filter(pk__in=variants, track_inventory=False).values_list(
                "pk", flat=True
            )
        )
        return [
            _judge_count(one, levels.get(one.object_id), uncounted=uncounted) for one in changes
        ]

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Append a correction for each, warehouse by warehouse."""
        by_place: dict[Any, list[tuple[Change, StockLevel]]] = defaultdict(list)
        for one, level in zip(changes, _in_order(changes), strict=True):
            by_place[level.warehouse].append((one, level))
        for place in sorted(by_place, key=lambda place: place.pk):
            rows = by_place[place]
            levels = locked_levels(
                variant_ids={level.variant_id for _one, level in rows}, warehouses=[place]
            )
            record_movements(
                {levels[level.variant_id, place.pk]: _difference(one) for one, level in rows},
                _note(undoing),
            )
        remember(undoing, [(one, one.after, one.before, one.version) for one in changes])


def _judge_count(change: Change, level: StockLevel | None, *, uncounted: set[int]) -> Verdict:
    before, after = (change.before or {})["on_hand"], (change.after or {})["on_hand"]
    if level is None:
        return Verdict(change, _("It is not there any more."))
    if level.on_hand != after:
        words = _("Its stock moved since: %(units)d on hand now.")
        return Verdict(change, words % {"units": level.on_hand})
    if level.variant_id in uncounted:
        return Verdict(change, _("Its stock is not counted any more."), breaks_rule=True)
    if before < level.allocated:
        words = _("%(units)d units of it are allocated to orders.")
        return Verdict(change, words % {"units": level.allocated}, breaks_rule=True)
    return Verdict(change)


def _difference(change: Change) -> int:
    return int((change.before or {})["on_hand"]) - int((change.after or {})["on_hand"])


def _note(undoing: Undoing) -> Note:
    what = undoing.change_set.label or str(undoing.change_set)
    return Note(
        MovementKind.CORRECTION,
        act=undoing.act,
        reference=f"undo {undoing.change_set.pk}",
        reason=what[:120],
    )


def _levels(changes: Sequence[Change], user: User | None) -> dict[int, StockLevel]:
    rows = StockLevel.objects.filter(pk__in=[one.object_id for one in changes])
    return {level.pk: level for level in seen_by(rows, user).select_related("warehouse")}


def _in_order(changes: Sequence[Change]) -> list[StockLevel]:
    levels = _levels(changes, None)
    return [levels[one.object_id] for one in changes]


def _variants_of(changes: Sequence[Change]) -> list[int]:
    rows = StockLevel.objects.filter(pk__in=[one.object_id for one in changes])
    return list(rows.values_list("variant", flat=True))
