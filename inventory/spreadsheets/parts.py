"""The parts of a workbook, read as streams: nothing of them is kept but texts and dates.

`openpyxl` builds a tree of each row, each style and each text before it looks at it: a row of
5 MB takes 5 GB. Here a cell that is too long, a row that is too wide and a table of too many texts
end the reading where they do. Runs in a child process, see `inventory.apart`.

Source: ECMA-376, part 1, 18.3 (sheets), 18.4 (shared strings), 18.8 (styles).
"""

import re
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from posixpath import join, normpath
from typing import IO, Any, Protocol
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import (
    CALENDAR_MAC_1904,
    CALENDAR_WINDOWS_1900,
    from_excel,
    from_ISO8601,
)

from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.cells import as_text
from inventory.spreadsheets.readers import MAX_COLUMNS, MAX_ROW
from inventory.spreadsheets.workbooks import unsafe

MAX_CELL = 32_767
"""Characters, as every spreadsheet program has it."""

MAX_TEXTS = 2_000_000
MAX_TEXTS_LENGTH = 50_000_000
"""Characters of all shared texts."""

MAX_STYLES = 65_536
MAX_SHEETS = 250
PIECE = 1 << 15

_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED = "x005F_"

SheetRow = tuple[int, list[str], bool]
"""The number of a row, its cells, and whether a formula in it has no result."""


class Handler(Protocol):
    """What is told of the elements of a part, by their names without prefix."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """Hear that an element begins."""

    def end(self, name: str) -> None:
        """Hear that an element ends."""

    def text(self, text: str) -> None:
        """Hear text."""


def read_part(stream: IO[bytes], handler: Handler) -> Iterator[None]:
    """Tell the handler what a part has, and give way after each piece.

    :raises SpreadsheetRefused: it declares a document type or entities.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: handler.start(
        name.rpartition(":")[2], attributes
    )
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    while piece := stream.read(PIECE):
        parser.Parse(piece, False)  # noqa: FBT003 -- expat takes it by position
        yield
    parser.Parse(b"", True)  # noqa: FBT003
    yield


def _refuse(*_arguments: object) -> None:
    raise unsafe()


def _take(stream: IO[bytes], handler: Handler) -> None:
    deque(read_part(stream, handler), maxlen=0)


# --- the small parts --------------------------------------------------------------------------


class _Links:
    """Which part each key of `workbook.xml.rels` means."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes["Id"]] = attributes["Target"]

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class _Book:
    """The sheets in their order, and when its days begin."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.epoch = CALENDAR_WINDOWS_1900

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet" and len(self.keys) < MAX_SHEETS:
            keys = [value for key, value in attributes.items() if key.endswith(":id")]
            self.keys += keys[:1]
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            self.epoch = CALENDAR_MAC_1904

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class Styles:
    """Which styles show a number as a day, and which as a length of time."""

    def __init__(self) -> None:
        self.formats = dict(BUILTIN_FORMATS)
        self.of_style: list[int] = []
        self.is_among_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Hear of a number format, or of a style with its format."""
        if name == "numFmt" and len(self.formats) < MAX_STYLES:
            code = attributes.get("formatCode", "")[:300]
            self.formats[int(attributes["numFmtId"])] = code
        elif name == "cellXfs":
            self.is_among_cells = True
        elif name == "xf" and self.is_among_cells:
            if len(self.of_style) >= MAX_STYLES:
                raise SpreadsheetRefused(
                    "too_many_styles",
                    f"This workbook has more than {MAX_STYLES:,} styles of cells. Copy the table "
                    "without its formatting into a new workbook, or save it as CSV.",
                )
            self.of_style.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        """Hear that the styles of cells end."""
        if name == "cellXfs":
            self.is_among_cells = False

    def text(self, text: str) -> None:
        """Styles have no text."""

    def dated(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the numbers of the styles that show days, and of those that show lengths."""
        days = {key for key, code in self.formats.items() if is_date_format(code)}
        lengths = {key for key in days if is_timedelta_format(self.formats[key])}
        return (
            frozenset(str(n) for n, key in enumerate(self.of_style) if key in days),
            frozenset(str(n) for n, key in enumerate(self.of_style) if key in lengths),
        )


class Texts:
    """The shared texts: what is read aloud beside them is left out."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.parts: list[str] = []
        self.length = self.total = 0
        self.is_text = self.is_aloud = False

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """Hear that a text, or a piece of it, begins."""
        if name == "si":
            self.parts, self.length = [], 0
        elif name == "rPh":
            self.is_aloud = True
        elif name == "t":
            self.is_text = not self.is_aloud

    def end(self, name: str) -> None:
        """Keep a text that ended."""
        if name == "t":
            self.is_text = False
        elif name == "rPh":
            self.is_aloud = False
        elif name == "si":
            self.total += self.length
            if len(self.texts) >= MAX_TEXTS or self.total > MAX_TEXTS_LENGTH:
                raise SpreadsheetRefused(
                    "too_many_texts",
                    f"This workbook has more than {MAX_TEXTS:,} different texts, or more than "
                    f"{MAX_TEXTS_LENGTH:,} characters of them. Save it as CSV and try again.",
                )
            self.texts.append("".join(self.parts).replace(_ESCAPED, ""))

    def text(self, text: str) -> None:
        """Add to the text."""
        if self.is_text:
            self.length += len(text)
            if self.length > MAX_CELL:
                raise long_cell(None)
            self.parts.append(text)


# --- a sheet ----------------------------------------------------------------------------------


class Cells:
    """The cells of a sheet, row by row; those that are done wait in `rows`."""

    def __init__(self, values: "Values") -> None:
        self.values = values
        self.rows: list[SheetRow] = []
        self.number = self.column = self.length = 0
        self.cells: list[str] = []
        self.has_formula = self.is_row = False
        self._cell({})
        self.starts = {"c": self._cell, "row": self._row, "f": self._formula, "v": self._value}
        self.starts |= {"t": self._inline, "rPh": self._aloud}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Hear that a row, a cell or a part of it begins."""
        if begin := self.starts.get(name):
            begin(attributes)

    def _row(self, attributes: Mapping[str, str]) -> None:
        self.number = max(int(attributes.get("r", "0")), self.number + 1)
        self.column = self.length = 0
        self.cells, self.has_formula, self.is_row = [], False, True

    def _cell(self, attributes: Mapping[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        self.column = column_of(place[1]) if place else self.column + 1
        self.kind = attributes.get("t", "n")
        self.style = attributes.get("s", "0")
        self.parts: list[str] = []
        self.cell_length = 0
        self.is_formula = self.is_text = self.is_aloud = False

    def _formula(self, _attributes: Mapping[str, str]) -> None:
        self.is_formula = True

    def _value(self, _attributes: Mapping[str, str]) -> None:
        self.is_text = self.kind != "inlineStr"

    def _inline(self, _attributes: Mapping[str, str]) -> None:
        self.is_text = self.kind == "inlineStr" and not self.is_aloud

    def _aloud(self, _attributes: Mapping[str, str]) -> None:
        self.is_aloud = True

    def text(self, text: str) -> None:
        """Add to the cell."""
        if self.is_text:
            self.cell_length += len(text)
            if self.cell_length > MAX_CELL:
                raise long_cell(self.number)
            self.parts.append(text)

    def end(self, name: str) -> None:
        """Keep a cell or a row that ended."""
        if name in {"v", "t"}:
            self.is_text = False
        elif name == "rPh":
            self.is_aloud = False
        elif name == "c" and self.is_row:
            self._end_cell()
        elif name == "row":
            self.is_row = False
            if any(cell and not cell.isspace() for cell in self.cells) or self.has_formula:
                self.rows.append((self.number, self.cells, self.has_formula))

    def _end_cell(self) -> None:
        if not self.parts:
            self.has_formula |= self.is_formula
            return
        if self.column > MAX_COLUMNS:
            raise SpreadsheetRefused(
                "too_many_columns", f"Row {self.number} has more than {MAX_COLUMNS:,} columns."
            )
        text = as_text(self.values.of(self.kind, self.style, "".join(self.parts)))
        self.length += len(text)
        if self.length > MAX_ROW:
            raise SpreadsheetRefused(
                "row_too_long", f"Row {self.number} has more than {MAX_ROW:,} characters."
            )
        self.cells += [""] * (self.column - len(self.cells))
        self.cells[self.column - 1] = text


def column_of(letters: str) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def long_cell(row: int | None) -> SpreadsheetRefused:
    """Return the refusal of a cell that no spreadsheet program writes."""
    where = "The workbook" if row is None else f"Row {row}"
    return SpreadsheetRefused(
        "cell_too_long", f"{where} has a cell of more than {MAX_CELL:,} characters."
    )


class Values:
    """What the letters of a cell mean, by its kind and its style."""

    def __init__(self, texts: list[str], styles: Styles, epoch: Any) -> None:
        self.texts = texts
        self.epoch = epoch
        self.days, self.lengths = styles.dated()

    def of(self, kind: str, style: str, raw: str) -> Any:
        """Return the value of a cell."""
        match kind:
            case "n":
                return self._number(style, raw)
            case "s":
                return self.texts[int(raw)]
            case "b":
                return bool(int(raw))
            case "d":
                return from_ISO8601(raw)
            case "inlineStr":
                return raw.replace(_ESCAPED, "")
        return raw

    def _number(self, style: str, raw: str) -> Any:
        value = float(raw) if "." in raw or "E" in raw or "e" in raw else int(raw)
        if style not in self.days:
            return value
        try:
            return from_excel(value, self.epoch, timedelta=style in self.lengths)
        except (OverflowError, ValueError):
            return "#VALUE!"


# --- the whole --------------------------------------------------------------------------------


class Workbook:
    """A workbook whose archive was looked at."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {name.lower(): name for name in archive.namelist()}

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows of the first sheet that has any.

        :raises SpreadsheetRefused: it has no sheet, or something in it is too large.
        """
        book, links, styles, texts = _Book(), _Links(), Styles(), Texts()
        self._take("xl/workbook.xml", book)
        self._take("xl/_rels/workbook.xml.rels", links)
        self._take(self._linked(links, "styles"), styles)
        self._take(self._linked(links, "sharedStrings"), texts)
        values = Values(texts.texts, styles, book.epoch)
        sheets = [_inside(links.targets[key]) for key in book.keys if key in links.targets]
        sheets = [sheet for sheet in sheets if "worksheets/" in sheet]
        if not sheets:
            raise KeyError("a sheet")
        for sheet in sheets:
            found = False
            for row in self._rows_of(sheet, values):
                found = True
                yield row
            if found:
                return

    def _linked(self, links: _Links, name: str) -> str:
        usual = f"xl/{name}.xml"
        return next(
            (
                inside
                for target in links.targets.values()
                if (inside := _inside(target)).lower().endswith(f"/{name.lower()}.xml")
            ),
            usual,
        )

    def _take(self, name: str, handler: Handler) -> None:
        """Read a part from end to end; one that is not there says nothing."""
        if real := self.names.get(name.lower()):
            with self.archive.open(real) as stream:
                _take(stream, handler)

    def _rows_of(self, name: str, values: Values) -> Iterator[SheetRow]:
        cells = Cells(values)
        with self.archive.open(self.names[name.lower()]) as stream:
            for _ in read_part(stream, cells):
                yield from cells.rows
                cells.rows = []


def _inside(target: str) -> str:
    """Return the name in the archive of what `workbook.xml` links."""
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
