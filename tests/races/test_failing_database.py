"""The database fails a job in the middle: it goes on by itself, and nothing is lost or doubled."""

import sqlite3
from contextlib import contextmanager
from pkgutil import resolve_name

import pytest
from django.db import connection
from django.utils import timezone

from inventory import tasks
from inventory.models import ChangeSetRow, Import, Job
from inventory.models.work import JobState
from inventory.outages import passes_by
from inventory.services import bulk_edit
from inventory.services import undo as undo_service
from inventory.spreadsheets import apply as apply_module
from inventory.tasks import run_job, take_up
from tests.races import jobs


def execute(sql, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def raised(state):
    """Have the server raise an error with this code, as it does where it meets the fault."""
    execute(f"DO $$ BEGIN RAISE EXCEPTION 'planned' USING ERRCODE = '{state}'; END $$")


@contextmanager
def another(address):
    """Another connection to the same database."""
    if connection.vendor == "postgresql":
        import psycopg

        other = psycopg.connect(address, autocommit=True)
    else:
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        yield other
    finally:
        other.close()


# --- what happens to a connection: each leaves it as the fault does ---------------------------


def cut(address):
    """Somebody restarts the server, or a switch between us forgets the connection."""
    execute("SELECT pg_backend_pid()")
    pid = connection.connection.info.backend_pid
    with another(address) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    execute("SELECT 1")


def deadlock(_address):
    raised("40P01")


def lock_timeout(address):
    """Somebody holds a row for longer than we wait."""
    with another(address) as other:
        other.execute("BEGIN")
        other.execute("SELECT 1 FROM inventory_variant WHERE sku = 'mug-4' FOR UPDATE")
        execute("SET LOCAL lock_timeout = '50ms'")
        execute("SELECT 1 FROM inventory_variant WHERE sku = 'mug-4' FOR UPDATE")


def read_only(_address):
    """The server is the stand-by now: it answers, and writes nothing, until we connect anew."""
    execute("ROLLBACK")
    execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    execute("COMMIT")
    execute("UPDATE inventory_variant SET version = version")


def shutting_down(_address):
    raised("57P01")


def no_more_connections(_address):
    raised("53300")


def locked(address):
    """Another program writes for longer than we wait."""
    if connection.connection.in_transaction:
        execute("COMMIT")
    execute("PRAGMA busy_timeout = 50")
    with another(address) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            execute("BEGIN IMMEDIATE")
        finally:
            execute("PRAGMA busy_timeout = 30000")


def only_read(_address):
    """The folder can only be read for a moment."""
    execute("PRAGMA query_only = 1")
    try:
        execute("UPDATE inventory_variant SET version = version")
    finally:
        execute("PRAGMA query_only = 0")


FAULTS = {
    "postgresql": (cut, deadlock, lock_timeout, read_only, shutting_down, no_more_connections),
    "sqlite": (locked, only_read),
}[connection.vendor]


@pytest.fixture
def five(shared_database, monkeypatch):
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)
    monkeypatch.setattr(tasks, "PATIENCE", (0.0,) * 10)
    for chunk in ("inventory.spreadsheets.check", "inventory.spreadsheets.apply"):
        monkeypatch.setattr(f"{chunk}.CHUNK", 2)
    for chunk in ("bulk_choice", "bulk_write", "undo"):
        monkeypatch.setattr(f"inventory.services.{chunk}.CHUNK", 2)
    monkeypatch.setattr("channels.services.bulk.CHUNK", 2)
    jobs.make_five()
    return shared_database


def failing_at(monkeypatch, name, number, fault, address):
    """Let a fault happen at one call of a function, before it does its work."""
    owner, _dot, attribute = name.rpartition(".")
    place = resolve_name(owner)
    original = getattr(place, attribute)
    calls = []

    def here(*args, **kwargs):
        calls.append(1)
        if len(calls) == number:
            fault(address)
        return original(*args, **kwargs)

    monkeypatch.setattr(place, attribute, here)
    return calls


def finished(job):
    """Let workers go on with a job until it ends; return it."""
    for _time in range(20):
        run_job.call(job_id=job.pk)
        job.refresh_from_db()
        if job.state != JobState.QUEUED:
            return job
    raise AssertionError("It never ends.")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_an_import_goes_on_after_a_fault_in_its_second_chunk(five, monkeypatch, fault):
    job = jobs.import_job()
    calls = failing_at(monkeypatch, f"{apply_module.__name__}.change_variants", 2, fault, five)

    run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.interruptions) == (JobState.QUEUED, 0, 1)
    assert (jobs.allowed(), len(calls)) == ([("mug-0", 2), ("mug-1", 2)], 2)
    finished(job)
    assert (job.state, job.attempts, job.done, job.total) == (JobState.DONE, 1, 5, 5)
    assert jobs.allowed() == [(sku, 2) for sku in jobs.SKUS]
    rows = ChangeSetRow.objects.filter(change_set=Import.objects.get().change_set)
    assert sorted(rows.values_list("label", flat=True)) == jobs.SKUS


PLACES = {
    "check, its beginning": (jobs.check_job, "inventory.spreadsheets.check.lock_import", 1),
    "check, a chunk": (jobs.check_job, "inventory.spreadsheets.check.Keeper.keep", 2),
    "check, doubles": (jobs.check_job, "inventory.spreadsheets.check.settle_doubles", 1),
    "check, its end": (jobs.check_job, "inventory.spreadsheets.check.end_job", 1),
    "import, its beginning": (jobs.import_job, "inventory.spreadsheets.apply._catch_up", 1),
    "import, between chunks": (jobs.import_job, "inventory.spreadsheets.engine.report_progress", 1),
    "import, its end": (jobs.import_job, "inventory.spreadsheets.apply.end_job", 1),
    "prepare, a chunk": (jobs.prepare_job, "inventory.services.bulk_edit.take_down", 2),
    "prepare, its end": (jobs.prepare_job, "inventory.services.bulk_edit.end_job", 1),
    "bulk edit, a chunk": (jobs.edit_job, "inventory.services.bulk_edit.write_chunk", 2),
    "bulk edit, its end": (jobs.edit_job, "inventory.services.bulk_edit.end_job", 1),
    "undo, a chunk": (jobs.undo_job, "inventory.services.undo_stock.change_variants", 2),
    "undo, its end": (jobs.undo_job, "inventory.tasks.end_job", 1),
    "listing, a chunk": (jobs.listing_job, "channels.services.bulk._list", 2),
    "listing, its end": (jobs.listing_job, "channels.tasks.end_job", 1),
    "claim": (jobs.import_job, "inventory.tasks.stop_if_asked", 1),
}
"""Who starts a job, and where the database fails it."""


@pytest.mark.parametrize("place", PLACES)
def test_a_cut_connection_loses_nothing_wherever_it_is_cut(five, monkeypatch, place):
    start, function, number = PLACES[place]
    job = start()
    failing_at(monkeypatch, function, number, FAULTS[0], five)

    finished(job)

    assert (job.state, job.message, job.attempts) == (JobState.DONE, "", 1)
    kind = place.split(",")[0]
    assert jobs.states() == [{"check": "ready", "prepare": "ready"}.get(kind, "done")]
    done = [(sku, 2) for sku in jobs.SKUS]
    assert jobs.allowed() == (done if kind in {"import", "bulk edit", "claim"} else [])
    assert jobs.written()["listed"] == (5 if kind == "listing" else 0)


def test_without_trying_again_one_cut_fails_a_job_for_good(five, monkeypatch):
    job = jobs.import_job()
    failing_at(monkeypatch, f"{apply_module.__name__}.change_variants", 2, FAULTS[0], five)
    tried = [False]

    def blind(error):
        """Know no error that passes by, until what became of the job is noted."""
        first, tried[0] = not tried[0], True
        return passes_by(error) and not first

    monkeypatch.setattr(tasks, "passes_by", blind)

    with pytest.raises(Exception, match=r".+"):
        run_job.call(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_five_cuts_in_a_row_are_no_death(five, monkeypatch):
    job = jobs.import_job()
    for number in range(1, 6):
        failing_at(monkeypatch, "inventory.spreadsheets.apply._catch_up", number, FAULTS[0], five)

    finished(job)

    assert (job.state, job.attempts) == (JobState.DONE, 1)
    assert jobs.allowed() == [(sku, 2) for sku in jobs.SKUS]


def test_a_cut_while_a_job_is_claimed_leaves_it_to_the_next(five, monkeypatch):
    job = jobs.import_job()
    with monkeypatch.context() as patched:
        failing_at(patched, "inventory.tasks.claim_job", 1, FAULTS[0], five)
        with pytest.raises(Exception, match=r".+"):
            run_job.call(job_id=job.pk)
    connection.close()
    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED

    take_up(at=timezone.now())

    assert finished(job).state == JobState.DONE
