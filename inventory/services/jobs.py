"""Background jobs: progress, cancellation, and those whose worker died."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from inventory.models import Job
from inventory.models.work import JobState

DEAD_AFTER = timedelta(seconds=60)
"""A running job that says nothing for so long has lost its worker."""

MAX_ATTEMPTS = 5


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
