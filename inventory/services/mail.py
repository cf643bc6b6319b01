"""Mails: written with the change that causes them, sent by the worker after it."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from inventory.models import OutgoingMail
from inventory.pauses import pause_after

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 30
"""In about a day."""


def queue_mail(*, to: str, subject: str, text: str, html: str) -> OutgoingMail:
    """Write a mail into the outbox, in the transaction of the change; the worker sends it."""
    return OutgoingMail.objects.create(to=to, subject=subject, text=text, html=html)


def send_queued_mails(*, at: datetime) -> int:
    """Send what waits in the outbox and is due, oldest first; return how many mails went out.

    At least once: a worker that dies between sending and noting it sends again. A mail that fails
    keeps its error and is tried again after a while, `MAX_ATTEMPTS` times in all.
    """
    unsent = OutgoingMail.objects.filter(sent_at=None, attempts__lt=MAX_ATTEMPTS, due_at__lte=at)
    sent = 0
    for mail_id in list(unsent.order_by("pk").values_list("pk", flat=True)[:500]):
        sent += _send(mail_id, at=at)
    return sent


def given_up() -> QuerySet[OutgoingMail]:
    """Return the mails that are not tried any more."""
    return OutgoingMail.objects.filter(sent_at=None, attempts__gte=MAX_ATTEMPTS)


def try_again(mails: QuerySet[OutgoingMail], *, at: datetime) -> int:
    """Have mails that were not sent tried again, from now on; return how many."""
    return mails.filter(sent_at=None).update(attempts=0, due_at=at)


def _send(mail_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        rows = OutgoingMail.objects.filter(pk=mail_id, sent_at=None)
        mail = rows.select_for_update(skip_locked=True).first()
        if mail is None:
            return False
        try:
            message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
            if mail.html:
                message.attach_alternative(mail.html, "text/html")
            message.send()
        except (OSError, SMTPException) as error:
            logger.warning("Mail %s was not sent: %s", mail.pk, error)
            rows.update(
                attempts=F("attempts") + 1,
                due_at=at + pause_after(mail.attempts + 1),
                last_error=str(error),
            )
            return False
        rows.update(attempts=F("attempts") + 1, sent_at=timezone.now(), last_error="")
        return True
