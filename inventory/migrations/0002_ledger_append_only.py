"""The database refuses UPDATE and DELETE of movements."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import ledger

TABLES = ["inventory_movement"]


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    ledger.install_triggers(schema_editor.connection, TABLES)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    ledger.lift_triggers(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunPython(install, lift)]
