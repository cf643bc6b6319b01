"""What a job could not do: what each thing is called, and why."""

from collections.abc import Callable, Iterable

from inventory.models import BulkEditItem, ChangeSetRow, Import, ImportRow, Job
from inventory.models.spreadsheets import Outcome
from inventory.services.history import LEFT_ALONE

Errors = Iterable[tuple[str, str]]


def not_done(job: Job) -> Errors:
    """Return what a job could not do so far, in its order, read as it is asked for."""
    return BY_KIND[job.kind](job) if job.kind in BY_KIND else ()


def _of_import(job: Job) -> Errors:
    rows = ImportRow.objects.filter(source=job.subject_id, outcome=Outcome.ERROR)
    columns = ("number", "key", "words")
    for number, key, words in rows.order_by("number").values_list(*columns).iterator():
        yield f"{number}: {key}" if key else str(number), words
    layouts = Import.objects.filter(pk=job.subject_id or 0).values_list("layout", flat=True)
    if more := sum(layout.get("more", {}).get(Outcome.ERROR, 0) for layout in layouts):
        yield "", f"{more:,} more rows have errors and are only counted."


def _of_bulk_edit(job: Job) -> Errors:
    wrong = (BulkEditItem.Outcome.REFUSED, BulkEditItem.Outcome.SKIPPED)
    rows = BulkEditItem.objects.filter(edit=job.subject_id, outcome__in=wrong)
    return rows.order_by("pk").values_list("variant__sku", "words").iterator()


def _of_undo(job: Job) -> Errors:
    rows = ChangeSetRow.objects.filter(LEFT_ALONE, change_set=job.subject_id)
    return rows.order_by("pk").values_list("label", "note").iterator()


BY_KIND: dict[str, Callable[[Job], Errors]] = {
    "check_import": _of_import,
    "apply_import": _of_import,
    "prepare_bulk_edit": _of_bulk_edit,
    "run_bulk_edit": _of_bulk_edit,
    "undo_change_set": _of_undo,
}
"""By kind of job; whoever starts other kinds adds theirs."""
