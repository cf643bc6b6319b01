"""Applying a checked file: chunk by chunk, each with its checkpoint in one transaction.

The file is not read again. A worker that is killed loses nothing and doubles nothing: whoever takes
the job up goes on behind the checkpoint.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from inventory.errors import SpreadsheetRefused
from inventory.locks import lock_variant_versions
from inventory.models import ChangeSet, ChangeSetRow, Import, ImportRow, Variant
from inventory.models.columns import NEXT_VERSION
from inventory.models.spreadsheets import ImportKind, ImportState, Outcome
from inventory.sales_channels import sales_channels
from inventory.services.catalog import WAITED_FOR
from inventory.spreadsheets.bulk import CHANGE_COLUMNS, insert_rows
from inventory.spreadsheets.check import CHUNK, Progress
from inventory.spreadsheets.counts import book_counts
from inventory.spreadsheets.creation import Creator
from inventory.waiting_room import waiting_room

_PROGRESS = ("applied_through", "changed", "created", "errors", "change_set_id")
CHANGED_MEANWHILE = "Somebody changed it after the check. It was left alone: import it again."


def apply(source: Import, *, progress: Progress) -> None:
    """Write what the check found; rows that changed since are left alone and reported.

    :raises SpreadsheetRefused: it waits for no confirmation, or all or nothing cannot be had.
    """
    if source.state not in {ImportState.READY, ImportState.APPLYING}:
        raise SpreadsheetRefused("not_ready", "This import is not waiting to be applied.")
    if source.refused:
        raise SpreadsheetRefused(source.refused_code, source.refused)
    with transaction.atomic() if source.all_or_nothing else nullcontext():
        _begin(source)
        applier = _Applier(source)
        total = source.changed + source.created
        done = 0
        while applied := applier.next_chunk():
            done += applied
            progress(done, max(total, done))
        source.state = ImportState.DONE
        source.save(update_fields=["state"])


def _catch_up(source: Import) -> bool:
    """Lock an import and read how far it is; return whether another worker brought it further."""
    locked = Import.objects.select_for_update().get(pk=source.pk)
    moved = locked.applied_through != source.applied_through
    for name in _PROGRESS:
        setattr(source, name, getattr(locked, name))
    return moved


@transaction.atomic
def _begin(source: Import) -> None:
    _catch_up(source)
    if source.change_set_id is None and source.changed + source.created:
        kind = (
            ChangeSet.Kind.STOCK_COUNT
            if source.kind == ImportKind.STOCK_COUNT
            else ChangeSet.Kind.IMPORT
        )
        source.change_set = ChangeSet.objects.create(
            kind=kind, label=source.filename, by_id=source.created_by_id
        )
    source.state = ImportState.APPLYING
    source.save(update_fields=["change_set", "state"])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A checked row that is to be written. Rows that change alike share their `changes`."""

    pk: int
    number: int
    outcome: str
    key: str
    variant_id: int
    version: int
    text: str

    @property
    def changes(self) -> dict[str, Any]:
        """Return what changes; read it, do not change it."""
        return _loaded(self.text)


@lru_cache(maxsize=4_096)
def _loaded(text: str) -> dict[str, Any]:
    changes: dict[str, Any] = json.loads(text)
    return changes


@lru_cache(maxsize=4_096)
def _sides(text: str) -> tuple[str, str]:
    """Return what changed fields were and what they become, each as JSON."""
    changes = _loaded(text)
    before = {name: pair[0] for name, pair in changes.items()}
    return json.dumps(before), json.dumps({name: pair[1] for name, pair in changes.items()})


def _waiting(source: Import, *, after: int) -> list[Waiting]:
    rows = ImportRow.objects.filter(
        source=source, number__gt=after, outcome__in=(Outcome.CHANGE, Outcome.CREATE)
    ).order_by("number")
    columns = ("pk", "number", "outcome", "key", "variant_id", "version")
    text = Cast("changes", TextField())
    return [Waiting(*row) for row in rows.values_list(*columns, text)[:CHUNK]]


class _Applier:
    """Writes the chunks of one import, one after the other."""

    def __init__(self, source: Import) -> None:
        self.source = source
        self.creator = Creator(source)

    def next_chunk(self) -> int:
        """Write the next rows and move the checkpoint; return how many rows they were."""
        try:
            return self._next_chunk()
        except IntegrityError:  # somebody took a name at the same moment: now it is seen
            self.creator = Creator(self.source)
            return self._next_chunk()

    @transaction.atomic
    def _next_chunk(self) -> int:
        if _catch_up(self.source):
            self.creator = Creator(self.source)
        rows = _waiting(self.source, after=self.source.applied_through)
        if not rows:
            return 0
        conflicts = self._write(rows, at=timezone.now())
        if conflicts:
            self._report(conflicts)
        self.source.applied_through = rows[-1].number
        self.source.save(update_fields=["applied_through", "changed", "created", "errors"])
        return len(rows)

    def _write(self, rows: Sequence[Waiting], *, at: datetime) -> list[Waiting]:
        """Write rows of any kind; return those that changed since the check."""
        if self.source.kind == ImportKind.STOCK_COUNT:
            return book_counts(self.source, rows, at=at)
        changes = [row for row in rows if row.outcome == Outcome.CHANGE]
        created = [row for row in rows if row.outcome == Outcome.CREATE]
        conflicts = self._change(changes, at=at) if changes else []
        return conflicts + (self.creator.create(created, at=at) if created else [])

    def _change(self, rows: Sequence[Waiting], *, at: datetime) -> list[Waiting]:
        """Update variants, one statement for each distinct outcome."""
        versions = lock_variant_versions([row.variant_id for row in rows])
        good = [row for row in rows if versions.get(row.variant_id) == row.version]
        groups: dict[str, list[int]] = defaultdict(list)
        for row in good:
            groups[row.text].append(row.variant_id)
        for text, ids in groups.items():
            after = {name: pair[1] for name, pair in _loaded(text).items()}
            Variant.objects.filter(pk__in=ids).update(**after, version=NEXT_VERSION, updated_at=at)
            if WAITED_FOR & after.keys():
                waiting_room().follow(ids, at=at, by=str(self.source.created_by or "import"))
            sales_channels().salable_changed(ids)
        self._remember(good)
        return [row for row in rows if versions.get(row.variant_id) != row.version]

    def _remember(self, rows: Sequence[Waiting]) -> None:
        change_set = self.source.change_set_id
        insert_rows(
            ChangeSetRow,
            CHANGE_COLUMNS,
            (
                (change_set, "variant", row.variant_id, row.key, *_sides(row.text), row.version + 1)
                for row in rows
            ),
        )

    def _report(self, conflicts: Sequence[Waiting]) -> None:
        """Turn rows that could not be written into errors.

        :raises SpreadsheetRefused: all or nothing was asked for, so that nothing is written.
        """
        if self.source.all_or_nothing:
            raise SpreadsheetRefused(
                "changed_meanwhile",
                f"{len(conflicts)} rows changed after the check. Nothing was written: check again.",
            )
        for row in conflicts:
            if row.outcome == Outcome.CHANGE:
                self.source.changed -= 1
            else:
                self.source.created -= 1
            self.source.errors += 1
        error: dict[str, Any] = {"code": "changed_meanwhile", "column": "", "value": ""}
        ImportRow.objects.filter(pk__in=[row.pk for row in conflicts]).update(
            outcome=Outcome.ERROR,
            words=CHANGED_MEANWHILE,
            errors=[{**error, "message": CHANGED_MEANWHILE}],
        )
