"""What programs do at the same moment to one order of a shop, and what takes the locks away."""

from django.utils import timezone

from channels.models import Channel
from orders.models import CapturedOrder
from orders.services.capture import record, recording, settle
from tests.orders.capture.conftest import line, remote
from tests.races.actions import without_locks

READ = "tests.orders.capture.deeds.read"
"""Where a program knows what was known, and wrote nothing yet."""

WRITTEN = "tests.orders.capture.deeds.written"
"""Where one program wrote, and the other one is about to."""

ASKED = "orders.services.capture.recording._inserted"
"""Where a program knows that the order is new."""

FOLLOWED = "orders.services.capture.settling.place_order"
"""Where a program decided to sell the order."""


def read():
    """Stand between reading and writing."""


def written():
    """Stand between the writing of one and of the other."""


def told(status, *, minute=0):
    """Record what a shop says; return whether it was news."""
    channel = Channel.objects.get(slug="outlet")
    said = remote(status, line("mug", 2), at=minute)
    return record(channel, said, at=timezone.now()).is_news


def told_and_settled(status):
    told(status)
    return settled()


def settled():
    """Settle the only order; return what became of it."""
    return settle(CapturedOrder.objects.get(), at=timezone.now()).state


def told_standing(status, *, minute, writes_first):
    """Record what a shop says; between reading and writing stand where the other one can come."""
    take_over = recording._take_over

    def standing(row, said):
        read()
        if not writes_first:
            written()
        take_over(row, said)

    recording._take_over = standing
    try:
        return told(status, minute=minute)
    finally:
        if writes_first:
            written()


def looked_up_first():
    """Insert what was not there a moment ago, as a careless program does."""
    without_locks()
    recording._inserted = _plainly


def _plainly(channel, external_id, said, *, at):
    row = CapturedOrder(channel=channel, external_id=external_id, received_at=at)
    row.status, row.placed_at = said.status, said.placed_at
    recording._take_over(row, said)
    row.save(force_insert=True)
    return row
