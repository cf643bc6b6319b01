"""`make demo`: a shop with data, its web server and its worker, until Ctrl-C."""

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from backoffice.history import fill_past
from inventory.models import Product


class Command(BaseCommand):
    """Prepare a demo shop and serve it."""

    help = "Serve a shop with demo data, web server and worker, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port and whether to start over."""
        parser.add_argument("--port", type=int, default=8000, help="the first port to try")
        parser.add_argument("--reset", action="store_true", help="throw all data away first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, load the demo shop into an empty database, and serve."""
        if not settings.DEBUG:
            raise CommandError("This serves a demo, for which DEBUG=1 must be set: use make demo.")
        if options["reset"]:
            self._reset()
        call_command("migrate", verbosity=0)
        if not Product.objects.exists():
            self.stdout.write("Filling the shop …")
            call_command("load_demo", stdout=self.stdout)
            fill_past(now=timezone.now())
        self.stdout.write("`make demo RESET=1` starts over.")
        call_command("run", port=options["port"], stdout=self.stdout)

    def _reset(self) -> None:
        if connection.vendor == "sqlite":
            name = Path(str(connection.settings_dict["NAME"]))
            connection.close()
            for suffix in ("", "-wal", "-shm"):
                name.with_name(name.name + suffix).unlink(missing_ok=True)
        else:
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for folder in ("media", "mail", "private"):
            shutil.rmtree(settings.VAR_DIR / folder, ignore_errors=True)
