"""Which e-mail addresses can be written to."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import EmailValidator

MAX_LENGTH = 254
MAX_LOCAL = 64
"""Bytes, as they are sent. Source: RFC 5321, 4.5.3.1."""

_looks_right = EmailValidator()
_PLAIN = re.compile(r"[!-~]+")


def check_address(address: str) -> None:
    """Do nothing, as long as a mail can be sent to an address.

    :raises ValidationError: it cannot, with the code "invalid".
    """
    if not is_sendable(address):
        raise ValidationError(EmailValidator.message, code="invalid", params={"value": address})


def check_sendable(address: str) -> None:
    """Refuse what looks like an address and none can be written to, in a field of addresses.

    What is too long, or no address at all, the field says itself.

    :raises ValidationError: it is such a one, with the code "invalid".
    """
    try:
        _looks_right(address)
    except ValidationError:
        return
    if len(address) <= MAX_LENGTH:
        check_address(address)


def is_sendable(address: str) -> bool:
    """Return whether a mail can be sent to an address.

    It is right as it is written and as mail servers are told: its domain in ASCII (IDNA), each part
    as short as they take it, no character that hides, turns or ends what stands beside it.
    """
    local, _at, domain = address.rpartition("@")
    # "C…" are control, format, surrogate and unassigned characters, "Z…" all kinds of space.
    if any(unicodedata.category(one)[0] in "CZ" for one in domain) or not _PLAIN.fullmatch(local):
        return False
    try:
        sent = sanitize_address(address, "utf-8")
        _looks_right(address)
        _looks_right(sent)
    except (ValueError, ValidationError):  # UnicodeError is a ValueError
        return False
    return sent.isascii() and len(sent) <= MAX_LENGTH and len(local) <= MAX_LOCAL
