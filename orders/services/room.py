"""The waiting room that the use cases of stock call (`inventory.waiting_room`)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from inventory.models import StockLevel, StoreSettings
from inventory.tasks import launch
from inventory.waiting_room import Asked, Served
from orders.services.expected import expected
from orders.services.release import follow, give_back, waited_for_in


class OrdersWait:
    """Orders wait for stock."""

    def follow(self, variant_ids: Collection[int], *, at: datetime, by: str) -> list[Served]:
        """Serve who waits, and lay the promises anew."""
        return follow(variant_ids, at=at, by=by)

    def give_back(self, shortages: Mapping[StockLevel, int], *, at: datetime, by: str) -> None:
        """Put the last in rank back to waiting."""
        give_back(shortages, at=at, by=by)

    def waited_for_in(self, warehouse_id: int) -> list[int]:
        """Return the variants that somebody waits for and that a warehouse holds or owes."""
        return waited_for_in(warehouse_id)

    def rule_changed(self) -> None:
        """Have the worker serve and promise everybody anew."""
        launch(kind="refresh_promises", subject_id=0, label="Promises by the new rules")

    def expected(
        self,
        asked: Sequence[Asked],
        *,
        ships_from: frozenset[int] | None,
        settings: StoreSettings,
        today: date,
    ) -> list[date | None]:
        """Return when each of these would ship that is not there, if it were sold now."""
        return expected(asked, ships_from=ships_from, settings=settings, today=today)
