"""Our own format of orders: signed, strict, and told in a sentence what is wrong with it."""

import json
from decimal import Decimal

import pytest

from channels.connectors.base import BadMessage, BadSignature
from channels.connectors.own import Own, read_order, signature_of
from tests.orders.capture.conftest import SECRET

pytestmark = pytest.mark.once

LINE = {"sku": "mug", "title": "A mug", "quantity": 2, "unit_price": "9.90"}
ORDER = {
    "external_id": "7001",
    "number": "#7001",
    "status": "paid",
    "customer": {"name": "Eva Ek", "email": "eva@example.com"},
    "currency": "EUR",
    "placed_at": "2026-01-04T12:00:00Z",
    "changed_at": "2026-01-04T13:00:00+01:00",
    "lines": [LINE],
}


@pytest.fixture(autouse=True)
def _books_are_right():
    """Nothing is booked here."""


def body_of(order):
    return json.dumps(order).encode()


def signed(body, secret=SECRET):
    return {
        "X-Backoffice-Signature": signature_of(secret, body),
        "X-Backoffice-Delivery": "d-1",
    }


def test_a_signed_order_is_read():
    body = body_of(ORDER)

    message = Own(SECRET).receive(signed(body), body)

    order = message.order
    assert (message.kind, message.delivery_id) == ("order", "d-1")
    assert (order.external_id, order.number, order.status) == ("7001", "#7001", "paid")
    assert (order.customer_name, order.customer_email) == ("Eva Ek", "eva@example.com")
    assert order.placed_at == order.changed_at
    assert (order.total, order.raw) == (Decimal("19.80"), ORDER)


def test_what_may_be_left_out_may_be_left_out():
    order = {name: value for name, value in ORDER.items() if name != "number"}
    order["customer"] = {"name": "Eva Ek"}
    order["lines"] = [{"sku": "", "quantity": 1, "unit_price": 9.9}]

    read = read_order(order)

    assert (read.number, read.customer_email) == ("7001", "")
    assert (read.lines[0].sku, read.lines[0].unit_price) == ("", Decimal("9.9"))


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature_of("another secret", body_of(ORDER)),
        signature_of("", body_of(ORDER)),
        signature_of(SECRET, body_of(ORDER) + b" "),
        signature_of(SECRET, body_of(ORDER)).upper(),
        signature_of(SECRET, body_of(ORDER)).removeprefix("sha256="),
        signature_of(SECRET, body_of(ORDER))[:-1],
        ", ".join([signature_of(SECRET, body_of(ORDER))] * 2),
        "sha256=é",
    ],
)
def test_what_is_not_signed_is_not_read(signature):
    headers = {} if signature is None else {"x-backoffice-signature": signature}

    with pytest.raises(BadSignature):
        Own(SECRET).receive(headers, body_of(ORDER))


def test_without_a_secret_nothing_is_signed():
    body = body_of(ORDER)

    with pytest.raises(BadSignature):
        Own("").receive(signed(body, secret=""), body)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"external_id": ""}, "external_id: a line of 1 to 120"),
        ({"external_id": 7001}, "external_id: a line"),
        ({"external_id": "x" * 121}, "external_id: a line"),
        ({"external_id": "a\nb"}, "external_id: a line"),
        ({"status": "refunded"}, "status: one of created, paid, shipped, canceled"),
        ({"status": ["paid"]}, "status: one of"),
        ({"customer": "Eva"}, "customer: an object"),
        ({"customer": {}}, "customer: name is missing"),
        ({"customer": {"name": " "}}, "customer.name: a line"),
        (
            {"customer": {"name": "Eva", "phone": "1"}},
            "customer: there is no field “phone”",
        ),
        ({"currency": "eur"}, "currency: three capital letters"),
        ({"placed_at": "yesterday"}, "placed_at: an instant"),
        (
            {"placed_at": "2026-01-04T12:00:00"},
            "placed_at: an instant with its time zone",
        ),
        ({"changed_at": 5}, "changed_at: an instant"),
        ({"changed_at": "0001-01-01T00:00:00+23:59"}, "changed_at: an instant"),
        ({"lines": []}, "lines: a list of 1 to 1000"),
        ({"lines": [LINE] * 1_001}, "lines: a list"),
        ({"lines": {}}, "lines: a list"),
        ({"lines": [1]}, "lines[0]: an object"),
        (
            {"lines": [LINE, {**LINE, "quantity": 0}]},
            "lines[1].quantity: a whole number",
        ),
        ({"lines": [{**LINE, "quantity": -1}]}, "lines[0].quantity"),
        ({"lines": [{**LINE, "quantity": True}]}, "lines[0].quantity"),
        ({"lines": [{**LINE, "quantity": 1.5}]}, "lines[0].quantity"),
        ({"lines": [{**LINE, "quantity": 10**9 + 1}]}, "lines[0].quantity"),
        (
            {"lines": [{**LINE, "unit_price": "9.999"}]},
            "lines[0].unit_price: an amount",
        ),
        ({"lines": [{**LINE, "unit_price": "-1"}]}, "lines[0].unit_price"),
        ({"lines": [{**LINE, "unit_price": "NaN"}]}, "lines[0].unit_price"),
        ({"lines": [{**LINE, "unit_price": True}]}, "lines[0].unit_price"),
        ({"lines": [{**LINE, "color": "red"}]}, "lines[0]: there is no field “color”"),
        ({"total": "5"}, "there is no field “total”"),
    ],
)
def test_what_is_wrong_is_said(change, words):
    with pytest.raises(BadMessage) as refused:
        read_order({**ORDER, **change})

    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["external_id", "status", "customer", "currency", "lines"])
def test_what_is_missing_is_said(name):
    with pytest.raises(BadMessage, match=f"{name} is missing"):
        read_order({key: value for key, value in ORDER.items() if key != name})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nothing", b"\xff", b"[" * 90 + b"]" * 90, b" " * 1_000_001]
)
def test_a_signed_body_that_is_no_order_is_refused(body):
    with pytest.raises(BadMessage):
        Own(SECRET).receive(signed(body), body)
