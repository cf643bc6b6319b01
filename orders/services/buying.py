"""What to buy: units that are owed, and that neither a delivery nor a transfer brings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, Min, Sum

from inventory.models import IncomingDeliveryLine, Variant
from orders.models import FulfillmentLine
from orders.services.homes import parts_of_bundles, supply_of
from orders.services.oversold import Oversold, oversold
from orders.waiting import channel_warehouses


@dataclass(frozen=True, slots=True)
class ToBuy:
    """What is lacking of a variant, in units, since the `oldest` order that lacks some.

    `owed` wait in parcels, `oversold` were sold by another shop and get what arrives. `incoming`
    are on their way, late ones too. `elsewhere` are free in another warehouse than the bundles
    that lack them: a transfer brings them, as soon as the rest of these bundles is there.
    """

    variant: Variant
    owed: int
    incoming: int
    oldest: datetime
    oversold: int = 0
    elsewhere: int = 0

    @property
    def to_buy(self) -> int:
        """Return how many units are still to be bought."""
        return max(self.owed + self.oversold - self.incoming - self.elsewhere, 0)


def what_to_buy(user: AbstractBaseUser | AnonymousUser | None = None) -> list[ToBuy]:
    """Return what is to be bought, that which waits longest first; for a user, their own."""
    lacking = _owed()
    short = oversold()
    for variant, units, since in _oversold(short):
        owed, sold, oldest = lacking.get(variant, (0, 0, since))
        lacking[variant] = (owed, sold + units, min(oldest, since))
    incoming, elsewhere = _incoming(lacking), _elsewhere(short)
    rows = Variant.objects.all() if user is None else Variant.objects.visible_to(user)
    variants = rows.select_related("product").in_bulk(lacking)
    found = [
        ToBuy(
            variant=variant,
            owed=lacking[pk][0],
            oversold=lacking[pk][1],
            incoming=incoming.get(pk, 0),
            elsewhere=elsewhere.get(pk, 0),
            oldest=lacking[pk][2],
        )
        for pk, variant in variants.items()
    ]
    return sorted(
        (one for one in found if one.to_buy), key=lambda one: (one.oldest, one.variant.pk)
    )


def _owed() -> dict[int, tuple[int, int, datetime]]:
    """Return the units that wait of each variant, none of them oversold, and since when."""
    rows = FulfillmentLine.objects.waiting().order_by().values("variant")
    sums = rows.annotate(units=Sum("waiting"), oldest=Min("placed_at"))
    return {
        variant: (units, 0, oldest)
        for variant, units, oldest in sums.values_list("variant", "units", "oldest")
    }


def _oversold(found: Collection[Oversold]) -> list[tuple[int, int, datetime]]:
    """Return the units that oversold lines take of each variant, and when they were sold."""
    return [
        (variant, one.waiter.units * per_unit, one.waiter.placed_at)
        for one in found
        for variant, per_unit in one.needs.items()
    ]


def _incoming(variant_ids: Collection[int]) -> Mapping[int, int]:
    """Return the units that are on their way, by variant."""
    rows = IncomingDeliveryLine.objects.filter(
        delivery__canceled_at=None, delivery__received_at=None, variant__in=variant_ids
    ).order_by()
    sums = rows.values("variant").annotate(units=Sum(F("quantity") - F("received")))
    return dict(sums.values_list("variant", "units"))


def _elsewhere(short: Collection[Oversold]) -> Mapping[int, int]:
    """Return the free units that bundles lack where they wait, or that are oversold, by variant.

    Free ones of a variant that is sold alone serve who waits by themselves.
    """
    lacked: dict[int, int] = {}
    places = channel_warehouses()
    rows = parts_of_bundles().filter(
        waiting__gt=0, stock_level__in_stock=True, stock_level__warehouse__is_active=True
    )
    keys = ("variant", "stock_level__warehouse", "fulfillment_order__order__channel")
    sums = rows.order_by().values(*keys).annotate(units=Sum("waiting"))
    for variant, place, channel, units in sums.values_list(*keys, "units"):
        own = places.get(channel)
        if own is None or place in own:
            lacked[variant] = lacked.get(variant, 0) + units
    for variant, units, _since in _oversold([one for one in short if one.is_bundle]):
        lacked[variant] = lacked.get(variant, 0) + units
    free = supply_of(lacked)
    return {
        variant: min(units, sum(free.get(variant, {}).values()))
        for variant, units in lacked.items()
    }
