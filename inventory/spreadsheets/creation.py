"""New products from a file: set-based, with their first stock in the default warehouse."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.utils.crypto import get_random_string
from django.utils.text import slugify

from inventory.models import (
    ChangeSetRow,
    Import,
    Movement,
    Product,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.models.stock import MovementKind
from inventory.spreadsheets.bulk import insert_rows

class NewRow(Protocol):
    """A checked row that makes a variant."""

    @property
    def number(self) -> int: ...

    @property
    def key(self) -> str: ...

    @property
    def changes(self) -> dict[str, Any]: ...


Row = TypeVar("Row", bound=NewRow)

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Creator:
    """Makes the products and variants of one import, chunk by chunk."""

    def __init__(self, source: Import) -> None:
        self.source = source
        self.products: dict[str, int] = dict(
            ChangeSetRow.objects.filter(
                change_set=source.change_set_id, model="product"
            ).values_list("label", "object_id")
        )
        self.seller = _only_seller(source)
        self.warehouse: Warehouse | None = None

    def create(self, rows: Sequence[Row], *, at: datetime) -> list[Row]:
        """Make the variants of these rows; return those whose SKU or ID was taken meanwhile."""
        taken = _taken(rows)
        good = [row for row in rows if not taken & _names(row)]
        if good:
            self._make_products(good)
            variants = self._make_variants(good)
            self._put_on_hand(good, variants, at=at)
        return [row for row in rows if taken & _names(row)]

    def _make_products(self, rows: Sequence[NewRow]) -> None:
        """Make the products that these rows need and that are not there yet."""
        wanted: dict[str, NewRow] = {}
        for row in rows:
            if _group(row) not in self.products:
                wanted.setdefault(_group(row), row)
        found = Product.objects.filter(internal_id__in=wanted).values_list("internal_id", "pk")
        here = {internal_id: pk for internal_id, pk in found if internal_id is not None}
        self.products.update(here)
        new = {group: row for group, row in wanted.items() if group not in here}
        slugs = _free_slugs([_title(row) for row in new.values()])
        made = Product.objects.bulk_create(
            [
                Product(**{**row.changes["product"], "title": _title(row)}, slug=slug)
                for row, slug in zip(new.values(), slugs, strict=True)
            ]
        )
        if self.seller is not None:
            Product.objects.filter(pk__in=[row.pk for row in made]).update(seller=self.seller)
        for group, product in zip(new, made, strict=True):
            self.products[group] = product.pk
        self._remember(
            "product", [(p.pk, g, {"title": p.title}) for g, p in zip(new, made, strict=True)]
        )

    def _make_variants(self, rows: Sequence[NewRow]) -> list[Variant]:
        variants = Variant.objects.bulk_create(
            [
                Variant(
                    product_id=self.products[_group(row)],
                    position=row.number,
                    **row.changes["variant"],
                )
                for row in rows
            ]
        )
        pairs = zip(rows, variants, strict=True)
        self._remember("variant", [(v.pk, row.key, row.changes["variant"]) for row, v in pairs])
        return variants

    def _put_on_hand(
        self, rows: Sequence[NewRow], variants: Sequence[Variant], *, at: datetime
    ) -> None:
        units = {
            variant.pk: row.changes["stock"]
            for row, variant in zip(rows, variants, strict=True)
            if row.changes["stock"]
        }
        if not units:
            return
        warehouse = self._default_warehouse()
        levels = StockLevel.objects.bulk_create(
            [StockLevel(variant_id=pk, warehouse=warehouse, on_hand=n) for pk, n in units.items()]
        )
        Movement.objects.bulk_create(
            [
                Movement(
                    stock_level=level,
                    quantity=level.on_hand,
                    kind=MovementKind.INITIAL,
                    reference=f"import {self.source.pk}",
                    by=str(self.source.created_by or "import"),
                    moved_at=at,
                )
                for level in levels
            ]
        )

    def _default_warehouse(self) -> Warehouse:
        if self.warehouse is None:
            chosen = StoreSettings.load().default_warehouse
            self.warehouse = chosen or Warehouse.objects.order_by("priority", "pk")[0]
        return self.warehouse

    def _remember(self, model: str, made: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        columns = ("change_set_id", "model", "object_id", "label", "before", "after", "version")
        insert_rows(
            ChangeSetRow,
            columns,
            (
                (self.source.change_set_id, model, pk, label[:250], None, json.dumps(after), 1)
                for pk, label, after in made
            ),
        )


def _group(row: NewRow) -> str:
    return str(row.changes["group"])[:250]


def _title(row: NewRow) -> str:
    return str(row.changes["product"].get("title") or _group(row))[:255]


def _names(row: NewRow) -> set[str]:
    names = {f"sku {row.changes['variant']['sku']}"}
    if internal_id := row.changes["variant"].get("internal_id"):
        names.add(f"id {internal_id}")
    return names


def _taken(rows: Sequence[NewRow]) -> set[str]:
    skus = [row.changes["variant"]["sku"] for row in rows]
    ids = [row.changes["variant"].get("internal_id") for row in rows]
    found = Variant.objects.filter(sku__in=skus).values_list("sku", flat=True)
    by_id = Variant.objects.filter(internal_id__in=[i for i in ids if i])
    return {f"sku {sku}" for sku in found} | {
        f"id {name}" for name in by_id.values_list("internal_id", flat=True)
    }


def _free_slugs(titles: Sequence[str]) -> list[str]:
    """Return an address for each title that no product has, in two queries for all of them."""
    bases = [slugify(title, allow_unicode=True)[:240] or "product" for title in titles]
    taken = set(Product.objects.filter(slug__in=bases).values_list("slug", flat=True))
    slugs = []
    for base in bases:
        slug = f"{base}-{get_random_string(8, _LETTERS)}" if base in taken else base
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _only_seller(source: Import) -> Seller | None:
    """Return whose the new products are: a seller's own, else the store's."""
    if source.created_by is None or source.created_by.is_superuser:
        return None
    return Seller.objects.filter(users=source.created_by, is_active=True).first()
