"""A shop that is spoken to by the API alone: stock, orders, parcels."""

import pytest

from inventory.acts import Act
from inventory.services.catalog import set_components, update_variant
from inventory.services.movements import StockLine
from tests.inventory.api.conftest import (  # noqa: F401
    Api,
    _no_throttle_between_tests,
    anna,
    api,
    bert,
    bike,
    vase,
)


class Shop:
    """Speaks to the API as an operator's program, and fails where an answer is not expected."""

    def __init__(self, api, make_variant):  # noqa: F811
        self.api, self.make_variant = api, make_variant

    def variant(self, sku="x", *, backorders="allow", **fields):
        variant = self.make_variant(sku, price="2.50")
        return update_variant(
            act=Act.now(), variant=variant, changes={"backorders": backorders, **fields}
        )

    def bundle(self, sku, **components):
        bundle = self.make_variant(sku, price="10.00")
        rows = {row.sku: row for row in type(bundle).objects.filter(sku__in=components)}
        set_components(
            act=Act.now(),
            bundle=bundle,
            lines=[StockLine(rows[sku], units) for sku, units in components.items()],
        )
        return bundle

    def ok(self, response, status=200):
        assert response.status_code == status, response.content
        return response.json()

    def receive(self, warehouse, **units):
        body = {"warehouse": warehouse.code, "reference": "R", "lines": lines_of(units)}
        return self.ok(self.api.post("/stock/receipts", body))["released"]

    def correct(self, warehouse, **units):
        lines = [{"sku": sku, "on_hand": on_hand} for sku, on_hand in units.items()]
        body = {"warehouse": warehouse.code, "reason": "counted", "lines": lines}
        return self.ok(self.api.post("/stock/adjustments", body))["released"]

    def level(self, warehouse, sku, **changes):
        return self.ok(self.api.patch(f"/stock/{sku}/{warehouse.code}", changes))

    def stock(self, warehouse, sku):
        level = self.ok(self.api.get(f"/stock/{sku}/{warehouse.code}"))
        return level["on_hand"], level["allocated"], level["on_backorder"]

    def availability(self, sku):
        return self.ok(self.api.get(f"/availability?sku={sku}"))["results"][0]

    def order_body(self, units, fields):
        lines = [line | {"unit_price": "2.50"} for line in lines_of(units)]
        body = {"channel": "direct", "customer": {"name": "Ann", "email": "ann@example.com"}}
        return body | {"lines": lines} | fields

    def order(self, units, **fields):
        return self.ok(self.api.post("/orders", self.order_body(units, fields)), 201)

    def refused(self, units, **fields):
        response = self.api.post("/orders", self.order_body(units, fields))
        assert response.status_code == 409, response.content
        return response.json()["errors"]

    def get(self, order):
        return self.ok(self.api.get(f"/orders/{order['number']}"))

    def line(self, order, sku="x"):
        return next(line for line in self.get(order)["lines"] if line["sku"] == sku)

    def parcels(self, order):
        return [
            (one["status"], one["warehouse"], sum(line["allocated"] for line in one["lines"]),
             sum(line["backordered"] for line in one["lines"]))
            for one in self.get(order)["fulfillment_orders"]
        ]  # fmt: skip

    def patch(self, order, units, status=200):
        body = {"lines": lines_of(units)}
        return self.ok(self.api.patch(f"/orders/{order['number']}", body), status)

    def cancel(self, order, units=None, status=200):
        body = {"lines": lines_of(units)} if units else {}
        return self.ok(self.api.post(f"/orders/{order['number']}/cancel", body), status)

    def step(self, number, verb, body=None, status=200):
        response = self.api.post(f"/fulfillment-orders/{number}/{verb}", body)
        return self.ok(response, status)

    def send(self, order, sequence=1):
        return self.step(f"{order['number']}-{sequence}", "ship")


def lines_of(units):
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items()]


@pytest.fixture
def shop(api, make_variant):  # noqa: F811
    return Shop(api, make_variant)
