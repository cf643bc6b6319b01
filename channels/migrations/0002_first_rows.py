"""The channels `direct` and `storefront`."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_first_rows(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    channels = apps.get_model("channels", "Channel").objects
    channels.get_or_create(slug="direct", defaults={"name": "Direct"})
    channels.get_or_create(slug="storefront", defaults={"name": "Storefront"})


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [migrations.RunPython(make_first_rows, migrations.RunPython.noop)]
