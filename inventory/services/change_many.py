"""Changing very many variants as their rows say: those that nobody touched since, set by set.

Import, bulk edit and undo all write here, so that who waits and who sells hears of it alike. Who
changes both variants and their warehouses does so inside `following_once`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.db import models

from inventory.acts import Act
from inventory.locks import lock_stock_levels, lock_variant_versions
from inventory.models import ChangeSetRow, StockLevel, Variant
from inventory.sales_channels import sales_channels
from inventory.services.catalog import SHOWN, SOLD_BY, WAITED_FOR
from inventory.services.history import CHANGE_COLUMNS
from inventory.services.on_behalf import still_theirs
from inventory.services.stock_changed import following_once, stock_changed, tracking_changed
from inventory.skus import sku_key
from inventory.sql import among, insert_rows, moment, run


class VariantChange(Protocol):
    """What changes of one variant."""

    @property
    def variant_id(self) -> int:
        """The primary key of the variant."""

    @property
    def key(self) -> str:
        """How people call it: its SKU or ID."""

    @property
    def version(self) -> int:
        """The version that was looked at when the change was decided."""

    @property
    def text(self) -> str:
        """Each field with what it was and what it becomes, as JSON: `{"backorders": ["no", …]}`."""


class LevelChange(VariantChange, Protocol):
    """What changes of one variant in one warehouse; version 0 was never touched.

    `key` names both, `version` and `text` are those of the stock level.
    """

    @property
    def warehouse_id(self) -> int:
        """The primary key of the warehouse."""


Change = TypeVar("Change", bound=VariantChange)
InLevel = TypeVar("InLevel", bound=LevelChange)


def change_variants(rows: Sequence[Change], *, change_set_id: int, act: Act) -> list[Change]:
    """Change variants, one statement for each distinct outcome, and record it in a change set.

    Return the rows that were left alone because somebody changed or deleted the variant since, or
    because it is not theirs any more who asked for the change.
    """
    versions = lock_variant_versions([row.variant_id for row in rows])
    theirs = still_theirs(versions, act=act)
    good = [
        row for row in rows if row.variant_id in theirs and versions[row.variant_id] == row.version
    ]
    groups: dict[str, list[int]] = defaultdict(list)
    for row in good:
        groups[row.text].append(row.variant_id)
    with following_once(act=act):
        for text, ids in groups.items():
            _write_variants(ids, loaded(text), act=act)
    insert_rows(
        ChangeSetRow,
        CHANGE_COLUMNS,
        (
            (change_set_id, "variant", row.variant_id, row.key, *_sides(row.text), row.version + 1)
            for row in good
        ),
    )
    written = {row.variant_id for row in good}
    return [row for row in rows if row.variant_id not in written]


def _write_variants(ids: Sequence[int], changes: Mapping[str, Any], *, act: Act) -> None:
    """Write variants that change alike, and tell whom it concerns."""
    after = {name: pair[1] for name, pair in changes.items()}
    derived = {"sku_key": sku_key(after["sku"])} if "sku" in after else {}
    _write(Variant, ids, {**after, **derived, "updated_at": moment(act.at)})
    if "track_inventory" in after:
        tracking_changed(ids, act=act)
    if SHOWN & after.keys():
        sales_channels().described_anew(ids)
    if SOLD_BY & after.keys():
        stock_changed(ids, act=act, serve=bool(WAITED_FOR & after.keys()))


def change_levels(rows: Sequence[InLevel], *, change_set_id: int, act: Act) -> list[InLevel]:
    """Change variants in warehouses in the same way; levels that are not there yet are made.

    Return the rows that were left alone because somebody changed the level, or deleted the
    variant, since.
    """
    good, levels = lock_unmoved_levels(rows)
    _make_levels([row for row in good if (row.variant_id, row.warehouse_id) not in levels], levels)
    groups: dict[str, list[int]] = defaultdict(list)
    for row in good:
        groups[row.text].append(levels[row.variant_id, row.warehouse_id].pk)
    for text, ids in groups.items():
        after = {name: pair[1] for name, pair in loaded(text).items()}
        _write(StockLevel, ids, after)
    insert_rows(
        ChangeSetRow,
        CHANGE_COLUMNS,
        (
            (
                *(change_set_id, "stocklevel", levels[row.variant_id, row.warehouse_id].pk),
                *(row.key, *_sides(row.text), row.version + 1),
            )
            for row in good
        ),
    )
    if variant_ids := sorted({row.variant_id for row in good}):
        stock_changed(variant_ids, act=act)
    written = {(row.variant_id, row.warehouse_id) for row in good}
    return [row for row in rows if (row.variant_id, row.warehouse_id) not in written]


def lock_unmoved_levels(
    rows: Sequence[InLevel],
) -> tuple[list[InLevel], dict[tuple[int, int], StockLevel]]:
    """Lock the variants of these rows, then their stock levels.

    Return the rows that nobody touched since, and the levels there are by variant and warehouse.
    """
    here = lock_variant_versions({row.variant_id for row in rows})
    levels = lock_stock_levels(
        variant_ids={row.variant_id for row in rows},
        warehouse_ids={row.warehouse_id for row in rows},
    )
    good = [
        row
        for row in rows
        if row.variant_id in here
        and row.version == _version(levels.get((row.variant_id, row.warehouse_id)))
    ]
    return good, levels


def _version(level: StockLevel | None) -> int:
    return 0 if level is None else level.version


def _make_levels(rows: Sequence[LevelChange], levels: dict[tuple[int, int], StockLevel]) -> None:
    """Make the stock levels of rows that have none; the variants are locked."""
    made = StockLevel.objects.bulk_create(
        [
            StockLevel(variant_id=row.variant_id, warehouse_id=row.warehouse_id, version=0)
            for row in rows
        ]
    )
    levels.update({(level.variant_id, level.warehouse_id): level for level in made})


def _write(model: type[models.Model], ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Set these fields of rows of a model, and count their versions up."""
    meta = model._meta  # noqa: SLF001
    where, parameters = among("id", ids)
    changes = ", ".join(f"{meta.get_field(name).column} = %s" for name in values)  # type: ignore[union-attr]
    sql = f"UPDATE {meta.db_table} SET {changes}, version = version + 1 WHERE {where}"  # noqa: S608
    run(sql, [*values.values(), *parameters])


@lru_cache(maxsize=4_096)
def loaded(text: str) -> dict[str, Any]:
    """Return the changes of a row; read them, do not change them."""
    changes: dict[str, Any] = json.loads(text)
    return changes


@lru_cache(maxsize=4_096)
def _sides(text: str) -> tuple[str, str]:
    """Return what changed fields were and what they become, each as JSON."""
    changes = loaded(text)
    before = {name: pair[0] for name, pair in changes.items()}
    return json.dumps(before), json.dumps({name: pair[1] for name, pair in changes.items()})
