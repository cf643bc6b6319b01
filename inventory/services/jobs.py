"""Background jobs: progress, cancellation, and those whose worker died."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from inventory.models import Job
from inventory.models.work import JobState

DEAD_AFTER = timedelta(seconds=60)
"""A running job that says nothing for so long has lost its worker."""

MAX_ATTEMPTS = 5

ENDED_EARLY = (JobState.FAILED, JobState.CANCELED)

GO_ON: dict[str, Callable[[Job], bool]] = {}
"""Kinds of jobs that go on behind their checkpoint when they are tried again.

Each makes its subject ready to be gone on with, and returns whether that can be done. Kinds that
are not here begin anew on their own page.
"""


class JobCanceled(Exception):
    """Raised inside a job, between two chunks, when somebody asked it to stop."""


@transaction.atomic
def claim_job(job_id: int, *, at: datetime) -> Job | None:
    """Return the job, now running, or `None` when another worker has it or it has ended."""
    dead = Q(state=JobState.RUNNING) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=at - DEAD_AFTER))
    claimed = Job.objects.filter(Q(state=JobState.QUEUED) | dead, pk=job_id).update(
        state=JobState.RUNNING, heartbeat_at=at, attempts=F("attempts") + 1, message=""
    )
    return Job.objects.get(pk=job_id) if claimed else None


def report_progress(job: Job, *, done: int, total: int, at: datetime) -> None:
    """Note how far a job is, and that it lives.

    :raises JobCanceled: somebody asked it to stop; what was committed stays.
    """
    Job.objects.filter(pk=job.pk).update(done=done, total=total, heartbeat_at=at)
    if Job.objects.filter(pk=job.pk, cancel_requested=True).exists():
        raise JobCanceled


def end_job(job: Job, *, state: JobState, at: datetime, message: str = "") -> None:
    """Note how a job ended."""
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=at, message=message)


def may_retry(job: Job) -> bool:
    """Return whether a job that ended early can be tried again."""
    return job.kind in GO_ON and job.state in ENDED_EARLY


@transaction.atomic
def requeue(job: Job) -> bool:
    """Make a job that ended early wait to start once more; pressed twice, it is done once."""
    locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not may_retry(locked) or not GO_ON[locked.kind](locked):
        return False
    Job.objects.filter(pk=job.pk).update(
        state=JobState.QUEUED,
        cancel_requested=False,
        attempts=0,
        finished_at=None,
        heartbeat_at=None,
        message="",
    )
    return True


def request_cancel(job: Job) -> None:
    """Ask a job to stop; it does at its next chunk, or never starts."""
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)


def dead_jobs(*, at: datetime) -> list[int]:
    """Return jobs whose worker died, to be run again; those that died too often are failed."""
    silent = Job.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=at - DEAD_AFTER)
    silent.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=JobState.FAILED,
        finished_at=at,
        message="The worker died while it ran, several times in a row.",
    )
    return list(silent.values_list("pk", flat=True))
