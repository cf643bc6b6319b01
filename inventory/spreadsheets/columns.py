"""From headers to meaning: which platform wrote the file, and what each column says.

A header that is not known is not guessed: the merchant names it, or it is ignored and said so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from inventory.errors import SpreadsheetRefused
from inventory.spreadsheets.readers import Row
from inventory.spreadsheets.values import clean


class Column(StrEnum):
    """What a column can mean to us, whatever its header."""

    PRODUCT_ID = "Internal_ID"
    VARIANT_ID = "Internal_Variant_ID"
    SKU = "SKU"
    TITLE = "Title"
    TRACK = "Stock_Track"
    DISABLE_SOLD_OUT = "Stock_Disable_Sold_Out"
    ALLOW_BACKORDERS = "Allow_Backorders"
    THRESHOLD = "Stock_Min"
    NOTIFY_BELOW = "Stock_Alert"
    EAN = "EAN"
    PRICE = "Price"
    STOCK = "Stock_Level"
    VARIANT_TITLE = "Variant"
    BRAND = "Brand"
    VISIBLE = "Visible"
    DESCRIPTION = "Description"
    # Shopify
    HANDLE = "Handle"
    OPTION_1 = "Option1 Value"
    TRACKER = "Variant Inventory Tracker"
    POLICY = "Variant Inventory Policy"
    # WooCommerce and Adobe Commerce
    TYPE = "Type"
    IN_STOCK = "In stock?"
    STORE_VIEW = "store_view_code"
    USE_CONFIG_BACKORDERS = "use_config_backorders"
    USE_CONFIG_THRESHOLD = "use_config_min_qty"
    USE_CONFIG_TRACK = "use_config_manage_stock"
    USE_CONFIG_NOTIFY_BELOW = "use_config_notify_stock_qty"
    # Stock counts
    WAREHOUSE = "Warehouse"
    ON_HAND = "On_Hand"


class Platform(StrEnum):
    """Whose columns they are."""

    LIGHTSPEED = "lightspeed"
    SHOPIFY = "shopify"
    SHOPIFY_INVENTORY = "shopify_inventory"
    WOOCOMMERCE = "woocommerce"
    ADOBE = "adobe"
    STOCK_COUNT = "stock_count"


PLATFORM_NAMES = {
    Platform.LIGHTSPEED: "Backoffice or Lightspeed eCom",
    Platform.SHOPIFY: "Shopify",
    Platform.SHOPIFY_INVENTORY: "Shopify (inventory)",
    Platform.WOOCOMMERCE: "WooCommerce",
    Platform.ADOBE: "Adobe Commerce",
    Platform.STOCK_COUNT: "Stock count",
}

POLICY_COLUMNS = frozenset(
    (
        *(Column.TRACK, Column.DISABLE_SOLD_OUT, Column.ALLOW_BACKORDERS, Column.THRESHOLD),
        *(Column.NOTIFY_BELOW, Column.TRACKER, Column.POLICY),
    )
)
"""A file without any of these cannot change who may be backordered."""

KEYS = frozenset((Column.PRODUCT_ID, Column.VARIANT_ID, Column.SKU))

_LIGHTSPEED = {
    "internal_id": Column.PRODUCT_ID,
    "internal_variant_id": Column.VARIANT_ID,
    "stock_track": Column.TRACK,
    "stock_disable_sold_out": Column.DISABLE_SOLD_OUT,
    "allow_backorders": Column.ALLOW_BACKORDERS,
    "stock_min": Column.THRESHOLD,
    "stock_alert": Column.NOTIFY_BELOW,
    "stock_level": Column.STOCK,
    "sku": Column.SKU,
    "ean": Column.EAN,
    "price": Column.PRICE,
    "brand": Column.BRAND,
    "visible": Column.VISIBLE,
}
_LIGHTSPEED_IGNORED = frozenset(
    (
        *("supplier", "price_old", "price_cost", "price_unit", "unit", "tax", "article_code"),
        *("hs_code", "weight", "weight_value", "weight_unit", "volume_value", "volume_unit"),
        *("volume", "colli", "size_x", "size_y", "size_z", "matrix", "buy_min", "buy_max"),
        *("images", "tags"),
    )
)
_LIGHTSPEED_BY_LANGUAGE = {
    "title_short": Column.TITLE,
    "variant": Column.VARIANT_TITLE,
    "description_long": Column.DESCRIPTION,
}
_LIGHTSPEED_IGNORED_PATTERN = re.compile(
    r"data_\d+|[a-z]{2}_(title_long|description_short|url|google_category|category_\d|meta_\w+)"
)
_SHOPIFY = {
    "variant id": Column.VARIANT_ID,
    "variant sku": Column.SKU,
    "variant inventory policy": Column.POLICY,
    "variant inventory tracker": Column.TRACKER,
    "variant inventory qty": Column.STOCK,
    "variant price": Column.PRICE,
    "variant barcode": Column.EAN,
    "handle": Column.HANDLE,
    "title": Column.TITLE,
    "vendor": Column.BRAND,
    "body (html)": Column.DESCRIPTION,
    "option1 value": Column.OPTION_1,
    "published": Column.VISIBLE,
    # the same columns as Shopify's newer template names them
    "url handle": Column.HANDLE,
    "sku": Column.SKU,
    "barcode": Column.EAN,
    "price": Column.PRICE,
    "description": Column.DESCRIPTION,
    "published on online store": Column.VISIBLE,
    "inventory tracker": Column.TRACKER,
    "inventory quantity": Column.STOCK,
    "continue selling when out of stock": Column.POLICY,
}
_SHOPIFY_ONLY = {
    *("variant sku", "variant inventory policy", "url handle"),
    "continue selling when out of stock",
}
_SHOPIFY_INVENTORY = {"handle", "sku", "location", "on hand", "available", "committed", "incoming"}
_WOOCOMMERCE = {
    "sku": Column.SKU,
    "name": Column.TITLE,
    "type": Column.TYPE,
    "stock": Column.TRACK,
    "in stock?": Column.IN_STOCK,
    "backorders allowed?": Column.ALLOW_BACKORDERS,
    "low stock amount": Column.NOTIFY_BELOW,
    "regular price": Column.PRICE,
    "description": Column.DESCRIPTION,
    "published": Column.VISIBLE,
    "brands": Column.BRAND,
    "gtin, upc, ean, or isbn": Column.EAN,
}
_ADOBE = {
    "sku": Column.SKU,
    "name": Column.TITLE,
    "product_type": Column.TYPE,
    "store_view_code": Column.STORE_VIEW,
    "qty": Column.STOCK,
    "price": Column.PRICE,
    "description": Column.DESCRIPTION,
    "out_of_stock_qty": Column.THRESHOLD,
    "use_config_min_qty": Column.USE_CONFIG_THRESHOLD,
    "allow_backorders": Column.ALLOW_BACKORDERS,
    "use_config_backorders": Column.USE_CONFIG_BACKORDERS,
    "manage_stock": Column.TRACK,
    "use_config_manage_stock": Column.USE_CONFIG_TRACK,
    "notify_on_stock_below": Column.NOTIFY_BELOW,
    "use_config_notify_stock_qty": Column.USE_CONFIG_NOTIFY_BELOW,
}
_ADOBE_ONLY = {"use_config_backorders", "manage_stock", "out_of_stock_qty", "product_type"}
_STOCK_COUNT = {
    "sku": Column.SKU,
    "warehouse": Column.WAREHOUSE,
    "location": Column.WAREHOUSE,
    "on_hand": Column.ON_HAND,
    "on hand": Column.ON_HAND,
    "counted": Column.ON_HAND,
    "quantity": Column.ON_HAND,
}
_TITLE_LANGUAGES = ("us", "en", "xx")
"""The languages that the shop's own titles are compared with first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header is, whose columns they are, and at which position each one stands."""

    header_row: int
    headers: tuple[str, ...]
    platform: Platform
    positions: Mapping[Column, tuple[int, ...]]
    ignored: tuple[str, ...] = ()
    used: tuple[str, ...] = field(default=())

    def has(self, *columns: Column) -> bool:
        """Return whether the file has any of these columns."""
        return any(column in self.positions for column in columns)

    def cell(self, cells: Sequence[str], column: Column) -> str | None:
        """Return the first filled cell of a column, "" when blank, `None` when it is not there."""
        positions = self.positions.get(column)
        if positions is None:
            return None
        found: str | None = None
        for position in positions:
            if position < len(cells) and (text := clean(cells[position])):
                return text
            found = "" if position < len(cells) or found == "" else None
        return found


def find_layout(
    rows: Sequence[Row], *, stock_count: bool, mapping: Mapping[str, str] | None = None
) -> Layout:
    """Return the layout of a file from its first rows; lines above the header are passed over.

    `mapping` names columns by hand: header to one of `Column`.

    :raises SpreadsheetRefused: no header, a doubled column, or nothing in it that we could use.
    """
    if not rows:
        raise SpreadsheetRefused("empty_file", "The file is empty.")
    best: Layout | None = None
    for number, cells in rows:
        layout = _layout_of(number, cells, stock_count=stock_count, mapping=mapping or {})
        if layout and (best is None or len(layout.positions) > len(best.positions)):
            best = layout
    if best is None:
        raise SpreadsheetRefused(
            "no_header",
            "The first row is not a header. The file needs a row with the names of its columns, "
            "such as "
            + (
                "SKU, Warehouse, On_Hand."
                if stock_count
                else "Internal_ID, Internal_Variant_ID, Stock_Track, Stock_Disable_Sold_Out."
            ),
        )
    return best


def refuse_useless(layout: Layout, *, stock_count: bool, creates: bool) -> None:
    """Refuse a file whose columns cannot do what was asked.

    :raises SpreadsheetRefused: nothing in it says anything about stock policy, or no key.
    """
    if layout.platform is Platform.SHOPIFY_INVENTORY:
        raise SpreadsheetRefused(
            "no_known_value_column",
            "This is Shopify's inventory file: it has stock per location. Who may be backordered "
            "is in Shopify's product file (Products › Export).",
        )
    if stock_count:
        missing = [c for c in (Column.SKU, Column.WAREHOUSE, Column.ON_HAND) if not layout.has(c)]
        if missing:
            raise SpreadsheetRefused(
                "no_known_value_column",
                "A stock count needs the column " + ", ".join(missing) + ".",
            )
        return
    if creates and layout.has(Column.TITLE):
        return
    if layout.has(*POLICY_COLUMNS):
        return
    if layout.ignored and any(not _is_known(header) for header in layout.ignored):
        unknown = [header for header in layout.ignored if not _is_known(header)]
        raise SpreadsheetRefused(
            "unmapped_value_columns",
            "These columns are not known: " + ", ".join(unknown[:10]) + ". Say which column is "
            "which: a wrong guess would turn every setting around.",
        )
    raise SpreadsheetRefused(
        "no_known_value_column",
        "No column here says anything about stock policy. The columns that do: Stock_Track, "
        "Stock_Disable_Sold_Out, Allow_Backorders, Stock_Min, Stock_Alert.",
    )


def _layout_of(
    number: int, cells: Sequence[str], *, stock_count: bool, mapping: Mapping[str, str]
) -> Layout | None:
    headers = tuple(_trimmed([clean(cell) for cell in cells]))
    names = [_normal(header) for header in headers]
    platform = Platform.STOCK_COUNT if stock_count else _platform(names)
    positions: dict[Column, list[int]] = {}
    used: list[str] = []
    ignored: list[str] = []
    for position, (header, name) in enumerate(zip(headers, names, strict=True)):
        column = _mapped(header, mapping) or _meaning(name, platform)
        if column is None:
            ignored += [header] if header else []
            continue
        positions.setdefault(column, []).append(position)
        used.append(header)
    enough = 1 if platform is Platform.LIGHTSPEED else 2
    if len(positions) < enough and platform is not Platform.SHOPIFY_INVENTORY:
        return None
    layout = Layout(
        header_row=number,
        headers=headers,
        platform=platform,
        positions={column: tuple(_ordered(found, names)) for column, found in positions.items()},
        ignored=tuple(ignored),
        used=tuple(used),
    )
    _refuse_doubles(layout, names)
    return layout


def _refuse_doubles(layout: Layout, names: Sequence[str]) -> None:
    for column, found in layout.positions.items():
        by_language = column in {Column.TITLE, Column.VARIANT_TITLE, Column.DESCRIPTION}
        if len(found) > 1 and len({names[position] for position in found}) < (
            len(found) if by_language else len(found) + 1
        ):
            raise SpreadsheetRefused(
                "duplicate_header",
                f"The column {layout.headers[found[0]]} appears twice. Delete the one that is not "
                "meant.",
            )


def _ordered(found: list[int], names: Sequence[str]) -> list[int]:
    """Return positions with the shop's own languages first, then as they stand."""

    def rank(position: int) -> tuple[int, int]:
        language = names[position][:2]
        known = language in _TITLE_LANGUAGES
        return (_TITLE_LANGUAGES.index(language) if known else len(_TITLE_LANGUAGES), position)

    return sorted(found, key=rank) if len(found) > 1 else found


def _trimmed(headers: list[str]) -> list[str]:
    while headers and not headers[-1]:
        headers.pop()
    return headers


def _normal(header: str) -> str:
    return re.sub(r"\s+", " ", header.replace("\u00a0", " ").replace("\u200b", "")).strip().lower()


def _mapped(header: str, mapping: Mapping[str, str]) -> Column | None:
    name = mapping.get(header)
    return Column(name) if name in set(Column) else None


def _platform(names: Sequence[str]) -> Platform:
    found = set(names)
    if found & _SHOPIFY_ONLY:
        return Platform.SHOPIFY
    bare = {name.split(" (")[0] for name in found}  # "On hand (current)"
    if "location" in bare and len(bare & _SHOPIFY_INVENTORY) >= 4:
        return Platform.SHOPIFY_INVENTORY
    if found & {"backorders allowed?", "in stock?"}:
        return Platform.WOOCOMMERCE
    if "sku" in found and found & _ADOBE_ONLY:
        return Platform.ADOBE
    return Platform.LIGHTSPEED


def _meaning(name: str, platform: Platform) -> Column | None:
    tables: Mapping[Platform, Mapping[str, Column]] = {
        Platform.SHOPIFY: _SHOPIFY,
        Platform.WOOCOMMERCE: _WOOCOMMERCE,
        Platform.ADOBE: _ADOBE,
        Platform.STOCK_COUNT: _STOCK_COUNT,
        Platform.SHOPIFY_INVENTORY: {},
    }
    if platform is not Platform.LIGHTSPEED:
        return tables[platform].get(name)
    name = name.replace(" ", "_")
    if name[2:3] == "_" and name[:2].isalpha():
        return _LIGHTSPEED_BY_LANGUAGE.get(name[3:])
    return _LIGHTSPEED.get(name)


def _is_known(header: str) -> bool:
    """Return whether a header is one of the full export's that means nothing here."""
    name = _normal(header).replace(" ", "_")
    return name in _LIGHTSPEED_IGNORED or bool(_LIGHTSPEED_IGNORED_PATTERN.fullmatch(name))
