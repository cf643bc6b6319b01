"""Imports from the outside: handing a file in, checking and applying it as jobs, its report."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from inventory.errors import SpreadsheetRefused
from inventory.models import Import, ImportRow, Job
from inventory.models.spreadsheets import ImportKind, ImportMode, ImportState, Outcome
from inventory.services.jobs import JobCanceled, note_progress, report_progress
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.check import Progress, check, lock_import


def hand_in(
    file: BinaryIO,
    *,
    filename: str,
    user: AbstractBaseUser | None,
    kind: ImportKind = ImportKind.VARIANTS,
    mode: ImportMode = ImportMode.UPDATE,
    all_or_nothing: bool = False,
    confirm_titles: bool = False,
) -> Import:
    """Keep a file with what it may do; nothing is read yet."""
    source = Import(
        kind=kind,
        mode=mode,
        all_or_nothing=all_or_nothing,
        confirm_titles=confirm_titles,
        filename=_shown(filename),
        created_by_id=None if user is None else user.pk,
    )
    source.file.save("upload", File(file), save=False)
    source.save()
    return source


def _shown(filename: str) -> str:
    """Return a file's name as it can be shown: one line, no path."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in name if letter.isprintable())[:250] or "file"


def begin_to_apply(source: Import, *, start: Callable[[Import], Job]) -> None:
    """Have what the preview shows written; pressed twice, it is done once."""
    with transaction.atomic():
        locked = lock_import(source)
        if locked.state == ImportState.READY and not locked.refused:
            locked.state = ImportState.APPLYING
            _launch(locked, start, ["state"])


def check_again(
    source: Import,
    *,
    start: Callable[[Import], Job],
    mapping: Mapping[str, Any] | None = None,
    confirm_titles: bool = False,
    turn_tracking_on: bool = False,
) -> None:
    """Check the same file once more, with an answer to what it was refused for.

    One that is being checked or written, or was written meanwhile, is left alone.
    """
    with transaction.atomic():
        locked = lock_import(source)
        if locked.state not in {ImportState.REFUSED, ImportState.READY} or locked.change_set_id:
            return
        if mapping is not None:
            locked.mapping = dict(mapping)
        locked.confirm_titles |= confirm_titles
        locked.turn_tracking_on |= turn_tracking_on
        locked.refused = locked.refused_code = ""
        locked.state = ImportState.CHECKING
        _launch(locked, start, [*_ASKED, "refused", "refused_code", "state"])


def _launch(locked: Import, start: Callable[[Import], Job], changed: Sequence[str]) -> None:
    """Save what is asked of an import, and start a job for it: no earlier one is its any more."""
    locked.job = None
    locked.save(update_fields=[*changed, "job"])
    locked.job = start(locked)
    locked.save(update_fields=["job"])


def throw_away(source: Import) -> bool:
    """Forget a preview; return whether there was one: what was begun goes on."""
    waiting = Import.objects.filter(pk=source.pk, state=ImportState.READY)
    return bool(waiting.update(state=ImportState.CANCELED))


def check_import(job: Job) -> None:
    """Check a file, as a job."""
    check(_import_of(job), progress=_progress(job), job=job)


def apply_import(job: Job) -> None:
    """Apply a checked file, as a job; one that was written already is done."""
    source = _import_of(job)
    if source.state != ImportState.DONE:
        progress = _noted(job) if source.all_or_nothing else _progress(job)
        apply(source, progress=progress, job=job)


def end_import(job: Job, error: Exception) -> None:
    """Say of an import that its job was canceled, or refused; what was written stays."""
    rows = Import.objects.filter(pk=job.subject_id or 0)
    if isinstance(error, JobCanceled):
        rows.filter(state__in=_RUNNING).update(state=ImportState.CANCELED)
    elif isinstance(error, SpreadsheetRefused):
        rows.filter(state__in=_APPLIED).update(
            state=ImportState.REFUSED, refused_code=error.code, refused=error.sentence
        )


_ASKED = ("mapping", "confirm_titles", "turn_tracking_on")
_RUNNING = (ImportState.CHECKING, ImportState.READY, ImportState.APPLYING)
_APPLIED = (ImportState.READY, ImportState.APPLYING)


def _import_of(job: Job) -> Import:
    return Import.objects.get(pk=job.subject_id or 0)


def _progress(job: Job) -> Progress:
    return lambda done, total: report_progress(job, done=done, total=total, at=timezone.now())


def _noted(job: Job) -> Progress:
    return lambda done, total: note_progress(job, done=done, total=total)


def report(source: Import, *, dry_run: bool) -> dict[str, Any]:
    """Return what came of an import, as `docs/api.md` and the command promise it."""
    rows = ImportRow.objects.filter(source=source)
    faulty = rows.filter(outcome=Outcome.ERROR).order_by("number")
    noted = rows.exclude(notices=[]).order_by("number")
    header_row = source.layout.get("header_row", 1)
    return {
        "rows": source.rows,
        "changed": source.changed,
        "created": source.created,
        "unchanged": source.unchanged,
        "skipped": source.skipped,
        "errors": [
            {
                "row": number,
                "column": error["column"],
                "value": error["value"],
                "message": error["message"],
            }
            for number, errors in faulty.values_list("number", "errors").iterator()
            for error in errors[:1]
        ],
        "more_errors": source.layout.get("more", {}).get(Outcome.ERROR.value, 0),
        "notices": [
            {"row": header_row, "message": text} for _, text in source.layout.get("notices", ())
        ]
        + [
            {"row": number, "message": text}
            for number, notices in noted.values_list("number", "notices").iterator()
            for _, text in notices
        ],
        "refused": source.refused or None,
        "dry_run": dry_run,
        "change_set": source.change_set_id,
    }
