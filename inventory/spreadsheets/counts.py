"""Stock counts from a file: SKU, warehouse, on hand; compared with what the books say now."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Protocol, TypeVar

from inventory.acts import Act
from inventory.locks import lock_variants
from inventory.models import (
    BundleComponent,
    ChangeSetRow,
    Import,
    StockLevel,
    Variant,
    Warehouse,
)
from inventory.models.catalog import sku_in
from inventory.models.spreadsheets import Outcome
from inventory.models.stock import MovementKind
from inventory.services.history import CHANGE_COLUMNS
from inventory.services.movements import Note, locked_levels, record_movements
from inventory.services.on_behalf import still_theirs
from inventory.skus import matched, sku_key
from inventory.spreadsheets import values
from inventory.spreadsheets.asks import Ask, Problem, RowReader
from inventory.spreadsheets.columns import Column, Layout
from inventory.spreadsheets.interpreter import Verdict, refuse
from inventory.spreadsheets.readers import Row
from inventory.spreadsheets.rights import importing_user
from inventory.sql import insert_rows


class CountChecker:
    """Checks the rows of a stock count."""

    def __init__(self, source: Import, layout: Layout) -> None:
        self.layout = layout
        self.variants = Variant.objects.filter(components=None)
        user = importing_user(source)
        if user is not None:
            self.variants = self.variants.visible_to(user)
        self.warehouses = {warehouse.code: warehouse for warehouse in Warehouse.objects.all()}
        self.met: dict[tuple[str, str], int] = {}

    def check(self, chunk: Sequence[Row]) -> list[Verdict]:
        """Return what becomes of each row of a chunk."""
        readers = [RowReader(self.layout, cells, Ask(number, sku="")) for number, cells in chunk]
        skus = {row.text(Column.SKU) for row in readers}
        rows = self.variants.filter(sku_in(skus)).order_by("pk")
        known = rows.values_list("sku", "pk", "track_inventory")
        variants = matched(skus, ((sku, (pk, tracked)) for sku, pk, tracked in known))
        levels = StockLevel.objects.filter(variant__in=[pk for pk, _ in variants.values()])
        books = {
            (variant, warehouse): (units, allocated)
            for variant, warehouse, units, allocated in levels.values_list(
                "variant", "warehouse__code", "on_hand", "allocated"
            )
        }
        return [self._verdict(row, variants, books) for row in readers]

    def _verdict(
        self,
        row: RowReader,
        variants: dict[str, tuple[int, bool]],
        books: dict[tuple[int, str], tuple[int, int]],
    ) -> Verdict:
        ask = row.ask
        ask.sku = row.text(Column.SKU)
        place = row.text(Column.WAREHOUSE)
        units = row.read(Column.ON_HAND, values.whole_number)
        problems = [*ask.problems, *self._problems(ask, place, variants)]
        if units is None and not ask.problems:
            problems.append(Problem("bad_value", "Say how many units were counted.", "On_Hand"))
        if units is None or problems:
            return refuse(ask, *problems)
        pk, _tracked = variants[ask.sku]
        seen, allocated = books.get((pk, place), (0, 0))
        if units < allocated:
            return refuse(ask, _allocated(units, allocated))
        return Verdict(
            number=ask.number,
            outcome=Outcome.UNCHANGED if seen == units else Outcome.CHANGE,
            key=ask.sku,
            words="unchanged"
            if seen == units
            else f"{self.warehouses[place].name}: on hand {seen} → {units}",
            changes={} if seen == units else {"warehouse": place, "on_hand": [seen, units]},
            variant_id=pk,
        )

    def _problems(
        self, ask: Ask, place: str, variants: dict[str, tuple[int, bool]]
    ) -> list[Problem]:
        problems = []
        if ask.sku not in variants:
            message = f"SKU {ask.sku} is not in this shop." if ask.sku else "No SKU."
            problems.append(Problem("unknown_sku", message, "SKU", ask.sku))
        elif not variants[ask.sku][1]:
            message = f"{ask.sku} is not tracked, so that it has no stock."
            problems.append(Problem("not_tracked", message, "SKU", ask.sku))
        if place not in self.warehouses:
            message = f"There is no warehouse {place!r}." if place else "No warehouse."
            problems.append(Problem("unknown_warehouse", message, "Warehouse", place))
        first = self.met.setdefault((sku_key(ask.sku), place), ask.number)
        if first != ask.number:
            message = f"{ask.sku} in {place} is counted in row {first} already."
            problems.append(Problem("conflicting_duplicate", message, "SKU", ask.sku))
        return problems


def _allocated(units: int, allocated: int) -> Problem:
    message = f"{units} is less than the {allocated} units that are allocated to orders."
    return Problem("below_allocated", message, "On_Hand", str(units))


# --- booking ----------------------------------------------------------------------------------


class CountedRow(Protocol):
    """A checked row that says how many units were counted."""

    @property
    def number(self) -> int:
        """The row, as the spreadsheet counts."""

    @property
    def key(self) -> str:
        """The SKU."""

    @property
    def variant_id(self) -> int:
        """The primary key of the variant."""

    @property
    def changes(self) -> dict[str, Any]:
        """The warehouse's code, and on hand as it was seen and as it was counted."""


Counted = TypeVar("Counted", bound=CountedRow)


def book_counts(source: Import, rows: Sequence[Counted], *, act: Act) -> list[Counted]:
    """Book counted units where the books still say what they said at the check.

    Return the rows that could not be booked: stock moved, or variant or warehouse changed, went,
    or is another's.
    """
    fit = _countable({row.variant_id for row in rows}, act=act)
    by_place: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        if row.variant_id in fit:
            by_place[row.changes["warehouse"]].append(row)
    changes: dict[StockLevel, int] = {}
    booked: list[tuple[Counted, StockLevel]] = []
    for place in Warehouse.objects.filter(code__in=by_place).order_by("pk"):
        here = by_place[place.code]
        levels = locked_levels(variant_ids={row.variant_id for row in here}, warehouses=[place])
        for row in here:
            level = levels[row.variant_id, place.pk]
            seen, found = row.changes["on_hand"]
            if level.on_hand == seen and found >= level.allocated:
                changes[level] = found - seen
                booked.append((row, level))
    note = Note(MovementKind.COUNT, act=act, reference=f"import {source.pk}")
    record_movements(changes, note)
    _remember(source, booked)
    done = {row.number for row, _level in booked}
    return [row for row in rows if row.number not in done]


def _countable(variant_ids: Collection[int], *, act: Act) -> set[int]:
    """Lock variants; return those that are still there, tracked, no bundle, and theirs."""
    tracked = {variant.pk for variant in lock_variants(variant_ids) if variant.track_inventory}
    bundles = BundleComponent.objects.filter(bundle__in=tracked).values_list("bundle", flat=True)
    return still_theirs(tracked - set(bundles), act=act)


def _remember(source: Import, booked: Sequence[tuple[CountedRow, StockLevel]]) -> None:
    insert_rows(
        ChangeSetRow,
        CHANGE_COLUMNS,
        (
            (
                source.change_set_id,
                "stocklevel",
                level.pk,
                f"{row.key} {row.changes['warehouse']}"[:250],
                json.dumps({"on_hand": row.changes["on_hand"][0]}),
                json.dumps({"on_hand": row.changes["on_hand"][1]}),
                level.version,
            )
            for row, level in booked
        ),
    )
