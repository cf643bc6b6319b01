"""Pictures that staff upload: checked, made harmless, and named so that nobody guesses them.

A picture says in its first bytes how large it is, and what it takes shows only when it is
unpacked: 249 KB became 1.2 GB. So it is opened in a child process (`inventory.apart`).
"""

import secrets
import threading
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from inventory.apart import Limits, Overrun, pieces
from inventory.errors import InvalidChange

MAX_BYTES = 8_000_000
LIMITS = Limits(memory=300_000_000, cpu=10, wait=30, answer=20_000_000)

_AT_ONCE = threading.BoundedSemaphore(2)
"""So many pictures does a web process open side by side; the others wait for their turn."""


def clean_picture(upload: IO[bytes], *, size: int) -> ContentFile[bytes]:
    """Return the picture encoded anew as WebP, under a random name, without its metadata.

    `size` is in bytes.

    :raises InvalidChange: it is no PNG, JPEG or WebP, or it is too large.
    """
    if size > MAX_BYTES:
        raise InvalidChange({"image": _("A picture has at most 8 MB.")})
    try:
        with _AT_ONCE:
            answer = b"".join(pieces("inventory.scaled:send_scaled", upload, LIMITS))
    except Overrun as error:
        raise _unreadable() from error
    kind, _newline, encoded = answer.partition(b"\n")
    if kind == b"too large":
        raise InvalidChange(
            {
                "image": _(
                    "A picture has at most 8,000 pixels a side, and unless it is a JPEG at most "
                    "25 million in all."
                )
            }
        )
    if kind != b"picture":
        raise _unreadable()
    return ContentFile(encoded, name=f"{secrets.token_urlsafe(16)}.webp")


def _unreadable() -> InvalidChange:
    return InvalidChange({"image": _("This is no PNG, JPEG or WebP picture that can be read.")})
