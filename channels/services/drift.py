"""Ours against theirs: what a shop elsewhere says now, compared with what it was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from channels.connectors.base import RemoteItem
from channels.models import Channel, ChannelLog, Listing, LogKind, Outgoing
from channels.services.connect import connect
from channels.services.items import items_to_push
from channels.services.publish import publish
from inventory.acts import Act


@dataclass(frozen=True, slots=True)
class Compared:
    """How far a comparison is: the last listing, and how many were looked at and differ."""

    through: int
    checked: int = 0
    differing: int = 0


def compare_next(channel: Channel, before: Compared, *, at: datetime) -> Compared | None:
    """Compare the next listings that shoppers see; `None`: there are no more.

    What waits to be sent is left out: it is known to differ; so is what is being taken off.
    Nothing is changed on either side.

    :raises ConnectorError: the shop does not answer.
    :raises NotConnected: it cannot be asked.
    """
    connector = connect(channel)
    waiting = Outgoing.objects.filter(listing=OuterRef("pk"))
    rows = Listing.objects.staying().for_page().filter(channel=channel, pk__gt=before.through)
    listings = list(rows.exclude(Exists(waiting)).order_by("pk")[: connector.max_batch])
    if not listings:
        return None
    items = items_to_push(channel, listings, at=at)
    differences = _differences(connector.read(list(items.values())))
    ChannelLog.objects.bulk_create(
        ChannelLog(
            channel=channel,
            listing_id=ref,
            kind=LogKind.DRIFT,
            label=items[ref].sku,
            is_ok=False,
            message=message,
            at=at,
        )
        for ref, message in differences.items()
    )
    return Compared(
        through=listings[-1].pk,
        checked=before.checked + len(listings),
        differing=before.differing + len(differences),
    )


def send_ours(channel: Channel, listing_ids: Sequence[int], *, act: Act) -> int:
    """Send listings of a channel again, as they are here; return how many."""
    rows = Listing.objects.staying().filter(channel=channel, pk__in=listing_ids)
    return publish(channel=channel, listing_ids=list(rows.values_list("pk", flat=True)), act=act)


def _differences(found: Sequence[RemoteItem]) -> dict[int, str]:
    """Return what differs, in a sentence, by listing."""
    return {
        row.ref: row.difference if row.exists else "It is not in the shop any more."
        for row in found
        if row.difference or not row.exists
    }
