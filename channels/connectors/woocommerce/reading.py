"""Reading what a WooCommerce has, without changing it."""

from collections.abc import Sequence

from channels.connectors.base import Item, RemoteItem
from channels.connectors.woocommerce import fields
from channels.connectors.woocommerce.fields import sku_in
from channels.connectors.woocommerce.shop import Place, Product, Shop, place_of
from channels.connectors.woocommerce.writing import known_place

NOWHERE: Place = (0, 0)
MOVED = "The shop has it under another number than before."


def read(shop: Shop, items: Sequence[Item]) -> list[RemoteItem]:
    """Return each item as the shop has it, found by its id, or else by its SKU."""
    places = {item.ref: place for item in items if (place := known_place(item))}
    there = _by_place(shop, list(places.values()))
    there = {
        places[item.ref]: there[places[item.ref]]
        for item in items
        if places.get(item.ref) in there and item.is_that(sku_in(there[places[item.ref]]))
    }
    lost = [item.sku for item in items if places.get(item.ref) not in there and item.sku]
    by_sku = shop.by_sku(lost) if lost else {}
    return [
        _remote_item(item, *_choose(item, places.get(item.ref), there, by_sku)) for item in items
    ]


def _choose(
    item: Item,
    place: Place | None,
    there: dict[Place, Product],
    by_sku: dict[str, Product],
) -> tuple[Place, Product]:
    """Return where an item is and what the shop says of it; zeros for what is gone."""
    if place in there:
        return place, there[place]
    product = by_sku.get(item.sku, {})
    return place_of(product) or NOWHERE, product


def _by_place(shop: Shop, places: Sequence[Place]) -> dict[Place, Product]:
    ids: dict[int, list[int]] = {}
    for number, parent in places:
        ids.setdefault(parent, []).append(number)
    found: dict[Place, Product] = {}
    for parent, numbers in ids.items():
        products = shop.variations(parent, numbers) if parent else shop.products(numbers)
        found |= {(number, parent): product for number, product in products.items()}
    return found


def _remote_item(item: Item, place: Place, product: Product) -> RemoteItem:
    number, parent = place
    difference, differing = fields.difference_of(item, product) if number else ("", frozenset())
    if number and known_place(item) not in {None, place}:
        difference = f"{MOVED} {difference}".strip()
        differing |= {"place"}
    return RemoteItem(
        ref=item.ref,
        sku=str(product.get("sku") or ""),
        remote_id=str(number) if number else "",
        remote_parent_id=str(parent) if parent else "",
        quantity=fields.quantity_in(product),
        mode=fields.MODES.get(str(product.get("backorders"))),
        price=fields.decimal_of(product.get("regular_price")),
        exists=bool(number),
        difference=difference,
        differing=differing,
    )
