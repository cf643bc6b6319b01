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
from types import FrameType

SECONDS_TO_START = 60
SECONDS_TO_STOP = 15

LONGEST_ADDRESS = 8_190
"""Bytes, the most that gunicorn takes: its default is too short to ask for 200 SKUs."""


def free_port(wanted: int) -> int:
    """Return `wanted`, or the next port of the loopback address that nobody listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"No free port from {wanted} to {wanted + 99}.")


class Supervisor:
    """Keeps a web server and a worker running; a worker that dies is started again."""

    def __init__(self, *, port: int) -> None:
        self.port = port
        self.stopping = False
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def run(self, *, when_ready: Callable[[], None]) -> int:
        """Start both, call `when_ready` once the web server answers, and stay until stopped.

        Returns 0 when it was asked to stop, else the exit status of the web server.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        self.web = _start(_web_command(self.port))
        self.worker = _start(_worker_command())
        try:
            if self._wait_until_ready():
                when_ready()
            while not self.stopping and self.web.poll() is None:
                self._revive_worker()
                time.sleep(0.5)
            return 0 if self.stopping else self.web.returncode
        finally:
            _end([self.web, self.worker])

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
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        return False

    def _revive_worker(self) -> None:
        if self.worker is not None and self.worker.poll() is not None and not self.stopping:
            time.sleep(1)
            self.worker = _start(_worker_command())


def _web_command(port: int) -> list[str]:
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8"]
    options += ["--limit-request-line", str(LONGEST_ADDRESS)]
    options += ["--no-control-socket", "--log-level", "warning", "--timeout", "120"]
    return [sys.executable, "-m", "gunicorn", *options, "backoffice.wsgi"]


def _worker_command() -> list[str]:
    return [sys.executable, "manage.py", "work"]


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches us and we stop it in order."""
    environment = {**os.environ, "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    return subprocess.Popen(command, start_new_session=True, env=environment)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask children to stop, and make them after a while; nothing is left behind."""
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    for process in processes:
        try:
            process.wait(timeout=max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
