"""`python -m tests.faults`: the long trials on both databases, and their result on the page.

The trials are `tests/faults/slow_*.py`. Each says what it tried and what was lost; the table in
`docs/reliability.md` has it, with the day and the machine. The run fails when a trial fails.
"""

import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.between import replaced
from tests.postgres import environment, postgres, stop_in_order

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "reliability.md"


def main():
    stop_in_order()
    without = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    rows = run("SQLite", without)
    with postgres() as address:
        rows += run("PostgreSQL", environment(address))
    PAGE.write_text(replaced(PAGE.read_text(), table(rows)))
    return int(any(row[-1] == "FAILED" for row in rows))


def run(engine, variables):
    """Run the trials on one engine; return a row for each."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junit-xml={file.name}"]
        trials = [str(path) for path in sorted(HERE.glob("slow_*.py"))]
        subprocess.run([*command, "-o", "junit_family=legacy", *trials], env=variables, check=False)
        return [row(engine, case) for case in ET.parse(file.name).iter("testcase")]


def row(engine, case):
    """Return the engine, what was tried, how long it took and what was lost; or nothing."""
    facts = {one.get("name"): one.get("value") for one in case.iter("property")}
    lost = facts.get("lost", "")
    if case.find("failure") is not None or case.find("error") is not None:
        lost = "FAILED"
    tried = facts.get("tried", case.get("name"))
    return engine, tried, f"{float(case.get('time')):.0f} s", lost


def table(rows):
    day = f"{datetime.now(UTC):%-d %B %Y}"
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    head = f"{day}, {machine}, Python {platform.python_version()}:\n\n"
    lines = [f"| {' | '.join(cells)} |\n" for cells in rows if cells[-1]]
    return head + "| database | tried | time | lost |\n|---|---|---|---|\n" + "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
