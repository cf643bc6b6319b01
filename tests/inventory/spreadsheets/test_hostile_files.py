"""Files that mean harm, and files of ours that must do none: formulas, bombs, ghosts."""

import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from inventory.acts import Act
from inventory.errors import SpreadsheetRefused
from inventory.models import Import, Variant
from inventory.resources import NUMBERS, VariantResource
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets import exports, values
from inventory.spreadsheets.exports import (
    csv_chunks,
    error_file_headers,
    error_file_rows,
    write_workbook,
)
from inventory.spreadsheets.readers import open_sheet
from tests.inventory.spreadsheets.conftest import FILES, lines, notices, run


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_headers_and_numbers_of_the_error_file_are_no_formulas(catalogue):
    source = run(
        lines(["Internal_Variant_ID;Stock_Track;=1+1;Price;\x0bnote", "2001002;?;@x;=cmd|1;y"])
    )
    headers, rows = error_file_headers(source), list(error_file_rows(source))

    content = b"".join(csv_chunks(headers, rows, numbers=NUMBERS)).decode("utf-8-sig")
    file = io.BytesIO()
    write_workbook(file, headers, rows)

    table = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert [row[2:4] for row in table] == [["'=1+1", "Price"], ["'@x", "'=cmd|1"]]
    cells = [c for row in openpyxl.load_workbook(file).active.iter_rows() for c in row if c.value]
    assert {cell.data_type for cell in cells} == {"s"}


def test_numbers_stay_numbers():
    content = b"".join(csv_chunks(["Stock_Min"], [["-50"], ["12.95"], ["-50+1"]], numbers=NUMBERS))

    assert content.decode("utf-8-sig").split("\r\n") == ["Stock_Min", "-50", "12.95", "'-50+1", ""]


def test_an_apostrophe_comes_back_from_a_workbook(db):
    create_variant(
        act=Act.now(),
        product=create_product(act=Act.now(), title="'=1"),
        sku="'5",
        backorders="allow",
    )
    create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Mug"), sku="5", backorders="no"
    )
    columns = ("SKU", "US_Title_Short", "Stock_Track", "Stock_Disable_Sold_Out")
    rows = VariantResource().rows(Variant.objects.all(), columns)
    file = io.BytesIO()
    write_workbook(file, columns, [[row[name] for name in columns] for row in rows])

    source = run(file.getvalue())

    assert (source.unchanged, source.errors, notices(source)) == (2, 0, [])


def bomb(name):
    """Return a workbook one part of which unpacks to 20 MB, at a harmless-looking ratio."""
    source = zipfile.ZipFile(FILES / "X1_plain_text_ids.xlsx")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for part in source.infolist():
            archive.writestr(part, source.read(part))
        archive.writestr(name, b"<a/>" * 5_000_000)
    return file


@pytest.mark.parametrize("name", ["xl/theme/theme9.xml", "docProps/more.xml", "xl/_rels/x.rels"])
def test_parts_that_are_parsed_whole_are_small(name):
    with pytest.raises(SpreadsheetRefused) as refused:
        list(open_sheet(bomb(name)).rows)

    assert refused.value.code == "too_large_unpacked"


@pytest.mark.parametrize("name", ["xl/worksheets/sheet9.xml", "xl/charts/chart1.xml"])
def test_parts_that_are_streamed_or_not_read_may_be_large(name):
    assert len(list(open_sheet(bomb(name)).rows)) == 4


def test_entities_are_refused_however_far_down_they_are_declared():
    source = zipfile.ZipFile(FILES / "X1_plain_text_ids.xlsx")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/workbook.xml":
                head = b"<!--" + b"x" * 20_000 + b"--><!DOCTYPE a [<!ENTITY b 'c'>]>"
                content = head + content.split(b"?>", 1)[-1]
            archive.writestr(part.filename, content)

    with pytest.raises(SpreadsheetRefused):
        list(open_sheet(file).rows)


def test_formatting_far_to_the_right_is_no_column(catalogue):
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Stock_Disable_Sold_Out"])
    book.active.append(["MUG-BLU", "N"])
    book.active["XFD2"].font = Font(bold=True)

    source = run(saved(book))

    assert (source.refused, source.changed, notices(source)) == ("", 1, [])


def test_blanks_at_the_end_of_a_row_are_blank_in_a_workbook(catalogue):
    book = openpyxl.Workbook()
    book.active.append(["Type", "SKU", "Backorders allowed?", "Stock"])
    book.active.append(["simple", "MUG-BLU", 1])

    source = run(saved(book))

    assert (source.changed, source.errors) == (0, 1)


def test_very_many_formulas_are_said_in_few_words(catalogue):
    book = openpyxl.Workbook()
    book.active.append(["SKU", "Stock_Track", "Sum"])
    for _ in range(300):
        book.active.append(["MUG-BLU", "Y", "=1+1"])

    source = run(saved(book))

    said = Import.objects.get(pk=source.pk).layout["notices"]
    assert [code for code, _ in said][-1] == "formulas_without_value"
    assert len(said) == 101


def test_a_long_text_comes_back_whole_in_the_error_file(db):
    text = "x" * 5_000

    source = run(
        lines(["SKU;US_Title_Short;US_Description_Long;Price", f"A;Mug;{text};abc"]), mode="create"
    )

    assert next(iter(error_file_rows(source)))[2] == text


@pytest.mark.parametrize(("second", "errors"), [("N", 0), ("Y", 6_000)])
def test_very_many_doubles_cost_little(db, second, errors, django_assert_max_num_queries):
    product = create_product(act=Act.now(), title="Mug")
    Variant.objects.bulk_create(
        Variant(product=product, sku=f"S{number}", backorders="no") for number in range(3_000)
    )
    rows = [f"S{number};{word}" for word in ("N", second) for number in range(3_000)]

    with django_assert_max_num_queries(100):
        source = run(lines(["SKU;Stock_Disable_Sold_Out", *rows]), apply_it=False)

    assert (source.changed, source.skipped, source.errors) == (
        (0, 0, 6_000) if errors else (3_000, 3_000, 0)
    )


FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
HOSTILE = [
    *("x,=1+1", "x;=1+1", "x\t=1+1", "x|=1+1", "x, =1+1", 'x,"=1+1"', 'x,""=1+1', "x,'=1+1"),
    *("x\n=1+1", "x\r\n+1", "a,+b,-c,@d", ",=1", "=1,=2", "\t=1", "'\t'=1", "x,＝1", "x,\u00a0=1"),
    *("x,''=1", ' =cmd|"/c calc"!A1', 'a";=1', 'a,"', '"=1', "O'Neill, -'n-roll", "12", "'12", ""),
]


def cells_of(content, delimiter, quoting):
    """Return the cells that a spreadsheet of another country sees, without blanks around them."""
    lines = io.StringIO(content, newline="")
    rows = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    return [cell.strip() for row in rows for cell in row]


def live_cells(text):
    """Return what a spreadsheet would run of a file that has this text in every place."""
    rows = [["a", text, "b"], [text, "x,", text]]
    content = b"".join(csv_chunks([text, "B", "C"], rows)).decode("utf-8-sig")
    return [
        cell
        for delimiter in ";,\t|"
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)
        for cell in cells_of(content, delimiter, quoting)
        if cell.startswith(FORMULAS)
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula_wherever_the_line_is_split(text):
    assert live_cells(text) == []
    assert values.unprotected(values.protected(text)) == text
    assert values.unprotected(values.kept(text)) == text


def test_a_guard_at_the_start_alone_leaves_live_cells(monkeypatch):
    """The control: what was guarded before is not enough, and the test above sees it."""
    monkeypatch.setattr(
        exports, "protected", lambda text: f"'{text}" if text.startswith(FORMULAS) else text
    )

    live = [text for text in HOSTILE if live_cells(text)]

    assert {"x,=1+1", "x\t=1+1", "x|=1+1", "x\n=1+1", 'x,"=1+1"'} <= set(live)


@given(st.text(alphabet="=+-@'\",;|\t\n\r ab1\u00a0＝", max_size=12))
def test_any_text_is_inert_and_comes_back(text):
    assert live_cells(text) == []
    assert values.unprotected(values.protected(text)) == text
    assert values.unprotected(values.kept(text)) == text


def test_titles_that_look_like_formulas_come_back_from_both_kinds_of_file(db):
    titles = ["x,=1+1", "a|-b", "x,'=1+1", "Rock, 'n', +roll", "'=1,=2", "x;@y"]
    for number, title in enumerate(titles):
        create_variant(
            act=Act.now(), product=create_product(act=Act.now(), title=title), sku=f"S-{number}"
        )
    columns = ("SKU", "US_Title_Short", "Stock_Track", "Stock_Disable_Sold_Out")
    rows = list(VariantResource().rows(Variant.objects.all(), columns))
    table = [[row[name] for name in columns] for row in rows]
    book = io.BytesIO()
    write_workbook(book, columns, table)

    for content in (b"".join(csv_chunks(columns, table)), book.getvalue()):
        source = run(content)
        assert (source.unchanged, source.errors, notices(source)) == (len(titles), 0, [])
    assert [row["US_Title_Short"] for row in rows] == titles
