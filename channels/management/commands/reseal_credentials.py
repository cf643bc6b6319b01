"""`reseal_credentials`: what channels keep sealed, under the new `SECRET_KEY`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels.services.reseal import reseal


class Command(BaseCommand):
    """Seal the credentials of all channels with `SECRET_KEY`, whichever key opens them."""

    help = "Seal the credentials of channels with SECRET_KEY; SECRET_KEY_FALLBACKS open them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many channels were done.

        :raises CommandError: the credentials of a channel cannot be opened; the others are done.
        """
        done, lost = reseal()
        self.stdout.write(f"Channels sealed with SECRET_KEY: {done}.")
        if lost:
            names = ", ".join(lost)
            raise CommandError(f"No key opens the credentials of {names}: enter them again there.")
