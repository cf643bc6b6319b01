"""Buyers in programs of their own for too few units, hundreds of times: none is sold twice."""

from collections import Counter
from functools import partial

import pytest

from inventory.acts import Act
from inventory.models import StockLevel
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.services.reconcile import reconcile
from tests.races import actions
from tests.races.actions import BOOKING, SOLD, without_locks

BUYERS, UNITS, TRIALS = 6, 2, 100


@pytest.fixture
def sold_in(make_variant, berlin, together_apart):
    """Return a trial: how many of the units that there are were sold."""
    mug = make_variant(price="2.50")

    def trial(**how):
        there = StockLevel.objects.filter(variant=mug).first()
        missing = UNITS - (there.available if there else 0)
        lines = [StockLine(mug, missing)]
        receive_stock(warehouse=berlin, lines=lines, reference="", act=Act.now())
        outcomes = together_apart(*[partial(actions.buy_by_service, (mug, 1))] * BUYERS, **how)
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        return Counter(outcomes)[SOLD]

    return trial


def test_each_unit_is_sold_once(sold_in, record_property):
    sold = Counter(sold_in() for _trial in range(TRIALS))

    record_property("tried", f"{TRIALS} times {BUYERS} buyers at once for {UNITS} units")
    record_property("lost", "no unit sold twice, none kept back")
    assert sold == {UNITS: TRIALS}
    assert reconcile() == []


def test_without_locks_they_are_sold_again(sold_in, record_property):
    """Prove that the buyers of the other trial really meet."""
    sold = sold_in(meet_at=(BOOKING,), before=without_locks)

    record_property("tried", "the same without locks, as a control")
    record_property("lost", f"{sold - UNITS} units too many, as it must be")
    assert sold > UNITS
