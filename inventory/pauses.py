"""How long to leave alone what did not answer: longer each time, and not for ever."""

from datetime import timedelta

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 30 s, doubling, at most an hour."""
    doublings: int = min(failures - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def asked_pause(failures: int, seconds: float | None) -> timedelta:
    """Return how long to wait where the other side named seconds: as long, an hour at most.

    It is never less than `pause_after`; what is no number of seconds counts for nothing.
    """
    wanted = seconds if seconds is not None and seconds > 0 else 0  # NaN is not above 0
    own = pause_after(failures)
    return max(own, timedelta(seconds=min(wanted, LONGEST_PAUSE.total_seconds())))
