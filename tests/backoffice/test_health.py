"""Health: what works, and what does not, without a word too many."""

import shutil
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from backoffice import folders, health
from channels.models import Channel, Outgoing
from inventory.models import Heartbeat, OutgoingMail
from inventory.outages import AWAY, READ_ONLY
from inventory.services.mail import queue_mail
from inventory.tasks import run_job

STORED = (
    *("migrations", "worker", "worker.clock", "worker.shops", "worker.jobs"),
    *("queue", "mails", "outbox"),
)
OK = dict.fromkeys(("database", "disk", "folders", *STORED), "ok")
THREADS = ("alive", "clock", "shops", "jobs")


@pytest.fixture
def lives(db):
    """Return a way to have a worker say that it lives."""

    def beat(worker="here 1", *, ago=0, threads=THREADS, **fields):
        at = timezone.now() - timedelta(seconds=ago)
        for thread in threads:
            Heartbeat.objects.update_or_create(
                worker=worker,
                thread=thread,
                defaults={"started_at": at, "beat_at": at, **fields},
            )

    return beat


@pytest.fixture
def worker(lives):
    lives()


def asked(client):
    """Return the status, and what is not well."""
    response = client.get("/health/ready")
    checks = response.json()["checks"]
    return response.status_code, {name: said for name, said in checks.items() if said != "ok"}


def test_it_lives_without_a_database(client):
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_it_is_only_read(client, db, path):
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_a_whole_installation_is_ready(client, worker):
    response = client.get("/health/ready")

    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["checks"]) == ("ok", OK)
    (here,) = body["figures"].pop("workers")
    assert set(here) == set(THREADS)
    assert 0 <= here["clock"].pop("age") < 60
    assert here["clock"] == {"is_busy": False, "restarts": 0}
    assert "here 1" not in response.content.decode()
    nothing = dict.fromkeys(("oldest_task", "oldest_mail", "oldest_message"))
    assert body["figures"] == {**nothing, "put_aside": 0}


def test_a_database_that_is_gone_is_said_without_its_address(client, db, monkeypatch):
    def fail():
        raise OperationalError("could not connect to db.internal as shop:secret")

    monkeypatch.setattr(health, "database", fail)
    response = client.get("/health/ready")

    assert response.status_code == 503
    checks = {"database": AWAY, **dict.fromkeys(STORED, "not checked")}
    assert response.json() == {"status": "failed", "checks": {**OK, **checks}}


def test_a_database_that_is_gone_is_waited_for_once(client, db, monkeypatch):
    def fail():
        raise OperationalError

    def wait_again(*args):
        raise AssertionError("asked although the database is gone")

    monkeypatch.setattr(health, "database", fail)
    for name in ("migrations", "worker", "queue", "mails", "outbox", "_figures"):
        monkeypatch.setattr(health, name, wait_again)

    assert client.get("/health/ready").status_code == 503


def test_a_probe_over_plain_http_is_answered_and_not_sent_elsewhere(client, worker, settings):
    settings.SECURE_SSL_REDIRECT = True

    statuses = [
        client.get(path).status_code for path in ("/health/live", "/health/ready", "/admin/")
    ]

    assert statuses == [200, 200, 301]


def test_tables_of_an_older_program_are_not_ready(client, db, monkeypatch):
    waiting = [("0002", False), ("0003", False)]
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: waiting)

    assert client.get("/health/ready").json()["checks"]["migrations"] == "2 to apply"


# --- the worker -------------------------------------------------------------------------------


def test_without_a_worker_it_is_not_ready(client, db):
    status, said = asked(client)

    assert status == 503
    names = ("worker", "worker.clock", "worker.shops", "worker.jobs")
    assert said == dict.fromkeys(names, "no worker runs")


def test_a_worker_that_died_is_missed(client, lives):
    lives(ago=61)

    status, said = asked(client)

    assert status == 503
    assert said["worker"] == "no worker runs: the last sign of life came 61 seconds ago"


def test_a_worker_that_spoke_by_a_clock_that_was_ahead_is_missed(client, lives):
    lives(ago=-3_600)

    assert asked(client)[0] == 503


def test_one_of_two_that_died_is_not_missed(client, lives):
    lives("old 1", ago=3_600)
    lives("new 2")

    assert asked(client) == (200, {})


@pytest.mark.parametrize(("thread", "ago"), [("clock", 301), ("shops", 901), ("jobs", 121)])
def test_a_thread_that_does_nothing_any_more_is_missed(client, lives, thread, ago):
    lives("other 2")
    lives()
    lives(ago=ago, threads=[thread])

    assert asked(client) == (
        503,
        {f"worker.{thread}": f"the last sign of life came {ago} seconds ago"},
    )


def test_a_job_that_takes_long_is_no_silence(client, lives):
    lives()
    lives(ago=7_200, threads=["jobs"], busy_since=timezone.now())

    assert asked(client) == (200, {})


# --- what waits -------------------------------------------------------------------------------


def test_a_task_that_waits_for_long_is_named(client, worker):
    run_job.enqueue(job_id=1)
    assert client.get("/health/ready").status_code == 200

    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=11))

    assert asked(client) == (503, {"queue": "tasks wait for more than 10 minutes"})
    assert client.get("/health/ready").json()["figures"]["oldest_task"] == 660


def test_mails_that_nobody_sends_are_named(client, worker):
    row = queue_mail(to="zoe@example.com", subject="Hello", text="Hello.", html="")
    assert asked(client) == (200, {})

    OutgoingMail.objects.update(due_at=timezone.now() - timedelta(minutes=16))
    assert asked(client) == (503, {"mails": "mails wait for more than 15 minutes"})

    OutgoingMail.objects.filter(pk=row.pk).update(sent_at=timezone.now())
    late = queue_mail(to="zoe@example.com", subject="Hello", text="Hello.", html="")
    OutgoingMail.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=2))
    assert asked(client) == (200, {})  # there are many, and they go out


def test_a_mail_that_is_tried_again_later_is_nobodys_alarm(client, worker):
    queue_mail(to="zoe@example.com", subject="Hello", text="Hello.", html="")
    later = timezone.now() + timedelta(minutes=30)
    OutgoingMail.objects.update(
        created_at=timezone.now() - timedelta(hours=9), attempts=12, due_at=later
    )

    assert asked(client) == (200, {})


def test_messages_that_no_shop_is_told_are_named(client, worker, mug):
    from channels.services.listings import add_listings

    shop = Channel.objects.create(slug="shop", name="Shop", connector="woocommerce")
    add_listings("1 = 1", [])
    at = timezone.now() - timedelta(minutes=16)
    Outgoing.objects.create(
        channel=shop, listing=shop.listings.get(), kind="quantity", due_at=at, created_at=at
    )

    assert asked(client) == (503, {"outbox": "messages to shops wait for more than 15 minutes"})
    shop.log.create(kind="quantity", at=timezone.now())
    assert asked(client) == (200, {})  # there are many, and they are told
    shop.log.all().delete()
    Channel.objects.update(next_try_at=timezone.now() + timedelta(minutes=30))
    assert asked(client) == (200, {})  # it does not answer, and is left alone


# --- where it writes --------------------------------------------------------------------------


def test_what_cannot_be_written_is_named(client, worker, monkeypatch, settings):
    may = folders.os.access
    closed = str(settings.MEDIA_ROOT.parent / "private")
    monkeypatch.setattr(
        folders.os,
        "access",
        lambda path, mode: not closed.startswith(str(path)) and may(path, mode),
    )

    status, said = asked(client)

    assert status == 503
    assert set(said) == {"folders"}
    assert "private" in said["folders"]
    assert str(settings.MEDIA_ROOT.parent) not in said["folders"]
    assert [one.id for one in folders.check_folders()] != []


def test_a_database_that_takes_no_changes_is_named(client, worker, monkeypatch):
    monkeypatch.setattr(health, "database", lambda: READ_ONLY)

    assert asked(client) == (503, {"database": READ_ONLY})


def test_a_full_disk_is_not_ready(client, worker, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 1_000))

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["disk"] == "less than 100 MB free"
