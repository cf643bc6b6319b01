"""Whether what is written once and never altered is as it was: seals, answers, mails sent."""

from collections.abc import Iterator

from django.db.models import Q

from inventory.models import OutgoingMail
from inventory.services.once import altered
from inventory.services.seals import broken_seals
from orders.services.reconcile.breach import Breach, Check


def _seals() -> Iterator[Breach]:
    """Find rows of ledger, history and time lines that are not what was sealed."""
    for one in broken_seals():
        yield Breach(one.name, f"rows {one.first} to {one.last}", one.text)


def _answers() -> Iterator[Breach]:
    """Find answers to programs that are not what was answered."""
    for row in altered():
        yield Breach("idempotency", row.key, "the answer was altered")


def _mails() -> Iterator[Breach]:
    """Find mails that are marked as sent and that nobody sent."""
    sent = OutgoingMail.objects.filter(sent_at__isnull=False)
    for mail in sent.filter(Q(attempts=0) | ~Q(last_error="")).order_by("pk"):
        yield Breach("mail", f"mail {mail.pk}", "is marked as sent, and nobody sent it")


CHECKS: tuple[Check, ...] = (_seals, _answers, _mails)
