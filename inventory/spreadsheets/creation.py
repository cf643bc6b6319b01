"""New products from a file: set-based, with their first stock in the default warehouse."""

import json
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from django.utils.crypto import get_random_string
from django.utils.text import slugify

from inventory.acts import Act
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
from inventory.models.catalog import sku_in
from inventory.models.stock import MovementKind
from inventory.sales_channels import sales_channels
from inventory.services.history import CHANGE_COLUMNS
from inventory.skus import sku_key
from inventory.spreadsheets.rights import importing_user
from inventory.sql import insert_rows


class NewRow(Protocol):
    """A checked row that makes a variant."""

    @property
    def number(self) -> int:
        """The row, as the spreadsheet counts."""

    @property
    def key(self) -> str:
        """The SKU."""

    @property
    def changes(self) -> dict[str, Any]:
        """The product, the variant and its first stock."""


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

    def create(self, rows: Sequence[Row], *, act: Act) -> list[Row]:
        """Make the variants of these rows.

        Return those whose SKU or ID was taken meanwhile, or whose product is gone, or another's.
        """
        free = self._free(rows)
        good = [row for row in rows if row.number in free]
        if good:
            self._make_products(good)
            variants = self._make_variants(good)
            self._put_on_hand(good, variants, act=act)
        return [row for row in rows if row.number not in free]

    def _free(self, rows: Sequence[NewRow]) -> set[int]:
        """Return the numbers of the rows that nothing stands in the way of any more."""
        taken = _taken(rows)
        joins = {pk for row in rows if (pk := row.changes.get("joins"))}
        products = Product.objects.filter(pk__in=joins)
        user = importing_user(self.source)
        if user is not None:
            products = products.visible_to(user)
        here = set(products.values_list("pk", flat=True))
        return {
            row.number
            for row in rows
            if not taken & self._names(row) and row.changes.get("joins") in {None, *here}
        }

    def _names(self, row: NewRow) -> set[str]:
        """Return the names that a row needs to be free."""
        names = {f"sku {sku_key(row.changes['variant']['sku'])}"}
        if internal_id := row.changes["variant"].get("internal_id"):
            names.add(f"id {internal_id}")
        makes_product = not row.changes.get("joins") and _group(row) not in self.products
        if makes_product and (internal_id := row.changes["product"].get("internal_id")):
            names.add(f"product {internal_id}")
        return names

    def _make_products(self, rows: Sequence[NewRow]) -> None:
        """Make the products that these rows need and that are not there yet."""
        new: dict[str, NewRow] = {}
        for row in rows:
            if joins := row.changes.get("joins"):
                self.products[_group(row)] = joins
            elif _group(row) not in self.products:
                new.setdefault(_group(row), row)
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
        sales_channels().variants_added([variant.pk for variant in variants])
        pairs = zip(rows, variants, strict=True)
        self._remember("variant", [(v.pk, row.key, row.changes["variant"]) for row, v in pairs])
        return variants

    def _put_on_hand(
        self, rows: Sequence[NewRow], variants: Sequence[Variant], *, act: Act
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
                    by=act.by,
                    moved_at=act.at,
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
        insert_rows(
            ChangeSetRow,
            CHANGE_COLUMNS,
            (
                (self.source.change_set_id, model, pk, label[:250], None, json.dumps(after), 1)
                for pk, label, after in made
            ),
        )


def _group(row: NewRow) -> str:
    return str(row.changes["group"])[:250]


def _title(row: NewRow) -> str:
    return str(row.changes["product"].get("title") or _group(row))[:255]


def _taken(rows: Sequence[NewRow]) -> set[str]:
    """Return which of the SKUs and IDs of these rows the shop has."""
    skus = [row.changes["variant"]["sku"] for row in rows]
    ids = {row.changes["variant"].get("internal_id") for row in rows} - {None}
    products = {row.changes["product"].get("internal_id") for row in rows} - {None}
    by_sku = Variant.objects.filter(sku_in(skus)).values_list("sku", flat=True)
    by_id = Variant.objects.filter(internal_id__in=ids).values_list("internal_id", flat=True)
    made = Product.objects.filter(internal_id__in=products).values_list("internal_id", flat=True)
    return (
        {f"sku {sku_key(sku)}" for sku in by_sku}
        | {f"id {name}" for name in by_id}
        | {f"product {name}" for name in made}
    )


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
    return Seller.objects.filter(users=source.created_by).order_by("-is_active", "pk").first()
