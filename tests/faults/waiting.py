"""`manage.py serve` with a program whose answer waits for a line on standard input."""

import sys

import django
from django.conf import settings
from django.core.management import call_command


def application(environ, start_response):
    """Say that it was asked; when told to, answer more than goes out at once."""
    print("asked", flush=True)
    sys.stdin.readline()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * 5_000_000, b"whole"]


if __name__ == "__main__":
    django.setup()
    settings.WSGI_APPLICATION = "tests.faults.waiting.application"
    call_command("serve", port=int(sys.argv[1]))
