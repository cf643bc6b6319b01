"""SQL written by hand, for what is done to a million rows or on every order."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

CANCELED = "57014"
"""How PostgreSQL says that a statement was ended before its end."""


def was_canceled(error: BaseException) -> bool:
    """Return whether a statement took longer than it may (`statement_timeout`)."""
    return getattr(error.__cause__, "sqlstate", None) == CANCELED


def run(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement in the transaction around it; return how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def among(column: str, keys: Collection[int]) -> tuple[str, list[Any]]:
    """Return the condition that a column is one of these keys, and its parameters."""
    if not keys:
        return "1 = 0", []
    if connection.vendor == "postgresql":  # one text for any number of keys: it stays prepared
        return f"{column} = ANY(%s)", [[*keys]]
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", [*keys]


def exists_for_each(rows: QuerySet[Any]) -> GreaterThan:
    """Return the condition EXISTS as no database makes a join of it.

    Right for a list that stops after one page and comes by its rows in the order of an index: each
    is asked for itself, where a join would be made of all of them first.
    """
    found = rows.order_by().values_list(Value(1, IntegerField()))[:1]
    return GreaterThan(Coalesce(Subquery(found), 0), 0)


def moment(at: datetime) -> Any:
    """Return a time as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of plain values, JSON as text, in the transaction around it.

    Ten times as fast as one object each; constraints hold as ever, defaults must be given.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001
    names = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608


def update_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Set these columns of rows one by one: plain values, JSON as text, the primary key last."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001
    values = ", ".join(f"{quote(column)} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {values} WHERE id = %s", rows)  # noqa: S608
