"""What a shop elsewhere has otherwise than we, how it writes a SKU, and when it was compared."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import inventory.models.columns
from inventory import updated

TABLES = ("channels_channel", "channels_listing")


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    updated.install(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0012_changed_times"),
        ("inventory", "0018_jobs_have_one_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="compared_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="All of it is compared daily, from here on.",
                null=True,
                verbose_name="compared",
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="sampled_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Some of it is compared hourly, from here on.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="drift",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                verbose_name="different in the shop",
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="remote_sku",
            field=inventory.models.columns.LineField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The SKU that the shop wrote when it was asked last.",
                max_length=100,
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("drift", ""), _negated=True),
                fields=["channel", "id"],
                name="listing_drifted",
            ),
        ),
        # SQLite made the table anew, and forgot its triggers.
        migrations.RunPython(install, install),
    ]
