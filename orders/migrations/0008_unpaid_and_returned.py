"""Unpaid orders queue behind those that are paid; what came back is due for a refund."""

from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, Sum


def bring_along(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bring lines of unpaid orders, and totals of orders with returns, along with the rules."""
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    lines = apps.get_model("orders", "FulfillmentLine").objects.using(
        schema_editor.connection.alias
    )
    unpaid = orders.filter(payment="pending").values("pk")
    lines.filter(fulfillment_order__order__in=unpaid).update(is_unpaid=True)
    kept = Sum(
        (F("lines__quantity") - F("lines__canceled") - F("lines__returned"))
        * F("lines__unit_price")
    )
    returned = orders.filter(lines__returned__gt=0).values("pk")
    for order in orders.filter(pk__in=returned).annotate(kept=kept).iterator(chunk_size=1_000):
        order.total = round(order.kept or Decimal(0), 2)
        if order.payment in {"paid", "refund_due"} and order.captured > order.total:
            order.payment = "refund_due"
        order.save(update_fields=["total", "payment"])


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_rank_and_charges"),
    ]

    operations = [
        migrations.RunPython(bring_along, migrations.RunPython.noop),
    ]
