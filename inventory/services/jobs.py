"""Background jobs: whose they are, how far they are, how they end, and those that were left.

A worker has a job by its fencing number: each claim counts it up, so that a worker that was
silent for too long, and comes back, finds that the job is another's. What a job writes is written
in transactions that end with `keep`, or with `end_job`: under the lock of the job's row they make
sure that the job still is this worker's, or nothing of it is written. The row of what a job is
about is locked before the row of the job, never after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import Job
from inventory.models.work import JobState

DEAD_AFTER = timedelta(seconds=60)
"""A running job that says nothing for so long has lost its worker."""

MAX_ATTEMPTS = 5

MAX_INTERRUPTIONS = 12
"""Errors of the database in a row, without a step in between, until a job fails: half an hour."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)

ENDED_EARLY = (JobState.FAILED, JobState.CANCELED)


class JobCanceled(Exception):
    """Raised inside a job, between two chunks, when somebody asked it to stop."""


class LeaseLost(Exception):
    """Raised inside a job that another worker has, or that has ended: nothing more is written."""


# --- whose a job is ---------------------------------------------------------------------------


def silent(at: datetime) -> Q:
    """Return the filter for running jobs whose worker died.

    A sign of life from the future is none: the clock was set back.
    """
    said_nothing = Q(heartbeat_at=None) | Q(heartbeat_at__lt=at - DEAD_AFTER)
    return Q(state=JobState.RUNNING) & (said_nothing | Q(heartbeat_at__gt=at + DEAD_AFTER))


@transaction.atomic
def claim_job(job_id: int, *, at: datetime) -> Job | None:
    """Return the job, now running, or `None` when another worker has it or it has ended.

    What is returned is the worker's hold on the job: it carries the fencing number.
    """
    claimed = Job.objects.filter(Q(state=JobState.QUEUED) | silent(at), pk=job_id).update(
        state=JobState.RUNNING,
        heartbeat_at=at,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        message="",
    )
    return Job.objects.get(pk=job_id) if claimed else None


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, fence=job.fence, state=JobState.RUNNING)


def keep(job: Job | None) -> None:
    """Make sure that the job is still this worker's: the last word of a chunk's transaction.

    Its row stays locked until the transaction ends. `None`: no job does it, so nobody takes it up.

    :raises LeaseLost: another worker has it, or it has ended.
    """
    if job is not None:
        _write(job, heartbeat_at=timezone.now(), interruptions=0)


def end_job(job: Job | None, *, state: JobState, at: datetime, message: str = "") -> None:
    """Note how a job ended, in the transaction that says it of what the job is about.

    :raises LeaseLost: another worker has it, or it has ended.
    """
    if job is None:
        return
    far = {} if job.noted is None else {"done": job.noted[0], "total": job.noted[1]}
    if far and state != JobState.DONE:
        far["done"] = 0  # nothing of what was to be written at one stroke
    _write(job, state=state, finished_at=at, message=message, **far)
    job.state = state


def _write(job: Job, **values: Any) -> None:
    if not _held(job).update(**values):
        raise LeaseLost


# --- how far it is ----------------------------------------------------------------------------


def report_progress(job: Job, *, done: int, total: int, at: datetime) -> None:
    """Note how far a job is, and that it lives; between two chunks.

    :raises JobCanceled: somebody asked it to stop; what was committed stays.
    :raises LeaseLost: another worker has it, or it has ended.
    """
    _write(job, done=done, total=total, heartbeat_at=at)
    stop_if_asked(job)


def note_progress(job: Job, *, done: int, total: int) -> None:
    """Note how far a job is that writes everything at one stroke: its heartbeat says it.

    The transaction of the job leaves its row alone until the end, so that it can be canceled.

    :raises JobCanceled: somebody asked it to stop; nothing was written.
    """
    job.noted = (done, total)
    stop_if_asked(job)


def stop_if_asked(job: Job) -> None:
    """Stop a job that somebody canceled.

    :raises JobCanceled: somebody did.
    """
    if Job.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise JobCanceled


def beat(job: Job) -> bool:
    """Say that a worker is at its job; return whether it still is its own."""
    far = {} if job.noted is None else {"done": job.noted[0], "total": job.noted[1]}
    return bool(_held(job).update(heartbeat_at=timezone.now(), **far))


# --- tried again ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoOn:
    """How jobs of one kind are tried again, behind their checkpoint.

    `subjects` are the rows that a job can go on with: the one that it is about, or none when it
    cannot. `again` makes such a row ready for it.
    """

    subjects: Callable[[Job], QuerySet[Any]]
    again: Callable[[Any], None] = lambda _row: None


GO_ON: dict[str, GoOn] = {}
"""Kinds of jobs that can be tried again; others begin anew on their own page."""

ENDED: dict[str, Callable[[Job, Exception], None]] = {}
"""What becomes of what a job is about when it is canceled or refused, by its kind."""


def may_retry(job: Job) -> bool:
    """Return whether a job that ended early can be tried again."""
    kind = GO_ON.get(job.kind)
    return kind is not None and job.state in ENDED_EARLY and kind.subjects(job).exists()


@transaction.atomic
def requeue(job: Job) -> bool:
    """Make a job that ended early wait to start once more; pressed twice, it is done once."""
    kind = GO_ON.get(job.kind)
    row = None
    if kind is not None:
        row = kind.subjects(job).select_for_update(of=("self",)).first()
    ended = Job.objects.filter(pk=job.pk, state__in=ENDED_EARLY).select_for_update(of=("self",))
    if kind is None or row is None or ended.first() is None:
        return False
    kind.again(row)
    ended.update(
        state=JobState.QUEUED,
        cancel_requested=False,
        attempts=0,
        interruptions=0,
        finished_at=None,
        heartbeat_at=None,
        message="",
    )
    return True


def request_cancel(job: Job) -> None:
    """Ask a job to stop; it does at its next chunk, or never starts."""
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)


# --- put off, and taken up --------------------------------------------------------------------


def pause_after(interruptions: int) -> timedelta:
    """Return how long a job waits after so many errors of the database in a row."""
    return min(FIRST_PAUSE * (1 << min(interruptions - 1, 10)), LONGEST_PAUSE)


@transaction.atomic
def put_off(job: Job, *, at: datetime) -> datetime | None:
    """Put a job that the database failed back into the queue; return when it is to go on.

    That is no attempt of its own: its worker did not die. `None`: it failed, as it got no step
    further for too long.

    :raises LeaseLost: another worker has it, or it has ended.
    """
    held = _held(job).select_for_update().first()
    times = 1 + (held.interruptions if held is not None else 0)
    if times > MAX_INTERRUPTIONS:
        message = _("The database failed it %(n)d times in a row. Try again once it answers.")
        end_job(job, state=JobState.FAILED, at=at, message=message % {"n": MAX_INTERRUPTIONS})
        return None
    _write(
        job,
        state=JobState.QUEUED,
        interruptions=times,
        attempts=F("attempts") - 1,
        heartbeat_at=None,
        message=_("The database did not answer, or was busy. It goes on by itself."),
    )
    return at + pause_after(times)


def any_silent(*, at: datetime) -> bool:
    """Return whether some running job says nothing any more."""
    return Job.objects.filter(silent(at)).exists()


@transaction.atomic
def dead_jobs(*, at: datetime) -> list[int]:
    """Make jobs whose worker died wait to start again, and return them; died too often, they fail.

    A row that is locked is being written by a worker that lives.
    """
    rows = Job.objects.filter(silent(at)).select_for_update(skip_locked=True)
    found = list(rows.order_by("pk").values_list("pk", "attempts"))
    dead = [pk for pk, attempts in found if attempts < MAX_ATTEMPTS]
    Job.objects.filter(pk__in=dead).update(state=JobState.QUEUED, heartbeat_at=None)
    Job.objects.filter(pk__in={pk for pk, _attempts in found} - set(dead)).update(
        state=JobState.FAILED,
        finished_at=at,
        message=_("The worker died while it ran, several times in a row."),
    )
    return dead
