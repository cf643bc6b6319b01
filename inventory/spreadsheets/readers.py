"""From bytes to rows: what kind of file it is, its encoding, its separator, its cells.

The content decides, never the name. Rows are streamed; a row's number is the spreadsheet's.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, Self

from inventory.errors import SpreadsheetRefused

Row = tuple[int, list[str]]

DELIMITERS = ";,\t|"
MAX_COLUMNS = 1_000
MAX_ROW = 1_000_000
"""Characters of a row; a line of text is read no farther."""
SAMPLE_LENGTH = 200_000
SAMPLE_ROWS = 25
MANY_LINES = 50
CHUNK_BYTES = 1 << 20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


_WEB_PAGE = re.compile(
    rb"(<\?xml[^>]*>\s*)?<(!doctype html|html|head|body|table|meta|style|script|title|!--)"
)
_OTHER_FILES = (b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf")
"""How packed files and pictures begin."""


@dataclass(slots=True)
class Sheet:
    """A file that could be read, before anybody knows what its columns mean."""

    rows: Iterator[Row]
    encoding: str = ""
    delimiter: str = ""
    notices: dict[str, str] = field(default_factory=dict)
    """What to say about the file, by a code; filled while the rows are read."""


def open_sheet(file: BinaryIO) -> Sheet:
    """Return the rows of a CSV, TSV or XLSX file.

    :raises SpreadsheetRefused: it is no table that can be read, with the reason. Some reasons show
        only while the rows are read.
    """
    head = _head(file)
    if head.startswith(b"PK\x03\x04"):
        from inventory.spreadsheets.workbooks import open_workbook  # noqa: PLC0415 -- openpyxl is slow

        return open_workbook(file)
    _refuse_what_is_no_table(head)
    return _open_text(file, head)


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(65_536)
    file.seek(0)
    return head


def _refuse_what_is_no_table(head: bytes) -> None:
    stripped = head.lstrip(codecs.BOM_UTF8).strip()
    if not stripped:
        raise SpreadsheetRefused("empty_file", "The file is empty.")
    start = stripped[:500].lower()
    if _WEB_PAGE.match(start):
        raise SpreadsheetRefused(
            "looks_like_html",
            "This is a web page, not a table. Perhaps the link to the export had expired: log in "
            "there and download the file again.",
        )
    if start.startswith((b"<?xml", b"{", b"%pdf")) or head.startswith(_OTHER_FILES):
        raise SpreadsheetRefused(
            "not_a_table", "This is no table. Save it as CSV or XLSX and try again."
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SpreadsheetRefused(
            "old_workbook",
            "This is an old or password-protected Excel workbook. Save it as XLSX without a "
            "password, or as CSV, and try again.",
        )


def _open_text(file: BinaryIO, head: bytes) -> Sheet:
    encoding, quotes = _detect_encoding(file, head)
    sample = _text(file, encoding, errors="replace").read(SAMPLE_LENGTH)
    delimiter = _detect_delimiter(sample)
    sheet = Sheet(rows=iter(()), encoding=encoding, delimiter=delimiter)
    sheet.rows = _text_rows(_text(file, encoding), sheet, odd_quotes=quotes % 2 == 1)
    return sheet


def _text(file: BinaryIO, encoding: str, *, errors: str = "strict") -> io.TextIOWrapper:
    """Return the file as text from its beginning; closing it leaves the file open."""
    file.seek(0)
    buffered = io.BufferedReader(_Unclosed(file))
    return io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline="")


class _Unclosed(io.RawIOBase):
    """A file that a text wrapper may drop without closing what it reads."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return how many bytes that was."""
        chunk = self.file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _detect_encoding(file: BinaryIO, head: bytes) -> tuple[str, int]:
    """Return the encoding, tried on the whole file, and how many quotes it has."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name, _count_quotes(file)
    if wide := _wide_without_bom(head):
        return wide, _count_quotes(file)
    quotes = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK_BYTES):
            quotes += chunk.count(b'"')
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _single_byte(file, head), _count_quotes(file)
    return "utf-8", quotes


def _wide_without_bom(head: bytes) -> str | None:
    """Return UTF-16 of either order when every other byte is zero."""
    sample = head[:4_000]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.7 and even < half * 0.2:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.2:
        return "utf-16-be"
    return None


def _single_byte(file: BinaryIO, head: bytes) -> str:
    """Return Mac Roman for the line ends of an old Mac, else what European Excel writes."""
    if b"\r" in head and b"\n" not in head:
        return "mac_roman"
    file.seek(0)
    undefined = set(b"\x81\x8d\x8f\x90\x9d")
    while chunk := file.read(CHUNK_BYTES):
        if undefined & set(chunk):
            return "latin-1"
    return "cp1252"


def _count_quotes(file: BinaryIO) -> int:
    file.seek(0)
    quotes = 0
    while chunk := file.read(CHUNK_BYTES):
        quotes += chunk.count(b'"')
    return quotes


def _detect_delimiter(sample: str) -> str:
    """Return the separator that makes the most, and the most even, columns of the first rows."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[int, int]:
    try:
        rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 50))
    except csv.Error:
        return 0, 0
    widths = [len(row) for row in rows if len(row) > 1]
    if not widths:
        return 0, 0
    widest = max(set(widths), key=lambda width: (widths.count(width), width))
    return widths.count(widest), widest


def _text_rows(text: io.TextIOWrapper, sheet: Sheet, *, odd_quotes: bool) -> Iterator[Row]:
    """Yield rows with anything in them.

    :raises SpreadsheetRefused: a row that cannot be read, or too wide, or a quote left open.
    """
    lines = _Lines(text, sheet)
    reader = csv.reader(lines, delimiter=sheet.delimiter)
    number = span = 0
    try:
        for number, cells, span in _spanning(reader):
            lines.length = 0
            if odd_quotes and span > MANY_LINES:
                _refuse_open_quote(number)
            if len(cells) > MAX_COLUMNS:
                raise SpreadsheetRefused(
                    "too_many_columns", f"Row {number} has more than {MAX_COLUMNS:,} columns."
                )
            if any(cell and not cell.isspace() for cell in cells):
                yield number, cells
        if odd_quotes and number and span > 1:
            _refuse_open_quote(number)
    except (csv.Error, UnicodeError) as error:
        raise _unreadable(error, number + 1, sheet) from error


def _spanning(reader: Any) -> Iterator[tuple[int, list[str], int]]:
    """Yield each row with its number and how many lines of text it spans."""
    line = 0
    for number, cells in enumerate(reader, start=1):
        yield number, cells, reader.line_num - line
        line = reader.line_num


def _unreadable(error: Exception, number: int, sheet: Sheet) -> SpreadsheetRefused:
    if isinstance(error, UnicodeError):
        text = f"Row {number} is not valid {sheet.encoding} text."
        return SpreadsheetRefused("broken_encoding", text)
    if "field larger" in str(error):
        text = f"Row {number} has a cell of more than {csv.field_size_limit():,} characters."
        return SpreadsheetRefused("cell_too_long", text)
    return SpreadsheetRefused("broken_csv", f"Row {number}: {error}.")


def _refuse_open_quote(number: int) -> None:
    raise SpreadsheetRefused(
        "unterminated_quote",
        f"A quotation mark opens in row {number} and never closes, so that the rows after it "
        "cannot be told apart.",
    )


class _Lines:
    """The lines of a text, without NUL; it ends where one row is too long to be one."""

    def __init__(self, text: io.TextIOWrapper, sheet: Sheet) -> None:
        self.text = text
        self.sheet = sheet
        self.number = 0
        self.length = 0
        """Characters since the last row that was whole."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self.text.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.length += len(line)
        if self.length > MAX_ROW:
            raise SpreadsheetRefused(
                "row_too_long",
                f"The row that ends in line {self.number} has more than {MAX_ROW:,} characters.",
            )
        if "\x00" in line:
            self.sheet.notices["nul_removed"] = "NUL characters were removed."
            line = line.replace("\x00", "")
        return line


def peek(rows: Iterator[Row], count: int = SAMPLE_ROWS) -> tuple[Sequence[Row], Iterator[Row]]:
    """Return the first rows, and an iterator that still has them all."""
    first = list(islice(rows, count))

    def everything() -> Iterator[Row]:
        yield from first
        yield from rows

    return first, everything()
