"""Whether oversold units are served, and how long unpaid orders are kept."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0013_backordered_items_ship"),
    ]

    operations = [
        migrations.AddField(
            model_name="storesettings",
            name="serve_oversold",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text=(
                    "On: units that another shop oversold get arriving stock in their queue "
                    "position, before any new order. Off: they stay oversold until you allow or "
                    "cancel them."
                ),
                verbose_name="reserve arriving stock for oversold units",
            ),
        ),
        migrations.AddField(
            model_name="storesettings",
            name="unpaid_order_hours",
            field=models.PositiveIntegerField(
                blank=True,
                help_text=(
                    "Hours. An order that is still unpaid then is canceled, its customer gets an "
                    "e-mail, and its units go to the next in line. Empty or 0: unpaid orders are "
                    "kept. Orders of connected shops are canceled by their shop alone."
                ),
                null=True,
                validators=[django.core.validators.MaxValueValidator(8760)],
                verbose_name="cancel unpaid orders after",
            ),
        ),
        migrations.AddConstraint(
            model_name="storesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unpaid_order_hours__isnull", True),
                    models.Q(("unpaid_order_hours__gte", 0), ("unpaid_order_hours__lte", 8760)),
                    _connector="OR",
                ),
                name="storesettings_unpaid_hours_in_range",
            ),
        ),
    ]
