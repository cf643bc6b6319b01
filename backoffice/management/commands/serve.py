"""`manage.py serve`: the web server, until it is told to stop."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import get_internal_wsgi_application

from backoffice.web_server import WebServer, listening, most_connections


class Command(BaseCommand):
    """Serve the shop; several of these may share a port."""

    help = "Serve the shop until stopped. Several processes may serve the same port."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen, and how many requests are worked on at a time."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=8, help="requests at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; SIGTERM and Ctrl-C end it once the requests that run are answered.

        :raises CommandError: it cannot listen there.
        """
        application = get_internal_wsgi_application()
        host, port = options["host"], options["port"]
        try:
            sock = listening(host, port)
        except (OSError, OverflowError) as error:
            raise CommandError(f"Cannot listen on {host}, port {port}: {error}") from error
        most = most_connections()
        server = WebServer(application, sock, threads=options["threads"], most=most)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.stop)
        server.run()
