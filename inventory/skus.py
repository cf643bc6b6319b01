"""What makes two SKUs one: their normal form. No Django, no database.

People tell SKUs apart by what they see and say: neither capitals nor what is invisible, and no
letter of another alphabet that looks like a Latin one. Source: `docs/domain.md`, §2.12; Unicode
Standard Annex 15 (NFKC), Unicode Technical Standard 39, "Confusable detection".
"""

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

MAX_KEY = 200
"""Characters of a normal form: some signs stand for many letters."""

ALIKE = "\n"
"""Parts the normal form from a primary key, for SKUs that were alike before none could be."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Blanks that are letters, marks or signs by their category."""

_LATIN = str.maketrans(
    "авекмнорстухіјѕԁԛԝ" + "αβεζηικνορτυχ",
    "abekmhopctyxijsdqw" + "abezhiknoptyx",
)
"""Cyrillic and Greek letters whose capital looks like a Latin one. Not μ: mF and µF are two."""


def sku_key(text: str) -> str:
    """Return the normal form of a SKU: what looks alike has one, what does not has another.

    Compatible signs are one (full width, ligatures, composed accents), capitals are small letters,
    every dash is a hyphen, blanks are one space and none at the ends, and what is invisible is
    not there.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    wide = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(_sign(char) for char in unicodedata.normalize("NFKC", wide))
    return unicodedata.normalize("NFKC", " ".join(seen.translate(_LATIN).split()))


def _sign(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Pd" or char == "\u2212":
        return "-"
    if char.isspace():
        return " "
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    is_selector = is_selector or "\u180b" <= char <= "\u180f"
    return "" if category in {"Cf", "Cc", "Cs"} or char in _UNSEEN or is_selector else char


def sku_error(text: str) -> str | None:
    """Return why something is no SKU, if it is none."""
    key = sku_key(text)
    if not key:
        return "A SKU needs a character that can be seen."
    if len(key) > MAX_KEY:
        return f"Written out, this SKU has more than {MAX_KEY} characters."
    return None


Named = TypeVar("Named")


def matched(skus: Iterable[str], rows: Iterable[tuple[str, Named]]) -> dict[str, Named]:
    """Return what each of these SKUs names among rows with theirs: exactly, else what is alike.

    What names nothing is left out. Of several that are alike the first row is meant.
    """
    exact: dict[str, Named] = {}
    alike: dict[str, Named] = {}
    for sku, row in rows:
        exact[sku] = row
        alike.setdefault(sku_key(sku), row)
    found = {}
    for sku in skus:
        if sku in exact:
            found[sku] = exact[sku]
        elif (key := sku_key(sku)) in alike:
            found[sku] = alike[key]
    return found
