"""Asking shops for their orders: what no webhook told is found, within a minute or so."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from channels.connectors.base import ConnectorError, RemoteOrder
from channels.errors import NotConnected
from channels.models import Channel, LogKind
from channels.services.connect import connect, it_answers, it_is_down, note
from inventory.outages import is_away
from inventory.services.heartbeats import beat
from orders.services.capture.recording import record

logger = logging.getLogger(__name__)

PERIOD = timedelta(minutes=1)
OVERLAP = timedelta(minutes=10)
FIRST_LOOK = timedelta(days=7)
NOT_KEPT = "It cannot be kept as the shop tells it: an error, which is in the log."
BETWEEN_SIGNS = 50
"""Orders; after so many the worker says that it is still at it."""


def fetch_orders_of(channel: Channel, *, at: datetime) -> int:
    """Record the orders that changed since the last time; return how many were news.

    Each time begins 10 minutes before the newest change that was seen, the first one 7 days back:
    recording is idempotent. How far it came is kept only once every page was read. One worker
    does it at a time, and none while the shop is left alone or switched off.
    """
    if not _claimed(channel, at=at):
        return 0
    channel.refresh_from_db(fields=["polled_through"])
    since = channel.polled_through - OVERLAP if channel.polled_through else at - FIRST_LOOK
    try:
        news, newest = _recorded(channel, since=since, at=at)
    except (ConnectorError, NotConnected) as error:
        it_is_down(channel, error, at=at)
        note(channel, LogKind.ORDERS, is_ok=False, message=str(error), at=at)
        return 0
    it_answers(channel)
    if newest is not None:
        _keep_through(channel, min(newest, at))
    if news:
        words = "1 order is new or changed." if news == 1 else f"{news} orders are new or changed."
        note(channel, LogKind.ORDERS, is_ok=True, message=words, at=at)
    return news


def _claimed(channel: Channel, *, at: datetime) -> bool:
    """Return whether this worker is the one that asks, this minute."""
    is_time = Q(polled_at=None) | Q(polled_at__lte=at - PERIOD)
    may_ask = Q(next_try_at=None) | Q(next_try_at__lte=at)
    rows = Channel.objects.filter(is_time, may_ask, pk=channel.pk, is_active=True)
    return bool(rows.exclude(connector="").update(polled_at=at))


def _recorded(channel: Channel, *, since: datetime, at: datetime) -> tuple[int, datetime | None]:
    """Record every order of the shop since then; return how many were news, and the newest change.

    :raises ConnectorError: the shop stopped answering; what it told so far is recorded.
    :raises NotConnected: it cannot be asked.
    """
    news, newest = 0, None
    orders = connect(channel).fetch_orders(changed_since=since)
    for count, order in enumerate(orders, start=1):
        news += _is_news(channel, order, at=at)
        newest = order.changed_at if newest is None else max(newest, order.changed_at)
        if count % BETWEEN_SIGNS == 0:
            beat()
            Channel.objects.filter(pk=channel.pk).update(polled_at=timezone.now())
    return news, newest


def _is_news(channel: Channel, order: RemoteOrder, *, at: datetime) -> bool:
    """Record an order; one that cannot be kept as it is needs attention, and stops no other."""
    try:
        return record(channel, order, at=at).is_news
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("An order of %s could not be kept: %s", channel.slug, order.external_id)
    bare = replace(order, number="", lines=(), raw={}, problem=NOT_KEPT, total=Decimal(0))
    return record(channel, bare, at=at).is_news


def _keep_through(channel: Channel, newest: datetime) -> None:
    """Keep how far the shop was asked; it never goes back."""
    rows = Channel.objects.filter(pk=channel.pk)
    if not rows.filter(polled_through=None).update(polled_through=newest):
        rows.update(polled_through=Greatest(F("polled_through"), newest))
