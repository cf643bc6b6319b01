"""Creating and updating products: simple ones, and variations under a product that we make."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from channels.connectors.base import Item, Outcome
from channels.connectors.woocommerce import fields
from channels.connectors.woocommerce.shop import Product, Shop, place_of
from channels.connectors.woocommerce.writing import Desk, Work


@dataclass(slots=True)
class Family:
    """The variants of one product that are published together, and the product above them."""

    work: list[Work] = field(default_factory=list)
    parent: Product | None = None

    @property
    def item(self) -> Item:
        """Return the variant that speaks for the product."""
        return self.work[0].item


def publish(shop: Shop, items: Sequence[Item]) -> list[Outcome]:
    """Create or update each item, and read it back."""
    desk = Desk(shop, items)
    desk.find_by_id()
    variations = [one for one in desk.open() if not _is_single(one)]
    found = desk.find_by_sku(others=_parent_skus(variations))
    desk.refuse_other_kinds()
    _write_singles(desk)
    families = _families(desk, found)
    _write_parents(desk, families)
    for family in families:
        _write_family(desk, family)
    desk.read_back()
    return desk.outcomes()


def _is_single(one: Work) -> bool:
    """Return whether it is a product of its own: what the shop has counts before what we would."""
    return not one.place[1] if one.place else fields.is_simple(one.item)


def _parent_skus(work: Sequence[Work]) -> list[str]:
    return list(dict.fromkeys(fields.parent_sku(one.item) for one in work))


def _write_singles(desk: Desk) -> None:
    singles = [one for one in desk.open() if _is_single(one)]
    new = [one for one in singles if not one.place]
    for one in singles:
        one.sent = fields.product_fields(one.item)
    old = [one for one in singles if one.place]
    if not singles:
        return
    create = [{**one.sent, "type": "simple"} for one in new]
    update = [{"id": one.place[0], **one.sent} for one in old if one.place]
    told = desk.ask(singles, lambda: desk.shop.write_products(create, update))
    if told is not None:
        desk.note(new, told[0])
        desk.note(old, told[1])


def _families(desk: Desk, found: dict[str, Product]) -> list[Family]:
    """Return the variations by the product that they belong to, with what the shop has of it."""
    families: dict[str, Family] = {}
    for one in desk.open():
        if not _is_single(one):
            families.setdefault(one.item.product_ref, Family()).work.append(one)
    for family in families.values():
        family.parent = found.get(fields.parent_sku(family.item))
    return list(families.values())


def _write_parents(desk: Desk, families: Sequence[Family]) -> None:
    """Make the products above the variations, or tell those that are ours what they are called."""
    for family in families:
        _refuse_to_mix(family)
    ours = [one for one in families if any(_is_ours(one, work) for work in _open(one))]
    if not ours:
        return
    new = [one for one in ours if one.parent is None]
    old = [one for one in ours if one.parent is not None]
    create, update = [_parent_of(one) for one in new], [_parent_of(one) for one in old]
    concerned = [work for family in ours for work in _open(family)]
    told = desk.ask(concerned, lambda: desk.shop.write_products(create, update))
    if told is None:
        return
    for family, product in zip([*new, *old], [*told[0], *told[1]], strict=True):
        words, is_final = _problem_above(desk, product)
        if not words:
            family.parent = product
            continue
        for one in [work for work in _open(family) if _is_ours(family, work)]:
            one.answered = product
            one.fail(words, is_final=is_final)


def _problem_above(desk: Desk, product: Product) -> tuple[str, bool]:
    """Return why nothing can be sold below a product, if so, and whether that is final."""
    if "error" in product or place_of(product) is None:
        return desk.refusal_in(product), False
    if fields.differences(fields.FOR_SALE, product):
        return "The shop does not put the product above it on sale.", True
    return "", True


def _write_family(desk: Desk, family: Family) -> None:
    parent = place_of(family.parent) if family.parent else None
    theirs = [one for one in _open(family) if not _is_ours(family, one)]
    desk.update(theirs, fields.sale_fields)
    ours = [one for one in _open(family) if _is_ours(family, one)]
    if not ours or parent is None:
        return
    for one in ours:
        one.sent = fields.variation_fields(one.item)
    new, old = [one for one in ours if not one.place], [one for one in ours if one.place]
    create = [one.sent for one in new]
    update = [{"id": one.place[0], **one.sent} for one in old if one.place]
    told = desk.ask(ours, lambda: desk.write(parent[0], create, update))
    if told is not None:
        desk.note(new, told[0], parent[0])
        desk.note(old, told[1], parent[0])


def _is_ours(family: Family, one: Work) -> bool:
    """Return whether a variation is, or is to be, under the product that we made."""
    if not one.place:
        return True
    parent = place_of(family.parent) if family.parent else None
    return parent is not None and one.place[1] == parent[0]


def _refuse_to_mix(family: Family) -> None:
    """Refuse new variants of a product that the merchant made: its attributes are not known."""
    if family.parent is not None and family.parent.get("type") != "variable":
        for one in family.work:
            one.fail(f"The SKU {fields.parent_sku(one.item)} is that of another product.")
    if not any(one.place and not _is_ours(family, one) for one in family.work):
        return
    for one in family.work:
        if one.is_open and not one.place:
            one.fail("Its product has variations of its own in the shop: add it there once.")


def _parent_of(family: Family) -> Product:
    options = [fields.option_of(one.item) for one in _open(family) if _is_ours(family, one)]
    wanted = fields.parent_fields(family.item, options, family.parent or {})
    place = place_of(family.parent) if family.parent else None
    return {"id": place[0], **wanted} if place else wanted


def _open(family: Family) -> list[Work]:
    return [one for one in family.work if one.is_open]
