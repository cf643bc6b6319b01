"""The waiting room that the use cases of stock call (`inventory.waiting_room`)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from inventory.models import StockLevel
from inventory.tasks import launch
from inventory.waiting_room import Served
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
        """Have the worker lay all promises anew."""
        launch(kind="refresh_promises", subject_id=0, label="Promises by the new release rule")
