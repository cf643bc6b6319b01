"""`inventory.spreadsheets.readers`, `workbooks`, `values`: what a file may be, and may not."""

import io
import time
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets import values
from inventory.spreadsheets.readers import open_sheet
from tests.inventory.spreadsheets.conftest import FILES

TABLE = "SKU;Stock_Track\r\nMUG;Y\r\nCUP;N\r\n"


def read(content):
    return list(open_sheet(io.BytesIO(content)).rows)


def workbook(*rows, **cells):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, value in cells.items():
        book.active[name] = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


ROWS = [(1, ["SKU", "Stock_Track"]), (2, ["MUG", "Y"]), (3, ["CUP", "N"])]


@pytest.mark.parametrize(
    ("case", "content"),
    [
        ("UTF-8", TABLE.encode()),
        ("UTF-8 with BOM", TABLE.encode("utf-8-sig")),
        ("UTF-16", TABLE.encode("utf-16")),
        ("UTF-16 without BOM", TABLE.encode("utf-16-le")),
        ("UTF-16 big end first, without BOM", TABLE.encode("utf-16-be")),
        ("UTF-32", TABLE.encode("utf-32")),
        ("CR alone", TABLE.replace("\r\n", "\r").encode()),
        ("LF alone", TABLE.replace("\r\n", "\n").encode()),
        ("comma", TABLE.replace(";", ",").encode()),
        ("tab", TABLE.replace(";", "\t").encode()),
        ("bar", TABLE.replace(";", "|").encode()),
        ("workbook", workbook(*(row for _, row in ROWS))),
    ],
)
def test_a_table_is_read_however_it_was_saved(case, content):
    assert read(content) == ROWS


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "shift_jis", "mac_roman"])
def test_other_encodings_are_read_with_their_plain_letters(encoding):
    content = (
        "SKU;Title\r\nMUG;Ångström\r\n" if encoding != "shift_jis" else "SKU;Title\r\nMUG;マグ\r\n"
    )

    rows = read(content.encode(encoding))

    assert [row[1][0] for row in rows] == ["SKU", "MUG"]


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("empty_file", b""),
        ("empty_file", b"\xef\xbb\xbf\r\n "),
        ("looks_like_html", b"<html><body>Log in</body></html>"),
        ("looks_like_html", b"\n\n<!DOCTYPE HTML PUBLIC>"),
        ("not_a_table", b"<?xml version='1.0'?><rows/>"),
        ("not_a_table", b'{"rows": []}'),
        ("not_a_table", b"%PDF-1.7 ..."),
        ("old_workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("looks_like_xlsx", b"PK\x03\x04garbage"),
        ("looks_like_xlsx", workbook(["SKU"])[:900]),
        ("unterminated_quote", b'SKU;Title\r\nMUG;"open\r\nCUP;N\r\n'),
        ("cell_too_long", b"SKU;Title\r\nMUG;" + b"x" * 140_000),
        ("too_many_columns", b";".join([b"a"] * 10_000)),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(code, content):
    with pytest.raises(SpreadsheetRefused) as refused:
        read(content)

    assert refused.value.code == code
    assert refused.value.sentence.endswith((".", "again."))


def zipped(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("other_workbook", zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet")),
        ("looks_like_xlsx", zipped(word__document_xml="<a/>")),
        ("too_large_unpacked", zipped(xl__workbook_xml=b"a" * 20_000_000)),
    ],
)
def test_other_archives_are_refused(code, content):
    with pytest.raises(SpreadsheetRefused) as refused:
        read(content)

    assert refused.value.code == code


def test_a_workbook_that_names_entities_is_refused():
    content = (FILES / "X7_xxe_in_workbook.xlsx").read_bytes()

    with pytest.raises(SpreadsheetRefused) as refused:
        read(content)

    assert refused.value.code == "unsafe_xml"


def test_one_cell_at_the_end_of_a_sheet_costs_little():
    content = workbook(["SKU", "Stock_Track"], ["MUG", "Y"], A1048576="END")
    started = time.process_time()

    rows = read(content)

    assert [number for number, _ in rows] == [1, 2, 1_048_576]
    assert time.process_time() - started < 5


def test_a_formula_without_its_result_is_blank_and_said():
    sheet = open_sheet(io.BytesIO(workbook(["SKU", "Stock_Track"], ["MUG", "=1+1"])))

    assert list(sheet.rows) == [(1, ["SKU", "Stock_Track"]), (2, ["MUG", ""])]
    assert list(sheet.notices) == ["formula_without_value:2"]


@given(st.binary(max_size=400), st.integers(0, 30))
def test_no_bytes_at_all_are_an_error_of_ours(content, position):
    name = sorted(path for path in FILES.iterdir() if path.suffix in {".csv", ".xlsx"})[position]
    seed = name.read_bytes()
    for mutated in (content, seed[: len(content)] + content + seed[len(content) * 2 :]):
        try:
            read(mutated)
        except SpreadsheetRefused as refused:
            assert refused.sentence


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("1000000000", 1_000_000_000), ("007", 7)]
    + [(bad, None) for bad in ("-1", "1.9", "1e3", "1_0", "٣", "0x10", "TRUE", "1000000001", " ")]
    + [(str(10**24), None), ("+5", None)],
)
def test_a_quantity_is_plain_digits(text, number):
    if number is None:
        with pytest.raises(ValueError, match="."):
            values.whole_number(text)
    else:
        assert values.whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "price"),
    [("12.95", "12.95"), ("12,95", "12.95"), ("12", "12.00"), ("12.5", "12.50"), ("1.950", "1.95")]
    + [(bad, None) for bad in ("-1", "0.005", "$5", "1 000,00", "1.000,00", "١٢٫٥", "1e400")]
    + [(bad, None) for bad in ("NaN", "Infinity", "", "99999999999999")],
)
def test_a_price_is_finite_money(text, price):
    if price is None:
        with pytest.raises(ValueError, match="."):
            values.money(text)
    else:
        assert values.money(text) == Decimal(price)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM", "\tx", "＝1", "'5", "'=1", "MUG", "", "O'Neill", "''x"]
)
def test_what_is_protected_comes_back(text):
    written = values.protected(text)

    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert values.unprotected(written) == text
