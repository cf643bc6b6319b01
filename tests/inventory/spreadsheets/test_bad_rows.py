"""A file of nothing but errors costs a bounded space, and its report is still of use."""

import io

import pytest

from inventory.models import ImportRow, Job
from inventory.services.not_done import not_done
from inventory.spreadsheets import check
from inventory.spreadsheets.engine import report
from inventory.spreadsheets.exports import error_file_rows
from tests.inventory.spreadsheets.conftest import lines, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(check, "MAX_LEFT_OUT", 5)
    monkeypatch.setattr(check, "CHUNK", 4)


BAD = lines(["SKU;Stock_Track;Title", *(f"SKU-{number};perhaps;" for number in range(20))])


def test_the_first_bad_rows_are_kept_and_the_others_are_counted():
    source = run(BAD)

    assert (source.rows, source.errors) == (20, 20)
    assert ImportRow.objects.filter(source=source).count() == 5
    assert [row[-2] for row in error_file_rows(source)] == ["2", "3", "4", "5", "6"]
    said = report(source, dry_run=True)
    assert (len(said["errors"]), said["more_errors"]) == (5, 15)
    job = Job.objects.create(kind="check_import", subject_id=source.pk)
    *named, last = not_done(job)
    assert (len(named), last) == (5, ("", "15 more rows have errors and are only counted."))


def test_good_rows_behind_very_many_bad_ones_are_taken(catalogue):
    good = b"\r\nMUG-BLU;Y;\r\nMUG-WHT;N;\r\nMUG-WHT;N;"

    source = run(BAD + good)

    assert (source.rows, source.errors) == (23, 20)
    assert source.changed + source.unchanged + source.skipped == 3


def test_very_many_skipped_rows_are_counted_too(catalogue):
    headers = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,"
    headers += "Variant Inventory Policy,Image Src"
    rows = ["mug,Enamel Mug,Color,Blue,MUG-BLU,shopify,continue,"]
    rows += [f"mug,,,,,,,https://example.com/{number}.png" for number in range(20)]

    source = run("\r\n".join([headers, *rows]).encode())

    assert (source.refused, source.rows, source.skipped) == ("", 21, 20)
    assert ImportRow.objects.filter(source=source, outcome="skip").count() == 5


def test_of_very_long_bad_rows_the_reason_is_kept_and_not_the_cells(monkeypatch):
    monkeypatch.setattr(check, "MAX_LETTERS", 250)
    text = "x" * 100

    source = run(lines(["SKU;Stock_Track;Title", *(f"S{n};{text};" for n in range(4))]))

    rows = list(error_file_rows(source))
    assert [bool(row[0]) for row in rows] == [True, True, False, False]
    assert all(row[-1] for row in rows)


def test_a_value_that_is_at_fault_is_kept_short():
    source = run(lines(["SKU;Stock_Track;Title", f"S;{'x' * 40_000};"]))

    row = ImportRow.objects.get(source=source)
    assert len(row.errors[0]["value"]) <= check.MAX_VALUE
    assert len(row.words) <= check.MAX_WORDS


def test_the_page_says_how_many_more_there_are(admin_client, django_user_model):
    source = run(BAD)

    page = admin_client.get(f"/admin/inventory/import/{source.pk}/change/").text

    assert "15 more rows have errors and are only counted" in page


def test_control_without_the_limit_every_bad_row_is_kept(monkeypatch):
    monkeypatch.setattr(check, "MAX_LEFT_OUT", 10**9)

    source = run(io.BytesIO(BAD).read())

    assert ImportRow.objects.filter(source=source).count() == 20
