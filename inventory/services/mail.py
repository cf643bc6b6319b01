"""Mails: written with the change that causes them, sent by the worker after it."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from inventory.mail_addresses import is_sendable
from inventory.models import OutgoingMail
from inventory.pauses import LONGEST_PAUSE, pause_after
from inventory.services.units import each, storable, words_of

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 30
"""In about a day."""

AT_ONCE = 500
"""Mails that one tick sends, so that what else is due has its turn."""

NO_ADDRESS = "Nobody can write to this address."


def queue_mail(*, to: str, subject: str, text: str, html: str) -> OutgoingMail:
    """Write a mail into the outbox, in the transaction of the change; the worker sends it."""
    return OutgoingMail.objects.create(to=to, subject=subject, text=text, html=html)


def send_queued_mails(*, at: datetime) -> int:
    """Send what waits in the outbox and is due, oldest first; return how many mails went out.

    At least once: a worker that dies between sending and noting it sends again. A mail that fails,
    whatever the reason, keeps its error and is tried again after a while, `MAX_ATTEMPTS` times in
    all; one to an address that nobody can write to is given up at once. A server that is not
    there is asked once, so that what else is due does not wait for it.
    """
    is_there = True

    def send(mail_id: int) -> bool:
        nonlocal is_there
        if not is_there:
            return False
        try:
            return _send(mail_id, at=at)
        except OSError:
            is_there = False
            return False

    return each("mail", due_mails(at=at)[:AT_ONCE], send, at=at, most=AT_ONCE)


def due_mails(*, at: datetime) -> QuerySet[OutgoingMail]:
    """Return the mails that are to be sent now, in this order."""
    unsent = OutgoingMail.objects.filter(sent_at=None, attempts__lt=MAX_ATTEMPTS)
    # A clock that was ahead delays no mail for longer than a failure does.
    is_due = Q(due_at__lte=at) | Q(due_at__gt=at + LONGEST_PAUSE)
    return unsent.filter(is_due).order_by("pk")


def given_up() -> QuerySet[OutgoingMail]:
    """Return the mails that are not tried any more."""
    return OutgoingMail.objects.filter(sent_at=None, attempts__gte=MAX_ATTEMPTS)


def try_again(mails: QuerySet[OutgoingMail], *, at: datetime) -> int:
    """Have mails that were not sent tried again, from now on; return how many."""
    return mails.filter(sent_at=None).update(attempts=0, due_at=at)


def _send(mail_id: int, *, at: datetime) -> bool:
    """Send a mail, unless another worker does; return whether it went out.

    :raises OSError: the mail server cannot be reached; the mail is tried again later.
    """
    with transaction.atomic():
        rows = OutgoingMail.objects.filter(pk=mail_id, sent_at=None)
        mail = rows.select_for_update(skip_locked=True).first()
        if mail is None:
            return False
        if not is_sendable(mail.to):
            rows.update(attempts=MAX_ATTEMPTS, last_error=NO_ADDRESS)
            return False
        error = _error_of(mail)
        if error is None:
            rows.update(attempts=F("attempts") + 1, sent_at=timezone.now(), last_error="")
            return True
        rows.update(
            attempts=F("attempts") + 1,
            due_at=at + pause_after(mail.attempts + 1),
            last_error=storable(str(error)) or words_of(error),
        )
    if isinstance(error, OSError) and not isinstance(error, SMTPException):
        raise error
    return False


def _error_of(mail: OutgoingMail) -> Exception | None:
    """Hand a mail over to the mail server; return what it met, nothing when it went out."""
    try:
        message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("Mail %s was not sent: %s", mail.pk, error)
        return error
    except Exception as error:
        logger.exception("Mail %s could not be made", mail.pk)
        return error
    return None
