"""What to buy: units that are owed and not on their way."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, Min, Sum

from inventory.models import IncomingDeliveryLine, Variant
from orders.models import FulfillmentLine


@dataclass(frozen=True, slots=True)
class ToBuy:
    """A variant of which more units are owed than are on their way; late ones count as coming."""

    variant: Variant
    owed: int
    incoming: int
    oldest: datetime

    @property
    def to_buy(self) -> int:
        """Return how many units are still to be bought."""
        return self.owed - self.incoming


def what_to_buy(user: AbstractBaseUser | AnonymousUser | None = None) -> list[ToBuy]:
    """Return what is owed and not coming, that which waits longest first; for a user, their own."""
    rows = FulfillmentLine.objects.waiting()
    if user is not None:
        rows = rows.visible_to(user)
    owed = {
        variant: (units, oldest)
        for variant, units, oldest in rows.order_by()
        .values("variant")
        .annotate(units=Sum("waiting"), oldest=Min("placed_at"))
        .values_list("variant", "units", "oldest")
    }
    coming = IncomingDeliveryLine.objects.filter(
        delivery__canceled_at=None, delivery__received_at=None, variant__in=owed
    ).order_by()
    incoming = dict(
        coming.values("variant")
        .annotate(units=Sum(F("quantity") - F("received")))
        .values_list("variant", "units")
    )
    variants = Variant.objects.select_related("product").in_bulk(
        [pk for pk, (units, _oldest) in owed.items() if units > incoming.get(pk, 0)]
    )
    found = [
        ToBuy(variant, owed[pk][0], incoming.get(pk, 0), owed[pk][1])
        for pk, variant in variants.items()
    ]
    return sorted(found, key=lambda one: (one.oldest, one.variant.pk))
