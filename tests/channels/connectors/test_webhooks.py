"""What a shop sends by itself, and what others send in its name."""

import json

import pytest

from channels.connectors.base import BadMessage, BadSignature, Credentials
from channels.connectors.woocommerce.connector import WooCommerce
from channels.connectors.woocommerce.signing import webhook_signature
from tests.channels.connectors.conftest import WEBHOOK_SECRET, recorded

PING, CREATED = recorded("webhook_deliveries")


@pytest.fixture
def full_body():
    """Return the recorded delivery whole: the record is cut, and the API said the same order."""
    (one,) = [one for one in recorded("transcript") if one["path"] == "/wp-json/wc/v3/orders"]
    body = json.dumps(one["response"], separators=(",", ":")).replace("/", "\\/")
    assert body.startswith(CREATED["body"])
    assert len(body) == int(CREATED["hdr"]["Content-Length"])
    return body.encode()


def signed(body, *, topic="order.created", secret=WEBHOOK_SECRET):
    return {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": "d-1",
        "X-WC-Webhook-Signature": webhook_signature(secret, body),
    }


def test_the_recorded_ping_has_no_effect(connector):
    message = connector.receive(PING["hdr"], PING["body"].encode())

    assert (message.kind, message.order) == ("ping", None)


def test_the_recorded_order_is_taken_with_its_recorded_signature(connector, full_body):
    message = connector.receive(CREATED["hdr"], full_body)

    assert (message.kind, message.delivery_id) == ("order", "d204414ff39e813dbb96124b913ded61")
    assert (message.order.external_id, message.order.status) == ("13", "paid")


def test_the_record_as_it_was_cut_is_refused(connector):
    with pytest.raises(BadSignature):
        connector.receive(CREATED["hdr"], CREATED["body"].encode())


def test_names_of_headers_are_in_any_case(connector, full_body):
    headers = {name.lower(): value for name, value in CREATED["hdr"].items()}

    assert connector.receive(headers, full_body).kind == "order"


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("order.created", "order"),
        ("order.updated", "order"),
        ("order.restored", "order"),
        ("order.deleted", "ignored"),
        ("product.updated", "ignored"),
        ("action.woocommerce_cart_updated", "ignored"),
        ("", "ignored"),
    ],
)
def test_topics(connector, full_body, topic, kind):
    assert connector.receive(signed(full_body, topic=topic), full_body).kind == kind


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "zW52nB4QUSjYmhVAAxSOE4hFROPXcU5+ihyDIK5Sw5=",
        "cd6e769c1e105128d89a1540031...",
        "zW52nB4QUSjYmhVAAxSOE4hFROPXcU5+ihyDIK5Sw58=,zW52nB4QUSjYmhVAAxSOE4hFROPXcU5+ihyDIK5Sw58=",
        " zW52nB4QUSjYmhVAAxSOE4hFROPXcU5+ihyDIK5Sw58=",
        "é",
        "\ud800",
    ],
)
def test_other_signatures_are_refused(connector, full_body, signature):
    headers = {**CREATED["hdr"], "X-WC-Webhook-Signature": signature}

    with pytest.raises(BadSignature):
        connector.receive(headers, full_body)


def test_the_signature_of_another_channel_is_refused(connector, full_body):
    with pytest.raises(BadSignature):
        connector.receive(signed(full_body, secret="another"), full_body)


def test_one_byte_changed_is_refused(connector, full_body):
    with pytest.raises(BadSignature):
        connector.receive(CREATED["hdr"], full_body.replace(b'"30.00"', b'"10.00"'))


@pytest.mark.parametrize("body", [b"", b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=1\n"])
def test_what_is_not_quite_a_ping_needs_a_signature(connector, body):
    with pytest.raises(BadSignature):
        connector.receive({}, body)


@pytest.mark.parametrize("body", [b"webhook_id=1", b"{}"])
def test_without_a_secret_everything_is_refused(credentials, body):
    connector = WooCommerce(Credentials(credentials.address, "ck", "cs"))

    with pytest.raises(BadSignature, match="No secret"):
        connector.receive(signed(body, secret=""), body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b'{"id": "\xff"}', "UTF-8"),
        (b"[" * 90_000 + b"]" * 90_000, "nested"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "nested"),
        (b'{"id": NaN}', "NaN"),
        (b"1" * 5_000, "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"id": 5}', "The order 5 cannot be read"),
        (b"[" + b"," * 600_000 + b"]", "too large"),
    ],
)
def test_what_is_signed_and_cannot_be_read(connector, body, words):
    with pytest.raises(BadMessage, match=words):
        connector.receive(signed(body), body)


def test_a_large_body_is_refused_before_it_is_signed(connector):
    with pytest.raises(BadMessage, match="1 MB"):
        connector.receive({}, b" " * 1_000_001)


def test_what_the_shop_sends_is_taken(connector, shop):
    """From the set-up of a webhook to the order of a shopper."""
    for topic in ("order.created", "order.updated"):
        fields = {"topic": topic, "delivery_url": "http://us.example/", "secret": WEBHOOK_SECRET}
        shop.create_webhook(fields)
    shop.create_product({"name": "Mug", "sku": "MUG-1", "regular_price": "10"})

    bought = shop.buy("MUG-1", 2)
    shop.update_order(bought["id"], {"status": "completed"})

    messages = [connector.receive(one.headers, one.body) for one in shop.deliveries]
    assert [one.kind for one in messages] == ["ping", "ping", "order", "order"]
    assert [one.order.status for one in messages[2:]] == ["paid", "shipped"]
    assert len({one.delivery_id for one in messages[2:]}) == 2
