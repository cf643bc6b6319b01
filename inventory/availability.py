"""What may be sold, read from the database: a constant number of queries for any variants.

It loads the numbers; `inventory.policy`, `inventory.pool` and `inventory.offers` decide.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from inventory.listing_terms import ListingTerms, Where
from inventory.models import (
    BundleComponent,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.models.stock import stock_by_warehouse
from inventory.offers import Article, Availability, offer_of
from inventory.policy import (
    PolicyInputs,
    StockAt,
    bundle_forbidden_by,
    effective_policy,
)
from inventory.pool import Need, Pool, pool_of
from inventory.waiting_room import Asked, waiting_room


def policy_inputs(variant: Variant, settings: StoreSettings) -> PolicyInputs:
    """Return what decides about a variant, stock aside; its product is loaded."""
    return PolicyInputs(
        store=settings.settings,
        product=variant.product.settings,
        variant=variant.settings,
        track_inventory=variant.track_inventory,
        has_seller=variant.product.seller_id is not None,
        sellers_can_accept_backorders=settings.sellers_can_accept_backorders,
        release_date=variant.release_date,
        allow_preorders=variant.allow_preorders,
    )


@dataclass(frozen=True, slots=True)
class Supposed:
    """Settings as a change would make them: of variants, by key, and of variants in warehouses."""

    variants: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    levels: Mapping[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)

    def of(self, variant: Variant) -> Variant:
        """Return a variant as it would be; the one that is handed over stays as it is."""
        changes = self.variants.get(variant.pk)
        if not changes:
            return variant
        supposed = copy(variant)
        for name, value in changes.items():
            setattr(supposed, name, value)
        return supposed


def availability_of(
    variants: Collection[Variant],
    *,
    today: date,
    settings: StoreSettings | None = None,
    with_dates: bool = True,
    ships_from: frozenset[int] | None = None,
    terms: Mapping[int, ListingTerms] | None = None,
    prices: Mapping[int, Decimal] | None = None,
    supposed: Supposed | None = None,
) -> dict[int, Availability]:
    """Return what may be sold of each variant, by primary key; their products are loaded.

    `with_dates` also asks the waiting room when one unit ships that is sold now. `ships_from` are
    the warehouses of a channel, `None`: all that are active. `terms` are those of a channel, and
    `prices` what it takes, if they are not the variants' own. What is `supposed` is reckoned with
    as if it were saved.
    """
    settings = settings or StoreSettings.load()
    where = Where(ships_from, terms)
    facts = _load(variants)
    if supposed is not None:
        facts.suppose(supposed)
        variants = [supposed.of(variant) for variant in variants]
    offers: dict[int, Availability] = {}
    later: dict[int, Asked] = {}
    for one in variants:
        article, pools = _sold(one, where, settings=settings, facts=facts, today=today)
        policy = effective_policy(policy_inputs(one, settings), today=today)
        offers[one.pk] = offer_of(article, pools, policy)
        released = facts.release_of(one)
        if with_dates and _ships_later(offers[one.pk], released, today=today):
            price = prices[one.pk] if prices else one.price
            later[one.pk] = Asked(article, pools, 1, released, price or Decimal(0))
    if later:
        asked = list(later.values())
        days = waiting_room().expected(asked, ships_from=ships_from, settings=settings, today=today)
        for pk, day in zip(later, days, strict=True):
            offers[pk] = replace(offers[pk], expected_at=day)
    return offers


def ships_on(
    variant: Variant,
    units: int,
    *,
    price: Decimal,
    ships_from: frozenset[int] | None,
    settings: StoreSettings,
    today: date,
) -> date | None:
    """Return when so many units ship that are bought alone at a price; `None`: at once, or unknown.

    The product is loaded. `ships_from` are the warehouses of a channel, `None`: all.
    """
    facts = _load([variant])
    where = Where(ships_from)
    article, pools = _sold(variant, where, settings=settings, facts=facts, today=today)
    asked = Asked(article, pools, units, facts.release_of(variant), units * price)
    room = waiting_room()
    return room.expected([asked], ships_from=ships_from, settings=settings, today=today)[0]


def availability_at(
    variants: Collection[Variant],
    where: Mapping[str, Where],
    *,
    today: date,
    settings: StoreSettings,
    supposed: Supposed | None = None,
) -> dict[str, dict[int, Availability]]:
    """Return what may be sold of each variant at each of several places, dates aside.

    The database is asked once, for all of them.
    """
    facts = _load(variants)
    if supposed is not None:
        facts.suppose(supposed)
        variants = [supposed.of(variant) for variant in variants]
    return {
        key: {
            one.pk: offer_of(
                *_sold(one, place, settings=settings, facts=facts, today=today),
                effective_policy(policy_inputs(one, settings), today=today),
            )
            for one in variants
        }
        for key, place in where.items()
    }


def _ships_later(offer: Availability, released: date | None, *, today: date) -> bool:
    """Return whether a unit sold now is not there, or may not leave yet."""
    is_missing = offer.track_inventory and not offer.available
    return is_missing or (released is not None and released > today)


@dataclass(slots=True)
class _Facts:
    """What the database says of some variants and of the components of bundles among them."""

    warehouses: Sequence[Warehouse]
    components: dict[int, list[BundleComponent]] = field(default_factory=dict)
    levels: dict[int, dict[int, StockLevel]] = field(default_factory=dict)

    def stock_of(self, variant_id: int, where: Where) -> dict[int, StockAt]:
        """Return the variant by warehouse, as it is seen there."""
        levels = self.levels.get(variant_id, {})
        return stock_by_warehouse(levels, self.warehouses, where.ships_from)

    def release_of(self, variant: Variant) -> date | None:
        """Return the day before which a variant may not ship: the last of all it is made of."""
        rows = self.components.get(variant.pk, ())
        days = [variant.release_date, *(row.component.release_date for row in rows)]
        return max((day for day in days if day is not None), default=None)

    def suppose(self, supposed: Supposed) -> None:
        """Reckon with other settings of stock levels and of components."""
        for (variant_id, warehouse_id), changes in supposed.levels.items():
            levels = self.levels.setdefault(variant_id, {})
            level = levels.get(warehouse_id) or StockLevel(
                variant_id=variant_id, warehouse_id=warehouse_id
            )
            for name, value in changes.items():
                setattr(level, name, value)
            levels[warehouse_id] = level
        for rows in self.components.values():
            for row in rows:
                row.component = supposed.of(row.component)


def _load(variants: Collection[Variant]) -> _Facts:
    ids = {variant.pk for variant in variants}
    components: dict[int, list[BundleComponent]] = defaultdict(list)
    rows = BundleComponent.objects.filter(bundle__in=ids).select_related("component__product")
    for row in rows.order_by("pk"):
        components[row.bundle_id].append(row)
    counted = ids | {row.component_id for rows in components.values() for row in rows}
    levels: dict[int, dict[int, StockLevel]] = defaultdict(dict)
    for level in StockLevel.objects.filter(variant__in=counted):
        levels[level.variant_id][level.warehouse_id] = level
    return _Facts(
        warehouses=list(Warehouse.objects.order_by("priority", "pk")),
        components=dict(components),
        levels=dict(levels),
    )


def _sold(
    variant: Variant, where: Where, *, settings: StoreSettings, facts: _Facts, today: date
) -> tuple[Article, dict[int, Pool]]:
    """Return what is sold as a variant, and what it draws on."""
    own = policy_inputs(variant, settings)
    rows = facts.components.get(variant.pk, ())
    pools = {
        part.pk: _pool(part, where, settings=settings, facts=facts, today=today)
        for part in (row.component for row in rows)
    } or {variant.pk: _pool(variant, where, settings=settings, facts=facts, today=today)}
    terms = where.terms[variant.pk] if where.terms else None
    parts = [(row.component_id, row.quantity, row.component.sku) for row in rows]
    return article_of(variant, own, parts, terms=terms), pools


def article_of(
    variant: Variant,
    inputs: PolicyInputs,
    parts: Sequence[tuple[int, int, str]],
    **where: Any,
) -> Article:
    """Return what is sold as a variant: itself, or parts as key, units in each, and SKU."""
    if not parts:
        return Article((Need(variant.pk),), **where)
    needs = tuple(Need(key, units, sku) for key, units, sku in parts)
    return Article(needs, forbidden_by=bundle_forbidden_by(inputs), **where)


def _pool(
    variant: Variant, where: Where, *, settings: StoreSettings, facts: _Facts, today: date
) -> Pool:
    policy = effective_policy(policy_inputs(variant, settings), today=today)
    return pool_of(policy, facts.stock_of(variant.pk, where))
