"""The key of an order's page: its hash, and sealed for mails; none of it is in clear.

The worker fills the columns of older orders: see `seal_plain_keys`. Their links stay good.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0012_changed_times"),
        ("orders", "0012_where_units_were_booked"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="checkout_hash",
            field=models.CharField(
                editable=False,
                help_text="Of the checkout that placed it.",
                max_length=64,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="page_key_hash",
            field=models.CharField(
                editable=False,
                help_text="Finds it by its page's address.",
                max_length=64,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="sealed_page_key",
            field=models.CharField(
                editable=False, help_text="For links in mails.", max_length=250, null=True
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("page_key_hash__isnull", True)),
                fields=["id"],
                name="order_plain_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("page_key_hash__isnull", False)),
                fields=("page_key_hash",),
                name="order_page_key_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("checkout_hash__isnull", False)),
                fields=("checkout_hash",),
                name="order_checkout_once",
            ),
        ),
    ]
