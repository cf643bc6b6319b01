"""Which errors mean that the database cannot do its work now, and what to say of them.

What comes of a row, of a rule or of a statement is not one of them: it would come again.
"""

import sqlite3
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError

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
_OF_POSTGRESQL = {"25006": READ_ONLY, "53100": FULL}
_OF_A_STATEMENT = ("40", "55", "57014")
"""Deadlocks, locks that were waited for too long, statements that took too long."""


def outage_of(error: BaseException) -> str:
    """Return in a sentence why the database cannot do its work now; empty: it can.

    A deadlock, a lock or a statement that took too long is `BUSY`: trying again helps.
    """
    if not isinstance(error, OperationalError | InterfaceError | InternalError):
        return ""
    cause: Any = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
        return _OF_SQLITE.get(code & 0xFF, AWAY)
    state = getattr(cause, "sqlstate", None) or ""
    if state in _OF_POSTGRESQL:
        return _OF_POSTGRESQL[state]
    if isinstance(error, InternalError):
        return ""
    return BUSY if state.startswith(_OF_A_STATEMENT) else AWAY


def is_away(error: BaseException) -> bool:
    """Return whether nothing can be done at all now, whatever it is about."""
    return outage_of(error) not in {"", BUSY}
