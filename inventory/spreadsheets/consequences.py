"""What the rows of a checked file do to open orders: shown before it is applied, or refused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from inventory.consequence_words import in_words, sentence
from inventory.consequences import Consequences
from inventory.models import Import, ImportRow
from inventory.models.spreadsheets import ImportKind, Outcome
from inventory.services.consequences import RowChange, found_by_variant, found_of_rows
from inventory.spreadsheets.check import CHUNK
from inventory.waiting_room import waiting_room

CODE = "needs_confirmation"


def consequences_of(source: Import) -> Consequences:
    """Return what the file as a whole does to open orders."""
    return found_of_rows([_change(row) for rows in _touching(source) for row in rows])


def consequences_of_rows(rows: Sequence[ImportRow]) -> dict[int, Consequences]:
    """Return what a few rows do to open orders, by row."""
    changing = [row for row in rows if row.outcome == Outcome.CHANGE and row.variant_id]
    by_variant = found_by_variant([_change(row) for row in changing])
    return {
        row.pk: by_variant[row.variant_id]
        for row in changing
        if row.variant_id is not None and row.variant_id in by_variant
    }


def about_to_be(keys: Sequence[int], *, taken: Collection[int]) -> dict[int, Consequences]:
    """Return what rows that are about to be written do to open orders, by row.

    `taken` are the variants that open orders still are to get.
    """
    return consequences_of_rows(list(ImportRow.objects.filter(pk__in=keys, variant_id__in=taken)))


def note_done(done: Mapping[int, Consequences]) -> None:
    """Keep with written rows what they did to open orders: the report says it as the preview."""
    rows = list(ImportRow.objects.filter(pk__in=done))
    for row in rows:
        row.notices = [*([CODE, text] for text in in_words(done[row.pk])), *row.notices]
    ImportRow.objects.bulk_update(rows, ["notices"])


def refuse_unconfirmed(source: Import, *, how: str) -> None:
    """Turn the rows that touch open orders into errors: there is nobody to ask.

    `how` says how the yes is given.
    """
    refused = 0
    for rows in _touching(source):
        for key, consequences in consequences_of_rows(rows).items():
            words = f"{sentence(consequences)} {how}"
            error: dict[str, Any] = {"code": CODE, "column": "", "value": "", "message": words}
            one = ImportRow.objects.filter(pk=key)
            refused += one.update(outcome=Outcome.ERROR, words=words, errors=[error])
    if not refused:
        return
    source.changed -= refused
    source.errors += refused
    if source.all_or_nothing:
        source.refused_code = "row_errors"
        source.refused = f"{source.errors} rows have errors, and all or nothing was asked for."
    source.save(update_fields=["changed", "errors", "refused_code", "refused"])


def _touching(source: Import) -> Iterator[list[ImportRow]]:
    """Yield the changing rows of variants that open orders still are to get, some at a time."""
    if source.kind != ImportKind.VARIANTS:
        return
    taken = sorted(waiting_room().taken(None))
    rows = ImportRow.objects.filter(source=source, outcome=Outcome.CHANGE)
    for start in range(0, len(taken), CHUNK):
        yield list(rows.filter(variant_id__in=taken[start : start + CHUNK]))


def _change(row: ImportRow) -> RowChange:
    return RowChange(row.variant_id or 0, row.changes)
