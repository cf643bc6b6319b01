"""Whether the program lives, and whether it can do its work: for load balancers and alarms."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult, get_date_max

OLDEST_TASK = timedelta(minutes=10)
"""A task that waits for longer has no worker."""

UNCHECKED = "not checked"
"""What is said of everything in a database that does not answer."""

LEAST_FREE = 100_000_000
"""Bytes; with less, uploads and the database are about to fail."""


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process serves."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer what works, with 503 when something does not."""
    stored: dict[str, Callable[[], str]] = {"migrations": migrations, "worker": worker}
    results = {"database": _result(database), "disk": _result(disk)}
    # Each would wait as long for a database that is gone as the first did.
    is_there = results["database"] == "ok"
    results |= {name: _result(check) if is_there else UNCHECKED for name, check in stored.items()}
    failed = [name for name, result in results.items() if result != "ok"]
    body = {"status": "failed" if failed else "ok", "checks": results}
    return JsonResponse(body, status=503 if failed else 200)


def database() -> str:
    """Return "ok" when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def migrations() -> str:
    """Return "ok" when the tables are those of this program."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} to apply" if waiting else "ok"


def worker() -> str:
    """Return "ok" when no background task has waited for long."""
    before = timezone.now() - OLDEST_TASK
    waiting = DBTaskResult.objects.ready().filter(
        Q(run_after__lte=before) | Q(run_after=get_date_max(), enqueued_at__lt=before)
    )
    minutes = int(OLDEST_TASK.total_seconds() // 60)
    return f"tasks wait for more than {minutes} minutes" if waiting.exists() else "ok"


def disk() -> str:
    """Return "ok" when there is room for uploads and for the database."""
    free = shutil.disk_usage(Path(settings.MEDIA_ROOT).parent).free
    return f"less than {LEAST_FREE // 1_000_000} MB free" if free < LEAST_FREE else "ok"


def _result(check: Callable[[], str]) -> str:
    """Return what a check says, without the words of an error: they may name hosts and users."""
    try:
        return check()
    except (DatabaseError, OSError):
        return "failed"
