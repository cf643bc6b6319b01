"""Real connections meeting inside one critical section: threads, and programs of their own."""

import os
import pickle
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).parents[2]
MEET_SECONDS = 1.0


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


@pytest.fixture
def together_apart(shared_database, tmp_path):
    """Return a runner of calls in programs of their own, begun at once, as on several machines.

    A call is a function of a module, or a `partial` of one, so that it can be sent there.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": shared_database,
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(tmp_path),
    }

    def run(*calls):
        with ExitStack() as stack:
            programs = [stack.enter_context(_program(environment)) for _call in calls]
            for program in programs:
                assert program.stdout.readline() == b"ready\n"
            for program, call in zip(programs, calls, strict=True):
                program.stdin.write(pickle.dumps(call))
            for program in programs:
                program.stdin.close()
            return [_outcome(*pickle.loads(program.stdout.read())) for program in programs]

    return run


def _program(environment):
    command = [sys.executable, "-m", "tests.races.apart"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)


def _outcome(kind, value):
    """Return what a program sent; our errors are put together again without their `__init__`."""
    return value if kind is None else kind.__new__(kind, *value)


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
