"""What the worker does: each task takes ids, is safe to run twice, and calls one use case."""

import logging
from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from inventory.errors import InventoryError
from inventory.models import Job
from inventory.models.work import JobState, Source
from inventory.services.history import Actor, acting
from inventory.services.jobs import JobCanceled, claim_job, dead_jobs, end_job
from inventory.services.mail import send_queued_mails
from inventory.services.once import forget_old_keys
from inventory.spreadsheets.engine import apply_import, check_import

logger = logging.getLogger(__name__)

JOBS: dict[str, Callable[[Job], None]] = {
    "check_import": check_import,
    "apply_import": apply_import,
}
"""What each kind of job does. It reports its progress and commits chunk by chunk."""


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
        with acting(Actor(Source.JOB, lambda: job.created_by_id)):
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
    send_queued_mails()
    forget_old_keys(at=timezone.now())
