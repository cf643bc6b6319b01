"""Real connections meeting inside one critical section: threads, and programs of their own."""

import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from inventory.models.work import JobState
from tests.races.apart import Batch

ROOT = Path(__file__).parents[2]
MEET_SECONDS = 1.0
ALONE_SECONDS = 0.5
ALL_COME_SECONDS = 10.0


@pytest.fixture
def shared_database(transactional_db, tmp_path):
    """Return the address of a database where connections can meet.

    On SQLite it is a file, because a database in memory locks whole tables and refuses to wait.
    """
    if connection.vendor != "sqlite":
        parts = connection.settings_dict
        login = (
            f"{parts['USER']}:{parts['PASSWORD']}@" if parts["PASSWORD"] else f"{parts['USER']}@"
        )
        yield f"postgres://{login}{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
        return
    path = tmp_path / "shared.sqlite3"
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path)) as file:
        in_memory.backup(file)
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    yield f"sqlite:///{path}"
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = in_memory, name


@pytest.fixture
def together(shared_database):
    """Return a runner of calls in threads, begun at once; an outcome is a value or an exception."""

    def run(*calls):
        barrier = threading.Barrier(len(calls))

        def guarded(call):
            try:
                barrier.wait()
                return call()
            except Exception as error:  # noqa: BLE001 -- the outcome under test
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(guarded, calls))

    return run


@pytest.fixture(scope="session")
def _programs(tmp_path_factory):
    """Return a starter of the program that makes programs; it is started once, and ended."""
    started = []

    def start(address):
        if not started:
            environment = {
                **os.environ,
                "DATABASE_URL": address,
                "SECRET_KEY": settings.SECRET_KEY,
                "VAR_DIR": str(tmp_path_factory.mktemp("apart")),
            }
            command = [sys.executable, "-m", "tests.races.apart"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, **pipes))
        return started[0]

    yield start
    for program in started:
        program.stdin.close()
        program.wait()
        program.stdout.close()


@pytest.fixture
def together_apart(shared_database, _programs):
    """Return a runner of calls in programs of their own, begun at once, as on several machines.

    A call is a function of a module, or a `partial` of one, so that it can be sent there. They
    wait for each other at the functions `meet_at`. With a lock in place only one of them comes
    there; it gives up waiting, and they run one after the other. `before` is called first in each
    program: what takes the locks away. Then all of them come, and meet.
    """

    def run(*calls, meet_at=(), before=None):
        batch = Batch(
            database=connection.settings_dict["NAME"],
            calls=calls,
            meet_at=meet_at,
            patience=ALONE_SECONDS if before is None else ALL_COME_SECONDS,
            before=before,
        )
        program = _programs(shared_database)
        program.stdin.write(pickle.dumps(batch))
        program.stdin.flush()
        return [_outcome(*outcome) for outcome in pickle.load(program.stdout)]

    return run


def _outcome(kind, value, where):
    """Return what a program sent; our errors are put together again without their `__init__`."""
    if kind is None:
        return value
    error = kind.__new__(kind, *value)
    error.add_note(where)
    return error


@pytest.fixture
def meet_before(monkeypatch):
    """Return a patcher that makes both callers stop at a function until the other arrives.

    With a lock in place the second caller never arrives, the first gives up waiting, and the
    two run one after the other. Without it they meet, having read the same numbers.
    """

    def patch(module, name):
        barrier = threading.Barrier(2, timeout=MEET_SECONDS)
        original = getattr(module, name)

        def waiting(*args, **kwargs):
            with suppress(threading.BrokenBarrierError):
                barrier.wait()
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, waiting)

    return patch


@pytest.fixture
def worker(shared_database):
    """Return a starter of a worker that runs one job as `tests.races.killed` says."""
    started = []

    def start(job, function, *chunks, signal="SIGKILL", call=2, before=False, off=()):
        connection.close()
        plan = {"job": job.pk, "function": function, "chunks": chunks, "signal": signal}
        plan |= {"call": call, "before": before, "off": off}
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.races.killed", json.dumps(plan)],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": shared_database,
                "SECRET_KEY": settings.SECRET_KEY,
                "VAR_DIR": str(settings.VAR_DIR),
            },
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.wait()


@pytest.fixture
def killed(worker):
    """Return a runner of a job in a program that is killed, at its second chunk if not said."""

    def work(job, function, *chunks, **how):
        assert worker(job, function, *chunks, **how).wait() == -signal.SIGKILL
        job.refresh_from_db()
        assert job.state == JobState.RUNNING

    return work


@pytest.fixture
def stopped(worker):
    """Return a runner of a job in a program that stands still; what is given wakes it up.

    It waits until the program has ended.
    """

    def work(job, function, *chunks, **how):
        program = worker(job, function, *chunks, signal="SIGSTOP", **how)
        _pid, status = os.waitpid(program.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

        def wake():
            program.send_signal(signal.SIGCONT)
            program.wait()
            connection.close()

        return wake

    return work
