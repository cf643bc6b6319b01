"""`manage.py run`: two programs that live and end together."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backoffice.supervisor import free_port
from tests.postgres import free_port as any_free_port

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
PATIENCE = 30


MANAGE = [sys.executable, str(ROOT / "manage.py")]


def environment(folder):
    """Return the variables of a program that writes into this folder alone."""
    variables = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "VAR_DIR": str(folder)}
    return {**os.environ, **variables, "DEBUG": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """Return a folder with an empty database."""
    folder = tmp_path_factory.mktemp("migrated")
    command = [*MANAGE, "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment(folder), check=True)
    return folder


@pytest.fixture
def running(migrated, tmp_path):
    """Return the program once it said where it serves, and its lines up to then."""
    shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    variables = environment(tmp_path)
    command = [*MANAGE, "run", "--port", str(any_free_port())]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as program:
        lines = []
        for line in program.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        yield program, "".join(lines)
        program.terminate()


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def both(program):
    """Return the process numbers of the web server and the worker."""
    found = {}
    for pid in children(program.pid):
        command = Path(f"/proc/{pid}/cmdline").read_text()
        found["worker" if "manage.py\0work" in command else "web"] = pid
    return found


def everyone(program):
    """Return the process numbers of the web server, its own children and the worker."""
    pids = both(program)
    assert sorted(pids) == ["web", "worker"]
    return [*pids.values(), *children(pids["web"])]


def is_there(pid):
    """Return whether a process runs; one that ended and is not yet buried does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_says_where_it_serves_and_no_logins_that_do_not_exist(running, tmp_path):
    _program, said = running

    assert re.search(r"Shop +http://127\.0\.0\.1:\d+/\n", said)
    assert re.search(rf"E-mails +{re.escape(str(tmp_path))}/mail\n", said)
    assert "anna" not in said


def test_a_worker_that_dies_is_started_again(running):
    program, _said = running
    first = both(program)

    os.kill(first["worker"], signal.SIGKILL)

    wait_until(lambda: both(program).get("worker", first["worker"]) != first["worker"])
    assert both(program)["web"] == first["web"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_well_when_told_to_and_leaves_nobody_behind(running, number):
    program, _said = running
    pids = everyone(program)

    program.send_signal(number)

    assert program.wait(timeout=PATIENCE) == 0
    assert [pid for pid in pids if is_there(pid)] == []


def test_it_ends_when_the_web_server_does_and_leaves_nobody_behind(running):
    program, _said = running
    pids = everyone(program)

    os.kill(both(program)["web"], signal.SIGKILL)

    assert program.wait(timeout=PATIENCE) != 0
    wait_until(lambda: not any(is_there(pid) for pid in pids))


def test_the_next_port_is_taken_when_one_is_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(port) != port


def test_there_are_no_ports_beyond_the_last():
    with pytest.raises(OSError, match="No free port"):
        free_port(65_536)
