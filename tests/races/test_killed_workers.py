"""A worker is killed in the middle of a job: whoever takes it up loses nothing of it."""

import pytest

from inventory.models import ChangeSetRow, Import, Job, Movement
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.services import bulk_edit
from inventory.services import undo as undo_service
from inventory.spreadsheets.engine import begin_to_apply
from inventory.tasks import launch, run_job, tick
from tests.inventory.spreadsheets.conftest import lines, run
from tests.races import jobs
from tests.races.jobs import SKUS, allowed, taken_up

CHECK, APPLY = "inventory.spreadsheets.check", "inventory.spreadsheets.apply"


@pytest.fixture
def five(shared_database, monkeypatch):
    monkeypatch.setattr(bulk_edit, "AT_ONCE", 0)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)
    jobs.make_five()


def test_a_killed_import_goes_on(five, killed):
    job = jobs.import_job()
    killed(job, f"{APPLY}.change_variants", f"{APPLY}.CHUNK")
    assert allowed() == [("mug-0", 2), ("mug-1", 2)]

    taken_up(job)

    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert (job.done, job.total) == (5, 5)
    assert allowed() == [(sku, 2) for sku in SKUS]
    rows = ChangeSetRow.objects.filter(change_set=Import.objects.get().change_set)
    assert sorted(rows.values_list("label", flat=True)) == SKUS


def test_a_killed_undo_goes_on(five, killed):
    job = jobs.undo_job()
    killed(job, "inventory.services.undo_stock.change_variants", "inventory.services.undo.CHUNK")
    assert allowed() == [("mug-0", 2), ("mug-1", 2), ("mug-2", 2)]

    taken_up(job)

    assert (job.state, job.attempts, job.done, job.total) == (JobState.DONE, 2, 5, 5)
    assert allowed() == []


# --- at the end -------------------------------------------------------------------------------

ENDS = {
    "check": (jobs.check_job, CHECK),
    "import": (jobs.import_job, APPLY),
    "prepare": (jobs.prepare_job, "inventory.services.bulk_edit"),
    "bulk edit": (jobs.edit_job, "inventory.services.bulk_edit"),
    "undo": (jobs.undo_job, "inventory.tasks"),
    "listing": (jobs.listing_job, "channels.tasks"),
}
"""Of each kind of job: who starts it, and where it ends together with what it is about."""


@pytest.mark.parametrize(
    ("kind", "before"),
    [*((kind, True) for kind in ENDS), *((kind, False) for kind in ENDS if kind != "undo")],
    ids=lambda value: {True: "before its end", False: "before that is kept"}.get(value, value),
)
def test_a_job_that_is_killed_at_its_end_ends_once(five, killed, kind, before):
    start, place = ENDS[kind]
    job = start()
    killed(job, f"{place}.end_job", call=1, before=before)
    at_the_kill = jobs.written()

    taken_up(job)

    assert (job.state, job.message, job.attempts) == (JobState.DONE, "", 2)
    assert jobs.written() == at_the_kill
    assert allowed() == ([(sku, 2) for sku in SKUS] if kind in {"import", "bulk edit"} else [])
    assert jobs.states() == {"check": ["ready"], "prepare": ["ready"]}.get(kind, ["done"])


def test_a_killed_count_is_booked_once_and_says_so(five, killed):
    rows = [f"{sku};main;7" for sku in SKUS]
    content = lines(["SKU;Warehouse;On_Hand", *rows])
    job = jobs.started(
        run(content, kind="stock_count", apply_it=False, user=jobs.boss()), "apply_import"
    )
    killed(job, f"{APPLY}.end_job", call=1)

    taken_up(job)

    assert (job.state, job.message, job.done, job.total) == (JobState.DONE, "", 5, 5)
    assert Import.objects.get().state == ImportState.DONE
    assert list(Movement.objects.values_list("quantity", flat=True)) == [7] * 5


def test_an_import_that_was_written_before_its_job_ended_is_done(five):
    """So an older program left it."""
    job = jobs.import_job()
    run_job.call(job_id=job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)

    taken_up(job)

    assert (job.state, job.message) == (JobState.DONE, "")
    assert Import.objects.get().state == ImportState.DONE
    assert allowed() == [(sku, 2) for sku in SKUS]


def test_a_check_that_runs_again_after_apply_was_pressed_changes_nothing(five):
    """So an older program left it: checked, and the job did not know."""
    job = jobs.check_job()
    run_job.call(job_id=job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    source = Import.objects.get()
    begin_to_apply(
        source, start=lambda one: launch(kind="apply_import", subject_id=one.pk, label="file.csv")
    )
    begin_to_apply(source, start=None)  # pressed twice
    source.refresh_from_db()
    assert source.state == ImportState.APPLYING

    taken_up(job)
    assert source.import_rows.count() == 5
    run_job.call(job_id=source.job_id)
    jobs.fall_silent(job)
    tick()

    source.refresh_from_db()
    assert (source.state, source.changed, source.import_rows.count()) == (ImportState.DONE, 5, 5)
    assert allowed() == [(sku, 2) for sku in SKUS]
