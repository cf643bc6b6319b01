"""A tiny named world for the catalogue and stock."""

from datetime import UTC, datetime

import pytest

from inventory.models import StockLevel, StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def berlin(db):
    Warehouse.objects.filter(code="main").update(is_active=False)
    return Warehouse.objects.create(code="berlin", name="Berlin")


@pytest.fixture
def paris(berlin):
    return Warehouse.objects.create(code="paris", name="Paris", priority=2)


@pytest.fixture
def store(db):
    settings = StoreSettings.load()
    settings.low_stock_email = "stock@example.com"
    settings.save()
    return settings


@pytest.fixture
def product(db):
    return create_product(title="Enamel Mug")


@pytest.fixture
def make_variant(product):
    """Return a maker of variants of one product, so that a test states only what it is about."""

    def make(sku="mug", **fields):
        return create_variant(product=product, sku=sku, **fields)

    return make


@pytest.fixture
def mug(make_variant):
    return make_variant()


@pytest.fixture
def receive():
    """Return a way to put units on a shelf."""

    def put(variant, warehouse, units, *, at=NOON):
        lines = [StockLine(variant, units)]
        return receive_stock(warehouse=warehouse, lines=lines, reference="R-1", by="anna", at=at)

    return put


@pytest.fixture
def on_hand():
    """Return a reader of the units on a shelf."""

    def read(variant, warehouse):
        level = StockLevel.objects.filter(variant=variant, warehouse=warehouse).first()
        return level.on_hand if level else 0

    return read
