"""Where orders wait for stock, as the use cases of stock know it.

Stock does not know orders: whoever keeps the waiting room installs it here, once, when the program
starts. Every use case that frees units or moves a date calls it in its own transaction, so that no
new order can take what somebody waits for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from inventory.models import StockLevel, StoreSettings, Variant


@dataclass(frozen=True, slots=True)
class Served:
    """Units that an order got: its number, that of its fulfillment order, the SKU, and units."""

    order: str
    fulfillment_order: str
    sku: str
    quantity: int


class WaitingRoom(Protocol):
    """What stock asks of the waiting room; the variants are locked."""

    def follow(self, variant_ids: Collection[int], *, at: datetime, by: str) -> list[Served]:
        """Hand out what is available of these variants, and bring their promises up to date."""

    def give_back(self, shortages: Mapping[StockLevel, int], *, at: datetime, by: str) -> None:
        """Free so many allocated units of each level, if they can be: the last in rank wait.

        The levels are brought along, in the database and in memory.
        """

    def waited_for_in(self, warehouse_id: int) -> list[int]:
        """Return the variants that somebody waits for and that this warehouse holds or owes."""

    def rule_changed(self) -> None:
        """Note that a rule changed of who is served, from where or when: promise all anew."""

    def expected(
        self,
        variants: Collection[Variant],
        *,
        ships_from: frozenset[int] | None,
        settings: StoreSettings,
        today: date,
    ) -> Mapping[int, date | None]:
        """Return when one unit of each variant ships that is sold now and is not there.

        `ships_from` are the warehouses of a channel, `None`: all that are active. `None`: at once,
        or nobody knows.
        """


class NobodyWaits:
    """The waiting room of a program without orders."""

    def follow(self, variant_ids: Collection[int], *, at: datetime, by: str) -> list[Served]:  # noqa: ARG002
        """Hand out nothing."""
        return []

    def give_back(self, shortages: Mapping[StockLevel, int], *, at: datetime, by: str) -> None:
        """Free nothing."""

    def waited_for_in(self, warehouse_id: int) -> list[int]:  # noqa: ARG002
        """Return no variant."""
        return []

    def rule_changed(self) -> None:
        """Note nothing."""

    def expected(
        self,
        variants: Collection[Variant],
        *,
        ships_from: frozenset[int] | None,  # noqa: ARG002
        settings: StoreSettings,  # noqa: ARG002
        today: date,  # noqa: ARG002
    ) -> Mapping[int, date | None]:
        """Return no day."""
        return {variant.pk: None for variant in variants}


_installed: list[WaitingRoom] = [NobodyWaits()]


def install(room: WaitingRoom) -> None:
    """Make this the waiting room of the program."""
    _installed[:] = [room]


def waiting_room() -> WaitingRoom:
    """Return the waiting room of the program."""
    return _installed[0]
