"""Which errors of the database pass by: the same work, tried a little later, may well be done."""

from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection

PASSING_STATES = frozenset(
    {
        "25006",  # read-only: the server is a stand-by until it takes over
        "40001",  # it met another transaction
        "40P01",  # deadlock
        "55P03",  # a lock was not to be had in time
        "57P01",  # shut down
        "57P02",  # crashed
        "57P03",  # starting, or in recovery
        "57P05",  # idle for too long
    }
)
PASSING_CLASSES = ("08", "53")
"""The connection, and what runs out: connections, memory, room on the disk."""

NOT_PASSING = ("no such table", "no such column", "too many sql variables", "parser stack overflow")
"""What SQLite calls operational, though it is a fault of ours."""


def passes_by(error: BaseException) -> bool:
    """Return whether an error is the database's, and trying again later may help.

    Source: PostgreSQL, appendix A, "Error Codes"; a connection that was cut has no code at all.
    """
    # Rows that are copied into a table raise the driver's own errors.
    raw: Any = connection.Database  # type: ignore[attr-defined]
    if not isinstance(error, (Error, raw.Error)):
        return False
    cause = error.__cause__ or error
    state = getattr(cause, "sqlstate", None)
    if state:
        return state in PASSING_STATES or state.startswith(PASSING_CLASSES)
    words = str(error).lower()
    kinds = (OperationalError, InterfaceError, raw.OperationalError, raw.InterfaceError)
    is_cut = isinstance(error, kinds)
    return is_cut and not any(part in words for part in NOT_PASSING)


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
