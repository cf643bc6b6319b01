"""The threads of a worker: nothing ends one but the end of its worker."""

import threading

import pytest
from django.core.management import call_command
from django.db import OperationalError

from backoffice.management.commands import work
from backoffice.rounds import Rounds
from inventory.models import Heartbeat
from inventory.services.heartbeats import Pulse, beat

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(monkeypatch):
    """Keep threads of the test from the database: theirs would be another connection."""
    monkeypatch.setattr("backoffice.rounds.close_old_connections", lambda: None)
    monkeypatch.setattr(Pulse, "beat", lambda self, **_fields: None)


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError(), UnicodeError("x"), RecursionError(), SystemExit(3), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)
def test_a_thread_goes_on_whatever_a_tick_meets(quiet, error, caplog):
    went, stop = [], threading.Event()

    def stumble():
        went.append("bad")
        if len(went) < 6:
            raise error
        stop.set()

    rounds = Rounds(Pulse("here 1", "clock"), [stumble], stop, pause=0.001)
    rounds.start().join(timeout=30)

    assert went == ["bad"] * 6
    assert rounds.pulse.restarts == (0 if isinstance(error, Exception) else 5)
    assert type(error).__name__ in rounds.pulse.error


def test_one_tick_stops_no_other(quiet):
    done = []

    def stumble():
        raise ZeroDivisionError

    Rounds(
        Pulse("here 1", "clock"), [stumble, lambda: done.append(1)], threading.Event()
    ).go_round()

    assert done == [1]


def test_a_database_that_is_away_is_said_once_and_ends_the_round(quiet, caplog):
    done, away = [], [True]

    def ask():
        if away[0]:
            raise OperationalError("no connection to 10.0.0.7 as shop")

    rounds = Rounds(Pulse("here 1", "clock"), [ask, lambda: done.append(1)], threading.Event())
    for _round in range(5):
        rounds.go_round()
    assert done == []
    away[0] = False
    rounds.go_round()

    assert done == [1]
    assert [record.message for record in caplog.records] == [
        "The database does not answer. It is tried again until it does.",
        "The database answers again.",
    ]


def test_signs_of_life_are_kept_for_each_thread_and_not_written_each_time(db):
    pulse = Pulse("here 1", "clock")
    pulse.start()
    try:
        beat()
        first = Heartbeat.objects.get()
        beat()
        assert Heartbeat.objects.get().beat_at == first.beat_at
        pulse.beat(busy=True, at_once=True)
        assert Heartbeat.objects.get().busy_since is not None
    finally:
        del pulse
        work.heartbeats._here.__dict__.clear()

    beat()
    assert Heartbeat.objects.count() == 1


def test_a_worker_survives_a_queue_that_fails_and_ends_when_it_is_empty(quiet, monkeypatch):
    runs = []

    def run(self):
        runs.append(1)
        if len(runs) < 3:
            raise OperationalError("gone") if len(runs) == 1 else ZeroDivisionError

    monkeypatch.setattr(work.TaskWorker, "run", run)
    monkeypatch.setattr(work.TaskWorker, "configure_signals", lambda self: None)
    monkeypatch.setattr(work, "THREADS", {})

    call_command("work", "--batch", "--interval", "0.01")

    assert len(runs) == 3
