"""Very many products, to see how the program behaves at size: set-based, with flat memory."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.demo.barcodes import ean
from inventory.demo.catalog import PRODUCTS
from inventory.models import Movement, Product, StockLevel, StoreSettings, Variant, Warehouse
from inventory.models.stock import MovementKind
from inventory.policy import is_low
from inventory.skus import sku_key
from inventory.sql import insert_rows

VARIANTS_A_BATCH = 5_000
SIZES = ("XS", "S", "M", "L", "XL", "XXL")
WORDS = ("Classic", "Nordic", "Little", "Grand", "Quiet", "Morning", "Harbor", "Garden", "Winter")
SHARES = (0.7, 0.25, 0.1)
"""How many of the variants each warehouse has units of, by priority."""

_PRODUCT = (
    *("title", "slug", "brand", "description", "image", "is_visible", "backorders", "version"),
    *("created_at", "updated_at"),
)
_VARIANT = (
    *("product_id", "sku", "sku_key", "title", "position", "price", "ean", "image"),
    *("track_inventory", "backorders", "out_of_stock_threshold", "notify_below", "low_stock_since"),
    *("allow_preorders", "version", "created_at", "updated_at"),
)
_LEVEL = (
    *("variant_id", "warehouse_id", "on_hand", "allocated", "on_backorder", "in_stock"),
    *("backorder_threshold", "version"),
)
_MOVEMENT = ("stock_level_id", "quantity", "kind", "reference", "reason", "by", "moved_at")


@dataclass(frozen=True, slots=True)
class _Row:
    """One variant to be: its columns, and the units it has in each warehouse."""

    columns: tuple[object, ...]
    sku: str
    units: Sequence[tuple[Warehouse, int]]


def grow(target: int, *, say: Callable[[str], None]) -> None:
    """Add products until there are `target` variants."""
    count = Variant.objects.count()
    crowd = _Crowd(seed=target)
    while count < target:
        count += crowd.add_batch(min(target - count, VARIANTS_A_BATCH))
        say(f"{count:,} variants")


class _Crowd:
    """Products made up with dice; the same seed makes the same ones."""

    def __init__(self, *, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 -- the same shop every time
        self.warehouses = list(Warehouse.objects.active()[: len(SHARES)])
        self.notify_below = StoreSettings.load().notify_below
        self.now: datetime = timezone.now()

    @transaction.atomic
    def add_batch(self, room: int) -> int:
        """Add products with `room` variants in all; return how many variants that are."""
        counts = self._counts(room)
        first = _last(Product) + 1
        products = (self._product(first + n) for n in range(len(counts)))
        insert_rows(Product, _PRODUCT, products)
        ids = Product.objects.filter(pk__gte=first).order_by("pk").values_list("pk", flat=True)
        rows = [
            self._variant(product_id, position)
            for product_id, count in zip(ids, counts, strict=True)
            for position in range(count)
        ]
        last = _last(Variant)
        insert_rows(Variant, _VARIANT, (row.columns for row in rows))
        made = dict(Variant.objects.filter(pk__gt=last).values_list("sku", "pk"))
        self._stock(rows, made)
        return len(rows)

    def _counts(self, room: int) -> list[int]:
        """Return how many variants each product has, `room` of them in all."""
        counts: list[int] = []
        while room:
            counts.append(min(self.dice.randint(1, len(SIZES)), room))
            room -= counts[-1]
        return counts

    def _product(self, number: int) -> tuple[object, ...]:
        demo = self.dice.choice(PRODUCTS)
        title = f"{self.dice.choice(WORDS)} {demo.title} {number}"
        image = f"products/{demo.variants[0].sku.lower()}.svg"
        mode = self.dice.choice(("inherit", "inherit", "inherit", "allow", "notify", "no"))
        return (
            *(title, f"p-{number}", demo.brand, demo.description, image, True, mode, 1),
            *(self.now, self.now),
        )

    def _variant(self, product_id: int, position: int) -> _Row:
        """Return a variant; one in fifty is not tracked, and so has neither units nor a setting."""
        sku = f"D{product_id:07d}-{SIZES[position]}"
        price = str(Decimal(self.dice.randint(300, 25_000)) / 100)
        tracked = self.dice.random() > 0.02
        mode = self.dice.choice(("inherit", "inherit", "inherit", "inherit", "allow", "no"))
        threshold = self.dice.choice((None, None, None, -20, 2))
        notify_below = self.dice.choice((None, None, None, None, 5))
        units = self._units() if tracked else []
        columns = (
            *(product_id, sku, sku_key(sku), f"Size: {SIZES[position]}", position, price),
            *(ean(product_id * 10 + position) if tracked else "", "", tracked),
            *(mode if tracked else "inherit", threshold, notify_below),
            *(self._low_since(units, notify_below), False, 1, self.now, self.now),
        )
        return _Row(columns, sku, units)

    def _units(self) -> list[tuple[Warehouse, int]]:
        return [
            (place, self.dice.randint(1, 60))
            for place, share in zip(self.warehouses, SHARES, strict=False)
            if self.dice.random() < share
        ]

    def _low_since(
        self, units: Sequence[tuple[Warehouse, int]], notify_below: int | None
    ) -> datetime | None:
        """Return now if this is low stock; as in the use cases, only what ever had stock is."""
        line = self.notify_below if notify_below is None else notify_below
        available = sum(count for _place, count in units)
        low = bool(units) and is_low(available=available, owed=0, notify_below=line)
        return self.now if low else None

    def _stock(self, rows: Sequence[_Row], ids: dict[str, int]) -> None:
        """Put the units of these variants on hand, each level with the movement that says so."""
        last = _last(StockLevel)
        insert_rows(StockLevel, _LEVEL, self._levels(rows, ids))
        levels = StockLevel.objects.filter(pk__gt=last).values_list("pk", "on_hand")
        kind = MovementKind.INITIAL.value
        movements = ((pk, units, kind, "demo", "", "demo", self.now) for pk, units in levels)
        insert_rows(Movement, _MOVEMENT, movements)

    def _levels(self, rows: Sequence[_Row], ids: dict[str, int]) -> Iterator[tuple[object, ...]]:
        for row in rows:
            for place, count in row.units:
                cap = self.dice.choice((0, 5)) if self.dice.random() < 0.04 else None
                yield (ids[row.sku], place.pk, count, 0, 0, True, cap, 1)


def _last(model: type[Product] | type[Variant] | type[StockLevel]) -> int:
    newest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
