"""What follows when other units of variants are there, or may be sold, than before.

Every use case that moves stock, or changes who is served from where, ends here: whoever waits is
served, shops elsewhere are told, and low stock is noticed. Who changes several settings at one
stroke lets it follow once, when all of them are written: a variant that is tracked again must not
be counted in a warehouse that opens, or closes, a moment later.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from inventory.acts import Act
from inventory.sales_channels import sales_channels
from inventory.services.low_stock import watch_low_stock
from inventory.waiting_room import Served, waiting_room


@dataclass(slots=True)
class _Later:
    """Variants that open orders are to be brought along for, by what changed of them."""

    tracking: set[int] = field(default_factory=set)
    served: set[int] = field(default_factory=set)
    sold: set[int] = field(default_factory=set)


_later: ContextVar[_Later | None] = ContextVar("later", default=None)


@contextmanager
def following_once(*, act: Act) -> Iterator[None]:
    """Bring open orders along once, behind all that is changed inside; the variants are locked.

    What fails inside brings nothing along: the transaction around it is given up.
    """
    if _later.get() is not None:
        yield
        return
    later = _Later()
    token = _later.set(later)
    try:
        yield
    finally:
        _later.reset(token)
    if later.tracking:
        tracking_changed(later.tracking, act=act)
    if later.served:
        stock_changed(later.served, act=act)
    if told := later.sold - later.served:
        stock_changed(told, act=act, serve=False)


def tracking_changed(variant_ids: Collection[int], *, act: Act) -> None:
    """Take open orders of variants into the books that are tracked from now on, others out of them.

    The variants are locked.
    """
    later = _later.get()
    if later is not None:
        later.tracking |= {*variant_ids}
        return
    waiting_room().tracking_changed(sorted(variant_ids), act=act)


def stock_changed(variant_ids: Collection[int], *, act: Act, serve: bool = True) -> list[Served]:
    """Serve who waits for these variants and lay their promises anew, and tell whom it concerns.

    The variants are locked. `serve` off: who waits was served already, or gets nothing of it.
    Return who got which units; inside `following_once` nobody did yet.
    """
    later = _later.get()
    if later is not None:
        (later.served if serve else later.sold).update(variant_ids)
        return []
    served = waiting_room().follow(variant_ids, act=act) if serve else []
    sales_channels().salable_changed(variant_ids)
    watch_low_stock(variant_ids, at=act.at)
    return served
