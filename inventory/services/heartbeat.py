"""The heartbeat of a job: a thread of its own, for a file may take minutes to open."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection, connections

from inventory.models import Job
from inventory.services.jobs import beat

SECONDS_BETWEEN_BEATS = 10.0

logger = logging.getLogger(__name__)


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Say every few seconds that a worker is at a job, for as long as it is."""
    over = threading.Event()
    thread = threading.Thread(
        target=_beat_until, args=(over, job), name=f"heartbeat-{job.pk}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SECONDS_BETWEEN_BEATS)


def _beat_until(over: threading.Event, job: Job) -> None:
    """Beat until the job is over, or another worker's; the thread has a connection of its own."""
    try:
        while not over.wait(SECONDS_BETWEEN_BEATS) and _beat(job):
            pass
    finally:
        connections.close_all()


def _beat(job: Job) -> bool:
    try:
        return beat(job)
    except Error:
        logger.warning("Job %s: its heartbeat could not be written", job.pk, exc_info=True)
        connection.close()
        return True
