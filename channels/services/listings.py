"""Listings as they are edited: each variant has one in every channel that lists."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels.models import DIRECT, Channel, Listing
from channels.services.publish import publish_automatically
from channels.services.snapshot import restate
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.locks import lock_row
from inventory.services.changes import refuse_stale, save_changes
from inventory.sql import among, run

LISTING_FIELDS = ("allow_backorder", "price")

_ADD = """
INSERT INTO channels_listing
  (channel_id, variant_id, allow_backorder, status, error, published_backorder, published_title,
   published_variant_title, remote_id, remote_parent_id, version)
SELECT c.id, v.id, %s, 'unlisted', '', '', '', '', '', '', 1
FROM inventory_variant v CROSS JOIN channels_channel c
WHERE c.slug <> %s AND {where}
ORDER BY c.id, v.id
ON CONFLICT (channel_id, variant_id) DO NOTHING
"""


def add_listings(where: str, parameters: Collection[Any]) -> int:
    """Make the listings that are missing, unlisted; `where` speaks of `v` and `c`."""
    return run(_ADD.format(where=where), [True, DIRECT, *parameters])


def add_variants(variant_ids: Collection[int]) -> int:
    """Make the listings of new variants, in every channel."""
    return add_listings(*among("v.id", variant_ids)) if variant_ids else 0


@transaction.atomic
def edit_listing(*, listing: Listing, changes: Mapping[str, Any], act: Act) -> Listing:
    """Change a listing as it is to be; shoppers see it once it is listed or updated.

    In a channel that publishes automatically that is at once, when it is listed already.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value, or *Allow backorder* is changed in a
        channel that does not allow users to purchase out of stock items.
    """
    listing = lock_row(listing)
    refuse_stale(listing, act)
    channel = Channel.objects.get(pk=listing.channel_id)
    wanted = changes.get("allow_backorder", listing.allow_backorder)
    if wanted != listing.allow_backorder and not channel.allow_out_of_stock_purchases:
        raise InvalidChange({"allow_backorder": not_while_off(channel)})
    save_changes(listing, changes, act=act, allowed=LISTING_FIELDS)
    restate("l.id = %s", [listing.pk])
    publish_automatically("l.id = %s", [listing.pk], at=timezone.now())
    return Listing.objects.for_page().get(pk=listing.pk)


def not_while_off(channel: Channel) -> str:
    """Return why *Allow backorder* cannot be changed. Source: Cin7 Core, the same rule."""
    return (
        f"Allow users to purchase out of stock items is off in {channel}: turn it on in the setup "
        "of the channel first."
    )


def describe_anew(variant_ids: Collection[int]) -> None:
    """Note other titles or prices of variants: what was published of them may be outdated."""
    where, parameters = among("l.variant_id", variant_ids)
    if restate(where, parameters):
        publish_automatically(where, parameters, at=timezone.now())
