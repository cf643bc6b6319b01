"""When rows were last written: columns, and the triggers that keep them."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import updated

TABLES = (
    "channels_channel",
    "channels_listing",
)


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.install(schema_editor.connection, TABLES)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.lift(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0016_changed_times"),
        ("channels", "0011_storefront_sells_here"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.RunPython(install, lift),
    ]
