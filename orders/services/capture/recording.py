"""Recording what a shop says of an order: once, however often and in whatever order it comes."""

import hashlib
import json
import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import IntegrityError, transaction

from channels.connectors.base import RemoteLine, RemoteOrder
from channels.models import Channel
from orders.models import CapturedOrder, RemoteStatus

RANKS = {status: rank for rank, status in enumerate(RemoteStatus.values)}
MAX_ID = 120
MOST = Decimal(10) ** 20
CENT = Decimal("0.01")

_BROKEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@transaction.atomic
def record(channel: Channel, remote: RemoteOrder, *, at: datetime) -> CapturedOrder:
    """Keep what a shop says of an order; `is_news` of the answer says whether it changed anything.

    What is older than what is known changes nothing, and the same again neither. Of two messages
    of one instant the one that can be read counts, and of those the one that is further: shops
    keep whole seconds, in which an order may be placed and paid.
    """
    external_id = external_id_of(remote)
    row = _known(channel, external_id)
    if row is None:
        row = _inserted(channel, external_id, remote, at=at)
        if row is not None:
            return row
        row = lock_captured(channel=channel, external_id=external_id)
    if not _is_newer(remote, row):
        return row
    _take_over(row, remote)
    row.version += 1
    row.save(force_update=True)
    return row


def lock_captured(**where: Any) -> CapturedOrder:
    """Return one captured order, locked, with its channel and its order.

    :raises CapturedOrder.DoesNotExist: there is none.
    :raises TransactionManagementError: outside a transaction.
    """
    rows = CapturedOrder.objects.select_related("channel", "order")
    return rows.select_for_update(of=("self",), no_key=True).get(**where)


def external_id_of(remote: RemoteOrder) -> str:
    """Return the shop's ID of an order; of one that has none to be kept, a name made of it."""
    given = one_line_of(remote.external_id, MAX_ID)
    if given and given == remote.external_id:
        return given
    said = json.dumps([remote.external_id, remote.number, remote.raw], sort_keys=True, default=str)
    return f"?{hashlib.sha256(said.encode(errors='replace')).hexdigest()[:24]}"


def one_line_of(text: str, longest: int) -> str:
    """Return a text without line breaks and control characters, at most so long."""
    return " ".join(_BROKEN.sub(" ", text).split())[:longest].strip()


def contents_of(row: CapturedOrder) -> list[list[Any]]:
    """Return what is ordered: the shop's SKU and the units of each line."""
    return sorted([line["sku"], line["quantity"]] for line in row.lines)


def _known(channel: Channel, external_id: str) -> CapturedOrder | None:
    try:
        return lock_captured(channel=channel, external_id=external_id)
    except CapturedOrder.DoesNotExist:
        return None


def _inserted(
    channel: Channel, external_id: str, remote: RemoteOrder, *, at: datetime
) -> CapturedOrder | None:
    """Insert an order that is new; `None`: its twin was inserted at this moment."""
    row = CapturedOrder(
        channel=channel,
        external_id=external_id,
        number=one_line_of(remote.number, MAX_ID),
        status=remote.status,
        placed_at=remote.placed_at,
        received_at=at,
    )
    _take_over(row, remote)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _is_newer(remote: RemoteOrder, row: CapturedOrder) -> bool:
    theirs = (remote.changed_at, not remote.problem, RANKS[remote.status])
    return theirs > (row.changed_at, not row.unreadable, RANKS[row.status])


def _take_over(row: CapturedOrder, remote: RemoteOrder) -> None:
    """Take the shop's word; of an order that cannot be read only that, and what it said."""
    row.changed_at, row.raw, row.unreadable = remote.changed_at, remote.raw, remote.problem
    row.is_settled, row.is_news = False, True
    if remote.problem:
        return
    lines = [_line(line) for line in remote.lines]
    row.mended = _still_mended(row, lines)
    row.lines = lines
    row.skus = "\n".join(["", *(line["sku"] for line in lines), ""])
    row.number = one_line_of(remote.number, MAX_ID)
    row.status = remote.status
    row.customer_name = one_line_of(remote.customer_name, 200)
    row.customer_email = one_line_of(remote.customer_email, 254)
    row.currency = one_line_of(remote.currency, 10)
    row.total = max(-MOST, min(remote.total, MOST)).quantize(CENT, ROUND_HALF_UP)
    row.shipping = max(Decimal(0), min(remote.shipping, MOST)).quantize(CENT, ROUND_HALF_UP)
    row.placed_at = remote.placed_at


def _line(line: RemoteLine) -> dict[str, Any]:
    return {
        "sku": one_line_of(line.sku, 200),
        "title": one_line_of(line.title, 500),
        "quantity": line.quantity,
        "unit_price": f"{line.unit_price.quantize(CENT, ROUND_HALF_UP):f}",
    }


def _still_mended(row: CapturedOrder, lines: list[dict[str, Any]]) -> dict[str, str]:
    """Return the SKUs chosen for lines that are what they were."""
    return {
        position: sku
        for position, sku in row.mended.items()
        if (place := int(position)) < len(lines)
        and all(row.lines[place][name] == lines[place][name] for name in ("sku", "title"))
    }
