"""A token for a program that calls the API."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from backoffice.models import ApiToken


class Command(BaseCommand):
    """Print a new token once; only its hash is stored."""

    help = "Print a new API token of a user. It is shown this once: only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the user, and a name to recognize the token by."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token, and nothing else, on standard output.

        :raises CommandError: there is no such user, or the user is not active.
        """
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        if not user.is_active:
            raise CommandError(f"The user {options['username']} is not active.")
        _token, key = ApiToken.issue(user_id=user.pk, name=options["name"][:80])
        self.stdout.write(key)
