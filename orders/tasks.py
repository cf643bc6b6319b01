"""What the worker does for orders: each task is safe to run twice and calls one use case."""

from django.utils import timezone

from inventory.models import Job
from inventory.tasks import JOBS
from orders.services.promises import drop_late_promises, refresh_promises, tell_changed_promises
from orders.services.release import release_waiting


def run_refresh_promises(_job: Job) -> None:
    """Lay all promises anew: the release rule changed."""
    refresh_promises(at=timezone.now())


JOBS["refresh_promises"] = run_refresh_promises


def tick() -> None:
    """Do what is due: dates that passed, units that nobody handed out, customers to be told."""
    release_waiting(at=timezone.now())
    drop_late_promises(at=timezone.now())
    tell_changed_promises(at=timezone.now())
