"""XLSX files: checked before they are unpacked, then read row by row."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.readers import CHUNK_BYTES, MAX_COLUMNS, Row, Sheet
from inventory.spreadsheets.values import as_text

MAX_PARTS = 2_000
MAX_UNPACKED = 400_000_000
MAX_RATIO = 60
SMALL_UNPACKED = 10_000_000
MAX_STRINGS = 120_000_000
"""The table of texts is held in memory, in bytes of its XML."""
MAX_TREE = 10_000_000
"""Parts that are parsed whole, such as the styles; a tree takes many times its bytes."""
MAX_SAID = 100
"""Rows whose formulas are named one by one."""

_STREAMED = "xl/worksheets/"
_FORMULA = re.compile(rb"<(\w{1,40}:)?f[\s>/]")
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
    InvalidFileException,
    ParseError,
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

    :raises SpreadsheetRefused: it is broken, dangerous, or too large once unpacked.
    """
    _check_archive(file)
    return Sheet(rows=_guarded(file, sheet := Sheet(rows=iter(()))), notices=sheet.notices)


def _check_archive(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_size(parts)
            names = {part.filename for part in parts}
            if "mimetype" in names:
                raise SpreadsheetRefused(
                    "other_workbook",
                    "This is an OpenDocument file. Save it as XLSX or CSV and try again.",
                )
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise _broken()
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive, part)
    except SpreadsheetRefused:
        raise
    except (*_BROKEN, RuntimeError) as error:
        raise _broken() from error


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
    is_tree = name.endswith((".xml", ".rels")) and not name.startswith((_STREAMED, *_UNREAD))
    return MAX_TREE if is_tree else MAX_UNPACKED


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with archive.open(part) as stream:
        head = stream.read(8_192).lower()
    if b"<!doctype" in head or b"<!entity" in head:
        raise _unsafe()


def _broken() -> SpreadsheetRefused:
    return SpreadsheetRefused(
        "looks_like_xlsx",
        "This looks like an Excel workbook (XLSX), but it cannot be opened: it is damaged or "
        "protected. Open it in your spreadsheet program, save it as XLSX or CSV and try again.",
    )


def _unsafe() -> SpreadsheetRefused:
    return SpreadsheetRefused(
        "unsafe_xml", "This workbook refers to things outside itself, and is not opened."
    )


def _guarded(file: BinaryIO, sheet: Sheet) -> Iterator[Row]:
    try:
        yield from _rows(file, sheet)
    except SpreadsheetRefused:
        raise
    except DefusedXmlException as error:
        raise _unsafe() from error
    except _BROKEN as error:
        raise _broken() from error


def _rows(file: BinaryIO, sheet: Sheet) -> Iterator[Row]:
    """Yield rows with anything in them, numbered as the workbook numbers them."""
    width = 0
    for number, (cells, texts) in enumerate(_pairs(file), start=1):
        if any(text is not None and str(text).strip() for text in texts):
            row = _row(number, cells, texts, sheet)
            width = max(width, len(row))
            yield number, row + [""] * (width - len(row))  # a workbook leaves out blanks at the end


def _pairs(file: BinaryIO) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield each row twice: as values, and as written; the same where there are no formulas."""
    values = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    if not values.worksheets:
        raise _broken()
    position = _first_with_rows(values)
    if not _has_formulas(file):
        yield from ((cells, cells) for cells in _cells(values, position))
        return
    formulas = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    yield from zip(_cells(values, position), _cells(formulas, position), strict=False)


def _cells(workbook: Any, position: int) -> Iterator[tuple[Any, ...]]:
    worksheet = workbook.worksheets[position]
    worksheet.reset_dimensions()  # what the file says of its used range is not to be trusted
    rows: Iterator[tuple[Any, ...]] = worksheet.iter_rows(values_only=True)
    return rows


def _has_formulas(file: BinaryIO) -> bool:
    """Return whether any sheet has a formula; reading everything twice takes twice as long."""
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if not name.startswith(_STREAMED):
                continue
            with archive.open(name) as stream:
                end = b""
                while chunk := stream.read(CHUNK_BYTES):
                    if _FORMULA.search(end + chunk):
                        return True
                    end = chunk[-64:]
    return False


def _first_with_rows(workbook: Any) -> int:
    for position, worksheet in enumerate(workbook.worksheets):
        worksheet.reset_dimensions()
        if any(
            any(cell is not None for cell in row)
            for row in worksheet.iter_rows(values_only=True, max_row=200)
        ):
            return position
    return 0


def _row(number: int, cells: tuple[Any, ...], texts: tuple[Any, ...], sheet: Sheet) -> list[str]:
    """Return the cells of a row as text, without the empty ones that formatting leaves behind."""
    width = max(position for position, text in enumerate(texts, start=1) if text is not None)
    if width > MAX_COLUMNS:
        raise SpreadsheetRefused(
            "too_many_columns", f"Row {number} has more than {MAX_COLUMNS:,} columns."
        )
    for cell, text in zip(cells, texts, strict=False):
        if cell is None and isinstance(text, str) and text.startswith("="):
            _say_formula(number, sheet)
            break
    return [as_text(cell) for cell in cells[:width]]


def _say_formula(number: int, sheet: Sheet) -> None:
    """Say that a formula has no result; after the first hundred rows, once for all the others."""
    if len(sheet.notices) < MAX_SAID:
        sheet.notices[f"formula_without_value:{number}"] = (
            f"Row {number} has a formula whose result is not in the file: read as blank."
        )
        return
    sheet.notices.setdefault(
        "formulas_without_value",
        f"From row {number} on, more formulas have no result in the file: read as blank.",
    )
