"""When a customer is to hear of another date: choices only. Source: `docs/domain.md`, §4."""

from datetime import date


def is_news(*, told: date | None, now: date | None, was_ready: bool = False) -> bool:
    """Return whether the customer should be told: a later day, no day any more, or a first one.

    An earlier day is good news that is seen on the order's page; and what was said once is not
    said again when a delivery slips back and forth. `was_ready`: it was told last that it ships
    now, and now it waits, whatever for.
    """
    if was_ready:
        return True
    if now is None or told is None:
        return now != told
    return now > told


def latest(days: list[date | None]) -> date | None:
    """Return when the last of these units comes; `None` when one of them has no day."""
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def not_before(day: date | None, release_date: date | None) -> date | None:
    """Return the day on which units that come on `day` can ship: nothing ships before its date."""
    return day if day is None or release_date is None else max(day, release_date)
