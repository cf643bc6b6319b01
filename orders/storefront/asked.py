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
MAX_PAGE = 20
"""The last page that is found by its number alone: all pages before it are walked."""

MAX_SHOWN = 99_999
"""The last number that a page shows which is found by where the one before it ended."""

MAX_TITLE = 300
"""Characters of a title that is a place in the list."""


class UnknownPage(Exception):
    """The address names no page that there can be."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: the card of one product. Nothing before it need be looked at."""

    product: int
    title: str

    def __str__(self) -> str:
        return f"{self.product}.{self.title}"

    @classmethod
    def of(cls, raw: str) -> Self | None:
        """Return the place that an address names; nothing is none.

        :raises UnknownPage: it is no place.
        """
        if not raw:
            return None
        found = re.fullmatch(r"([0-9]{1,18})\.(.*)", raw[: MAX_TITLE + 20], re.DOTALL)
        if not found or "\x00" in raw or (not raw.isascii() and _is_broken(raw)):
            raise UnknownPage
        return cls(int(found[1]), found[2])


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(char) == "Cs" for char in text)


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of products: which, and which page of them.

    A page begins behind a place, or ends before one; else its number says which it is.
    """

    search: str = ""
    is_available_only: bool = False
    page: int = 1
    after: Place | None = None
    before: Place | None = None

    @classmethod
    def of(cls, address: QueryDict) -> Self:
        """Return what an address asks for.

        :raises UnknownPage: its page is no page number.
        """
        after = Place.of(address.get("after", ""))
        before = None if after else Place.of(address.get("before", ""))
        most = MAX_SHOWN if after or before else MAX_PAGE
        return cls(
            search=search_text(address.get("q", "")),
            is_available_only=address.get("available") == "1",
            page=page_number(address.get("page", ""), most=most),
            after=after,
            before=before,
        )

    @property
    def words(self) -> list[str]:
        """Return the words that a product has to have, each of them somewhere."""
        return self.search.split()[:MAX_WORDS]

    @property
    def is_behind(self) -> bool:
        """Return whether a page that does not end before a place has one before it."""
        return self.after is not None or self.page > 1

    @property
    def pages_to_walk(self) -> int:
        """Return how many pages are before this one, when its number is all that is known."""
        return 0 if self.after or self.before else self.page - 1

    def query(
        self,
        *,
        page: int = 1,
        is_available_only: bool | None = None,
        after: Place | None = None,
        before: Place | None = None,
    ) -> str:
        """Return the query of the same list's other page, "?" included."""
        available = self.is_available_only if is_available_only is None else is_available_only
        pairs = {"q": self.search, "available": "1" if available else ""}
        pairs |= {"after": str(after or ""), "before": str(before or "")}
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


def page_number(raw: str, *, most: int = MAX_PAGE) -> int:
    """Return a page number; nothing is the first.

    :raises UnknownPage: it is no number from 1 to `most`.
    """
    if not raw:
        return 1
    if re.fullmatch("[0-9]{1,6}", raw) and 1 <= int(raw) <= most:
        return int(raw)
    raise UnknownPage


def quantity_of(raw: str) -> int | None:
    """Return a quantity of at least one unit; `None`: this is none."""
    digits = raw[:100].strip(" ")
    if re.fullmatch("[0-9]{1,10}", digits) and 1 <= int(digits) <= MAX_QUANTITY:
        return int(digits)
    return None
