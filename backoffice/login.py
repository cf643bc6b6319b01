"""Logging in, not more often than a person would: 10 tries a quarter of an hour for one name."""

import logging
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import ngettext

from inventory.errors import TooManyAttempts
from inventory.services.attempts import Limit, attempt, forgive
from inventory.theme import LoginForm
from inventory.visitors import address_of

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
OF_NAME = Limit("login", 10, WINDOW)
"""For each user name from each address: nobody locks out somebody who is elsewhere."""

OF_ADDRESS = Limit("login address", 100, WINDOW)
"""For each address, whatever the names: one password tried on everybody."""


class CountedLoginForm(LoginForm):
    """The log-in of the back office; the password is looked at only while there are tries left."""

    def clean(self) -> dict[str, Any]:
        """Check name and password.

        :raises ValidationError: they are wrong, or there were too many tries.
        """
        name = str(self.cleaned_data.get("username", "")).casefold()
        if not name or self.request is None:
            return dict(super().clean())
        now, address = timezone.now(), address_of(self.request)
        try:
            by_address = attempt(OF_ADDRESS, address, at=now)
            by_name = attempt(OF_NAME, f"{address} {name}", at=now)
        except TooManyAttempts as error:
            logger.warning("Too many log-ins of %r from %s.", name, address)
            raise ValidationError(_wait(error.minutes), code="too_many") from error
        cleaned: dict[str, Any] = super().clean()
        forgive(by_name)
        by_address.delete()
        return cleaned


def _wait(minutes: int) -> str:
    words = ngettext(
        "Too many tries to log in. Wait %(n)d minute, then try again.",
        "Too many tries to log in. Wait %(n)d minutes, then try again.",
        minutes,
    )
    return words % {"n": minutes}
