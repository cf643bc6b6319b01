"""A picture, unpacked, scaled and packed again; runs in a child process (`inventory.apart`)."""

import io
from typing import IO

from PIL import Image, ImageOps

MAX_SIDE = 8_000
"""Pixels."""

MAX_PIXELS = 25_000_000
"""Of what is unpacked as a whole: 100 MB, and twice that while it is done."""

STORED_SIDE = 1_600
"""Pixels; larger pictures are scaled down."""

FORMATS = ("PNG", "JPEG", "WEBP")

_HAS_ALPHA = {"RGBA", "LA", "PA", "La", "RGBa"}


def send_scaled(upload: IO[bytes], out: IO[bytes]) -> None:
    """Write what became of it, and the picture as WebP without its metadata."""
    Image.MAX_IMAGE_PIXELS = MAX_SIDE * MAX_SIDE
    try:
        with Image.open(upload, formats=FORMATS) as picture:
            if _is_too_large(picture):
                out.write(b"too large\n")
                return
            encoded = _encode(picture)
    except Image.DecompressionBombError:
        out.write(b"too large\n")
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, EOFError, ArithmeticError):
        out.write(b"broken\n")
    else:
        out.write(b"picture\n" + encoded)


def _is_too_large(picture: Image.Image) -> bool:
    """Return whether its header announces too much; nothing is unpacked yet."""
    width, height = picture.size
    at_once = picture.format != "JPEG"  # a JPEG is unpacked at the size that is wanted
    return max(width, height) > MAX_SIDE or (at_once and width * height > MAX_PIXELS)


def _encode(picture: Image.Image) -> bytes:
    picture.draft("RGB", (STORED_SIDE, STORED_SIDE))
    has_alpha = picture.mode in _HAS_ALPHA or "transparency" in picture.info
    mode = "RGBA" if has_alpha else "RGB"
    plain = picture.convert(mode) if picture.mode != mode else picture
    plain.thumbnail((STORED_SIDE, STORED_SIDE), reducing_gap=2.0)
    upright = ImageOps.exif_transpose(plain)
    clean = Image.new(mode, upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()
