"""A shop that is there goes on selling as it did: what was visible is listed in its storefront."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

CHUNK = 2_000


def list_what_is_sold(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Channel = apps.get_model("channels", "Channel")
    Listing = apps.get_model("channels", "Listing")
    Variant = apps.get_model("inventory", "Variant")
    if not Variant.objects.exists():
        return
    Channel.objects.filter(slug="storefront").update(allow_out_of_stock_purchases=True)
    for channel in Channel.objects.exclude(slug="direct"):
        rows = []
        variants = Variant.objects.select_related("product").order_by("pk")
        for variant in variants.iterator(chunk_size=CHUNK):
            row = Listing(channel=channel, variant=variant)
            if channel.slug == "storefront" and variant.product.is_visible:
                row.status, row.published_at = "listed", timezone.now()
                row.published_backorder, row.published_price = "allowed", variant.price
                row.published_title = variant.product.title
                row.published_variant_title = variant.title
            rows.append(row)
            if len(rows) == CHUNK:
                Listing.objects.bulk_create(rows)
                rows.clear()
        Listing.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_listings")]
    operations = [migrations.RunPython(list_what_is_sold, migrations.RunPython.noop)]
