"""`python -m tests.engines [pytest's arguments]`: the suite on SQLite, then on PostgreSQL.

PostgreSQL is the one that `TEST_DATABASE_URL` or `DATABASE_URL` names, else one of its own that
lives as long as the tests, as root or not. `make test` runs this.
"""

import os
import subprocess
import sys

from tests.postgres import NoPostgres, environment, postgres, stop_in_order

WORKERS = str(min((os.cpu_count() or 1) + 1, 4))  # one more than cores: browsers wait


def run(name: str, arguments: list[str], environment: dict[str, str]) -> int:
    """Run the suite in this environment; return pytest's exit status."""
    print(f"\n=== {name} ===", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, "--dist", "worksteal"]
    return subprocess.run([*command, *arguments], env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Return 0 when the suite passes on both engines."""
    stop_in_order()
    without = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    on_sqlite = run("SQLite", arguments, without)
    try:
        with postgres() as url:
            # How a page looks is no matter of the database: seen once, on SQLite.
            on_postgresql = run("PostgreSQL", ["-m", "not once", *arguments], environment(url))
    except NoPostgres as reason:
        print(f"\n!!! PostgreSQL was NOT tested: {reason}", file=sys.stderr, flush=True)
        on_postgresql = 1 if os.environ.get("CI") else 0
    return on_sqlite or on_postgresql


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
