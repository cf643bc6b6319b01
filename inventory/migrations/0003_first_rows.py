"""The warehouse `main` and the settings."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_first_rows(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    warehouses = apps.get_model("inventory", "Warehouse").objects
    main, _ = warehouses.get_or_create(
        code="main", defaults={"name": "Main warehouse", "priority": 1}
    )
    settings = apps.get_model("inventory", "StoreSettings").objects
    settings.get_or_create(pk=1, defaults={"default_warehouse": main})


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_ledger_append_only")]
    operations = [migrations.RunPython(make_first_rows, migrations.RunPython.noop)]
