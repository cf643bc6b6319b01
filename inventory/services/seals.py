"""Seals: a chain of hashes over ledger, history and time lines, by which alterations are found.

A seal covers all rows since the one before, in the order of their keys; its digest is made of the
digest before and of them. Rows are sealed some at a time, once a night, and not one by one: so no
two people who write wait for each other, and a million rows are still written by COPY.

What it proves: a sealed row is as it was, none is missing, and none came between them. What it does
not: whoever may write to the database and knows this file can seal anew what they altered. So each
digest is also logged: keep the log elsewhere, and compare.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from inventory.models import Seal
from inventory.sql import fetch

logger = logging.getLogger(__name__)

BATCH = 20_000

_in_words = json.JSONEncoder(default=str).encode
"""How a row is hashed. Made once: `json.dumps` would make one for each row."""

SEALED = {
    "inventory_movement": "ledger",
    "inventory_changesetrow": "history",
    "orders_orderevent": "events",
}
"""The tables that are sealed, and what each is called."""

PATIENCE = "5s"
"""How long sealing waits for those who write; who comes later waits behind it no longer."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A seal that does not hold: what it is over, and the keys of the rows that it covers."""

    name: str
    first: int
    last: int
    text: str


def seal_all(*, at: datetime) -> list[Seal]:
    """Seal what was written since the last time; a table that is too busy waits for the next."""
    made = (_seal_or_wait(table, at=at) for table in SEALED)
    return [seal for seal in made if seal is not None]


def broken_seals() -> Iterator[Broken]:
    """Yield every seal that does not hold, or before which one is gone."""
    for table, name in SEALED.items():
        known = set(_columns(table))
        before = None
        for seal in Seal.objects.filter(table=table).order_by("number"):
            if text := _fault(seal, before, known):
                yield Broken(name, before.through + 1 if before else 1, seal.through, text)
            before = seal


def _fault(seal: Seal, before: Seal | None, known: set[str]) -> str:
    """Return why a seal does not hold; empty: it does."""
    if seal.number != (before.number + 1 if before else 1):
        return "the seal before this one is gone"
    if not known >= set(seal.columns.split(",")):
        return "a column that was sealed is gone"
    digest, rows = _digest(seal, before)
    if rows != seal.rows:
        return f"{seal.rows} rows were sealed, and {rows} are there"
    return "" if digest == seal.digest else "rows were altered since they were sealed"


def _seal_or_wait(table: str, *, at: datetime) -> Seal | None:
    try:
        return _seal(table, at=at)
    except (OperationalError, IntegrityError) as error:  # busy, or sealed by another worker
        logger.warning("%s is sealed the next time: %s", table, error)
        return None


def _seal(table: str, *, at: datetime) -> Seal | None:
    before = Seal.objects.filter(table=table).order_by("-number").first()
    through = _settled(table)
    if through <= (before.through if before else 0):
        return None
    seal = Seal(
        table=table,
        number=before.number + 1 if before else 1,
        through=through,
        columns=",".join(_columns(table)),
        sealed_at=at,
    )
    seal.digest, seal.rows = _digest(seal, before)
    with transaction.atomic():
        seal.save(force_insert=True)
    logger.info("Sealed %s through %s: %s", table, through, seal.digest)
    return seal


def _settled(table: str) -> int:
    """Return the last key up to which every row is committed, and none can come any more.

    Keys are given before rows are committed: who writes now is waited for, a moment.

    :raises OperationalError: somebody writes for longer.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return sorted(column.name for column in found)


def _digest(seal: Seal, before: Seal | None) -> tuple[str, int]:
    """Return the digest of what a seal covers as it is now, and how many rows that are."""
    digest = hashlib.sha256((before.digest if before else "").encode())
    count = 0
    for row in _rows(seal, before.through if before else 0):
        digest.update(_in_words(row).encode())
        count += 1
    return digest.hexdigest(), count


def _rows(seal: Seal, last: int) -> Iterator[Sequence[Any]]:
    """Yield the rows that a seal covers, in the order of their keys."""
    names = ", ".join(connection.ops.quote_name(name) for name in seal.columns.split(","))
    sql = (
        f"SELECT id, {names} FROM {seal.table}"  # noqa: S608
        " WHERE id > %s AND id <= %s ORDER BY id LIMIT %s"
    )
    while rows := fetch(sql, [last, seal.through, BATCH]):
        yield from rows
        last = rows[-1][0]
