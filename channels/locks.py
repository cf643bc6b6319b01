"""Row locks of channels, listings and messages: the channel, then each kind by listing.

Whoever writes many messages writes them in the order of their listings, too.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from channels.models import Channel, Outgoing
from inventory.objects import lock_clause
from inventory.sql import fetch


def lock_channel(channel_id: int) -> Channel:
    """Return a channel, locked and read anew: meanwhile no worker begins to talk to its shop.

    :raises TransactionManagementError: outside a transaction.
    """
    return Channel.objects.select_for_update(of=("self",), no_key=True).get(pk=channel_id)


def lock_listings(where: str, parameters: Sequence[Any]) -> list[int]:
    """Lock the listings that a condition over `l` names; return their keys, lowest first.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = fetch(
        "SELECT t.id FROM channels_listing t WHERE t.id IN"  # noqa: S608
        f" (SELECT l.id FROM channels_listing l WHERE {where}) ORDER BY t.id{lock_clause()}",
        parameters,
    )
    return [key for (key,) in rows]


def lock_messages(messages: QuerySet[Outgoing]) -> list[int]:
    """Lock messages of the outbox; return their keys.

    :raises TransactionManagementError: outside a transaction.
    """
    rows = messages.order_by("listing", "kind").select_for_update(of=("self",))
    return list(rows.values_list("pk", flat=True))
