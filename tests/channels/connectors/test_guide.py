"""The connector in docs/connectors.md works as it is written there."""

import hashlib
import hmac
import inspect
import json
import re
import threading
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from channels.connectors.base import BadMessage, BadSignature, ChannelDown, Connector, Credentials
from channels.connectors.one_by_one import one_by_one

GUIDE = Path(__file__).parents[3] / "docs" / "connectors.md"


class Shop:
    """Keeps documents, and goes down after so many requests."""

    def __init__(self):
        self.items = {}
        self.orders = []
        self.answers_left = 1000


@pytest.fixture
def teapot_shop():
    shop = Shop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"shop": shop}))
    shop.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield shop
    server.shutdown()
    server.server_close()


class Handler(BaseHTTPRequestHandler):
    shop: Shop

    def log_message(self, *args):
        """Keep quiet."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        documents = {"/shop": {"name": "Tea & Co"}, "/orders": self.shop.orders, **self.shop.items}
        known = path in documents
        self.answer(200 if known else 404, documents[path] if known else {"message": "gone"})

    def do_PUT(self):
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "REFUSED" in self.path:
            self.answer(400, {"message": "We sell no such thing"})
            return
        self.shop.items.setdefault(self.path, {}).update(fields)
        self.answer(200, {})

    def answer(self, status, data):
        self.shop.answers_left -= 1
        body = json.dumps(data).encode()
        self.send_response(status if self.shop.answers_left >= 0 else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def kind():
    (text,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names = {}
    exec(compile(text, str(GUIDE), "exec"), names)
    return names["Teapot"]


@pytest.fixture
def teapot(kind, teapot_shop):
    return kind(Credentials(teapot_shop.address, "key", "", "secret"))


def test_it_keeps_the_protocol(kind):
    for name, member in vars(Connector).items():
        if not name.startswith("_") and inspect.isfunction(member):
            assert inspect.signature(getattr(kind, name)) == inspect.signature(member)


def test_it_publishes_pushes_and_reads(teapot, teapot_shop, make_item):
    items = [make_item("A/B", ref=1), make_item("REFUSED", ref=2)]

    done, refused = teapot.publish(items)
    assert (done.error, done.quantity) == ("", 5)
    assert refused.error == "The shop refused it: We sell no such thing"

    (pushed,) = teapot.push_quantities([make_item("A/B", available=3)])
    assert (pushed.error, pushed.quantity) == ("", 3)
    (gone,) = teapot.push_quantities([make_item("NEVER")])
    assert "publish it again" in gone.error

    there, not_there = teapot.read(items)
    assert (there.quantity, there.price, there.exists) == (3, Decimal("10.00"), True)
    assert not not_there.exists
    assert teapot.test_connection() == "Teapot at Tea & Co answered."


def test_what_is_taken_off_is_not_for_sale_until_it_is_published(teapot, teapot_shop, make_item):
    item = make_item("A/B")
    teapot.publish([item])

    for _ in range(2):
        (hidden,) = teapot.withdraw([item])
        assert (hidden.error, teapot_shop.items["/items/A%2FB"]["on_sale"]) == ("", False)
    (never_there,) = teapot.withdraw([make_item("NEVER")])
    assert (never_there.error, never_there.remote_id) == ("", "")
    teapot.publish([item])
    assert teapot_shop.items["/items/A%2FB"]["on_sale"] is True


def test_after_the_first_silence_nothing_more_is_asked(teapot, teapot_shop, make_item):
    """An item takes two requests; the second item finds the shop down."""
    teapot_shop.answers_left = 2

    outcomes = teapot.publish([make_item(name, ref=n) for n, name in enumerate("ABC")])

    assert [bool(one.error) for one in outcomes] == [False, True, True]
    assert [one.is_final for one in outcomes] == [True, False, False]
    assert teapot_shop.answers_left == -1
    with pytest.raises(ChannelDown):
        teapot.publish([make_item()])


def test_orders_and_webhooks(teapot, teapot_shop):
    good = {"id": 7, "at": "2026-01-05T12:00:00+00:00"}
    good["lines"] = [{"sku": "A", "units": 2, "price": "3.50"}]
    teapot_shop.orders = [good, {"id": 8}]

    first, second = teapot.fetch_orders(changed_since=datetime(2026, 1, 1, tzinfo=UTC))
    assert (first.external_id, first.total, first.problem) == ("7", Decimal("7.00"), "")
    assert second.problem

    def signed(body):
        digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        return {"X-Teapot-Signature": digest}

    body = json.dumps(good).encode()
    assert teapot.receive(signed(body), body).order == first
    with pytest.raises(BadSignature):
        teapot.receive({}, body)
    for bad in (b"{", b"{}", b"[]"):
        with pytest.raises(BadMessage):
            teapot.receive(signed(bad), bad)


def test_nothing_to_write_asks_nothing():
    assert one_by_one([], lambda item: pytest.fail("asked")) == []
