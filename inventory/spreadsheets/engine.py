"""Imports from the outside: handing a file in, checking and applying it as jobs, its report."""

from typing import Any, BinaryIO

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.utils import timezone

from inventory.errors import SpreadsheetRefused
from inventory.models import Import, ImportRow, Job
from inventory.models.spreadsheets import ImportKind, ImportMode, ImportState, Outcome
from inventory.services.jobs import JobCanceled, report_progress
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.check import Progress, check


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


def check_import(job: Job) -> None:
    """Check a file, as a job."""
    source = _import_of(job)
    try:
        check(source, progress=_progress(job))
    except JobCanceled:
        _cancel(source)
        raise


def apply_import(job: Job) -> None:
    """Apply a checked file, as a job; a canceled one keeps what was written, and says so."""
    source = _import_of(job)
    try:
        apply(source, progress=_progress(job))
    except JobCanceled:
        _cancel(source)
        raise
    except SpreadsheetRefused as refusal:
        source.refused_code, source.refused = refusal.code, refusal.sentence
        source.state = ImportState.REFUSED
        source.save(update_fields=["refused_code", "refused", "state"])
        raise


def _import_of(job: Job) -> Import:
    return Import.objects.get(pk=job.subject_id or 0)


def _cancel(source: Import) -> None:
    Import.objects.filter(pk=source.pk).update(state=ImportState.CANCELED)


def _progress(job: Job) -> Progress:
    return lambda done, total: report_progress(job, done=done, total=total, at=timezone.now())


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
