"""The nightly check of the books: it runs by itself, once a night, and says when and what it found.

Then what was written since the last time is sealed.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.services.seals import seal_all
from orders.models import BookCheck
from orders.services.reconcile import reconcile

NIGHT = 3
"""The hour of the shop from which on it is night enough; a new shop is checked at once."""

LATE = timedelta(hours=36)
"""A check that is older than this did not run last night."""

KEPT = 200
"""Breaches that are kept in words; all of them are counted."""


class BooksState(StrEnum):
    """What is known of the books."""

    NEVER = "never"
    LATE = "late"
    FOUND = "found"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class BooksSaid:
    """What the last check said that came to its end: when, and how many breaches it found."""

    state: BooksState
    at: datetime | None = None
    found: int = 0


def begin_if_due(*, at: datetime) -> BookCheck | None:
    """Return tonight's check, to be run by whoever gets it; `None`: it began, or it is no night."""
    local = timezone.localtime(at)
    checks = BookCheck.objects.all()
    if checks.filter(day=local.date()).exists() or (local.hour < NIGHT and checks.exists()):
        return None
    try:
        with transaction.atomic():
            return BookCheck.objects.create(day=local.date(), started_at=at)
    except IntegrityError:  # another worker was faster
        return None


def prove(check: BookCheck, *, report: Callable[[int, int], None] | None = None) -> BookCheck:
    """Check the books, note what was found, and seal what was written; run again, it is the same.

    :raises JobCanceled: `report` was asked to stop.
    """
    found = reconcile(report=report)
    check.found = len(found)
    check.breaches = [asdict(breach) for breach in found[:KEPT]]
    check.finished_at = timezone.now()
    check.save(update_fields=["found", "breaches", "finished_at"])
    seal_all(at=check.finished_at)
    return check


def books_said(*, at: datetime) -> BooksSaid:
    """Return what is known of the books: for the first page, and for whoever watches the shop."""
    last = BookCheck.objects.filter(finished_at__isnull=False).order_by("-day").first()
    if last is None or last.finished_at is None:
        return BooksSaid(BooksState.NEVER)
    if last.found:
        return BooksSaid(BooksState.FOUND, last.finished_at, last.found)
    state = BooksState.LATE if at - last.finished_at > LATE else BooksState.OK
    return BooksSaid(state, last.finished_at)
