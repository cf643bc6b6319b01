"""XLSX files: opened in a process of their own, and read row by row.

The first half is what the program calls: it takes rows as they come, and trusts none of their
sizes. The second runs in the child (`inventory.apart`), and knows neither Django nor a database.
"""

import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn
from xml.parsers.expat import ExpatError

from inventory.apart import Limits, Overrun, pieces
from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.readers import MAX_COLUMNS, Row, Sheet

LIMITS = Limits(memory=400_000_000, cpu=120, wait=300, answer=1_000_000_000)
"""Of 60,000 rows of 18 columns it takes 30 MB and five seconds; shared texts take more."""

MAX_LINE = 8_000_000
"""Bytes of one row as the child sends it: a million characters, each of them written as six."""

MAX_PARTS = 2_000
MAX_UNPACKED = 400_000_000
MAX_RATIO = 300
"""Our own workbook of very many rows that are alike is packed to a hundredth."""
SMALL_UNPACKED = 10_000_000
MAX_STRINGS = 120_000_000
"""The table of texts is held in memory, in bytes of its XML."""
MAX_SMALL = 10_000_000
"""Bytes of all other parts, of which a table needs little."""
MAX_SAID = 100
"""Rows whose formulas are named one by one."""

_STREAMED = "xl/worksheets/"
_STRINGS = "xl/sharedstrings"
_UNREAD = (
    "xl/drawings/",
    "xl/charts/",
    "xl/pivot",
    "xl/comments",
    "xl/externallinks/",
    "customxml/",
)
_BROKEN = (
    zipfile.BadZipFile,
    ExpatError,
    zlib.error,
    lzma.LZMAError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    EOFError,
    OSError,
    NotImplementedError,
)


def open_workbook(file: BinaryIO) -> Sheet:
    """Return the rows of the first sheet that has any.

    :raises SpreadsheetRefused: while the rows are read: it is broken, dangerous, or costs too much.
    """
    sheet = Sheet(rows=iter(()))
    sheet.rows = _rows(file, sheet)
    return sheet


def _rows(file: BinaryIO, sheet: Sheet) -> Iterator[Row]:
    """Yield rows with anything in them, numbered as the workbook numbers them."""
    width = formulas = 0
    for message in _messages(file):
        match message:
            case {"refused": [str(code), str(sentence)]}:
                raise SpreadsheetRefused(code, sentence)
            case [int(number), list(cells), bool(has_formula)]:
                if has_formula:
                    formulas += 1
                    _say_formula(number, formulas, sheet)
                width = min(max(width, len(cells)), MAX_COLUMNS)
                # A workbook leaves out blanks at the end.
                yield number, cells + [""] * (width - len(cells))
            case _:
                raise _too_costly()


def _messages(file: BinaryIO) -> Iterator[Any]:
    """Yield what the child says, one line each.

    :raises SpreadsheetRefused: it says too much, too slowly, or dies.
    """
    rest = b""
    try:
        for piece in pieces("inventory.spreadsheets.workbooks:send_rows", file, LIMITS):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > MAX_LINE:
                raise _too_costly()
            yield from map(json.loads, lines)
    except Overrun as error:
        raise _too_costly() from error


def _too_costly() -> SpreadsheetRefused:
    return SpreadsheetRefused(
        "too_costly",
        "Opening this workbook takes more memory or time than a table needs. Copy the table alone "
        "into a new workbook, or save it as CSV, and try again.",
    )


def _say_formula(number: int, count: int, sheet: Sheet) -> None:
    """Say that a formula has no result; after the first hundred rows, once for all the others."""
    if count <= MAX_SAID:
        sheet.notices[f"formula_without_value:{number}"] = (
            f"Row {number} has a formula whose result is not in the file: read as blank."
        )
        return
    sheet.notices.setdefault(
        "formulas_without_value",
        f"From row {number} on, more formulas have no result in the file: read as blank.",
    )


# --- in the child -----------------------------------------------------------------------------


def send_rows(file: BinaryIO, out: BinaryIO) -> None:
    """Write each row as a line of JSON, or why there are none."""
    try:
        out.writelines(json.dumps(row).encode() + b"\n" for row in _read(file))
    except SpreadsheetRefused as refusal:
        out.write(json.dumps({"refused": [refusal.code, refusal.sentence]}).encode() + b"\n")


def _read(file: BinaryIO) -> Iterator[tuple[int, list[str], bool]]:
    """Yield the number, the cells, and whether a formula has no result, of rows that are not blank.

    :raises SpreadsheetRefused: it is broken, dangerous, or too large once unpacked.
    """
    from inventory.spreadsheets.parts import Workbook  # noqa: PLC0415 -- the child alone needs it

    try:
        with zipfile.ZipFile(file) as archive:
            _check_archive(archive)
            yield from Workbook(archive).rows()
    except (*_BROKEN, RuntimeError) as error:
        _refuse_broken(error)


def _check_archive(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    _check_size(parts)
    names = {part.filename for part in parts}
    if "mimetype" in names:
        raise SpreadsheetRefused(
            "other_workbook",
            "This is an OpenDocument file. Save it as XLSX or CSV and try again.",
        )
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        _refuse_broken(None)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_part(archive, part)


def _check_size(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = max(sum(part.compress_size for part in parts), 1)
    bomb = unpacked > SMALL_UNPACKED and unpacked > packed * MAX_RATIO
    bomb = bomb or any(part.file_size > _most(part.filename.lower()) for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or bomb:
        raise SpreadsheetRefused(
            "too_large_unpacked",
            f"This workbook unpacks to {unpacked // 1_000_000:,} MB, which is more than a table "
            "needs. Save it as CSV and try again.",
        )


def _most(name: str) -> int:
    """Return how many bytes a part may have, by how it is read."""
    if name.startswith(_STRINGS):
        return MAX_STRINGS
    is_small = name.endswith((".xml", ".rels")) and not name.startswith((_STREAMED, *_UNREAD))
    return MAX_SMALL if is_small else MAX_UNPACKED


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with archive.open(part) as stream:
        head = stream.read(8_192).lower()
    if b"<!doctype" in head or b"<!entity" in head:
        raise unsafe()


def _refuse_broken(cause: Exception | None) -> NoReturn:
    raise SpreadsheetRefused(
        "looks_like_xlsx",
        "This looks like an Excel workbook (XLSX), but it cannot be opened: it is damaged or "
        "protected. Open it in your spreadsheet program, save it as XLSX or CSV and try again.",
    ) from cause


def unsafe() -> SpreadsheetRefused:
    """Return the refusal of a workbook whose XML declares what it is made of."""
    return SpreadsheetRefused(
        "unsafe_xml", "This workbook refers to things outside itself, and is not opened."
    )
