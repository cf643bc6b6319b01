"""So many tries in so much time: of logging in, and of ordering.

Counted in the database, so that all web processes count alike, and over a window that slides, so
that nobody is locked out for longer than it. Source: OWASP ASVS 5.0, 6.3.1 and 2.4.1.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from inventory.errors import TooManyAttempts
from inventory.models import Attempt

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries of one kind within a time, of each who tries."""

    kind: str
    most: int
    within: timedelta


def attempt(limit: Limit, who: str, *, at: datetime) -> Attempt:
    """Note one try and return it; one that was refused is not counted.

    To be called outside of a transaction: of tries at the same moment at most as many pass.

    :raises TooManyAttempts: there were as many already.
    """
    mark = salted_hmac("attempt", who, algorithm="sha256").hexdigest()
    mine = Attempt.objects.create(kind=limit.kind, who=mark, at=at)
    rows = Attempt.objects.filter(kind=limit.kind, who=mark, at__gt=at - limit.within)
    times = list(rows.order_by("-at", "-pk").values_list("at", flat=True)[: limit.most + 1])
    if len(times) > limit.most:
        mine.delete()
        wait = times[-1] + limit.within - at
        raise TooManyAttempts(max(1, math.ceil(wait / timedelta(minutes=1))))
    return mine


def forgive(mine: Attempt) -> None:
    """Forget the tries that led to one that was right."""
    Attempt.objects.filter(kind=mine.kind, who=mine.who).delete()


def forget_old(*, at: datetime) -> None:
    """Delete what no limit looks at any more."""
    Attempt.objects.filter(at__lt=at - KEPT).delete()
