"""When rows were last written: columns, and the triggers that keep them."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import updated

TABLES = (
    "orders_order",
    "orders_orderline",
    "orders_fulfillmentorder",
    "orders_fulfillmentline",
)


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.install(schema_editor.connection, TABLES)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.lift(schema_editor.connection, TABLES)


def keep_counting(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Go on numbering: SQLite made the table anew, and forgot where it was."""
    if schema_editor.connection.vendor != "sqlite":
        return
    schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'orders_order'")
    schema_editor.execute(
        "INSERT INTO sqlite_sequence (name, seq)"
        " SELECT 'orders_order', MAX(1000, COALESCE((SELECT MAX(id) FROM orders_order), 0))"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0016_changed_times"),
        ("orders", "0008_unpaid_and_returned"),
    ]

    operations = [
        migrations.AddField(
            model_name="fulfillmentline",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="fulfillmentorder",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.RunPython(install, lift),
        migrations.RunPython(keep_counting, migrations.RunPython.noop),
    ]
