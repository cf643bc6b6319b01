"""Proving that the books are right: the invariants of `docs/domain.md`, §8, a few queries each.

`quantities` adds up numbers, `identities` asks whether what belongs together is of one order, one
variant and one place, `states` whether rows say what their parts say, `happened` compares them with
the time lines, and `written` asks for what is written once and never altered.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from orders.services.reconcile.breach import Breach, Check
from orders.services.reconcile.happened import CHECKS as HAPPENED
from orders.services.reconcile.identities import CHECKS as IDENTITIES
from orders.services.reconcile.quantities import CHECKS as QUANTITIES
from orders.services.reconcile.states import CHECKS as STATES
from orders.services.reconcile.written import CHECKS as WRITTEN

__all__ = ["CHECKS", "Breach", "Check", "reconcile"]

CHECKS: tuple[Check, ...] = (*QUANTITIES, *IDENTITIES, *STATES, *HAPPENED, *WRITTEN)


def reconcile(*, report: Callable[[int, int], None] | None = None) -> list[Breach]:
    """Return every breach; an empty list proves that the books are right.

    Each check reads everything as it was at one moment. `report` is told how many checks are done,
    of how many.
    """
    found: list[Breach] = []
    for number, check in enumerate(CHECKS, start=1):
        with one_picture():
            found += check()
        if report is not None:
            report(number, len(CHECKS))
    return found


@contextmanager
def one_picture() -> Iterator[None]:
    """Read everything inside as it was at one moment, however much is written meanwhile.

    Inside a transaction it is left as it is. SQLite's are opened to write; this one is not, so
    that nobody waits for it.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
