"""The catalogue of the import vectors, and a way to import into it."""

import io
import json
from pathlib import Path

import pytest

from inventory.models import Import, ImportRow, Variant
from inventory.models.spreadsheets import ImportMode
from inventory.spreadsheets.apply import apply
from inventory.spreadsheets.check import check
from inventory.spreadsheets.engine import hand_in

FILES = Path(__file__).parent.parent.parent / "data" / "import"
EXPECTATIONS = json.loads((FILES / "expectations.json").read_text())


def no_progress(done, total):
    """Ignore how far it is."""


def run(content, *, user=None, apply_it=True, **options):
    """Check, and apply, a file; return the import."""
    source = hand_in(io.BytesIO(content), filename="file.csv", user=user, **options)
    check(source, progress=no_progress)
    if apply_it and not source.refused:
        apply(source, progress=no_progress)
    return Import.objects.get(pk=source.pk)


def lines(text):
    """Return a semicolon file of these lines."""
    return "\r\n".join(text).encode()


def states():
    """Return the stock policy of each variant, by its ID, in the words of the vectors."""
    return {
        variant.internal_id: "untracked"
        if not variant.track_inventory
        else "track+deny"
        if variant.backorders == "no"
        else "track+allow"
        for variant in Variant.objects.all()
    }


def row_errors(source):
    rows = ImportRow.objects.filter(source=source, outcome="error")
    return {row.number: row.errors[0]["code"] for row in rows}


def notices(source):
    """Return the codes of all notices, of the file and of its rows."""
    codes = [code for code, _ in source.layout.get("notices", ())]
    for row in ImportRow.objects.filter(source=source):
        codes += [code for code, _ in row.notices]
    return codes


@pytest.fixture
def catalogue(db):
    """The 12 variants that every vector refers to."""
    source = run((FILES / "00_base_export.csv").read_bytes(), mode=ImportMode.CREATE)
    assert (source.created, source.errors) == (12, 0)
    return states()
