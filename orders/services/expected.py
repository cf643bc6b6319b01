"""When units ship that are not ordered yet, by the rules that place an order and promise its day.

Everything is read in a constant number of queries; nothing is locked and nothing reserved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from inventory.models import StoreSettings
from inventory.models.settings import BackorderedItemsShip
from inventory.pool import pool_of
from inventory.waiting_room import Asked
from orders.policy.booking import Booking, Demand, book
from orders.policy.dates import Queue, days_when_ordered, order_matters
from orders.policy.parcels import Parcel, Piece, parcels_of
from orders.policy.queue import FIFO, PROMISED_DATE
from orders.services.oversold import ahead, oversold
from orders.waiting import arrivals, channel_warehouses, queues, sums

LAST_IN_LINE = frozenset({FIFO, PROMISED_DATE})
"""Release rules by which a new order stands behind all others of its priority."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order would be: its parcels, and the day of each line that would wait."""

    parcels: Sequence[Parcel]
    days: Mapping[int, date | None]


@dataclass(frozen=True, slots=True)
class Basket:
    """Something that may be ordered at once; dates and sellers are those of its lines, by key.

    `ship_together`: the customer asks for it; a store that never splits orders need not be asked.
    """

    booking: Booking
    release_dates: Mapping[int, date]
    sellers: Mapping[int, int | None]
    value: Decimal = Decimal(0)
    ship_together: bool = False

    def pieces(self) -> list[Piece]:
        """Return what its lines take."""
        return [take.piece(take.key, self.sellers.get(take.key)) for take in self.booking.takes]


def plans_of(
    baskets: Sequence[Basket],
    *,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> list[Plan]:
    """Return what each of these orders would be if it were placed now; none counts another's."""
    owing = {take.variant for one in baskets for take in one.booking.takes if take.waiting}
    queues = queues_of(owing, settings=settings, today=today)
    is_together = settings.backordered_items_ship == BackorderedItemsShip.TOGETHER
    plans = []
    for one in baskets:
        dates = one.release_dates
        is_split = settings.allow_order_split and not one.ship_together
        parcels = parcels_of(one.pieces(), is_split=is_split, release_dates=dates, today=today)
        days = days_when_ordered(
            parcels,
            queues,
            dates,
            rule=settings.release_rule,
            value=one.value,
            ships_from=ships_from,
            is_together=is_together or not is_split,
            today=today,
        )
        plans.append(Plan(parcels, days))
    return plans


def queues_of(
    variant_ids: Collection[int], *, settings: StoreSettings, today: date
) -> dict[int, Queue]:
    """Return who waits for variants that something is on its way of, as a new order sees it.

    Where a new order is last and all before it may take from everywhere, they are added up by the
    database: of a long queue nothing is read.
    """
    coming = arrivals(variant_ids, today=today) if variant_ids else {}
    if not coming:
        return {}
    rule, places = settings.release_rule, channel_warehouses()
    before = sums(coming.keys(), places) if rule in LAST_IN_LINE else {}
    short = oversold(coming.keys(), settings=settings)
    for variant in coming:
        before.setdefault(variant, []).extend(ahead(short, variant))
    mixed = {
        variant for variant, waiters in before.items() if order_matters(waiters, coming[variant])
    }
    whole = coming.keys() if rule not in LAST_IN_LINE else mixed
    if whole:
        for variant, waiters in queues(whole, rule, places).items():
            before[variant] = [*waiters, *ahead(short, variant)]
    return {variant: Queue(before.get(variant, ()), coming[variant]) for variant in coming}


def expected(
    asked: Sequence[Asked],
    *,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> list[date | None]:
    """Return when each of these ships if it is bought alone now; `None`: at once, or unknown.

    What may not be owed is reckoned with as if it could: that is when it is there again.
    """
    baskets = [
        Basket(
            _booked(one),
            {0: one.release_date} if one.release_date else {},
            {},
            one.value,
        )
        for one in asked
    ]
    plans = plans_of(baskets, ships_from=ships_from, settings=settings, today=today)
    return [plan.days.get(0) for plan in plans]


def _booked(asked: Asked) -> Booking:
    """Return what an article takes; if it may not be owed, what it would take if it might."""
    pools = {key: pool.copy() for key, pool in asked.pools.items()}
    booking = book([Demand(0, "", asked.units, asked.article)], pools)
    if not booking.refusals:
        return booking
    article = replace(asked.article, is_allowed=True)
    pools = {
        key: pool_of(pool.policy, pool.stock, is_allowed=True) for key, pool in asked.pools.items()
    }
    return book([Demand(0, "", asked.units, article)], pools)
