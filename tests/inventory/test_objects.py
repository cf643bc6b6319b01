"""Rows that every order writes, without the ORM between: what is there, and what is not."""

import pytest

from inventory.errors import RowGone
from inventory.models import StockLevel, Warehouse
from inventory.objects import insert, select, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def levels(make_variant, berlin, paris):
    mug = make_variant()
    rows = [StockLevel(variant=mug, warehouse=place, on_hand=9) for place in (berlin, paris)]
    insert(rows)
    return rows


def read():
    return list(StockLevel.objects.order_by("pk").values_list("on_hand", "allocated", "in_stock"))


def test_only_the_named_columns_are_written(levels):
    for level in levels:
        level.on_hand, level.allocated, level.in_stock = 1, 4, False

    update(levels, ["allocated", "in_stock"])

    assert read() == [(9, 4, False), (9, 4, False)]


def test_each_kind_of_value_comes_back_as_it_was_written(levels):
    level = levels[0]
    level.backorder_threshold, level.low_stock_since = None, None

    update([level], ["backorder_threshold", "low_stock_since", "warehouse_id"])

    [again] = select(StockLevel, "WHERE t.id = %s", [level.pk])
    assert (again.backorder_threshold, again.low_stock_since) == (None, None)
    assert again.warehouse_id == level.warehouse_id


def test_a_row_that_was_deleted_meanwhile_is_not_made_anew(levels):
    gone, kept = levels
    StockLevel.objects.filter(pk=gone.pk).delete()
    gone.allocated = kept.allocated = 2

    with pytest.raises(RowGone, match="stock level was deleted at this moment"):
        update(levels, ["allocated"])

    assert not StockLevel.objects.filter(pk=gone.pk).exists()


def test_nothing_is_nothing_to_write():
    before = list(Warehouse.objects.values_list("pk", flat=True))

    update([], ["name"])
    insert([])

    assert list(Warehouse.objects.values_list("pk", flat=True)) == before
