"""Django's PostgreSQL, whose pool hands out no connection that ended while nobody used it.

A database that was restarted ends all connections of all processes. The pool finds each of them out
only when somebody asks for it, and would let him wait a second for the first one, two for the next.
Here the first one that is found dead has all the others looked at as well.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread, taken from the pool of the process."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that answers.

        :raises OperationalError: there is none in time.
        """
        connection = super().get_new_connection(conn_params)
        pool: Any = self.pool
        if pool is None or _answers(connection):
            return connection
        pool.putconn(connection)
        pool.check()
        connection = super().get_new_connection(conn_params)
        if not _answers(connection):
            pool.putconn(connection)
            raise OperationalError("the database ended a connection as soon as it was made")
        return connection


def _answers(connection: Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
