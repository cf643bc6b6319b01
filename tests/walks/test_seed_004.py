"""Seed 004, "Configuring Backorders", line by line; orders aside."""

import re

import pytest
from playwright.sync_api import expect

from inventory.acts import Act
from inventory.models import OutgoingMail, StockLevel, StoreSettings, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings
from tests.conftest import NOON
from tests.walks.conftest import fresh, save

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def knife(db):
    """25 units of one variant in the only warehouse."""
    product = create_product(act=Act.now(), title="Chef's Knife")
    variant = create_variant(act=Act.now(), product=product, sku="KNIFE", price="89.00")
    main = Warehouse.objects.get(code="main")
    receive_stock(
        warehouse=main, lines=[StockLine(variant, 25)], reference="R", act=Act(at=NOON, by="anna")
    )
    return variant


@pytest.fixture
def open_variant(desk, menu):
    """Return a way to open a variant's page from the menu."""

    def click(sku):
        menu("Inventory")
        desk.get_by_role("link", name=sku, exact=True).click()

    return click


def set_own(desk, label, value):
    """Untick "Use …" of a setting and enter a value of its own."""
    field = desk.get_by_label(label, exact=True)
    box = desk.locator(".bo-wider", has=field).get_by_role("checkbox")
    box.uncheck()
    if field.evaluate("element => element.tagName") == "SELECT":
        field.select_option(label=value)
    else:
        field.fill(value)


def test_out_of_stock_threshold(desk, open_variant, knife, shopper):
    """Quantity 25, Notify 10, Only X left 5, Out of Stock Threshold −50: salable 75."""
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    open_variant("KNIFE")
    desk.get_by_text("Advanced inventory").last.click()
    set_own(desk, "Out-of-Stock Threshold", "-50")
    set_own(desk, "Notify for Quantity Below", "10")
    set_own(desk, "Only X left Threshold", "5")
    save(desk)

    # The Salable Quantity for this product is 75 (25 - (-50)).
    expect(desk.get_by_text("75 can be sold")).to_be_visible()
    assert "In stock" in shopper(knife.product)
    # When customers purchase more than 25 products, new orders enter as backorders.
    StockLevel.objects.update(allocated=25, on_backorder=1)
    assert "On backorder" in shopper(knife.product)
    # As the Salable Quantity reduces to 5 (70 items have been sold): Only 5 left.
    StockLevel.objects.update(allocated=25, on_backorder=45)
    assert "Only 5 left" in shopper(knife.product)
    # When the Salable Quantity reaches 0, the product is displayed as Out of Stock.
    StockLevel.objects.update(allocated=25, on_backorder=50)
    assert "Out of stock" in shopper(knife.product)


def test_notify_for_quantity_below(desk, menu, knife, live_server):
    """An e-mail is sent when the product has a quantity of 10 or less."""
    menu("Workflow")
    desk.get_by_label("Notify for Quantity Below").fill("10")
    desk.get_by_label("Low stock e-mail").fill("stock@example.com")
    save(desk)
    for units, mails in (("11", 0), ("10", 1), ("3", 1)):
        menu("Correct")
        desk.get_by_label("Reason").fill("Counted")
        desk.get_by_label("SKU or EAN").first.fill("KNIFE")
        desk.get_by_label(re.compile("Found|On hand|Quantity")).first.fill(units)
        desk.get_by_role("button", name="Compare with the books").click()
        desk.get_by_role("button", name="Book", exact=True).click()
        expect(desk.locator("main")).to_contain_text("KNIFE")
        assert StockLevel.objects.get().on_hand == int(units)
        assert OutgoingMail.objects.count() == mails
    menu("Low stock")
    expect(desk.get_by_role("link", name="KNIFE", exact=True)).to_be_visible()


def test_stock_status(desk, open_variant, knife, shopper):
    """Products must be set to In Stock status when enabling backorders."""
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    for status, words in (("Out of Stock", "Out of stock"), ("In Stock", "In stock")):
        open_variant("KNIFE")
        row = desk.get_by_role("row").filter(has_text="Main warehouse")
        row.get_by_role("combobox").select_option(label=status)
        save(desk)
        assert words in shopper(knife.product)


def test_configure_backorders_globally(desk, menu, knife, shopper):
    # On the Admin sidebar, go to Stores > Settings > Configuration … Catalog > Inventory.
    menu("Workflow")
    # Expand the Product Stock Options.
    expect(desk.get_by_role("heading", name="Product Stock Options")).to_be_visible()
    # For Backorders, select an option.
    options = desk.get_by_label("Backorders", exact=True)
    assert options.locator("option").all_inner_texts() == [
        "No backorders",
        "Allow backorders",
        "Allow backorders and notify customer",
    ]
    options.select_option(label="Allow backorders and notify customer")
    # For Out-of-Stock Threshold, enter a different amount: -50 to allow orders up to this amount.
    desk.get_by_label("Out-of-Stock Threshold").fill("-50")
    # Click Save Config.
    save(desk)

    settings = StoreSettings.load()
    assert (settings.backorders, settings.out_of_stock_threshold) == ("notify", -50)
    StockLevel.objects.update(allocated=25)
    assert "On backorder" in shopper(knife.product)


def test_configure_backorders_for_a_product(desk, menu, knife, shopper):
    # On the Admin sidebar, go to Catalog > Products. Open a product in Edit mode.
    menu("Products")
    desk.get_by_role("link", name="Chef's Knife").first.click()
    # Click Advanced Inventory. Any setting listed as global displays the current global setting.
    desk.get_by_text("Advanced inventory").last.click()
    advanced = desk.locator("#advanced")
    expect(advanced).to_contain_text("No backorders")
    # For Backorders, deselect the Use Config Setting checkbox and select an option.
    set_own(desk, "Backorders", "Allow backorders")
    # For Out-of-Stock Threshold, deselect the Use Config Setting checkbox and enter an amount.
    set_own(desk, "Out-of-Stock Threshold", "-3")
    # Click Done, and then Save.
    save(desk)

    product = fresh("KNIFE").product
    assert (product.backorders, product.out_of_stock_threshold) == ("allow", -3)
    assert StoreSettings.load().backorders == "no"
    StockLevel.objects.update(allocated=25)
    assert "On backorder" in shopper(knife.product)
