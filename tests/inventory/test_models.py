"""`inventory.models`: what the database itself refuses, on both engines."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction

from inventory.acts import Act
from inventory.models import (
    BundleComponent,
    ChangeSet,
    ChangeSetRow,
    IncomingDeliveryLine,
    Movement,
    Product,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
)
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from tests.conftest import NOON


def refused(statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        statement()


@pytest.mark.parametrize(
    "numbers",
    [
        {"on_hand": -1},
        {"on_hand": 1_000_000_001},
        {"on_hand": 2, "allocated": 3},
        {"allocated": -1},
        {"on_backorder": -1},
        {"on_backorder": 1_000_000_001},
        {"backorder_threshold": -1},
        {"notify_below": 1_000_000_001},
    ],
)
def test_a_stock_level_stays_within_its_bounds(mug, berlin, numbers):
    StockLevel.objects.create(variant=mug, warehouse=berlin)

    refused(lambda: StockLevel.objects.update(**numbers))


def test_a_variant_has_one_stock_level_in_a_warehouse(mug, berlin):
    StockLevel.objects.create(variant=mug, warehouse=berlin)

    refused(lambda: StockLevel.objects.create(variant=mug, warehouse=berlin))


@pytest.mark.parametrize(
    "fields",
    [
        {"price": Decimal(-1)},
        {"backorders": "maybe"},
        {"sku": ""},
        {"out_of_stock_threshold": -1_000_000_001},
        {"notify_below": -1},
    ],
)
def test_a_variant_stays_within_its_bounds(mug, fields):
    refused(lambda: Variant.objects.filter(pk=mug.pk).update(**fields))


def test_settings_are_one_row(db):
    refused(lambda: StoreSettings.objects.create(pk=2))

    assert StoreSettings.load() == StoreSettings.load()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_ledger_is_never_rewritten(mug, berlin, receive, verb):
    receive(mug, berlin, 5)
    change = {
        "update": lambda: Movement.objects.update(quantity=6),
        "delete": lambda: Movement.objects.all()._raw_delete("default"),
    }

    refused(change[verb])

    assert Movement.objects.get().quantity == 5


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_history_is_never_rewritten(mug, verb):
    change = {
        "update": lambda: ChangeSetRow.objects.update(label="somebody else"),
        "delete": lambda: ChangeSet.objects.all().delete(),
    }
    before = list(ChangeSetRow.objects.values())
    assert before

    refused(change[verb])

    assert list(ChangeSetRow.objects.values()) == before


def test_a_movement_moves_something(mug, berlin):
    level = StockLevel.objects.create(variant=mug, warehouse=berlin)

    refused(
        lambda: Movement.objects.create(
            stock_level=level, quantity=0, kind="receipt", moved_at=NOON
        )
    )


def test_no_more_is_received_than_was_announced(mug, berlin):
    create_delivery(
        act=Act.now(),
        warehouse=berlin,
        reference="PO",
        expected_at=NOON.date(),
        lines=[StockLine(mug, 5)],
    )

    refused(lambda: IncomingDeliveryLine.objects.update(received=6))


def test_a_bundle_is_no_component_of_itself(mug):
    refused(lambda: BundleComponent.objects.create(bundle=mug, component=mug))


@pytest.fixture
def two_sellers(db):
    users = get_user_model().objects
    sellers = []
    for name in ("ada", "bob"):
        seller = Seller.objects.create(code=name, name=name)
        seller.users.add(users.create_user(name))
        Product.objects.create(title=name, slug=name, seller=seller)
        sellers.append(seller)
    Product.objects.create(title="own", slug="own")
    return sellers


def titles(user):
    return sorted(Product.objects.visible_to(user).values_list("title", flat=True))


def test_a_user_of_a_seller_sees_that_sellers_products_alone(two_sellers):
    users = get_user_model().objects

    assert titles(users.get(username="ada")) == ["ada"]
    assert titles(users.create_user("operator")) == ["ada", "bob", "own"]


def test_a_user_of_a_suspended_seller_sees_nothing(two_sellers):
    two_sellers[0].is_active = False
    two_sellers[0].save()

    assert titles(get_user_model().objects.get(username="ada")) == []
