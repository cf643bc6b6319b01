"""What is written once stays: the database refuses to change, delete, replace or empty it."""

import logging

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inventory import ledger
from inventory.models import ChangeSetRow, Movement, Seal
from inventory.services import seals
from inventory.services.seals import broken_seals, seal_all
from orders.models import OrderEvent
from tests.backoffice.shop import sell

TABLES = {
    "inventory_movement": Movement,
    "inventory_changesetrow": ChangeSetRow,
    "orders_orderevent": OrderEvent,
    "inventory_seal": Seal,
}


@pytest.fixture
def written(mug, berlin, receive):
    """Return a shop in which each of the tables has rows, all of them sealed."""
    receive(mug, berlin, 5)
    sell((mug, 2))
    seal_all(at=timezone.now())


def run(sql):
    connection.check_constraints()  # PostgreSQL empties no table of which rows are to be checked
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def columns_of(table):
    model = TABLES[table]
    return ", ".join(connection.ops.quote_name(f.column) for f in model._meta.concrete_fields)


def ways(table):
    """Return the statements that would rewrite a table."""
    columns = columns_of(table)
    found = [
        f"UPDATE {table} SET id = id + 1000",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE id = (SELECT MAX(id) FROM {table})",
    ]
    if connection.vendor == "postgresql":
        return [*found, f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    row = f"INTO {table} ({columns}) SELECT {columns} FROM {table}"
    return [
        *found,
        f"INSERT OR REPLACE {row} LIMIT 1",
        f"REPLACE {row} LIMIT 1",
        f"UPDATE OR REPLACE {table} SET id = id",
        f"INSERT {row} WHERE true ON CONFLICT (id) DO UPDATE SET id = excluded.id",
    ]


def test_every_table_that_is_written_once_is_guarded():
    assert set(ledger.APPEND_ONLY) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_to_rewrite_it(written, table):
    before = list(TABLES[table].objects.order_by("pk").values())
    assert before

    for sql in ways(table):
        with pytest.raises(DatabaseError, match="append-only"):
            run(sql)

    assert list(TABLES[table].objects.order_by("pk").values()) == before


@pytest.mark.parametrize("table", TABLES)
def test_without_the_guard_it_is_rewritten(written, table):
    """The control: nothing else refuses it."""
    ledger.lift_triggers(connection)

    run(ways(table)[1])

    assert not TABLES[table].objects.exists()


def test_the_guard_comes_back(written):
    ledger.lift_triggers(connection)
    ledger.install_triggers(connection)

    for sql in ways("inventory_movement"):
        with pytest.raises(DatabaseError, match="append-only"):
            run(sql)


# --- seals ------------------------------------------------------------------------------------


def test_a_seal_covers_what_came_since_the_one_before(written, mug, berlin, receive):
    first = Seal.objects.get(table="inventory_movement")
    assert (first.number, first.rows, first.through) == (1, 1, Movement.objects.get().pk)
    receive(mug, berlin, 1)
    receive(mug, berlin, 1)

    seal_all(at=timezone.now())

    second = Seal.objects.get(table="inventory_movement", number=2)
    assert (second.rows, second.through) == (2, Movement.objects.latest("pk").pk)
    assert list(broken_seals()) == []


def test_what_is_sealed_is_not_sealed_again(written):
    assert seal_all(at=timezone.now()) == []


def test_two_workers_make_one_seal(written, mug, berlin, receive, monkeypatch, caplog):
    """One of them reads what there is, and the other has sealed it when it writes."""
    receive(mug, berlin, 1)
    settled = seals._settled

    def meanwhile(table):
        monkeypatch.setattr(seals, "_settled", settled)
        seal_all(at=timezone.now())
        return settled(table)

    monkeypatch.setattr(seals, "_settled", meanwhile)

    assert seal_all(at=timezone.now()) == []

    assert Seal.objects.filter(table="inventory_movement").count() == 2
    assert list(broken_seals()) == []


def test_digests_are_logged_so_that_they_can_be_kept_elsewhere(mug, berlin, receive, caplog):
    receive(mug, berlin, 5)

    with caplog.at_level(logging.INFO, logger="inventory.services.seals"):
        seal_all(at=timezone.now())

    digest = Seal.objects.get(table="inventory_movement").digest
    assert any(digest in record.getMessage() for record in caplog.records)


def test_a_row_that_comes_between_is_found(written, mug, berlin, receive):
    """Inserted with a key of before, which no guard refuses."""
    receive(mug, berlin, 1)
    last = Movement.objects.latest("pk").pk
    run(
        "INSERT INTO inventory_movement (id, stock_level_id, quantity, kind, reference, reason,"
        f" {connection.ops.quote_name('by')}, moved_at) SELECT {last + 50}, stock_level_id, 1,"
        f" 'count', '', '', '', moved_at FROM inventory_movement WHERE id = {last}"
    )
    seal_all(at=timezone.now())
    run(
        "INSERT INTO inventory_movement (id, stock_level_id, quantity, kind, reference, reason,"
        f" {connection.ops.quote_name('by')}, moved_at) SELECT {last + 7}, stock_level_id, 1,"
        f" 'count', '', '', '', moved_at FROM inventory_movement WHERE id = {last}"
    )

    [broken] = broken_seals()

    assert (broken.name, broken.text) == ("ledger", "2 rows were sealed, and 3 are there")
