"""Measuring: ours, a baseline and a limit take turns in one run; the medians are compared."""

import json
import resource
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

Work = Callable[[], None]
ROUNDS = 3


def seconds(work: Work) -> float:
    """Return the wall seconds of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


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
        return round((self.peak - self.start) / 1_000_000, 1)


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(
    what: str,
    *,
    engine: str,
    size: int,
    ours: Work,
    prepare: Work = lambda: None,
    baseline: Work | None = None,
    baseline_size: int = 0,
    limit: Work | None = None,
) -> None:
    """Print one figure: seconds for `size` rows, and how they compare, as one JSON line.

    `prepare` runs unmeasured before each. A baseline that is measured on fewer rows is scaled up to
    `size`. Ratios are above 1 where ours is faster.
    """
    times: dict[str, list[float]] = {"ours": [], "baseline": [], "limit": []}
    with PeakMemory() as memory:
        for turn in range(ROUNDS):
            prepare()
            times["ours"].append(seconds(ours))
            if limit:
                prepare()
                times["limit"].append(seconds(limit))
            if baseline and turn == 0:
                prepare()
                scale = size / (baseline_size or size)
                times["baseline"].append(seconds(baseline) * scale)
    medians = {name: statistics.median(found) for name, found in times.items() if found}
    line = {"what": what, "engine": engine, "size": size}
    line |= {name: round(value, 3) for name, value in medians.items()}
    if "baseline" in medians:
        line["baseline_size"] = baseline_size or size
        line["times_baseline"] = round(medians["baseline"] / medians["ours"], 1)
    if "limit" in medians:
        line["of_limit"] = round(medians["limit"] / medians["ours"], 2)
    line["memory_mb"] = memory.megabytes
    print(json.dumps(line), flush=True)
