"""Finding the variants that rows name: a few queries for each chunk of rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, Sum

from inventory.models import StockLevel, StoreSettings, Variant
from inventory.models.catalog import VariantQuerySet, sku_in
from inventory.policy import LevelSettings, PolicyInputs, effective_mode, effective_number
from inventory.skus import matched
from inventory.spreadsheets.asks import Ask
from inventory.spreadsheets.interpreter import VariantState
from inventory.spreadsheets.values import likely_skus

OWN_ID = "B"
"""What our own IDs begin with, for rows that brought none: B17 is the row with primary key 17."""

MAX_HINTS = 100

_COLUMNS = (
    *("pk", "internal_id", "sku", "track_inventory", "backorders", "out_of_stock_threshold"),
    *("notify_below", "version", "product_id", "product__internal_id", "product__title"),
    *("product__seller_id", "product__backorders", "product__out_of_stock_threshold"),
    "product__notify_below",
)


def public_id(internal_id: str | None, pk: int) -> str:
    """Return the ID that spreadsheets know a product or variant by."""
    return internal_id or f"{OWN_ID}{pk}"


def own_pk(text: str) -> int | None:
    """Return the primary key in an ID of our own making."""
    digits = text[len(OWN_ID) :]
    own = text.startswith(OWN_ID) and digits.isascii() and digits.isdigit() and len(digits) < 16
    return int(digits) if own else None


@dataclass(slots=True)
class Found:
    """The variants that a chunk of rows names, by each of their names."""

    by_id: dict[str, VariantState] = field(default_factory=dict)
    by_sku: dict[str, VariantState] = field(default_factory=dict)
    by_product: dict[str, list[VariantState]] = field(default_factory=lambda: defaultdict(list))
    hints: dict[str, str] = field(default_factory=dict)

    def match(self, ask: Ask) -> VariantState | None:
        """Return the variant of a row: by variant ID, else by exact SKU, else the only one.

        A variant ID that we do not know is not replaced by a guess, unless IDs may be foreign.
        """
        if ask.variant_id and not ask.foreign_ids:
            return self.by_id.get(ask.variant_id)
        if ask.variant_id or ask.sku:
            return self.by_id.get(ask.variant_id) or self.by_sku.get(ask.sku)
        siblings = self.by_product.get(ask.product_id, ())
        return siblings[0] if len(siblings) == 1 else None

    def has_name_of(self, ask: Ask) -> bool:
        """Return whether the variant ID or the SKU of a row is somebody's already."""
        return ask.variant_id in self.by_id or ask.sku in self.by_sku

    def siblings(self, ask: Ask) -> int:
        """Return how many variants the product of a row has."""
        return len(self.by_product.get(ask.product_id, ()))


class Lookup:
    """Finds variants for one import: those that its user may see, with their effective values."""

    def __init__(self, user: AbstractBaseUser | None, settings: StoreSettings) -> None:
        self.variants: VariantQuerySet = Variant.objects.all()
        if user is not None:
            self.variants = self.variants.visible_to(user)
        self.settings = settings.settings
        self.gate_open = settings.sellers_can_accept_backorders
        self.hints_given = 0
        self._effective = lru_cache(maxsize=4_096)(self._effective_values)

    def find(self, asks: Sequence[Ask]) -> Found:
        """Return what these rows name."""
        found = Found()
        ids = {ask.variant_id for ask in asks if ask.variant_id}
        skus = {ask.sku for ask in asks if ask.sku}
        products = {
            ask.product_id for ask in asks if ask.product_id and not ask.variant_id and not ask.sku
        }
        asked = named("", ids) | sku_in(skus)
        if ids or skus:
            states = self._states(asked)
            found.by_id = {state.variant_id: state for state in states}
            found.by_sku = matched(skus, ((state.sku, state) for state in states))
        if products:
            for state in self._states(named("product__", products)):
                found.by_product[state.product_id].append(state)
        self._hint(skus - found.by_sku.keys(), found)
        return found

    def _states(self, condition: Q) -> list[VariantState]:
        rows = list(self.variants.filter(condition).order_by("pk").values_list(*_COLUMNS))
        ids = [row[0] for row in rows]
        owed = dict(
            StockLevel.objects.filter(variant__in=ids, on_backorder__gt=0)
            .values_list("variant")
            .annotate(units=Sum("on_backorder"))
            .order_by()
        )
        return [self._state(row, owed.get(row[0], 0)) for row in rows]

    def _state(self, row: tuple[Any, ...], owed: int) -> VariantState:
        (pk, internal_id, sku, track, backorders, threshold, notify, version) = row[:8]
        (product, product_internal_id, title, seller, *wider) = row[8:]
        mode, effective_threshold, effective_notify = self._effective(
            backorders, threshold, notify, seller is not None, *wider
        )
        return VariantState(
            pk=pk,
            variant_id=public_id(internal_id, pk),
            product_id=public_id(product_internal_id, product),
            sku=sku,
            product_title=title,
            track=track,
            backorders=backorders,
            threshold=threshold,
            notify_below=notify,
            mode=mode,
            effective_threshold=effective_threshold,
            effective_notify_below=effective_notify,
            owed=owed,
            version=version,
        )

    def _effective_values(
        self,
        backorders: str,
        threshold: int | None,
        notify_below: int | None,
        has_seller: bool,  # noqa: FBT001
        *wider: Any,
    ) -> tuple[Any, int, int]:
        inputs = PolicyInputs(
            store=self.settings,
            product=LevelSettings(wider[0], wider[1], wider[2]),
            variant=LevelSettings(backorders, threshold, notify_below),
            has_seller=has_seller,
            sellers_can_accept_backorders=self.gate_open,
        )
        return (
            effective_mode(inputs)[0],
            effective_number(inputs, "out_of_stock_threshold")[0],
            effective_number(inputs, "notify_below")[0],
        )

    def _hint(self, unknown: Iterable[str], found: Found) -> None:
        """Say which SKU a spreadsheet may have spoiled; only for the first of them."""
        guesses = {}
        for sku in unknown:
            if self.hints_given >= MAX_HINTS:
                break
            if likely := likely_skus(sku):
                guesses[sku] = likely
                self.hints_given += 1
        if not guesses:
            return
        wanted = {guess for likely in guesses.values() for guess in likely}
        here = self.variants.by_sku(wanted)
        for sku, likely in guesses.items():
            if hits := [guess for guess in likely if guess in here]:
                found.hints[sku] = f" Did you mean {' or '.join(hits)}?"


def named(prefix: str, names: Iterable[str]) -> Q:
    """Return the filter for rows with these public IDs."""
    names = list(names)
    own = [pk for name in names if (pk := own_pk(name)) is not None]
    by_own = Q(**{f"{prefix}pk__in": own, f"{prefix}internal_id": None})
    return Q(**{f"{prefix}internal_id__in": names}) | by_own
