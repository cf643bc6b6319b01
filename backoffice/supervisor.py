"""The web server and the worker side by side, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent

SECONDS_TO_START = 60
SECONDS_TO_STOP = 15

SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two starts of a worker that keeps dying: doubled each time, up to the longest."""

SECONDS_OF_HEALTH = 60.0
"""A worker that lived for so long is started again after the shortest pause."""


def free_port(wanted: int) -> int:
    """Return `wanted`, or the next port of the loopback address that nobody listens on.

    :raises OSError: there is none among the next hundred.
    """
    last = min(wanted + 99, 65_535)
    for port in range(wanted, last + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"No free port from {wanted} to {last}.")


class Supervisor:
    """Keeps a web server and a worker running; a worker that dies is started again."""

    def __init__(self, *, port: int) -> None:
        self.port = port
        self.stopping = False
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.worker_started_at = 0.0
        self.pause = SHORTEST_PAUSE

    def run(self, *, when_ready: Callable[[], None]) -> int:
        """Start both, call `when_ready` once the web server answers, and stay until stopped.

        Returns 0 when it was asked to stop, else the exit status of the web server.
        """
        self._heed_signals()
        try:
            self.web = _start(_web_command(self.port))
            self._start_worker()
            if self._wait_until_ready():
                when_ready()
            while not self.stopping and self.web.poll() is None:
                self._revive_worker()
                time.sleep(0.2)
            return 0 if self.stopping else self.web.returncode
        finally:
            _end([process for process in (self.web, self.worker) if process is not None])

    def _heed_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        # Under nohup a closed terminal is none of our business.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + SECONDS_TO_START
        url = f"http://127.0.0.1:{self.port}/health/live"
        while not self.stopping and time.monotonic() < deadline:
            if self.web is None or self.web.poll() is not None:
                return False
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return True
            except urllib.error.HTTPError:
                return True  # it answers, if only to other hosts
            except OSError:
                time.sleep(0.2)
        return False

    def _start_worker(self) -> None:
        self.worker = _start(_worker_command())
        self.worker_started_at = time.monotonic()

    def _revive_worker(self) -> None:
        if self.worker is None or self.worker.poll() is None:
            return
        elapsed = time.monotonic() - self.worker_started_at
        if elapsed >= SECONDS_OF_HEALTH:
            self.pause = SHORTEST_PAUSE
        elif elapsed < self.pause:
            return
        else:
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
        self._start_worker()


def _web_command(port: int) -> list[str]:
    return [sys.executable, "manage.py", "serve", "--port", str(port)]


def _worker_command() -> list[str]:
    return [sys.executable, "manage.py", "work"]


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches us and we stop it in order."""
    environment = {**os.environ, "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, env=environment)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask children to stop, and make them after a while; nothing is left behind."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    for process in processes:
        try:
            process.wait(timeout=max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a child and its own children, which may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
