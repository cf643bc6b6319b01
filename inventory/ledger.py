"""The guard of ledger, history and time lines: the database refuses to rewrite them.

No row of them is updated, deleted or replaced, and no table of them is emptied at one stroke. Who
may change the schema may take the guard away; what they alter then, the seals tell
(`inventory.services.seals`).
"""

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper

REFUSAL = "the stock ledger is append-only"

APPEND_ONLY = {
    "inventory_movement": REFUSAL,
    "inventory_changesetrow": "the history is append-only",
    "orders_orderevent": "the time line of an order is append-only",
    "inventory_seal": "seals are append-only",
}
"""The tables of which no row is ever updated or deleted, and how the database says so.

SQLite makes a table anew when a column of it is altered: such a migration installs the guard again.
"""


def install_triggers(
    connection: BaseDatabaseWrapper, tables: Collection[str] = tuple(APPEND_ONLY)
) -> None:
    """Make the database refuse UPDATE, DELETE, REPLACE and TRUNCATE of the rows of these tables."""
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
        trigger, run = f"CREATE OR REPLACE TRIGGER {table}", f"EXECUTE FUNCTION {table}_refuse()"
        return [
            f"{refuse} BEGIN RAISE EXCEPTION '{refusal}'; END $$ LANGUAGE plpgsql",
            f"{trigger}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {run}",
            f"{trigger}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {run}",
        ]
    trigger, refuse = f"CREATE TRIGGER IF NOT EXISTS {table}", f"SELECT RAISE(ABORT, '{refusal}')"
    # INSERT OR REPLACE deletes and fires no trigger for it: a key that is there is refused.
    is_there = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608
    return [
        f"{trigger}_no_update BEFORE UPDATE ON {table} BEGIN {refuse}; END",
        f"{trigger}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
        f"{trigger}_no_replace BEFORE INSERT ON {table} WHEN {is_there} BEGIN {refuse}; END",
    ]


def _lift(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        names, on = ["append_only", "no_truncate"], f" ON {table}"
    else:
        names, on = ["no_update", "no_delete", "no_replace"], ""
    return [f"DROP TRIGGER IF EXISTS {table}_{name}{on}" for name in names]
