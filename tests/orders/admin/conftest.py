"""A shop that sells what it has and what it lacks, and a way to press its buttons."""

import pytest
from django.urls import reverse

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Seller, StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from orders.models import Order
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order


@pytest.fixture
def main(db):
    return Warehouse.objects.get(code="main")


@pytest.fixture
def desk(client, operator):
    """Return the browser of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def lamp(db):
    """Return a variant that may be backordered."""
    product = create_product(act=Act.now(), title="Desk Lamp", backorders="allow")
    return create_variant(act=Act.now(), product=product, sku="lamp", price="20.00")


@pytest.fixture
def anna(make_user):
    user = make_user("anna", "seller")
    Seller.objects.create(code="anna", name="Annas Atelier").users.add(user)
    return user


@pytest.fixture
def annas(anna):
    StoreSettings.objects.update(sellers_can_accept_backorders=True)
    product = create_product(
        act=Act.now(), title="Annas Vase", seller=anna.sellers.get(), backorders="allow"
    )
    return create_variant(act=Act.now(), product=product, sku="vase", price="5.00")


@pytest.fixture
def stock(main, receive):
    """Return a way to put units on the shelf of the main warehouse, or of another one."""

    def put(variant, units, warehouse=main):
        receive(variant, warehouse, units)

    return put


@pytest.fixture
def sell():
    """Return a way to place an order on the channel of the staff."""

    def place(*lines, name="Eva Ek", email="eva@example.com", **fields):
        return place_order(
            channel=Channel.objects.get(slug="direct"),
            customer=Customer(name, email),
            lines=[Wanted(variant, units, variant.price) for variant, units in lines],
            act=Act.now(by="olga"),
            **fields,
        )

    return place


@pytest.fixture
def url():
    """Return the address of an admin page of orders."""

    def make(name, *args):
        return reverse(f"admin:orders_{name}", args=args)

    return make


@pytest.fixture
def press(client, url):
    """Return a way to press a button on an order's page, as it stands or with other fields."""

    def send(name, target, **data):
        parcel = None if isinstance(target, Order) else target
        order = parcel.order_id if parcel else target.pk
        opened = client.get(url("order_change", order))
        address = (
            url("order_parcel", order, parcel.pk, name) if parcel else url("order_do", order, name)
        )
        target.refresh_from_db()
        fields = {"form_token": opened.context["form_token"], "version": target.version}
        fields |= {key.replace("__", "-"): value for key, value in data.items()}
        return client.post(address, fields)

    return send


@pytest.fixture
def typed():
    """Return what a browser sends of lines: SKU, units and perhaps a price each."""

    def lines(*rows):
        data = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0"}
        for number, row in enumerate(rows):
            for name, value in zip(("code", "quantity", "unit_price"), row, strict=False):
                data[f"lines-{number}-{name}"] = str(value)
        return data

    return lines
