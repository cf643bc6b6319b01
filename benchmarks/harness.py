"""Measuring: ours, a baseline and a limit take turns in one run; the medians are compared.

`python -m benchmarks.harness MODULE ENGINE ROWS` runs one benchmark against `DATABASE_URL`.
"""

import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Self

import django

Work = Callable[[], object]
ROUNDS = 3
STATM = Path("/proc/self/statm")


class Harness:
    """What a benchmark is given: the engine and the size to measure at, and a way to measure."""

    def __init__(self, *, engine: str, size: int) -> None:
        self.engine = engine
        self.size = size

    def compare(
        self,
        what: str,
        *,
        ours: Work,
        prepare: Work = lambda: None,
        baseline: Work | None = None,
        baseline_size: int | None = None,
        limit: Work | None = None,
    ) -> None:
        """Print one figure as a JSON line: median seconds for `size` rows, and MB at the peak.

        `prepare` runs unmeasured before each. A baseline that is measured on fewer rows is scaled
        up to `size`. Ratios are theirs to ours: above 1 where ours is faster.
        """
        works = {"ours": ours}
        works |= {"baseline": baseline} if baseline else {}
        works |= {"limit": limit} if limit else {}
        times: dict[str, list[float]] = {name: [] for name in works}
        memory = 0.0
        for _round in range(ROUNDS):
            for name, work in works.items():
                prepare()
                took, held = measured(work)
                times[name].append(took)
                memory = max(memory, held) if name == "ours" else memory
        medians = {name: statistics.median(found) for name, found in times.items()}
        if "baseline" in medians and baseline_size:
            medians["baseline"] *= self.size / baseline_size
        print(json.dumps(self._figure(what, medians, memory)), flush=True)

    def _figure(self, what: str, medians: dict[str, float], memory: float) -> dict[str, object]:
        def ratio(name: str) -> float | None:
            return round(medians[name] / medians["ours"], 2) if name in medians else None

        seconds = {
            name: round(medians[name], 3) if name in medians else None
            for name in ("ours", "baseline", "limit")
        }
        return {
            "what": what,
            "engine": self.engine,
            "size": self.size,
            **seconds,
            "ratio_baseline": ratio("baseline"),
            "ratio_limit": ratio("limit"),
            "memory_mb": round(memory, 1),
        }


def measured(work: Work) -> tuple[float, float]:
    """Return the wall seconds of one run, and the MB it held at its peak above its beginning."""
    with PeakMemory() as memory:
        started = time.perf_counter()
        work()
        took = time.perf_counter() - started
    return took, memory.megabytes


class PeakMemory:
    """The most memory, in MB, that the process holds above what it held at the beginning."""

    def __enter__(self) -> Self:
        self.start = self.peak = _resident()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.stop.wait(0.02):
            self.peak = max(self.peak, _resident())

    @property
    def megabytes(self) -> float:
        """Return the peak above the beginning."""
        return (self.peak - self.start) / 1_000_000


def _resident() -> int:
    try:
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(module: str, engine: str, rows: str) -> None:
    """Run the benchmark of one module on an empty database."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 -- needs the settings

    call_command("migrate", verbosity=0)
    import_module(f"benchmarks.{module}").run(Harness(engine=engine, size=int(rows)))


if __name__ == "__main__":
    main(*sys.argv[1:])
