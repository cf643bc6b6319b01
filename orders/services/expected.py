"""When units ship that are not ordered yet, by the rules that place an order and promise its day.

Everything is read in a constant number of queries; nothing is locked and nothing reserved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from inventory.models import StockLevel, StoreSettings, Variant, Warehouse
from inventory.models.settings import BackorderedItemsShip
from orders.locks import Stock
from orders.policy.booking import Booking, book
from orders.policy.dates import Queue, days_when_ordered, order_matters
from orders.policy.parcels import Parcel, Piece, parcels_of
from orders.policy.queue import FIFO, PROMISED_DATE
from orders.services.booking import Recipes, all_variants, demand_of, pools_for, recipes_of
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
    """Something that may be ordered at once; `variants` are those of its lines, by their keys."""

    booking: Booking
    variants: Mapping[int, Variant]
    value: Decimal = Decimal(0)


def plans_of(
    baskets: Sequence[Basket],
    *,
    stock: Stock,
    recipes: Recipes,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> list[Plan]:
    """Return what each of these orders would be if it were placed now; none counts another's."""
    owing = {take.variant for one in baskets for take in one.booking.takes if take.waiting}
    lines = queues_of(owing, settings=settings, today=today)
    plans = []
    for one in baskets:
        dates = {
            key: day
            for key, variant in one.variants.items()
            if (day := release_of(variant, stock, recipes))
        }
        parcels = parcels_of(
            _pieces(one),
            is_split=settings.allow_order_split,
            release_dates=dates,
            today=today,
        )
        days = days_when_ordered(
            parcels,
            lines,
            dates,
            rule=settings.release_rule,
            value=one.value,
            ships_from=ships_from,
            is_together=not settings.allow_order_split
            or settings.backordered_items_ship == BackorderedItemsShip.TOGETHER,
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
    mixed = {
        variant for variant, waiters in before.items() if order_matters(waiters, coming[variant])
    }
    whole = coming.keys() if rule not in LAST_IN_LINE else mixed
    if whole:
        before |= queues(whole, rule, places)
    return {variant: Queue(before.get(variant, ()), coming[variant]) for variant in coming}


def release_of(variant: Variant, stock: Stock, recipes: Recipes) -> date | None:
    """Return the day before which a variant may not ship: the last of all it is made of."""
    parts = [variant.pk, *(part for part, _units in recipes.get(variant.pk, ()))]
    days = [stock.variants[part].release_date for part in parts if part in stock.variants]
    return max((day for day in days if day is not None), default=None)


def read_stock(variant_ids: Collection[int]) -> Stock:
    """Return variants and stock as they are at this moment; nothing is locked."""
    rows = Variant.objects.for_policy().filter(pk__in=variant_ids)
    levels = StockLevel.objects.filter(variant__in=variant_ids)
    return Stock(
        variants={variant.pk: variant for variant in rows},
        levels={(level.variant_id, level.warehouse_id): level for level in levels},
        warehouses=list(Warehouse.objects.order_by("priority", "pk")),
    )


def expected(
    variants: Collection[Variant],
    *,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> dict[int, date | None]:
    """Return when one unit of each variant ships that is sold now; `None`: at once, or unknown.

    `ships_from` are the warehouses of a channel, `None`: all that are active.
    """
    wanted = {variant.pk: (variant, 1, variant.price or Decimal(0)) for variant in variants}
    return expected_of(wanted, ships_from=ships_from, settings=settings, today=today)


def expected_of(
    wanted: Mapping[int, tuple[Variant, int, Decimal]],
    *,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> dict[int, date | None]:
    """Return when units ship that are bought alone: of each variant so many, at a price.

    What may not be owed is reckoned with as if it could: that is when it is there again.
    """
    recipes = recipes_of(wanted.keys())
    stock = read_stock(all_variants(wanted.keys(), recipes))
    book_one = partial(
        _book_one,
        stock=stock,
        recipes=recipes,
        ships_from=ships_from,
        settings=settings,
        today=today,
    )
    plans = plans_of(
        [
            Basket(book_one(pk, units), {0: variant}, units * price)
            for pk, (variant, units, price) in wanted.items()
        ],
        stock=stock,
        recipes=recipes,
        ships_from=ships_from,
        settings=settings,
        today=today,
    )
    return {pk: plan.days.get(0) for pk, plan in zip(wanted, plans, strict=True)}


def _book_one(
    variant_id: int,
    units: int,
    *,
    stock: Stock,
    recipes: Recipes,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> Booking:
    """Return what so many units take; if they may not be owed, what they would if they might."""
    booking = Booking((), {}, ())
    for is_allowed in (False, True):
        demand = demand_of(0, variant_id, units, stock, recipes, settings, is_allowed=is_allowed)
        pools = pools_for(
            [demand], stock, ships_from, settings=settings, today=today, is_allowed=is_allowed
        )
        booking = book([demand], pools)
        if not booking.refusals:
            break
    return booking


def _pieces(basket: Basket) -> list[Piece]:
    return [
        Piece(
            line=take.key,
            variant=take.variant,
            warehouse=take.warehouse,
            per_unit=take.per_unit,
            allocated=take.allocated,
            waiting=take.waiting,
            seller=basket.variants[take.key].product.seller_id,
        )
        for take in basket.booking.takes
    ]
