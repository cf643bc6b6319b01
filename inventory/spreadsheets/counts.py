"""Stock counts from a file: SKU, warehouse, on hand; compared with what the books say now."""

from collections.abc import Sequence

from inventory.models import Import, StockLevel, Variant, Warehouse
from inventory.models.spreadsheets import Outcome
from inventory.spreadsheets import values
from inventory.spreadsheets.asks import Ask, Problem, RowReader
from inventory.spreadsheets.columns import Column, Layout
from inventory.spreadsheets.interpreter import Verdict, refuse
from inventory.spreadsheets.readers import Row


class CountChecker:
    """Checks the rows of a stock count."""

    def __init__(self, source: Import, layout: Layout) -> None:
        self.layout = layout
        self.variants = Variant.objects.filter(components=None)
        if source.created_by is not None:
            self.variants = self.variants.visible_to(source.created_by)
        self.warehouses = {warehouse.code: warehouse for warehouse in Warehouse.objects.all()}
        self.met: dict[tuple[str, str], int] = {}

    def check(self, chunk: Sequence[Row]) -> list[Verdict]:
        """Return what becomes of each row of a chunk."""
        readers = [RowReader(self.layout, cells, Ask(number, sku="")) for number, cells in chunk]
        skus = {row.text(Column.SKU) for row in readers}
        rows = self.variants.filter(sku__in=skus).values_list("sku", "pk", "track_inventory")
        variants = {sku: (pk, tracked) for sku, pk, tracked in rows}
        levels = StockLevel.objects.filter(variant__in=[pk for pk, _ in variants.values()])
        on_hand = {
            (variant, warehouse): units
            for variant, warehouse, units in levels.values_list(
                "variant", "warehouse__code", "on_hand"
            )
        }
        return [self._verdict(row, variants, on_hand) for row in readers]

    def _verdict(
        self,
        row: RowReader,
        variants: dict[str, tuple[int, bool]],
        on_hand: dict[tuple[int, str], int],
    ) -> Verdict:
        ask = row.ask
        ask.sku = row.text(Column.SKU)
        place = row.text(Column.WAREHOUSE)
        units = row.read(Column.ON_HAND, values.whole_number)
        problems = [*ask.problems, *self._problems(ask, place, variants)]
        if units is None and not ask.problems:
            problems.append(Problem("bad_value", "Say how many units were counted.", "On_Hand"))
        if problems:
            return refuse(ask, *problems)
        pk, _tracked = variants[ask.sku]
        seen = on_hand.get((pk, place), 0)
        return Verdict(
            number=ask.number,
            outcome=Outcome.UNCHANGED if seen == units else Outcome.CHANGE,
            key=ask.sku,
            words="unchanged" if seen == units else f"{place}: on hand {seen} → {units}",
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
        first = self.met.setdefault((ask.sku, place), ask.number)
        if first != ask.number:
            message = f"{ask.sku} in {place} is counted in row {first} already."
            problems.append(Problem("conflicting_duplicate", message, "SKU", ask.sku))
        return problems
