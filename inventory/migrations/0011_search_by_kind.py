"""Indexes of their own for the titles of products, and for what variants themselves are called."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import search_triggers

BY_REFERENCE = "movement_by_reference"


def index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    search_triggers.drop_index(schema_editor.connection)
    search_triggers.index(schema_editor.connection)
    schema_editor.execute(
        f"CREATE INDEX {BY_REFERENCE} ON inventory_movement"
        " (upper(reference::text) text_pattern_ops)"
    )


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {BY_REFERENCE}")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_mail_due")]
    operations = [migrations.RunPython(index, drop)]
