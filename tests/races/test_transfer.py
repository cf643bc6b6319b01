"""The same units transferred twice at the same moment."""

from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from inventory import locks
from inventory.acts import Act
from inventory.errors import StockShortage
from inventory.models import Movement
from inventory.services import transfer
from inventory.services.movements import StockLine
from tests.conftest import NOON

pytestmark = pytest.mark.race


@pytest.fixture
def two_transfers(shared_database, mug, berlin, paris, receive):
    """Return two transfers of the five units that are there."""
    receive(mug, berlin, 5)
    move = partial(
        transfer.transfer_stock,
        source=berlin,
        target=paris,
        lines=[StockLine(mug, 5)],
        act=Act(NOON, "anna"),
    )
    return partial(move, reference="T-1"), partial(move, reference="T-2")


def refusals(outcomes):
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def test_units_leave_a_shelf_once(
    two_transfers, together, meet_before, mug, berlin, paris, on_hand
):
    meet_before(transfer, "record_movements")

    outcomes = together(*two_transfers)

    assert refusals(outcomes) == [StockShortage]
    assert (on_hand(mug, berlin), on_hand(mug, paris)) == (0, 5)
    assert Movement.objects.count() == 3


def test_units_leave_a_shelf_once_when_two_programs_take_them(
    two_transfers, together_apart, mug, berlin, paris, on_hand
):
    outcomes = together_apart(*two_transfers)

    assert refusals(outcomes) == [StockShortage]
    assert (on_hand(mug, berlin), on_hand(mug, paris)) == (0, 5)
    assert Movement.objects.count() == 3


def test_without_the_lock_the_race_is_real(two_transfers, together, meet_before, monkeypatch):
    """Guards the tests above: where no lock is taken, both decide to move the same units.

    SQLite has one writer at a time, so that there the transaction alone is the lock.
    """
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(locks, "lock_clause", lambda: "")
    meet_before(transfer, "record_movements")

    outcomes = together(*two_transfers)

    is_sqlite = connection.vendor == "sqlite"
    assert refusals(outcomes) == [StockShortage if is_sqlite else IntegrityError]
