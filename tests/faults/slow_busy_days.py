"""Four people who do whatever staff do, all at once, for many days: the books add up."""

from functools import partial

import pytest

from inventory.acts import Act
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from orders.services.reconcile import reconcile
from tests.races.anything import raise_any, work

DAYS, PEOPLE, STEPS = 15, 4, 60


@pytest.fixture
def _shop(shared_database, make_variant, berlin, paris, receive):
    a, b, c, bundle = (make_variant(sku) for sku in ("a", "b", "c", "set"))
    for variant in (a, b, c):
        update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})
        receive(variant, berlin, 6)
    set_components(act=Act.now(), bundle=bundle, lines=[StockLine(a, 1), StockLine(b, 2)])


@pytest.mark.usefixtures("_shop")
def test_the_books_add_up_after_each_day(together_apart, record_property):
    steps = 0
    for day in range(DAYS):
        seeds = range(1_000 + day * PEOPLE, 1_000 + (day + 1) * PEOPLE)
        outcomes = together_apart(*[partial(work, seed, STEPS) for seed in seeds])
        raise_any(outcomes)
        assert [str(breach) for breach in reconcile()] == []
        steps += PEOPLE * STEPS

    record_property("tried", f"{DAYS} days of {PEOPLE} people, {steps:,} steps")
    record_property("lost", "nothing; no deadlock")
