"""What the worker does for channels: each task is safe to run twice and calls one use case."""

import time
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from channels.connectors.base import ConnectorError
from channels.errors import NotConnected
from channels.models import BulkListing, Channel, ChannelLog, Listing, LogKind, Outgoing
from channels.models.bulk import BulkState
from channels.services.bulk import end, freeze, go_on, list_next, not_listed
from channels.services.bulk_items import count_items
from channels.services.connect import it_answers, it_is_down, note
from channels.services.drift import (
    ALL_EVERY,
    SOME_EVERY,
    Compared,
    compare_next,
    compare_some,
    is_due,
)
from channels.services.salable import lay_out
from channels.services.send import send
from inventory.models import Job
from inventory.models.work import JobState
from inventory.pauses import LONGEST_PAUSE
from inventory.services.heartbeats import beat
from inventory.services.jobs import (
    ENDED,
    GO_ON,
    GoOn,
    JobCanceled,
    end_job,
    keep,
    report_progress,
)
from inventory.services.not_done import BY_KIND as NOT_DONE
from inventory.services.units import each, whole
from inventory.tasks import JOBS, launch

KEEP_LOG = timedelta(days=30)
PAUSE = 0.2
"""Seconds between two looks at a shop that another worker talks to."""

MAX_BATCHES = 20
"""Sent to one channel in one tick, so that the others have their turn."""


@transaction.atomic
def prepare_bulk_listing(job: Job) -> None:
    """Put a bulk listing together for its preview."""
    freeze(BulkListing.objects.get(pk=job.subject_id or 0))
    end_job(job, state=JobState.DONE, at=timezone.now())


def run_bulk_listing(job: Job) -> None:
    """Do what the preview showed, put together first where nobody wanted to see one.

    For a shop elsewhere it goes on until everything was sent, or the shop does not answer; what is
    left is sent later.
    """
    with transaction.atomic():
        bulk = freeze(BulkListing.objects.get(pk=job.subject_id or 0))
        keep(job)
    written = bulk.items.filter(pk__lte=bulk.through).count() if bulk.through else 0
    while chunk := list_next(bulk, at=timezone.now(), job=job):
        written += chunk
        done = written if not bulk.channel.is_remote else job.done
        report_progress(job, done=done, total=bulk.total, at=timezone.now())
    if bulk.channel.is_remote:
        count_items(job.pk)
        _send_all(bulk, job)
    with transaction.atomic():
        end(bulk)
        end_job(job, state=JobState.DONE, at=timezone.now())


def end_bulk_listing(job: Job, error: Exception) -> None:
    """Say of a bulk listing that its job was canceled."""
    bulk = BulkListing.objects.filter(pk=job.subject_id or 0).first()
    if bulk is not None and isinstance(error, JobCanceled):
        end(bulk, state=BulkState.CANCELED)


def compare_channel(job: Job) -> None:
    """Compare what a shop has with what it was told; the channel's log says what differs."""
    channel = Channel.objects.get(pk=job.subject_id or 0)
    Channel.objects.filter(pk=channel.pk).update(compared_at=timezone.now())
    compared = Compared(through=0)
    total = Listing.objects.staying().filter(channel=channel).count()
    try:
        while following := compare_next(channel, compared, at=timezone.now()):
            compared = following
            report_progress(job, done=compared.checked, total=total, at=timezone.now())
    except ConnectorError as error:
        note(channel, LogKind.DRIFT, is_ok=False, message=str(error), at=timezone.now())
        raise NotConnected(str(error)) from error
    words = f"Compared: {compared.checked}, different: {compared.differing}."
    note(channel, LogKind.DRIFT, is_ok=True, message=words, at=timezone.now())


def ask_to_compare(
    channel: Channel, *, user: AbstractBaseUser | AnonymousUser | None = None
) -> None:
    """Let the worker compare all of a shop, unless it is at it already."""
    running = Job.objects.filter(kind="compare_channel", subject_id=channel.pk)
    if not running.filter(state__in=("queued", "running")).exists():
        label = f"Compare {channel}"
        launch(kind="compare_channel", subject_id=channel.pk, label=label, user=user)


def compare_by_itself(channel_id: int) -> bool:
    """Compare a shop elsewhere: all of it once a day, some of it once an hour."""
    channel = Channel.objects.get(pk=channel_id)
    now = timezone.now()
    if is_due(channel, "compared_at", ALL_EVERY, at=now):
        ask_to_compare(channel)
    elif is_due(channel, "sampled_at", SOME_EVERY, at=now):
        try:
            compare_some(channel, at=now)
            it_answers(channel)
        except (ConnectorError, NotConnected) as error:
            it_is_down(channel, error, at=now)
    return True


def _prepared(job: Job) -> QuerySet[BulkListing]:
    rows = BulkListing.objects.filter(pk=job.subject_id or 0, job=job.pk, change_set=None)
    return rows.filter(state=BulkState.CHECKING)


def _begun(job: Job) -> QuerySet[BulkListing]:
    states = (BulkState.CHECKING, BulkState.CANCELED, BulkState.APPLYING)
    rows = BulkListing.objects.filter(pk=job.subject_id or 0, state__in=states)
    return rows.exclude(change_set=None)


def _send_all(bulk: BulkListing, job: Job) -> None:
    """Send what a bulk listing put into the outbox, until the shop does not answer."""
    while _waits(job):
        sent = send(bulk.channel, at=timezone.now())
        job.refresh_from_db(fields=["done"])
        report_progress(job, done=job.done, total=bulk.total, at=timezone.now())
        if not sent:
            if not _is_reachable(bulk.channel):
                return
            time.sleep(PAUSE)


def _waits(job: Job) -> bool:
    return Outgoing.objects.filter(
        job=job, is_dead=False, attempts=0, due_at__lte=timezone.now()
    ).exists()


def _is_reachable(channel: Channel) -> bool:
    resting = Q(next_try_at__gt=timezone.now()) | Q(is_active=False)
    return not Channel.objects.filter(resting, pk=channel.pk).exists()


JOBS["prepare_bulk_listing"] = prepare_bulk_listing
JOBS["run_bulk_listing"] = run_bulk_listing
JOBS["compare_channel"] = compare_channel
NOT_DONE["run_bulk_listing"] = not_listed
ENDED["prepare_bulk_listing"] = ENDED["run_bulk_listing"] = end_bulk_listing
GO_ON["prepare_bulk_listing"] = GoOn(_prepared)
GO_ON["run_bulk_listing"] = GoOn(_begun, go_on)


def tick() -> None:
    """Lay out what changed, send what waits, forget old lines of the log."""
    now = timezone.now()
    whole("lay_out", partial(lay_out, at=now), at=now)
    shops = Channel.objects.filter(is_active=True).exclude(connector="").order_by("pk")
    each("send", shops, _send_some, at=now, most=shops.count(), rest=LONGEST_PAUSE)
    each("compare", shops, compare_by_itself, at=now, most=shops.count(), rest=LONGEST_PAUSE)
    whole("forget_channel_log", partial(_forget_log, before=now - KEEP_LOG), at=now)


def _send_some(channel_id: int) -> bool:
    channel = Channel.objects.get(pk=channel_id)
    for _batch in range(MAX_BATCHES):
        if not send(channel, at=timezone.now()):
            break
        beat()
    return True


def _forget_log(*, before: datetime) -> None:
    ChannelLog.objects.filter(at__lt=before).delete()
