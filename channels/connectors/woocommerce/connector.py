"""WooCommerce, REST API version 3, as the shop's own documentation and recordings have it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from channels.connectors.base import (
    Credentials,
    Item,
    Message,
    Outcome,
    RemoteItem,
    RemoteOrder,
)
from channels.connectors.web import Web
from channels.connectors.woocommerce import fields
from channels.connectors.woocommerce.orders import LONG_AGO, read_order
from channels.connectors.woocommerce.publishing import publish
from channels.connectors.woocommerce.reading import read
from channels.connectors.woocommerce.shop import PAGE, Shop
from channels.connectors.woocommerce.signing import signer_for
from channels.connectors.woocommerce.webhooks import receive
from channels.connectors.woocommerce.withdrawing import withdraw
from channels.connectors.woocommerce.writing import push

A_SECOND = timedelta(seconds=1)
MAX_REPEATED = 100
"""Pages of orders that were seen, one after the other; a shop that sends more goes in circles."""

PATIENCE = 60
"""Seconds after which one call asks nothing more; what is left is worth trying again."""


class WooCommerce:
    """A shop that runs WooCommerce 3.5 or later; it keeps `channels.connectors.base.Connector`."""

    code: ClassVar[str] = "woocommerce"
    name: ClassVar[str] = "WooCommerce"
    max_batch: ClassVar[int] = PAGE
    losses: ClassVar[tuple[str, ...]] = fields.LOSSES

    def __init__(self, credentials: Credentials, *, web: Web | None = None) -> None:
        self._webhook_secret = credentials.webhook_secret
        self._web = web or web_for(credentials)

    def test_connection(self) -> str:
        """Return a sentence that names the shop that answered, once the key may read and write."""
        shop = Shop(self._web)
        count = shop.count_products()
        shop.check_writing()
        products = "" if count is None else f" with {count} product{'' if count == 1 else 's'}"
        return f"WooCommerce at {self._web.address.host} answered{products}; the key may write."

    def publish(self, items: Sequence[Item]) -> list[Outcome]:
        """Create or update each item, read it back, and return one outcome for each."""
        return [outcome for part in _parts(items) for outcome in publish(self._shop(), part)]

    def withdraw(self, items: Sequence[Item]) -> list[Outcome]:
        """Take each item off sale and read it back; what is not there is done."""
        return [outcome for part in _parts(items) for outcome in withdraw(self._shop(), part)]

    def push_quantities(self, items: Sequence[Item]) -> list[Outcome]:
        """Write quantities and backorders of items that the shop has; create none."""
        return [outcome for part in _parts(items) for outcome in push(self._shop(), part)]

    def read(self, items: Sequence[Item]) -> list[RemoteItem]:
        """Return each item as the shop has it."""
        return read(self._shop(), items)

    def fetch_orders(self, *, changed_since: datetime) -> Iterator[RemoteOrder]:
        """Yield the orders changed at or after an instant, the oldest change first.

        An order that changes while pages are read moves to the end, and all after it one place to
        the front: so each page starts again at the last instant seen, and only orders that share
        one second are paged through.
        """
        shop, since, page = Shop(self._web), changed_since.astimezone(UTC) - A_SECOND, 1
        seen: set[tuple[str, datetime]] = set()
        without_news = 0
        while True:
            rows, pages = shop.orders(changed_after=since, page=page)
            orders = [read_order(row) for row in rows]
            is_news = any((order.external_id, order.changed_at) not in seen for order in orders)
            without_news = 0 if is_news else without_news + 1
            if without_news > MAX_REPEATED:
                raise shop.odd()
            for order in orders:
                if (order.external_id, order.changed_at) not in seen:
                    seen.add((order.external_id, order.changed_at))
                    yield order
            if page >= pages or not rows:
                return
            newest = max([order.changed_at for order in orders], default=LONG_AGO) - A_SECOND
            since, page = (newest, 1) if newest > since else (since, page + 1)

    def receive(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what a webhook says, once the signature of its raw body is found right."""
        return receive(headers, body, secret=self._webhook_secret)

    def _shop(self) -> Shop:
        return Shop(self._web, seconds=PATIENCE)


def web_for(credentials: Credentials) -> Web:
    """Return the way to a shop, with the proof that its address needs."""
    is_encrypted = credentials.address.strip().lower().startswith("https:")
    return Web(
        credentials.address,
        sign=signer_for(credentials.key, credentials.secret, is_encrypted=is_encrypted),
        hidden=(credentials.key, credentials.secret, credentials.webhook_secret),
    )


def _parts(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[start : start + PAGE] for start in range(0, len(items), PAGE)]
