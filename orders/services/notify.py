"""Telling one customer by hand how long they wait."""

from django.db import transaction

from inventory.acts import Act
from orders.errors import NotPossible
from orders.event_kinds import EventKind
from orders.models import Order, OrderEvent, OrderLine
from orders.reasons import Reason
from orders.services.mails import mail_promise_changed
from orders.services.promises import lines_that_wait


@transaction.atomic
def notify_customer(*, order: Order, act: Act) -> None:
    """Write a mail with the day of each line that waits, also where the day did not change.

    What was told is kept, so that the same news is not told again.

    :raises NotPossible: nothing of the order waits, or it has no e-mail address.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    waiting = lines_that_wait(order, at=act.at)
    changes = [(line, line.told_at, line.promised_at) for line in waiting]
    if not changes:
        raise NotPossible(Reason.NOTHING_WAITS, order=order.number)
    if mail_promise_changed(order, changes) is None:
        raise NotPossible(Reason.NO_EMAIL, order=order.number)
    for line, _told, now in changes:
        OrderLine.objects.filter(pk=line.pk).update(told_at=now, told_ready=False)
    Order.objects.filter(pk=order.pk).update(promise_notice_due=False)
    OrderEvent.objects.create(order=order, at=act.at, by=act.by, kind=EventKind.WAIT_TOLD)
