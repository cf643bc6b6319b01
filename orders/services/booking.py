"""Booking lines inside the lock: what they need, what there is, what each of them takes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import connection

from channels.availability import ships_from, terms_in
from channels.models import STOREFRONT, Channel
from inventory.availability import policy_inputs
from inventory.bundles import forbids_backorders
from inventory.listing_terms import NOT_LISTED, ListingTerms
from inventory.models import StoreSettings, Variant
from inventory.order_limits import NO_LIMIT, OrderLimit, order_limit
from inventory.policy import effective_mode, effective_policy
from inventory.sql import among
from orders.errors import NotPossible, OrderRefused, Refusal
from orders.locks import Stock
from orders.models import OrderLine
from orders.policy.booking import Booking, Demand, Need, book, pool_of
from orders.policy.limits import asked_of, refusals_of, within_limits
from orders.policy.parcels import Piece


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many units of a variant, each at this price in the currency of the store."""

    variant: Variant
    quantity: int
    unit_price: Decimal


Recipes = Mapping[int, Sequence[tuple[int, int]]]
"""The components of bundles: variant and units in each."""


_RECIPES = "SELECT bundle_id, component_id, quantity FROM inventory_bundlecomponent WHERE "


def recipes_of(variant_ids: Collection[int]) -> Recipes:
    """Return what the bundles among these variants are made of."""
    recipes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    where, parameters = among("bundle_id", variant_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RECIPES + where + " ORDER BY id", parameters)
        for bundle, component, quantity in cursor.fetchall():
            recipes[bundle].append((component, quantity))
    return dict(recipes)


def all_variants(variant_ids: Collection[int], recipes: Recipes) -> set[int]:
    """Return the variants that are to be locked: those ordered, and components."""
    return {*variant_ids, *(part for parts in recipes.values() for part, _units in parts)}


def book_lines(  # noqa: PLR0913 - what decides about a sale
    lines: Sequence[tuple[int, Variant, int]],
    *,
    stock: Stock,
    recipes: Recipes,
    channel: Channel,
    settings: StoreSettings,
    today: date,
    is_captured: bool = False,
    is_allowed: bool = False,
    had: Mapping[int, int] | None = None,
) -> Booking:
    """Return what lines take, each a key, its variant and units; the numbers are read in the lock.

    `is_captured`: the channel sold it already, so that it need not be listed there any more.
    `is_allowed`: somebody decided that it may be owed, whatever limits and settings say.
    `had`: the units, by variant, that the order has already; they count against its limits alone.

    :raises OrderRefused: naming every SKU that may not be sold so often.
    :raises NotPossible: a bundle was made of other components at this moment.
    """
    is_sold = is_captured or is_allowed
    if lines and not (channel.is_active or is_sold):
        raise OrderRefused(_of_closed(lines))
    if recipes and recipes_of(recipes.keys()) != recipes:
        raise NotPossible("A bundle was changed at this moment. Try again.")
    places = ships_from(channel)
    terms = None if is_allowed else terms_in(channel, [variant.pk for _, variant, _ in lines])
    demands = [
        _through_channel(
            _demand(key, stock.variants[variant.pk], units, recipes, settings),
            terms[variant.pk] if terms else None,
            is_captured=is_captured,
        )
        for key, variant, units in lines
    ]
    pools = {
        need.variant: pool_of(
            effective_policy(policy_inputs(stock.variants[need.variant], settings), today=today),
            stock.at(need.variant, places),
            is_allowed=is_allowed,
        )
        for demand in demands
        for need in demand.needs
    }
    sold = [stock.variants[variant.pk] for _key, variant, _units in lines]
    limits = {
        variant.sku: NO_LIMIT if is_sold else limit_in(channel, variant, settings=settings)
        for variant in sold
    }
    ordered = {variant.sku: (had or {}).get(variant.pk, 0) for variant in sold}
    asked = asked_of(demands, limits, ordered)
    booking = book(within_limits(demands, asked), pools, is_captured=is_captured)
    if refusals := refusals_of(demands, asked, booking):
        raise OrderRefused(refusals)
    return booking


def _of_closed(lines: Sequence[tuple[int, Variant, int]]) -> list[Refusal]:
    """Return the refusal of every SKU in a channel that is not active: it sells nothing."""
    units: Counter[str] = Counter()
    for _key, variant, quantity in lines:
        units[variant.sku] += quantity
    return [Refusal(sku, wanted, 0, 0, "channel.is_active") for sku, wanted in units.items()]


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
        pieces.append(
            Piece(
                line=lines[take.key].pk,
                variant=take.variant,
                warehouse=take.warehouse,
                per_unit=take.per_unit,
                allocated=take.allocated,
                waiting=take.waiting,
            )
        )
    return pieces


def dates_of(lines: Mapping[int, OrderLine], stock: Stock, recipes: Recipes) -> dict[int, date]:
    """Return the release date of each line: the latest of the variant and its components."""
    dates = {}
    for line in lines.values():
        parts = [line.variant_id, *(part for part, _ in recipes.get(line.variant_id, ()))]
        days = [
            day
            for part in parts
            if part in stock.variants and (day := stock.variants[part].release_date)
        ]
        if days:
            dates[line.pk] = max(days)
    return dates


def _demand(
    key: int, variant: Variant, units: int, recipes: Recipes, settings: StoreSettings
) -> Demand:
    parts = recipes.get(variant.pk)
    if parts is None:
        return Demand(key, variant.sku, units, (Need(variant.pk),))
    inputs = policy_inputs(variant, settings)
    forbidden = None
    if forbids_backorders(inputs):
        forbidden = f"{effective_mode(inputs)[1].value}.bundle_backorders"
    needs = tuple(Need(part, quantity) for part, quantity in parts)
    return Demand(key, variant.sku, units, needs, forbidden_by=forbidden)


def _through_channel(demand: Demand, terms: ListingTerms | None, *, is_captured: bool) -> Demand:
    """Return a demand with what the channel has published of its variant."""
    if terms is None or (rule := terms.forbidden_by) is None:
        return demand
    is_unlisted = rule == NOT_LISTED and not is_captured
    return replace(
        demand,
        forbidden_by=rule if is_unlisted else demand.forbidden_by or rule,
        is_unlisted=is_unlisted,
    )
