"""The waiting room that the use cases of stock call (`inventory.waiting_room`)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from inventory.acts import Act
from inventory.consequences import Consequences, SettingChange
from inventory.models import StockLevel, StoreSettings
from inventory.tasks import launch
from inventory.waiting_room import Asked, Served
from orders.models import Order
from orders.services.books import tracking_changed
from orders.services.consequences import consequences_by_variant, consequences_of, taken
from orders.services.expected import expected
from orders.services.release import follow, give_back, waited_for_in, waited_for_through


class OrdersWait:
    """Orders wait for stock."""

    def follow(self, variant_ids: Collection[int], *, act: Act) -> list[Served]:
        """Serve who waits, and lay the promises anew."""
        return follow(variant_ids, act=act)

    def give_back(self, shortages: Mapping[StockLevel, int], *, act: Act) -> None:
        """Put the last in rank back to waiting."""
        give_back(shortages, act=act)

    def waited_for_in(self, warehouse_id: int) -> list[int]:
        """Return the variants that somebody waits for and that a warehouse holds or owes."""
        return waited_for_in(warehouse_id)

    def waited_for_through(self, channel_id: int) -> list[int]:
        """Return the variants that orders of a channel wait for."""
        return waited_for_through(channel_id)

    def tracking_changed(self, variant_ids: Collection[int], *, act: Act) -> None:
        """Take lines of untracked variants out of the books, and put those of tracked ones back."""
        tracking_changed(variant_ids, act=act)

    def consequences(self, change: SettingChange, *, today: date) -> Consequences:
        """Return what a change of settings does to open orders."""
        return consequences_of(change, today=today)

    def consequences_by_variant(self, change: SettingChange) -> dict[int, Consequences]:
        """Return what it does to the open orders of each variant."""
        return consequences_by_variant(change)

    def taken(self, variant_ids: Collection[int] | None) -> set[int]:
        """Return the variants that an open order still is to get units of."""
        return taken(variant_ids)

    def orders_taken(self) -> int:
        """Return how many orders there are."""
        return Order.objects.count()

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
