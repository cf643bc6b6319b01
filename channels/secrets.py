"""Keeping credentials unreadable in the database and in its back-ups.

The keys come from `SECRET_KEY` and `SECRET_KEY_FALLBACKS`: the first one seals, all of them open.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"backoffice channel credentials"


class SecretLost(Exception):
    """What was sealed cannot be opened; its text is fit for staff to read."""


def seal(text: str) -> str:
    """Return a text as nobody reads it without our key; the empty text stays empty."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(token: str) -> str:
    """Return the text that was sealed.

    :raises SecretLost: no key of ours fits.
    """
    if not token:
        return ""
    try:
        return _fernet().decrypt(token).decode()
    except (InvalidToken, ValueError) as error:
        raise SecretLost(
            "The credentials cannot be opened: SECRET_KEY has changed. Enter them again, "
            "or add the former key to SECRET_KEY_FALLBACKS."
        ) from error


def _fernet() -> MultiFernet:
    return MultiFernet(
        [_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _key(secret: str | bytes) -> Fernet:
    material = secret if isinstance(secret, bytes) else secret.encode()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(material)
    return Fernet(base64.urlsafe_b64encode(derived))
