"""`manage.py restore FILE`: a shop as it was when it was backed up."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format

from backoffice.backup import BackupError, Manifest, restore
from backoffice.health import migrations


class Command(BaseCommand):
    """Restore a back-up into an empty database, and prove that its books add up."""

    help = "Put a back-up into an empty database and VAR_DIR, and prove that its books add up."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore; then say what is left to do, or prove the books: exit status 1 on a breach.

        :raises CommandError: nothing was restored, with the reason.
        """
        try:
            manifest = restore(options["file"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_summary(manifest))
        if (waiting := migrations()) != "ok":
            self.stdout.write(f"It is of an older version; migrations: {waiting}. Run")
            self.stdout.write("  manage.py migrate\n  manage.py reconcile")
            return
        call_command("reconcile", stdout=self.stdout)


def _summary(manifest: Manifest) -> str:
    made_at = timezone.localtime(datetime.fromisoformat(manifest.made_at))
    files = len(manifest.files) - 1
    return f"Restored the shop of {date_format(made_at, 'DATETIME_FORMAT')}, with {files} files."
