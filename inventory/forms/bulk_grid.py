"""The grid of bulk edit: a row for each variant, filled with what it has now.

Two hundred rows of forms would be slow, so the cells are plain values: read, compared, checked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from inventory.bulk_rules import VariantNow, accepts, decide
from inventory.forms.numbers import WholeNumberField
from inventory.forms.wider import LABELS, NUMBERS
from inventory.models import DeliveryTimeframe, StockLevel, Variant, Warehouse
from inventory.models.columns import Backorders
from inventory.policy import INHERIT, MAX_QUANTITY
from inventory.services.bulk_choice import wish_of

MOST_ROWS = 200
MOST_FIELDS = 4_500
"""A request takes a few more."""

SWITCH, SELECT, NUMBER = "switch", "select", "number"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that can be edited; `place` is the warehouse it is about."""

    name: str
    label: Any
    kind: str
    choices: Sequence[tuple[str, Any]] = ()
    low: int = 0
    place: int | None = None


@dataclass(slots=True)
class Cell:
    """One field of the grid: its name, its value as text or yes/no, and what is wrong with it."""

    column: Column
    name: str
    value: Any
    hint: str = ""
    error: str = ""


@dataclass(slots=True)
class GridRow:
    """One variant of the grid."""

    variant: Variant
    mark: str
    cells: list[Cell]
    wish: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def is_faulty(self) -> bool:
        """Return whether something in it is wrong."""
        return bool(self.error) or any(cell.error for cell in self.cells)


def columns_of(parts: Collection[str], warehouses: Sequence[Warehouse]) -> list[Column]:
    """Return the columns of these parts."""
    return [
        *(_inventory_columns() if "inventory" in parts else ()),
        *(_number_columns() if "thresholds" in parts else ()),
        *(_place_columns(warehouses) if "warehouses" in parts else ()),
        *(_delivery_columns() if "delivery" in parts else ()),
    ]


def most_rows(warehouses: Sequence[Warehouse]) -> int:
    """Return for how many variants a grid of everything is possible."""
    return min(MOST_ROWS, MOST_FIELDS // (len(NUMBERS) + 5 + 2 * len(warehouses)))


def _inventory_columns() -> Iterator[Column]:
    yield Column("track_inventory", _("Track the inventory"), SWITCH)
    yield Column("allow_backorders", _("Allow backorders"), SWITCH)
    choices = ((INHERIT, _("Use the product's setting")), *Backorders.choices)
    yield Column("backorders", _("In detail"), SELECT, choices)


def _number_columns() -> Iterator[Column]:
    for name in NUMBERS:
        low = -MAX_QUANTITY if name == "out_of_stock_threshold" else 0
        yield Column(name, LABELS[name], NUMBER, low=low)


def _place_columns(warehouses: Sequence[Warehouse]) -> Iterator[Column]:
    for place in warehouses:
        words = {"place": place.name}
        yield Column("in_stock", _now("%(place)s: in stock") % words, SWITCH, place=place.pk)
        label = _now("%(place)s: backorder threshold") % words
        yield Column("backorder_threshold", label, NUMBER, place=place.pk)


def _delivery_columns() -> Iterator[Column]:
    frames = DeliveryTimeframe.objects.order_by("name").values_list("pk", "name")
    choices = (("", _("Use the wider setting")), *((str(pk), name) for pk, name in frames))
    yield Column("delivery_timeframe", _("Delivery timeframe"), SELECT, choices)


class Grid:
    """The rows of some variants; `data` is what a browser sent of them.

    `present` are the variants as the rule reads them, without their levels, by key.
    """

    def __init__(
        self,
        variants: Sequence[Variant],
        *,
        columns: Sequence[Column],
        present: Mapping[int, VariantNow],
        data: Mapping[str, str] | None = None,
    ) -> None:
        self.columns, self.present = columns, present
        self.levels = _levels(variants) if any(c.place for c in columns) else {}
        self.rows = [self._row(variant, data) for variant in variants]

    @property
    def is_valid(self) -> bool:
        """Return whether every cell is good."""
        return not any(row.is_faulty for row in self.rows)

    @property
    def faults(self) -> int:
        """Return how many rows have something wrong."""
        return sum(row.is_faulty for row in self.rows)

    def wishes(self) -> dict[str, dict[str, Any]]:
        """Return what is asked of each variant, by its key; who is left as it is has no entry."""
        return {str(row.variant.pk): row.wish for row in self.rows if row.wish}

    def _row(self, variant: Variant, data: Mapping[str, str] | None) -> GridRow:
        mark = self._mark(variant)
        cells = [self._cell(variant, column) for column in self.columns]
        row = GridRow(variant, mark, cells)
        if data is None:
            return row
        before = [cell.value for cell in cells]
        for cell in cells:
            cell.value = _sent(data, cell)
        sent = data.get(f"row-{variant.pk}-mark")
        if sent != mark:
            row.error = _now(
                "Somebody changed it since this page was opened. Look at what you typed, and go on."
            )
        self._read(row, before)
        return row

    def _mark(self, variant: Variant) -> str:
        """Return the versions of everything that a row shows."""
        here = self.levels.get(variant.pk, {})
        places = sorted({c.place for c in self.columns if c.place is not None})
        versions = [here[place].version if place in here else 0 for place in places]
        return "-".join(map(str, [variant.version, *versions]))

    def _cell(self, variant: Variant, column: Column) -> Cell:
        now = self.present[variant.pk]
        middle = f"{column.place}-" if column.place is not None else ""
        name = f"row-{variant.pk}-{middle}{column.name}"
        if column.place is not None:
            level = self.levels.get(variant.pk, {}).get(column.place) or StockLevel()
            hint = _now("no cap") if column.kind == NUMBER else ""
            return Cell(column, name, _text(getattr(level, column.name)), hint)
        if column.name == "allow_backorders":
            return Cell(column, name, accepts(now))
        if column.name == "delivery_timeframe":
            return Cell(column, name, _text(variant.delivery_timeframe_id))
        hint = str(getattr(now.wider, column.name)) if column.kind == NUMBER else ""
        return Cell(column, name, _text(getattr(variant, column.name)), hint)

    def _read(self, row: GridRow, before: Sequence[Any]) -> None:
        """Turn what differs from before into the wish of a row, or into errors at its cells."""
        touched = {
            cell.name: cell
            for cell, old in zip(row.cells, before, strict=True)
            if cell.value != old
        }
        for cell in touched.values():
            try:
                value = _value(cell)
            except forms.ValidationError as error:
                cell.error = " ".join(error.messages)
                continue
            if cell.column.place is None:
                row.wish[cell.column.name] = value
            else:
                levels = row.wish.setdefault("levels", {})
                levels.setdefault(str(cell.column.place), {})[cell.column.name] = value
        self._agree(row)
        self._refuse(row)

    def _agree(self, row: GridRow) -> None:
        """Make the switch and the list of backorders one wish: the one that was touched wins."""
        switch = row.wish.pop("allow_backorders", None)
        word = row.wish.get("backorders")
        if switch is None:
            return
        if word is None:
            row.wish["backorders"] = "allow" if switch else "no"
        elif switch != self._would_accept(row.variant.pk, word):
            self._blame(
                row,
                "allow_backorders",
                _now("The switch and the list beside it contradict: make them say the same."),
            )

    def _would_accept(self, key: int, word: str) -> bool:
        wider = self.present[key].wider.backorders
        return (wider if word == INHERIT else word) != "no"

    def _refuse(self, row: GridRow) -> None:
        decision = decide(wish_of(row.wish), self.present[row.variant.pk])
        if decision.reason:
            at_fault = decision.at_fault.replace("backorders", "allow_backorders")
            self._blame(row, at_fault, decision.reason)

    def _blame(self, row: GridRow, name: str, text: str) -> None:
        cell = next((cell for cell in row.cells if cell.column.name == name), None)
        if cell is None:
            row.error = text
        else:
            cell.error = text


def _levels(variants: Sequence[Variant]) -> dict[int, dict[int, StockLevel]]:
    found: dict[int, dict[int, StockLevel]] = {}
    for level in StockLevel.objects.filter(variant__in=[variant.pk for variant in variants]):
        found.setdefault(level.variant_id, {})[level.warehouse_id] = level
    return found


def _text(value: Any) -> Any:
    """Return a value as a field of a form has it."""
    if isinstance(value, bool):
        return value
    return "" if value is None else str(value)


def _sent(data: Mapping[str, str], cell: Cell) -> Any:
    if cell.column.kind == SWITCH:
        return cell.name in data
    return data.get(cell.name, cell.value).strip()


def _value(cell: Cell) -> Any:
    """Return what a cell asks for.

    :raises ValidationError: it is no number in range, or none of the choices.
    """
    column = cell.column
    if column.kind == SWITCH:
        return cell.value
    if column.kind == NUMBER:
        number = WholeNumberField(required=False, min_value=column.low, max_value=MAX_QUANTITY)
        return number.clean(cell.value)
    if cell.value not in {value for value, _label in column.choices}:
        raise forms.ValidationError(_now("Choose one of the list."))
    if column.name == "delivery_timeframe":
        return int(cell.value) if cell.value else None
    return cell.value
