"""Taking what a shop sends by itself: nothing happens before its signature is found right."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from channels.connectors.base import BadMessage, BadSignature, Message
from channels.connectors.own import Own
from channels.errors import NotConnected
from channels.models import Channel, ChannelLog, LogKind
from channels.secrets import SecretLost, unseal
from channels.services.connect import connect, note
from orders.models import CapturedOrder
from orders.services.capture.recording import record

QUIET = timedelta(minutes=1)
"""The same failure is written into the log once in such a time: anybody may cause it."""


class Receiver(Protocol):
    """What can tell a message of a shop from anybody else's."""

    def receive(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what a webhook says, once its signature is found right.

        :raises BadSignature: it is missing or wrong, or no secret is set.
        :raises BadMessage: it is signed and cannot be read.
        """
        ...


def receiver_for(channel: Channel) -> Receiver:
    """Return what reads the webhooks of a channel: its connector, else our own format.

    :raises NotConnected: its credentials cannot be opened, or its address is missing.
    """
    if channel.is_remote:
        return connect(channel)
    try:
        return Own(unseal(channel.sealed_webhook_secret))
    except SecretLost as error:
        raise NotConnected(str(error)) from error


def read(channel: Channel, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Message:
    """Return what a webhook says; a failure leaves a line in the log of the channel.

    :raises BadSignature: nobody knows who sent it.
    :raises BadMessage: it is signed and cannot be read.
    """
    try:
        return receiver_for(channel).receive(headers, body)
    except NotConnected as error:
        _note_failure(channel, str(error), at=at)
        raise BadSignature(str(error)) from error
    except (BadSignature, BadMessage) as error:
        _note_failure(channel, str(error), at=at)
        raise


def take(channel: Channel, message: Message, *, at: datetime) -> CapturedOrder | None:
    """Record the order that a webhook tells; `None`: it tells of none."""
    if message.order is None:
        return None
    captured = record(channel, message.order, at=at)
    if captured.is_news:
        words = f"{captured.get_status_display()}: recorded."
        note(channel, LogKind.WEBHOOK, is_ok=True, message=words, at=at, label=captured.name)
    return captured


def _note_failure(channel: Channel, words: str, *, at: datetime) -> None:
    recent = ChannelLog.objects.filter(
        channel=channel, kind=LogKind.WEBHOOK, is_ok=False, at__gt=at - QUIET
    )
    if not recent.exists():
        note(channel, LogKind.WEBHOOK, is_ok=False, message=words, at=at)
