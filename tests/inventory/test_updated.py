"""When rows were last written: noted whoever writes, through the ORM or past it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from channels.models import Channel, Listing
from inventory.acts import Act
from inventory.models import (
    IncomingDelivery,
    Product,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.sql import run
from orders.models import FulfillmentLine, FulfillmentOrder, Order, OrderLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order

pytestmark = pytest.mark.django_db

MODELS = (
    *(Seller, Product, Variant, Warehouse, StockLevel, IncomingDelivery, Channel, Listing),
    *(Order, OrderLine, FulfillmentOrder, FulfillmentLine),
)


@pytest.fixture
def shop(make_variant, berlin, receive):
    mug = make_variant(price="2.50")
    receive(mug, berlin, 5)
    Seller.objects.create(code="nora", name="Nora")
    IncomingDelivery.objects.create(warehouse=berlin, reference="D", expected_at="2030-01-01")
    place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer("Ann", ""),
        lines=[Wanted(mug, 2, mug.price)],
        act=Act.now(by="olga"),
    )
    return mug


def test_each_list_has_its_rows_noted():
    lists = set(apps.get_models()) - {StoreSettings}
    noted = {m for m in lists if any(f.name == "updated_at" for f in m._meta.fields)}

    assert noted == set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_a_row_that_is_written_by_any_way_has_the_time_of_it(shop, model):
    table = model._meta.db_table
    long_ago = timezone.now() - timedelta(days=9)

    row = model.objects.first()
    before = timezone.now() - timedelta(milliseconds=2)
    run(f"UPDATE {table} SET id = id WHERE id = %s", [row.pk])
    by_hand = model.objects.get(pk=row.pk).updated_at
    model.objects.filter(pk=row.pk).update(updated_at=long_ago)
    by_rows = model.objects.get(pk=row.pk).updated_at
    row.updated_at = long_ago
    row.save()
    by_object = model.objects.get(pk=row.pk).updated_at

    assert before <= by_hand <= by_rows <= by_object <= timezone.now()


def test_only_the_row_that_is_written_is_noted(shop, make_variant):
    cup = make_variant("cup")
    was = Variant.objects.get(pk=cup.pk).updated_at

    Variant.objects.filter(pk=shop.pk).update(position=7)

    assert Variant.objects.get(pk=cup.pk).updated_at == was
