import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

import inventory.mail_addresses
import inventory.models.columns


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0016_changed_times"),
    ]

    operations = [
        migrations.AlterField(
            model_name="storesettings",
            name="low_stock_email",
            field=models.EmailField(
                blank=True,
                help_text="Who hears of low stock. Empty: nobody, the list stays.",
                max_length=254,
                validators=[inventory.mail_addresses.check_sendable],
                verbose_name="low stock e-mail",
            ),
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("worker", models.CharField(max_length=64, verbose_name="worker")),
                ("thread", models.CharField(max_length=20, verbose_name="thread")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                (
                    "beat_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        db_index=True,
                        default=django.utils.timezone.now,
                        verbose_name="last sign of life",
                    ),
                ),
                (
                    "busy_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="busy since"),
                ),
                (
                    "restarts",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="restarts"),
                ),
                (
                    "error",
                    inventory.models.columns.LineField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=500,
                        verbose_name="last error",
                    ),
                ),
            ],
            options={
                "verbose_name": "sign of life",
                "verbose_name_plural": "signs of life",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("worker"), models.F("thread"), name="heartbeat_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PutAside",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=40, verbose_name="what")),
                ("key", models.BigIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("trace", models.TextField(blank=True, verbose_name="where it failed")),
                ("failing_since", models.DateTimeField(verbose_name="fails since")),
                ("due_at", models.DateTimeField(verbose_name="next try")),
            ],
            options={
                "verbose_name": "thing put aside",
                "verbose_name_plural": "things put aside",
                "constraints": [
                    models.UniqueConstraint(models.F("step"), models.F("key"), name="putaside_once")
                ],
            },
        ),
    ]
