"""Four people who do whatever staff do, all at once, for many days: the books add up."""

from functools import partial

import pytest

from orders.services.reconcile import reconcile
from tests.races.anything import raise_any, work
from tests.races.test_anything import _shop  # noqa: F401 -- a fixture

DAYS, PEOPLE, STEPS = 15, 4, 60


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
