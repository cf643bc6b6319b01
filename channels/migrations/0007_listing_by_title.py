"""The list of the storefront is read from what is published, in the order of its titles."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0006_savedfilter")]
    operations = [
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["channel", "published_title", "variant"],
                name="listing_by_title",
            ),
        ),
    ]
