"""What keeps the table of `inventory.search` true: triggers of the database, whoever writes.

The text of a variant is its SKU, EAN and title, then title and brand of its product, each word with
two spaces before it: so even one letter at the start of a word is a trigram. A product has a row of
its own, with its key negated, for products that have no variant. On PostgreSQL the text is in lower
case, and pg_trgm indexes it where the server has it. On SQLite FTS5 indexes it, of which the
trigrams know no case, in any script (https://sqlite.org/fts5.html#the_trigram_tokenizer).

SQLite makes a table anew when a column of it is altered, and forgets its triggers: a migration that
alters products or variants runs `install` again. No trigger of one of these tables names the other
one, else SQLite would refuse to make it anew.
"""

import sqlite3
from functools import lru_cache

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "inventory_searchrow"
INDEX = "inventory_searchrow_fts"
PRODUCT, VARIANT = "inventory_product", "inventory_variant"
OF_PRODUCT = ("title", "brand")
OF_VARIANT = ("sku", "ean", "title")


def install(connection: BaseDatabaseWrapper) -> None:
    """Install the triggers; what is there of them is replaced."""
    lift(connection)
    _run(connection, _TRIGGERS[connection.vendor]())
    if connection.vendor == "sqlite" and is_indexed(connection):
        _run(connection, _sqlite_index_triggers())


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away."""
    if connection.vendor == "postgresql":
        _run(connection, [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in _FUNCTIONS])
        return
    _run(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in _NAMES])


def fill(connection: BaseDatabaseWrapper) -> None:
    """Write all rows anew, and index them as well as this database can."""
    shared, own = (
        _text("p", OF_PRODUCT, connection.vendor),
        _text("v", OF_VARIANT, connection.vendor),
    )
    statements = [
        f"DELETE FROM {TABLE}",  # noqa: S608
        (
            f"INSERT INTO {TABLE} (id, product_id, own, text)"  # noqa: S608
            f" SELECT -p.id, p.id, '', {shared} FROM {PRODUCT} p"
        ),
        (
            f"INSERT INTO {TABLE} (id, product_id, own, text)"  # noqa: S608
            f" SELECT v.id, p.id, {own}, {own} || {shared}"
            f" FROM {VARIANT} v JOIN {PRODUCT} p ON p.id = v.product_id"
        ),
    ]
    _run(connection, statements)


def index(connection: BaseDatabaseWrapper) -> bool:
    """Index the text by its trigrams; return whether this database can."""
    return _INDEX[connection.vendor](connection)


def drop_index(connection: BaseDatabaseWrapper) -> None:
    """Take the index away; the extension of PostgreSQL stays."""
    if connection.vendor == "postgresql":
        _run(connection, [f"DROP INDEX IF EXISTS {name}" for name in _POSTGRESQL_INDEXES])
    else:
        _run(connection, [f"DROP TABLE IF EXISTS {INDEX}"])


def is_indexed(connection: BaseDatabaseWrapper) -> bool:
    """Return whether SQLite has the index: it is asked in another way than the table."""
    connection.ensure_connection()
    asked = f"SELECT 1 FROM sqlite_master WHERE name = '{INDEX}'"  # noqa: S608
    return connection.connection.execute(asked).fetchone() is not None


@lru_cache(maxsize=1)
def sqlite_has_trigrams() -> bool:
    """Return whether this SQLite indexes trigrams: 3.34 or newer, with FTS5 built in."""
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'trigram')")
    except sqlite3.OperationalError:
        return False
    finally:
        memory.close()
    return True


# --- the text ---------------------------------------------------------------------------------


def _text(row: str, columns: tuple[str, ...], vendor: str) -> str:
    """Return the SQL of a row's words, each with two spaces before it."""
    words = " || ".join(f"'  ' || replace({row}.{column}, ' ', '  ')" for column in columns)
    return f"lower({words})" if vendor == "postgresql" else words


# --- SQLite -----------------------------------------------------------------------------------


_NAMES = [
    *(
        f"search_{table}_{verb}"
        for table in ("product", "variant")
        for verb in ("added", "changed", "deleted")
    ),
    *(f"search_index_{verb}" for verb in ("added", "changed", "deleted")),
]


def _sqlite_triggers() -> list[str]:
    shared, own = _text("NEW", OF_PRODUCT, "sqlite"), _text("NEW", OF_VARIANT, "sqlite")
    variants = (
        f"UPDATE {TABLE} SET text = own || {shared} WHERE product_id = NEW.id"  # noqa: S608
        f" AND text <> own || {shared}"
    )
    upsert = "ON CONFLICT (id) DO UPDATE SET product_id = excluded.product_id, own = excluded.own"
    product = (
        f"INSERT INTO {TABLE} (id, product_id, own, text) VALUES (-NEW.id, NEW.id, '', {shared})"  # noqa: S608
        " ON CONFLICT (id) DO NOTHING"
    )
    variant = (
        f"INSERT INTO {TABLE} (id, product_id, own, text) VALUES (NEW.id, NEW.product_id, {own},"  # noqa: S608
        f" {own} || coalesce((SELECT text FROM {TABLE} WHERE id = -NEW.product_id), ''))"
        f" {upsert}, text = excluded.text"
    )
    return [
        _trigger("product_added", f"INSERT ON {PRODUCT}", product, variants),
        _trigger("product_changed", _update(PRODUCT, OF_PRODUCT), variants),
        _trigger("product_deleted", f"DELETE ON {PRODUCT}", _delete("-OLD.id")),
        _trigger("variant_added", f"INSERT ON {VARIANT}", variant),
        _trigger("variant_changed", _update(VARIANT, (*OF_VARIANT, "product_id")), variant),
        _trigger("variant_deleted", f"DELETE ON {VARIANT}", _delete("OLD.id")),
    ]


def _sqlite_index_triggers() -> list[str]:
    """Return what keeps the index beside the table, as FTS5 asks for it."""
    add = f"INSERT INTO {INDEX} (rowid, text) VALUES (NEW.id, NEW.text)"  # noqa: S608
    remove = f"INSERT INTO {INDEX} ({INDEX}, rowid, text) VALUES ('delete', OLD.id, OLD.text)"  # noqa: S608
    return [
        _trigger("index_added", f"INSERT ON {TABLE}", add),
        _trigger("index_changed", _update(TABLE, ("text",)), remove, add),
        _trigger("index_deleted", f"DELETE ON {TABLE}", remove),
    ]


def _trigger(name: str, event: str, *statements: str) -> str:
    return f"CREATE TRIGGER search_{name} AFTER {event} BEGIN {'; '.join(statements)}; END"


def _update(table: str, columns: tuple[str, ...]) -> str:
    differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    return f"UPDATE OF {', '.join(columns)} ON {table} WHEN {differs}"


def _delete(key: str) -> str:
    return f"DELETE FROM {TABLE} WHERE id = {key}"  # noqa: S608


def _index_sqlite(connection: BaseDatabaseWrapper) -> bool:
    if not sqlite_has_trigrams():
        return False
    statements = [
        (
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5 (text, content = '{TABLE}',"
            " content_rowid = 'id', tokenize = 'trigram case_sensitive 0')"
        ),
        f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",  # noqa: S608
    ]
    _run(connection, statements)
    return True


# --- PostgreSQL -------------------------------------------------------------------------------

_FUNCTIONS = [
    f"search_{table}_{verb}"
    for table in ("product", "variant")
    for verb in ("added", "changed", "deleted")
]
_BY_KEY = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
"""A plan is kept for the session, and the table may have been empty when it was made."""


def _postgresql_triggers() -> list[str]:
    shared, own = _text("a", OF_PRODUCT, "postgresql"), _text("a", OF_VARIANT, "postgresql")
    product = (
        f"INSERT INTO {TABLE} (id, product_id, own, text) SELECT -a.id, a.id, '', {shared}"  # noqa: S608
        " FROM rows a ON CONFLICT (id) DO NOTHING"
    )
    variants = (
        f"UPDATE {TABLE} s SET text = s.own || {shared} FROM rows a WHERE s.product_id = a.id"  # noqa: S608
        f" AND s.text <> s.own || {shared}"
    )
    variant = (
        f"INSERT INTO {TABLE} (id, product_id, own, text)"  # noqa: S608
        f" SELECT a.id, a.product_id, {own}, {own} || coalesce(p.text, '')"
        f" FROM rows a LEFT JOIN {TABLE} p ON p.id = -a.product_id"
        " ON CONFLICT (id) DO UPDATE SET product_id = EXCLUDED.product_id, own = EXCLUDED.own,"
        " text = EXCLUDED.text"
    )
    new, old = "NEW TABLE AS rows", "OLD TABLE AS rows"
    return [
        *_statement("product_added", f"INSERT ON {PRODUCT}", new, product, variants),
        *_row("product_changed", PRODUCT, OF_PRODUCT, _for_one(variants)),
        *_statement("product_deleted", f"DELETE ON {PRODUCT}", old, _delete_rows("-a.id")),
        *_statement("variant_added", f"INSERT ON {VARIANT}", new, variant),
        *_row("variant_changed", VARIANT, (*OF_VARIANT, "product_id"), _for_one(variant)),
        *_statement("variant_deleted", f"DELETE ON {VARIANT}", old, _delete_rows("a.id")),
    ]


def _for_one(statement: str) -> str:
    return statement.replace("FROM rows a", "FROM (SELECT NEW.*) a")


def _delete_rows(key: str) -> str:
    return f"DELETE FROM {TABLE} s USING rows a WHERE s.id = {key}"  # noqa: S608


def _statement(name: str, event: str, rows: str, *statements: str) -> list[str]:
    """Return a trigger that looks at all rows of a statement at once."""
    each = f"REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION search_{name}()"
    return [_function(name, *statements), f"CREATE TRIGGER search_{name} AFTER {event} {each}"]


def _row(name: str, table: str, columns: tuple[str, ...], *statements: str) -> list[str]:
    """Return a trigger for rows in which one of these columns becomes another."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    event = f"UPDATE OF {', '.join(columns)} ON {table}"
    each = f"FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION search_{name}()"
    return [_function(name, *statements), f"CREATE TRIGGER search_{name} AFTER {event} {each}"]


def _function(name: str, *statements: str) -> str:
    body = " ".join(f"{statement};" for statement in (*statements, "RETURN NULL"))
    return (
        f"CREATE OR REPLACE FUNCTION search_{name}() RETURNS trigger"
        f" AS $$ BEGIN {body} END $$ LANGUAGE plpgsql {_BY_KEY}"
    )


_POSTGRESQL_INDEXES = {
    INDEX: ("text", "id > 0"),
    f"{INDEX}_titles": ("text", "id < 0"),
    f"{INDEX}_own": ("own", "id > 0"),
}


def _index_postgresql(connection: BaseDatabaseWrapper) -> bool:
    """Index the text where the server has pg_trgm and lets us use it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return False
    try:
        with transaction.atomic(using=connection.alias):
            _run(connection, ["CREATE EXTENSION IF NOT EXISTS pg_trgm"])
    except DatabaseError:
        return False
    statements = [
        f"CREATE INDEX IF NOT EXISTS {name} ON {TABLE} USING gin ({what} gin_trgm_ops) WHERE {rows}"
        for name, (what, rows) in _POSTGRESQL_INDEXES.items()
    ]
    _run(connection, statements)
    return True


# --- inside -----------------------------------------------------------------------------------

_TRIGGERS = {"sqlite": _sqlite_triggers, "postgresql": _postgresql_triggers}
_INDEX = {"sqlite": _index_sqlite, "postgresql": _index_postgresql}


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
