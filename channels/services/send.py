"""Sending what waits in the outbox: at least once, in batches, with no row locked meanwhile.

What a shop says is taken for done only as the connector read it back. What changed while it was
sent is sent again. One worker at a time talks to a shop; each has a lease that ends by itself.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from channels.connectors.base import ConnectorError, Item, Outcome
from channels.errors import NotConnected
from channels.locks import lock_channel, lock_messages
from channels.models import (
    Channel,
    ChannelLog,
    Listing,
    ListingStatus,
    Outgoing,
    OutgoingKind,
)
from channels.models.bulk import ItemState
from channels.services.bulk_items import count_items, tell_bulk
from channels.services.connect import connect, it_answers, it_is_down
from channels.services.guarded import Guarded, NotUnderstood
from channels.services.items import items_to_publish, items_to_push
from channels.services.snapshot import restate
from channels.services.unlist import OFF
from inventory.acts import Act
from inventory.outages import is_away
from inventory.pauses import asked_pause
from inventory.services.heartbeats import beat

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
MAX_ATTEMPTS = 8
STUMBLED = "It stopped with an error, which is in the log."
NOTHING_SAID = "The shop said nothing of it."
MAX_SKU = 100
NOT_TAKEN_OFF = "It could not be taken off."


def send(channel: Channel, *, at: datetime) -> int:
    """Send the next batch of a channel; return how many listings it was about.

    Nothing is sent while another worker does, while the shop is left alone, or when it is off.
    """
    if not _lease(channel, at=at):
        return 0
    try:
        if not _due(channel, at=at).exists():
            return 0
        connector = connect(channel)
        batch = _take_up(channel, connector.max_batch, at=at)
        if not batch:
            return 0
        _tell(connector, channel, batch, at=at)
        it_answers(channel)
        return len(batch)
    except (ConnectorError, NotConnected) as error:
        it_is_down(channel, error, at=at)
        return 0
    finally:
        Channel.objects.filter(pk=channel.pk).update(busy_until=None)


def retry(channel: Channel, *, act: Act, listing_ids: Sequence[int] | None = None) -> int:
    """Try again what was given up; return how many messages."""
    dead = Outgoing.objects.filter(channel=channel, is_dead=True)
    if listing_ids is not None:
        dead = dead.filter(listing__in=listing_ids)
    return dead.update(is_dead=False, attempts=0, due_at=act.at, last_error="")


def _lease(channel: Channel, *, at: datetime) -> bool:
    free = Q(busy_until=None) | Q(busy_until__lt=at)
    due = Q(next_try_at=None) | Q(next_try_at__lte=at)
    rows = Channel.objects.filter(free, due, pk=channel.pk, is_active=True).exclude(connector="")
    return bool(rows.update(busy_until=at + LEASE))


def _due(channel: Channel, *, at: datetime) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(channel=channel, is_dead=False, due_at__lte=at)


@transaction.atomic
def _take_up(channel: Channel, most: int, *, at: datetime) -> list[Outgoing]:
    """Return the next messages, noted as told, in the order in which their listings are locked."""
    lock_channel(channel.pk)
    batch = _next_batch(channel, at=at)[:most]
    untold = Outgoing.objects.filter(pk__in=[entry.pk for entry in batch], is_untold=True)
    Outgoing.objects.filter(pk__in=lock_messages(untold)).update(is_untold=False)
    return sorted(batch, key=lambda entry: entry.listing_id)


def _next_batch(channel: Channel, *, at: datetime) -> list[Outgoing]:
    """Return the next messages that ask for one thing; listings go before quantities."""
    rows = (
        _due(channel, at=at)
        .order_by("pk")
        .select_related("listing__variant__product", "listing__channel")
    )
    if entries := list(rows.filter(kind=OutgoingKind.LISTING)[:100]):
        leaves = entries[0].listing.is_leaving
        return [entry for entry in entries if entry.listing.is_leaving is leaves]
    while entries := list(rows.filter(kind=OutgoingKind.QUANTITY)[:100]):
        if staying := [entry for entry in entries if _is_told_of_units(entry.listing)]:
            return staying
        Outgoing.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    return []


def _is_told_of_units(listing: Listing) -> bool:
    """Return whether the shop sells it; what was taken off since is not spoken of any more."""
    return listing.is_published and not listing.is_leaving


def _tell(connector: Guarded, channel: Channel, batch: Sequence[Outgoing], *, at: datetime) -> None:
    """Tell the shop of a batch, and keep what came of it.

    Where that meets an error nobody anticipated, each message is told alone: the one that does it
    keeps the error and stops no other.

    :raises ConnectorError: the shop did not answer.
    """
    try:
        _record(channel, batch, _ask(connector, channel, batch, at=at), at=at)
    except Exception as error:
        is_foreseen = isinstance(error, ConnectorError) and not isinstance(error, NotUnderstood)
        if is_foreseen or is_away(error):
            raise
        logger.exception("%s messages to %s met an error", len(batch), channel.slug)
        if len(batch) == 1:
            only = batch[0]
            _record(channel, batch, {only.listing_id: _stumbled(only, STUMBLED)}, at=at)
            return
        for entry in batch:
            beat()
            Channel.objects.filter(pk=channel.pk).update(busy_until=timezone.now() + LEASE)
            _tell(connector, channel, [entry], at=at)


def _stumbled(entry: Outgoing, words: str) -> tuple[None, Outcome]:
    """Return what came of a message that met an error: it is tried again, not for ever."""
    listing = entry.listing
    return None, Outcome(
        ref=listing.pk,
        remote_id=listing.remote_id,
        remote_parent_id=listing.remote_parent_id,
        error=words,
        is_final=False,
    )


def _ask(
    connector: Guarded, channel: Channel, batch: Sequence[Outgoing], *, at: datetime
) -> dict[int, tuple[Item | None, Outcome]]:
    """Tell the shop; return what was said and what came of it, by listing."""
    listings = [entry.listing for entry in batch]
    if batch[0].kind == OutgoingKind.LISTING:
        items = items_to_publish(channel, listings, at=at)
        say = connector.withdraw if _takes_off(batch[0]) else connector.publish
        outcomes = say(list(items.values()))
    else:
        items = items_to_push(channel, listings, at=at)
        outcomes = connector.push_quantities(list(items.values()))
    said = {one.ref: (items[one.ref], one) for one in outcomes if one.ref in items}
    silent = [entry for entry in batch if entry.listing_id not in said]
    return said | {entry.listing_id: _stumbled(entry, NOTHING_SAID) for entry in silent}


def _takes_off(entry: Outgoing) -> bool:
    """Return whether a message, as it was read, asks for its listing to be taken off."""
    return entry.kind == OutgoingKind.LISTING and entry.listing.is_leaving


@transaction.atomic
def _record(
    channel: Channel,
    batch: Sequence[Outgoing],
    outcomes: Mapping[int, tuple[Item | None, Outcome]],
    *,
    at: datetime,
) -> None:
    for entry in batch:
        item, outcome = outcomes[entry.listing_id]
        if outcome.error or item is None:
            _keep_for_later(entry, outcome, at=at)
        else:
            _keep_as_said(entry, item, outcome, at=at)
    skus = {entry.listing_id: entry.listing.variant.sku for entry in batch}
    words = "Taken off." if _takes_off(batch[0]) else ""
    ChannelLog.objects.bulk_create(
        ChannelLog(
            channel=channel,
            listing_id=outcome.ref,
            kind=batch[0].kind,
            label=skus[outcome.ref],
            is_ok=not outcome.error,
            message=outcome.error or f"{outcome.note} {words}".strip(),
            sent=outcome.sent or None,
            answered=outcome.answered or None,
            at=at,
        )
        for _item, outcome in outcomes.values()
    )
    for job_id in {entry.job_id for entry in batch if entry.job_id}:
        count_items(job_id)


def _keep_as_said(entry: Outgoing, item: Item, outcome: Outcome, *, at: datetime) -> None:
    """Note what the shop has now; what was changed meanwhile stays in the outbox."""
    listing = Listing.objects.filter(pk=entry.listing_id)
    if _takes_off(entry):
        listing.update(**_taken_off(outcome))
    elif entry.kind == OutgoingKind.QUANTITY:
        listing.update(**_remote(item, outcome, at=at))
    else:
        listing.update(
            **_remote(item, outcome, at=at),
            status=ListingStatus.LISTED,
            error="",
            published_at=at,
            published_backorder=entry.listing.backorder_to_be,
            published_price=item.price,
            published_title=item.product_title,
            published_variant_title=item.variant_title,
            drift="",
            version=F("version") + 1,
        )
        restate("l.id = %s", [entry.listing_id])
    if entry.kind == OutgoingKind.LISTING:
        tell_bulk(entry, ItemState.LISTED, "")
    taken, _ = Outgoing.objects.filter(pk=entry.pk, changes=entry.changes).delete()
    if not taken:
        Outgoing.objects.filter(pk=entry.pk).update(attempts=0, due_at=at)
    elif _takes_off(entry):
        listing.update(is_leaving=False)


def _remote(item: Item, outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """Return what is kept of where an item is in the shop, and of the units that it has there."""
    return {
        "remote_id": outcome.remote_id or item.remote_id,
        "remote_parent_id": outcome.remote_parent_id or item.remote_parent_id,
        "remote_sku": (outcome.remote_sku or item.remote_sku)[:MAX_SKU],
        "pushed_quantity": outcome.quantity if (outcome.quantity or 0) >= 0 else 0,
        "pushed_at": at,
    }


def _taken_off(outcome: Outcome) -> dict[str, Any]:
    """Return a listing that shoppers see no more; where it is there, it is found the next time.

    Whether it still leaves is for the message to say: somebody may wish otherwise meanwhile.
    """
    off = {name: value for name, value in OFF.items() if name != "is_leaving"}
    place = {"remote_id": outcome.remote_id, "remote_parent_id": outcome.remote_parent_id}
    return {**off, **place, "version": F("version") + 1}


def _keep_for_later(entry: Outgoing, outcome: Outcome, *, at: datetime) -> None:
    """Note what went wrong; what is not worth trying again, or was tried too often, is given up.

    What somebody changed meanwhile is tried again as it is now, whatever came of this.
    """
    attempts = entry.attempts + 1
    is_dead = outcome.is_final or attempts >= MAX_ATTEMPTS
    pause = asked_pause(attempts, outcome.retry_after)
    words = f"{NOT_TAKEN_OFF} {outcome.error}" if _takes_off(entry) else outcome.error
    listing = Listing.objects.filter(pk=entry.listing_id)
    listing.update(remote_id=outcome.remote_id, remote_parent_id=outcome.remote_parent_id)
    kept = Outgoing.objects.filter(pk=entry.pk, changes=entry.changes).update(
        attempts=attempts, is_dead=is_dead, due_at=at + pause, last_error=words
    )
    if kept and is_dead and entry.kind == OutgoingKind.LISTING:
        listing.update(status=ListingStatus.FAILED, error=words, version=F("version") + 1)
        tell_bulk(entry, ItemState.FAILED, words)
