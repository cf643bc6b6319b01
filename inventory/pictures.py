"""Pictures that staff upload: checked, made harmless, and named so that nobody guesses them."""

import io
import secrets
import warnings
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from inventory.errors import InvalidChange

MAX_BYTES = 8_000_000
MAX_SIDE = 8_000
"""Pixels."""

STORED_SIDE = 1_600
"""Pixels; larger pictures are scaled down."""

FORMATS = ("PNG", "JPEG", "WEBP")


def clean_picture(upload: IO[bytes], *, size: int) -> ContentFile[bytes]:
    """Return the picture encoded anew as WebP, under a random name, without its metadata.

    `size` is in bytes.

    :raises InvalidChange: it is no PNG, JPEG or WebP, or it is too large.
    """
    if size > MAX_BYTES:
        raise InvalidChange({"image": _("A picture has at most 8 MB.")})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            encoded = _encode(upload)
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise InvalidChange(
            {"image": _("This is no PNG, JPEG or WebP picture that can be read.")}
        ) from error
    return ContentFile(encoded, name=f"{secrets.token_urlsafe(16)}.webp")


def _encode(upload: IO[bytes]) -> bytes:
    upload.seek(0)
    with Image.open(upload, formats=FORMATS) as picture:
        if max(picture.size) > MAX_SIDE:
            raise InvalidChange({"image": _("A picture has at most 8,000 pixels a side.")})
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    plain.thumbnail((STORED_SIDE, STORED_SIDE))
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()
