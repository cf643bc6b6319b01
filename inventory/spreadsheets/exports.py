"""Files that we write: safe to open in a spreadsheet program, and imported again untouched."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from inventory.models import Import, ImportRow
from inventory.models.spreadsheets import Outcome
from inventory.spreadsheets.values import kept, protected

BOM = "\ufeff"
ROWS_A_CHUNK = 500

_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def csv_chunks(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: frozenset[str] = frozenset()
) -> Iterator[bytes]:
    """Yield a CSV file: UTF-8 with BOM, semicolons, CRLF; text that looks like a formula is text.

    It is so wherever a spreadsheet splits the line: see `protected`. `numbers` are headers whose
    numbers are written as they are; what else stands there is text.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    plain = [header in numbers for header in headers]
    buffer.write(BOM)
    writer.writerow([protected(header) for header in headers])
    for number, row in enumerate(rows, start=1):
        writer.writerow(
            [
                cell if raw and _NUMBER.fullmatch(cell) else protected(cell)
                for cell, raw in zip(row, plain, strict=True)
            ]
        )
        if number % ROWS_A_CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_workbook(file: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write an XLSX file in which every cell is text, never a formula."""
    workbook = openpyxl.Workbook(write_only=True)
    worksheet = workbook.create_sheet("Variants")
    worksheet.append([_text_cell(worksheet, header) for header in headers])
    for row in rows:
        worksheet.append([_text_cell(worksheet, cell) for cell in row])
    workbook.save(file)


def _text_cell(worksheet: object, text: str) -> WriteOnlyCell:
    """Return a cell of text."""
    cell = WriteOnlyCell(worksheet, ILLEGAL_CHARACTERS_RE.sub("", kept(text)))
    if text:
        cell.data_type = "s"
    return cell


def error_file_headers(source: Import) -> list[str]:
    """Return the headers of the file of bad rows: the merchant's own, the row, and the reason."""
    return [*source.layout.get("headers", ()), "Row", "Reason"]


def error_file_rows(source: Import) -> Iterator[list[str]]:
    """Yield the merchant's own rows that were not taken, each with its number and the reason."""
    width = len(source.layout.get("headers", ()))
    rows = ImportRow.objects.filter(source=source, outcome=Outcome.ERROR).order_by("number")
    for row in rows.iterator(chunk_size=2_000):
        cells = [str(cell) for cell in (row.cells or [])][:width]
        yield [*cells, *[""] * (width - len(cells)), str(row.number), row.words]
