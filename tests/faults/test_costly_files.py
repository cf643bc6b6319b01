"""Small files that cost gigabytes, where nobody counts while they are read."""

import time

import pytest

from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.readers import MAX_ROW, open_sheet
from tests.faults import files
from tests.faults.costs import cost_of

MAX_CPU = 10
"""Seconds."""
MAX_MEMORY = 300_000_000

READ = """
from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.readers import open_sheet
try:
    with open({path!r}, "rb") as file:
        answer = sum(1 for row in open_sheet(file).rows)
except SpreadsheetRefused as refusal:
    answer = refusal.code
"""
READ_BY_LIBRARY = """
import openpyxl
with open({path!r}, "rb") as file:
    answer = sum(1 for row in openpyxl.load_workbook(file, read_only=True).active.iter_rows())
"""

COSTLY = {
    "one wide row": (files.wide_row, "too_many_columns"),
    "one long cell": (files.long_cell, "cell_too_long"),
    "very many styles": (files.many_styles, "too_many_styles"),
    "very many texts": (files.many_texts, "too_many_texts"),
    "one text in every cell": (files.one_text_everywhere, "row_too_long"),
    "a line of text without end": (lambda: b"SKU;Title\n" + b"a;" * 10_000_000, "row_too_long"),
    "a cell over very many lines": (
        lambda: b'SKU;Title\n"' + b"a" * 200_000 + b"\n" * 1_000_000 + b'"',
        "cell_too_long",
    ),
    "a row over very many lines": (
        lambda: b"SKU;Title\n" + b'"a\n";' * 3_000_000,
        "row_too_long",
    ),
}


@pytest.fixture
def saved(tmp_path):
    """Return where some bytes lie as a file."""

    def save(content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return str(path)

    return save


@pytest.mark.once
@pytest.mark.parametrize("kind", COSTLY)
def test_a_file_over_a_limit_is_refused_at_little_cost(kind, saved):
    make, code = COSTLY[kind]

    cost = cost_of(READ.format(path=saved(make())))

    assert cost.answer == code
    assert cost.cpu < MAX_CPU
    assert cost.memory < MAX_MEMORY


@pytest.mark.once
def test_control_the_library_alone_takes_many_times_the_memory(saved):
    path = saved(files.wide_row())

    ours = cost_of(READ.format(path=path))
    alone = cost_of(READ_BY_LIBRARY.format(path=path))

    assert alone.memory > 2 * ours.memory
    assert alone.cpu > 3 * ours.cpu


SETUP = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
django.setup()
"""
PICTURE = """
from inventory.errors import InvalidChange
from inventory.pictures import clean_picture
try:
    with open({path!r}, "rb") as file:
        answer = clean_picture(file, size=1).size > 0
except InvalidChange as refusal:
    answer = str(refusal)
"""


@pytest.mark.once
@pytest.mark.parametrize(("side", "answer"), [(5_000, True), (7_900, False), (60_000, False)])
def test_a_picture_costs_little_however_large_it_says_that_it_is(side, answer, saved):
    cost = cost_of(SETUP + PICTURE.format(path=saved(files.picture(side, min(side, 7_900)))))

    assert (cost.answer is True) == answer
    assert answer or "pixels" in cost.answer
    assert cost.cpu < MAX_CPU
    assert cost.memory < MAX_MEMORY


@pytest.mark.once
def test_control_a_picture_unpacked_without_a_guard_takes_all_of_its_memory(saved):
    path = saved(files.picture())
    code = f"from PIL import Image; Image.open({path!r}).convert('RGBA').thumbnail((1600, 1600))"

    assert cost_of(code).memory > MAX_MEMORY * 0.8


@pytest.mark.once
def test_a_child_that_takes_too_much_memory_is_refused_in_a_sentence(saved, monkeypatch):
    from inventory.apart import Limits
    from inventory.spreadsheets import workbooks

    content = files.many_texts(300_000)
    assert read(saved(content)) == 1
    monkeypatch.setattr(workbooks, "LIMITS", Limits(60_000_000, 60, 60, 10_000_000))

    with pytest.raises(SpreadsheetRefused, match="more memory or time") as refused:
        read(saved(content))

    assert refused.value.code == "too_costly"


@pytest.mark.once
@pytest.mark.parametrize(
    ("cpu", "wait", "answer"), [(1, 100, 10**8), (100, 1, 10**8), (100, 100, 10**5)]
)
def test_a_child_that_takes_too_long_or_says_too_much_ends(cpu, wait, answer, saved, monkeypatch):
    from inventory.apart import Limits
    from inventory.spreadsheets import workbooks

    rows = "".join(f"<row><c><v>{n}</v></c></row>" for n in range(900_000))
    path = saved(files.book(rows))
    monkeypatch.setattr(workbooks, "MAX_RATIO", 10_000)
    monkeypatch.setattr(workbooks, "LIMITS", Limits(400_000_000, cpu, wait, answer))
    started = time.monotonic()

    with pytest.raises(SpreadsheetRefused) as refused:
        read(path)

    assert refused.value.code == "too_costly"
    assert time.monotonic() - started < 30


WRITE = """
import io
from inventory.spreadsheets.exports import write_workbook
from inventory.spreadsheets.readers import open_sheet
file = io.BytesIO()
write_workbook(file, ["SKU"] * 20, (["Y"] * 20 for _ in range(50_000)))
answer = len(file.getvalue())
with open({path!r}, "wb") as out:
    out.write(file.getvalue())
"""


@pytest.mark.once
def test_a_workbook_of_a_million_cells_that_are_alike_is_written_and_read_at_little_cost(saved):
    path = saved(b"")

    written = cost_of(SETUP + WRITE.format(path=path))

    assert written.cpu < MAX_CPU
    assert written.memory < MAX_MEMORY
    assert cost_of(READ.format(path=path)).answer == 50_001


def test_a_row_as_long_as_a_row_may_be_is_read(saved):
    cells = ";".join(["x" * 30_000] * (MAX_ROW // 30_001))

    assert read(saved(f"SKU\n{cells}\n".encode())) == 2


def read(path):
    with open(path, "rb") as file:  # noqa: PTH123 -- a real file, as uploads are
        return sum(1 for _ in open_sheet(file).rows)
