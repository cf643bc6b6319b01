"""Ours against theirs: what a shop elsewhere says now, compared with what it was told.

All of a shop is compared once a day, and some of it once an hour. Each field has a winner. How many
may be sold, and whether on backorder, is ours: what differs an hour later in the same way, when the
shop's own sales have long been fetched, is sent again by itself. So is what has another number
there. The price, the SKU, whether it is for sale, and what was deleted are the shop's, for somebody
may have meant it, until somebody here sends ours again.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from channels.connectors.base import Differing, Item, RemoteItem
from channels.models import Channel, ChannelLog, Listing, LogKind, Outgoing, OutgoingKind
from channels.services.connect import connect
from channels.services.guarded import Guarded
from channels.services.items import items_to_push
from channels.services.publish import enqueue, publish
from inventory.acts import Act
from inventory.sql import among

OURS: frozenset[Differing] = frozenset({"quantity", "backorder", "place"})
"""Where ours wins by itself; of everything else the shop's stays until ours is sent by hand."""

GONE = "It is not in the shop any more."
SENT_AGAIN = "The quantity is sent again."

ALL_EVERY = timedelta(days=1)
SOME_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Compared:
    """How far a comparison is: the last listing, and how many were looked at and differ."""

    through: int
    checked: int = 0
    differing: int = 0


def is_due(
    channel: Channel,
    field: Literal["compared_at", "sampled_at"],
    period: timedelta,
    *,
    at: datetime,
) -> bool:
    """Return whether a channel is to be compared now, for one worker alone.

    The first time is a period after the channel was seen first. A shop that is left alone is not.
    """
    rows = Channel.objects.filter(pk=channel.pk, is_active=True).exclude(connector="")
    if rows.filter(**{field: None}).update(**{field: at}):
        return False
    rows = rows.filter(Q(next_try_at=None) | Q(next_try_at__lte=at))
    return bool(rows.filter(**{f"{field}__lte": at - period}).update(**{field: at}))


def compare_next(channel: Channel, before: Compared, *, at: datetime) -> Compared | None:
    """Compare the next listings that shoppers see; `None`: there are no more.

    What waits to be sent is left out: it is known to differ; so is what is being taken off.

    :raises ConnectorError: the shop does not answer.
    :raises NotConnected: it cannot be asked.
    """
    connector = connect(channel)
    rows = _comparable(channel).filter(pk__gt=before.through).order_by("pk")
    listings = list(rows[: connector.max_batch])
    if not listings:
        return None
    differing = _compare(channel, connector, listings, says_all=True, at=at)
    return Compared(
        through=listings[-1].pk,
        checked=before.checked + len(listings),
        differing=before.differing + differing,
    )


def compare_some(channel: Channel, *, at: datetime) -> int:
    """Compare one batch: half of what is known to differ, the rest from anywhere; return how many.

    :raises ConnectorError: the shop does not answer.
    :raises NotConnected: it cannot be asked.
    """
    connector = connect(channel)
    rows = _comparable(channel)
    doubtful = _from_anywhere(rows.exclude(drift=""), connector.max_batch // 2)
    others = _from_anywhere(rows.filter(drift=""), connector.max_batch - len(doubtful))
    if listings := [*doubtful, *others]:
        _compare(channel, connector, listings, says_all=False, at=at)
    return len(listings)


def send_ours(channel: Channel, listing_ids: Sequence[int], *, act: Act) -> int:
    """Send listings of a channel again, as they are here; return how many."""
    rows = Listing.objects.staying().filter(channel=channel, pk__in=listing_ids)
    return publish(channel=channel, listing_ids=list(rows.values_list("pk", flat=True)), act=act)


def _comparable(channel: Channel) -> QuerySet[Listing]:
    waiting = Outgoing.objects.filter(listing=OuterRef("pk"))
    rows = Listing.objects.staying().for_page().filter(channel=channel)
    return rows.exclude(Exists(waiting))


def _from_anywhere(rows: QuerySet[Listing], most: int) -> list[Listing]:
    """Return so many rows that follow each other, from a row by chance on, and round the end."""
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    start = ends["first"] + secrets.randbelow(ends["last"] - ends["first"] + 1)
    after = list(rows.filter(pk__gte=start).order_by("pk")[:most])
    return after + list(rows.filter(pk__lt=start).order_by("pk")[: most - len(after)])


def _compare(
    channel: Channel,
    connector: Guarded,
    listings: Sequence[Listing],
    *,
    says_all: bool,
    at: datetime,
) -> int:
    """Keep what differs, and send again what is ours to say; return how many differ.

    `says_all`: the log names also what it named before.
    """
    items = items_to_push(channel, listings, at=at)
    found = {row.ref: row for row in connector.read(list(items.values())) if row.ref in items}
    words = {ref: said for ref, row in found.items() if (said := _difference(row))}
    before = {row.pk: row.drift for row in listings}
    again = [ref for ref in words if found[ref].differing & OURS and before[ref] == words[ref]]
    news = [ref for ref in words if says_all or ref in again or before[ref] != words[ref]]
    with transaction.atomic():
        _keep(listings, found, words, items)
        if again:
            enqueue(OutgoingKind.QUANTITY, *_still_sold(again), at=at)
        ChannelLog.objects.bulk_create(
            ChannelLog(
                channel=channel,
                listing_id=ref,
                kind=LogKind.DRIFT,
                label=items[ref].sku,
                is_ok=False,
                message=f"{words[ref]} {SENT_AGAIN if ref in again else ''}".strip(),
                at=at,
            )
            for ref in news
        )
    return len(words)


def _still_sold(keys: Collection[int]) -> tuple[str, list[int]]:
    where, parameters = among("l.id", sorted(keys))
    return f"l.published_at IS NOT NULL AND NOT l.is_leaving AND {where}", list(parameters)


def _keep(
    listings: Sequence[Listing],
    found: Mapping[int, RemoteItem],
    words: Mapping[int, str],
    items: Mapping[int, Item],
) -> None:
    """Keep what differs of each listing, and how the shop writes its SKU where nobody knew."""
    same = [row.pk for row in listings if row.drift and row.pk not in words]
    Listing.objects.filter(pk__in=same).update(drift="")
    for row in listings:
        if words.get(row.pk, "") not in {"", row.drift}:
            Listing.objects.filter(pk=row.pk).update(drift=words[row.pk])
        there = found.get(row.pk)
        if there and there.sku and not row.remote_sku and items[row.pk].is_that(there.sku):
            Listing.objects.filter(pk=row.pk).update(remote_sku=there.sku)


def _difference(row: RemoteItem) -> str:
    """Return what differs, in a sentence; empty where nothing does."""
    return row.difference if row.exists else GONE
