"""A small shop whose numbers are known: what the tests of figures and reports count."""

from datetime import timedelta

from django.utils import timezone

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Seller, StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order


def main():
    return Warehouse.objects.get(code="main")


def ago(days):
    return timezone.now() - timedelta(days=days)


def variant(sku, price="10.00", *, seller=None, **fields):
    StoreSettings.objects.update(sellers_can_accept_backorders=True)
    product = create_product(
        act=Act.now(), title=f"Product {sku}", seller=seller, backorders="allow"
    )
    return create_variant(act=Act.now(), product=product, sku=sku, price=price, **fields)


def seller_of(user):
    seller = Seller.objects.create(code=user.username, name=f"{user.username}'s shop")
    seller.users.add(user)
    return seller


def receive(what, units, *, days=0):
    receive_stock(
        warehouse=main(),
        lines=[StockLine(what, units)],
        reference="R-1",
        act=Act(at=ago(days), by="w"),
    )


def correct(what, units, *, days=0):
    correct_stock(
        warehouse=main(), lines=[Found(what, units)], reason="Broken", act=Act(at=ago(days), by="w")
    )


def sell(*lines, days=0, name="Eva Ek", **fields):
    return place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer(name, "eva@example.com"),
        lines=[Wanted(what, units, what.price) for what, units in lines],
        act=Act(at=ago(days), by="olga"),
        **fields,
    )


def announce(*lines, days, reference="PO-1"):
    return create_delivery(
        act=Act.now(),
        warehouse=main(),
        reference=reference,
        expected_at=timezone.localdate() + timedelta(days=days),
        lines=[StockLine(what, units) for what, units in lines],
    )
