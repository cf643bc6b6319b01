"""Writing what was taken down of a bulk edit: rows that nobody touched since, set by set."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from inventory.acts import Act, act_for
from inventory.locks import lock_variant_versions
from inventory.models import BulkEdit, BulkEditItem, Warehouse
from inventory.services.bulk_choice import CHUNK, Decider
from inventory.services.change_many import change_levels, change_variants, lock_unmoved_levels
from inventory.services.on_behalf import still_may, still_theirs, was_asked_for
from inventory.services.stock_changed import following_once

CHANGED_MEANWHILE = "Somebody changed it after the preview. It was left alone."
Outcome = BulkEditItem.Outcome


@dataclass(frozen=True, slots=True)
class Waiting:
    """A variant that is to be written; `text` and `levels` are JSON."""

    pk: int
    variant_id: int
    key: str
    version: int
    text: str
    levels: str

    @property
    def changes_itself(self) -> bool:
        """Return whether the variant's own fields change, not only those in warehouses."""
        return self.text != "{}"


@dataclass(frozen=True, slots=True)
class WaitingLevel:
    """One of its stock levels that is to be written."""

    variant_id: int
    warehouse_id: int
    key: str
    version: int
    text: str


def write_chunk(edit: BulkEdit, *, at: datetime) -> int:
    """Write the next variants and move the checkpoint; the bulk edit is locked.

    What somebody changed since the preview is left as it is, and reported. Return how many
    variants were looked at, 0 when there are no more.

    :raises NotAllowedAnyMore: whoever asked for it may not do it by now.
    """
    rows = _waiting(edit)
    if not rows:
        return 0
    _refuse_if_not_allowed(edit)
    left = _write(edit, rows, at=at)
    BulkEditItem.objects.filter(pk__in=[row.pk for row in left]).update(
        outcome=Outcome.SKIPPED, words=CHANGED_MEANWHILE
    )
    edit.through = rows[-1].pk
    edit.skipped += len(left)
    edit.changed += len(rows) - len(left)
    edit.save(update_fields=["through", "skipped", "changed"])
    return len(rows)


def _refuse_if_not_allowed(edit: BulkEdit) -> None:
    if not was_asked_for(edit.created_by_id, edit.change_set):
        return
    still_may(edit.created_by_id, "inventory.change_variant")
    if any("levels" in wish for wish in Decider(edit.asked).all_wishes()):
        still_may(edit.created_by_id, "inventory.change_stocklevel")


def _waiting(edit: BulkEdit) -> list[Waiting]:
    items = BulkEditItem.objects.filter(edit=edit, outcome=Outcome.CHANGE, pk__gt=edit.through)
    rows = items.order_by("pk").values_list(
        *("pk", "variant_id", "variant__sku", "version"),
        Cast("changes", TextField()),
        Cast("levels", TextField()),
    )
    return [Waiting(*row) for row in rows[:CHUNK]]


def _write(edit: BulkEdit, rows: Sequence[Waiting], *, at: datetime) -> list[Waiting]:
    """Write some variants; return those that were left alone."""
    change_set_id = int(edit.change_set_id or 0)
    act = act_for(edit.created_by, instead="bulk edit", at=at)
    levels = _levels(rows)
    moved = _moved(rows, levels, act=act) if levels else set()
    own = [row for row in rows if row.changes_itself and row.variant_id not in moved]
    with following_once(act=act):
        left = change_variants(own, change_set_id=change_set_id, act=act)
        moved |= {row.variant_id for row in left}
        good = [level for level in levels if level.variant_id not in moved]
        if good:
            change_levels(good, change_set_id=change_set_id, act=act)
    return [row for row in rows if row.variant_id in moved]


def _levels(rows: Sequence[Waiting]) -> list[WaitingLevel]:
    kept = {row.variant_id: json.loads(row.levels) for row in rows if row.levels != "{}"}
    if not kept:
        return []
    codes = dict(Warehouse.objects.values_list("pk", "code"))
    return [
        WaitingLevel(
            variant_id=row.variant_id,
            warehouse_id=int(key),
            key=f"{row.key} @ {codes[int(key)]}",
            version=level["version"],
            text=json.dumps(level["changes"]),
        )
        for row in rows
        for key, level in kept.get(row.variant_id, {}).items()
    ]


def _moved(rows: Sequence[Waiting], levels: Sequence[WaitingLevel], *, act: Act) -> set[int]:
    """Lock all these variants and levels, lowest key first; return the variants that moved.

    A variant is changed with all its warehouses or not at all. One that is another's has moved,
    too.
    """
    versions = lock_variant_versions([row.variant_id for row in rows])
    unmoved, _found = lock_unmoved_levels(levels)
    stale = {(one.variant_id, one.warehouse_id) for one in levels} - {
        (one.variant_id, one.warehouse_id) for one in unmoved
    }
    theirs = still_theirs(versions, act=act)
    moved = {
        row.variant_id
        for row in rows
        if row.variant_id not in theirs or versions[row.variant_id] != row.version
    }
    return moved | {variant_id for variant_id, _warehouse in stale}
