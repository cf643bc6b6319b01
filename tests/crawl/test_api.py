"""Every operation of the API on the demo, with each part of its body empty: nothing is a 500."""

import itertools
import json

import pytest
from django.core.cache import cache
from django.db import transaction

from backoffice.api_docs import openapi_document
from channels.models import Channel
from inventory.models import ChangeSet, IncomingDelivery, Job, Product, Seller, Variant, Warehouse
from orders.models import FulfillmentOrder, Hold, Order
from tests.crawl.test_demo import ROOT, loaded, quiet  # noqa: F401 -- fixtures

pytestmark = [pytest.mark.once, pytest.mark.django_db]

EMPTY = (None, "", 0, [], {})
METHODS = ("get", "post", "patch", "put", "delete")
OF_A_KIND = 3
"""Rows on which an operation is tried."""


def one_of_each(rows, field):
    """Return a row for each value of a field."""
    found = {}
    for row in rows:
        found.setdefault(getattr(row, field), row)
    return list(found.values())[: OF_A_KIND + 2]


def keys(path):
    """Return what may stand for each parameter of an address, of the rows that the demo has."""
    orders = one_of_each(Order.objects.order_by("pk"), "status")
    parcels = one_of_each(FulfillmentOrder.objects.order_by("pk"), "status")
    is_parcel = path.startswith("/api/v1/fulfillment-orders")
    plain, bundle = (Variant.objects.filter(components__isnull=one) for one in (True, False))
    rows = {
        "number": [row.number for row in (parcels if is_parcel else orders)],
        "sku": [rows.order_by("pk")[0].sku for rows in (plain, bundle)],
        "slug": list(Channel.objects.values_list("slug", flat=True)[:OF_A_KIND]),
        "warehouse": list(Warehouse.objects.values_list("code", flat=True)[:OF_A_KIND]),
        "code": list(Warehouse.objects.values_list("code", flat=True)[:OF_A_KIND]),
        "seller": list(Seller.objects.values_list("code", flat=True)[:OF_A_KIND]),
    }
    for name, model in {
        "change_set_id": ChangeSet,
        "delivery_id": IncomingDelivery,
        "product_id": Product,
        "job_id": Job,
        "hold_id": Hold,
    }.items():
        rows[name] = list(model.objects.values_list("pk", flat=True)[:OF_A_KIND]) or [1]
    return rows


def emptied(value):
    """Yield a body with one part of it empty, each in turn and in each way of being empty."""
    yield from EMPTY
    if isinstance(value, dict):
        for name, part in value.items():
            yield {key: one for key, one in value.items() if key != name}
            yield from ({**value, name: one} for one in emptied(part))
    elif isinstance(value, list) and value:
        yield from ([one] for one in emptied(value[0]))


def example_of(operation):
    """Return the body that the document shows for an operation."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = [one["value"] for one in content.get("examples", {}).values()]
    return content.get("example", examples[0] if examples else {})


def operations():
    """Yield method, address and example of each operation."""
    paths = json.loads(openapi_document())["paths"]
    for path, described in paths.items():
        for method in METHODS:
            if method in described:
                yield method, path, example_of(described[method])


def addresses(path, operation_keys):
    """Return the addresses of an operation, with each of the rows."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        path.format(**dict(zip(names, chosen, strict=True)))
        for chosen in itertools.product(*(operation_keys[name] for name in names))
    ]


@pytest.fixture
def api(loaded, db, quiet, admin_client):  # noqa: F811
    """Return a way to ask, which takes back what it did, and says what nobody foresaw."""
    admin_client.raise_request_exception = False

    def ask(method, address, body):
        cache.clear()  # or somebody asks too often
        with transaction.atomic():
            response = admin_client.generic(
                method.upper(), address, json.dumps(body), content_type="application/json"
            )
            transaction.set_rollback(True)
        if response.status_code < 500:
            return ""
        error = getattr(response, "exc_info", None)
        return f"{method} {address} {body} {repr(error[1])[:200] if error else response.content}"

    return ask


@pytest.mark.parametrize("method", METHODS)
def test_no_empty_part_of_a_body_breaks(api, method):
    faults = [
        fault
        for verb, path, example in operations()
        if verb == method
        for address in addresses(path, keys(path))
        for body in ([{}] if verb == "get" else [example, *emptied(example)])
        if (fault := api(verb, address, body))
    ]

    assert not faults, "\n".join(faults[:20])
