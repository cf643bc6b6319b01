"""What a report is: columns, a form that narrows it, and rows that are read a page at a time.

A report computes; how its cells look on screen and in files is said by `backoffice.admin.reports`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, overload

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from backoffice.charts import Chart
from inventory.theme import ThemedForm

User = AbstractBaseUser | AnonymousUser
CHUNK = 2_000
"""Rows that a file reads at once."""


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    SIGNED = "signed"
    MONEY = "money"
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"


NUMERIC = frozenset({Kind.NUMBER, Kind.SIGNED, Kind.MONEY, Kind.PERCENT})


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sort` is the field by which rows are sorted, empty where they are not."""

    key: str
    title: Any
    kind: Kind = Kind.TEXT
    sort: str = ""

    @property
    def is_number(self) -> bool:
        """Return whether it is set to the right."""
        return self.kind in NUMERIC


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row by column, and the addresses that some of them lead to."""

    cells: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)


class Rows(Sequence[Row]):
    """Rows of a query: counted, sliced and streamed without reading all of them at once."""

    def __init__(self, query: QuerySet[Any, Any], make: Callable[[Any], Row]) -> None:
        self._query, self._make = query, make

    def __len__(self) -> int:
        return self._query.count()

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, int):
            return self._make(self._query[place])
        return [self._make(one) for one in self._query[place]]

    def __iter__(self) -> Iterator[Row]:
        for one in self._query.iterator(chunk_size=CHUNK):
            yield self._make(one)


@dataclass(frozen=True, slots=True)
class Table:
    """What a report found: its rows, their totals by column, a chart, and what else is to be said.

    `nothing` says why there is no row.
    """

    rows: Sequence[Row]
    totals: Mapping[str, Any] = field(default_factory=dict)
    chart: Chart | None = None
    note: Any = ""
    nothing: Any = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked: by whom, when, the form's values, and the field to sort by."""

    user: User
    now: datetime
    values: Mapping[str, Any]
    order_by: Sequence[str]
    currency: str


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `permissions` are all needed; `sort` is the column that sorts it at first."""

    slug: str
    title: Any
    text: Any
    permissions: Sequence[str]
    columns: Sequence[Column]
    form: type[ThemedForm]
    read: Callable[[Asked], Table]
    sort: str = ""

    def may_be_read_by(self, user: User) -> bool:
        """Return whether a user may open it; what it shows is narrowed to them besides."""
        return all(user.has_perm(name) for name in self.permissions)  # type: ignore[union-attr]

    def order_by(self, asked: str) -> tuple[str, Sequence[str]]:
        """Return the sort that an address asks for, else the report's own, and its fields."""
        fields = {column.key: column.sort for column in self.columns if column.sort}
        if asked.removeprefix("-") not in fields:
            asked = self.sort
        if not asked:
            return "", ()
        sign = "-" if asked.startswith("-") else ""
        return asked, (f"{sign}{fields[asked.removeprefix('-')]}", "pk")
