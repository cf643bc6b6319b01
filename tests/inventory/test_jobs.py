"""Jobs: taken up when their worker died, put off when the database failed, tried again."""

import sqlite3
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from channels.models import STOREFRONT, BulkListing, Channel
from channels.services import bulk
from inventory import tasks
from inventory.acts import Act
from inventory.models import BulkEdit, Import, Job, StoreSettings, Variant
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.services import bulk_edit, heartbeat
from inventory.services.jobs import (
    DEAD_AFTER,
    MAX_ATTEMPTS,
    MAX_INTERRUPTIONS,
    JobCanceled,
    LeaseLost,
    beat,
    claim_job,
    end_job,
    keep,
    may_retry,
    note_progress,
    pause_after,
    put_off,
    report_progress,
    request_cancel,
)
from inventory.spreadsheets import engine
from inventory.tasks import JOBS, launch, retry, run_job, take_up
from tests.races import jobs

LONG = DEAD_AFTER + timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def job(db):
    return launch(kind="refresh_promises", subject_id=0, label="Promises")


@pytest.fixture
def five(db, monkeypatch):
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)
    jobs.make_five()


def queued(job):
    """Return the states of the queue's rows of a job."""
    rows = DBTaskResult.objects.filter(args_kwargs__kwargs__job_id=job.pk)
    return sorted(rows.values_list("status", flat=True))


def worked_off(job):
    """Let a worker have taken the queue's row of a job, long ago."""
    DBTaskResult.objects.filter(status="READY").update(
        status="RUNNING", started_at=timezone.now() - LONG
    )


# --- one owner --------------------------------------------------------------------------------


def test_each_claim_counts_the_fence_up_and_a_job_is_claimed_once(job, now):
    first = claim_job(job.pk, at=now)

    assert (first.fence, first.attempts) == (1, 1)
    assert claim_job(job.pk, at=now) is None
    second = claim_job(job.pk, at=now + LONG)
    assert (second.fence, second.attempts) == (2, 2)


@pytest.mark.parametrize(
    "write",
    [
        keep,
        lambda job: report_progress(job, done=1, total=2, at=timezone.now()),
        lambda job: end_job(job, state=JobState.DONE, at=timezone.now()),
        lambda job: put_off(job, at=timezone.now()),
    ],
    ids=["keep", "report", "end", "put off"],
)
@pytest.mark.parametrize("lost", ["taken up", "queued again", "ended"])
def test_whoever_lost_a_job_writes_nothing_of_it(job, now, write, lost):
    mine = claim_job(job.pk, at=now)
    if lost == "taken up":
        claim_job(job.pk, at=now + LONG)
    elif lost == "queued again":
        take_up(at=now + LONG)
    else:
        Job.objects.update(state=JobState.FAILED)
    before = Job.objects.values().get()

    with pytest.raises(LeaseLost):
        write(mine)

    assert Job.objects.values().get() == before
    assert not beat(mine)


def test_a_job_that_is_silent_is_queued_once_however_often_is_looked(job, now):
    claim_job(job.pk, at=now)
    worked_off(job)

    for tick in range(39):
        take_up(at=now + LONG + timedelta(seconds=5 * tick))

    assert queued(job) == ["FAILED", "READY"]
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.QUEUED, 1)


def test_a_job_with_a_heartbeat_is_left_alone(job, now):
    mine = claim_job(job.pk, at=now - LONG)
    worked_off(job)
    assert beat(mine)

    take_up(at=now)

    assert queued(job) == ["RUNNING"]
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_job_is_taken_up_when_the_clock_was_set_back(job, now):
    claim_job(job.pk, at=now + timedelta(hours=1))
    worked_off(job)

    take_up(at=now)

    job.refresh_from_db()
    assert (job.state, queued(job)) == (JobState.QUEUED, ["FAILED", "READY"])


def test_a_worker_that_is_killed_before_it_has_the_job_leaves_it_to_the_next(job, now):
    worked_off(job)

    take_up(at=now)
    take_up(at=now)

    assert queued(job) == ["FAILED", "READY"]


def test_a_job_that_kills_its_workers_ends(job, now):
    for attempt in range(MAX_ATTEMPTS):
        assert claim_job(job.pk, at=now + attempt * LONG).attempts == attempt + 1
        take_up(at=now + (attempt + 1) * LONG)

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, MAX_ATTEMPTS)
    assert "several times in a row" in job.message


def test_rows_of_killed_workers_end(job, now):
    """Those of a job when no worker is at it, those of other tasks after a quarter of an hour."""
    claim_job(job.pk, at=now)
    worked_off(job)
    other = DBTaskResult.objects.create(
        task_path="orders.tasks.settle_captured",
        args_kwargs={"args": [], "kwargs": {"captured_id": 7}},
        status="RUNNING",
        started_at=now - LONG,
        run_after=now,
        backend_name="default",
    )

    take_up(at=now)
    assert DBTaskResult.objects.running().count() == 2
    Job.objects.update(state=JobState.DONE)
    take_up(at=now)
    assert list(DBTaskResult.objects.running()) == [other]
    take_up(at=now + timedelta(minutes=15))

    assert not DBTaskResult.objects.running().exists()
    row = DBTaskResult.objects.get(pk=other.pk).task_result
    assert (row.status, row.errors[0].traceback) == (
        "FAILED",
        "The worker was killed while it ran.",
    )
    assert issubclass(row.errors[0].exception_class, Exception)


# --- the heartbeat ----------------------------------------------------------------------------


def test_a_heartbeat_that_cannot_be_written_is_tried_again(job, monkeypatch):
    mine, calls, over = claim_job(job.pk, at=timezone.now()), [], threading.Event()
    monkeypatch.setattr(heartbeat, "SECONDS_BETWEEN_BEATS", 0.0)

    def failing(_job):
        calls.append(1)
        if len(calls) == 3:
            over.set()
        raise OperationalError("database is locked")

    monkeypatch.setattr(heartbeat, "beat", failing)
    monkeypatch.setattr(heartbeat.connection, "close", lambda: None)
    monkeypatch.setattr(heartbeat.connections, "close_all", lambda: calls.append("closed"))

    heartbeat._beat_until(over, mine)

    assert calls == [1, 1, 1, "closed"]


def test_progress_of_what_is_written_at_one_stroke_comes_with_the_heartbeat(job, now):
    mine = claim_job(job.pk, at=now)
    note_progress(mine, done=3, total=7)
    job.refresh_from_db()
    assert job.done == 0

    beat(mine)

    job.refresh_from_db()
    assert (job.done, job.total) == (3, 7)
    request_cancel(job)
    with pytest.raises(JobCanceled):
        note_progress(mine, done=4, total=7)


# --- the database fails -----------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", (0, 0, 0))


def failing(monkeypatch, *errors):
    """Let jobs fail with these errors, one after the other, and then be done."""
    left = list(errors)

    def work(_job):
        if left:
            raise left.pop(0)

    monkeypatch.setitem(JOBS, "refresh_promises", work)


def test_a_job_that_the_database_failed_goes_on_by_itself(job, monkeypatch):
    failing(monkeypatch, OperationalError("server closed the connection unexpectedly"))
    DBTaskResult.objects.all().delete()

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.interruptions) == (JobState.QUEUED, 0, 1)
    assert "goes on by itself" in job.message
    assert DBTaskResult.objects.get().run_after > timezone.now()
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.message) == (JobState.DONE, 1, "")


def test_it_waits_longer_each_time():
    assert [pause_after(times).total_seconds() for times in (1, 2, 3, 8, 9, 10, 500)] == [
        *(1, 2, 4, 128, 256, 300, 300)
    ]


def test_a_job_that_the_database_fails_for_long_ends_and_can_be_tried_again(job, monkeypatch):
    failing(monkeypatch, *[OperationalError("the database is locked")] * (MAX_INTERRUPTIONS + 1))

    for _time in range(MAX_INTERRUPTIONS):
        run_job.call(job_id=job.pk)
        job.refresh_from_db()
        assert job.state == JobState.QUEUED
    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert "12 times in a row" in job.message
    assert retry(job)
    job.refresh_from_db()
    assert (job.state, job.interruptions, job.message) == (JobState.QUEUED, 0, "")
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_step_forward_forgets_the_errors_before(job, now):
    for _time in range(3):
        put_off(claim_job(job.pk, at=now), at=now)
    mine = claim_job(job.pk, at=now)
    assert mine.interruptions == 3

    keep(mine)

    job.refresh_from_db()
    assert job.interruptions == 0


def test_what_became_of_a_job_is_noted_when_the_database_is_back(job, monkeypatch, at_once):
    failing(monkeypatch, OperationalError("cut"))
    really, left = tasks.put_off, [OperationalError("still cut"), OperationalError("still cut")]

    def cut(*args, **kwargs):
        if left:
            raise left.pop(0)
        return really(*args, **kwargs)

    monkeypatch.setattr(tasks, "put_off", cut)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.interruptions, left) == (JobState.QUEUED, 1, [])


def test_a_fault_of_ours_is_not_tried_again(job, monkeypatch):
    error = OperationalError("no such table: inventory_mug")
    error.__cause__ = sqlite3.OperationalError()
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_ERROR
    failing(monkeypatch, error)

    with pytest.raises(OperationalError):
        run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 1)


# --- canceled, and tried again ----------------------------------------------------------------


def test_a_job_that_is_canceled_while_it_waits_never_starts(five):
    job = jobs.import_job()
    request_cancel(job)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, Import.objects.get().state) == (JobState.CANCELED, ImportState.CANCELED)
    assert jobs.allowed() == []


def test_an_import_at_one_stroke_that_is_canceled_says_that_nothing_is_written(five, monkeypatch):
    monkeypatch.setattr("inventory.spreadsheets.apply.CHUNK", 2)
    job = jobs.import_job(all_or_nothing=True)
    really = engine.note_progress

    def canceled(*args, **kwargs):
        really(*args, **kwargs)
        request_cancel(job)

    monkeypatch.setattr(engine, "note_progress", canceled)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.CANCELED, 0, 5)
    assert (Import.objects.get().state, jobs.allowed()) == (ImportState.CANCELED, [])
    monkeypatch.setattr(engine, "note_progress", really)
    assert retry(job)
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 5, 5)


class Fault(Exception):
    """What nobody anticipated."""


def faulty(*_args, **_kwargs):
    raise Fault


KINDS = {
    "check": (jobs.check_job, "inventory.spreadsheets.check._check_rows", "ready"),
    "import": (jobs.import_job, "inventory.spreadsheets.apply.change_variants", "done"),
    "prepare": (jobs.prepare_job, "inventory.services.bulk_edit.take_down", "ready"),
    "bulk edit, to be prepared": (jobs.edit_job, "inventory.services.bulk_edit.take_down", "done"),
    "bulk edit": (jobs.edit_job, "inventory.services.bulk_edit.write_chunk", "done"),
    "listing, to be prepared": (jobs.listing_job, "channels.services.bulk._chosen", "done"),
    "listing": (jobs.listing_job, "channels.services.bulk._list", "done"),
}
"""Of each kind of job: who starts it, where it fails, and how its subject ends in the end."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("early", ["failed", "canceled"])
def test_retry_goes_on_wherever_it_is_offered(five, kind, early, monkeypatch):
    start, place, end = KINDS[kind]
    job = start()
    if early == "canceled":
        request_cancel(job)
        run_job.call(job_id=job.pk)
    else:
        with monkeypatch.context() as patched:
            patched.setattr(place, faulty)
            with pytest.raises(Fault):
                run_job.call(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == early
    if early == "canceled" and end == "ready":
        assert (may_retry(job), retry(job)) == (False, False)  # begun anew on its own page
        return

    assert may_retry(job)
    assert retry(job)
    assert not retry(job)
    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.message, jobs.states()) == (JobState.DONE, "", [end])
    assert not may_retry(job)


def test_a_bulk_edit_that_was_canceled_with_its_preview_keeps_to_it(five):
    """What came to match since is not in the preview, so it is not changed."""
    StoreSettings.objects.update(backorders="no")
    edit = bulk_edit.choose(chosen={"list": {}}, user=jobs.boss())
    edit = bulk_edit.ask(edit, {"wish": {"backorders": "allow"}})
    edit = bulk_edit.prepare(edit, progress=lambda _done, _total: None)
    job = bulk_edit.confirm(
        edit,
        act=Act.now(),
        start=lambda one: launch(kind="run_bulk_edit", subject_id=one.pk, label="five"),
    ).job
    request_cancel(job)
    run_job.call(job_id=job.pk)
    assert BulkEdit.objects.get().state == "canceled"
    product = Variant.objects.first().product
    late = jobs.create_variant(act=Act.now(), product=product, sku="late")

    assert retry(job)
    run_job.call(job_id=job.pk)

    late.refresh_from_db()
    assert (BulkEdit.objects.get().changed, late.version) == (5, 1)


def test_a_preview_that_was_thrown_away_is_not_offered_again(five):
    chosen = bulk.choose(
        channel=Channel.objects.get(slug=STOREFRONT), allow_backorder="keep", user=None, filters={}
    )
    job = jobs.started(chosen, "prepare_bulk_listing")
    Job.objects.update(state=JobState.FAILED)
    job.refresh_from_db()
    assert may_retry(job)

    bulk.throw_away(chosen)

    assert not may_retry(job)
    assert BulkListing.objects.get().state == "canceled"
