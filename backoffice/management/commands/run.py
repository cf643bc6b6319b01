"""`manage.py run`: the web server and the worker, until Ctrl-C."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backoffice.supervisor import Supervisor, free_port
from inventory.demo.logins import DEMO_LOGINS


class Command(BaseCommand):
    """Serve the shop and do its background work."""

    help = "Run the web server and the worker side by side, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port."""
        parser.add_argument("--port", type=int, default=8000, help="the first port to try")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve on the first free port; the exit status is 0 when it was asked to stop.

        :raises CommandError: no port is free.
        """
        wanted = options["port"]
        try:
            port = free_port(wanted)
        except OSError as error:
            raise CommandError(str(error)) from error
        if port != wanted:
            self.stdout.write(f"Port {wanted} is taken; {port} is free.")
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        connection.close()
        status = Supervisor(port=port).run(when_ready=lambda: self._say_where(port))
        self.stdout.write("Stopped.")
        sys.exit(status)

    def _say_where(self, port: int) -> None:
        base = f"http://127.0.0.1:{port}"
        logins = self._logins()
        lines = [
            "",
            f"  Shop         {base}/",
            f"  Back office  {base}/admin/",
            f"  API          {base}/api/v1/docs",
            f"  E-mails      {getattr(settings, 'EMAIL_FILE_PATH', None) or settings.EMAIL_HOST}",
            "",
            *(["  Log in as    with password", *logins, ""] if logins else []),
            "  Ctrl-C stops it.",
            "",
        ]
        self.stdout.write("\n".join(lines))

    def _logins(self) -> list[str]:
        """Return the logins of the demo shop, where its users are."""
        known = set(get_user_model().objects.values_list("username", flat=True))
        connection.close()
        return [
            f"  {username:<12} {password:<16} {role}"
            for username, password, role in DEMO_LOGINS
            if username in known
        ]
