"""Where the units of an order line were, while nobody tracks them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_what_was_told")]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="was_booked",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
