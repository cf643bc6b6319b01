"""What may be sold, read from the database: a constant number of queries for any variants.

It loads the numbers; `inventory.policy`, `inventory.pool` and `inventory.offers` decide.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from inventory.listing_terms import ListingTerms
from inventory.models import (
    BundleComponent,
    IncomingDeliveryLine,
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
    expected_date,
)
from inventory.pool import Need, Pool, pool_of


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
    supposed: Supposed | None = None,
) -> dict[int, Availability]:
    """Return what may be sold of each variant, by primary key; their products are loaded.

    `with_dates` also lays what is owed over the incoming deliveries, for the day when the next
    unit can come. `ships_from` are the warehouses of a channel, `None`: all that are active.
    `terms` are those of a channel. What is `supposed` is reckoned with as if it were saved.
    """
    settings = settings or StoreSettings.load()
    facts = _load(variants, today=today, with_dates=with_dates, ships_from=ships_from)
    if supposed is not None:
        facts.suppose(supposed)
        variants = [supposed.of(variant) for variant in variants]
    return {
        variant.pk: _offer(
            variant,
            terms=terms[variant.pk] if terms else None,
            settings=settings,
            facts=facts,
            today=today,
        )
        for variant in variants
    }


@dataclass(slots=True)
class _Facts:
    """What the database says of some variants and of the components of bundles among them."""

    warehouses: Sequence[Warehouse]
    ships_from: frozenset[int] | None = None
    components: dict[int, list[BundleComponent]] = field(default_factory=dict)
    levels: dict[int, dict[int, StockLevel]] = field(default_factory=dict)
    arrivals: dict[int, list[tuple[date, int]]] = field(default_factory=dict)

    def stock_of(self, variant_id: int) -> dict[int, StockAt]:
        """Return the variant by warehouse, as the channel sees it."""
        return stock_by_warehouse(self.levels.get(variant_id, {}), self.warehouses, self.ships_from)

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


def _load(
    variants: Collection[Variant],
    *,
    today: date,
    with_dates: bool,
    ships_from: frozenset[int] | None,
) -> _Facts:
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
        ships_from=ships_from,
        components=dict(components),
        levels=dict(levels),
        arrivals=arrivals_of(counted, today=today) if with_dates else {},
    )


def arrivals_of(variant_ids: Iterable[int], *, today: date) -> dict[int, list[tuple[date, int]]]:
    """Return the days and units still to come, by variant; late deliveries promise nothing."""
    arrivals: dict[int, list[tuple[date, int]]] = defaultdict(list)
    lines = IncomingDeliveryLine.objects.arriving(today=today).filter(variant__in=variant_ids)
    for line in lines.select_related("delivery"):
        units = line.quantity - line.received
        arrivals[line.variant_id].append((line.delivery.expected_at, units))
    return dict(arrivals)


def _offer(
    variant: Variant,
    *,
    terms: ListingTerms | None,
    settings: StoreSettings,
    facts: _Facts,
    today: date,
) -> Availability:
    own = policy_inputs(variant, settings)
    rows = facts.components.get(variant.pk, ())
    pools = {
        part.pk: _pool(part, settings=settings, facts=facts, today=today)
        for part in (row.component for row in rows)
    } or {variant.pk: _pool(variant, settings=settings, facts=facts, today=today)}
    parts = [(row.component_id, row.quantity, row.component.sku) for row in rows]
    article = article_of(variant, own, parts, terms=terms)
    offer = offer_of(article, pools, effective_policy(own, today=today))
    return replace(offer, expected_at=_expected_at(offer, article.needs, pools, facts))


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


def _pool(variant: Variant, *, settings: StoreSettings, facts: _Facts, today: date) -> Pool:
    policy = effective_policy(policy_inputs(variant, settings), today=today)
    return pool_of(policy, facts.stock_of(variant.pk))


def _expected_at(
    offer: Availability, needs: Sequence[Need], pools: Mapping[int, Pool], facts: _Facts
) -> date | None:
    """Return when the next unit can come: of a bundle, when its last missing component does.

    Units that are there need no day.
    """
    if offer.available or not offer.track_inventory:
        return None
    lacking = [
        need
        for need in needs
        if pools[need.variant].is_tracked and pools[need.variant].free < need.per_unit
    ]
    days = [
        expected_date(pools[need.variant].owed, facts.arrivals.get(need.variant, ()))
        for need in lacking
    ]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None
