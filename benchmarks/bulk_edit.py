"""Bulk edit of 100,000 variants: ours, one after the other, and the limit.

The limit is the bare database: COPY of the keys to a temporary table and UPDATE of what differs on
PostgreSQL, one statement for many rows on SQLite. One bare UPDATE of all rows is measured beside.
"""

from django.db import connection, transaction

from benchmarks.harness import Harness
from benchmarks.imports import catalogue, forbid, quiet
from inventory.acts import Act
from inventory.models import BulkEdit, ChangeSetRow, Job, Variant
from inventory.services.bulk_edit import ask, choose, confirm, prepare, write
from inventory.services.catalog import update_variant

NAIVE_ROWS = 1_000
WISH = {"track_inventory": True, "backorders": "allow"}


def prepared() -> BulkEdit:
    """Return a bulk edit of everything that waits for confirmation."""
    edit = ask(choose(chosen={"list": {}}, user=None), {"wish": WISH})
    return prepare(edit, progress=quiet)


def begun() -> BulkEdit:
    """Return one that is confirmed: what a job is handed."""
    return confirm(
        prepared(), act=Act.now(), start=lambda _edit: Job.objects.create(kind="run_bulk_edit")
    )


def save_each(keys: list[int]) -> None:
    """Do the same one by one, as each variant's own page saves and records it."""
    with transaction.atomic():
        for variant in Variant.objects.filter(pk__in=keys).order_by("pk"):
            update_variant(variant=variant, changes=WISH, act=Act.now().looking_at(variant.version))


def update_bare() -> None:
    """Do the same in one statement that knows nothing of rows."""
    Variant.objects.filter(backorders="no").update(backorders="allow")


def limit_update(keys: list[int]) -> None:
    """Do the same with the bare database, row by row given."""
    if connection.vendor != "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE inventory_variant SET backorders = 'allow' WHERE id = %s",
                [(key,) for key in keys],
            )
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE wanted (id bigint, word varchar) ON COMMIT DROP")
        with cursor.cursor.copy("COPY wanted (id, word) FROM STDIN") as copy:
            for key in keys:
                copy.write_row((key, "allow"))
        cursor.execute(
            "UPDATE inventory_variant v SET backorders = w.word FROM wanted w "
            "WHERE v.id = w.id AND v.backorders <> w.word"
        )


def run(harness: Harness) -> None:
    """Print the bulk edit figures of one engine."""
    size = len(catalogue(harness.size))
    keys = list(Variant.objects.order_by("pk").values_list("pk", flat=True))
    waiting: list[BulkEdit] = []

    def prepare_writing() -> None:
        forbid()
        waiting[:] = [begun()]

    def ours() -> None:
        edit = write(waiting[0], progress=quiet)
        assert edit.changed >= size, edit.changed
        assert ChangeSetRow.objects.filter(change_set=edit.change_set_id).count() == edit.changed

    def preview() -> None:
        assert prepared().changing >= size

    harness.compare(
        "bulk edit: save flags",
        ours=ours,
        prepare=prepare_writing,
        baseline=lambda: save_each(keys[:NAIVE_ROWS]),
        baseline_size=min(NAIVE_ROWS, size),
        limit=lambda: limit_update(keys),
    )
    harness.compare(
        "bulk edit: save flags, beside one bare UPDATE",
        ours=ours,
        prepare=prepare_writing,
        limit=update_bare,
    )
    harness.compare("bulk edit: preview", ours=preview, prepare=forbid)
