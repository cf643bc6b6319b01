"""Row locks of channels and listings: the channel first, then its listings by primary key.

Whatever becomes of listings waits for its turn here, before a message of the outbox is written.
"""

from collections.abc import Sequence
from typing import Any

from channels.models import Channel
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
