"""Imports and exports of 100,000 variants: ours, django-import-export as it comes, and the limit.

The limit is the bare database: COPY to a temporary table and UPDATE of what differs on PostgreSQL,
one statement for many rows on SQLite.
"""

import io
import tempfile
from pathlib import Path
from typing import Any

import tablib
from django.core.management import call_command
from django.db import connection, transaction
from import_export import resources

from benchmarks.harness import Harness
from inventory.models import Import, Variant
from inventory.resources import EDIT_COLUMNS, NUMBERS, VariantResource
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.check import check
from inventory.spreadsheets.engine import hand_in
from inventory.spreadsheets.exports import csv_chunks, write_workbook

BASELINE_ROWS = 3_000


class NaiveResource(resources.ModelResource):
    """What one writes first with django-import-export."""

    class Meta:
        model = Variant
        fields = ("sku", "backorders")
        import_id_fields = ("sku",)


def quiet(done: int, total: int) -> None:
    """Say nothing of the progress."""


def catalogue(rows: int) -> list[str]:
    """Make variants that do not allow backorders; return their SKUs."""
    call_command("load_demo", variants=rows, stdout=io.StringIO())
    Variant.objects.update(track_inventory=True, backorders="no")
    return list(Variant.objects.order_by("pk").values_list("sku", flat=True)[:rows])


def flag_file(skus: list[str]) -> bytes:
    """Return a file that allows backorders for all."""
    lines = ["SKU;Stock_Track;Stock_Disable_Sold_Out", *(f"{sku};Y;N" for sku in skus)]
    return "\r\n".join(lines).encode()


def forbid() -> None:
    """Set all back to no backorders."""
    Variant.objects.filter(backorders="allow").update(backorders="no")


def checked(content: bytes) -> Import:
    """Return an import of this file that waits for confirmation."""
    source = hand_in(io.BytesIO(content), filename="bench.csv", user=None)
    check(source, progress=quiet)
    return source


def limit_update(skus: list[str]) -> None:
    """Do the same with the bare database."""
    if connection.vendor != "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE inventory_variant SET backorders = 'allow' WHERE sku = %s",
                [(sku,) for sku in skus],
            )
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE wanted (sku varchar, backorders varchar) ON COMMIT DROP"
        )
        with cursor.cursor.copy("COPY wanted (sku, backorders) FROM STDIN") as copy:
            for sku in skus:
                copy.write_row((sku, "allow"))
        cursor.execute(
            "UPDATE inventory_variant v SET backorders = w.backorders FROM wanted w "
            "WHERE v.sku = w.sku AND v.backorders <> w.backorders"
        )


def naive_import(skus: list[str]) -> None:
    """Do the same with django-import-export as it comes."""
    rows = [(sku, "allow") for sku in skus]
    dataset = tablib.Dataset(*rows, headers=["sku", "backorders"])
    NaiveResource().import_data(dataset, raise_errors=True)


def run(harness: Harness) -> None:
    """Print the import and export figures of one engine."""
    size = harness.size
    skus = catalogue(size)
    content = flag_file(skus)
    waiting: list[Import] = []

    def prepare() -> None:
        forbid()
        waiting[:] = [checked(content)]

    def ours() -> None:
        apply(waiting[0], progress=quiet)
        assert Variant.objects.filter(backorders="allow").count() == size

    def baseline() -> None:
        naive_import(skus[:BASELINE_ROWS])

    def limit() -> None:
        limit_update(skus)

    rivals: dict[str, Any] = {
        "baseline": baseline,
        "baseline_size": min(BASELINE_ROWS, size),
        "limit": limit,
    }
    harness.compare("import: apply flag updates", ours=ours, prepare=prepare, **rivals)
    harness.compare(
        "import: check and preview",
        ours=lambda: assert_changes(checked(content), size),
        prepare=forbid,
    )
    harness.compare(
        "import: check and apply",
        ours=lambda: apply(checked(content), progress=quiet),
        prepare=forbid,
        **rivals,
    )
    harness.compare("export: CSV, edit columns", ours=export_csv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.xlsx"
        harness.compare("export: XLSX, edit columns", ours=lambda: export_xlsx(path))
        harness.compare(
            "import: check an XLSX export",
            ours=lambda: assert_unchanged(checked(path.read_bytes()), size),
        )


def assert_changes(source: Import, size: int) -> None:
    """Make sure that the check found every change."""
    assert source.changed == size, source.refused


def assert_unchanged(source: Import, size: int) -> None:
    """Make sure that an export is a no-op."""
    assert source.unchanged >= size, source.refused


def rows_of_export() -> list[list[str]]:
    """Yield the rows of the edit export."""
    rows = VariantResource().rows(Variant.objects.all(), EDIT_COLUMNS)
    return ([row[name] for name in EDIT_COLUMNS] for row in rows)  # type: ignore[return-value]


def export_csv() -> None:
    """Write the edit export as CSV."""
    for _chunk in csv_chunks(EDIT_COLUMNS, rows_of_export(), numbers=NUMBERS):
        pass


def export_xlsx(path: Path) -> None:
    """Write the edit export as a workbook."""
    with path.open("wb") as file:
        write_workbook(file, EDIT_COLUMNS, rows_of_export())
