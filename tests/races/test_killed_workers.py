"""A worker is killed in the middle of a chunk: whoever takes its job up loses nothing of it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.acts import Act
from inventory.models import ChangeSetRow, Import, Job, Variant
from inventory.models.work import JobState
from inventory.services import undo as undo_service
from inventory.services.catalog import create_product, create_variant
from inventory.services.jobs import DEAD_AFTER
from inventory.tasks import launch, run_job, tick
from tests.inventory.spreadsheets.conftest import lines, run
from tests.races.conftest import ROOT

SKUS = [f"mug-{number}" for number in range(5)]


@pytest.fixture
def killed(shared_database, tmp_path):
    """Return a runner of a job in a program that is killed in its second chunk."""

    def work(job, function, *chunks):
        connection.close()
        program = subprocess.run(
            [sys.executable, "-m", "tests.races.killed", str(job.pk), function, *chunks],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": shared_database,
                "SECRET_KEY": settings.SECRET_KEY,
                "VAR_DIR": str(tmp_path / "var"),
            },
            check=False,
        )
        assert program.returncode == -signal.SIGKILL
        job.refresh_from_db()
        assert job.state == JobState.RUNNING

    return work


def taken_up(job):
    """Let the job's worker be silent for long enough, and another one take it up."""
    silent = timezone.now() - DEAD_AFTER - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=silent)
    tick()
    run_job.call(job_id=job.pk)
    job.refresh_from_db()
    return job


@pytest.fixture
def import_job(shared_database):
    """Return the job of a checked import that allows backorders of five variants."""
    product = create_product(act=Act.now(), title="Mug")
    for sku in SKUS:
        create_variant(act=Act.now(), product=product, sku=sku)
    header = "SKU;Stock_Track;Allow_Backorders"
    source = run(lines([header, *(f"{sku};Y;Y" for sku in SKUS)]), apply_it=False)
    return launch(kind="apply_import", subject_id=source.pk, label="file.csv")


def allowed():
    return list(
        Variant.objects.filter(backorders="allow").order_by("sku").values_list("sku", "version")
    )


def test_a_killed_import_goes_on(import_job, killed):
    killed(
        import_job,
        "inventory.spreadsheets.apply.change_variants",
        "inventory.spreadsheets.apply.CHUNK",
    )
    assert allowed() == [("mug-0", 2), ("mug-1", 2)]

    job = taken_up(import_job)

    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert allowed() == [(sku, 2) for sku in SKUS]
    rows = ChangeSetRow.objects.filter(change_set=Import.objects.get().change_set)
    assert sorted(rows.values_list("label", flat=True)) == SKUS


def test_a_killed_undo_goes_on(import_job, killed, monkeypatch):
    run_job.call(job_id=import_job.pk)
    monkeypatch.setattr(undo_service, "AT_ONCE", 0)
    undoing, job = undo_service.undo(
        Import.objects.get().change_set,
        act=Act.now(),
        start=lambda one: launch(kind=undo_service.JOB, subject_id=one.pk, label=one.label),
    )
    killed(
        job,
        "inventory.services.undo_stock.change_variants",
        "inventory.services.undo.CHUNK",
    )
    assert allowed() == [("mug-0", 2), ("mug-1", 2), ("mug-2", 2)]

    job = taken_up(job)

    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert allowed() == []
    assert list(Variant.objects.values_list("version", flat=True).distinct()) == [3]
    assert sorted(undoing.rows.values_list("label", flat=True)) == SKUS
