"""Examples in the OpenAPI document: one for each body, made of believable values by name."""

from collections.abc import Mapping
from typing import Any

JSON = "application/json"
PROBLEM = "application/problem+json"

VALUES: dict[str, Any] = {
    "sku": "MUG-WHITE",
    "skus": ["MUG-WHITE"],
    "title": "White",
    "product_title": "Enamel Mug",
    "slug": "enamel-mug",
    "brand": "Potters",
    "description": "Holds a pint.",
    "code": "berlin",
    "name": "Berlin",
    "warehouse": "berlin",
    "warehouses": ["berlin"],
    "source": "berlin",
    "target": "paris",
    "seller": "nora",
    "channel": "storefront",
    "currency": "EUR",
    "language": "en",
    "email": "ann@example.com",
    "low_stock_email": "stock@example.com",
    "reference": "PO-1042",
    "reason": "Counted again",
    "supplier": "Potters Ltd",
    "external_id": "S-10042",
    "number": "1001",
    "order": "1001",
    "fulfillment_order": "1001-1",
    "rule": "warehouse.backorder_threshold",
    "price": "12.95",
    "unit_price": "12.95",
    "amount": "25.90",
    "total": "25.90",
    "quantity": 2,
    "words": "1 ships now, 1 on backorder",
    "message": "2 wanted, 1 available.",
    "ean": "4006381333931",
    "internal_id": "77",
    "address": "https://shop.example.com",
    "delivery_timeframe": "Slow",
    "default_warehouse": "berlin",
    "store_name": "Enamel & Co",
    "label": "Enamel Mug",
    "by": "olga",
    "error": "",
    "last_error": "",
    "next": None,
    "version": 3,
    "version_seen": 3,
    "type": "urn:backoffice:problem:stale-change",
    "fingerprint": "3f1c",
    "remote_id": "1204",
    "key": "ck_…",
    "secret": "cs_…",
    "webhook_secret": "a long text that nobody guesses",
    "field": "lines[0].quantity",
    "bundle": None,
}
"""What stands under a name in the examples; other values are made of their type."""

PROBLEMS = {
    "400": ("about:blank", "Bad Request", "The body is not JSON."),
    "401": ("about:blank", "Unauthorized", "Authentication credentials were not provided."),
    "403": ("about:blank", "Forbidden", "You are not allowed to do this."),
    "404": ("about:blank", "Not Found", "There is nothing here."),
    "405": ("about:blank", "Method Not Allowed", 'Method "POST" not allowed.'),
    "409": (
        "urn:backoffice:problem:stale-change",
        "It was changed by somebody else.",
        "MUG-WHITE was changed by somebody else since you opened it.",
    ),
    "413": ("about:blank", "Request Entity Too Large", "A body may have 5,000,000 bytes."),
    "415": ("about:blank", "Unsupported Media Type", 'Unsupported media type "text/plain".'),
    "422": ("about:blank", "Unprocessable Entity", "A valid integer is required."),
    "429": ("about:blank", "Too Many Requests", "Expected available in 5 seconds."),
    "503": ("about:blank", "Service Unavailable", "The database did not answer."),
}
"""What each status says, in the examples: type, title and sentence."""


def add_examples(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Add an example to each body of the document that has none."""
    schemas = result.get("components", {}).get("schemas", {})
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}).get("content", {})]
            for content in bodies:
                _fill(content, schemas)
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if PROBLEM in content:
                    content[PROBLEM].setdefault("example", _problem(status))
                _fill(content, schemas)
    return result


def _fill(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    for body in content.values():
        if "example" not in body and "examples" not in body:
            body["example"] = example_of(body.get("schema", {}), schemas)


def _problem(status: str) -> dict[str, Any]:
    kind, title, message = PROBLEMS[status]
    error: dict[str, Any] = {"message": message}
    if status == "409":
        error["version"] = 4
    if status == "422":
        error["field"] = "lines[0].quantity"
    return {"type": kind, "title": title, "status": int(status), "errors": [error]}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Return a value that fits a schema, under this name."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for kind in ("allOf", "oneOf", "anyOf"):
        if kind in schema:
            return example_of(schema[kind][0], schemas, name)
    if name == "customer":
        return {"name": "Ann Smith", "email": "ann@example.com"}
    if "properties" in schema:
        return {
            key: example_of(part, schemas, key)
            for key, part in schema["properties"].items()
            if not part.get("writeOnly") or key in schema.get("required", ())
        }
    if name in VALUES and _fits(VALUES[name], schema):
        return VALUES[name]
    return _plain(schema, schemas, name)


def _plain(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> Any:
    """Return a value of a schema that has neither members nor a believable name."""
    for own in ("examples", "enum"):
        if own in schema:
            return schema[own][0]
    if "const" in schema:
        return schema["const"]
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name)]
    if kind == "object":
        return {}
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return True
    return {"date": "2026-12-04", "date-time": "2026-12-04T12:00:00Z"}.get(
        schema.get("format", ""), "text"
    )


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    names = {str: "string", int: "integer", list: "array", type(None): "null"}
    return names[type(value)] in kinds and value in schema.get("enum", [value])
