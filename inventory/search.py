"""Search: which variants, and which products, have each of some words.

A word is found anywhere in SKU, EAN, the variant's title, its product's title or brand; one of one
or two letters or digits where a SKU or a word begins. Case does not matter; `%`, `_` and `"` are
letters like others. What is searched is the text of `SearchRow`.

First it is asked for a few keys: when there are no more, they are the condition, and the database
need not guess how many there are. Of words that more have, the database looks at the text.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.core.checks import CheckMessage, Warning, register  # noqa: A004
from django.db import connection
from django.db.models import IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from inventory.models import SearchRow
from inventory.search_triggers import INDEX, TABLE, is_indexed, sqlite_has_trigrams

MAX_WORDS = 20
MAX_SEARCH = 200
"""Characters that are read of what is searched for."""

FEW = 5_000
"""So many keys are a condition of their own."""

COMMON = 0.1
"""From this share of all rows on, a list looks at the text of the rows it comes by anyway."""

SHORTEST = 3
"""Letters of a word that is found anywhere: those of a trigram."""


def words_of(text: str) -> list[str]:
    """Return the words of a search: at most 20, of at most 200 characters in all."""
    printable = text[: MAX_SEARCH * 2].replace("\x00", " ").encode(errors="ignore").decode()
    return printable[:MAX_SEARCH].split()[:MAX_WORDS]


def variants_with(text: str, path: str = "pk") -> Q:
    """Return the condition that a variant has each word of a text; without words there is none.

    `path` leads from the filtered model to the variant's key, for example ``"variant"``.
    """
    return _found(words_of(text), path, "id", "id > 0 AND ")


def products_with(text: str, path: str = "pk") -> Q:
    """Return the condition that a product, or one variant of it, has each word of a text.

    `path` leads from the filtered model to the product's key.
    """
    return _found(words_of(text), path, "product_id", "")


# --- inside -----------------------------------------------------------------------------------


def _found(words: Sequence[str], path: str, key: str, rows: str) -> Q:
    if not words:
        return Q()
    condition, parameters = _condition(words)
    sql = f"SELECT {key} FROM {TABLE} WHERE {rows}{condition}"  # noqa: S608
    keys = _fetch(f"{sql} LIMIT {FEW + 1}", parameters)
    if len(keys) <= FEW:
        return Q(**{f"{path}__in": _these(keys)})
    if _is_walked(words, key, sql, parameters):
        return Q(_has_row(path, key, words))
    return Q(**{f"{path}__in": RawSQL(sql, parameters)})  # noqa: S611


def _fetch(sql: str, parameters: Sequence[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [key for (key,) in cursor.fetchall()]


def _these(keys: Sequence[int]) -> RawSQL:
    """Return keys as one parameter, however many they are."""
    once = sorted(set(keys))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [once])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(once)])


def _is_walked(words: Sequence[str], key: str, sql: str, parameters: Sequence[Any]) -> bool:
    """Return whether a list does better to look at each row it comes by than to sort its hits.

    The LIKE of SQLite knows the case of ASCII alone. PostgreSQL joins well by a key that is unique.
    """
    if connection.vendor == "sqlite" and not all(word.isascii() for word in words):
        return False
    if connection.vendor == "postgresql" and key == "id":
        return False
    most = f"(SELECT CAST(max(id) * {COMMON} AS bigint) FROM {TABLE})"  # noqa: S608
    count = f"SELECT count(*) > {most} FROM ({sql} LIMIT {most} + 1) AS found"  # noqa: S608
    return bool(_fetch(count, parameters)[0])


def _has_row(path: str, key: str, words: Sequence[str]) -> Any:
    """Return the condition for one row; unlike EXISTS, no database turns it into a join."""
    rows = SearchRow.objects.filter(**{key: OuterRef(path)})
    for word in words:
        rows = rows.filter(text__contains=_anywhere(word).lower())
    found = rows.order_by().values_list(Value(1, IntegerField()))[:1]
    return GreaterThan(Coalesce(Subquery(found), 0), 0)


def _anywhere(word: str) -> str:
    """Return what the text holds when it has this word; see `search_triggers`."""
    return f"  {word}" if len(word) < SHORTEST and word.isalnum() else word


def _condition(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the SQL that a row of the table has each of these words, and its parameters."""
    if connection.vendor == "postgresql":
        sql = " AND ".join(["text LIKE lower(%s::text)"] * len(words))
        return sql, [_pattern(word) for word in words]
    if not _has_index(str(connection.settings_dict["NAME"])):
        return _read(words)
    indexed = [text for word in words if len(text := _anywhere(word)) >= SHORTEST]
    sql, parameters = _read([word for word in words if len(_anywhere(word)) < SHORTEST])
    if indexed:
        phrases = " ".join('"' + text.replace('"', '""') + '"' for text in indexed)
        match = f"id IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s)"  # noqa: S608
        sql, parameters = f"{match} AND {sql}", [phrases, *parameters]
    return sql, parameters


def _read(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the condition of an SQLite without index, whose LIKE knows ASCII's case alone."""
    sql, parameters = ["1 = 1"], []
    for word in words:
        cases = sorted({word, word.lower(), word.upper(), word.capitalize()})
        sql.append("(" + " OR ".join(["text LIKE %s ESCAPE '\\'"] * len(cases)) + ")")
        parameters += [_pattern(case) for case in cases]
    return " AND ".join(sql), parameters


def _pattern(word: str) -> str:
    escaped = _anywhere(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@lru_cache(maxsize=16)
def _has_index(_database: str) -> bool:
    return is_indexed(connection)


@register()
def check_trigrams(**_given: Any) -> list[CheckMessage]:
    """Say when this SQLite searches by reading everything."""
    if connection.vendor != "sqlite" or sqlite_has_trigrams():
        return []
    text = "This SQLite has no FTS5 with trigrams (3.34 or newer): searching reads every row."
    return [Warning(text, hint="Use a newer SQLite, or PostgreSQL.", id="inventory.W001")]
