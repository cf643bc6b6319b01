"""Imports through the engine: modes, doubles, conflicts, resuming, counts, exports, the command."""

import csv
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory.acts import Act
from inventory.errors import SpreadsheetRefused
from inventory.models import (
    ChangeSetRow,
    Import,
    ImportRow,
    Movement,
    Product,
    Seller,
    StockLevel,
    Variant,
)
from inventory.resources import EDIT_COLUMNS, NUMBERS, VariantResource
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.services.settings import update_settings
from inventory.spreadsheets import apply as apply_module
from inventory.spreadsheets import check as check_module
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.exports import csv_chunks, error_file_headers, error_file_rows
from inventory.spreadsheets.exports import write_workbook as write_xlsx
from tests.inventory.spreadsheets.conftest import (
    FILES,
    lines,
    no_progress,
    notices,
    row_errors,
    run,
    states,
)

HEADER = "Internal_Variant_ID;Stock_Track;Stock_Disable_Sold_Out"


def exported(columns=EDIT_COLUMNS):
    rows = VariantResource().rows(Variant.objects.all(), columns)
    return b"".join(csv_chunks(columns, ([r[c] for c in columns] for r in rows), numbers=NUMBERS))


# --- update -----------------------------------------------------------------------------------


def test_a_change_is_remembered_from_what_to_what(catalogue):
    source = run(lines([HEADER, "2001002;Y;N"]))

    row = ChangeSetRow.objects.get(change_set=source.change_set)
    assert (row.label, row.before, row.after, row.version) == (
        "MUG-BLU",
        {"backorders": "no"},
        {"backorders": "allow"},
        2,
    )
    assert Variant.objects.get(sku="MUG-BLU").version == 2


def test_the_preview_speaks_in_words(catalogue):
    source = run(
        lines([HEADER, "2001002;Y;N", "2001003;Y;Y", "2001005;N;", "2001001;Y;Y", "2001004;?;N"]),
        apply_it=False,
    )

    words = dict(ImportRow.objects.filter(source=source).values_list("number", "words"))
    assert words == {
        2: "will accept backorders",
        3: "will stop accepting backorders",
        4: "will not be tracked any more: always salable",
        5: "unchanged",
        6: "“?” is neither Y nor N.",
    }
    assert states() == catalogue


def test_inherited_settings_are_equal_to_their_effective_value(db):
    create_variant(
        act=Act.now(),
        product=create_product(act=Act.now(), title="Mug", backorders="allow"),
        sku="mug",
    )

    source = run(lines(["SKU;Stock_Track;Stock_Disable_Sold_Out", "mug;Y;N"]))

    assert (source.changed, source.unchanged) == (0, 1)
    assert Variant.objects.get().backorders == "inherit"


def test_the_gate_is_part_of_the_effective_value(db):
    seller = Seller.objects.create(code="s", name="S")
    product = create_product(act=Act.now(), title="Mug", seller=seller)
    create_variant(act=Act.now(), product=product, sku="mug", backorders="allow")

    assert b";Y;Y" in exported()
    assert run(lines(["SKU;Stock_Disable_Sold_Out", "mug;Y"])).unchanged == 1
    assert run(lines(["SKU;Stock_Disable_Sold_Out", "mug;N"])).unchanged == 1


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("Stock_Min", "-50", "out_of_stock_threshold", -50),
        ("Stock_Alert", "10", "notify_below", 10),
    ],
)
def test_thresholds_are_part_of_the_policy(catalogue, column, cell, field, value):
    run(lines([f"SKU;{column}", f"MUG-WHT;{cell}"]))

    assert getattr(Variant.objects.get(sku="MUG-WHT"), field) == value


@pytest.mark.parametrize(
    ("column", "cell"),
    [("Stock_Min", "1.5"), ("Stock_Alert", "-1"), ("Stock_Alert", "1000000001")]
    + [("Stock_Min", "-1000000001"), ("Stock_Track", "1_0")],
)
def test_a_bad_value_names_its_column(catalogue, column, cell):
    source = run(lines([f"SKU;{column}", f"MUG-WHT;{cell}"]))

    error = ImportRow.objects.get(source=source).errors[0]
    assert (error["code"], error["column"], error["value"]) == ("bad_value", column, cell)


def test_an_unknown_id_is_not_replaced_by_a_sku(catalogue):
    source = run(
        lines(["Internal_Variant_ID;SKU;Stock_Disable_Sold_Out", "2999999;MUG-BLU;N", ";BOWL-S;N"])
    )

    assert row_errors(source) == {2: "unknown_variant"}
    assert states() == {**catalogue, "2001004": "track+allow"}


def test_identical_doubles_count_once(catalogue):
    source = run(lines([HEADER, "2001002;Y;N", "2001002;Y;N"]))

    assert (source.changed, source.skipped, source.errors) == (1, 1, 0)


def test_doubles_are_found_across_chunks(catalogue, monkeypatch):
    monkeypatch.setattr(check_module, "CHUNK", 2)

    source = run(lines([HEADER, "2001002;Y;N", "2001004;Y;N", "2001003;Y;Y", "2001002;Y;Y"]))

    assert row_errors(source) == {2: "conflicting_duplicate", 5: "conflicting_duplicate"}
    assert source.changed == 2


def test_all_or_nothing_takes_nothing_from_a_file_with_an_error(catalogue):
    source = run(lines([HEADER, "2001002;Y;N", "2001004;maybe;N"]), all_or_nothing=True)

    assert (source.refused_code, source.errors) == ("row_errors", 1)
    assert states() == catalogue


def test_shifted_titles_refuse_the_file_until_confirmed(catalogue):
    titles = ["Wrong"] * 4 + ["Enamel Mug"]
    ids = ("2001002", "2001003", "2001004", "2001005", "2001001")
    rows = [f"{i};{t};Y;Y" for i, t in zip(ids, titles, strict=True)]
    content = lines(
        ["Internal_Variant_ID;US_Title_Short;Stock_Track;Stock_Disable_Sold_Out", *rows]
    )

    assert run(content).refused_code == "titles_differ"
    assert states() == catalogue
    assert run(content, confirm_titles=True).refused == ""


@pytest.mark.parametrize(
    ("wrong", "code"), [(3, ""), (4, "titles_differ")], ids=["exactly half", "more than half"]
)
def test_half_of_the_titles_may_differ_and_not_one_more(catalogue, wrong, code):
    variants = Variant.objects.select_related("product").order_by("pk")[:6]
    rows = [
        f"{one.internal_id};{'Wrong' if n < wrong else one.product.title};Y;Y"
        for n, one in enumerate(variants)
    ]
    header = "Internal_Variant_ID;US_Title_Short;Stock_Track;Stock_Disable_Sold_Out"

    assert run(lines([header, *rows])).refused_code == code


def test_a_row_that_somebody_changed_after_the_check_is_left_alone(catalogue):
    source = run(lines([HEADER, "2001002;Y;N", "2001004;Y;N"]), apply_it=False)
    update_variant(
        act=Act.now(), variant=Variant.objects.get(sku="MUG-BLU"), changes={"title": "New"}
    )

    apply(source, progress=no_progress)

    assert row_errors(source) == {2: "changed_meanwhile"}
    assert (source.changed, source.errors) == (1, 1)
    assert states() == {**catalogue, "2001004": "track+allow"}


def test_tracking_is_turned_on_where_the_merchant_chose_it(catalogue):
    content = (FILES / "45_conflict_track_n_disable_n.csv").read_bytes()
    source = run(content, apply_it=False)
    source.turn_tracking_on = True
    source.save()

    check_module.check(source, progress=no_progress)
    apply(source, progress=no_progress)

    assert row_errors(source) == {}
    assert states()["2001006"] == "track+allow"


def test_an_import_is_applied_once(catalogue):
    source = run(lines([HEADER, "2001002;Y;N"]))

    with pytest.raises(SpreadsheetRefused):
        apply(source, progress=no_progress)

    assert ChangeSetRow.objects.filter(change_set=source.change_set).count() == 1


class Killed(BaseException):
    """What a dying worker leaves behind."""


@pytest.mark.parametrize("moment", range(1, 6))
def test_a_killed_worker_loses_nothing_and_doubles_nothing(catalogue, monkeypatch, moment):
    monkeypatch.setattr(apply_module, "CHUNK", 2)
    good = ("2001002", "2001004", "2001001", "2001008", "2001009", "2001010", "2001011")
    source = run(lines([HEADER, *(f"{i};Y;N" for i in good)]), apply_it=False)
    left = [moment]

    def dying(done, total):
        left[0] -= 1
        if not left[0]:
            raise Killed

    try:
        apply(source, progress=dying)
    except Killed:
        apply(Import.objects.get(pk=source.pk), progress=no_progress)

    assert states() == {**catalogue, **dict.fromkeys(good, "track+allow")}
    rows = ChangeSetRow.objects.filter(change_set=Import.objects.get(pk=source.pk).change_set)
    assert sorted(rows.values_list("version", flat=True)) == [2] * 7


# --- whose ------------------------------------------------------------------------------------


def test_a_seller_imports_own_variants_alone(catalogue, make_user):
    seller = Seller.objects.create(code="s", name="S")
    user = make_user("s", "seller", rights=("add_variant",))
    seller.users.add(user)
    Product.objects.filter(title="Oak Board").update(seller=seller)

    source = run(lines(["SKU;Stock_Disable_Sold_Out", "7E10;N", "MUG-BLU;N"]), user=user)

    assert row_errors(source) == {3: "unknown_sku"}
    assert states() == {**catalogue, "2001008": "track+allow"}


def test_a_seller_creates_for_oneself_and_cannot_take_a_foreign_sku(catalogue, make_user):
    seller = Seller.objects.create(code="s", name="S")
    user = make_user("s", "seller", rights=("add_variant",))
    seller.users.add(user)

    source = run(
        lines(["SKU;US_Title_Short;Price", "MINE;Spoon;3.00", "MUG-BLU;Mug;1.00"]),
        user=user,
        mode="create",
    )

    assert row_errors(source) == {3: "exists"}
    assert Variant.objects.get(sku="MINE").product.seller == seller


# --- create -----------------------------------------------------------------------------------


def test_a_shop_moves_in(catalogue):
    mug = Variant.objects.get(sku="MUG-WHT")
    assert (mug.internal_id, mug.product.internal_id) == ("2001001", "1001001")
    assert (mug.title, mug.price, mug.ean) == ("Colour: White", Decimal("12.95"), "8712345000011")
    assert (mug.product.title, mug.product.brand) == ("Enamel Mug", "Oranje & Co")
    assert Variant.objects.filter(product=mug.product).count() == 2
    level = StockLevel.objects.get(variant=mug)
    assert (level.warehouse.code, level.on_hand) == ("main", 14)
    assert Movement.objects.get(stock_level=level).quantity == 14


def test_units_that_the_old_shop_owes_are_said(catalogue):
    source = Import.objects.get()

    assert "owed_units" in notices(source)
    assert not StockLevel.objects.filter(variant__sku="BOWL-M").exists()


@pytest.mark.parametrize(
    ("allow", "track", "row", "expected"),
    [
        (False, True, "New;;", ("inherit", True)),
        (True, True, "New;;", ("allow", True)),
        (True, False, "New;;", ("inherit", False)),
        (True, True, "New;;Y", ("no", True)),
        (False, True, "New;Y;N", ("allow", True)),
        (True, True, "New;N;", ("inherit", False)),
    ],
)
def test_a_new_variant_starts_as_the_file_says_else_as_the_settings_say(
    db, allow, track, row, expected
):
    update_settings(
        act=Act.now(),
        changes={"new_products_allow_backorders": allow, "new_products_track_inventory": track},
    )

    run(lines(["US_Title_Short;Stock_Track;Stock_Disable_Sold_Out", row]), mode="create")

    variant = Variant.objects.get()
    assert (variant.backorders, variant.track_inventory) == expected


def test_rows_without_ids_are_grouped_by_title(db):
    source = run(
        lines(["US_Title_Short;US_Variant;SKU;Price", "Mug;Red;A;1", "Mug;Blue;B;2", "Cup;;C;3"]),
        mode="create",
    )

    assert (source.created, Product.objects.count()) == (3, 2)


def test_a_title_that_exists_asks(catalogue):
    source = run((FILES / "73_new_products_no_ids.csv").read_bytes(), mode="create")

    assert row_errors(source) == {3: "title_exists"}
    assert Variant.objects.filter(product__title="Walnut Spoon").count() == 1


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("A;Mug;-1;", "bad_value"),
        ("A;Mug;1e400;", "bad_value"),
        ("A;Mug;1;1.9", "bad_value"),
        (f"{'A' * 65};Mug;1;", "bad_value"),
        ("A;Mu\x0bg;1;", "bad_value"),
        ("A;;1;", "no_title"),
    ],
)
def test_a_new_variant_with_a_bad_value_is_not_made(db, cells, code):
    source = run(lines(["SKU;US_Title_Short;Price;Stock_Level", cells]), mode="create")

    assert row_errors(source) == {2: code}
    assert not Product.objects.exists()


def test_both_changes_what_is_here_and_creates_what_is_not(catalogue):
    source = run(
        lines(["SKU;US_Title_Short;Stock_Disable_Sold_Out", "MUG-BLU;Enamel Mug;N", "NEW;Spoon;N"]),
        mode="both",
    )

    assert (source.changed, source.created) == (1, 1)


def test_shopify_products_are_created_with_their_handle(db):
    run((FILES / "90_shopify_products_classic.csv").read_bytes(), mode="create")

    assert sorted(Product.objects.values_list("title", flat=True)) == [
        "Enamel Mug",
        "Gift card €25",
    ]
    assert Variant.objects.get(sku="MUG-BLU").product.title == "Enamel Mug"
    assert Variant.objects.get(sku="GIFT-25").track_inventory is False


# --- stock counts -----------------------------------------------------------------------------


def count(*rows, **options):
    return run(lines(["SKU;Warehouse;On_Hand", *rows]), kind="stock_count", **options)


def test_a_count_sets_on_hand_through_the_ledger(catalogue):
    source = count("MUG-WHT;main;11", "00420;main;3", "BOWL-S;main;4")

    assert (source.changed, source.unchanged) == (2, 1)
    assert Movement.objects.filter(kind="count").values_list("quantity", flat=True).count() == 2
    assert StockLevel.objects.get(variant__sku="MUG-WHT").on_hand == 11


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("NOPE;main;1", "unknown_sku"),
        ("MUG-WHT;moon;1", "unknown_warehouse"),
        ("MUG-WHT;main;-1", "bad_value"),
        ("MUG-WHT;main;", "bad_value"),
        ("GIFT-25;main;1", "not_tracked"),
    ],
)
def test_a_bad_count_is_an_error_of_its_row(catalogue, row, code):
    source = count(row)

    assert row_errors(source) == {2: code}
    assert not Movement.objects.filter(kind="count").exists()


def test_stock_that_moved_since_the_check_is_left_alone(catalogue):
    source = count("MUG-WHT;main;11", "00420;main;9", apply_it=False)
    other = count("MUG-WHT;main;13")
    assert other.changed == 1

    apply(source, progress=no_progress)

    assert row_errors(source) == {2: "changed_meanwhile"}
    assert StockLevel.objects.get(variant__sku="MUG-WHT").on_hand == 13
    assert StockLevel.objects.get(variant__sku="00420").on_hand == 9


# --- files that we write ----------------------------------------------------------------------


@pytest.mark.parametrize("columns", [EDIT_COLUMNS, VariantResource.full_columns()])
def test_an_untouched_export_changes_nothing(catalogue, columns):
    source = run(exported(columns))

    assert (source.rows, source.unchanged, source.errors) == (12, 12, 0)


def test_the_full_export_moves_a_shop_elsewhere(catalogue):
    content = exported(VariantResource.full_columns())
    before = sorted(Variant.objects.values_list("sku", "price", "ean", "product__title"))
    for variant in Variant.objects.all():
        variant.sku, variant.internal_id = f"old-{variant.sku}", None
        variant.save()
    Product.objects.update(internal_id=None, title="Old")

    source = run(content, mode="create")

    assert (source.created, source.errors) == (12, 0)
    made = Variant.objects.exclude(sku__startswith="old-")
    assert sorted(made.values_list("sku", "price", "ean", "product__title")) == before


def test_bad_rows_come_back_with_number_and_reason(catalogue):
    source = run((FILES / "44_invalid_values.csv").read_bytes())

    rows = list(error_file_rows(source))

    assert error_file_headers(source)[-2:] == ["Row", "Reason"]
    assert rows[0] == [
        *("1001001", "2001002", "Enamel Mug", "Y", "maybe", "2", "“maybe” is neither Y nor N.")
    ]
    content = b"".join(csv_chunks(error_file_headers(source), rows))
    again = run(content)
    assert (again.errors, again.changed) == (5, 0)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1", '=HYPERLINK("http://evil")']


def test_no_cell_that_we_write_is_a_formula(db):
    for n, text in enumerate(FORMULAS):
        create_variant(
            act=Act.now(),
            product=create_product(act=Act.now(), title=text.strip() or "x"),
            sku=f"{text.strip()}{n}",
        )

    columns = VariantResource.full_columns()
    rows = [[r[c] for c in columns] for r in VariantResource().rows(Variant.objects.all(), columns)]
    table = list(
        csv.reader(
            io.StringIO(b"".join(csv_chunks(columns, rows)).decode("utf-8-sig")), delimiter=";"
        )
    )
    file = io.BytesIO()
    write_xlsx(file, columns, rows)

    assert not [c for row in table for c in row if c.startswith(("=", "+", "-", "@", "\t", "＝"))]
    cells = [c for row in openpyxl.load_workbook(file).active.iter_rows() for c in row if c.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert run(file.getvalue()).errors == 0


text = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"),
    min_size=1,
    max_size=12,
).filter(lambda words: words.strip() == words)
variants = st.lists(
    st.fixed_dictionaries(
        {
            "sku": text,
            "title": text,
            "product": st.sampled_from(["inherit", "no", "allow", "notify"]),
            "backorders": st.sampled_from(["inherit", "no", "allow", "notify"]),
            "track": st.booleans(),
            "threshold": st.one_of(st.none(), st.integers(-99, 99)),
        }
    ),
    max_size=6,
    unique_by=lambda row: row["sku"],
)


class AnyCatalogue(TestCase):
    """Whatever is in the shop, exporting and importing it changes nothing."""

    @settings(max_examples=60)
    @given(variants, st.sampled_from(["no", "allow"]), st.booleans())
    def test_export_then_import_is_a_no_op(self, rows, store, full):
        update_settings(act=Act.now(), changes={"backorders": store})
        for row in rows:
            product = create_product(act=Act.now(), title=row["title"], backorders=row["product"])
            Variant.objects.create(
                product=product,
                sku=row["sku"],
                track_inventory=row["track"],
                backorders=row["backorders"],
                out_of_stock_threshold=row["threshold"],
            )
        if not rows:
            return

        source = run(exported(VariantResource.full_columns() if full else EDIT_COLUMNS))

        assert (source.unchanged, source.errors, source.refused) == (len(rows), 0, "")


# --- commands ---------------------------------------------------------------------------------


def command(capsys, path, *arguments):
    try:
        call_command("import_variants", str(path), "--report", "json", *arguments)
        status = 0
    except SystemExit as end:
        status = end.code
    return status, json.loads(capsys.readouterr().out)


def test_the_report_of_the_command(catalogue, capsys):
    status, report = command(capsys, FILES / "42_blank_cells.csv")

    assert status == 0
    assert report == {
        "rows": 4,
        "changed": 1,
        "created": 0,
        "unchanged": 2,
        "skipped": 0,
        "errors": [
            {
                "row": 5,
                "column": "Stock_Disable_Sold_Out",
                "value": "N",
                "message": "Backorders need tracking: turn Track the inventory on, or do not allow "
                "backorders.",
            }
        ],
        "more_errors": 0,
        "notices": [],
        "refused": None,
        "dry_run": False,
        "change_set": Import.objects.latest("pk").change_set_id,
    }


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("16_empty_file.csv", [], 1),
        ("44_invalid_values.csv", [], 0),
        ("44_invalid_values.csv", ["--all-or-nothing"], 1),
        ("01_utf8_bom_semicolon_crlf.csv", ["--all-or-nothing"], 0),
    ],
)
def test_exit_status_of_the_command(catalogue, capsys, name, arguments, status):
    assert command(capsys, FILES / name, *arguments)[0] == status


def test_a_dry_run_changes_nothing_and_leaves_nothing(catalogue, capsys):
    imports = Import.objects.count()

    status, report = command(capsys, FILES / "01_utf8_bom_semicolon_crlf.csv", "--dry-run")

    assert (status, report["changed"], report["dry_run"], report["change_set"]) == (
        0,
        3,
        True,
        None,
    )
    assert states() == catalogue
    assert Import.objects.count() == imports


def test_a_file_that_is_not_there_is_said(db):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_variants", "nowhere.csv")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_of_the_command_can_be_imported(catalogue, capsys, tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    call_command("export_variants", str(path), "--format", kind, "--columns", "full")

    status, report = command(capsys, path)

    assert (status, report["unchanged"], report["errors"]) == (0, 12, [])
