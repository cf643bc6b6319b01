"""`reseal_credentials`: what is kept sealed, under the new `SECRET_KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels.services.reseal import reseal
from orders.services.page_keys import reseal_page_keys


class Command(BaseCommand):
    """Seal what is sealed with `SECRET_KEY`, whichever key opens it."""

    help = (
        "Seal the credentials of channels and the links to orders with SECRET_KEY; "
        "SECRET_KEY_FALLBACKS open them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were done.

        :raises CommandError: the credentials of a channel cannot be opened; the others are done.
        """
        done, lost = reseal()
        self.stdout.write(f"Channels sealed with SECRET_KEY: {done}.")
        self.stdout.write(f"Links to orders sealed with SECRET_KEY: {reseal_page_keys()}.")
        if lost:
            names = ", ".join(lost)
            raise CommandError(f"No key opens the credentials of {names}: enter them again there.")
