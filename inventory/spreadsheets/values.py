"""What one cell says: plain functions from text to a value.

Each raises `ValueError` with a sentence fit for the merchant. Nothing is guessed: an unknown word
is an error, never yes and never no.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from inventory.models.catalog import MAX_PRICE
from inventory.policy import MAX_QUANTITY

YES = frozenset(
    (
        *("y", "yes", "true", "1", "on", "j", "ja", "wahr", "waar", "vrai", "oui"),
        *("si", "sí", "sì", "vero", "verdadero", "sim"),
    )
)
NO = frozenset(
    (
        *("n", "no", "false", "0", "off", "nee", "nein", "falsch", "onwaar", "faux", "non"),
        *("falso", "não"),
    )
)
MAX_TEXT = 50_000

_BLANKS = "\u00a0\u200b\u200c\u200d\u2060\ufeff"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_BEGINS = r"(?:\A[ \u00a0]*|[;,\t|\r\n][ \u00a0\"]*)"
"""Where a cell begins, however the line is split; quotes may be left over from splitting."""

_CELL = r"\A'{0}(?=[\t\r\n])|{1}'{0}(?=[=+\-@＝＋－＠])|\A'+(?=[0-9]+\Z)"
_RUNS = re.compile(_CELL.format("*", _BEGINS))
_GUARDED = re.compile(_CELL.format("+", _BEGINS))
_GID = re.compile(r"gid://shopify/\w+/(\d+)")


def clean(cell: Any) -> str:
    """Return a cell as the merchant sees it: no blanks around it, no protecting apostrophe."""
    text = str(cell).strip()
    if not text.isascii():
        text = text.strip(_BLANKS).strip()
    return unprotected(text)


def unprotected(text: str) -> str:
    """Return text without the apostrophes that keep spreadsheets from running it."""
    return text if _is_plain(text) else _GUARDED.sub(lambda found: found[0][:-1], text)


def protected(text: str) -> str:
    """Return text of which no spreadsheet runs a part as a formula; `unprotected` gives it back.

    A spreadsheet splits a line where its own country does: at semicolons, commas, tabs or bars, and
    at line breaks. So whatever would begin a formula there, or at the start, has an apostrophe in
    front; one that stands there already is doubled. Source: OWASP, CSV injection.
    """
    return text if _is_plain(text) else _RUNS.sub(r"\g<0>'", text)


def kept(text: str) -> str:
    """Return text for a cell that is text anyway; reading takes one apostrophe off."""
    return text if "'" not in text else _GUARDED.sub(r"\g<0>'", text)


def _is_plain(text: str) -> bool:
    """Return fast that there is nothing to guard, as in nearly every cell."""
    return text.isalnum() or not text


def yes_no(text: str) -> bool:
    """Return what a switch says, in the words that spreadsheets of several languages write."""
    word = text.casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(f"“{text[:40]}” is neither Y nor N.")


def whole_number(text: str, *, low: int = 0, high: int = MAX_QUANTITY) -> int:
    """Return a whole number in plain digits."""
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise ValueError(f"“{text[:40]}” is not a whole number in plain digits.")
    number = int(text)
    if not low <= number <= high:
        raise ValueError(f"{number} is not between {low:,} and {high:,}.")
    return number


def threshold(text: str) -> int:
    """Return an out-of-stock threshold, in units; negative ones limit backorders."""
    return whole_number(text, low=-MAX_QUANTITY)


def level(text: str) -> int:
    """Return a stock level, in units; a negative one says that the old shop owes units."""
    return whole_number(text, low=-MAX_QUANTITY)


def money(text: str) -> Decimal:
    """Return a price: digits, one point or comma before at most two more, not negative."""
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,4})?", text):
        raise ValueError(f"“{text[:40]}” is not a price such as 12.95.")
    try:
        price = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"“{text[:40]}” is not a price such as 12.95.") from None
    rounded = price.quantize(Decimal("0.01"))
    if rounded != price:
        raise ValueError(f"“{text[:40]}” has more than two decimals.")
    if price > MAX_PRICE:
        raise ValueError(f"{price} is above {MAX_PRICE:,}.")
    return rounded


def line(text: str, *, limit: int = 255) -> str:
    """Return one line of text."""
    if _CONTROL.search(text) or "\n" in text or "\r" in text:
        raise ValueError("It has control characters or line breaks.")
    if len(text) > limit:
        raise ValueError(f"It is longer than {limit} characters.")
    return text


def paragraphs(text: str) -> str:
    """Return text that may have line breaks."""
    if _CONTROL.search(text):
        raise ValueError("It has control characters.")
    if len(text) > MAX_TEXT:
        raise ValueError(f"It is longer than {MAX_TEXT:,} characters.")
    return text


def is_scientific(text: str) -> bool:
    """Return whether a spreadsheet shortened a long number, so that its digits are lost."""
    return _SCIENTIFIC.fullmatch(text) is not None


def identity(text: str) -> tuple[str, bool]:
    """Return an ID, and whether it was read other than written ("2001002.0", a Shopify GID)."""
    if is_scientific(text):
        raise ValueError(
            f"Excel shortened this number to {text[:20]}: format the column as text and export "
            "the file again."
        )
    if found := _GID.fullmatch(text):
        return found[1], False
    if re.fullmatch(r"[0-9]+\.0+", text):
        return text.split(".", maxsplit=1)[0], True
    return line(text, limit=64), False


def likely_skus(text: str) -> list[str]:
    """Return SKUs that a spreadsheet may have turned into this text; for a hint, never a match."""
    if re.fullmatch(r"[0-9]{1,13}", text):
        stripped = text.rstrip("0")
        zeros = len(text) - len(stripped)
        powers = [f"{stripped}{'0' * (zeros - n)}E{n}" for n in range(1, zeros + 1) if stripped]
        return [text.zfill(n) for n in range(len(text) + 1, 15)] + powers
    if found := re.fullmatch(r"\d{4}-(\d{2})-(\d{2})", text):
        month, day = (int(part) for part in found.groups())
        pairs = [(day, month), (month, day)]
        return [f"{a}{sign}{b}" for a, b in pairs for sign in "-/."]
    return []
