"""What a row asks, in our own words, whichever platform wrote it.

Each platform has one function from a row to an `Ask`. Values that cannot be read become errors of
the row, naming the column and what stands there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.policy import BackorderMode
from inventory.spreadsheets import values
from inventory.spreadsheets.columns import Column, Layout, Platform


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not taken: the column, what stands there, a fixed code, and a sentence."""

    code: str
    message: str
    column: str = ""
    value: str = ""


@dataclass(slots=True)
class Ask:
    """What one row asks for. `None` leaves a field as it is."""

    number: int
    variant_id: str = ""
    product_id: str = ""
    sku: str = ""
    title: str | None = None
    track: bool | None = None
    backorders: BackorderMode | None = None
    foreign_ids: bool = False
    """Its IDs may be those of the other shop, so that a SKU is enough (Shopify)."""
    merely_carries: bool = False
    """The file carries the backorder setting along; it is no request (Shopify)."""
    threshold: int | None = None
    notify_below: int | None = None
    product: dict[str, Any] = field(default_factory=dict)
    variant: dict[str, Any] = field(default_factory=dict)
    stock: int | None = None
    group: str = ""
    """What joins the rows of one new product."""
    skip: str = ""
    problems: list[Problem] = field(default_factory=list)
    new_problems: list[Problem] = field(default_factory=list)
    """What is wrong with cells that only a new variant takes; an update passes over them."""
    notices: list[tuple[str, str]] = field(default_factory=list)


class RowReader:
    """Reads the cells of one row; collects what cannot be read instead of stopping at it."""

    def __init__(self, layout: Layout, cells: Sequence[str], ask: Ask) -> None:
        self.layout, self.cells, self.ask = layout, cells, ask

    def text(self, column: Column) -> str:
        """Return a cell, "" when it is blank or not there."""
        return (column in self.layout.positions and self.layout.cell(self.cells, column)) or ""

    def is_blank(self, column: Column) -> bool:
        """Return whether the column is there and the cell is blank."""
        return self.layout.cell(self.cells, column) == ""

    def read(self, column: Column, parse: Callable[[str], Any]) -> Any:
        """Return what a cell says, `None` when it is blank, not there, or cannot be read."""
        if column not in self.layout.positions or not (text := self.text(column)):
            return None
        try:
            return parse(text)
        except ValueError as error:
            header = self.layout.headers[self.layout.positions[column][0]]
            self.ask.problems.append(Problem("bad_value", str(error), header, text[:200]))
            return None


def read_ask(layout: Layout, number: int, cells: Sequence[str], *, creates: bool) -> Ask:
    """Return what a row asks for, and what in it cannot be read."""
    ask = Ask(number)
    if any(cell.strip() for cell in cells[len(layout.headers) :]):
        ask.problems.append(
            Problem(
                "too_many_cells",
                "This row has more cells than there are headers: its values may have shifted.",
            )
        )
        return ask
    if len(cells) < len(layout.headers) and _lacks_used(layout, len(cells)):
        ask.notices.append((f"short_row:{number}", "This row is short: what is missing is left."))
    row = RowReader(layout, cells, ask)
    _READERS[layout.platform](row)
    if creates and not ask.skip:
        known = len(ask.problems)
        _read_new(row)
        ask.problems, ask.new_problems = ask.problems[:known], ask.problems[known:]
    return ask


def _lacks_used(layout: Layout, width: int) -> bool:
    return any(position >= width for found in layout.positions.values() for position in found)


# --- platforms --------------------------------------------------------------------------------


def _read_lightspeed(row: RowReader) -> None:
    """Read the columns of seed 001. `Stock_Disable_Sold_Out` is inverted: N allows backorders."""
    ask = row.ask
    ask.variant_id = _identity(row, Column.VARIANT_ID)
    ask.product_id = _identity(row, Column.PRODUCT_ID)
    ask.sku = row.text(Column.SKU)
    ask.title = row.text(Column.TITLE) or None
    ask.track = row.read(Column.TRACK, values.yes_no)
    inverted = row.read(Column.DISABLE_SOLD_OUT, values.yes_no)
    allowed = row.read(Column.ALLOW_BACKORDERS, values.yes_no)
    if inverted is not None and allowed is not None and inverted is allowed:
        ask.problems.append(
            Problem(
                "contradicting_columns",
                "Stock_Disable_Sold_Out and Allow_Backorders contradict each other.",
                "Allow_Backorders",
                row.text(Column.ALLOW_BACKORDERS),
            )
        )
        return
    if allowed is None and inverted is not None:
        allowed = not inverted
    ask.backorders = _mode(allowed)
    ask.threshold = row.read(Column.THRESHOLD, values.threshold)
    ask.notify_below = row.read(Column.NOTIFY_BELOW, values.whole_number)


def _identity(row: RowReader, column: Column) -> str:
    text = row.text(column)
    if not text:
        return ""
    try:
        name, read_otherwise = values.identity(text)
    except ValueError as error:
        scientific = values.is_scientific(text)
        code = "id_in_scientific_notation" if scientific else "bad_value"
        row.ask.problems.append(Problem(code, str(error), column.value, text[:60]))
        return ""
    if read_otherwise:
        row.ask.notices.append(("id_normalised", f"{column.value} {text} is read as {name}."))
    return name


def _mode(allowed: bool | None) -> BackorderMode | None:  # noqa: FBT001
    if allowed is None:
        return None
    return BackorderMode.ALLOW if allowed else BackorderMode.NO


def _read_shopify(row: RowReader) -> None:
    """Read Shopify's product export: continue / deny is the positive form, per variant."""
    ask = row.ask
    ask.sku = row.text(Column.SKU)
    ask.title = row.text(Column.TITLE) or None
    ask.group = row.text(Column.HANDLE)
    variant_id = row.text(Column.VARIANT_ID)
    if values.is_scientific(variant_id):
        ask.notices.append(
            (
                f"id_in_scientific_notation:{ask.number}",
                f"Excel shortened the variant ID to {variant_id}: matched by SKU instead.",
            )
        )
    elif variant_id:
        ask.variant_id = _identity(row, Column.VARIANT_ID)
    if not ask.sku and not ask.variant_id and not row.text(Column.POLICY):
        ask.skip = f"image_row:{ask.number}|This row has a picture and no variant."
        return
    if row.layout.has(Column.TRACKER):
        ask.track = bool(row.text(Column.TRACKER))
    words = {"continue": BackorderMode.ALLOW, "deny": BackorderMode.NO}
    words |= {"true": BackorderMode.ALLOW, "false": BackorderMode.NO}
    ask.backorders = row.read(Column.POLICY, lambda text: _word(text, words))
    ask.merely_carries = ask.foreign_ids = True


def _read_woocommerce(row: RowReader) -> None:
    """Read WooCommerce's product export: a blank stock means that stock is not managed."""
    ask = row.ask
    ask.sku = row.text(Column.SKU)
    kind = row.text(Column.TYPE).split(",")[0].strip().lower()
    if kind in {"variable", "grouped", "external"}:
        ask.skip = f"parent_row:{ask.number}|A {kind} product is no variant."
        return
    ask.title = None if kind == "variation" else row.text(Column.TITLE) or None
    words = {"0": BackorderMode.NO, "1": BackorderMode.ALLOW, "notify": BackorderMode.NOTIFY}
    words |= {"no": BackorderMode.NO, "yes": BackorderMode.ALLOW}
    ask.backorders = row.read(Column.ALLOW_BACKORDERS, lambda text: _word(text, words))
    if ask.backorders is BackorderMode.NOTIFY:
        ask.notices.append(
            (f"notify_kept:{ask.number}", "Notify is kept: the customer is told of the backorder.")
        )
    if row.layout.has(Column.TRACK):
        ask.track = not row.is_blank(Column.TRACK)
    ask.notify_below = row.read(Column.NOTIFY_BELOW, values.whole_number)
    if row.text(Column.IN_STOCK) == "backorder" and ask.backorders is BackorderMode.NO:
        ask.problems.append(
            Problem(
                "contradicting_columns",
                "“In stock?” says backorder and “Backorders allowed?” says no.",
                "In stock?",
                "backorder",
            )
        )


def _read_adobe(row: RowReader) -> None:
    """Read Adobe Commerce's catalog export: "use config" makes a row's own value meaningless."""
    ask = row.ask
    ask.sku = row.text(Column.SKU)
    kind = row.text(Column.TYPE).lower()
    if kind in {"configurable", "grouped", "bundle"}:
        ask.skip = f"parent_row:{ask.number}|A {kind} product is no variant."
        return
    if row.text(Column.STORE_VIEW):
        ask.skip = f"store_view_row:{ask.number}|This row translates another one."
        return
    ask.title = row.text(Column.TITLE) or None
    ask.track = _unless_config(row, Column.TRACK, Column.USE_CONFIG_TRACK, values.yes_no)
    words = {"0": BackorderMode.NO, "1": BackorderMode.ALLOW, "2": BackorderMode.NOTIFY}
    ask.backorders = _unless_config(
        row,
        Column.ALLOW_BACKORDERS,
        Column.USE_CONFIG_BACKORDERS,
        lambda text: _word(text.split(".")[0], words),
    )
    ask.threshold = _unless_config(
        row,
        Column.THRESHOLD,
        Column.USE_CONFIG_THRESHOLD,
        lambda text: values.threshold(_whole(text)),
    )
    ask.notify_below = _unless_config(
        row,
        Column.NOTIFY_BELOW,
        Column.USE_CONFIG_NOTIFY_BELOW,
        lambda text: values.whole_number(_whole(text)),
    )


def _unless_config(
    row: RowReader, column: Column, flag: Column, parse: Callable[[str], Any]
) -> Any:
    """Return a value unless its "use config" flag says that it is not in use."""
    value = row.read(column, parse)
    if row.text(flag) != "1" or value is None:
        return value
    if column is Column.ALLOW_BACKORDERS and value is not BackorderMode.NO:
        row.ask.notices.append(
            (f"use_config:{row.ask.sku}", "It uses the configured value: its own is left out.")
        )
    return None


def _whole(text: str) -> str:
    """Return 20 for 20.0000, as Adobe Commerce writes quantities."""
    whole, point, decimals = text.partition(".")
    return whole if point and not decimals.strip("0") else text


def _word(text: str, words: dict[str, BackorderMode]) -> BackorderMode:
    mode = words.get(text.casefold())
    if mode is None:
        raise ValueError(f"“{text[:40]}” is none of " + ", ".join(words) + ".")
    return mode


def _read_nothing(row: RowReader) -> None:
    """Read nothing: the file is refused as a whole."""


_READERS: dict[Platform, Callable[[RowReader], None]] = {
    Platform.LIGHTSPEED: _read_lightspeed,
    Platform.SHOPIFY: _read_shopify,
    Platform.WOOCOMMERCE: _read_woocommerce,
    Platform.ADOBE: _read_adobe,
    Platform.SHOPIFY_INVENTORY: _read_nothing,
    Platform.STOCK_COUNT: _read_nothing,
}


# --- new products -----------------------------------------------------------------------------


def _read_new(row: RowReader) -> None:
    """Read what only a new product takes: titles, price, pictures aside, first stock."""
    ask = row.ask
    title = row.read(Column.TITLE, values.line)
    variant_title = _variant_title(row)
    if row.text(Column.TYPE) == "variation" and title and " - " in title:
        title, variant_title = title.rsplit(" - ", 1)
    ask.group = ask.product_id or ask.group or title or ""
    ask.product = _filled(
        internal_id=ask.product_id or None,
        title=title,
        brand=row.read(Column.BRAND, lambda text: values.line(text, limit=120)),
        description=row.read(Column.DESCRIPTION, values.paragraphs),
        is_visible=None if not row.text(Column.VISIBLE) else _visible(row),
    )
    ask.variant = _filled(
        internal_id=ask.variant_id or None,
        sku=row.read(Column.SKU, lambda text: values.line(text, limit=64)),
        title=variant_title,
        price=row.read(Column.PRICE, lambda text: values.money(_whole_price(text))),
        ean=row.read(Column.EAN, _ean),
    )
    column = Column.TRACK if row.layout.platform is Platform.WOOCOMMERCE else Column.STOCK
    ask.stock = row.read(column, _first_stock)


def _first_stock(text: str) -> int | None:
    """Return the first stock; WooCommerce says "parent" where the parent row counts it."""
    return None if text == "parent" else values.level(_whole(text))


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _visible(row: RowReader) -> bool:
    """Return whether it shows in the shop; Lightspeed's S is "only while in stock"."""
    text = row.text(Column.VISIBLE)
    return text.casefold() in {"s", "-1"} or bool(row.read(Column.VISIBLE, values.yes_no))


def _variant_title(row: RowReader) -> str | None:
    column = Column.OPTION_1 if row.layout.has(Column.OPTION_1) else Column.VARIANT_TITLE
    title: str | None = row.read(column, values.line)
    return "" if title in {"Default", "Default Title"} else title


def _whole_price(text: str) -> str:
    """Return 12.95 for 12.950000, as Adobe Commerce writes prices."""
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals[:2]}" if point and not decimals[2:].strip("0") else text


def _ean(text: str) -> str:
    digits = text.lstrip("'")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 14:
        raise ValueError(f"“{text[:40]}” is no EAN: 14 digits at most.")
    return digits
