"""The text that is searched, kept by triggers; see `inventory.search_triggers`."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import search_triggers


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    search_triggers.fill(schema_editor.connection)
    search_triggers.index(schema_editor.connection)
    search_triggers.install(schema_editor.connection)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    search_triggers.lift(schema_editor.connection)
    search_triggers.drop_index(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_history_append_only")]
    operations = [
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("product_id", models.BigIntegerField(db_index=True)),
                ("own", models.TextField()),
                ("text", models.TextField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(install, lift),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(
                condition=models.Q(("on_backorder__gt", 0)),
                fields=["variant"],
                name="stocklevel_owing",
            ),
        ),
    ]
