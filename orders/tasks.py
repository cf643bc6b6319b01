"""What the worker does for orders: each task is safe to run twice and calls one use case."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Job
from inventory.models.work import JobState
from inventory.pauses import LONGEST_PAUSE
from inventory.services.jobs import GO_ON, GoOn, end_job, report_progress
from inventory.services.units import each, together, whole
from inventory.tasks import JOBS, launch
from orders.models import BookCheck, CapturedOrder
from orders.services.capture import settle_or_say
from orders.services.clocks import set_clocks_right
from orders.services.expire import expire_unpaid
from orders.services.fetch import fetch_orders_of
from orders.services.page_keys import seal_plain_keys
from orders.services.promises import drop_late_promises, tell_changed_promises
from orders.services.proof import begin_if_due, prove
from orders.services.release import due_for_release, follow_rules, release

MAX_SETTLED = 500
"""Channel orders that one tick settles, so that what else is due has its turn."""


@transaction.atomic
def run_refresh_promises(job: Job | None) -> None:
    """Serve and promise everybody anew: a rule changed."""
    follow_rules(at=timezone.now())
    end_job(job, state=JobState.DONE, at=timezone.now())


JOBS["refresh_promises"] = run_refresh_promises
GO_ON["refresh_promises"] = GoOn(lambda job: Job.objects.filter(pk=job.pk))


def run_check_books(job: Job) -> None:
    """Check the books, and seal what was written since the last time."""
    check = BookCheck.objects.get(pk=job.subject_id or 0)
    prove(check, report=partial(_report, job))


def _report(job: Job, done: int, total: int) -> None:
    report_progress(job, done=done, total=total, at=timezone.now())


JOBS["check_books"] = run_check_books
GO_ON["check_books"] = GoOn(lambda job: BookCheck.objects.filter(pk=job.subject_id or 0))


@task()
def settle_captured(*, captured_id: int) -> None:
    """Do what a shop's newest word of an order asks for."""
    captured = CapturedOrder.objects.filter(pk=captured_id).first()
    if captured is not None:
        settle_or_say(captured, at=timezone.now())


def tick() -> None:
    """Do what is due: dates that passed, units that nobody handed out, orders nobody paid."""
    now = timezone.now()
    whole("clocks", partial(set_clocks_right, at=now), at=now)
    whole("release", partial(release_due, at=now), at=now)
    whole("late_promises", partial(drop_late_promises, at=now), at=now)
    whole("tell_promise", partial(tell_changed_promises, at=now), at=now)
    whole("expire", partial(expire_unpaid, at=now), at=now)
    whole("settle", settle_left, at=now)
    whole("seal_keys", seal_plain_keys, at=now)
    whole("books", partial(tick_books, at=now), at=now)


def release_due(*, at: datetime) -> None:
    """Serve who can be served, and let go what waited for its date."""
    act = Act(at)
    together("release", due_for_release(today=act.today), partial(release, act=act), at=at)


@transaction.atomic
def tick_books(*, at: datetime) -> None:
    """Have the books checked, once a night, by a job of its own."""
    if check := begin_if_due(at=at):
        launch(kind="check_books", subject_id=check.pk, label="Check of the books")


def tick_shops() -> None:
    """Ask shops elsewhere for their orders, which may take its time."""
    shops = Channel.objects.filter(is_active=True).exclude(connector="").order_by("pk")
    now = timezone.now()
    each("fetch_orders", shops, _fetch, at=now, most=shops.count(), rest=LONGEST_PAUSE)


def settle_left() -> None:
    """Settle what no task settled: one that was lost loses nothing."""
    due = CapturedOrder.objects.due().order_by("pk")
    each("settle", due, _settle, at=timezone.now(), most=MAX_SETTLED)


def _fetch(channel_id: int) -> bool:
    fetch_orders_of(Channel.objects.get(pk=channel_id), at=timezone.now())
    return True


def _settle(captured_id: int) -> bool:
    settle_or_say(CapturedOrder.objects.get(pk=captured_id), at=timezone.now())
    return True
