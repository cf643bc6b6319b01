"""What a browser asked for, read with care: anything may stand in an address."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.http import QueryDict

from inventory.policy import MAX_QUANTITY

MAX_SEARCH = 100
"""Characters of a search that are read."""

MAX_WORDS = 8
MAX_PAGE = 500
"""The last page; farther on, a search finds what a list of pages does not."""


class UnknownPage(Exception):
    """The address names no page that there can be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of products: which, and which page of them."""

    search: str = ""
    is_available_only: bool = False
    page: int = 1

    @classmethod
    def of(cls, address: QueryDict) -> Self:
        """Return what an address asks for.

        :raises UnknownPage: its page is no page number.
        """
        return cls(
            search=search_text(address.get("q", "")),
            is_available_only=address.get("available") == "1",
            page=page_number(address.get("page", "")),
        )

    @property
    def words(self) -> list[str]:
        """Return the words that a product has to have, each of them somewhere."""
        return self.search.split()[:MAX_WORDS]

    def query(self, *, page: int = 1, is_available_only: bool | None = None) -> str:
        """Return the query of the same list's other page, "?" included."""
        available = self.is_available_only if is_available_only is None else is_available_only
        pairs = {"q": self.search, "available": "1" if available else ""}
        pairs["page"] = str(page) if page > 1 else ""
        encoded = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{encoded}" if encoded else ""


def search_text(raw: str) -> str:
    """Return a search as it is shown and used: short, without control characters."""
    short = raw[: MAX_SEARCH * 2]
    printable = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in short
    )
    return " ".join(printable.split())[:MAX_SEARCH].strip()


def page_number(raw: str) -> int:
    """Return a page number; nothing is the first.

    :raises UnknownPage: it is no number from 1 to `MAX_PAGE`.
    """
    if not raw:
        return 1
    if re.fullmatch("[0-9]{1,6}", raw) and 1 <= int(raw) <= MAX_PAGE:
        return int(raw)
    raise UnknownPage


def quantity_of(raw: str) -> int | None:
    """Return a quantity of at least one unit; `None`: this is none."""
    digits = raw[:100].strip(" ")
    if re.fullmatch("[0-9]{1,10}", digits) and 1 <= int(digits) <= MAX_QUANTITY:
        return int(digits)
    return None
