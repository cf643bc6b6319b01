"""`python -m tests.engines [pytest's arguments]`: the suite on SQLite, then on PostgreSQL.

PostgreSQL is the one that `TEST_DATABASE_URL` names, else one of its own that lives as long as the
tests, as root or not. `make test` runs this.
"""

import os
import subprocess
import sys

from tests.postgres import NoPostgres, postgres

WORKERS = str(min(os.cpu_count() or 1, 4))


def run(name: str, environment: dict[str, str], arguments: list[str]) -> int:
    """Run the suite with these variables set; return pytest's exit status."""
    print(f"\n=== {name} ===", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def main(arguments: list[str]) -> int:
    """Return 0 when the suite passes on both engines."""
    environment = {"DATABASE_URL": ""}
    environment.pop("DATABASE_URL")
    os.environ.pop("DATABASE_URL", None)
    status = run("SQLite", environment, arguments)
    try:
        with postgres() as url:
            status = run("PostgreSQL", {"DATABASE_URL": url}, arguments) or status
    except NoPostgres as reason:
        print(f"\n!!! PostgreSQL was NOT tested: {reason}", flush=True)
        return 1 if os.environ.get("CI") else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
