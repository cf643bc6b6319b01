"""Rows that name one thing twice: they agree, or none of them is taken."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet

from inventory.models import Import, ImportRow, Job
from inventory.models.spreadsheets import Outcome
from inventory.services.jobs import keep
from inventory.skus import sku_key
from inventory.sql import update_rows

BATCH = 1_000
_COLUMNS = ("outcome", "words", "changes", "errors")


def settle_doubles(source: Import, *, job: Job | None = None) -> None:
    """Let rows that name one variant twice agree, or refuse them all: neither wins.

    :raises LeaseLost: another worker has the job, or it has ended.
    """
    write = partial(_write, job)
    rows = ImportRow.objects.filter(source=source)
    known = rows.exclude(variant_id=None).exclude(outcome=Outcome.ERROR)
    for group in _groups(known, "variant_id", _doubled(known, "variant_id")):
        write(_settled(list(same)) for same in group)
    new = rows.filter(outcome=Outcome.CREATE)
    skus, ids = _doubled(new, "key"), _doubled(new.exclude(asked=""), "asked")
    for group in _groups(new, "key", skus):
        write(_refused(list(same), "The SKU {key} is in the file twice.") for same in group)
    looks = "The SKU {key} looks like another one in the file."
    for group in _groups(new, "key", _alike(new)):
        write(_refused(list(same), looks) for same in group)
    for group in _groups(rows.filter(variant_id=None), "asked", ids):
        write(_refused(list(same), "The {asked} is in the file twice.") for same in group)


def _doubled(rows: QuerySet[ImportRow], name: str) -> list[Any]:
    counted = rows.values_list(name).annotate(n=Count("pk")).filter(n__gt=1).order_by()
    return [value for value, _count in counted]


def _alike(new: QuerySet[ImportRow]) -> list[str]:
    """Return the SKUs of new variants that look like another one's, and are not the same."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for sku in new.order_by().values_list("key", flat=True).iterator():
        spellings[sku_key(sku)].add(sku)
    return sorted(sku for same in spellings.values() if len(same) > 1 for sku in same)


def _groups(
    rows: QuerySet[ImportRow], name: str, doubled: Sequence[Any]
) -> Iterator[Iterator[Iterator[ImportRow]]]:
    """Yield rows of the same name together, some names at a time."""
    for start in range(0, len(doubled), BATCH):
        found = rows.filter(**{f"{name}__in": doubled[start : start + BATCH]})
        found = found.only("number", "outcome", "key", "asked", name).order_by(name, "number")
        yield (same for _name, same in groupby(found, key=attrgetter(name)))


def _settled(rows: list[ImportRow]) -> list[tuple[Any, ...]]:
    if len({row.asked for row in rows}) > 1:
        return _refused(rows, "Rows {numbers} say different things of {key}.")
    words = f"says the same as row {rows[0].number}"
    return [(Outcome.SKIP.value, words, "{}", "[]", row.pk) for row in rows[1:]]


def _refused(rows: list[ImportRow], sentence: str) -> list[tuple[Any, ...]]:
    numbers = ", ".join(str(row.number) for row in rows[:10])
    return [
        (Outcome.ERROR.value, words, "{}", _error(row.key, words), row.pk)
        for row in rows
        for words in (sentence.format(numbers=numbers, key=row.key, asked=row.asked),)
    ]


def _error(key: str, message: str) -> str:
    error = {"code": "conflicting_duplicate", "column": "", "value": key, "message": message}
    return json.dumps([error])


@transaction.atomic
def _write(job: Job | None, groups: Iterator[list[tuple[Any, ...]]]) -> None:
    update_rows(ImportRow, _COLUMNS, [row for group in groups for row in group])
    keep(job)
