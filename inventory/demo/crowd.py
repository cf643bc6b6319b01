"""Very many products, to see how the program behaves at size: set-based, with flat memory."""

import random
from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.demo.catalog import PRODUCTS
from inventory.models import Movement, Product, StockLevel, Variant, Warehouse
from inventory.models.stock import MovementKind
from inventory.spreadsheets.bulk import insert_rows

PRODUCTS_A_BATCH = 1_500
SIZES = ("XS", "S", "M", "L", "XL", "XXL")
WORDS = ("Classic", "Nordic", "Little", "Grand", "Quiet", "Morning", "Harbour", "Garden", "Winter")

_PRODUCT = (
    *("title", "slug", "brand", "description", "image", "is_visible", "backorders", "version"),
    *("created_at", "updated_at"),
)
_VARIANT = (
    *("product_id", "sku", "title", "position", "price", "ean", "image", "track_inventory"),
    *("backorders", "out_of_stock_threshold", "allow_preorders", "version", "created_at"),
    "updated_at",
)
_LEVEL = (
    "variant_id",
    "warehouse_id",
    "on_hand",
    "allocated",
    "on_backorder",
    "in_stock",
    "version",
)
_MOVEMENT = (*("stock_level_id", "quantity", "kind", "reference", "reason", "by", "moved_at"),)


def grow(target: int, *, say: Callable[[str], None]) -> None:
    """Add products until there are `target` variants."""
    dice = random.Random(target)  # noqa: S311 -- the same shop every time
    warehouse = Warehouse.objects.get(code="main")
    count = Variant.objects.count()
    while count < target:
        count += _add_batch(dice, warehouse, room=target - count)
        say(f"{count:,} variants")


@transaction.atomic
def _add_batch(dice: random.Random, warehouse: Warehouse, *, room: int) -> int:
    """Add a batch of products with at most `room` variants; return how many they have."""
    last_product, last_variant, last_level = (_last(m) for m in (Product, Variant, StockLevel))
    now = timezone.now()
    insert_rows(
        Product, _PRODUCT, (_product(dice, last_product + n, now) for n in range(PRODUCTS_A_BATCH))
    )
    ids = Product.objects.filter(pk__gt=last_product).order_by("pk").values_list("pk", flat=True)
    rows = [
        _variant(dice, pk, position, now)
        for pk in ids
        for position in range(dice.randint(1, len(SIZES)))
    ][:room]
    insert_rows(Variant, _VARIANT, rows)
    variants = Variant.objects.filter(pk__gt=last_variant, track_inventory=True)
    stocked = [
        (pk, dice.randint(1, 60))
        for pk in variants.values_list("pk", flat=True)
        if dice.random() < 0.7
    ]
    insert_rows(
        StockLevel, _LEVEL, ((pk, warehouse.pk, units, 0, 0, True, 1) for pk, units in stocked)
    )
    levels = StockLevel.objects.filter(pk__gt=last_level).values_list("pk", "on_hand")
    insert_rows(
        Movement,
        _MOVEMENT,
        ((pk, units, MovementKind.INITIAL.value, "demo", "", "demo", now) for pk, units in levels),
    )
    return len(rows)


def _last(model: type[Product] | type[Variant] | type[StockLevel]) -> int:
    newest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _product(dice: random.Random, number: int, now: object) -> tuple[object, ...]:
    demo = dice.choice(PRODUCTS)
    title = f"{dice.choice(WORDS)} {demo.title} {number}"
    image = f"products/{demo.variants[0].sku.lower()}.svg"
    mode = dice.choice(("inherit", "inherit", "inherit", "allow", "notify", "no"))
    return (title, f"p-{number}", demo.brand, demo.description, image, True, mode, 1, now, now)


def _variant(
    dice: random.Random, product_id: int, position: int, now: object
) -> tuple[object, ...]:
    sku = f"D{product_id:07d}-{SIZES[position]}"
    price = str(Decimal(dice.randint(300, 25_000)) / 100)
    mode = dice.choice(("inherit", "inherit", "inherit", "inherit", "allow", "no"))
    threshold = dice.choice((None, None, None, -20, 2))
    title = f"Size: {SIZES[position]}"
    return (
        *(product_id, sku, title, position, price, "", "", dice.random() > 0.02, mode, threshold),
        *(False, 1, now, now),
    )
