"""What the worker does: each task takes ids, is safe to run twice, and calls one use case."""

import logging
from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from inventory.errors import InventoryError
from inventory.models import BulkEdit, ChangeSet, Import, Job
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.services.bulk_edit import Progress, end, prepare, write
from inventory.services.jobs import (
    GO_ON,
    JobCanceled,
    claim_job,
    dead_jobs,
    end_job,
    report_progress,
    requeue,
)
from inventory.services.mail import send_queued_mails
from inventory.services.once import forget_old_keys
from inventory.services.undo import run_undo
from inventory.spreadsheets.engine import apply_import, check_import

logger = logging.getLogger(__name__)


def prepare_bulk_edit(job: Job) -> None:
    """Take down what becomes of each chosen variant, for the preview."""
    edit = BulkEdit.objects.get(pk=job.subject_id or 0)
    try:
        prepare(edit, progress=_progress(job))
    except JobCanceled:
        end(edit, state=BulkEdit.State.CANCELED)
        raise


def run_bulk_edit(job: Job) -> None:
    """Save what the preview showed, prepared first where nobody wanted to see one."""
    edit = BulkEdit.objects.get(pk=job.subject_id or 0)
    try:
        if edit.state == BulkEdit.State.CHECKING:
            edit = prepare(edit, progress=_progress(job))
        write(edit, progress=_progress(job))
    except JobCanceled:
        end(edit, state=BulkEdit.State.CANCELED)
        raise


def undo_change_set(job: Job) -> None:
    """Put back what is left of an undo; a canceled one keeps what it put back."""
    run_undo(ChangeSet.objects.get(pk=job.subject_id or 0), progress=_progress(job))


def _progress(job: Job) -> Progress:
    return lambda done, total: report_progress(job, done=done, total=total, at=timezone.now())


JOBS: dict[str, Callable[[Job], None]] = {
    "check_import": check_import,
    "apply_import": apply_import,
    "prepare_bulk_edit": prepare_bulk_edit,
    "run_bulk_edit": run_bulk_edit,
    "undo_change_set": undo_change_set,
}
"""What each kind of job does. It reports its progress and commits chunk by chunk."""


def _go_on_importing(job: Job) -> bool:
    rows = Import.objects.filter(pk=job.subject_id or 0, refused="")
    return bool(
        rows.filter(state__in=(ImportState.CANCELED, ImportState.APPLYING)).update(
            state=ImportState.APPLYING
        )
    )


def _go_on_editing(job: Job) -> bool:
    states = (BulkEdit.State.CANCELED, BulkEdit.State.APPLYING)
    rows = BulkEdit.objects.filter(pk=job.subject_id or 0, state__in=states)
    return bool(rows.exclude(change_set=None).update(state=BulkEdit.State.APPLYING))


GO_ON["apply_import"] = _go_on_importing
GO_ON["run_bulk_edit"] = _go_on_editing
GO_ON["undo_change_set"] = lambda _job: True


@transaction.atomic
def retry(job: Job) -> bool:
    """Put a job that ended early in the queue again; it goes on behind its checkpoint."""
    if not requeue(job):
        return False
    run_job.enqueue(job_id=job.pk)
    return True


@transaction.atomic
def launch(
    *, kind: str, subject_id: int, label: str, user: AbstractBaseUser | AnonymousUser | None = None
) -> Job:
    """Put a job in the queue, together with whatever the transaction around it writes."""
    owner = user.pk if user is not None else None
    job = Job.objects.create(
        kind=kind, subject_id=subject_id, label=label[:250], created_by_id=owner
    )
    run_job.enqueue(job_id=job.pk)
    return job


@task()
def run_job(*, job_id: int) -> None:
    """Run a job to its end, and keep how it ended."""
    job = claim_job(job_id, at=timezone.now())
    if job is None:
        return
    try:
        JOBS[job.kind](job)
    except JobCanceled:
        end_job(job, state=JobState.CANCELED, at=timezone.now())
    except InventoryError as error:
        end_job(job, state=JobState.FAILED, at=timezone.now(), message=str(error))
    except Exception:
        logger.exception("Job %s (%s) failed", job.pk, job.kind)
        end_job(
            job,
            state=JobState.FAILED,
            at=timezone.now(),
            message="It stopped with an error, which is in the log. What was done so far is kept.",
        )
        raise
    else:
        end_job(job, state=JobState.DONE, at=timezone.now())


def tick() -> None:
    """Do what is due: send mails, take up jobs whose worker died, forget old idempotency keys."""
    for job_id in dead_jobs(at=timezone.now()):
        run_job.enqueue(job_id=job_id)
    send_queued_mails(at=timezone.now())
    forget_old_keys(at=timezone.now())
