"""When rows were last written: columns, and the triggers that keep them."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import updated

TABLES = (
    "inventory_seller",
    "inventory_product",
    "inventory_variant",
    "inventory_warehouse",
    "inventory_stocklevel",
    "inventory_incomingdelivery",
)


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.install(schema_editor.connection, TABLES)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.lift(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0015_max_per_order_and_sku_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="incomingdelivery",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="incomingdelivery",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="seller",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="seller",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="stocklevel",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                db_index=True,
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["updated_at"], name="product_by_update"),
        ),
        migrations.AddIndex(
            model_name="variant",
            index=models.Index(fields=["updated_at"], name="variant_by_update"),
        ),
        migrations.RunPython(install, lift),
    ]
