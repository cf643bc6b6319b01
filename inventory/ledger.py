"""The guard of the stock ledger: the database itself refuses UPDATE and DELETE of movements."""

from django.db.backends.base.base import BaseDatabaseWrapper

REFUSAL = "the stock ledger is append-only"

_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION inventory_movement_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql;
CREATE OR REPLACE TRIGGER inventory_movement_append_only
BEFORE UPDATE OR DELETE ON inventory_movement
FOR EACH ROW EXECUTE FUNCTION inventory_movement_refuse();
"""
_SQLITE = [
    f"""
    CREATE TRIGGER IF NOT EXISTS inventory_movement_no_{verb.lower()} BEFORE {verb}
    ON inventory_movement BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """
    for verb in ("UPDATE", "DELETE")
]


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Make the database refuse UPDATE and DELETE of movements."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
            return
        for statement in _SQLITE:
            cursor.execute(statement)


def lift_triggers(connection: BaseDatabaseWrapper) -> None:
    """Take the guard away: to reverse the migration, and to empty a test database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "DROP TRIGGER IF EXISTS inventory_movement_append_only ON inventory_movement"
            )
            return
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER IF EXISTS inventory_movement_no_{verb}")
