"""List and Update: what shoppers see becomes what was edited.

In a channel without a connector that is at once; what a shop elsewhere has to be told goes into
the outbox, in the same transaction, and is published when that shop says that it has it. What was
to be taken off there is listed again: the later wish wins.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from channels.locks import lock_listings
from channels.models import Channel, Listing, OutgoingKind
from channels.models.bulk import BulkAction
from channels.services.bulk_items import overtake
from channels.services.snapshot import restate, take_snapshot
from inventory.acts import Act
from inventory.models import Job
from inventory.sql import among, moment, run

MAX_COUNTED = 10_001
"""A count that reaches it is shown as "10,000+": counting a million rows is not worth it."""

_ENQUEUE = """
INSERT INTO channels_outgoing
  (channel_id, listing_id, kind, job_id, changes, is_untold, attempts, due_at, is_dead, last_error,
   created_at)
SELECT l.channel_id, l.id, %s, %s, 1, %s, 0, %s, %s, '', %s
FROM channels_listing l JOIN channels_channel c ON c.id = l.channel_id
WHERE c.connector <> '' AND {where}
ORDER BY l.id
ON CONFLICT (listing_id, kind) DO UPDATE SET
  changes = channels_outgoing.changes + 1, attempts = 0, due_at = excluded.due_at,
  is_dead = excluded.is_dead, last_error = '',
  job_id = COALESCE(excluded.job_id, channels_outgoing.job_id)
"""


@transaction.atomic
def publish(
    *, channel: Channel, listing_ids: Collection[int], act: Act, job: Job | None = None
) -> int:
    """List or update these listings of a channel; return how many were taken up.

    :raises NotInChannel: the channel has no listings.
    """
    channel.refuse_without_listings()
    where, parameters = among("l.id", listing_ids)
    return publish_where(channel, where, parameters, at=act.at, job=job)


def publish_where(
    channel: Channel, where: str, parameters: Sequence[Any], *, at: datetime, job: Job | None = None
) -> int:
    """List or update the listings of a channel that a condition over `l` names."""
    where, parameters = f"l.channel_id = %s AND {where}", [channel.pk, *parameters]
    if channel.is_remote:
        return tell_shop(where, parameters, at=at, job=job)
    return take_snapshot(where, parameters, at=at)


def tell_shop(
    where: str, parameters: Sequence[Any], *, at: datetime, job: Job | None = None
) -> int:
    """Have a shop elsewhere told of listings as they are edited; `where` speaks of `l` alone.

    What was on its way off stays.
    """
    if leaving := lock_listings(f"l.is_leaving AND {where}", parameters):
        Listing.objects.filter(pk__in=leaving).update(is_leaving=False, version=F("version") + 1)
        restate(*among("l.id", leaving))
        overtake(leaving, BulkAction.UNLIST)
    return enqueue(OutgoingKind.LISTING, where, parameters, at=at, job=job)


def enqueue(
    kind: OutgoingKind,
    where: str,
    parameters: Sequence[Any],
    *,
    at: datetime,
    job: Job | None = None,
) -> int:
    """Put listings into the outbox of their channels; `where` speaks of `l` and `c`.

    What a message about a listing asks for is on the listing: to be published, or taken off.
    """
    due = moment(at)
    head = [kind.value, job.pk if job else None, True, due, False, due]
    return run(_ENQUEUE.format(where=where), [*head, *parameters])


def publish_automatically(where: str, parameters: Sequence[Any], *, at: datetime) -> None:
    """Publish what changed of listed products, in the channels that do so by themselves.

    What is being taken off is left alone.
    """
    changed = "l.status = 'changed' AND NOT l.is_leaving"
    for channel in Channel.objects.filter(publish_automatically=True):
        publish_where(channel, f"{changed} AND {where}", parameters, at=at)


def unpublished_changes(channel: Channel) -> int:
    """Return how many listings of a channel have changes that shoppers do not see, capped."""
    rows = Listing.objects.filter(channel=channel, status="changed").order_by()
    return rows[:MAX_COUNTED].count()
