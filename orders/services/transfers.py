"""What to transfer: units of other warehouses that complete bundles where they wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q

from inventory.models import StockLevel, Variant, Warehouse
from orders.models import FulfillmentOrder
from orders.policy.homes import Home, Transfer, transfers
from orders.services.homes import homes_of, supply_of

Way = tuple[int, int]
"""From one warehouse to another."""


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a variant to move, and the parcels that wait for them."""

    variant: Variant
    quantity: int
    parcels: Sequence[FulfillmentOrder]


@dataclass(frozen=True, slots=True)
class ToTransfer:
    """What to move from one warehouse to another."""

    source: Warehouse
    target: Warehouse
    lines: Sequence[Units]


def what_to_transfer(user: AbstractBaseUser | AnonymousUser | None = None) -> list[ToTransfer]:
    """Return the units that, moved, complete bundles that wait; the first in rank come first.

    One that needs units of several warehouses is complete when all of them came. For a user, the
    bundles of which they may see every component that was ordered.
    """
    homes = homes_of(Q())
    keys = {part.variant for home in homes for part in home.parts}
    rows = Variant.objects.all() if user is None else Variant.objects.visible_to(user)
    variants = rows.select_related("product").in_bulk(keys)
    closed = _closed(keys)
    homes = [
        home
        for home in homes
        if all(part.variant in variants for part in home.parts) and _is_open(home, closed)
    ]
    places = list(Warehouse.objects.order_by("priority", "pk"))
    found = transfers(homes, supply_of(variants.keys()), [place.pk for place in places])
    return _by_way(found, variants, places)


def _closed(variant_ids: set[int]) -> set[tuple[int, int]]:
    """Return the variants and warehouses that serve nobody now."""
    levels = StockLevel.objects.filter(variant__in=variant_ids)
    shut = levels.filter(Q(in_stock=False) | Q(warehouse__is_active=False))
    return set(shut.values_list("variant", "warehouse"))


def _is_open(home: Home, closed: set[tuple[int, int]]) -> bool:
    """Return whether what comes to the warehouse of a bundle serves it there."""
    return not any((part.variant, home.warehouse) in closed for part in home.parts)


def _by_way(
    found: Sequence[Transfer], variants: dict[int, Variant], places: Sequence[Warehouse]
) -> list[ToTransfer]:
    parcels = FulfillmentOrder.objects.in_bulk({one.home.parcel for one in found})
    ways: dict[Way, dict[int, list[Transfer]]] = {}
    for one in found:
        way = ways.setdefault((one.source, one.home.warehouse), {})
        way.setdefault(one.variant, []).append(one)
    names = {place.pk: place for place in places}
    return [
        ToTransfer(
            names[source],
            names[target],
            [
                Units(
                    variants[variant],
                    sum(one.units for one in some),
                    [parcels[key] for key in dict.fromkeys(one.home.parcel for one in some)],
                )
                for variant, some in by_variant.items()
            ],
        )
        for (source, target), by_variant in ways.items()
    ]
