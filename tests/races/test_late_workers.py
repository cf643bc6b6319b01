"""A worker stands still, another one takes its job up, and the first wakes: it writes nothing."""

import pytest
from django.utils import timezone

from inventory.models import BulkEdit, Import, Job
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.services import bulk_edit
from inventory.services import undo as undo_service
from inventory.services.jobs import claim_job
from inventory.spreadsheets.engine import begin_to_apply
from inventory.tasks import launch, run_job, tick
from tests.races import jobs

ENGINE, CHECK, APPLY = (f"inventory.spreadsheets.{name}" for name in ("engine", "check", "apply"))
TASKS, EDIT, WRITE = "inventory.tasks", "inventory.services.bulk_edit", "inventory.services"
UNDO, LISTING = "inventory.services.undo", "channels.services.bulk"

KINDS = {
    "check": (jobs.check_job, ENGINE, [f"{CHECK}.CHUNK"], f"{CHECK}.keep", "checked"),
    "import": (jobs.import_job, ENGINE, [f"{APPLY}.CHUNK"], f"{APPLY}.keep", "allowed"),
    "prepare": (
        jobs.prepare_job,
        TASKS,
        [f"{WRITE}.bulk_choice.CHUNK"],
        f"{EDIT}.keep",
        "prepared",
    ),
    "bulk edit": (jobs.edit_job, TASKS, [f"{WRITE}.bulk_choice.CHUNK"], f"{EDIT}.keep", "prepared"),
    "undo": (jobs.undo_job, TASKS, [f"{UNDO}.CHUNK"], f"{UNDO}.keep", "allowed"),
    "listing": (
        jobs.listing_job,
        "channels.tasks",
        [f"{LISTING}.CHUNK"],
        f"{LISTING}.keep",
        "listed",
    ),
}
"""Of each kind of job: who starts it, which module reports its progress, its chunks, what keeps
late workers out, and what it writes."""


@pytest.fixture
def five(shared_database, monkeypatch):
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)
    jobs.make_five()


def late(stopped, kind, *, off=()):
    """Let a worker stand still after its first chunk, another one take its job, the first go on.

    Return what was written when it woke, and when it ended, and the job.
    """
    start, place, chunks, _keep, _written = KINDS[kind]
    job = start()
    wake = stopped(job, f"{place}.report_progress", *chunks, call=1, off=off)
    jobs.fall_silent(job)
    tick()
    assert claim_job(job.pk, at=timezone.now()).fence == 2
    before = jobs.written()
    wake()
    return before, jobs.written(), job


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_comes_late_writes_nothing(five, stopped, kind):
    before, after, job = late(stopped, kind)

    assert before == after
    job.refresh_from_db()
    assert (job.state, job.fence) == (JobState.RUNNING, 2)
    assert jobs.taken_up(job).state == JobState.DONE
    name = KINDS[kind][-1]
    assert jobs.written()[name] == (0 if kind == "undo" else 5)
    assert job.done == job.total or kind == "check"


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_fencing_number_it_writes_on(five, stopped, kind):
    *_start, keep, name = KINDS[kind]

    before, after, _job = late(stopped, kind, off=[keep])

    assert after[name] != before[name]


def test_a_check_that_comes_late_leaves_a_finished_import_alone(five, stopped):
    job = jobs.check_job()
    wake = stopped(job, f"{CHECK}._end", call=1, before=True)
    assert jobs.taken_up(job).state == JobState.DONE
    source = Import.objects.get()
    begin_to_apply(
        source, start=lambda one: launch(kind="apply_import", subject_id=one.pk, label="file.csv")
    )
    run_job.call(job_id=Job.objects.get(kind="apply_import").pk)

    wake()

    source.refresh_from_db()
    assert (source.state, source.changed, source.import_rows.count()) == (ImportState.DONE, 5, 5)
    assert jobs.allowed() == [(sku, 2) for sku in jobs.SKUS]


def test_an_import_at_one_stroke_writes_nothing_when_it_comes_late(five, stopped):
    job = jobs.import_job(all_or_nothing=True)
    wake = stopped(job, f"{ENGINE}.apply", call=1, before=True)
    assert jobs.taken_up(job).state == JobState.DONE

    wake()

    assert Import.objects.get().state == ImportState.DONE
    assert jobs.allowed() == [(sku, 2) for sku in jobs.SKUS]
    assert BulkEdit.objects.count() == 0
