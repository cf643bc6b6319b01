"""Unlist: an item is taken off a channel, and can be listed again as it was edited.

In a channel without a connector that is at once. A shop elsewhere is told through the outbox, and
the item stays published here until that shop was asked again and does not sell it any more.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from channels.locks import lock_channel, lock_listings, lock_messages
from channels.models import Channel, Listing, ListingStatus, Outgoing, OutgoingKind
from channels.models.bulk import BulkAction
from channels.services.bulk_items import overtake
from channels.services.publish import enqueue
from inventory.acts import Act
from inventory.models import ChangeSet, ChangeSetRow, Job
from inventory.services.history import CHANGE_COLUMNS, open_change_set
from inventory.sql import among, insert_rows

OFF: Mapping[str, Any] = {
    "status": ListingStatus.UNLISTED,
    "error": "",
    "published_at": None,
    "published_backorder": "",
    "published_price": None,
    "published_title": "",
    "published_variant_title": "",
    "is_leaving": False,
    "pushed_quantity": None,
    "pushed_at": None,
    "drift": "",
}
"""A listing that shoppers do not see. What is edited of it stays, and its place in the shop."""

SHOWN = ("published_backorder", "published_price", "published_title", "published_variant_title")
"""What the history keeps of how shoppers saw a listing."""

SIDE = ("allow_backorder", "status", *SHOWN)


@transaction.atomic
def unlist(*, channel: Channel, listing_ids: Collection[int], act: Act) -> int:
    """Take these listings off a channel; return how many were taken up. It is recorded.

    :raises NotInChannel: the channel has no listings.
    """
    channel.refuse_without_listings()
    channel = lock_channel(channel.pk)
    keys = lock_to_take_off(channel, *among("l.id", listing_ids))
    if keys:
        remember(
            open_change_set(ChangeSet.Kind.EDIT, act=act, label=_label(channel, keys)).pk, keys
        )
        take_off(channel, keys, at=act.at)
    return len(keys)


def to_take_off(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """Return those that are listed, or on their way there, and not on their way off already."""
    coming = Outgoing.objects.filter(listing=OuterRef("pk"), kind=OutgoingKind.LISTING)
    listed = ~Q(status=ListingStatus.UNLISTED) | Exists(coming)
    return listings.filter(Q(status=ListingStatus.FAILED) | Q(is_leaving=False) & listed)


def can_be_taken_off(listing: Listing) -> bool:
    """Return whether a listing can be taken off."""
    return to_take_off(Listing.objects.filter(pk=listing.pk)).exists()


def lock_to_take_off(channel: Channel, where: str, parameters: Sequence[Any]) -> list[int]:
    """Lock some listings of a channel; return the keys of those that can be taken off.

    `where` speaks of `l`; the channel is locked.
    """
    keys = lock_listings(f"l.channel_id = %s AND {where}", [channel.pk, *parameters])
    rows = to_take_off(Listing.objects.filter(pk__in=keys)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def take_off(
    channel: Channel, keys: Collection[int], *, at: datetime, job: Job | None = None
) -> int:
    """Take listings off; return how many are off already. They and the channel are locked."""
    now = set(_never_told(keys)) if channel.is_remote else set(keys)
    Listing.objects.filter(pk__in=now).update(**OFF, version=F("version") + 1)
    if channel.is_remote:
        _forget(Outgoing.objects.filter(listing__in=now))
        _have_taken_off(sorted(set(keys) - now), at=at, job=job)
        overtake(keys, BulkAction.LIST)
    return len(now)


def _never_told(keys: Collection[int]) -> list[int]:
    """Return the listings of which a shop has certainly not heard; its channel is locked.

    What was sent and not answered may have arrived, and has to be looked for there.
    """
    told = Outgoing.objects.filter(listing=OuterRef("pk"), is_untold=False)
    rows = Listing.objects.filter(pk__in=keys, published_at=None, remote_id="")
    return list(rows.exclude(Exists(told)).values_list("pk", flat=True))


def _have_taken_off(keys: Collection[int], *, at: datetime, job: Job | None) -> None:
    """Have a shop elsewhere told; what is edited of these listings counts for nothing meanwhile."""
    if not keys:
        return
    listings = Listing.objects.filter(pk__in=keys)
    listings.update(is_leaving=True, version=F("version") + 1)
    shown = listings.published().exclude(status=ListingStatus.LISTED)
    shown.update(status=ListingStatus.LISTED, error="")
    _forget(Outgoing.objects.filter(listing__in=keys, kind=OutgoingKind.QUANTITY))
    enqueue(OutgoingKind.LISTING, *among("l.id", keys), at=at, job=job)


def _forget(messages: QuerySet[Outgoing]) -> None:
    Outgoing.objects.filter(pk__in=lock_messages(messages)).delete()


# --- the history --------------------------------------------------------------------------------


def remember(change_set_id: int, keys: Collection[int]) -> None:
    """Record that locked listings are taken off, before they are."""
    rows = Listing.objects.filter(pk__in=keys).select_related("variant", "channel").order_by("pk")
    insert_rows(
        ChangeSetRow,
        CHANGE_COLUMNS,
        (
            (
                *(change_set_id, "listing", row.pk, str(row)[:250]),
                json.dumps(side_of(row)),
                json.dumps({"allow_backorder": row.allow_backorder, "status": "unlisted"}),
                row.version + 1,
            )
            for row in rows
        ),
    )


def side_of(listing: Listing) -> dict[str, Any]:
    """Return a listing as the history keeps it: what is edited, and what shoppers see."""
    price = listing.published_price
    values = {name: getattr(listing, name) for name in SIDE}
    return {**values, "published_price": None if price is None else str(price)}


def _label(channel: Channel, keys: Sequence[int]) -> str:
    if len(keys) == 1:
        return str(Listing.objects.for_page().get(pk=keys[0]))
    return f"{channel}: {len(keys)} items taken off"
