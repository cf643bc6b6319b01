"""A webhook and a poll of one second, in programs of their own: one order, sold once.

Each race has its control, which shows that it is one: without the lock it goes wrong.
"""

from functools import partial

import pytest
from django.db import IntegrityError

from inventory.models import StockLevel
from orders.models import CapturedOrder, Order
from orders.services.capture import record
from orders.services.reconcile import reconcile
from tests.conftest import NOON
from tests.orders.capture import deeds
from tests.orders.capture.conftest import line, only, remote
from tests.races.actions import without_locks
from tests.races.conftest import _programs, shared_database, together_apart  # noqa: F401

pytestmark = pytest.mark.race


@pytest.fixture(autouse=True)
def _books_are_right():
    """Each test here looks at them itself, in its own database."""


@pytest.fixture
def five_mugs(shared_database, mug, stock, shop):  # noqa: F811
    stock(mug, 5)


def test_the_same_order_twice_at_once_is_sold_once(five_mugs, together_apart):  # noqa: F811
    tell = partial(deeds.told_and_settled, "paid")

    outcomes = together_apart(tell, tell, meet_at=(deeds.ASKED, deeds.FOLLOWED))

    assert outcomes == ["captured", "captured"]
    assert (only().state, Order.objects.count()) == ("captured", 1)
    assert (StockLevel.objects.get().allocated, reconcile()) == (2, [])


def test_without_the_guard_the_twins_are_real(five_mugs, together_apart):  # noqa: F811
    """Guards the test above: who looks first and inserts then meets the other one."""
    tell = partial(deeds.told, "paid")

    outcomes = together_apart(
        tell,
        tell,
        meet_at=(deeds.ASKED,),
        before=deeds.looked_up_first,
    )

    assert sorted(map(type, outcomes), key=str) == [bool, IntegrityError]


STORY = (
    partial(deeds.told_standing, "shipped", minute=9, writes_first=True),
    partial(deeds.told_standing, "paid", minute=5, writes_first=False),
)
"""The newer word, written first, and an older one that was read at the same time."""


@pytest.fixture
def known(five_mugs, shop):
    """The order as both programs read it."""
    record(shop, remote("created", line("mug", 2)), at=NOON)


def test_an_older_word_never_wins(known, together_apart):  # noqa: F811
    together_apart(*STORY, meet_at=(deeds.READ, deeds.WRITTEN))

    assert only().status == "shipped"


def test_without_the_lock_the_older_word_wins(known, together_apart):  # noqa: F811
    """Guards the test above: read at the same time, the last one to write has its way."""
    together_apart(*STORY, meet_at=(deeds.READ, deeds.WRITTEN), before=without_locks)

    assert only().status == "paid"


def test_one_order_settled_by_two_workers_is_sold_once(known, together_apart):  # noqa: F811
    """It has no control of its own: without the lock, the ID of the order is a second guard."""
    CapturedOrder.objects.update(status="paid")

    outcomes = together_apart(deeds.settled, deeds.settled, meet_at=(deeds.FOLLOWED,))

    assert outcomes == ["captured", "captured"]
    assert (Order.objects.count(), StockLevel.objects.get().allocated) == (1, 2)
    assert reconcile() == []
