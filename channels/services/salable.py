"""What may be sold changed: noted with the change, and laid out later for each shop elsewhere."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from channels.models import Channel, Listing, Outgoing, OutgoingKind, SalableChange
from channels.services.publish import enqueue
from inventory.models import BundleComponent, Variant
from inventory.pauses import LONGEST_PAUSE
from inventory.services.units import each, together, whole
from inventory.sql import among, run

CHUNK = 2_000

_NOTE = """
INSERT INTO channels_salablechange (variant_id)
SELECT v.id FROM inventory_variant v
WHERE {where} AND EXISTS (
  SELECT 1 FROM channels_channel c WHERE c.connector <> '' AND c.is_active
)
"""


def salable_changed(variant_ids: Collection[int] | None) -> None:
    """Note that other units of these variants may be sold than before; `None`: of all.

    It waits for nobody: the rows it writes are nobody else's.
    """
    if variant_ids is None:
        Channel.objects.exclude(connector="").update(recount_after=0)
    elif variant_ids:
        where, parameters = among("v.id", variant_ids)
        run(_NOTE.format(where=where), parameters)


def lay_out(*, at: datetime) -> int:
    """Put what changed into the outbox of each shop that lists it; return how many listings."""
    laid: list[int] = []

    def changed(change_ids: Collection[int]) -> None:
        laid.append(_lay_out_changes(change_ids, at=at))

    def released() -> None:
        laid.append(_lay_out_released(at=at))

    def anew(channel_id: int) -> None:
        laid.append(_lay_out_all(channel_id, at=at))

    changes = SalableChange.objects.order_by("pk").values_list("pk", flat=True)[:CHUNK]
    together("lay_out", set(changes), changed, at=at)
    whole("lay_out_released", released, at=at)
    shops = Channel.objects.exclude(connector="").exclude(recount_after=None).order_by("pk")
    each("lay_out_shop", shops, anew, at=at, most=1, rest=LONGEST_PAUSE)
    return sum(laid)


@transaction.atomic
def _lay_out_changes(change_ids: Collection[int], *, at: datetime) -> int:
    rows = SalableChange.objects.filter(pk__in=change_ids).order_by("pk")
    changes = dict(rows.select_for_update(skip_locked=True).values_list("pk", "variant"))
    if not changes:
        return 0
    changed = set(changes.values())
    bundles = BundleComponent.objects.filter(component__in=changed).values_list("bundle", flat=True)
    where, parameters = among("l.variant_id", sorted(changed | set(bundles)))
    where = f"l.published_at IS NOT NULL AND NOT l.is_leaving AND c.is_active AND {where}"
    laid = enqueue(OutgoingKind.QUANTITY, where, parameters, at=at)
    SalableChange.objects.filter(pk__in=changes).delete()
    return laid


def _lay_out_released(*, at: datetime) -> int:
    """Lay out what may be sold otherwise because its release date is today."""
    released = Variant.objects.filter(release_date=timezone.localdate(at))
    parts = BundleComponent.objects.filter(component__in=released).values("bundle")
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Listing.objects.staying().filter(
        Q(variant__in=released) | Q(variant__in=parts),
        Q(pushed_at=None) | Q(pushed_at__lt=midnight),
        ~Exists(Outgoing.objects.filter(listing=OuterRef("pk"))),
        channel__is_active=True,
    )
    ids = list(rows.exclude(channel__connector="").values_list("pk", flat=True)[:CHUNK])
    return enqueue(OutgoingKind.QUANTITY, *among("l.id", ids), at=at) if ids else 0


@transaction.atomic
def _lay_out_all(channel_id: int, *, at: datetime) -> int:
    """Lay out the next listings of a channel of which everything is to be told anew."""
    after = Channel.objects.select_for_update().get(pk=channel_id).recount_after
    if after is None:
        return 0
    rows = Listing.objects.staying().filter(channel=channel_id, pk__gt=after).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:CHUNK])
    Channel.objects.filter(pk=channel_id).update(recount_after=ids[-1] if ids else None)
    return enqueue(OutgoingKind.QUANTITY, *among("l.id", ids), at=at) if ids else 0
