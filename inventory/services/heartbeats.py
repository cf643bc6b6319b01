"""Signs of life of the threads of a worker, kept where health checks and figures can read them."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone

from inventory.models import Heartbeat

SECONDS_BETWEEN = 5.0
"""A thread that says more often that it lives is not written down each time."""

KEPT = timedelta(days=1)

_here = threading.local()


@dataclass(slots=True)
class Pulse:
    """The signs of life of one thread of a worker."""

    worker: str
    thread: str
    restarts: int = 0
    error: str = ""
    started_at: datetime = field(default_factory=timezone.now)
    _written_at: float = float("-inf")

    def start(self) -> None:
        """Make `beat` speak for this thread."""
        _here.pulse = self

    def beat(self, *, busy: bool = False, at_once: bool = False) -> None:
        """Say that the thread lives; nothing is raised where that cannot be written."""
        now = time.monotonic()
        if not at_once and now - self._written_at < SECONDS_BETWEEN:
            return
        at = timezone.now()
        with suppress(DatabaseError):
            Heartbeat.objects.update_or_create(
                worker=self.worker,
                thread=self.thread,
                defaults={
                    "started_at": self.started_at,
                    "beat_at": at,
                    "busy_since": at if busy else None,
                    "restarts": self.restarts,
                    "error": " ".join(self.error.split())[:500],
                },
            )
            self._written_at = now


def beat() -> None:
    """Say that the thread lives in which this runs; outside of a worker it says nothing.

    To be called between two units of work, outside of their transactions.
    """
    pulse: Pulse | None = getattr(_here, "pulse", None)
    if pulse is not None:
        pulse.beat()


def end(worker: str) -> None:
    """Forget a worker that was asked to stop."""
    Heartbeat.objects.filter(worker=worker).delete()


def forget_old(*, at: datetime) -> None:
    """Forget workers that ended long ago without a word."""
    Heartbeat.objects.filter(beat_at__lt=at - KEPT).delete()
