"""The 59 spreadsheets that merchants really have: each ends as its expectation says."""

import pytest

from inventory.models import ChangeSetRow, ImportRow, Variant
from tests.inventory.spreadsheets.conftest import (
    EXPECTATIONS,
    FILES,
    notices,
    row_errors,
    run,
    states,
)

CASES = EXPECTATIONS["cases"]
ENCODINGS = {"mac_roman|cp1252": "mac_roman", "utf-8": "utf-8"}


def expected_errors(case):
    errors = {}
    for rows, code in case["row_errors"].items():
        first, _, last = rows.partition("..")
        errors |= dict.fromkeys(range(int(first), int(last or first) + 1), code)
    return errors


def test_all_cases_are_here():
    assert len(CASES) == 59
    assert {path.name for path in FILES.iterdir()} >= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_case(catalogue, name):
    case = CASES[name]

    source = run((FILES / name).read_bytes())

    blocked = (case["blocked"] or "").split(" ")[0]
    assert source.refused_code == blocked
    if blocked:
        assert source.refused
        assert states() == catalogue
        assert not ImportRow.objects.filter(source=source).exists()
        assert not ChangeSetRow.objects.filter(change_set=source.change_set_id).exists()
        return
    assert states() == {**catalogue, **case["change"]}
    assert row_errors(source) == expected_errors(case)
    rows = ImportRow.objects.filter(source=source)
    assert source.rows == case["data_rows"] == rows.count()
    assert source.changed == len(case["change"])
    assert source.errors == len(expected_errors(case))
    unchanged = rows.filter(outcome="unchanged").values_list("variant_id", flat=True)
    assert set(Variant.objects.filter(pk__in=unchanged).values_list("internal_id", flat=True)) == (
        set(case["unchanged"])
    )
    assert source.rows == (
        source.changed + source.created + source.unchanged + source.skipped + source.errors
    )


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case["readable"] and not case["blocked"]]
)
def test_what_is_said_of_the_file(catalogue, name):
    case = CASES[name]

    source = run((FILES / name).read_bytes())

    assert source.layout["platform"] == case["profile"]
    assert source.layout["delimiter"] == (case["delimiter"] or "")
    if name != "00_base_export.csv":
        encoding = ENCODINGS.get(case["encoding"], case["encoding"] or "")
        assert source.layout["encoding"] == encoding
    said = notices(source)
    for warning in case["warnings"]:
        spoiled = "mac_roman" not in (case["encoding"] or "")  # read right, no title differs
        if not warning.startswith("limit:") and spoiled:
            assert warning in said


def test_limit_of_adobe_commerce_is_kept(catalogue):
    run((FILES / "98_adobe_catalog_product.csv").read_bytes())

    bowl = Variant.objects.get(sku="BOWL-S")
    assert (bowl.backorders, bowl.out_of_stock_threshold) == ("notify", -20)


def test_titles_are_never_written(catalogue):
    for name in (
        "06_mojibake_titles.csv",
        "48_formula_like_titles.csv",
        "52_long_and_rtl_titles.csv",
    ):
        run((FILES / name).read_bytes())

    assert set(Variant.objects.values_list("product__title", flat=True)) == {
        row["title"] for row in EXPECTATIONS["catalogue"]
    }


@pytest.mark.parametrize(
    ("name", "row", "hint"),
    [
        ("65_ean_scientific_sku_zeros_lost.csv", 3, "Did you mean 00420?"),
        ("X4_dates_numbers_formulas.xlsx", 2, "Did you mean 3-1?"),
        ("X4_dates_numbers_formulas.xlsx", 3, "Did you mean 00420?"),
        ("X4_dates_numbers_formulas.xlsx", 4, "Did you mean 7E10?"),
    ],
)
def test_spoiled_skus_get_a_hint(catalogue, name, row, hint):
    source = run((FILES / name).read_bytes())

    message = ImportRow.objects.get(source=source, number=row).errors[0]["message"]
    assert hint in message


def test_the_accents_of_a_mac_are_read():
    from inventory.spreadsheets.readers import open_sheet

    with (FILES / "05_macroman_cr_only.csv").open("rb") as file:
        rows = list(open_sheet(file).rows)

    assert rows[2] == (3, ["1001003", "2001004", "Café Crème Bowl", "Y", "N"])
