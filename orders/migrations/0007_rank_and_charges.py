"""The place of unpaid orders in the queue, and what a shop charged beyond the lines."""

from decimal import Decimal

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
        ("inventory", "0014_oversold_and_unpaid"),
        ("orders", "0006_recipe_of_order_line"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="fulfillmentline",
            name="fulfillmentline_queue",
        ),
        migrations.AddField(
            model_name="capturedorder",
            name="shipping",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                help_text="Of the total: what shipping costs, its tax included.",
                max_digits=24,
                verbose_name="shipping there",
            ),
        ),
        migrations.AddField(
            model_name="fulfillmentline",
            name="is_unpaid",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="order",
            name="charged_goods",
            field=models.DecimalField(
                db_default=Decimal(0),
                decimal_places=2,
                default=Decimal(0),
                editable=False,
                help_text="What the lines cost when tax and shipping were charged on top.",
                max_digits=24,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="charged_shipping",
            field=models.DecimalField(
                db_default=Decimal(0),
                decimal_places=2,
                default=Decimal(0),
                editable=False,
                help_text="Shipping as it was charged, its tax included.",
                max_digits=24,
                verbose_name="shipping",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="charged_tax",
            field=models.DecimalField(
                db_default=Decimal(0),
                decimal_places=2,
                default=Decimal(0),
                editable=False,
                help_text="Tax and fees on top of the lines, less discounts of the whole order.",
                max_digits=24,
                verbose_name="tax",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="total",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal(0),
                help_text="Of what is neither canceled nor returned, with tax and shipping.",
                max_digits=24,
                verbose_name="total",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfillmentline",
            index=models.Index(
                models.F("variant"),
                models.OrderBy(models.F("priority"), descending=True),
                models.F("is_unpaid"),
                models.F("placed_at"),
                models.F("order_line"),
                models.F("id"),
                condition=models.Q(("waiting__gt", 0)),
                name="fulfillmentline_ranked",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["created_at"],
                name="order_unpaid",
                condition=models.Q(("payment", "pending"), ("status", "processing")),
            ),
        ),
        migrations.RunPython(keep_counting, migrations.RunPython.noop),
    ]
