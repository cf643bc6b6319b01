"""Rows that name nothing we have: what stands in their way, and what they join."""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from inventory.models import Product, StoreSettings, Variant
from inventory.services.catalog import new_variant_defaults
from inventory.skus import sku_error
from inventory.spreadsheets import interpreter
from inventory.spreadsheets.asks import Ask, Problem
from inventory.spreadsheets.interpreter import Verdict
from inventory.spreadsheets.lookup import Found, Lookup, named, own_pk, public_id

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class Newcomers:
    """Decides on the rows of one import that create.

    Names are taken by whatever is in the shop; a row joins only a product that its user may see.
    """

    def __init__(self, user: AbstractBaseUser | None, settings: StoreSettings) -> None:
        self.mine = Product.objects.all() if user is None else Product.objects.visible_to(user)
        self.everything = Lookup(None, settings)
        self.defaults = new_variant_defaults(settings)
        self.taken = Found()
        self.titles: set[str] = set()
        self.skus: set[str] = set()
        self.foreign: set[str] = set()
        self.joins: dict[str, int] = {}

    def meet(self, asks: Sequence[Ask]) -> None:
        """Look up what the rows of a chunk meet in the shop; comes before their verdicts."""
        self.taken = self.everything.find(asks)
        self.titles = self._known_titles(asks)
        made = [_made_sku(ask) for ask in asks if not ask.sku]
        self.skus = {*Variant.objects.by_sku(made)}
        here = named("", {ask.product_id for ask in asks if ask.product_id})
        self.joins = _public_ids(self.mine.filter(here))
        self.foreign = _public_ids(Product.objects.filter(here)).keys() - self.joins.keys()

    def verdict(self, ask: Ask) -> Verdict:
        """Return what a row creates, or why it may not."""
        if problem := self._taken_name(ask) or self._strange_id(ask) or _no_sku(ask):
            return interpreter.refuse(ask, problem)
        joins = self.joins.get(ask.product_id)
        return interpreter.create(ask, defaults=self.defaults, sku=self._sku(ask), joins=joins)

    def _taken_name(self, ask: Ask) -> Problem | None:
        if self.taken.has_name_of(ask):
            return Problem("exists", self._where(ask), "SKU", ask.sku)
        if ask.product_id in self.foreign:
            text = f"The product ID {ask.product_id} is taken."
            return Problem("exists", text, "Internal_ID", ask.product_id)
        title = ask.product.get("title")
        if not ask.product_id and title in self.titles:
            text = f"There is a product “{title}” already: give its Internal_ID to add a variant."
            return Problem("title_exists", text, "Title", title)
        return None

    def _where(self, ask: Ask) -> str:
        """Say what has the name of a row already."""
        other = self.taken.by_sku.get(ask.sku)
        if ask.variant_id in self.taken.by_id or other is None or other.sku == ask.sku:
            return "It is in this shop already."
        if not self.mine.filter(variants__sku=other.sku).exists():
            return "It looks like a SKU that is in this shop already."
        return f"It looks like the SKU {other.sku}, which is in this shop already."

    def _known_titles(self, asks: Sequence[Ask]) -> set[str]:
        """Return the titles of own products that are here, among those of rows without IDs."""
        titles = {ask.product.get("title") for ask in asks if not ask.product_id} - {None}
        return set(self.mine.filter(title__in=titles).values_list("title", flat=True))

    def _strange_id(self, ask: Ask) -> Problem | None:
        names = [(ask.variant_id, "Internal_Variant_ID")]
        if ask.product_id not in self.joins:
            names.append((ask.product_id, "Internal_ID"))
        for name, column in names:
            if own_pk(name) is not None:
                text = f"{name} looks like an ID of this shop, which it does not have."
                return Problem("unknown_variant", text, column, name)
        return None

    def _sku(self, ask: Ask) -> str:
        if ask.sku:
            return ask.sku
        made = _made_sku(ask)
        return f"{made[:57]}-{get_random_string(6, _LETTERS)}" if made in self.skus else made


def _no_sku(ask: Ask) -> Problem | None:
    error = sku_error(ask.sku) if ask.sku else None
    return Problem("bad_value", error, "SKU", ask.sku) if error else None


def _made_sku(ask: Ask) -> str:
    """Return a SKU for a row that has none: from its ID, else from its title and row."""
    if ask.variant_id:
        return f"ID-{ask.variant_id}"[:64]
    title = slugify(ask.product.get("title") or ask.group).upper()[:50] or "NEW"
    return f"{title}-{ask.number}"


def _public_ids(products: QuerySet[Product]) -> dict[str, int]:
    rows = products.values_list("internal_id", "pk")
    return {public_id(internal_id, pk): pk for internal_id, pk in rows}
