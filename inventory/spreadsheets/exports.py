"""Files that we write: safe to open in a spreadsheet program, and imported again untouched."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO
from xml.sax.saxutils import escape

from inventory.models import Import, ImportRow
from inventory.models.spreadsheets import Outcome
from inventory.spreadsheets.values import kept, protected

BOM = "\ufeff"
ROWS_A_CHUNK = 500

MAX_CELL = 32_767
"""Characters, as every spreadsheet program has it."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML may have."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATED = "application/vnd.openxmlformats-package.relationships+xml"
_AROUND = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="{_RELATED}"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KINDS}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KINDS}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Variants" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/>'
    '<name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
"""The parts of a workbook that are the same in each."""

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
    """Write an XLSX file in which every cell is text, never a formula.

    A row is written as it comes, in a tenth of the time that a library takes which makes an object
    of each cell: somebody waits for it. Source: ECMA-376, part 1, 18.3 and 18.18.11 (`inlineStr`).
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _AROUND.items():
            archive.writestr(name, _XML + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in chain([headers], rows):
                sheet.write(f"<row>{''.join(map(_text_cell, row))}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def _text_cell(text: str) -> str:
    """Return a cell of text."""
    if not text:
        return "<c/>"
    shown = escape(_ILLEGAL.sub("", kept(text)[:MAX_CELL]))
    space = "" if shown == shown.strip() else ' xml:space="preserve"'
    return f'<c t="inlineStr"><is><t{space}>{shown}</t></is></c>'


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
