"""Reaching the shop on the other side of a channel, and saying how that went."""

from datetime import datetime

from channels.connectors import connector_for
from channels.connectors.base import ChannelDown, ConnectorError, Credentials
from channels.errors import NotConnected
from channels.models import Channel, ChannelLog, LogKind
from channels.secrets import SecretLost, unseal
from channels.services.guarded import Guarded
from inventory.pauses import asked_pause


def connect(channel: Channel) -> Guarded:
    """Return the connector of a channel, with its credentials opened.

    :raises NotConnected: there is no shop on the other side, its address is missing, or its
        credentials cannot be opened any more.
    """
    if not channel.is_remote:
        raise NotConnected(f"{channel} has no shop on the other side.")
    if not channel.address:
        raise NotConnected(f"{channel} has no address yet: enter it in the setup of the channel.")
    try:
        credentials = Credentials(
            address=channel.address,
            key=unseal(channel.sealed_key),
            secret=unseal(channel.sealed_secret),
            webhook_secret=unseal(channel.sealed_webhook_secret),
        )
    except SecretLost as error:
        raise NotConnected(str(error)) from error
    return Guarded(connector_for(channel.connector, credentials))


def test_connection(channel: Channel, *, at: datetime) -> tuple[bool, str]:
    """Ask the shop who it is; return whether it answered, and what there is to say of it."""
    try:
        words = connect(channel).test_connection()
    except (ConnectorError, NotConnected) as error:
        note(channel, LogKind.TEST, is_ok=False, message=str(error), at=at)
        return False, str(error)
    it_answers(channel)
    note(channel, LogKind.TEST, is_ok=True, message=words, at=at)
    return True, words


def it_answers(channel: Channel) -> None:
    """Note that the shop answers again, after whatever was before."""
    Channel.objects.filter(pk=channel.pk).exclude(failures=0).update(
        failures=0, down_since=None, next_try_at=None, last_error=""
    )


def it_is_down(channel: Channel, error: Exception, *, at: datetime) -> None:
    """Leave the shop alone for a while, longer each time, and say why.

    No other channel waits for it.
    """
    before, since = Channel.objects.values_list("failures", "down_since").get(pk=channel.pk)
    failures = before + 1
    pause = asked_pause(failures, error.retry_after if isinstance(error, ChannelDown) else None)
    Channel.objects.filter(pk=channel.pk).update(
        failures=failures, down_since=since or at, next_try_at=at + pause, last_error=str(error)
    )


def note(
    channel: Channel, kind: LogKind, *, is_ok: bool, message: str, at: datetime, label: str = ""
) -> None:
    """Write a line of the channel's log."""
    ChannelLog.objects.create(
        channel=channel, kind=kind, is_ok=is_ok, message=message, label=label, at=at
    )
