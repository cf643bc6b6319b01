"""What the worker does for orders: each task is safe to run twice and calls one use case."""

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django_tasks import task

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Job
from inventory.models.work import JobState
from inventory.services.jobs import GO_ON, GoOn, end_job
from inventory.tasks import JOBS
from orders.models import CapturedOrder
from orders.services.capture import settle_or_say
from orders.services.expire import expire_unpaid
from orders.services.fetch import fetch_orders_of
from orders.services.page_keys import seal_plain_keys
from orders.services.promises import drop_late_promises, tell_changed_promises
from orders.services.release import follow_rules, release_waiting

logger = logging.getLogger(__name__)

MAX_SETTLED = 500
"""Channel orders that one tick settles, so that what else is due has its turn."""


@transaction.atomic
def run_refresh_promises(job: Job | None) -> None:
    """Serve and promise everybody anew: a rule changed."""
    follow_rules(at=timezone.now())
    end_job(job, state=JobState.DONE, at=timezone.now())


JOBS["refresh_promises"] = run_refresh_promises
GO_ON["refresh_promises"] = GoOn(lambda job: Job.objects.filter(pk=job.pk))


@task()
def settle_captured(*, captured_id: int) -> None:
    """Do what a shop's newest word of an order asks for."""
    captured = CapturedOrder.objects.filter(pk=captured_id).first()
    if captured is not None:
        settle_or_say(captured, at=timezone.now())


def tick() -> None:
    """Do what is due: dates that passed, units that nobody handed out, orders nobody paid."""
    release_waiting(act=Act.now())
    drop_late_promises(at=timezone.now())
    tell_changed_promises(at=timezone.now())
    expire_unpaid(at=timezone.now())
    settle_left()
    seal_plain_keys()


def tick_shops() -> None:
    """Ask shops elsewhere for their orders, which may take its time."""
    for channel in Channel.objects.filter(is_active=True).exclude(connector="").order_by("pk"):
        fetch_orders(channel)


def fetch_orders(channel: Channel) -> None:
    """Fetch the orders of one channel; an error that nobody anticipated stops no other channel."""
    try:
        fetch_orders_of(channel, at=timezone.now())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The orders of %s could not be fetched", channel.slug)


def settle_left() -> None:
    """Settle what no task settled: one that was lost loses nothing."""
    for captured in CapturedOrder.objects.due().order_by("pk")[:MAX_SETTLED]:
        settle_or_say(captured, at=timezone.now())
