"""The language that a customer is written to in."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


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
        ("orders", "0003_captured"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("en", "English"), ("nl", "Dutch"), ("de", "German")],
                db_default="",
                default="",
                help_text="In which the customer is written to. Empty: the shop's.",
                max_length=10,
                verbose_name="language",
            ),
        ),
        migrations.RunPython(keep_counting, migrations.RunPython.noop),
    ]
