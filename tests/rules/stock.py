"""What the tables of stock are made of."""

from dataclasses import replace
from datetime import date

from inventory.offers import Article
from inventory.policy import LevelSettings, PolicyInputs, StockAt, effective_policy
from inventory.pool import Need, pool_of

TODAY = date(2026, 1, 5)
AHEAD = date(2026, 2, 1)


def policy(mode="no", threshold=0, **inputs):
    """Return the policy of a variant that says so itself."""
    own = LevelSettings(backorders=mode, out_of_stock_threshold=threshold)
    return effective_policy(PolicyInputs(variant=own, **inputs), today=TODAY)


def at(*stock):
    """Return stock by warehouse, w1 at the front, from units on hand or whole levels."""
    return {
        number: replace(level, warehouse=f"w{number}")
        if isinstance(level, StockAt)
        else StockAt(f"w{number}", on_hand=level)
        for number, level in enumerate(stock, start=1)
    }


def article(*parts, **fields):
    """Return an article and its pools; each part is SKU, units in each, policy, stock."""
    needs = tuple(Need(n, per_unit, sku) for n, (sku, per_unit, _p, _s) in enumerate(parts))
    pools = {n: pool_of(rules, stock) for n, (_, _, rules, stock) in enumerate(parts)}
    return Article(needs, **fields), pools
