"""`python -m benchmarks [sqlite|postgresql] [rows]`: each figure as one JSON line, on both engines.

A module here that defines `run(harness)` is a benchmark. It runs in a process of its own, with a
database of its own that is thrown away afterwards.
"""

import os
import pkgutil
import subprocess
import sys
import tempfile

import benchmarks
from tests.postgres import NoPostgres, own_postgres, stop_in_order

ENGINES = ("sqlite", "postgresql")
ROWS = "100000"


def run(module: str, engine: str, rows: str) -> int:
    """Run one benchmark on a new database of this engine; return its exit status.

    :raises NoPostgres: PostgreSQL is asked for and cannot be started.
    """
    with tempfile.TemporaryDirectory() as folder:
        if engine == "sqlite":
            return run_at(f"sqlite:///{folder}/bench.sqlite3", folder, [module, engine, rows])
        with own_postgres(durable=True) as url:
            return run_at(url, folder, [module, engine, rows])


def run_at(url: str, folder: str, arguments: list[str]) -> int:
    """Run one benchmark against this database, which it may fill; return its exit status."""
    environment = {
        **os.environ,
        "VAR_DIR": folder,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "benchmarks.harness", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Return 0 when every benchmark ran and checked its own result."""
    stop_in_order()
    engines = [name for name in arguments if name in ENGINES] or ENGINES
    rows = next((name for name in arguments if name.isdigit()), ROWS)
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    status = 0
    for engine in engines:
        for name in names:
            if name in {"__main__", "harness"}:
                continue
            try:
                status = run(name, engine, rows) or status
            except NoPostgres as reason:
                print(f"PostgreSQL was not measured: {reason}", file=sys.stderr)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
