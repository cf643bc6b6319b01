"""People who do whatever they like at the same moment: the books add up, and nobody is blocked."""

from functools import partial

import pytest

from inventory.acts import Act
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from orders.services.reconcile import reconcile
from tests.races.anything import raise_any, work

pytestmark = pytest.mark.race


@pytest.fixture
def _shop(shared_database, make_variant, berlin, paris, receive):
    """Have three variants that may be owed, a bundle of two of them, and two warehouses."""
    a, b, c, bundle = (make_variant(sku) for sku in ("a", "b", "c", "set"))
    for variant in (a, b, c):
        update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})
        receive(variant, berlin, 6)
    set_components(act=Act.now(), bundle=bundle, lines=[StockLine(a, 1), StockLine(b, 2)])


@pytest.mark.usefixtures("_shop")
def test_whatever_is_done_at_the_same_moment_the_books_add_up(together_apart):
    outcomes = together_apart(*[partial(work, seed, 40) for seed in range(4)])

    raise_any(outcomes)
    assert [str(breach) for breach in reconcile()] == []
    done = sum(outcomes[1:], outcomes[0])
    assert done.keys() >= {"buy", "fulfill", "receive"}
