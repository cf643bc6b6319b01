"""Receiving what a WooCommerce sends by itself.

The signature covers the body and nothing else: the topic and the ID of the delivery are anybody's.
So whoever books a message goes by the order in it, and by when it changed.
"""

import hmac
import re
from collections.abc import Mapping

from channels.connectors.answers import read_json
from channels.connectors.base import BadMessage, BadSignature, Message
from channels.connectors.woocommerce.orders import read_order
from channels.connectors.woocommerce.signing import webhook_signature

MAX_BODY = 1_000_000
ORDER_TOPICS = frozenset({"order.created", "order.updated", "order.restored"})
PING = re.compile(rb"webhook_id=[0-9]{1,18}")


def receive(headers: Mapping[str, str], body: bytes, *, secret: str) -> Message:
    """Return what a webhook says.

    The first one, when a webhook is set up, is not signed and says nothing: a ping, without effect.

    :raises BadSignature: it is missing or wrong, or no secret is set.
    :raises BadMessage: it is signed and cannot be read.
    """
    if not secret:
        raise BadSignature("No secret for webhooks is set.")
    if len(body) > MAX_BODY:
        raise BadMessage("The message is larger than 1 MB.")
    named = {name.lower(): value for name, value in headers.items()}
    delivery_id = named.get("x-wc-webhook-delivery-id", "")[:200]
    signature = named.get("x-wc-webhook-signature", "")
    if not signature and PING.fullmatch(body):
        return Message("ping", delivery_id)
    expected = webhook_signature(secret, body)
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        raise BadSignature("The signature does not fit the message.")
    if named.get("x-wc-webhook-topic", "") not in ORDER_TOPICS:
        return Message("ignored", delivery_id)
    return _order_message(body, delivery_id)


def _order_message(body: bytes, delivery_id: str) -> Message:
    try:
        data = read_json(body)
    except ValueError as error:
        raise BadMessage(f"The message cannot be read: {error}.") from None
    order = read_order(data)
    if order.problem:
        raise BadMessage(order.problem)
    return Message("order", delivery_id, order)
