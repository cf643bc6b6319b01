"""The stand-in's door: HTTP, who may enter, and what goes wrong on purpose."""

import base64
import gzip
import hashlib
import hmac
import html
import json
import random
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

from tests.channels.standin.faults import Faults, spoiled
from tests.channels.standin.store import Refusal, SoldOut, Store

API = "/wp-json/wc/v3"
PAGE = "<!doctype html><title>A shop</title><p>Something is wrong. Come back later.</p>"
JSON = "application/json; charset=UTF-8"
RETRY = {"429": 429, "503": 503}


class Standin(Store):
    """A shop that answers at an address of this machine."""

    def __init__(self, *, port=0, tls=None, seed=0):
        super().__init__()
        self.key, self.secret = "ck_" + "1" * 40, "cs_" + "2" * 40
        self.may_write = True
        self.faults = Faults(seed=seed)
        self.requests = []
        self.nonces = set()
        self.closing = threading.Event()
        handler = type("Handler", (Handler,), {"shop": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = False
        self.is_encrypted = tls is not None
        if tls is not None:
            self.server.socket = tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if self.is_encrypted else "http"
        self.address = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, method="", part=""):
        """Return the requests of a method whose path has a part in it, as (method, path)."""
        return [
            (one, path)
            for one, path, _headers in self.requests
            if one.startswith(method) and part in path
        ]


class Handler(BaseHTTPRequestHandler):
    """One request, as WordPress would take it."""

    protocol_version = "HTTP/1.1"
    shop: Standin

    def log_message(self, *args):
        """Keep quiet."""

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, TimeoutError, ssl.SSLError):
            self.close_connection = True

    def do_GET(self):
        self.close_connection = True
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, query = parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
        self.shop.requests.append((self.command, self.path, dict(self.headers)))
        fault = self.shop.faults.next(self.command, path)
        if fault and fault.kind not in {"double", "lost_answer", "odd"}:
            self.fail(fault)
            return
        times = 2 if fault and fault.kind == "double" else 1
        self.is_known = False
        for _ in range(times):
            answer = self.answer(path, query, body)
        if fault and fault.kind == "odd":
            answer = self.odd(*answer, seed=fault.value)
        if not fault or fault.kind != "lost_answer":
            self.send(*answer)

    def do_POST(self):
        self.do_GET()

    def do_PUT(self):
        self.do_GET()

    def do_DELETE(self):
        self.do_GET()

    # --- answers ------------------------------------------------------------------------------

    def answer(self, path, query, body):
        """Return status, content type, headers and body."""
        with self.shop.lock:
            try:
                if path == "/" or path.startswith("/standin/"):
                    return self.window(path, body)
                if not path.startswith("/wp-json"):
                    return 404, "text/html", {}, PAGE.encode()
                self.check_credentials(path, query)
                data = json.loads(body) if body else {}
                status, data, headers = self.route(path, query, data)
            except Refusal as error:
                status, data, headers = error.status, error.body, {}
        return status, JSON, headers, json.dumps(data).encode()

    def route(self, path, query, data):
        for method, pattern, name in ROUTES:
            found = re.fullmatch(API + pattern, path)
            if found and method == self.command:
                numbers = [int(text) for text in found.groups()]
                return getattr(self, name)(*numbers, query, data)
        raise Refusal(
            404,
            "rest_no_route",
            "No route was found matching the URL and request method.",
        )

    def products(self, query, _data):
        return self.page(self.shop.list_products(query), query)

    def product(self, number, _query, _data):
        return 200, self.shop.get_product(number), {}

    def add_product(self, _query, data):
        return 201, self.shop.create_product(data), {}

    def change_product(self, number, _query, data):
        return 200, self.shop.update_product(number, data), {}

    def remove_product(self, number, query, _data):
        answer = self.shop.get_product(number)
        self.shop.delete_product(number, force=query.get("force") == "true")
        return 200, answer, {}

    def batch_products(self, _query, data):
        shop = self.shop
        answer = shop.batch(
            data,
            create=lambda row: shop.create_product(row, is_checked=False),
            update=lambda row: shop.update_product(row.get("id"), row, is_checked=False),
        )
        return 200, answer, {}

    def variations(self, parent, query, _data):
        return self.page(self.shop.list_variations(parent, query), query)

    def add_variation(self, parent, _query, data):
        return 201, self.shop.create_variation(parent, data), {}

    def change_variation(self, parent, number, _query, data):
        return 200, self.shop.update_variation(parent, number, data), {}

    def batch_variations(self, parent, _query, data):
        shop = self.shop
        answer = shop.batch(
            data,
            create=lambda row: shop.create_variation(parent, row, is_checked=False),
            update=lambda row: shop.update_variation(parent, row.get("id"), row, is_checked=False),
        )
        return 200, answer, {}

    def orders(self, query, _data):
        status, rows, headers = self.page(self.shop.list_orders(query), query)
        return status, self.shop.faults.shuffled(rows), headers

    def order(self, number, _query, _data):
        return 200, self.shop.get_order(number), {}

    def add_order(self, _query, data):
        return 201, self.shop.create_order(data), {}

    def change_order(self, number, _query, data):
        return 200, self.shop.update_order(number, data), {}

    def add_webhook(self, _query, data):
        return 201, self.shop.create_webhook(data), {}

    @staticmethod
    def page(rows, query):
        size, number = int(query.get("per_page", 10)), int(query.get("page", 1))
        if not 1 <= size <= 100:
            raise Refusal(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        totals = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        return 200, rows[(number - 1) * size : number * size], totals

    def window(self, path, body):
        """Answer what shoppers see, and what a walk through the program needs."""
        if path == "/":
            return 200, "text/html; charset=UTF-8", {}, shop_window(self.shop).encode()
        if path == "/standin/buy" and self.command == "POST":
            try:
                bought = self.shop.buy(**json.loads(body))
            except SoldOut:
                return 409, JSON, {}, b'{"message": "sold out"}'
            return 201, JSON, {}, json.dumps(bought).encode()
        if path == "/standin/deliveries":
            rows = [
                {"headers": one.headers, "body": one.body.decode()} for one in self.shop.deliveries
            ]
            return 200, JSON, {}, json.dumps(rows).encode()
        return 404, "text/html", {}, PAGE.encode()

    # --- credentials --------------------------------------------------------------------------

    def check_credentials(self, path, query):
        """Take basic credentials over TLS and a signature without, as WooCommerce does."""
        if self.is_known:
            return
        self.is_known = True
        if self.shop.is_encrypted and "Authorization" in self.headers:
            self.check_basic()
        else:
            self.check_signature(path, query)
        if self.command != "GET" and not self.shop.may_write:
            refuse("The API key provided does not have write permissions.")

    def check_basic(self):
        token = self.headers["Authorization"].removeprefix("Basic ")
        key, _, secret = base64.b64decode(token).decode().partition(":")
        if key != self.shop.key:
            refuse("Consumer key is invalid.")
        if secret != self.shop.secret:
            refuse("Consumer secret is invalid.")

    def check_signature(self, path, query):
        if "oauth_consumer_key" not in query:
            raise Refusal(
                401,
                "woocommerce_rest_cannot_view",
                "Sorry, you cannot list resources.",
            )
        if query["oauth_consumer_key"] != self.shop.key:
            refuse("Consumer key is invalid.")
        said = query.get("oauth_signature", "")
        rest = {name: value for name, value in query.items() if name != "oauth_signature"}
        pairs = (f"{quote(name, '')}={quote(value, '')}" for name, value in sorted(rest.items()))
        text = "&".join(
            [
                self.command,
                quote(self.shop.address + path, ""),
                "%26".join(quote(pair, "") for pair in pairs),
            ]
        )
        digest = hmac.new(f"{self.shop.secret}&".encode(), text.encode(), hashlib.sha256)
        if said != base64.b64encode(digest.digest()).decode():
            refuse("Invalid signature - provided signature does not match.")
        if abs(time.time() - int(query["oauth_timestamp"])) > 900:
            refuse("Invalid timestamp.")
        if query["oauth_nonce"] in self.shop.nonces:
            refuse("Invalid nonce - nonce has already been used.")
        self.shop.nonces.add(query["oauth_nonce"])

    # --- what goes wrong ----------------------------------------------------------------------

    def fail(self, fault):
        """Answer as broken shops do; nothing was done."""
        name = "fail_" + fault.kind
        if hasattr(self, name):
            getattr(self, name)(fault)
        elif fault.kind in RETRY:
            self.send(RETRY[fault.kind], JSON, {"Retry-After": fault.value or "7"}, b"{}")
        else:
            self.send(*PLAIN_FAULTS[fault.kind])

    @staticmethod
    def odd(status, kind, headers, body, *, seed):
        """Return an answer of which one value is none that this shop would say."""
        said = spoiled(json.loads(body), random.Random(seed))
        return status, kind, headers, json.dumps(said).replace("Infinity", "1e999").encode()

    def fail_said(self, fault):
        self.send(200, JSON, {}, fault.value.encode())

    def fail_drop(self, _fault):
        """Say nothing and hang up."""

    def fail_redirect(self, fault):
        self.send(302, "text/html", {"Location": fault.value}, b"")

    def fail_silence(self, _fault):
        self.shop.closing.wait(60)

    def fail_gzip(self, _fault):
        bomb = gzip.compress(b" " * 5_000_000)
        self.send(200, JSON, {"Content-Encoding": "gzip"}, bomb)

    def fail_huge(self, _fault):
        self.head(200, JSON, {"Content-Length": str(1_000_000_000)})
        while not self.shop.closing.is_set():
            self.wfile.write(b" " * 1_000_000)

    def fail_slow_body(self, _fault):
        self.head(200, JSON, {"Content-Length": "100000"})
        self.drip(b" ")

    def fail_slow_headers(self, _fault):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip(b"a")

    def drip(self, piece):
        while not self.shop.closing.wait(0.05):
            self.wfile.write(piece)

    def head(self, status, kind, headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, status, kind, headers, body):
        self.head(status, kind, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)


PLAIN_FAULTS = {
    "500": (500, JSON, {}, b'{"code": "internal_server_error", "message": "Fatal error"}'),
    "502_html": (502, "text/html", {}, PAGE.encode()),
    "html": (200, "text/html", {}, PAGE.encode()),
    "invalid_json": (200, JSON, {}, b'[{"id": 10,'),
    "not_utf8": (200, JSON, {}, b'["\xff\xfe"]'),
    "deep_json": (200, JSON, {}, b"[" * 100_000 + b"]" * 100_000),
    "empty": (200, JSON, {}, b""),
}

ROUTES = (
    ("GET", "/products", "products"),
    ("POST", "/products", "add_product"),
    ("POST", "/products/batch", "batch_products"),
    ("GET", "/products/([0-9]+)", "product"),
    ("PUT", "/products/([0-9]+)", "change_product"),
    ("DELETE", "/products/([0-9]+)", "remove_product"),
    ("GET", "/products/([0-9]+)/variations", "variations"),
    ("POST", "/products/([0-9]+)/variations", "add_variation"),
    ("POST", "/products/([0-9]+)/variations/batch", "batch_variations"),
    ("PUT", "/products/([0-9]+)/variations/([0-9]+)", "change_variation"),
    ("GET", "/orders", "orders"),
    ("POST", "/orders", "add_order"),
    ("GET", "/orders/([0-9]+)", "order"),
    ("PUT", "/orders/([0-9]+)", "change_order"),
    ("POST", "/webhooks", "add_webhook"),
)


def refuse(message):
    raise Refusal(401, "woocommerce_rest_authentication_error", message)


def shop_window(shop):
    """Return the page on which shoppers see what may be sold."""
    words = {"instock": "In stock", "onbackorder": "On backorder", "outofstock": "Out of stock"}
    rows = "".join(
        f"<tr><td>{html.escape(row['sku'])}<td>{html.escape(row['name'])}"
        f"<td>{row['stock_quantity']}<td>{words[row['stock_status']]}<td>{row['price']}"
        for row in shop.products.values()
        if row["type"] != "variable" and shop.is_seen(row)
    )
    head = "<tr><th>SKU<th>Name<th>Quantity<th>Status<th>Price"
    return f"<!doctype html><title>A shop</title><h1>A shop</h1><table>{head}{rows}</table>"
