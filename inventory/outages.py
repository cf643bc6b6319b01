"""Which errors mean that the database cannot do its work now, and what to say of them.

What comes of a row, of a rule or of a statement is not one of them: it would come again.
"""

import sqlite3
from typing import Any

from django.db import Error, InterfaceError, InternalError, OperationalError, connection

AWAY = "The database does not answer."
READ_ONLY = "The database takes no changes now: it is read-only."
FULL = "The database has no room left."
BUSY = "The database is busy."

_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_ERROR: "",
}
_OF_POSTGRESQL = {
    "25006": READ_ONLY,  # a stand-by, until it takes over
    "40": BUSY,  # deadlocks, transactions that met
    "53100": FULL,
    "53": AWAY,  # no more connections, or memory
    "55P03": BUSY,  # a lock that was waited for too long
    "57014": BUSY,  # a statement that took too long
    "57P": AWAY,  # shut down, crashed, starting
    "08": AWAY,
}
"""By the beginning of a code, the longest first. Source: PostgreSQL, appendix A, "Error Codes"."""


def outage_of(error: BaseException) -> str:
    """Return in a sentence why the database cannot do its work now; empty: it can.

    A deadlock, a lock or a statement that took too long is `BUSY`: trying again helps.
    """
    # Rows that are copied into a table raise the driver's own errors.
    raw: Any = connection.Database  # type: ignore[attr-defined]
    if not isinstance(error, Error | raw.Error):
        return ""
    cause: Any = error.__cause__ or error
    if state := getattr(cause, "sqlstate", None):
        codes = (state[:length] for length in (5, 3, 2))
        return next((_OF_POSTGRESQL[code] for code in codes if code in _OF_POSTGRESQL), "")
    kinds = (OperationalError, InterfaceError, InternalError)
    if not isinstance(error, (*kinds, raw.OperationalError, raw.InterfaceError)):
        return ""
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
        return _OF_SQLITE.get(code & 0xFF, AWAY)
    return AWAY  # a connection that was cut has no code


def passes_by(error: BaseException) -> bool:
    """Return whether an error is the database's, and trying again later may help."""
    return outage_of(error) != ""


def is_away(error: BaseException) -> bool:
    """Return whether nothing can be done at all now, whatever it is about."""
    return outage_of(error) not in {"", BUSY}


def connect_anew() -> None:
    """Give this thread's connection up, and keep the pool from handing it out again.

    It may be cut, or lead to a server that was the first until a moment ago and only reads now.
    Inside a transaction it is left as it is.
    """
    if connection.in_atomic_block or connection.vendor == "sqlite":
        return
    raw = connection.connection
    if raw is not None:
        raw.close()
    connection.close()
