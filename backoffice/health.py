"""Whether the program lives, and whether it can do its work: for load balancers and alarms."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult, get_date_max

from backoffice.folders import unwritable
from channels.models import ChannelLog, LogKind, Outgoing
from inventory.models import Heartbeat, OutgoingMail
from inventory.outages import READ_ONLY, outage_of
from inventory.services.mail import due_mails
from inventory.services.units import put_aside

OLDEST_TASK = timedelta(minutes=10)
"""A task that waits for longer has no worker."""

OLDEST_MAIL = OLDEST_MESSAGE = timedelta(minutes=15)
"""A mail, or a message to a shop, that is due for longer while none of its kind goes out."""

SILENT: dict[str, timedelta] = {
    "alive": timedelta(seconds=60),
    "clock": timedelta(minutes=5),
    "shops": timedelta(minutes=15),
    "jobs": timedelta(minutes=2),
}
"""The threads of a worker, and for how long each may say nothing; a shop may answer slowly."""

UNCHECKED = "not checked"
"""What is said of everything in a database that does not answer."""

LEAST_FREE = 100_000_000
"""Bytes; with less, uploads and the database are about to fail."""

SECONDS_TO_CONNECT = 2


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer that the process serves."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer what works, with 503 when something does not."""
    stored: dict[str, Callable[[], str]] = {
        "migrations": migrations,
        "worker": worker,
        **{f"worker.{name}": _of_thread(name) for name in ("clock", "shops", "jobs")},
        "queue": queue,
        "mails": mails,
        "outbox": outbox,
    }
    results = {name: _result(check) for name, check in (("database", database), ("disk", disk))}
    results["folders"] = _result(folders)
    # Each would wait as long for a database that is gone as the first did.
    is_there = results["database"] in {"ok", READ_ONLY}
    results |= {name: _result(check) if is_there else UNCHECKED for name, check in stored.items()}
    failed = [name for name, result in results.items() if result != "ok"]
    body = {"status": "failed" if failed else "ok", "checks": results}
    if is_there:
        body["figures"] = _figures()
    return JsonResponse(body, status=503 if failed else 200)


def database() -> str:
    """Return "ok" when the database answers, and takes changes."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        name = str(connection.settings_dict["NAME"])
        is_file = "mode=memory" not in name
        return READ_ONLY if is_file and not os.access(name, os.W_OK) else "ok"
    # Not through the pool, which waits for connections that others have.
    engine: Any = connection
    parameters = {**engine.get_connection_params(), "connect_timeout": SECONDS_TO_CONNECT}
    with (
        engine.wrap_database_errors,
        engine.Database.connect(**parameters, autocommit=True) as fresh,
    ):
        asked = "SELECT current_setting('transaction_read_only')"
        return READ_ONLY if fresh.execute(asked).fetchone() == ("on",) else "ok"


def migrations() -> str:
    """Return "ok" when the tables are those of this program."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} to apply" if waiting else "ok"


def worker() -> str:
    """Return "ok" when a worker lives."""
    last = Heartbeat.objects.filter(thread="alive").order_by("-beat_at").first()
    if last is None:
        return "no worker runs"
    if not _is_fresh(last, timezone.now()):
        return f"no worker runs: the last sign of life came {_ago(last.beat_at)}"
    return "ok"


def queue() -> str:
    """Return "ok" when no background task has waited for long."""
    waiting = _tasks(timezone.now() - OLDEST_TASK)
    return f"tasks wait for more than {_minutes(OLDEST_TASK)}" if waiting.exists() else "ok"


def mails() -> str:
    """Return "ok" when no mail is due for long while none goes out; those that fail have tries."""
    now = timezone.now()
    oldest = due_mails(at=now).first()
    if oldest is None or oldest.due_at > now - OLDEST_MAIL:
        return "ok"
    before = OutgoingMail.objects.filter(pk__lt=oldest.pk).order_by("-pk")[:100]
    if any((mail.sent_at or mail.due_at) > now - OLDEST_MAIL for mail in before):
        return "ok"  # there are many, and they go out
    return f"mails wait for more than {_minutes(OLDEST_MAIL)}"


def outbox() -> str:
    """Return "ok" when no shop elsewhere that answers waits long for what it is to be told."""
    now = timezone.now()
    kinds = (LogKind.LISTING, LogKind.QUANTITY)
    for channel in _messages(now).filter(due_at__lte=now - OLDEST_MESSAGE).values("channel")[:1]:
        said = ChannelLog.objects.filter(at__gt=now - OLDEST_MESSAGE, kind__in=kinds)
        if not said.filter(channel=channel["channel"]).exists():
            return f"messages to shops wait for more than {_minutes(OLDEST_MESSAGE)}"
    return "ok"


def disk() -> str:
    """Return "ok" when there is room for uploads and for the database."""
    free = shutil.disk_usage(Path(settings.MEDIA_ROOT).parent).free
    return f"less than {LEAST_FREE // 1_000_000} MB free" if free < LEAST_FREE else "ok"


def folders() -> str:
    """Return "ok" when everything can be written that has to be."""
    names = unwritable()
    return f"cannot be written: {', '.join(names)}" if names else "ok"


# --- inside -----------------------------------------------------------------------------------


def _of_thread(name: str) -> Callable[[], str]:
    """Return the check that this thread of each worker that lives does its rounds."""

    def check() -> str:
        now = timezone.now()
        alive = Heartbeat.objects.filter(thread="alive")
        workers = [one.worker for one in alive if _is_fresh(one, now)]
        if not workers:
            return "no worker runs"
        rows = {one.worker: one for one in Heartbeat.objects.filter(thread=name)}
        for one in workers:
            row = rows.get(one)
            if row is None:
                return "it did not begin yet"
            if not row.busy_since and not _is_fresh(row, now):
                return f"the last sign of life came {_ago(row.beat_at)}"
        return "ok"

    return check


def _figures() -> dict[str, Any]:
    """Return ages in seconds, `None` where nothing waits, and how many things were put aside."""
    now = timezone.now()
    task = _tasks(now).order_by("enqueued_at").first()
    mail = due_mails(at=now).first()
    message = _messages(now).order_by("due_at", "pk").first()
    return {
        "oldest_task": _age(task.enqueued_at if task else None, now),
        "oldest_mail": _age(mail.due_at if mail else None, now),
        "oldest_message": _age(message.due_at if message else None, now),
        "put_aside": put_aside().count(),
        "workers": _workers(now),
    }


def _workers(now: datetime) -> list[dict[str, Any]]:
    """Return what each worker says of its threads, without its name: that is of a machine."""
    workers: dict[str, dict[str, Any]] = {}
    for one in Heartbeat.objects.order_by("-started_at", "worker", "thread")[:80]:
        workers.setdefault(one.worker, {})[one.thread] = {
            "age": _age(one.beat_at, now),
            "is_busy": one.busy_since is not None,
            "restarts": one.restarts,
        }
    return list(workers.values())


def _tasks(before: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = DBTaskResult.objects.ready().filter(
        Q(run_after__lte=before) | Q(run_after=get_date_max(), enqueued_at__lt=before)
    )
    return rows


def _messages(now: datetime) -> QuerySet[Outgoing]:
    """Return what is to be said now to shops that are on and not left alone for a while."""
    may_ask = Q(channel__next_try_at=None) | Q(channel__next_try_at__lte=now)
    return Outgoing.objects.filter(may_ask, is_dead=False, due_at__lte=now, channel__is_active=True)


def _is_fresh(row: Heartbeat, now: datetime) -> bool:
    """Return whether a thread lives; one that spoke in the future did so by a wrong clock."""
    return abs(now - row.beat_at) <= SILENT[row.thread]


def _age(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else max(int((now - moment).total_seconds()), 0)


def _ago(moment: datetime) -> str:
    return f"{_age(moment, timezone.now())} seconds ago"


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} minutes"


def _result(check: Callable[[], str]) -> str:
    """Return what a check says, without the words of an error: they may name hosts and users."""
    try:
        return check()
    except (DatabaseError, OSError) as error:
        return outage_of(error) or "failed"
