"""Taking products and variations off sale, and proving that shoppers do not see them any more.

Nothing is deleted: orders name products, and what is listed again is to be what it was.
"""

from collections.abc import Sequence

from channels.connectors.base import Item, Outcome
from channels.connectors.woocommerce import fields
from channels.connectors.woocommerce.shop import Shop, place_of
from channels.connectors.woocommerce.writing import NOT_FOR_US, Desk


def withdraw(shop: Shop, items: Sequence[Item]) -> list[Outcome]:
    """Hide each item, and read it back; one that is not there is done."""
    desk = Desk(shop, items, problem_of=_no_problem)
    desk.find_by_id()
    _find_by_sku(desk)
    _leave_other_kinds(desk)
    there = [one for one in desk.open() if one.place]
    products = [one for one in there if one.place and not one.place[1]]
    variations = [one for one in there if one.place and one.place[1]]
    desk.update(products, lambda _item: fields.HIDDEN_PRODUCT)
    desk.update(variations, lambda _item: fields.HIDDEN_VARIATION)
    desk.read_back(is_gone_well=True)
    return desk.outcomes()


def _no_problem(_item: Item) -> str:
    """Return nothing: also what cannot be sold as it is now may be taken off."""
    return ""


def _find_by_sku(desk: Desk) -> None:
    """Look up by SKU what has no place; written in other letters it is none of ours."""
    lost = [one for one in desk.open() if not one.place and fields.can_be_looked_up(one.item.sku)]
    found = desk.ask(lost, lambda: desk.shop.by_sku(one.item.sku for one in lost)) if lost else {}
    for one in lost if found else ():
        one.had = (found or {}).get(one.item.sku)
        one.place = place_of(one.had) if one.had else None


def _leave_other_kinds(desk: Desk) -> None:
    """Leave alone what is a product that we never make; one that shoppers see is named."""
    for one in desk.open():
        kind = str(one.had.get("type")) if one.had else ""
        if one.had is None or kind not in NOT_FOR_US:
            continue
        one.place = None
        if not fields.differences(fields.FOR_SALE, one.had):
            one.fail(f"Its SKU is that of a {kind} product in the shop: hide it there.")
