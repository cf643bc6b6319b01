"""How long to leave alone what did not answer: longer each time, and not for ever."""

from datetime import timedelta

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 30 s, doubling, at most an hour."""
    doublings: int = min(failures - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
