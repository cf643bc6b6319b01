"""Files of other shop systems beyond the vectors: newer headers, words only one of them writes."""

import pytest

from inventory.models import Variant
from tests.inventory.spreadsheets.conftest import row_errors, run, states

SHOPIFY = (
    "Title,URL handle,Vendor,SKU,Barcode,Option1 name,Option1 value,Price,Inventory tracker,"
    "Inventory quantity,Continue selling when out of stock\n"
    "Enamel Mug,enamel-mug,Oranje,{a},,Colour,White,12.95,shopify,14,DENY\n"
    ",enamel-mug,,{b},,,Blue,12.95,shopify,0,CONTINUE\n"
    ",enamel-mug,,,,,,,,,\n"
)


def test_the_newer_template_of_shopify_is_recognized(catalogue):
    source = run(SHOPIFY.format(a="MUG-WHT", b="MUG-BLU").encode())

    assert source.layout["platform"] == "shopify"
    assert (source.changed, source.unchanged, source.skipped, source.errors) == (1, 1, 1, 0)
    assert states() == {**catalogue, "2001002": "track+allow"}


def test_the_newer_template_of_shopify_makes_products(db):
    source = run(SHOPIFY.format(a="A", b="B").encode(), mode="create")

    assert (source.created, source.skipped, source.errors) == (2, 1, 0)
    found = Variant.objects.order_by("sku").values_list(
        "sku", "title", "backorders", "product__title"
    )
    assert list(found) == [
        ("A", "White", "no", "Enamel Mug"),
        ("B", "Blue", "allow", "Enamel Mug"),
    ]


def test_the_newer_inventory_file_of_shopify_is_named(catalogue):
    source = run(
        b"Handle,Title,Option1 Name,SKU,HS Code,COO,Location,Incoming (not editable),"
        b"Committed (not editable),Available (not editable),On hand (current),On hand (new)\n"
        b"m,M,C,MUG-WHT,,,Main,0,0,14,14,\n"
    )

    assert (source.refused_code, source.layout["platform"]) == (
        "no_known_value_column",
        "shopify_inventory",
    )


@pytest.mark.parametrize("stock", ["parent", "1.5", "'-2"])
def test_any_stock_in_woocommerce_means_that_it_is_counted(catalogue, stock):
    source = run(
        f"Type,SKU,Name,Stock,Backorders allowed?\nvariation,MUG-BLU,,{stock},1\n".encode()
    )

    assert row_errors(source) == {}
    assert states() == {**catalogue, "2001002": "track+allow"}


def test_stock_that_the_parent_counts_starts_at_none(db):
    source = run(
        b"Type,SKU,Name,Stock,Backorders allowed?\nvariation,A,Mug - Blue,parent,notify\n",
        mode="create",
    )

    assert source.errors == 0
    found = Variant.objects.values_list("track_inventory", "backorders", "stock_levels__on_hand")
    assert list(found) == [(True, "notify", None)]


@pytest.mark.parametrize(("flag", "expected"), [("0", 7), ("1", 5)])
def test_the_notify_quantity_of_adobe_commerce_is_read_unless_configured(catalogue, flag, expected):
    source = run(
        "sku,product_type,allow_backorders,use_config_backorders,notify_on_stock_below,"
        f"use_config_notify_stock_qty,manage_stock\nMUG-BLU,simple,1,0,7.0000,{flag},1\n".encode()
    )

    assert source.errors == 0
    assert Variant.objects.get(sku="MUG-BLU").notify_below == expected


def test_the_line_that_names_the_separator_is_passed_over(catalogue):
    source = run(b"sep=;\r\nSKU;Stock_Disable_Sold_Out\r\nMUG-BLU;N\r\n")

    assert (source.changed, source.layout["header_row"]) == (1, 2)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (b"<table><tr><td>SKU</td></tr></table>", "looks_like_html"),
        (b"<!-- saved --><html></html>", "looks_like_html"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html><html>", "looks_like_html"),
        (b"\x1f\x8b\x08\x00" + b"x" * 50, "not_a_table"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "not_a_table"),
    ],
)
def test_other_files_are_named_for_what_they_are(db, start, code):
    assert run(start).refused_code == code
