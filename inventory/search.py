"""Search: which variants, and which products, have each of some words.

A word is found anywhere in SKU, EAN, the variant's title, its product's title or brand; one of one
or two letters or digits where a SKU or a word begins. Case does not matter; `%`, `_` and `"` are
letters like others. What is searched is the text of `SearchRow`.

First it is asked for a few keys: when there are no more, they are the condition, and the database
need not guess how many there are. Of words that more have, the database looks at the text.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.checks import CheckMessage, Warning, register  # noqa: A004
from django.db import connection
from django.db.models import OuterRef, Q
from django.db.models.expressions import RawSQL

from inventory.models import SearchRow, Variant
from inventory.search_triggers import INDEX, TABLE, is_indexed, sqlite_has_trigrams
from inventory.skus import sku_key
from inventory.sql import exists_for_each, fetch

MAX_WORDS = 20
MAX_SEARCH = 200
"""Characters that are read of what is searched for."""

FEW = 5_000
"""So many keys are a condition of their own."""

MANY = 10
"""Times as many, where there is no other way as good."""

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
    return _found(words_of(text), path, VARIANTS, also=_named(text, "pk"))


def products_with(text: str, path: str = "pk") -> Q:
    """Return the condition that a product, or one variant of it, has each word of a text.

    `path` leads from the filtered model to the product's key.
    """
    return _found(words_of(text), path, PRODUCTS, also=_named(text, "product"))


def products_come_by(text: str, path: str = "pk") -> Q:
    """Return the same condition as `products_with`, for a list that stops soon.

    It is looked at for one row after the other, in the order of the list: right where many fit.
    """
    words = words_of(text)
    if not _knows_case(words):
        return _found(words, path, PRODUCTS)
    return Q(_has_row(words, path, PRODUCTS)) if words else Q()


def few_variants(text: str, path: str = "pk") -> Q | None:
    """Return the condition of `variants_with` while at most 50,000 fit, else `None`."""
    named = _named(text, "pk")
    return _if_few(words_of(text), path, _select_variants, FEW * MANY, also=named)


def few_products(text: str, path: str = "pk") -> Q | None:
    """Return the condition of `products_with` while at most 5,000 fit, else `None`."""
    return _if_few(words_of(text), path, _select_products, FEW)


def few_titles(text: str, path: str = "pk") -> Q | None:
    """Return the condition that a product has each word of a text in its own title or brand.

    `None` when more than 5,000 have.
    """
    return _if_few(words_of(text), path, _select_titles, FEW)


# --- inside -----------------------------------------------------------------------------------


Select = Callable[[Sequence[str]], tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is looked for: `select` makes the SQL of the keys, `key` names them in the table.

    Up to `times` × 5,000 of them are looked up first.
    """

    select: Select
    key: str
    times: int


def _select_variants(words: Sequence[str]) -> tuple[str, list[str]]:
    condition, parameters = _condition(words)
    return f"SELECT id FROM {TABLE} WHERE id > 0 AND {condition}", parameters  # noqa: S608


def _select_titles(words: Sequence[str]) -> tuple[str, list[str]]:
    condition, parameters = _condition(words)
    return f"SELECT -id FROM {TABLE} WHERE id < 0 AND {condition}", parameters  # noqa: S608


def _select_products(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return first those with all words in the title, then those of which a variant has some."""
    titled, parameters = _select_titles(words)
    condition, again = _condition(words)
    own, once = _has_own(words)
    rest = f"SELECT product_id FROM {TABLE} WHERE id > 0 AND {condition} AND {own}"  # noqa: S608
    return f"{titled} UNION ALL {rest}", [*parameters, *again, *once]


VARIANTS = _Kind(_select_variants, "id", 1)
PRODUCTS = _Kind(_select_products, "product_id", MANY)


def _named(text: str, key: str) -> list[int]:
    """Return the key of what a text names as a SKU, in whatever letters it is written."""
    sku = sku_key(text[:MAX_SEARCH])
    if not sku:
        return []
    rows = Variant.objects.filter(sku_key=sku).values_list("sku", key)
    return [pk for written, pk in rows if sku_key(written) == sku]


def _found(words: Sequence[str], path: str, kind: _Kind, *, also: Sequence[int] = ()) -> Q:
    """Return the condition; `also` are keys that fit, whatever is written there."""
    most = FEW * kind.times
    if (found := _if_few(words, path, kind.select, most, also=also)) is not None:
        return found
    if _is_walked(words, kind):
        return Q(_has_row(words, path, kind))
    return Q(**{f"{path}__in": RawSQL(*kind.select(words))})  # noqa: S611


def _if_few(
    words: Sequence[str], path: str, select: Select, most: int, *, also: Sequence[int] = ()
) -> Q | None:
    """Return the condition that a key is one of those looked up; `None` for more than `most`."""
    if not words:
        return Q()
    sql, parameters = select(words)
    keys = [key for (key,) in fetch(f"{sql} LIMIT {most + 1}", parameters)]
    if len(keys) > most:
        return None
    keys += also
    return Q(**{f"{path}__in": _these(keys) if keys else []})


def _these(keys: Sequence[int]) -> RawSQL:
    """Return keys as one parameter, however many they are."""
    once = sorted(set(keys))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [once])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(once)])


def _is_walked(words: Sequence[str], kind: _Kind) -> bool:
    """Return whether a list does better to look at each row it comes by than to sort its hits.

    PostgreSQL joins well by a key that is unique.
    """
    if not _knows_case(words) or (connection.vendor == "postgresql" and kind.key == "id"):
        return False
    sql, parameters = kind.select(words)
    most = f"(SELECT CAST(max(id) * {COMMON} AS bigint) FROM {TABLE})"  # noqa: S608
    count = f"SELECT count(*) > {most} FROM ({sql} LIMIT {most} + 1) AS found"  # noqa: S608
    return bool(fetch(count, parameters)[0][0])


def _knows_case(words: Sequence[str]) -> bool:
    """Return whether the database's LIKE takes these words for what they are: ASCII on SQLite."""
    return connection.vendor != "sqlite" or all(word.isascii() for word in words)


def _has_row(words: Sequence[str], path: str, kind: _Kind) -> Any:
    rows = SearchRow.objects.filter(**{kind.key: OuterRef(path)})
    for word in words:
        rows = rows.filter(text__contains=_anywhere(word).lower())
    return exists_for_each(rows)


def _has_own(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the SQL that a variant itself has one of the words: else its product is found."""
    if not _knows_case(words):
        return "1 = 1", []
    like = "own LIKE lower(%s::text)"
    if connection.vendor == "sqlite":
        like = "own LIKE %s ESCAPE '\\'"
    return f"({' OR '.join([like] * len(words))})", [_pattern(word) for word in words]


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
