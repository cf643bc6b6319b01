"""When a row was last written: the database notes it, whoever writes and however.

Rows are written by forms, by use cases and by SQL for a million of them; a trigger misses none. The
time is that of the write, not of the commit: who reads what changed since asks for a little more.

SQLite makes a table anew when a column of it is altered, and forgets its triggers: such a migration
runs `install` again, and `tests/inventory/test_updated.py` says where one did not.
"""

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper

COLUMN = "updated_at"
FUNCTION = "row_updated"

_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
"""SQLite's clock, as Django writes a time; the last three digits are not measured."""


def install(connection: BaseDatabaseWrapper, tables: Collection[str]) -> None:
    """Let the database note when rows of these tables are written."""
    statements = [one for table in tables for one in _install(connection.vendor, table)]
    if connection.vendor == "postgresql":
        statements.insert(
            0,
            f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger AS $$"
            f" BEGIN NEW.{COLUMN} := clock_timestamp(); RETURN NEW; END $$ LANGUAGE plpgsql",
        )
    _run(connection, statements)


def lift(connection: BaseDatabaseWrapper, tables: Collection[str]) -> None:
    """Take the triggers away."""
    on = " ON {table}" if connection.vendor == "postgresql" else ""
    _run(
        connection,
        [f"DROP TRIGGER IF EXISTS {table}_updated{on.format(table=table)}" for table in tables],
    )


def _install(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        trigger = f"CREATE OR REPLACE TRIGGER {table}_updated BEFORE UPDATE ON {table}"
        return [f"{trigger} FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"]
    note = f"UPDATE {table} SET {COLUMN} = {_NOW} WHERE id = NEW.id"  # noqa: S608
    trigger = f"CREATE TRIGGER IF NOT EXISTS {table}_updated AFTER UPDATE ON {table}"
    return [f"{trigger} BEGIN {note}; END"]


def _run(connection: BaseDatabaseWrapper, statements: Collection[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
