"""Talking to a connector so that nothing it did not foresee reaches any other shop."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from channels.connectors.base import (
    BadMessage,
    ChannelDown,
    Connector,
    ConnectorError,
    Item,
    Message,
    Outcome,
    RemoteItem,
    RemoteOrder,
)

logger = logging.getLogger(__name__)
T = TypeVar("T")


class NotUnderstood(ChannelDown):
    """Raised when a connector stumbled over what its shop answered."""


class Guarded:
    """A connector of which whatever it did not foresee is an error of its own shop alone.

    What a shop answers is anything at all, and connectors are written by many hands: what one of
    them stumbles over is logged, and the shop is left alone for a while, as when it is down.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    @property
    def max_batch(self) -> int:
        """Return the most items that one call takes."""
        return self._connector.max_batch

    def test_connection(self) -> str:
        """Return a sentence that names the shop that answered."""
        return _guarded(self._connector.test_connection)

    def publish(self, items: Sequence[Item]) -> list[Outcome]:
        """Create or update each item."""
        return _guarded(lambda: self._connector.publish(items))

    def withdraw(self, items: Sequence[Item]) -> list[Outcome]:
        """Take each item off sale."""
        return _guarded(lambda: self._connector.withdraw(items))

    def push_quantities(self, items: Sequence[Item]) -> list[Outcome]:
        """Write quantities."""
        return _guarded(lambda: self._connector.push_quantities(items))

    def read(self, items: Sequence[Item]) -> list[RemoteItem]:
        """Return each item as the shop has it."""
        return _guarded(lambda: self._connector.read(items))

    def fetch_orders(self, *, changed_since: datetime) -> Iterator[RemoteOrder]:
        """Yield the orders changed since."""
        orders = _guarded(lambda: iter(self._connector.fetch_orders(changed_since=changed_since)))
        while (order := _guarded(lambda: next(orders, None))) is not None:
            yield order

    def receive(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what a webhook says, once its signature is found right.

        :raises BadMessage: it cannot be read, foreseen or not.
        """
        try:
            return _guarded(lambda: self._connector.receive(headers, body))
        except ChannelDown as error:
            raise BadMessage("The message could not be understood.") from error


def _guarded(ask: Callable[[], T]) -> T:
    """Return what a connector says.

    :raises ConnectorError: it was foreseen.
    :raises NotUnderstood: it was not, and is logged.
    """
    try:
        return ask()
    except ConnectorError:
        raise
    except Exception as error:
        logger.exception("A connector did not foresee this answer of its shop.")
        raise NotUnderstood(
            "The shop answered what could not be understood.", is_outcome_unknown=True
        ) from error
