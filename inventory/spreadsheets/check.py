"""The check: what a file would change, row by row, before it changes anything."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from inventory.errors import SpreadsheetRefused
from inventory.models import Import, ImportRow, Job, StoreSettings
from inventory.models.spreadsheets import ImportKind, ImportMode, ImportState, Outcome
from inventory.models.work import JobState
from inventory.services.jobs import end_job, keep
from inventory.spreadsheets import counts, interpreter
from inventory.spreadsheets.asks import Ask, Problem, read_ask
from inventory.spreadsheets.columns import (
    PLATFORM_NAMES,
    Column,
    Layout,
    find_layout,
    refuse_useless,
)
from inventory.spreadsheets.doubles import settle_doubles
from inventory.spreadsheets.interpreter import Verdict
from inventory.spreadsheets.lookup import Found, Lookup
from inventory.spreadsheets.newcomers import Newcomers
from inventory.spreadsheets.readers import Row, Sheet, open_sheet, peek
from inventory.spreadsheets.rights import importing_user
from inventory.sql import insert_rows

Progress = Callable[[int, int], None]
"""Called after each chunk with what is done and the total, 0 when nobody knows."""

CHUNK = 2_000
MAX_KEPT = 32_767
"""Letters kept of a cell of a bad row: what a cell of a workbook holds."""
MAX_LEFT_OUT = 10_000
"""Rows with errors that are kept, and rows that are skipped; of more than these their number."""
MAX_LETTERS = 20_000_000
"""Letters kept of all cells of bad rows; of those after them the row and the reason are kept."""
MAX_VALUE, MAX_WORDS = 300, 2_000
"""Letters kept of a value that is at fault, and of what is said of a row."""
FEW_TITLES = 5
"""So few titles may all differ without a question: nothing says that the file is shifted."""

_IGNORED_IN_UPDATE = (
    *(Column.EAN, Column.PRICE, Column.STOCK, Column.VARIANT_TITLE, Column.BRAND),
    *(Column.VISIBLE, Column.DESCRIPTION),
)
_COLUMNS = (
    *("source_id", "number", "outcome", "key", "words", "changes", "asked", "errors"),
    *("notices", "cells", "variant_id", "version"),
)
_COUNTS = ("rows", "changed", "created", "unchanged", "skipped", "errors")
_UNCHECKED = frozenset({ImportState.CHECKING})
_UNWRITTEN = frozenset({ImportState.CHECKING, ImportState.READY, ImportState.REFUSED})


def check(source: Import, *, progress: Progress, job: Job | None = None) -> None:
    """Read a file and keep what each row would do; afterwards it waits for confirmation.

    A file that is refused keeps the reason and no rows. Nothing but the import itself is written,
    and that only while it is being checked, by this job.

    :raises LeaseLost: another worker has the job, or it has ended.
    """
    if not _begin(source, job):
        return
    try:
        with source.file.open("rb") as file:
            _check_rows(source, open_sheet(file.file), progress=progress, job=job)
        if source.kind == ImportKind.VARIANTS:
            settle_doubles(source, job=job)
        _count(source)
        _refuse_as_a_whole(source)
    except SpreadsheetRefused as refusal:
        source.refused_code, source.refused = refusal.code, refusal.sentence
        for name in _COUNTS:
            setattr(source, name, 0)
        _end(source, ImportState.REFUSED, job)
    else:
        _end(source, ImportState.READY, job)


@transaction.atomic
def _begin(source: Import, job: Job | None) -> bool:
    """Forget what was found before; return whether the file is to be checked at all.

    A job checks what waits for it. One that comes late finds it checked, applied, or another's.
    """
    locked = lock_import(source)
    if locked.state not in (_UNCHECKED if job is not None else _UNWRITTEN):
        return False
    if job is not None and locked.job_id not in {None, job.pk}:
        return False
    ImportRow.objects.filter(source=source).delete()
    locked.state = ImportState.CHECKING
    locked.save(update_fields=["state"])
    keep(job)
    return True


@transaction.atomic
def _end(source: Import, state: str, job: Job | None) -> None:
    """Keep what was found, and end the job, at one stroke."""
    if lock_import(source).state == ImportState.CHECKING:
        if state == ImportState.REFUSED:
            ImportRow.objects.filter(source=source).delete()
        source.state = state
        source.save(update_fields=["state", "refused_code", "refused", "layout", *_COUNTS])
    end_job(job, state=JobState.DONE, at=timezone.now())


def lock_import(source: Import) -> Import:
    """Return an import, locked and read anew."""
    return Import.objects.select_for_update(of=("self",)).get(pk=source.pk)


# --- rows -------------------------------------------------------------------------------------


def _check_rows(source: Import, sheet: Sheet, *, progress: Progress, job: Job | None) -> None:
    first, rows = peek(sheet.rows)
    stock_count = source.kind == ImportKind.STOCK_COUNT
    layout = find_layout(first, stock_count=stock_count, mapping=source.mapping)
    creates = source.mode != ImportMode.UPDATE and not stock_count
    source.layout = _described(layout, sheet, creates=creates)
    refuse_useless(layout, stock_count=stock_count, creates=creates)
    checker = counts.CountChecker(source, layout) if stock_count else RowChecker(source, layout)
    keeper = Keeper(source, job=job)
    done = titles = differing = 0
    data = (row for row in rows if row[0] > layout.header_row)
    while chunk := list(islice(data, CHUNK)):
        verdicts = checker.check(chunk)
        keeper.keep(chunk, verdicts)
        titles += sum(verdict.title_differs is not None for verdict in verdicts)
        differing += sum(verdict.title_differs is True for verdict in verdicts)
        done += len(chunk)
        progress(done, 0)
    if not done:
        raise SpreadsheetRefused("no_rows", "The file has a header and no rows under it.")
    source.rows = done
    source.layout["more"] = dict(keeper.more)
    source.layout["notices"] = [[code, text] for code, text in sheet.notices.items()] + (
        source.layout["notices"]
    )
    if titles >= FEW_TITLES and differing * 2 > titles and not source.confirm_titles:
        raise SpreadsheetRefused(
            "titles_differ",
            f"{differing} of {titles} titles differ from the shop's. Perhaps a column was sorted "
            "or shifted by itself. If the IDs are right, confirm and check again.",
        )


def _described(layout: Layout, sheet: Sheet, *, creates: bool) -> dict[str, Any]:
    """Return what the preview says about the file itself."""
    unused = () if creates else tuple(c for c in _IGNORED_IN_UPDATE if layout.has(c))
    ignored = [*layout.ignored, *(layout.headers[layout.positions[c][0]] for c in unused)]
    notices = [
        [f"column_ignored:{layout.headers[layout.positions[c][0]]}", _why_ignored(layout, c)]
        for c in unused
    ]
    return {
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
        "platform": layout.platform,
        "platform_name": PLATFORM_NAMES[layout.platform],
        "header_row": layout.header_row,
        "headers": list(layout.headers)[:300],
        "used": [header for header in layout.used if header not in ignored],
        "ignored": ignored[:300],
        "ignored_count": len(ignored),
        "notices": notices,
    }


def _why_ignored(layout: Layout, column: Column) -> str:
    header = layout.headers[layout.positions[column][0]]
    if column is Column.STOCK:
        return f"{header} is ignored: stock is changed by a stock count, not by this import."
    return f"{header} is ignored: an update changes the stock policy alone."


class RowChecker:
    """Checks the rows of a product file."""

    def __init__(self, source: Import, layout: Layout) -> None:
        settings, user = StoreSettings.load(), importing_user(source)
        self.layout = layout
        self.creates = source.mode != ImportMode.UPDATE
        self.updates = source.mode != ImportMode.CREATE
        self.turn_tracking_on = source.turn_tracking_on
        self.lookup = Lookup(user, settings)
        self.newcomers = Newcomers(user, settings)

    def check(self, chunk: Sequence[Row]) -> list[Verdict]:
        """Return what becomes of each row of a chunk."""
        asks = [
            read_ask(self.layout, number, cells, creates=self.creates) for number, cells in chunk
        ]
        if self.turn_tracking_on:
            asks = [interpreter.tracked(ask) for ask in asks]
        found = self.lookup.find(asks)
        if self.creates:
            self.newcomers.meet(asks)
        return [self._verdict(ask, found) for ask in asks]

    def _verdict(self, ask: Ask, found: Found) -> Verdict:
        if ask.skip:
            return interpreter.skip(ask)
        if _fatal(ask):
            return interpreter.refuse(ask, *ask.problems)
        state = found.match(ask)
        if state is not None and self.updates:
            return interpreter.update(ask, state, owner=found.by_sku.get(ask.sku))
        if self.creates:
            return self.newcomers.verdict(ask)
        hint = found.hints.get(ask.sku, "")
        return interpreter.unknown(ask, hint=hint, several=found.siblings(ask))


def _fatal(ask: Ask) -> bool:
    return any(
        problem.code in {"too_many_cells", "id_in_scientific_notation"} for problem in ask.problems
    )


# --- keeping ----------------------------------------------------------------------------------


class Keeper:
    """Keeps the verdicts, in a space that does not grow with what is wrong with a file."""

    def __init__(self, source: Import, *, job: Job | None) -> None:
        self.source = source
        self.job = job
        self.kept: Counter[str] = Counter()
        self.more: Counter[str] = Counter()
        """Rows that are counted alone, by their outcome."""
        self.letters = 0

    def keep(self, chunk: Sequence[Row], verdicts: Sequence[Verdict]) -> None:
        """Keep the verdicts; the merchant's own cells only where a row is at fault."""
        rows = zip(chunk, verdicts, strict=True)
        kept = [(cells, verdict) for (_, cells), verdict in rows if self._has_room(verdict)]
        with transaction.atomic():
            insert_rows(ImportRow, _COLUMNS, (self._row(cells, verdict) for cells, verdict in kept))
            keep(self.job)

    def _has_room(self, verdict: Verdict) -> bool:
        if verdict.outcome not in {Outcome.ERROR, Outcome.SKIP}:
            return True
        outcome = verdict.outcome.value
        has_room = self.kept[outcome] < MAX_LEFT_OUT
        (self.kept if has_room else self.more)[outcome] += 1
        return has_room

    def _row(self, cells: Sequence[str], verdict: Verdict) -> tuple[Any, ...]:
        return (
            self.source.pk,
            verdict.number,
            verdict.outcome.value,
            _storable(verdict.key[:120]),
            _storable(verdict.words[:MAX_WORDS]),
            json.dumps(verdict.changes, default=str) if verdict.changes else "{}",
            verdict.asked,
            problems_json(verdict.problems) if verdict.problems else "[]",
            json.dumps([[code, _storable(text)] for code, text in verdict.notices])
            if verdict.notices
            else "[]",
            self._cells(cells) if verdict.outcome == Outcome.ERROR else None,
            verdict.variant_id,
            verdict.version,
        )

    def _cells(self, cells: Sequence[str]) -> str | None:
        shown = [_storable(cell[:MAX_KEPT]) for cell in cells[:300]]
        self.letters += sum(map(len, shown))
        return json.dumps(shown) if self.letters <= MAX_LETTERS else None


def problems_json(problems: Sequence[Problem]) -> str:
    """Return the errors of a row as they are kept and reported."""
    return json.dumps(
        [
            {
                "code": problem.code,
                "column": problem.column,
                "value": _storable(problem.value[:MAX_VALUE]),
                "message": _storable(problem.message[:MAX_WORDS]),
            }
            for problem in problems
        ]
    )


def _storable(text: str) -> str:
    """Return text that both engines store: no NUL, no lone surrogates."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


# --- the whole -------------------------------------------------------------------------------


def _count(source: Import) -> None:
    rows = ImportRow.objects.filter(source=source)
    counts_by = Counter(dict(rows.values_list("outcome").annotate(n=Count("pk")).order_by()))
    counts_by.update(source.layout.get("more", {}))
    source.changed = counts_by[Outcome.CHANGE]
    source.created = counts_by[Outcome.CREATE]
    source.unchanged = counts_by[Outcome.UNCHANGED]
    source.skipped = counts_by[Outcome.SKIP]
    source.errors = counts_by[Outcome.ERROR]


def _refuse_as_a_whole(source: Import) -> None:
    """Keep the rows of an all-or-nothing file that has errors, but take none of it."""
    if source.all_or_nothing and source.errors:
        source.refused_code = "row_errors"
        source.refused = f"{source.errors} rows have errors, and all or nothing was asked for."
