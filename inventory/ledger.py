"""The guard of the stock ledger and of the history: the database refuses to rewrite them."""

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper

REFUSAL = "the stock ledger is append-only"

APPEND_ONLY = {
    "inventory_movement": REFUSAL,
    "inventory_changesetrow": "the history is append-only",
}
"""The tables of which no row is ever updated or deleted, and how the database says so.

SQLite makes a table anew when a column of it is altered: such a migration installs the guard again.
"""


def install_triggers(
    connection: BaseDatabaseWrapper, tables: Collection[str] = tuple(APPEND_ONLY)
) -> None:
    """Make the database refuse UPDATE and DELETE of the rows of these tables."""
    with connection.cursor() as cursor:
        for table in tables:
            for statement in _install(connection.vendor, table):
                cursor.execute(statement)


def lift_triggers(
    connection: BaseDatabaseWrapper, tables: Collection[str] = tuple(APPEND_ONLY)
) -> None:
    """Take the guard away: to reverse the migration, and to empty a test database."""
    with connection.cursor() as cursor:
        for table in tables:
            for statement in _lift(connection.vendor, table):
                cursor.execute(statement)


def _install(vendor: str, table: str) -> list[str]:
    refusal = APPEND_ONLY[table]
    if vendor == "postgresql":
        refuse = f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$"
        trigger = f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE"
        return [
            f"{refuse} BEGIN RAISE EXCEPTION '{refusal}'; END $$ LANGUAGE plpgsql",
            f"{trigger} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        ]
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _lift(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]
