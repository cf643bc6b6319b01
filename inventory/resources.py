"""The columns of the spreadsheets, defined once: header, what is written, how a cell is read.

The importer reads the same headers and the same words; see `inventory.spreadsheets`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from import_export import fields, resources, widgets

from inventory.availability import policy_inputs
from inventory.models import StockLevel, StoreSettings, Variant
from inventory.policy import BackorderMode, effective_mode, effective_number
from inventory.spreadsheets import values
from inventory.spreadsheets.cells import as_text
from inventory.spreadsheets.lookup import public_id

LANGUAGE = "US"
EDIT_COLUMNS = (
    *("Internal_ID", "Internal_Variant_ID", f"{LANGUAGE}_Title_Short", "Stock_Track"),
    "Stock_Disable_Sold_Out",
)
"""The five columns of seed 001's edit file."""

NUMBERS = frozenset(("Stock_Level", "Stock_Min", "Stock_Alert", "Price", "EAN"))
"""Columns whose cells are no text that a spreadsheet could run."""

_FULL_ORDER = (
    "Internal_ID Internal_Variant_ID Visible Brand Supplier US_Title_Short US_Title_Long "
    "US_Description_Short US_Description_Long US_URL US_Variant Price Price_Old Price_Cost "
    "Price_Unit Unit Tax Stock_Track Stock_Disable_Sold_Out Stock_Level Stock_Min Stock_Alert "
    "Article_Code HS_Code EAN SKU Weight Weight_Value Weight_Unit Volume_Value Volume_Unit Volume "
    "Colli Size_X Size_Y Size_Z Matrix Data_01 Data_02 Data_03 Buy_Min Buy_Max US_Google_Category "
    "US_Category_1 US_Category_2 US_Category_3 US_Meta_Title US_Meta_Description US_Meta_Keywords "
    "Images Tags"
)


class CellWidget(widgets.Widget):
    """A cell that is read by one of the plain functions of `inventory.spreadsheets.values`."""

    def __init__(self, parse: Callable[[str], Any]) -> None:
        super().__init__()
        self.parse = parse

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the value of a cell, `None` when it is blank.

        :raises ValueError: with a sentence fit for the merchant.
        """
        text = values.clean(as_text(value))
        return self.parse(text) if text else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return what stands in the cell."""
        if isinstance(value, bool):
            return "Y" if value else "N"
        return "" if value is None else str(value)


def _column(name: str, attribute: str | None, parse: Callable[[str], Any]) -> fields.Field:
    return fields.Field(attribute=attribute, column_name=name, widget=CellWidget(parse))


def _identity(text: str) -> str:
    return values.identity(text)[0]


class VariantResource(resources.Resource):
    """One row for each variant, in the shape of seed 001's product export."""

    product_id = _column("Internal_ID", None, _identity)
    variant_id = _column("Internal_Variant_ID", None, _identity)
    visible = _column("Visible", "product__is_visible", values.yes_no)
    brand = _column("Brand", "product__brand", values.line)
    title = _column("US_Title_Short", "product__title", values.line)
    long_title = _column("US_Title_Long", "product__title", values.line)
    description = _column("US_Description_Long", "product__description", values.paragraphs)
    url = _column("US_URL", "product__slug", values.line)
    variant_title = _column("US_Variant", None, values.line)
    price = _column("Price", "price", values.money)
    track = _column("Stock_Track", "track_inventory", values.yes_no)
    disable_sold_out = _column("Stock_Disable_Sold_Out", None, values.yes_no)
    stock = _column("Stock_Level", "units", values.level)
    threshold = _column("Stock_Min", None, values.threshold)
    notify_below = _column("Stock_Alert", None, values.whole_number)
    ean = _column("EAN", "ean", values.line)
    sku = _column("SKU", "sku", values.line)

    def __init__(self, settings: StoreSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or StoreSettings.load()

    def dehydrate_product_id(self, variant: Variant) -> str:
        """Return the product's ID, of the shop it came from or our own."""
        return public_id(variant.product.internal_id, variant.product_id)

    def dehydrate_variant_id(self, variant: Variant) -> str:
        """Return the variant's ID, of the shop it came from or our own."""
        return public_id(variant.internal_id, variant.pk)

    def dehydrate_variant_title(self, variant: Variant) -> str:
        """Return the options of the variant, "Default" when it is the only one."""
        return variant.title or "Default"

    def dehydrate_disable_sold_out(self, variant: Variant) -> str:
        """Return N while backorders are accepted, Y otherwise; it is the effective value."""
        mode, _level = effective_mode(policy_inputs(variant, self.settings))
        return "N" if variant.track_inventory and mode is not BackorderMode.NO else "Y"

    def dehydrate_threshold(self, variant: Variant) -> str:
        """Return the effective out-of-stock threshold, in units."""
        inputs = policy_inputs(variant, self.settings)
        return str(effective_number(inputs, "out_of_stock_threshold")[0])

    def dehydrate_notify_below(self, variant: Variant) -> str:
        """Return the effective "notify for quantity below", in units."""
        return str(effective_number(policy_inputs(variant, self.settings), "notify_below")[0])

    def rows(self, variants: QuerySet[Variant], columns: Sequence[str]) -> Iterator[dict[str, str]]:
        """Yield the cells of each variant by header, with flat memory; blank where we have none."""
        by_header = {field.column_name: field for field in self.get_export_fields()}
        chosen = [by_header[name] for name in columns if name in by_header]
        for variant in exported(variants).iterator(chunk_size=2_000):
            cells = dict.fromkeys(columns, "")
            for field in chosen:
                cells[field.column_name] = self.export_field(field, variant)
            yield cells

    @staticmethod
    def full_columns() -> tuple[str, ...]:
        """Return the columns of the full export."""
        return tuple(_FULL_ORDER.split())


def exported(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Return variants with all that a row needs, in a stable order, in one query."""
    levels = StockLevel.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    free = levels.annotate(n=Sum(F("available") - F("on_backorder"))).values("n")
    return (
        variants.select_related("product")
        .annotate(units=Coalesce(Subquery(free), 0))
        .order_by("product_id", "position", "pk")
    )
