"""Health: what works, and what does not, without a word too many."""

import shutil
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from backoffice import health
from inventory.tasks import run_job

OK = {"database": "ok", "migrations": "ok", "worker": "ok", "disk": "ok"}


def test_it_lives_without_a_database(client):
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_it_is_only_read(client, db, path):
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_a_whole_installation_is_ready(client, db):
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": OK})


def test_a_database_that_is_gone_is_said_without_its_address(client, db, monkeypatch):
    def fail():
        raise OperationalError("could not connect to db.internal as shop:secret")

    monkeypatch.setattr(health, "database", fail)
    response = client.get("/health/ready")

    assert response.status_code == 503
    checks = {"database": "failed", "migrations": "not checked", "worker": "not checked"}
    assert response.json() == {"status": "failed", "checks": {**OK, **checks}}


def test_a_database_that_is_gone_is_waited_for_once(client, db, monkeypatch):
    def fail():
        raise OperationalError

    def wait_again(*args):
        raise AssertionError("asked although the database is gone")

    monkeypatch.setattr(health, "database", fail)
    monkeypatch.setattr(health, "migrations", wait_again)
    monkeypatch.setattr(health, "worker", wait_again)

    assert client.get("/health/ready").status_code == 503


def test_a_probe_over_plain_http_is_answered_and_not_sent_elsewhere(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True

    statuses = [
        client.get(path).status_code for path in ("/health/live", "/health/ready", "/admin/")
    ]

    assert statuses == [200, 200, 301]


def test_tables_of_an_older_program_are_not_ready(client, db, monkeypatch):
    waiting = [("0002", False), ("0003", False)]
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: waiting)

    assert client.get("/health/ready").json()["checks"]["migrations"] == "2 to apply"


def test_a_task_that_waits_for_long_has_no_worker(client, db):
    run_job.enqueue(job_id=1)
    assert client.get("/health/ready").status_code == 200

    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=11))
    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == "tasks wait for more than 10 minutes"


def test_a_full_disk_is_not_ready(client, db, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 1_000))

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["disk"] == "less than 100 MB free"
