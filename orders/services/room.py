"""The waiting room that the use cases of stock call (`inventory.waiting_room`)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from django.db import transaction

from inventory.acts import Act
from inventory.consequences import Consequences, SettingChange
from inventory.models import StockLevel, StoreSettings
from inventory.tasks import launch
from inventory.waiting_room import Asked, Served
from orders.models import Order
from orders.services.books import tracking_changed
from orders.services.consequences import (
    FEW,
    consequences_by_variant,
    consequences_of,
    dates_anew,
    taken,
    told_by,
)
from orders.services.expected import expected
from orders.services.expire import expire_unpaid
from orders.services.release import (
    follow,
    follow_rules,
    give_back,
    waited_for_in,
    waited_for_through,
)
from orders.services.watch import watch, watching


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

    def dates_anew(self, variant_ids: Collection[int] | None) -> Consequences:
        """Return who is written to at most when dates are set anew."""
        return dates_anew(variant_ids)

    def taken(self, variant_ids: Collection[int] | None) -> set[int]:
        """Return the variants that an open order still is to get units of."""
        return taken(variant_ids)

    def orders_taken(self) -> int:
        """Return how many orders there are."""
        return Order.objects.count()

    def rule_changed(self) -> None:
        """Have the worker serve and promise everybody anew."""
        launch(kind="refresh_promises", subject_id=0, label="Promises by the new rules")

    def try_worker(self, *, act: Act) -> None:
        """Do what the worker does, while somebody asks, and take it back; many are only counted."""
        asked = watch()
        if asked is None:
            return
        found = dates_anew(None)
        is_dear = sum(one.orders for one in found.each) > FEW
        with transaction.atomic(), watching() as noted:
            if not is_dear:
                follow_rules(at=act.at)
            expire_unpaid(at=act.at)
            asked.foreseen += told_by(noted, today=act.today).each
            transaction.set_rollback(True)
        if is_dear:
            asked.foreseen += found.each

    @contextmanager
    def watched(self, *, today: date) -> Iterator[Callable[[], Consequences]]:
        """Note what is done inside; what is given says whom it makes us write to."""
        with watching() as noted:
            yield lambda: told_by(noted, today=today)

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
