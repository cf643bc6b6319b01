"""`make demo`: a shop with data, its web server and its worker, until Ctrl-C."""

import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from inventory.demo.logins import DEMO_LOGINS

from backoffice.supervisor import Supervisor, free_port
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
        connection.close()
        port = free_port(options["port"])
        if port != options["port"]:
            self.stdout.write(f"Port {options['port']} is taken; {port} is free.")
        status = Supervisor(port=port).run(when_ready=lambda: self._say_where(port))
        self.stdout.write("Stopped.")
        sys.exit(status)

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

    def _say_where(self, port: int) -> None:
        base = f"http://127.0.0.1:{port}"
        known = set(get_user_model().objects.values_list("username", flat=True))
        lines = [
            "",
            f"  Shop         {base}/",
            f"  Back office  {base}/admin/",
            f"  API          {base}/api/v1/docs",
            f"  E-mails      {settings.EMAIL_FILE_PATH}",
            "",
            "  Log in as    with password",
            *(
                f"  {username:<12} {password:<16} {role}"
                for username, password, role in DEMO_LOGINS
                if username in known
            ),
            "",
            "  Ctrl-C stops it. make demo RESET=1 starts over.",
            "",
        ]
        connection.close()
        self.stdout.write("\n".join(lines))
