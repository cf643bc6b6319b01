"""The queue's own rows: those that a killed worker left, and jobs whose row is gone.

django-tasks-db notes that a task runs, and never hears of a worker that was killed.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from inventory.models import Job
from inventory.models.work import JobState
from inventory.services.jobs import DEAD_AFTER, silent

LONGEST_TASK = timedelta(minutes=15)
"""A task that is no job takes seconds; one that runs for so long has lost its worker."""


class WorkerDied(Exception):
    """What is kept of a task whose worker was killed."""


def without_row(*, task: str, at: datetime) -> list[int]:
    """Return jobs that wait to start, and that nothing in the queue would start.

    A worker was killed after it had taken the row, and before it had taken the job. `task` is the
    path of the task that runs jobs.
    """
    waiting = set(Job.objects.filter(state=JobState.QUEUED).values_list("pk", flat=True))
    if not waiting:
        return []
    rows = DBTaskResult.objects.filter(
        task_path=task, status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING)
    )
    keys = rows.exclude(
        status=TaskResultStatus.RUNNING, started_at__lt=at - DEAD_AFTER
    ).values_list("args_kwargs__kwargs__job_id", flat=True)
    return sorted(waiting - set(keys))


def end_rows_of_the_dead(*, task: str, at: datetime) -> int:
    """End the rows that killed workers left running; return how many."""
    rows = DBTaskResult.objects.running().filter(started_at__lt=at - DEAD_AFTER)
    columns = ("pk", "task_path", "started_at", "args_kwargs__kwargs__job_id")
    found = list(rows.values_list(*columns))
    living = _living([job for _pk, path, _started, job in found if path == task], at=at)
    dead = [
        pk
        for pk, path, started, job in found
        if (job not in living if path == task else started < at - LONGEST_TASK)
    ]
    return (
        DBTaskResult.objects.running()
        .filter(pk__in=dead)
        .update(
            status=TaskResultStatus.FAILED,
            finished_at=timezone.now(),
            exception_class_path=f"{WorkerDied.__module__}.{WorkerDied.__qualname__}",
            traceback="The worker was killed while it ran.",
        )
    )


def _living(job_ids: Collection[int], *, at: datetime) -> set[int]:
    """Return those of these jobs that a worker is at."""
    rows = Job.objects.filter(pk__in=job_ids, state=JobState.RUNNING).exclude(silent(at))
    return set(rows.values_list("pk", flat=True))
