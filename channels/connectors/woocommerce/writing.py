"""Bringing items into a WooCommerce, and proving that they arrived.

Look first, write then, read back at last: what was created by a call whose answer was lost is found
again by its SKU, so that it is in the shop once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from channels.connectors.base import ChannelDown, Item, Outcome
from channels.connectors.woocommerce import fields
from channels.connectors.woocommerce.shop import NotDone, Place, Product, Shop, is_gone, place_of

T = TypeVar("T")

LOGGED: tuple[str, ...] = ("id", "sku", "type", "status", "manage_stock", "stock_quantity")
LOGGED += ("stock_status", "backorders", "regular_price", "error")
MAX_PARTS = 20
"""Of an error, in the log."""

FOUND = "Ours was found by its SKU: number {}."
NO_PLACE = "It is not in the shop any more: publish it again."
NOT_FOR_US = frozenset({"variable", "grouped", "external"})
"""Kinds of products whose quantity is not theirs."""


@dataclass(slots=True)
class Work:
    """One item on its way: what the shop has of it, what was sent, and what went wrong."""

    item: Item
    place: Place | None = None
    had: Product | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    answered: Product = field(default_factory=dict)
    error: str = ""
    note: str = ""
    is_final: bool = True
    retry_after: int | None = None

    @property
    def is_open(self) -> bool:
        """Return whether something is left to do for it."""
        return not self.error

    def fail(self, text: str, *, is_final: bool = True) -> None:
        """Note why it did not arrive."""
        self.error, self.is_final = f"{self.note} {text}".strip(), is_final

    def leave(self, product: Product) -> None:
        """Forget where it was: another product is there, which must not get what is meant for it.

        A shop that was rebuilt, or filled from a file, gives its ids anew.
        """
        number, _parent = self.place or (0, 0)
        sku = fields.brief(fields.sku_in(product)) or "without a SKU"
        self.note = f"Number {number} in the shop is another product now ({sku})."
        self.place, self.had = None, None

    def outcome(self) -> Outcome:
        """Return what came of it."""
        number, parent = self.place or (0, 0)
        return Outcome(
            ref=self.item.ref,
            remote_id=str(number) if number else "",
            remote_parent_id=str(parent) if parent else "",
            quantity=fields.quantity_in(self.answered),
            remote_sku=fields.sku_in(self.answered) if self.place and not self.error else "",
            error=self.error,
            note=f"{self.note} {FOUND.format(number)}" if self.note and number else self.note,
            is_final=self.is_final,
            retry_after=self.retry_after,
            sent={name: value for name, value in self.sent.items() if name != "description"},
            answered={
                name: _for_log(self.answered[name]) for name in LOGGED if name in self.answered
            },
        )


class Desk:
    """The work of one call. After the first silence of the shop it asks nothing more."""

    def __init__(
        self,
        shop: Shop,
        items: Sequence[Item],
        *,
        problem_of: Callable[[Item], str] = fields.problem_of,
    ) -> None:
        self.shop = shop
        self.work = [Work(item, place=known_place(item), error=problem_of(item)) for item in items]
        self._down: ChannelDown | None = None
        self._has_asked = False

    def open(self) -> list[Work]:
        """Return the work that has not failed."""
        return [one for one in self.work if one.is_open]

    def outcomes(self) -> list[Outcome]:
        """Return one outcome for each item, in their order."""
        return [one.outcome() for one in self.work]

    def ask(self, concerned: Iterable[Work], question: Callable[[], T]) -> T | None:
        """Return the answer, or `None` once the work it concerns is told why there is none.

        :raises ChannelDown: it is the first question of all.
        """
        concerned = list(concerned)
        if self._down is not None:
            self._tell_down(concerned, self._down, was_asked=False)
            return None
        try:
            answer = question()
        except ChannelDown as error:
            if not self._has_asked:
                raise
            self._down = error
            self._tell_down(concerned, error, was_asked=True)
            return None
        except NotDone as error:
            self._has_asked = True
            for one in concerned:
                one.fail(str(error))
            return None
        self._has_asked = True
        return answer

    def find_by_id(self) -> None:
        """Look up what is known by its id; forget the ids that are gone, or another product's."""
        known = [one for one in self.open() if one.place]
        for parent, group in _by_parent(known).items():
            ids = [one.place[0] for one in group if one.place]
            found = self.ask(group, partial(self._read, parent, ids))
            if found is not None:
                for one in group:
                    one.had = found.get(one.place[0]) if one.place else None
                    if one.had is None:
                        one.place = None
                    elif not one.item.is_that(fields.sku_in(one.had)):
                        one.leave(one.had)

    def find_by_sku(self, *, others: Iterable[str] = ()) -> dict[str, Product]:
        """Look up by SKU what has no place; return all that was found, `others` included."""
        lost = [one for one in self.open() if not one.place]
        skus = [one.item.sku for one in lost] + list(others)
        found = self.ask(lost, lambda: self.shop.by_sku(skus)) if skus else {}
        if not found:
            return {}
        in_any_case = {sku.casefold(): sku for sku in found}
        for one in lost:
            one.had = found.get(one.item.sku)
            one.place = place_of(one.had) if one.had else None
            written = in_any_case.get(one.item.sku.casefold())
            if one.had is None and written:
                one.fail(f"The shop writes its SKU {written}: write it alike in both.")
        return found

    def refuse_other_kinds(self) -> None:
        """Refuse what is a product with a quantity of another kind."""
        for one in self.open():
            kind = str(one.had.get("type")) if one.had else ""
            if kind in NOT_FOR_US:
                one.fail(f"Its SKU is that of a {kind} product in the shop, which has no quantity.")

    def update(self, work: Iterable[Work], fields_of: Callable[[Item], dict[str, Any]]) -> None:
        """Write items that are in the shop, each kind in its own way."""
        for parent, group in _by_parent(list(work)).items():
            for one in group:
                one.sent = fields_of(one.item)
            rows = [{"id": one.place[0], **one.sent} for one in group if one.place]
            told = self.ask(group, partial(self.write, parent, [], rows))
            if told is not None:
                self.note(group, told[1], parent)

    def note(self, group: Sequence[Work], told: Sequence[Product], parent: int = 0) -> None:
        """Keep what the shop said of each item after a write, to a product or below one."""
        for one, product in zip(group, told, strict=True):
            one.answered = product
            if _is_gone(product):
                one.place, one.had = None, None
            elif "error" in product:
                one.fail(self.refusal_in(product), is_final=_is_final(product))
            else:
                place = place_of(product)
                one.place = (place[0], parent) if place else one.place

    def refusal_in(self, product: Product) -> str:
        """Return the shop's words for not doing one of many things."""
        error = product.get("error")
        said = error.get("message", "") if isinstance(error, dict) else ""
        return f"The shop refused it: {self.shop.web.quote(said)}"

    def read_back(self, *, is_gone_well: bool = False) -> None:
        """Ask for everything that was written, and compare. `is_gone_well`: it may be gone."""
        for one in [] if is_gone_well else self.open():
            if not one.place:
                one.fail("It went from the shop while it was written.", is_final=False)
        for parent, group in _by_parent(self.open()).items():
            ids = [one.place[0] for one in group if one.place]
            found = self.ask(group, partial(self._read, parent, ids))
            if found is not None:
                for one in group:
                    product = found.get(one.place[0]) if one.place else None
                    if product is None and is_gone_well:
                        one.place = None
                    else:
                        _compare(one, product)

    def _read(self, parent: int, ids: Sequence[int]) -> dict[int, Product]:
        return self.shop.variations(parent, ids) if parent else self.shop.products(ids)

    def write(
        self, parent: int, create: list[Product], update: list[Product]
    ) -> tuple[list[Product], list[Product]]:
        """Write products, or variations of one; each is gone when the one above them is."""
        if not parent:
            return self.shop.write_products(create, update)
        try:
            return self.shop.write_variations(parent, create, update)
        except NotDone as error:
            if not error.is_gone:
                raise
            gone = {"error": {"code": error.code}}
            return [gone] * len(create), [gone] * len(update)

    def _tell_down(self, work: Iterable[Work], down: ChannelDown, *, was_asked: bool) -> None:
        for one in work:
            text = str(down)
            if was_asked and down.is_outcome_unknown:
                text += " Whether it arrived is looked up the next time."
            one.fail(text, is_final=False)
            one.retry_after = down.retry_after


def push(shop: Shop, items: Sequence[Item]) -> list[Outcome]:
    """Write quantities of items that the shop has; look for those that are not where they were."""
    desk = Desk(shop, items)
    desk.find_by_id()
    desk.find_by_sku()
    desk.refuse_other_kinds()
    desk.update([one for one in desk.open() if one.place], fields.stock_fields)
    moved = [one for one in desk.open() if not one.place and one.sent]
    if moved:
        desk.find_by_sku()
        desk.update([one for one in moved if one.is_open and one.place], fields.stock_fields)
    for one in desk.open():
        if not one.place:
            one.fail(NO_PLACE)
    desk.read_back()
    return desk.outcomes()


def _for_log(value: object) -> object:
    """Return what the shop said of a field, short; its errors are objects, and are kept as such."""
    if isinstance(value, dict):
        return {
            fields.brief(name): fields.brief(part)
            for name, part in islice(value.items(), MAX_PARTS)
        }
    return value if value is None or isinstance(value, int | float) else fields.brief(value)


def _compare(one: Work, product: Product | None) -> None:
    if product is None:
        one.fail("The shop took it, and does not have it when asked again.", is_final=False)
        return
    one.answered = product
    if "sku" not in one.sent and not one.item.is_that(fields.sku_in(product)):
        one.leave(product)
        one.fail("It was changed while it was written: look at both.", is_final=False)
        return
    names = fields.differences(one.sent, product)
    if names:
        text = fields.sentence_of(names, one.sent, product)
        one.fail(text, is_final=names != ["stock_quantity"])


def _error_in(product: Product) -> tuple[str, int]:
    """Return the code of an error and its status, as HTTP has them."""
    error = product.get("error")
    if not isinstance(error, dict):
        return "", 0
    data = error.get("data")
    status = data.get("status") if isinstance(data, dict) else 0
    return str(error.get("code", "")), status if isinstance(status, int) else 0


def _is_gone(product: Product) -> bool:
    return is_gone(_error_in(product)[0]) or product.get("status") == "trash"


def _is_final(product: Product) -> bool:
    """Return whether the same would be refused again; a SKU that is taken may be our own."""
    code, status = _error_in(product)
    return code != "product_invalid_sku" and status < 500


def _by_parent(work: Iterable[Work]) -> dict[int, list[Work]]:
    groups: dict[int, list[Work]] = {}
    for one in work:
        if one.place:
            groups.setdefault(one.place[1], []).append(one)
    return groups


def known_place(item: Item) -> Place | None:
    """Return where we know an item to be."""
    number, parent = _id_in(item.remote_id), _id_in(item.remote_parent_id)
    return (number, parent) if number else None


def _id_in(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
