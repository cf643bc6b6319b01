"""Which variants a bulk edit is about, and what becomes of each: read and kept chunk by chunk."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from inventory.bulk_rules import LEVEL_FIELDS, Decision, LevelNow, VariantNow, decide, widened
from inventory.errors import InventoryError
from inventory.filters import VariantFilter, listed
from inventory.models import (
    BulkEdit,
    BulkEditItem,
    BundleComponent,
    StockLevel,
    StoreSettings,
    Variant,
)
from inventory.policy import LevelSettings
from inventory.sql import insert_rows

CHUNK = 2_000

_COLUMNS = (
    *("pk", "version", "track_inventory", "backorders", "out_of_stock_threshold"),
    *("notify_below", "only_x_left_threshold", "max_per_order", "delivery_timeframe"),
    *("product__backorders", "product__out_of_stock_threshold", "product__notify_below"),
    *("product__only_x_left_threshold", "product__max_per_order", "product__delivery_timeframe"),
)
_ITEM_COLUMNS = ("edit_id", "variant_id", "version", "outcome", "changes", "levels", "words")
Outcome = BulkEditItem.Outcome


class Choice:
    """The chosen variants, among those that the user who began the bulk edit may see."""

    def __init__(self, edit: BulkEdit) -> None:
        self.ids: list[int] | None = edit.chosen.get("ids")
        self.variants = _visible(edit)
        if "filter" in edit.chosen:
            self.variants = VariantFilter(edit.chosen["filter"], queryset=self.variants).qs
        elif self.ids is None:
            self.variants = listed(self.variants, edit.chosen["list"])
        if but := edit.chosen.get("but"):
            self.variants = self.variants.exclude(pk__in=but)

    def count(self, *, most: int) -> int:
        """Return how many variants are chosen, `most` at most."""
        if self.ids is None:
            return int(self.variants.order_by()[:most].count())
        return sum(self.variants.filter(pk__in=part).count() for part in self._parts())

    def chunks(self, *, after: int = 0) -> Iterator[QuerySet[Variant]]:
        """Yield the variants behind this primary key, some thousand at a time, in its order."""
        if self.ids is not None:
            for part in self._parts(after=after):
                yield self.variants.filter(pk__in=part).order_by("pk")
            return
        while keys := self._keys(after):
            yield Variant.objects.filter(pk__in=keys).order_by("pk")
            after = keys[-1]

    def _keys(self, after: int) -> list[int]:
        rows = self.variants.filter(pk__gt=after).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:CHUNK])

    def _parts(self, *, after: int = 0) -> Iterator[list[int]]:
        ids = self.ids or []
        for start in range(bisect_right(ids, after), len(ids), CHUNK):
            yield ids[start : start + CHUNK]


def _visible(edit: BulkEdit) -> Any:
    """Return what the user who began it may see.

    :raises InventoryError: that user was deleted meanwhile.
    """
    if edit.created_by_id is not None:
        user = get_user_model().objects.get(pk=edit.created_by_id)
        return Variant.objects.visible_to(user)
    if edit.job_id is not None:
        raise InventoryError("The user who began this bulk edit was deleted.")
    return Variant.objects.all()


class Decider:
    """Decides about variants as they are read; those that are alike share a decision."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self.wish = None if "wish" not in asked else wish_of(asked["wish"])
        self.wishes = {int(key): wish_of(wish) for key, wish in asked.get("wishes", {}).items()}
        self.settings = StoreSettings.load()
        self.places = sorted(
            {place for wish in self.all_wishes() for place in wish.get("levels", ())}
        )
        self._alike = lru_cache(maxsize=4_096)(self._decide)

    def all_wishes(self) -> list[dict[str, Any]]:
        """Return every wish there is."""
        return [*self.wishes.values(), *([self.wish] if self.wish is not None else [])]

    def decide(self, variants: QuerySet[Variant]) -> Iterator[tuple[int, int, Decision]]:
        """Yield for each variant its key, its version, and what becomes of it."""
        rows = list(variants.values_list(*_COLUMNS))
        keys = [row[0] for row in rows]
        levels = self._levels(keys)
        bundles = self._bundles(keys)
        for pk, version, *values in rows:
            key = pk if self.wish is None else 0
            here = tuple(levels.get(pk, ()))
            yield pk, version, self._alike(key, tuple(values), pk in bundles, here)

    def now(self, variants: QuerySet[Variant]) -> dict[int, VariantNow]:
        """Return these variants as the rule reads them, by primary key."""
        rows = list(variants.values_list(*_COLUMNS))
        return {row[0]: self._now(row[2:], is_bundle=False, levels=()) for row in rows}

    def _decide(
        self,
        key: int,
        values: tuple[Any, ...],
        is_bundle: bool,  # noqa: FBT001 -- part of what is remembered
        levels: tuple[LevelNow, ...],
    ) -> Decision:
        wish = self.wishes.get(key, {}) if self.wish is None else self.wish
        return decide(wish, self._now(values, is_bundle=is_bundle, levels=levels))

    def _now(
        self, values: Sequence[Any], *, is_bundle: bool, levels: tuple[LevelNow, ...]
    ) -> VariantNow:
        (tracked, *own), frame, (*product, product_frame) = values[:6], values[6], values[7:]
        return VariantNow(
            track_inventory=tracked,
            own=LevelSettings(*own),
            wider=widened(LevelSettings(*product), self.settings.settings),
            delivery_timeframe=frame,
            wider_timeframe=product_frame or self.settings.delivery_timeframe_id,
            is_bundle=is_bundle,
            levels=levels,
        )

    def _levels(self, keys: Sequence[int]) -> dict[int, list[LevelNow]]:
        found: dict[int, list[LevelNow]] = defaultdict(list)
        if not self.places:
            return found
        rows = StockLevel.objects.filter(variant__in=keys, warehouse__in=self.places).order_by("pk")
        for variant_id, *level in rows.values_list(
            "variant", "warehouse", "version", *LEVEL_FIELDS
        ):
            found[variant_id].append(LevelNow(*level))
        return found

    def _bundles(self, keys: Sequence[int]) -> set[int]:
        if not self.places:
            return set()
        rows = BundleComponent.objects.filter(bundle__in=keys)
        return set(rows.values_list("bundle", flat=True))


def wish_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wish as it is kept in JSON: there the keys of warehouses are texts."""
    wish = dict(kept)
    if "levels" in wish:
        wish["levels"] = {int(key): place for key, place in wish["levels"].items()}
    return wish


def take_down(edit: BulkEdit, decisions: Sequence[tuple[int, int, Decision]]) -> None:
    """Keep what becomes of some variants; the counts of the bulk edit follow, unsaved."""
    edit.changing += sum(bool(one.changes or one.levels) for _key, _version, one in decisions)
    edit.refused += sum(bool(one.reason) for _key, _version, one in decisions)
    insert_rows(
        BulkEditItem,
        _ITEM_COLUMNS,
        (
            (edit.pk, key, version, *_kept(decision.changes, decision))
            for key, version, decision in decisions
        ),
    )


def _kept(changes: Mapping[str, Any], decision: Decision) -> tuple[str, str, str, str]:
    levels = {
        place: {"version": version, "changes": changed}
        for place, (version, changed) in decision.levels.items()
    }
    return (
        outcome_of(decision).value,
        json.dumps(changes) if changes else "{}",
        json.dumps(levels) if levels else "{}",
        decision.reason,
    )


def outcome_of(decision: Decision) -> Outcome:
    """Return which of the outcomes a decision is; that of changes is decided when it is written."""
    if decision.reason:
        return Outcome.REFUSED
    return Outcome.CHANGE if decision.changes or decision.levels else Outcome.UNCHANGED
