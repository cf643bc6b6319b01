"""Where orders wait for stock, as the use cases of stock know it.

Stock does not know orders: whoever keeps the waiting room installs it here, once, when the program
starts. Every use case that frees units or moves a date calls it in its own transaction, so that no
new order can take what somebody waits for.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from inventory.acts import Act
from inventory.consequences import Consequences, SettingChange
from inventory.models import StockLevel, StoreSettings
from inventory.offers import Article
from inventory.pool import Pool


@dataclass(frozen=True, slots=True)
class Served:
    """Units that an order got: its number, that of its fulfillment order, the SKU, and units."""

    order: str
    fulfillment_order: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Asked:
    """So many units of an article that somebody may buy alone, to learn when they ship.

    `release_date` is the last of all it is made of, `value` what they cost.
    """

    article: Article
    pools: Mapping[int, Pool]
    units: int = 1
    release_date: date | None = None
    value: Decimal = Decimal(0)


class WaitingRoom(Protocol):
    """What stock asks of the waiting room; the variants are locked."""

    def follow(self, variant_ids: Collection[int], *, act: Act) -> list[Served]:
        """Hand out what is available of these variants, and bring their promises up to date."""

    def give_back(self, shortages: Mapping[StockLevel, int], *, act: Act) -> None:
        """Free so many allocated units of each level, if they can be: the last in rank wait.

        The levels are brought along, in the database and in memory.
        """

    def waited_for_in(self, warehouse_id: int) -> list[int]:
        """Return the variants that somebody waits for and that this warehouse holds or owes."""

    def waited_for_through(self, channel_id: int) -> list[int]:
        """Return the variants that orders of a channel wait for."""

    def rule_changed(self) -> None:
        """Note that a rule changed of who is served, from where or when: promise all anew."""

    def try_worker(self, *, act: Act) -> None:
        """Try what the worker will do by other settings, while somebody asks whom they touch.

        It is taken back. Where many wait they are counted from above.
        """

    def watched(self, *, today: date) -> AbstractContextManager[Callable[[], Consequences]]:
        """Note what is done inside; what is given says, inside, whom it makes us write to."""

    def expected(
        self,
        asked: Sequence[Asked],
        *,
        ships_from: frozenset[int] | None,
        settings: StoreSettings,
        today: date,
    ) -> list[date | None]:
        """Return when each of these would ship that is not there, if it were sold now.

        `ships_from` are the warehouses of a channel, `None`: all that are active. `None`: at once,
        or nobody knows.
        """

    def tracking_changed(self, variant_ids: Collection[int], *, act: Act) -> None:
        """Take what waits or is reserved of untracked variants off the stock, tracked ones back."""

    def consequences(self, change: SettingChange, *, today: date) -> Consequences:
        """Return what a change of settings does to open orders, in a constant number of queries."""

    def consequences_by_variant(self, change: SettingChange) -> dict[int, Consequences]:
        """Return the same for each of a few variants: of tracking, limits, warehouses alone."""

    def dates_anew(self, variant_ids: Collection[int] | None) -> Consequences:
        """Return who may be written to when the dates of these variants, or all, are set anew.

        It is counted from above: all who wait for them, and who may get what those give back.
        """

    def taken(self, variant_ids: Collection[int] | None) -> set[int]:
        """Return those of these variants, or of all, that an order still is to get units of."""

    def orders_taken(self) -> int:
        """Return how many orders there are, closed ones included."""


class NobodyWaits:
    """The waiting room of a program without orders."""

    def follow(self, variant_ids: Collection[int], *, act: Act) -> list[Served]:  # noqa: ARG002
        """Hand out nothing."""
        return []

    def give_back(self, shortages: Mapping[StockLevel, int], *, act: Act) -> None:
        """Free nothing."""

    def waited_for_in(self, warehouse_id: int) -> list[int]:  # noqa: ARG002
        """Return no variant."""
        return []

    def waited_for_through(self, channel_id: int) -> list[int]:  # noqa: ARG002
        """Return no variant."""
        return []

    def rule_changed(self) -> None:
        """Note nothing."""

    def try_worker(self, *, act: Act) -> None:
        """Do nothing."""

    @contextmanager
    def watched(self, *, today: date) -> Iterator[Callable[[], Consequences]]:  # noqa: ARG002
        """Note nothing."""
        yield Consequences

    def expected(
        self,
        asked: Sequence[Asked],
        *,
        ships_from: frozenset[int] | None,  # noqa: ARG002
        settings: StoreSettings,  # noqa: ARG002
        today: date,  # noqa: ARG002
    ) -> list[date | None]:
        """Return no day."""
        return [None for _one in asked]

    def tracking_changed(self, variant_ids: Collection[int], *, act: Act) -> None:
        """Take off nothing."""

    def consequences(self, change: SettingChange, *, today: date) -> Consequences:  # noqa: ARG002
        """Return none."""
        return Consequences()

    def consequences_by_variant(self, change: SettingChange) -> dict[int, Consequences]:  # noqa: ARG002
        """Return none."""
        return {}

    def dates_anew(self, variant_ids: Collection[int] | None) -> Consequences:  # noqa: ARG002
        """Return nobody."""
        return Consequences()

    def taken(self, variant_ids: Collection[int] | None) -> set[int]:  # noqa: ARG002
        """Return no variant."""
        return set()

    def orders_taken(self) -> int:
        """Return 0."""
        return 0


_installed: list[WaitingRoom] = [NobodyWaits()]


def install(room: WaitingRoom) -> None:
    """Make this the waiting room of the program."""
    _installed[:] = [room]


def waiting_room() -> WaitingRoom:
    """Return the waiting room of the program."""
    return _installed[0]
