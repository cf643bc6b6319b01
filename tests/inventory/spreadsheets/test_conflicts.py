"""What happens between the check and the apply, and between two workers."""

import io
import zipfile

import pytest
from django.db import IntegrityError

from inventory.acts import Act
from inventory.errors import SpreadsheetRefused
from inventory.models import (
    BundleComponent,
    ChangeSetRow,
    Import,
    Movement,
    Product,
    StockLevel,
    Variant,
    Warehouse,
)
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets import apply as apply_module
from inventory.spreadsheets import creation
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.readers import open_sheet
from tests.inventory.spreadsheets.conftest import (
    FILES,
    lines,
    no_progress,
    row_errors,
    run,
    states,
)

HEADER = "Internal_Variant_ID;Stock_Track;Stock_Disable_Sold_Out"
NEW = "Internal_ID;SKU;US_Title_Short"


def count(*rows, **options):
    return run(lines(["SKU;Warehouse;On_Hand", *rows]), kind="stock_count", **options)


def on_hand(sku):
    return StockLevel.objects.get(variant__sku=sku, warehouse__code="main").on_hand


# --- two workers ------------------------------------------------------------------------------


def test_two_workers_on_one_import_write_one_change_set(catalogue, monkeypatch):
    monkeypatch.setattr(apply_module, "CHUNK", 1)
    source = run(lines([HEADER, "2001002;Y;N", "2001004;Y;N", "2001001;Y;N"]), apply_it=False)
    late = Import.objects.get(pk=source.pk)
    met = []

    def meanwhile(done, total):
        if not met:
            met.append(done)
            apply(late, progress=no_progress)

    apply(Import.objects.get(pk=source.pk), progress=meanwhile)

    source.refresh_from_db()
    assert ChangeSetRow.objects.filter(change_set=source.change_set).count() == 3
    assert ChangeSetRow.objects.count() - 21 == 3  # 21 made the catalogue
    assert (source.changed, source.errors, source.state) == (3, 0, "done")


class Killed(BaseException):
    """What a dying worker leaves behind."""


def test_two_workers_on_one_import_make_one_product(db, monkeypatch):
    monkeypatch.setattr(apply_module, "CHUNK", 1)
    rows = ["SKU;US_Title_Short;US_Variant", "A;Mug;", "B;Cup;Red", "C;Cup;Blue"]
    source = run(lines(rows), mode="create", apply_it=False)
    late = Import.objects.get(pk=source.pk)
    met = []

    def dying(done, total):
        raise Killed

    def meanwhile(done, total):
        if not met:
            met.append(done)
            with pytest.raises(Killed):
                apply(late, progress=dying)

    apply(Import.objects.get(pk=source.pk), progress=meanwhile)

    assert sorted(Variant.objects.values_list("product__title", "sku")) == [
        ("Cup", "B"),
        ("Cup", "C"),
        ("Mug", "A"),
    ]
    assert Product.objects.count() == 2


def test_a_name_that_is_taken_at_the_same_moment_is_an_error_of_its_row(db, monkeypatch):
    source = run(lines([NEW, "1;A;Mug", "1;B;Mug", "2;C;Cup"]), mode="create", apply_it=False)
    create_variant(act=Act.now(), product=create_product(act=Act.now(), title="Other"), sku="B")
    really, blind = creation._taken, [True]

    def taken(rows):
        return set() if blind and blind.pop() else really(rows)

    monkeypatch.setattr(creation, "_taken", taken)

    apply(source, progress=no_progress)

    assert row_errors(source) == {3: "changed_meanwhile"}
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["A", "B", "C"]
    assert not blind


def test_a_conflict_that_stays_is_raised(db, monkeypatch):
    source = run(lines([NEW, "1;B;Mug"]), mode="create", apply_it=False)
    create_variant(act=Act.now(), product=create_product(act=Act.now(), title="Other"), sku="B")
    monkeypatch.setattr(creation, "_taken", lambda rows: set())

    with pytest.raises(IntegrityError):
        apply(source, progress=no_progress)


# --- stock counts -----------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["untracked", "bundle", "deleted", "no warehouse"])
def test_a_count_of_what_cannot_be_counted_any_more_is_an_error_of_its_row(catalogue, change):
    spare = Warehouse.objects.create(code="spare", name="Spare", priority=9)
    source = count("BOWL-S;spare;4", "MUG-WHT;main;11", apply_it=False)
    bowl = Variant.objects.get(sku="BOWL-S")
    if change == "untracked":
        Variant.objects.filter(pk=bowl.pk).update(track_inventory=False)
    elif change == "bundle":
        mug = Variant.objects.get(sku="MUG-BLU")
        BundleComponent.objects.create(bundle=bowl, component=mug, quantity=1)
    elif change == "deleted":
        bowl.delete()
    else:
        spare.delete()

    apply(source, progress=no_progress)

    assert row_errors(source) == {2: "changed_meanwhile"}
    assert on_hand("MUG-WHT") == 11


def test_a_count_below_what_is_allocated_is_said_at_once(catalogue):
    StockLevel.objects.filter(variant__sku="MUG-WHT").update(allocated=5)

    source = count("MUG-WHT;main;4", "00420;main;9")

    assert row_errors(source) == {2: "below_allocated"}
    assert (on_hand("MUG-WHT"), on_hand("00420")) == (14, 9)


def test_a_count_makes_no_levels_that_it_does_not_name(catalogue):
    Warehouse.objects.create(code="spare", name="Spare", priority=9)

    source = count("MUG-WHT;main;11", "BOWL-S;spare;4")

    assert source.changed == 2
    assert StockLevel.objects.filter(warehouse__code="spare").count() == 1


def test_a_count_remembers_the_stock_level(catalogue):
    source = count("MUG-WHT;main;11")

    row = ChangeSetRow.objects.get(change_set=source.change_set)
    level = StockLevel.objects.get(variant__sku="MUG-WHT")
    assert (row.model, row.object_id, row.version) == ("stocklevel", level.pk, level.version)
    assert (row.before, row.after) == ({"on_hand": 14}, {"on_hand": 11})
    assert Movement.objects.get(kind="count").quantity == -3


# --- damage -----------------------------------------------------------------------------------


def test_a_workbook_with_any_byte_turned_is_read_or_refused(catalogue):
    content = (FILES / "X1_plain_text_ids.xlsx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    refused = 0

    for position in range(start, start + 600):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        try:
            list(open_sheet(io.BytesIO(damaged)).rows)
        except SpreadsheetRefused:
            refused += 1

    assert refused > 300
    assert states() == catalogue
