"""Every change may say which version it saw, and is refused when there is a newer one."""

import pytest

from tests.orders.api.conftest import lines_of

pytestmark = pytest.mark.django_db

OLD = 99


@pytest.fixture
def order(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=3)
    return shop.order({"x": 5})


def stale(response, version):
    problem = response.json()
    assert (response.status_code, problem["type"]) == (409, "urn:backoffice:problem:stale-change")
    assert problem["errors"][0]["version"] == version


@pytest.mark.parametrize(
    ("method", "verb", "body"),
    [
        ("PATCH", "", {"priority": 5, "reason": "she waited"}),
        ("PATCH", "", {"lines": lines_of({"x": 1})}),
        ("POST", "/cancel", {}),
        ("POST", "/cancel", {"lines": lines_of({"x": 1})}),
        ("POST", "/pay", {}),
        ("POST", "/return", {"lines": lines_of({"x": 1}), "reason": "broken"}),
    ],
)
def test_an_order(shop, order, berlin, method, verb, body):
    if verb == "/return":
        shop.send(order, 1)
    if verb == "/pay":
        order = shop.order({"x": 1}, payment="pending")
    address = f"/orders/{order['number']}{verb}"
    before = shop.get(order)

    stale(shop.api.send(method, address, {**body, "version": OLD}), before["version"])

    assert shop.get(order) == before
    done = shop.api.send(method, address, {**body, "version": before["version"]})
    assert (done.status_code, done.json()["version"]) == (200, before["version"] + 1)


@pytest.mark.parametrize("verb", ["pick", "ship", "hold", "pack", "unpick", "unship", "split"])
def test_a_parcel(shop, order, verb):
    number = f"{order['number']}-{2 if verb == 'split' else 1}"
    for step in {"pack": ["pick"], "unpick": ["pick"], "unship": ["ship"]}.get(verb, ()):
        shop.step(number, step)
    if verb == "split":
        shop.step(number, "split", status=409)
        order = shop.order({"x": 2}, ship_together=True)
        number = f"{order['number']}-1"
    body = {"reason": "ask her"} if verb == "hold" else {}
    before = shop.ok(shop.api.get(f"/fulfillment-orders/{number}"))

    response = shop.api.post(f"/fulfillment-orders/{number}/{verb}", {**body, "version": OLD})

    stale(response, before["version"])
    assert shop.ok(shop.api.get(f"/fulfillment-orders/{number}")) == before
    if verb != "split":
        body |= {"version": before["version"]}
        shop.step(number, verb, body, status=201 if verb == "hold" else 200)


def test_a_hold_of_the_version_that_was_seen(shop, order):
    number = f"{order['number']}-1"
    before = shop.ok(shop.api.get(f"/fulfillment-orders/{number}"))
    held = shop.step(number, "hold", {"reason": "ask her"}, status=201)
    assert held["version"] > before["version"]
    address = f"/fulfillment-orders/{number}/holds/{held['holds'][0]['id']}"

    stale(shop.api.send("DELETE", f"{address}?version={before['version']}"), held["version"])
    freed = shop.api.send("DELETE", f"{address}?version={held['version']}")

    assert (freed.status_code, freed.json()["holds"]) == (200, [])


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "9" * 30, "%00", "٣"])
def test_a_version_in_an_address_is_a_whole_number(shop, order, text):
    address = f"/fulfillment-orders/{order['number']}-1/holds/1?version={text}"

    response = shop.api.send("DELETE", address)

    assert response.status_code in {400, 422}


@pytest.mark.parametrize("version", ["1", 1.0, True, None, -1, 10**12, []])
def test_a_version_in_a_body_is_a_whole_number(shop, order, version):
    response = shop.api.post(f"/orders/{order['number']}/cancel", {"version": version})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "version"


def test_a_delivery(shop, berlin):
    shop.variant()
    body = {"warehouse": "berlin", "reference": "D", "expected_at": "2030-01-01"}
    made = shop.ok(shop.api.post("/deliveries", body | {"lines": lines_of({"x": 4})}), 201)
    assert made["version"] == 1
    address = f"/deliveries/{made['id']}"

    stale(shop.api.patch(address, {"expected_at": "2030-01-02", "version": OLD}), 1)
    moved = shop.ok(shop.api.patch(address, {"expected_at": "2030-01-02", "version": 1}))
    stale(shop.api.post(f"{address}/receive", {"version": 1}), 2)
    shop.ok(shop.api.post(f"{address}/receive", {"version": 2, "lines": lines_of({"x": 1})}))
    stale(shop.api.post(f"{address}/cancel", {"version": 2}), 3)
    done = shop.ok(shop.api.post(f"{address}/cancel", {"version": 3}))

    assert (moved["version"], done["version"], done["state"]) == (2, 4, "canceled")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/settings", {"notify_below": 3}),
        ("/variants/x", {"notify_below": 3}),
        ("/stock/x/berlin", {"notify_below": 3}),
        ("/warehouses/berlin", {"priority": 3}),
        ("/channels/storefront", {"name": "Shop"}),
        ("/channels/storefront/listings/x", {"price": "3.00"}),
    ],
)
def test_what_is_set(shop, berlin, address, body):
    shop.variant()
    shop.receive(berlin, x=1)
    before = shop.ok(shop.api.get(address))

    stale(shop.api.patch(address, {**body, "version": OLD}), before["version"])

    assert shop.ok(shop.api.get(address)) == before
    after = shop.ok(shop.api.patch(address, {**body, "version": before["version"]}))
    assert after["version"] == before["version"] + 1
