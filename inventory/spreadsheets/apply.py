"""Applying a checked file: chunk by chunk, each with its checkpoint in one transaction.

The file is not read again. A worker that is killed loses nothing and doubles nothing: whoever takes
the job up goes on behind the checkpoint.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from inventory.acts import Act, act_for
from inventory.errors import SpreadsheetRefused
from inventory.models import ChangeSet, Import, ImportRow, Job
from inventory.models.spreadsheets import ImportKind, ImportState, Outcome
from inventory.models.work import JobState
from inventory.services.change_many import change_variants, loaded
from inventory.services.history import open_change_set
from inventory.services.jobs import end_job, keep
from inventory.spreadsheets.check import CHUNK, Progress, lock_import
from inventory.spreadsheets.consequences import about_to_be, note_done
from inventory.spreadsheets.counts import book_counts
from inventory.spreadsheets.creation import Creator
from inventory.spreadsheets.rights import refuse_if_not_allowed
from inventory.waiting_room import waiting_room

_PROGRESS = ("applied_through", "changed", "created", "errors", "change_set_id", "created_by_id")
CHANGED_MEANWHILE = "Somebody changed it after the check. It was left alone: import it again."


def apply(source: Import, *, progress: Progress, job: Job | None = None) -> None:
    """Write what the check found; rows that changed since are left alone and reported.

    :raises SpreadsheetRefused: it waits for no confirmation, all or nothing cannot be had, or who
        handed it in may not do it any more.
    :raises LeaseLost: another worker has the job, or it has ended.
    """
    _refuse_unless_waiting(source)
    if source.refused:
        raise SpreadsheetRefused(source.refused_code, source.refused)
    with transaction.atomic() if source.all_or_nothing else nullcontext():
        _begin(source, job)
        applier = _Applier(source, job)
        total = source.changed + source.created
        done = total - _waiting(source, after=source.applied_through).count()
        while applied := applier.next_chunk():
            done += applied
            progress(done, max(total, done))
        _end(source, job)


def _refuse_unless_waiting(source: Import) -> None:
    if source.state not in {ImportState.READY, ImportState.APPLYING}:
        raise SpreadsheetRefused("not_ready", "This import is not waiting to be applied.")


def _catch_up(source: Import) -> bool:
    """Lock an import and read how far it is; return whether another worker brought it further."""
    locked = lock_import(source)
    moved = locked.applied_through != source.applied_through
    for name in _PROGRESS:
        setattr(source, name, getattr(locked, name))
    return moved


@transaction.atomic
def _begin(source: Import, job: Job | None) -> None:
    _refuse_unless_waiting(lock_import(source))
    _catch_up(source)
    refuse_if_not_allowed(source)
    if source.change_set_id is None and source.changed + source.created:
        kind = (
            ChangeSet.Kind.STOCK_COUNT
            if source.kind == ImportKind.STOCK_COUNT
            else ChangeSet.Kind.IMPORT
        )
        source.change_set = open_change_set(kind, act=act_of(source), label=source.filename)
    source.state = ImportState.APPLYING
    source.save(update_fields=["change_set", "state"])
    _keep(source, job)


@transaction.atomic
def _end(source: Import, job: Job | None) -> None:
    """Say that everything is written, of the import and of its job at one stroke."""
    lock_import(source)
    source.state = ImportState.DONE
    source.save(update_fields=["state"])
    end_job(job, state=JobState.DONE, at=timezone.now())


def _keep(source: Import, job: Job | None) -> None:
    """Make sure that the job still is this worker's.

    What is written at one stroke is made sure of at its end: until then its job can be canceled.
    """
    if not source.all_or_nothing:
        keep(job)


def act_of(source: Import) -> Act:
    """Return what an import does now, for whoever handed it in."""
    return act_for(source.created_by, instead="import", at=timezone.now())


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
        return loaded(self.text)


def _waiting(source: Import, *, after: int) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(
        source=source, number__gt=after, outcome__in=(Outcome.CHANGE, Outcome.CREATE)
    )


def _next_rows(source: Import) -> list[Waiting]:
    rows = _waiting(source, after=source.applied_through).order_by("number")
    columns = ("pk", "number", "outcome", "key", "variant_id", "version")
    text = Cast("changes", TextField())
    return [Waiting(*row) for row in rows.values_list(*columns, text)[:CHUNK]]


class _Applier:
    """Writes the chunks of one import, one after the other."""

    def __init__(self, source: Import, job: Job | None) -> None:
        self.source = source
        self.job = job
        self.creator = Creator(source)
        is_count = source.kind == ImportKind.STOCK_COUNT
        self.taken = set() if is_count else waiting_room().taken(None)

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
        rows = _next_rows(self.source)
        if not rows:
            return 0
        refuse_if_not_allowed(self.source)
        conflicts = self._write(rows, act=act_of(self.source))
        if conflicts:
            self._report(conflicts)
        self.source.applied_through = rows[-1].number
        self.source.save(update_fields=["applied_through", "changed", "created", "errors"])
        _keep(self.source, self.job)
        return len(rows)

    def _write(self, rows: Sequence[Waiting], *, act: Act) -> list[Waiting]:
        """Write rows of any kind; return those that changed since the check."""
        if self.source.kind == ImportKind.STOCK_COUNT:
            return book_counts(self.source, rows, act=act)
        changes = [row for row in rows if row.outcome == Outcome.CHANGE]
        created = [row for row in rows if row.outcome == Outcome.CREATE]
        conflicts: list[Waiting] = []
        if changes:
            conflicts = self._change(changes, act=act)
        return conflicts + (self.creator.create(created, act=act) if created else [])

    def _change(self, rows: Sequence[Waiting], *, act: Act) -> list[Waiting]:
        """Change variants, and keep what that did to open orders; return those left alone."""
        touched = self.taken.intersection(row.variant_id for row in rows)
        keys = [row.pk for row in rows if row.variant_id in touched]
        found = about_to_be(keys, taken=touched) if keys else {}
        conflicts = change_variants(
            rows, change_set_id=int(self.source.change_set_id or 0), act=act
        )
        left = {row.pk for row in conflicts}
        if done := {key: one for key, one in found.items() if key not in left}:
            note_done(done)
        return conflicts

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
