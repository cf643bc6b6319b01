"""What the worker does: each task takes ids, is safe to run twice, and calls one use case."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import Error, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from inventory.errors import InventoryError
from inventory.models import BulkEdit, ChangeSet, Import, Job
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.outages import connect_anew, passes_by
from inventory.services.bulk_edit import Progress, end, go_on, prepare, write
from inventory.services.heartbeat import beating
from inventory.services.heartbeats import forget_old
from inventory.services.jobs import (
    ENDED,
    GO_ON,
    GoOn,
    JobCanceled,
    LeaseLost,
    any_silent,
    claim_job,
    dead_jobs,
    end_job,
    put_off,
    report_progress,
    requeue,
    stop_if_asked,
)
from inventory.services.mail import send_queued_mails
from inventory.services.once import forget_old_keys
from inventory.services.queue import end_rows_of_the_dead, without_row
from inventory.services.undo import run_undo
from inventory.services.units import whole
from inventory.spreadsheets.engine import apply_import, check_import, end_import

logger = logging.getLogger(__name__)

PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds between two tries to note what became of a job, while the database does not answer."""


def prepare_bulk_edit(job: Job) -> None:
    """Take down what becomes of each chosen variant, for the preview."""
    prepare(BulkEdit.objects.get(pk=job.subject_id or 0), progress=_progress(job), job=job)


def run_bulk_edit(job: Job) -> None:
    """Save what the preview showed, prepared first where nobody wanted to see one."""
    edit = BulkEdit.objects.get(pk=job.subject_id or 0)
    if edit.state == BulkEdit.State.CHECKING:
        edit = prepare(edit, progress=_progress(job), job=job)
    write(edit, progress=_progress(job), job=job)


def end_bulk_edit(job: Job, error: Exception) -> None:
    """Say of a bulk edit that its job was canceled."""
    edit = BulkEdit.objects.filter(pk=job.subject_id or 0).first()
    if edit is not None and isinstance(error, JobCanceled):
        end(edit, state=BulkEdit.State.CANCELED)


def undo_change_set(job: Job) -> None:
    """Put back what is left of an undo; a canceled one keeps what it put back."""
    run_undo(ChangeSet.objects.get(pk=job.subject_id or 0), progress=_progress(job), job=job)


def _progress(job: Job) -> Progress:
    return lambda done, total: report_progress(job, done=done, total=total, at=timezone.now())


JOBS: dict[str, Callable[[Job], None]] = {
    "check_import": check_import,
    "apply_import": apply_import,
    "prepare_bulk_edit": prepare_bulk_edit,
    "run_bulk_edit": run_bulk_edit,
    "undo_change_set": undo_change_set,
}
"""What each kind of job does. It reports its progress and commits chunk by chunk.

What it writes is written in transactions that end with `keep` or `end_job`.
"""

ENDED["check_import"] = ENDED["apply_import"] = end_import
ENDED["prepare_bulk_edit"] = ENDED["run_bulk_edit"] = end_bulk_edit


def _checked(job: Job) -> QuerySet[Import]:
    return Import.objects.filter(pk=job.subject_id or 0, job=job.pk, state=ImportState.CHECKING)


def _applied(job: Job) -> QuerySet[Import]:
    states = (ImportState.CANCELED, ImportState.APPLYING)
    return Import.objects.filter(pk=job.subject_id or 0, refused="", state__in=states)


def _apply_again(source: Import) -> None:
    source.state = ImportState.APPLYING
    source.save(update_fields=["state"])


def _prepared(job: Job) -> QuerySet[BulkEdit]:
    rows = BulkEdit.objects.filter(pk=job.subject_id or 0, job=job.pk, change_set=None)
    return rows.filter(state=BulkEdit.State.CHECKING)


def _edited(job: Job) -> QuerySet[BulkEdit]:
    states = (BulkEdit.State.CHECKING, BulkEdit.State.CANCELED, BulkEdit.State.APPLYING)
    rows = BulkEdit.objects.filter(pk=job.subject_id or 0, state__in=states)
    return rows.exclude(change_set=None)


GO_ON["check_import"] = GoOn(_checked)
GO_ON["apply_import"] = GoOn(_applied, _apply_again)
GO_ON["prepare_bulk_edit"] = GoOn(_prepared)
GO_ON["run_bulk_edit"] = GoOn(_edited, go_on)
GO_ON["undo_change_set"] = GoOn(lambda job: ChangeSet.objects.filter(pk=job.subject_id or 0))


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
        with beating(job):
            _run(job)
    except LeaseLost:
        logger.warning("Job %s (%s) is another worker's now", job.pk, job.kind)


def _run(job: Job) -> None:
    """Run a claimed job.

    :raises LeaseLost: another worker has it, or it has ended.
    """
    try:
        stop_if_asked(job)
        JOBS[job.kind](job)
        if job.state == JobState.RUNNING:
            end_job(job, state=JobState.DONE, at=timezone.now())
    except LeaseLost:
        raise
    except (JobCanceled, InventoryError) as error:
        _patiently(partial(_end_early, job, error))
    except Exception as error:
        if passes_by(error):
            logger.warning("Job %s (%s) is put off", job.pk, job.kind, exc_info=True)
            connect_anew()
            _patiently(partial(_put_off, job))
            return
        logger.exception("Job %s (%s) failed", job.pk, job.kind)
        _patiently(partial(_fail, job))
        raise


@transaction.atomic
def _end_early(job: Job, error: Exception) -> None:
    """Say of a job, and of what it is about, that it was canceled or refused."""
    if job.kind in ENDED:
        ENDED[job.kind](job, error)
    is_canceled = isinstance(error, JobCanceled)
    state = JobState.CANCELED if is_canceled else JobState.FAILED
    end_job(job, state=state, at=timezone.now(), message=str(error))


def _fail(job: Job) -> None:
    words = "It stopped with an error, which is in the log. What was done so far is kept."
    end_job(job, state=JobState.FAILED, at=timezone.now(), message=words)


@transaction.atomic
def _put_off(job: Job) -> None:
    """Have a job that the database failed go on a little later."""
    due = put_off(job, at=timezone.now())
    if due is not None:
        run_job.using(run_after=due).enqueue(job_id=job.pk)


def _patiently(note: Callable[[], None]) -> None:
    """Note what became of a job, also where the database comes back only in a while.

    Where it does not, the job falls silent, and is taken up when there is a database again.
    """
    for seconds in PATIENCE:
        try:
            note()
        except Error as error:
            if not passes_by(error):
                raise
            connect_anew()
            time.sleep(seconds)
        else:
            return
    note()


def take_up(*, at: datetime) -> None:
    """Queue what killed workers left: jobs that fell silent, and those that nothing would start."""
    end_rows_of_the_dead(task=run_job.module_path, at=at)
    if not any_silent(at=at) and not without_row(task=run_job.module_path, at=at):
        return
    with transaction.atomic():
        dead = dead_jobs(at=at)
        for job_id in sorted({*dead, *without_row(task=run_job.module_path, at=at)}):
            run_job.enqueue(job_id=job_id)


def tick() -> None:
    """Do what is due: send mails, take up jobs whose worker died, forget old idempotency keys."""
    now = timezone.now()
    whole("dead_jobs", partial(take_up, at=now), at=now)
    whole("mails", partial(send_queued_mails, at=now), at=now)
    whole("forget_keys", partial(forget_old_keys, at=now), at=now)
    whole("forget_heartbeats", partial(forget_old, at=now), at=now)
