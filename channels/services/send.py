"""Sending what waits in the outbox: at least once, in batches, with no row locked meanwhile.

What a shop says is taken for done only as the connector read it back. What changed while it was
sent is sent again. One worker at a time talks to a shop; each has a lease that ends by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q

from channels.connectors.base import Connector, ConnectorError, Item, Outcome
from channels.errors import NotConnected
from channels.models import (
    BulkListing,
    Channel,
    ChannelLog,
    Listing,
    ListingStatus,
    Outgoing,
    OutgoingKind,
)
from channels.models.bulk import BulkListingItem, ItemState
from channels.services.connect import connect, it_answers, it_is_down
from channels.services.items import items_to_publish, items_to_push
from channels.services.snapshot import restate
from inventory.models import Job
from inventory.pauses import pause_after

LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 8


def send(channel: Channel, *, at: datetime) -> int:
    """Send the next batch of a channel; return how many listings it was about.

    Nothing is sent while another worker does, while the shop is left alone, or when it is off.
    """
    if not _lease(channel, at=at):
        return 0
    try:
        entries = _next_batch(channel, at=at)
        if not entries:
            return 0
        connector = connect(channel)
        batch = entries[: connector.max_batch]
        outcomes = _ask(connector, channel, batch, at=at)
        it_answers(channel)
        _record(channel, batch, outcomes, at=at)
        return len(batch)
    except (ConnectorError, NotConnected) as error:
        it_is_down(channel, error, at=at)
        return 0
    finally:
        Channel.objects.filter(pk=channel.pk).update(busy_until=None)


def retry(channel: Channel, *, at: datetime, listing_ids: Sequence[int] | None = None) -> int:
    """Try again what was given up; return how many messages."""
    dead = Outgoing.objects.filter(channel=channel, is_dead=True)
    if listing_ids is not None:
        dead = dead.filter(listing__in=listing_ids)
    return dead.update(is_dead=False, attempts=0, due_at=at, last_error="")


def _lease(channel: Channel, *, at: datetime) -> bool:
    free = Q(busy_until=None) | Q(busy_until__lt=at)
    due = Q(next_try_at=None) | Q(next_try_at__lte=at)
    rows = Channel.objects.filter(free, due, pk=channel.pk, is_active=True).exclude(connector="")
    return bool(rows.update(busy_until=at + LEASE))


def _next_batch(channel: Channel, *, at: datetime) -> list[Outgoing]:
    """Return the next messages of one kind; listings go before quantities."""
    due = Outgoing.objects.filter(channel=channel, is_dead=False, due_at__lte=at).order_by("pk")
    rows = due.select_related("listing__variant__product", "listing__channel")
    for kind in (OutgoingKind.LISTING, OutgoingKind.QUANTITY):
        if entries := list(rows.filter(kind=kind)[:100]):
            return entries
    return []


def _ask(
    connector: Connector, channel: Channel, batch: Sequence[Outgoing], *, at: datetime
) -> dict[int, tuple[Item, Outcome]]:
    """Tell the shop; return what was said and what came of it, by listing."""
    listings = [entry.listing for entry in batch]
    if batch[0].kind == OutgoingKind.LISTING:
        items = items_to_publish(channel, listings, at=at)
        outcomes = connector.publish(list(items.values()))
    else:
        items = items_to_push(channel, listings, at=at)
        outcomes = connector.push_quantities(list(items.values()))
    return {outcome.ref: (items[outcome.ref], outcome) for outcome in outcomes}


@transaction.atomic
def _record(
    channel: Channel,
    batch: Sequence[Outgoing],
    outcomes: Mapping[int, tuple[Item, Outcome]],
    *,
    at: datetime,
) -> None:
    for entry in batch:
        if entry.listing_id not in outcomes:
            continue
        item, outcome = outcomes[entry.listing_id]
        if outcome.error:
            _keep_for_later(entry, outcome, at=at)
        else:
            _keep_as_said(entry, item, outcome, at=at)
    ChannelLog.objects.bulk_create(
        ChannelLog(
            channel=channel,
            listing_id=outcome.ref,
            kind=batch[0].kind,
            label=item.sku,
            is_ok=not outcome.error,
            message=outcome.error,
            sent=outcome.sent or None,
            answered=outcome.answered or None,
            at=at,
        )
        for item, outcome in outcomes.values()
    )
    for job_id in {entry.job_id for entry in batch if entry.job_id}:
        _count(job_id)


def _keep_as_said(entry: Outgoing, item: Item, outcome: Outcome, *, at: datetime) -> None:
    """Note that the shop has it; what was changed meanwhile stays in the outbox."""
    remote = {
        "remote_id": outcome.remote_id or item.remote_id,
        "remote_parent_id": outcome.remote_parent_id or item.remote_parent_id,
        "pushed_quantity": outcome.quantity if (outcome.quantity or 0) >= 0 else 0,
        "pushed_at": at,
    }
    listing = Listing.objects.filter(pk=entry.listing_id)
    if entry.kind == OutgoingKind.QUANTITY:
        listing.update(**remote)
    else:
        listing.update(
            **remote,
            status=ListingStatus.LISTED,
            error="",
            published_at=at,
            published_backorder=entry.listing.backorder_to_be,
            published_price=item.price,
            published_title=item.product_title,
            published_variant_title=item.variant_title,
            version=F("version") + 1,
        )
        restate("l.id = %s", [entry.listing_id])
        _tell_bulk(entry, ItemState.LISTED, "")
    taken, _ = Outgoing.objects.filter(pk=entry.pk, changes=entry.changes).delete()
    if not taken:
        Outgoing.objects.filter(pk=entry.pk).update(attempts=0, due_at=at)


def _keep_for_later(entry: Outgoing, outcome: Outcome, *, at: datetime) -> None:
    """Note what went wrong; what is not worth trying again, or was tried too often, is given up."""
    attempts = entry.attempts + 1
    is_dead = outcome.is_final or attempts >= MAX_ATTEMPTS
    pause = max(pause_after(attempts), timedelta(seconds=outcome.retry_after or 0))
    Outgoing.objects.filter(pk=entry.pk, changes=entry.changes).update(
        attempts=attempts, is_dead=is_dead, due_at=at + pause, last_error=outcome.error
    )
    listing = Listing.objects.filter(pk=entry.listing_id)
    listing.update(remote_id=outcome.remote_id, remote_parent_id=outcome.remote_parent_id)
    if entry.kind == OutgoingKind.LISTING and is_dead:
        listing.update(status=ListingStatus.FAILED, error=outcome.error, version=F("version") + 1)
        _tell_bulk(entry, ItemState.FAILED, outcome.error)


def _tell_bulk(entry: Outgoing, state: ItemState, message: str) -> None:
    if entry.job_id:
        items = BulkListingItem.objects.filter(bulk__job=entry.job_id, listing=entry.listing_id)
        items.update(state=state, message=message)


def _count(job_id: int) -> None:
    """Bring the numbers of a bulk listing and of its job along."""
    for bulk in BulkListing.objects.filter(job=job_id):
        counts = dict(
            BulkListingItem.objects.filter(bulk=bulk)
            .order_by()
            .values_list("state")
            .annotate(n=Count("pk"))
        )
        listed, failed = counts.get(ItemState.LISTED, 0), counts.get(ItemState.FAILED, 0)
        skipped = counts.get(ItemState.SKIPPED, 0)
        BulkListing.objects.filter(pk=bulk.pk).update(listed=listed, failed=failed, skipped=skipped)
        Job.objects.filter(pk=job_id).update(done=listed + failed + skipped)
