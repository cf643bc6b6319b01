"""Booking lines inside the lock: what they need, what there is, what each of them takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from channels.availability import ships_from, terms_in
from channels.models import STOREFRONT, Channel
from inventory.availability import article_of, policy_inputs
from inventory.models import StoreSettings, Variant
from inventory.order_limits import NO_LIMIT, OrderLimit, order_limit
from inventory.policy import effective_policy
from inventory.pool import Pool, pool_of
from orders.errors import NotPossible, OrderRefused
from orders.locks import Stock
from orders.models import OrderLine
from orders.policy.booking import Booking, Demand, book
from orders.policy.limits import asked_of, refusals_of, within_limits
from orders.policy.parcels import Piece
from orders.reasons import Reason
from orders.recipes import Recipe, Recipes, recipes_of, recipes_on


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many units of a variant, each at this price in the currency of the store."""

    variant: Variant
    quantity: int
    unit_price: Decimal


def all_variants(variant_ids: Collection[int], recipes: Recipes) -> set[int]:
    """Return the variants that are to be locked: those ordered, and components."""
    return {*variant_ids, *(part for parts in recipes.values() for part, _units in parts)}


def as_locked(lines: Sequence[Wanted], stock: Stock) -> list[Wanted]:
    """Return lines with their variants as they are in the lock, whatever the caller read before.

    :raises NotPossible: one was deleted at this moment.
    """
    for line in lines:
        if line.variant.pk not in stock.variants:
            raise NotPossible(Reason.VARIANT_GONE, sku=line.variant.sku)
    return [replace(line, variant=stock.variants[line.variant.pk]) for line in lines]


def book_lines(  # noqa: PLR0913 - what is sold depends on so much
    lines: Sequence[tuple[int, Variant, int]],
    *,
    stock: Stock,
    recipes: Recipes,
    channel: Channel,
    settings: StoreSettings,
    today: date,
    frozen: Mapping[int, Recipe] | None = None,
    is_captured: bool = False,
    is_allowed: bool = False,
    had: Mapping[int, int] | None = None,
) -> Booking:
    """Return what lines take, each a key, its variant and units; the numbers are read in the lock.

    `recipes` are those by which the variants were locked, by variant; they are read again.
    `frozen` are those of lines that were ordered before, by key.
    `is_captured`: the channel sold it already, so that it need not be listed there any more.
    `is_allowed`: somebody decided that it may be owed, whatever limits and settings say.
    `had`: the units, by variant, that the order has already; they count against its limits alone.

    :raises OrderRefused: naming every SKU that may not be sold so often.
    :raises NotPossible: a variant was made of other components at this moment.
    """
    if recipes_of(recipes.keys()) != recipes:
        raise NotPossible(Reason.BUNDLE_CHANGED)
    places = ships_from(channel)
    terms = terms_in(channel, [variant.pk for _, variant, _ in lines])
    demands = []
    for key, variant, units in lines:
        variant = stock.variants[variant.pk]  # noqa: PLW2901 - as it is in the lock
        article = article_of(
            variant,
            policy_inputs(variant, settings),
            _parts(variant, (frozen or {}).get(key, recipes.get(variant.pk, ())), stock),
            terms=terms[variant.pk],
            is_sold_already=is_captured,
            is_allowed=is_allowed,
        )
        demands.append(Demand(key, variant.sku, units, article))
    pools: dict[int, Pool] = {}
    needed = (need.variant for demand in demands for need in demand.article.needs)
    for variant_id in dict.fromkeys(needed):
        inputs = policy_inputs(stock.variants[variant_id], settings)
        pools[variant_id] = pool_of(
            effective_policy(inputs, today=today),
            stock.at(variant_id, places),
            is_sold_already=is_captured,
            is_allowed=is_allowed,
        )
    sold = [stock.variants[variant.pk] for _key, variant, _units in lines]
    is_free = is_captured or is_allowed
    limits = {
        variant.sku: NO_LIMIT if is_free else limit_in(channel, variant, settings=settings)
        for variant in sold
    }
    ordered = {variant.sku: (had or {}).get(variant.pk, 0) for variant in sold}
    asked = asked_of(demands, limits, ordered)
    booking = book(within_limits(demands, asked), pools, is_captured=is_captured)
    if refusals := refusals_of(demands, asked, booking):
        raise OrderRefused(refusals)
    return booking


def limit_in(channel: Channel, variant: Variant, *, settings: StoreSettings) -> OrderLimit:
    """Return how many units of a variant one order through a channel may have."""
    of_shoppers = settings.storefront_max_per_order if channel.slug == STOREFRONT else 0
    return order_limit(policy_inputs(variant, settings), in_storefront=of_shoppers)


def pieces_of(booking: Booking, lines: Mapping[int, OrderLine], stock: Stock) -> list[Piece]:
    """Count what was booked in the stock, and return it by line."""
    pieces = []
    for take in booking.takes:
        if take.warehouse is not None:
            stock.move(
                take.variant, take.warehouse, allocated=take.allocated, on_backorder=take.waiting
            )
        line = lines[take.key]
        pieces.append(take.piece(line.pk, stock.variants[line.variant_id].product.seller_id))
    return pieces


def dates_of(lines: Mapping[int, OrderLine], stock: Stock) -> dict[int, date]:
    """Return the release date of each line: the latest of the variant and its components."""
    dates = {}
    recipes = recipes_on(lines.values())
    for line in lines.values():
        parts = [line.variant_id, *(part for part, _ in recipes[line.pk])]
        days = [
            day
            for part in parts
            if part in stock.variants and (day := stock.variants[part].release_date)
        ]
        if days:
            dates[line.pk] = max(days)
    return dates


def _parts(
    variant: Variant, recipe: Sequence[tuple[int, int]], stock: Stock
) -> list[tuple[int, int, str]]:
    """Return the parts of a bundle as key, units in each, and SKU; none of what is no bundle."""
    if [*recipe] == [(variant.pk, 1)]:
        return []
    return [(part, units, stock.variants[part].sku) for part, units in recipe]
