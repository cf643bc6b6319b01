"""SQL written by hand, for what is done to a million rows or on every order."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def run(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement in the transaction around it; return how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def among(column: str, keys: Collection[int]) -> tuple[str, list[int]]:
    """Return the condition that a column is one of these keys, and its parameters."""
    if not keys:
        return "1 = 0", []
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", [*keys]


def moment(at: datetime) -> Any:
    """Return a time as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at)
