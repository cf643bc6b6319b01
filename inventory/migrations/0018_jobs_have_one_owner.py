"""Jobs count who took them, and errors that are no attempts; bulk edits say what is prepared."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0017_worker_and_what_it_put_aside"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkedit",
            name="is_prepared",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Every chosen variant is taken down."
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="fence",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Counted up with each worker that takes it."
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="interruptions",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Errors of the database in a row, which are no attempts.",
            ),
        ),
    ]
