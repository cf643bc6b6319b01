"""What the worker does at every tick, in units: one that fails stops no other.

Each unit is a use case with a transaction of its own. Whatever it raises is counted, kept with its
error, and tried again after a while, longer each time. From the fifth time on it is put aside:
shown to staff, who can have it tried at once, and tried by itself only now and then.

A database that is away is nobody's failure: it ends the tick, and the next one tries again.
"""

import logging
import traceback
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When

from inventory.models import PutAside
from inventory.models.worker import ASIDE_AFTER
from inventory.outages import is_away
from inventory.pauses import LONGEST_PAUSE, pause_after
from inventory.services.heartbeats import beat

logger = logging.getLogger(__name__)

A_DAY = timedelta(days=1)
MAX_ERROR, MAX_TRACE = 1_000, 10_000


def each(
    step: str,
    due: QuerySet[Any],
    do: Callable[[int], object],
    *,
    at: datetime,
    most: int,
    rest: timedelta = A_DAY,
) -> int:
    """Do something to each row that is due, by its key; return how often it was done.

    It is done when `do` returns what counts as true; after `most` of them it ends, so that what
    else is due has its turn. `rest` is how long to leave alone what was put aside.
    """
    known = _failing(step)
    resting = {key for key, row in known.items() if _rests(row, at=at, longest=rest)}
    done = 0
    for key in [key for key in due.values_list("pk", flat=True) if key not in resting]:
        if done >= most:
            break
        row = known.pop(key, None)
        done += bool(_tried(step, key, partial(do, key), row, at=at, rest=rest))
    else:
        _forget(row for key, row in known.items() if key not in resting)
    return done


def together(
    step: str,
    keys: Collection[int],
    do: Callable[[Collection[int]], object],
    *,
    at: datetime,
) -> None:
    """Do something to rows all at once; when that fails, to ever fewer, until it is one alone."""
    known = _failing(step)
    resting = {key for key, row in known.items() if _rests(row, at=at, longest=A_DAY)}
    _halved(step, sorted(set(keys) - resting), do, known, at=at)
    _forget(row for key, row in known.items() if key not in resting and key not in keys)


def whole(step: str, do: Callable[[], object], *, at: datetime) -> None:
    """Do a step that is no row; one that fails is tried again every hour at least."""
    row = PutAside.objects.filter(step=step, key=0).first()
    if row is None or not _rests(row, at=at, longest=LONGEST_PAUSE):
        _tried(step, 0, do, row, at=at, rest=LONGEST_PAUSE)


def put_aside() -> QuerySet[PutAside]:
    """Return what is put aside."""
    return PutAside.objects.filter(attempts__gte=ASIDE_AFTER)


def try_again(rows: QuerySet[PutAside], *, at: datetime) -> int:
    """Have things tried again at the next tick, and as often as at first; return how many."""
    return rows.update(due_at=at, attempts=0)


def words_of(error: BaseException) -> str:
    """Return what an error says, as every database can keep it."""
    return storable(f"{type(error).__name__}: {error}")[:MAX_ERROR]


def _failing(step: str) -> dict[int, PutAside]:
    return {row.key: row for row in PutAside.objects.filter(step=step).exclude(key=0)}


def _rests(row: PutAside, *, at: datetime, longest: timedelta) -> bool:
    """Return whether it is not yet time; a clock that was ahead delays nothing for longer."""
    return at < row.due_at <= at + longest


def _tried(
    step: str,
    key: int,
    do: Callable[[], object],
    row: PutAside | None,
    *,
    at: datetime,
    rest: timedelta,
) -> object:
    """Do it; return what came of it, nothing where it failed.

    :raises OperationalError: the database is away; it may be another error that says so.
    """
    beat()
    try:
        done = do()
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("%s %s failed; it is tried again later", step, key or "")
        _count(step, key, error, at=at, rest=rest)
        return None
    if row is not None:
        _forget([row])
    return done


def _halved(
    step: str,
    keys: Collection[int],
    do: Callable[[Collection[int]], object],
    known: dict[int, PutAside],
    *,
    at: datetime,
) -> None:
    few = list(keys)
    if len(few) <= 1:
        for key in few:
            _tried(step, key, partial(do, few), known.get(key), at=at, rest=A_DAY)
        return
    beat()
    try:
        do(few)
    except Exception as error:
        if is_away(error):
            raise
        logger.warning("%s failed for %s rows at once: halved", step, len(few), exc_info=error)
        middle = len(few) // 2
        for half in (few[:middle], few[middle:]):
            _halved(step, half, do, known, at=at)
    else:
        _forget(known[key] for key in few if key in known)


@transaction.atomic
def _count(step: str, key: int, error: Exception, *, at: datetime, rest: timedelta) -> None:
    """Note that something failed once more, and when it is tried again."""
    rows = PutAside.objects.filter(step=step, key=key)
    said = {
        "error": words_of(error),
        "trace": storable("".join(traceback.format_exception(error)))[-MAX_TRACE:],
    }
    if not rows.exists():
        try:
            with transaction.atomic():
                PutAside.objects.create(step=step, key=key, failing_since=at, due_at=at)
        except IntegrityError:
            logger.debug("Another worker met it at the same moment")
    rows.update(attempts=F("attempts") + 1, **said)
    pauses = [When(attempts=n, then=Value(at + pause_after(n))) for n in range(1, ASIDE_AFTER)]
    rows.update(due_at=Case(*pauses, default=Value(at + rest)))


def _forget(rows: Any) -> None:
    """Forget failures of what went well, or is not to be done any more."""
    keys = [row.pk for row in rows]
    if keys:
        PutAside.objects.filter(pk__in=keys).delete()


def storable(text: str) -> str:
    """Return a text as every database can keep it."""
    return text.replace("\x00", "").encode(errors="replace").decode()
