"""What we say in WooCommerce's words, and whether it then says the same.

WooCommerce answers 200 to values that it drops, and stores values that it does not know, so that
what counts is what it says when it is asked again. Source: recorded with WooCommerce 11.0.1.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from channels.connectors.base import Differing, Item
from inventory.policy import MAX_QUANTITY, BackorderMode

ATTRIBUTE = "Variant"
"""The one attribute of the products with several variants that we make."""

PARENT_SKU = "parent-{}"
MAX_BRIEF = 200
"""Characters of what the shop said that are repeated."""

MAX_SKU = 100
"""The characters of a SKU that WooCommerce can look up."""

FOR_SALE = {"status": "publish"}
HIDDEN_PRODUCT = {"status": "draft"}
HIDDEN_VARIATION = {"status": "private"}
"""A variation has no drafts: one that is not enabled in WooCommerce's own pages is private."""

WORDS = {BackorderMode.NO: "no", BackorderMode.ALLOW: "yes", BackorderMode.NOTIFY: "notify"}
MODES = {word: mode for mode, word in WORDS.items()}

LOSSES = (
    (
        "WooCommerce knows no limit of backorders. Where there is one, the units that may still be "
        "owed are added to the quantity: it never sells one too many, but its shoppers do not read "
        "“on backorder”."
    ),
    "Shoppers choose between the variants of a product by their titles, which have to differ.",
    "It has one currency: prices are sent as numbers, in the currency that the shop is set to.",
    "Our titles and descriptions replace the shop's; where we have none, it keeps its description.",
    "Release dates, expected dates and delivery timeframes are not sent.",
    "A product that was published with one variant stays a product of its own when it gets more.",
    "Whether shoppers read “on backorder” is for its theme and its own settings.",
    (
        "When every variant of a product is taken off, its page stays and says that it is "
        "unavailable: hide it there."
    ),
)


def problem_of(item: Item) -> str:
    """Return why an item is not sent, in a sentence; empty where nothing is wrong with it."""
    if not item.sku.strip():
        return "It has no SKU."
    if len(item.sku) > MAX_SKU:
        return f"WooCommerce takes SKUs of up to {MAX_SKU} characters."
    if item.mode not in WORDS:
        return f"“{item.mode}” is no way to backorder."
    if not item.price.is_finite() or item.price < 0:
        return "Its price is not zero or more."
    if item.available < 0 or (item.room is not None and item.room < 0):
        return "Its quantity is below zero."
    return ""


def can_be_looked_up(sku: str) -> bool:
    """Return whether WooCommerce can be asked for a SKU; no SKU would ask for everything."""
    return bool(sku.strip()) and len(sku) <= MAX_SKU


def stock_fields(item: Item) -> dict[str, Any]:
    """Return how much may be sold, as WooCommerce is told."""
    if not item.tracked:
        return {"manage_stock": False, "stock_status": "instock"}
    quantity, word = item.available, WORDS[item.mode]
    if item.mode != BackorderMode.NO and item.room is not None:
        quantity, word = item.available + item.room, WORDS[BackorderMode.NO]
    return {"manage_stock": True, "stock_quantity": quantity, "backorders": word}


def sale_fields(item: Item) -> dict[str, Any]:
    """Return SKU, price and quantity, and that it is for sale: for products and variations."""
    return {
        "sku": item.sku,
        **FOR_SALE,
        "regular_price": f"{item.price:f}",
        **stock_fields(item),
    }


def product_fields(item: Item) -> dict[str, Any]:
    """Return a product of its own; one of several variants has its title in the name."""
    name = item.product_title
    if not item.is_only_variant and item.variant_title:
        name = f"{item.product_title} – {item.variant_title}"
    return {"name": name, **_description(item), **sale_fields(item)}


def variation_fields(item: Item) -> dict[str, Any]:
    """Return one variation of a product that we made."""
    return {**sale_fields(item), "attributes": [{"name": ATTRIBUTE, "option": option_of(item)}]}


def parent_fields(item: Item, options: list[str], now: dict[str, Any]) -> dict[str, Any]:
    """Return the product above several variants, of which `item` is one.

    `now` is what the shop has, empty for nothing: its other attributes are kept, for those that
    are not sent again are dropped, and so are its options, which other variants may have.
    """
    kept = [one for one in _attributes_in(now) if one.get("name") != ATTRIBUTE]
    had = [
        option
        for one in _attributes_in(now)
        if one.get("name") == ATTRIBUTE
        for option in _texts(one.get("options"))
    ]
    everything = list(dict.fromkeys(had + options))
    attribute = {"name": ATTRIBUTE, "visible": True, "variation": True, "options": everything}
    return {
        "name": item.product_title,
        "type": "variable",
        **FOR_SALE,
        **_description(item),
        "sku": parent_sku(item),
        "attributes": [*kept, attribute],
    }


def parent_sku(item: Item) -> str:
    """Return the SKU by which we find again the product above several variants."""
    return PARENT_SKU.format(item.product_ref)


def option_of(item: Item) -> str:
    """Return what shoppers choose a variant by; its SKU where it has no title."""
    return item.variant_title or item.sku


def is_simple(item: Item) -> bool:
    """Return whether an item is a product of its own rather than one of several variations."""
    return item.is_only_variant and not item.variant_title


def quantity_in(product: dict[str, Any]) -> int | None:
    """Return the units that the shop says it has, `None` where it keeps no count."""
    if product.get("manage_stock") is not True:
        return None
    quantity = decimal_of(product.get("stock_quantity"))
    if quantity is None or quantity != int(quantity) or abs(quantity) > MAX_QUANTITY:
        return None
    return int(quantity)


def differences(fields: dict[str, Any], product: dict[str, Any]) -> list[str]:
    """Return the names of the fields that read otherwise than they were sent."""
    return [name for name in COMPARED if name in fields and not COMPARED[name](fields, product)]


def sentence_of(names: list[str], fields: dict[str, Any], product: dict[str, Any]) -> str:
    """Return what to tell the merchant of fields that read otherwise than they were sent."""
    if "manage_stock" in names and fields["manage_stock"]:
        return (
            "The shop keeps no count of it: switch on “Enable stock management” in WooCommerce, "
            "Settings, Products, Inventory."
        )
    return f"The shop answered that all is well, but {in_words(names, fields, product)}."


def in_words(names: list[str], fields: dict[str, Any], product: dict[str, Any]) -> str:
    """Return what the shop has instead of what was wanted, as a part of a sentence."""
    parts = (
        f"{LABELS[name]} is {brief(product.get(name, 'not there'))} instead of {fields[name]}"
        for name in names
    )
    return ", ".join(parts)


def difference_of(item: Item, product: dict[str, Any]) -> tuple[str, frozenset[Differing]]:
    """Return in a sentence how a product is not as we want it, and what differs."""
    wanted = sale_fields(item)
    names = differences(wanted, product)
    words = in_words(names, wanted, product)
    sentence = f"{words[0].upper()}{words[1:]}." if words else ""
    return sentence, frozenset(MEANT[name] for name in names)


def decimal_of(value: object) -> Decimal | None:
    """Return a finite number, `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def brief(value: object) -> str:
    """Return what the shop said, of whatever kind and length, for a sentence or a log."""
    text = str(value)
    return text if len(text) <= MAX_BRIEF else f"{text[: MAX_BRIEF - 1]}…"


def sku_in(product: dict[str, Any]) -> str:
    """Return the SKU that the shop writes, empty where it has none."""
    sku = product.get("sku")
    return sku if isinstance(sku, str) else ""


def _description(item: Item) -> dict[str, str]:
    return {"description": item.description} if item.description else {}


def _texts(value: object) -> list[str]:
    """Return the texts of a list; what else a shop says there is none."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _attributes_in(product: dict[str, Any]) -> list[dict[str, Any]]:
    found = product.get("attributes")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_same(name: str) -> Any:
    return lambda fields, product: product.get(name) == fields[name]


def _is_same_number(name: str) -> Any:
    return lambda fields, product: decimal_of(product.get(name)) == Decimal(str(fields[name]))


COMPARED: dict[str, Any] = {
    "sku": _is_same("sku"),
    "status": _is_same("status"),
    "manage_stock": _is_same("manage_stock"),
    "stock_quantity": _is_same_number("stock_quantity"),
    "stock_status": _is_same("stock_status"),
    "backorders": _is_same("backorders"),
    "regular_price": _is_same_number("regular_price"),
}
MEANT: dict[str, Differing] = {
    "sku": "sku",
    "status": "status",
    "manage_stock": "quantity",
    "stock_quantity": "quantity",
    "stock_status": "quantity",
    "backorders": "backorder",
    "regular_price": "price",
}
"""What each field is about, in our words."""

LABELS = {
    "sku": "the SKU",
    "status": "the status",
    "manage_stock": "keeping count",
    "stock_quantity": "the quantity",
    "stock_status": "the stock status",
    "backorders": "the backorder setting",
    "regular_price": "the price",
}
