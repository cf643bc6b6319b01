"""What staff do about a captured order: choose a SKU, try again, or leave it be."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import Variant
from inventory.services.changes import refuse_stale
from inventory.services.history import record_differences
from orders.errors import NotPossible
from orders.models import CapturedOrder, CapturedState, RemoteStatus
from orders.reasons import Reason
from orders.services.capture.recording import contents_of, lock_captured
from orders.services.capture.settling import settle


@transaction.atomic
def mend(captured: CapturedOrder, skus: Mapping[int, str], *, act: Act) -> CapturedOrder:
    """Choose our SKU for lines, by position from 0, for this order alone, and try again.

    :raises InvalidChange: naming each line, as `sku-0`, whose SKU is not known.
    :raises NotPossible: it is an order of ours already, or has no such line.
    :raises StaleChange: it is not the version that was seen.
    """
    row = lock_captured(pk=captured.pk)
    refuse_stale(row, act)
    if row.order is not None:
        raise NotPossible(Reason.ALREADY_PLACED, order=row.order.number)
    if not all(0 <= position < len(row.lines) for position in skus):
        raise NotPossible(Reason.LINE_NOT_IN_ORDER)
    known = Variant.objects.by_sku(skus.values())
    errors = {
        f"sku-{position}": f"There is no SKU “{sku}” here."
        for position, sku in skus.items()
        if sku not in known
    }
    if errors:
        raise InvalidChange(errors)
    chosen = {str(position): sku for position, sku in skus.items()}
    before, row.mended = row.mended, {**row.mended, **chosen}
    record_differences(row, {"mended": before}, act=act, version=row.version + 1)
    return _anew(row, at=act.at)


@transaction.atomic
def try_again(captured: CapturedOrder, *, act: Act) -> CapturedOrder:
    """Settle an order that needs attention, or one that was dismissed, anew.

    :raises NotPossible: there is nothing to try again.
    :raises StaleChange: it is not the version that was seen.
    """
    row = lock_captured(pk=captured.pk)
    refuse_stale(row, act)
    if row.state != CapturedState.NEEDS_ATTENTION and not row.is_dismissed:
        raise NotPossible(Reason.NOTHING_TO_TRY)
    return _anew(row, at=act.at)


@transaction.atomic
def dismiss(captured: CapturedOrder, *, act: Act) -> CapturedOrder:
    """Leave an order that needs attention as it is here, and remember who decided so.

    One that is no order of ours yet is canceled. An order of ours stays, and so does what it sells:
    the shop's newest word counts as followed.

    :raises NotPossible: it needs no attention.
    :raises StaleChange: it is not the version that was seen.
    """
    row = lock_captured(pk=captured.pk)
    refuse_stale(row, act)
    if row.state not in {CapturedState.NEEDS_ATTENTION, CapturedState.PENDING}:
        raise NotPossible(Reason.NEEDS_NO_ATTENTION)
    is_kept = row.order is not None and row.status != RemoteStatus.CANCELED
    before = {"state": row.state, "problem": row.problem}
    row.state = CapturedState.CAPTURED if is_kept else CapturedState.CANCELED
    row.problem, row.unreadable = "", ""
    row.settled_status, row.booked = row.status, contents_of(row)
    row.dismissed_by, row.dismissed_at = act.by[:150], act.at
    row.is_settled, row.settled_at = True, act.at
    row.version += 1
    row.save(force_update=True)
    record_differences(row, before, act=act, version=row.version)
    return row


def _anew(row: CapturedOrder, *, at: datetime) -> CapturedOrder:
    row.dismissed_by, row.dismissed_at, row.is_settled = "", None, False
    row.version += 1
    row.save(force_update=True)
    return settle(row, at=at)
