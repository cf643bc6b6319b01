"""Seals over what is appended only, a hash of answers, and guards against REPLACE and TRUNCATE."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from inventory import ledger

OLD = ["inventory_movement", "inventory_changesetrow"]


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    ledger.install_triggers(schema_editor.connection, [*OLD, "inventory_seal"])


def lift(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take them all away: the seals go with their table, and the older guards are made anew."""
    ledger.lift_triggers(schema_editor.connection, [*OLD, "inventory_seal"])
    ledger.install_triggers(schema_editor.connection, OLD)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0018_jobs_have_one_owner")]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=64, verbose_name="table")),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Its place in the chain, from 1."),
                ),
                ("through", models.PositiveBigIntegerField(help_text="The key of the last row.")),
                ("rows", models.PositiveBigIntegerField(help_text="How many rows it covers.")),
                (
                    "columns",
                    models.TextField(help_text="Those that are hashed, with commas between."),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("sealed_at", models.DateTimeField(verbose_name="sealed")),
            ],
            options={
                "verbose_name": "seal",
                "verbose_name_plural": "seals",
                "constraints": (models.UniqueConstraint("table", "number", name="seal_once"),),
            },
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="digest",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The hash of the answer; empty: an older program wrote it.",
                max_length=64,
            ),
        ),
        migrations.RunPython(install, lift),
    ]
