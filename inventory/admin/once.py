"""A form that is sent twice has one effect: the second sending shows the result of the first.

The mark of a sent form is a row of the sessions' table: its key is unique, so that two sendings at
the same moment cannot both write it, it is written in the transaction of the effect, and
`clearsessions` sweeps it away when its day is over.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone


class AlreadySent(Exception):
    """Raised instead of doing again what a form did."""


SALT = "inventory.admin.once"
LASTS = timedelta(days=1)


def new_token(user: AbstractBaseUser | AnonymousUser) -> str:
    """Return a token for one sending of one form by one user."""
    return signing.dumps([user.pk, secrets.token_urlsafe(12)], salt=SALT)


def is_token(token: str, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether a token was made for this user, within a day."""
    try:
        owner, _random = signing.loads(token, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return bool(owner == user.pk)


def mark_of(token: str) -> str:
    """Return the key under which a token's result is kept."""
    return "sent-" + hashlib.sha256(token.encode()).hexdigest()[:32]


def spend(token: str) -> None:
    """Mark a token as spent, in the transaction of its effect.

    :raises AlreadySent: it was spent before; whoever spends it twice at once waits first.
    """
    row = Session(session_key=mark_of(token), expire_date=timezone.now() + LASTS)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadySent from error


def keep_result(token: str, result: dict[str, Any]) -> None:
    """Keep what a spent token did."""
    Session.objects.filter(session_key=mark_of(token)).update(
        session_data=SessionStore().encode(result)
    )


def result_of(mark: str) -> dict[str, Any] | None:
    """Return what the form of this mark did; `None`: it was not sent, or a day ago."""
    row = Session.objects.filter(session_key=mark, expire_date__gt=timezone.now()).first()
    if row is None or not mark.startswith("sent-"):
        return None
    data: dict[str, Any] = SessionStore().decode(row.session_data)
    return data
