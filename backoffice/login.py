"""Secrets are guessed no more often than a person mistypes: ten tries in a quarter of an hour."""

import logging
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from backoffice.models import ApiToken
from backoffice.sessions import begin_session
from backoffice.tokens import live_tokens
from inventory.errors import TooManyAttempts
from inventory.services.attempts import Limit, attempt, forgive
from inventory.theme import LoginForm, OwnPasswordForm
from inventory.visitors import address_of

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
OF_NAME = Limit("login", 10, WINDOW)
"""For each user name from each address: nobody locks out somebody who is elsewhere."""

OF_ADDRESS = Limit("login address", 100, WINDOW)
"""For each address, whatever the names: one password tried on everybody."""

OF_PASSWORD = Limit("old password", 10, WINDOW)
"""For each user who is asked for the password once more: a session that was left open."""


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
        begin_session(self.request)
        return cleaned


class CountedPasswordForm(OwnPasswordForm):
    """The change of one's own password, with the tokens that may end with it."""

    ended = forms.ModelMultipleChoiceField(
        label=gettext_lazy("End these API tokens"),
        queryset=ApiToken.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A program that uses an ended token stops working until you give it a new one. Untick "
            "the tokens that only your own programs know."
        ),
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        ended: Any = self.fields["ended"]
        ended.queryset = live_tokens(user)
        ended.initial = list(ended.queryset)
        if not ended.initial:
            del self.fields["ended"]

    def clean_old_password(self) -> str:
        """Check the old password, while there are tries left.

        :raises ValidationError: it is wrong, or there were too many tries.
        """
        try:
            tried = attempt(OF_PASSWORD, str(self.user.pk), at=timezone.now())
        except TooManyAttempts as error:
            logger.warning("Too many tries to change the password of %s.", self.user)
            raise ValidationError(_wait_to_change(error.minutes), code="too_many") from error
        old: str = super().clean_old_password()
        forgive(tried)
        return old


def _wait(minutes: int) -> str:
    words = ngettext(
        "Too many tries to log in. Wait %(n)d minute, then try again.",
        "Too many tries to log in. Wait %(n)d minutes, then try again.",
        minutes,
    )
    return words % {"n": minutes}


def _wait_to_change(minutes: int) -> str:
    words = ngettext(
        "Too many wrong passwords. Wait %(n)d minute, then try again.",
        "Too many wrong passwords. Wait %(n)d minutes, then try again.",
        minutes,
    )
    return words % {"n": minutes}
