"""What the nightly check of the books found; and time lines are append-only."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import ledger

TABLES = ["orders_orderevent"]


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    ledger.install_triggers(schema_editor.connection, TABLES)


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    ledger.lift_triggers(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0019_seals"),
        ("orders", "0013_order_page_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                ("found", models.PositiveIntegerField(default=0, verbose_name="problems")),
                ("breaches", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "check of the books",
                "verbose_name_plural": "checks of the books",
            },
        ),
        migrations.RunPython(install, lift),
    ]
