"""`manage.py backup DIR`: the whole shop in one file, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from backoffice.backup import KEY, BackupError, Manifest, back_up


class Command(BaseCommand):
    """Write a back-up into a folder."""

    help = "Write the database, pictures, spreadsheets and the key into one file of a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, metavar="DIR", help="made when it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the file on a line of its own, and what else is to be kept.

        :raises CommandError: it could not be written; nothing is left behind.
        """
        try:
            file, manifest = back_up(options["folder"], at=timezone.now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(file))
        self.stderr.write(_advice(manifest))


def _advice(manifest: Manifest) -> str:
    if KEY in manifest.files:
        return "It holds the key of the shop: keep it where nobody else can read it."
    return "SECRET_KEY is not in it: keep that elsewhere. Without it no channel can be reached."
