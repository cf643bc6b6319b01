"""Pre-orders were told their release date, whatever was written down as told.

Their mails and pages named the release date, even where a delivery came later. Those who were told
too early a day are told the right one.
"""

from collections import defaultdict
from datetime import date

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

BATCH = 500


def keep_what_was_told(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down the release date as told, where nothing else was told since."""
    lines = apps.get_model("orders", "OrderLine").objects.using(schema_editor.connection.alias)
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    held = lines.filter(
        fulfillment_lines__fulfillment_order__status="waiting",
        fulfillment_lines__fulfillment_order__holds__reason="awaiting_release_date",
    )
    days: dict[int, date] = {}
    for path in ("variant__release_date", "fulfillment_lines__variant__release_date"):
        ahead = held.filter(**{f"{path}__gt": timezone.localdate()})
        for pk, day in ahead.values_list("pk", path).distinct():
            days[pk] = max(day, days.get(pk, day))
    told: dict[date, list[int]] = defaultdict(list)
    for pk, day in days.items():
        told[day].append(pk)
    for day, keys in told.items():
        for start in range(0, len(keys), BATCH):
            some = lines.filter(pk__in=keys[start : start + BATCH])
            some.filter(promised_at=None).update(promised_at=day, told_at=day)
            later = some.filter(promised_at__gt=day, told_at__gt=day)
            due = list(later.values_list("order", flat=True))
            later.update(told_at=day)
            orders.filter(pk__in=due).update(promise_notice_due=True)


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0004_order_language"),
    ]

    operations = [
        migrations.RunPython(keep_what_was_told, migrations.RunPython.noop, elidable=True),
    ]
