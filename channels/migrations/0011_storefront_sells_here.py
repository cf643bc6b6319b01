"""The storefront's orders are placed here: nothing is loaded, nothing is captured when shipped."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def mend(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set back what did nothing until now and would be refused from now on."""
    storefront = apps.get_model("channels", "Channel").objects.filter(slug="storefront")
    storefront.filter(capture_when="shipped").update(capture_when="paid")
    storefront.filter(processing_mode="load_from_channel").update(processing_mode="manual")


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0010_listing_filters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="channel",
            name="is_active",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text=(
                    "Off: nothing is sold there, nothing is sent there and no order is fetched or "
                    "booked."
                ),
                verbose_name="active",
            ),
        ),
        migrations.RunPython(mend, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.CheckConstraint(
                condition=(
                    ~Q(slug="storefront")
                    | Q(capture_when__in=("created", "paid"))
                    & ~Q(processing_mode="load_from_channel")
                ),
                name="channel_storefront_sells_here",
            ),
        ),
    ]
