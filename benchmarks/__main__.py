"""`python -m benchmarks [sqlite|postgresql] [rows]`: each figure as one JSON line, on both engines.

The figures of one engine come from one process with a database of its own, thrown away afterwards.
"""

import os
import subprocess
import sys
import tempfile

from tests.postgres import NoPostgres, postgres


def run(engine: str, url: str, rows: str) -> int:
    """Run the benchmarks against this database; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "VAR_DIR": folder,
            "DATABASE_URL": url or f"sqlite:///{folder}/bench.sqlite3",
            "DJANGO_SETTINGS_MODULE": "backoffice.settings",
            "LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "benchmarks.imports", engine, rows]
        return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Return 0 when every benchmark ran and checked its own result."""
    engines = [name for name in arguments if not name.isdigit()] or ["sqlite", "postgresql"]
    rows = next((name for name in arguments if name.isdigit()), "100000")
    status = 0
    if "sqlite" in engines:
        status = run("sqlite", "", rows)
    if "postgresql" in engines:
        try:
            with postgres(durable=True) as url:
                status = run("postgresql", url, rows) or status
        except NoPostgres as reason:
            print(f"PostgreSQL was not measured: {reason}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
