"""What may be sold, read from the database: a constant number of queries for any variants.

It loads the numbers; `inventory.policy` and `inventory.bundles` decide.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from inventory.bundles import Part, bundle_availability, forbids_backorders
from inventory.listing_terms import ListingTerms, through_listing
from inventory.models import (
    BundleComponent,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.policy import (
    Availability,
    PolicyInputs,
    State,
    StockAt,
    availability,
    effective_number,
    effective_policy,
)
from inventory.waiting_room import waiting_room


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
    warehouses: Sequence[Warehouse] | None = None,
    terms: Mapping[int, ListingTerms] | None = None,
    supposed: Supposed | None = None,
) -> dict[int, Availability]:
    """Return what may be sold of each variant, by primary key; their products are loaded.

    `with_dates` also asks the waiting room when one unit ships that is sold now. `warehouses` are
    all of them, in their priority, as a channel sees them: one that does not sell there is not
    active. `terms` are those of a channel with listings. What is `supposed` is reckoned with as if
    it were saved, dates aside.
    """
    settings = settings or StoreSettings.load()
    facts = _load(variants, warehouses=warehouses)
    if supposed is not None:
        facts.suppose(supposed)
        variants = [supposed.of(variant) for variant in variants]
    offers = {
        variant.pk: _offer(variant, settings=settings, facts=facts, today=today)
        for variant in variants
    }
    if terms is not None:
        offers = {
            variant.pk: through_listing(
                offers[variant.pk],
                terms[variant.pk],
                only_x_left_threshold=effective_number(
                    policy_inputs(variant, settings), "only_x_left_threshold"
                )[0],
            )
            for variant in variants
        }
    if with_dates:
        _add_dates(offers, variants, settings=settings, facts=facts, today=today)
    return offers


def _add_dates(
    offers: dict[int, Availability],
    variants: Collection[Variant],
    *,
    settings: StoreSettings,
    facts: "_Facts",
    today: date,
) -> None:
    """Say when one unit ships of what is not there, or may not leave yet."""
    later = [variant for variant in variants if _ships_later(offers[variant.pk])]
    if later:
        days = waiting_room().expected(
            later, warehouses=facts.warehouses, settings=settings, today=today
        )
        for pk, day in days.items():
            offers[pk] = replace(offers[pk], expected_at=day)


def _ships_later(offer: Availability) -> bool:
    return offer.track_inventory and (not offer.available or offer.state is State.PRE_ORDER)


@dataclass(slots=True)
class _Facts:
    """What the database says of some variants and of the components of bundles among them."""

    warehouses: Sequence[Warehouse]
    components: dict[int, list[BundleComponent]] = field(default_factory=dict)
    levels: dict[int, dict[int, StockLevel]] = field(default_factory=dict)

    def stock_of(self, variant_id: int) -> list[StockAt]:
        """Return one entry for each warehouse that sells, and for others that hold or owe units."""
        levels = self.levels.get(variant_id, {})
        stock = []
        for warehouse in self.warehouses:
            level = levels.get(warehouse.pk)
            here = level.at(warehouse) if level else StockAt(warehouse.code)
            if warehouse.is_active or _says_something(level):
                stock.append(here)
        return stock

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


def _says_something(level: StockLevel | None) -> bool:
    return level is not None and bool(level.on_hand or level.on_backorder)


def _load(variants: Collection[Variant], *, warehouses: Sequence[Warehouse] | None) -> _Facts:
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
        warehouses=list(
            Warehouse.objects.order_by("priority", "pk") if warehouses is None else warehouses
        ),
        components=dict(components),
        levels=dict(levels),
    )


def _offer(
    variant: Variant, *, settings: StoreSettings, facts: _Facts, today: date
) -> Availability:
    inputs = policy_inputs(variant, settings)
    policy = effective_policy(inputs, today=today)
    components = facts.components.get(variant.pk)
    if not components:
        return availability(policy, facts.stock_of(variant.pk))
    parts = [
        Part(
            sku=row.component.sku,
            quantity=row.quantity,
            offer=_offer(row.component, settings=settings, facts=facts, today=today),
            is_ahead_of_release=bool(
                row.component.release_date and row.component.release_date > today
            ),
        )
        for row in components
    ]
    return bundle_availability(parts, policy, forbidden=forbids_backorders(inputs))
