"""The snapshot that List and Update take: one formula, in SQL, for one listing and for a million.

`where` is a condition over `l` (listings), `v` (variants), `p` (products) and `c` (channels).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.sql import moment, run

_TO_BE = {
    "published_price": "COALESCE(l.price, v.price)",
    "published_title": "p.title",
    "published_variant_title": "v.title",
    "published_backorder": (
        "CASE WHEN NOT c.allow_out_of_stock_purchases THEN 'channel'"
        " WHEN {allow} THEN 'allowed' ELSE 'listing' END"
    ),
}
"""What would be published now, by column; `{allow}` is *Allow backorder* of the listing."""

_FROM = (
    "FROM inventory_variant v JOIN inventory_product p ON p.id = v.product_id"
    " CROSS JOIN channels_channel c {more}"
    " WHERE v.id = l.variant_id AND c.id = l.channel_id"
)
_DIFFERS = " OR ".join(
    f"l.{column} <> {value.format(allow='l.allow_backorder')}" for column, value in _TO_BE.items()
)
_STATUS = f"CASE WHEN {_DIFFERS} THEN 'changed' ELSE 'listed' END"


def take_snapshot(
    where: str, parameters: Sequence[Any], *, at: datetime, items: str | None = None
) -> int:
    """Publish what these listings say now; return how many were.

    With `items`, a table `i` of a bulk listing, what it says of *Allow backorder* is taken over.
    """
    allow = "i.allow_after" if items else "l.allow_backorder"
    values = ", ".join(
        f"{column} = {value.format(allow=allow)}" for column, value in _TO_BE.items()
    )
    source = _FROM.format(more=f"CROSS JOIN {items}" if items else "")
    return run(
        f"UPDATE channels_listing AS l SET {values}, allow_backorder = {allow},"  # noqa: S608
        " published_at = %s, status = 'listed', error = '', version = l.version + 1"
        f" {source} AND {where}",
        [moment(at), *parameters],
    )


def restate(where: str, parameters: Sequence[Any]) -> int:
    """Say of published listings whether something of them is not published yet.

    One that failed stays so until it is tried again, one that is being taken off until it is
    listed again. Return how many changed their status.
    """
    return run(
        f"UPDATE channels_listing AS l SET status = {_STATUS} {_FROM.format(more='')} AND {where}"  # noqa: S608
        f" AND l.status IN ('listed', 'changed') AND NOT l.is_leaving AND l.status <> {_STATUS}",
        parameters,
    )
