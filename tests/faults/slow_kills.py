"""Workers killed at any statement of a job, one after the other, until one comes to its end."""

import random
import signal

import pytest
from django.utils import timezone

from inventory.models.work import JobState
from inventory.services import bulk_edit, undo
from inventory.services.jobs import MAX_ATTEMPTS
from inventory.tasks import take_up
from orders.services.reconcile import reconcile
from tests.races import jobs

STATEMENT = "django.db.backends.utils.CursorWrapper.execute"
LAST_STATEMENT = 20
DONE = [(sku, 2) for sku in jobs.SKUS]
KINDS = {
    "import": (jobs.import_job, "inventory.spreadsheets.apply.CHUNK", DONE),
    "check": (jobs.check_job, "inventory.spreadsheets.check.CHUNK", []),
    "bulk edit": (jobs.edit_job, "inventory.services.bulk_write.CHUNK", DONE),
    "listing": (jobs.listing_job, "channels.services.bulk.CHUNK", []),
    "undo": (jobs.undo_job, "inventory.services.undo.CHUNK", []),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_or_done_twice(
    shared_database, worker, kind, seed, record_property, monkeypatch
):
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)  # a few rows, too, are the work of a job
    monkeypatch.setattr(undo, "AT_ONCE", 0)
    dice = random.Random(f"{kind} {seed}")
    jobs.make_five()
    make, chunk, allowed = KINDS[kind]
    job, killed = make(), 0
    for _worker in range(MAX_ATTEMPTS - 1):
        moment = {"call": dice.randint(1, LAST_STATEMENT), "before": dice.random() < 0.5}
        if worker(job, STATEMENT, chunk, **moment).wait() != -signal.SIGKILL:
            break
        killed += 1
        jobs.fall_silent(job)
        take_up(at=timezone.now())
    else:
        jobs.taken_up(job)
    job.refresh_from_db()

    record_property("tried", f"{kind}: killed {killed} times, each time at another statement")
    record_property("lost", "nothing, and nothing done twice")
    assert killed > 0
    assert (job.state, job.message) == (JobState.DONE, "")
    assert jobs.allowed() == allowed
    assert jobs.written()["listed"] == (5 if kind == "listing" else 0)
    assert reconcile() == []
