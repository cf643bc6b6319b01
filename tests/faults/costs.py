"""What a piece of work costs: it is done in a process of its own, and the system counts."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_MEASURE = """
import json, pathlib, re, resource, sys
sys.path.insert(0, {root!r})
answer = None
{code}
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
status = pathlib.Path("/proc/self/status")  # `ru_maxrss` begins with that of who started us
largest = own.ru_maxrss
if status.exists():
    largest = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]
print(json.dumps([
    answer,
    own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime,
    max(int(largest), child.ru_maxrss) * (1024 if sys.platform == "linux" else 1),
]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What came of it, the seconds of computing and the bytes at its largest."""

    answer: object
    cpu: float
    memory: int


def cost_of(code, **environment):
    """Run a piece of Python that sets `answer`; return its cost, its children's included."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _MEASURE.format(root=str(ROOT), code=code)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    answer, cpu, memory = json.loads(done.stdout.splitlines()[-1])
    return Cost(answer, cpu, memory)
