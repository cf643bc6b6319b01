"""Order lines keep the recipe by which they were ordered."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, F, OuterRef


def write_recipes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the recipe of bundles that are still open: what they took, else today's.

    Lines that keep none are read by what they took. A program of before goes on writing none.
    """
    OrderLine = apps.get_model("orders", "OrderLine")
    FulfillmentLine = apps.get_model("orders", "FulfillmentLine")
    BundleComponent = apps.get_model("inventory", "BundleComponent")
    taken = FulfillmentLine.objects.filter(order_line=OuterRef("pk"))
    bundles = BundleComponent.objects.filter(bundle=OuterRef("variant"))
    open_lines = OrderLine.objects.filter(
        order__status__in=("processing", "partly_shipped"), recipe__isnull=True
    )
    took_parts = open_lines.filter(Exists(taken.exclude(variant=F("order_line__variant"))))
    took_nothing = open_lines.filter(Exists(bundles)).exclude(Exists(taken))
    for pk in list(took_parts.values_list("pk", flat=True)):
        parts: dict[int, int] = {}
        rows = FulfillmentLine.objects.filter(order_line=pk).order_by("pk")
        for variant, per_unit in rows.values_list("variant", "per_unit"):
            parts.setdefault(variant, per_unit)
        OrderLine.objects.filter(pk=pk).update(recipe=[[*part] for part in parts.items()])
    for pk, bundle in list(took_nothing.values_list("pk", "variant")):
        rows = BundleComponent.objects.filter(bundle=bundle).order_by("pk")
        recipe = [[*part] for part in rows.values_list("component", "quantity")]
        OrderLine.objects.filter(pk=pk).update(recipe=recipe)


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0012_attempts"),
        ("orders", "0005_told_of_preorders"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="recipe",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(write_recipes, migrations.RunPython.noop),
    ]
