"""The stand-in answers as WooCommerce 11.0.1 did, so that what passes here holds there."""

import http.client
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from channels.connectors.woocommerce.signing import signer_for
from tests.channels.connectors.conftest import recorded

FIELDS = (
    *("id", "name", "type", "status", "sku", "price", "regular_price", "sale_price", "parent_id"),
    *("manage_stock", "stock_quantity", "stock_status", "backorders", "backorders_allowed"),
    *("backordered", "purchasable", "attributes", "topic", "resource", "event", "number"),
    *("currency", "total", "code", "message", "data", "error"),
)
LINE_FIELDS = ("id", "name", "product_id", "variation_id", "quantity", "total", "sku", "price")
COUNTS = ("x-wp-total", "x-wp-totalpages")


def test_every_recorded_exchange_is_answered_alike(shop):
    for number, one in enumerate(recorded("transcript"), start=1):
        key = "ck_wrong" if one["status"] == 401 else shop.key
        status, headers, data = ask(shop, key, one)

        named = f"exchange {number}: {one['method']} {one['path']}"
        assert status == one["status"], named
        assert said(data) == said(one["response"]), named
        for name in COUNTS:
            assert headers.get(name) == one["headers"].get(name), named


def ask(shop, key, one):
    parts = urlsplit(one["path"])
    sign = signer_for(key, shop.secret, is_encrypted=False)
    query, _headers = sign(one["method"], shop.address + parts.path, dict(parse_qsl(parts.query)))
    body = None if one["request"] is None else json.dumps(one["request"])
    connection = http.client.HTTPConnection(urlsplit(shop.address).netloc, timeout=10)
    try:
        connection.request(one["method"], f"{parts.path}?{urlencode(query)}", body)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, json.loads(answer.read())
    finally:
        connection.close()


def said(data):
    """Return the fields that matter."""
    if isinstance(data, list):
        return [said(one) for one in data]
    kept = {name: data[name] for name in FIELDS if name in data}
    for name in ("create", "update"):
        if name in data:
            kept[name] = [said(one) for one in data[name]]
    if "line_items" in data:
        kept["lines"] = [{name: line[name] for name in LINE_FIELDS} for line in data["line_items"]]
        kept["is_paid"] = bool(data["date_paid_gmt"])
        kept["email"] = data["billing"]["email"]
    return kept
