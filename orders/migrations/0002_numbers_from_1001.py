"""Orders are numbered by their key, from 1001 on."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FIRST_NUMBER = 1001


def start_at_1001(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE orders_order ALTER COLUMN id SET START WITH {FIRST_NUMBER} RESTART"
        )
        return
    schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'orders_order'")
    schema_editor.execute(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('orders_order', %s)",
        [FIRST_NUMBER - 1],
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(start_at_1001, migrations.RunPython.noop)]
