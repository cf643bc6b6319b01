"""Seed 001, "Selling with insufficient stock - backorders", line by line."""

import csv
import io

import pytest
from playwright.sync_api import expect

from inventory.acts import Act
from inventory.models import StoreSettings, Variant
from inventory.services.catalog import create_product, create_variant
from tests.walks.conftest import fresh, save

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_setting_the_default_backorder_setting_for_new_products(desk, menu, live_server):
    # 1. Login to your eCom back Office and click Settings.
    # 2. Click Workflow located in the Store Settings column.
    menu("Workflow")
    # 3. Enable the switch labeled Allow backorders, located in the section titled INVENTORY.
    expect(desk.get_by_role("heading", name="INVENTORY")).to_be_visible()
    desk.get_by_label("Allow backorders", exact=True).check()
    # 4. Click Save.
    save(desk)

    assert StoreSettings.load().new_products_allow_backorders is True
    made = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="New"), sku="NEW"
    )
    assert made.backorders == "allow"


def test_enabling_backorders_for_a_product_variant_manually(desk, menu, mug, shopper):
    assert "Out of stock" in shopper(mug, "MUG-BLUE")
    # 1. Login to your eCom Back Office and click Products.
    menu("Products")
    # 2. Open a product's settings by clicking the product title.
    desk.get_by_role("link", name="Enamel Mug").first.click()
    # 3. Scroll down to the INVENTORY & VARIANTS section and open a variant's settings by clicking
    #    on the variant title.
    expect(desk.get_by_role("heading", name="INVENTORY & VARIANTS")).to_be_visible()
    desk.get_by_role("link", name="Colour: Blue").click()
    # 4. Scroll down to the INVENTORY section and enable the switch labeled Track the inventory.
    expect(desk.get_by_role("heading", name="INVENTORY", exact=True)).to_be_visible()
    desk.get_by_label("Track the inventory").check()
    # 5. Enable the switch labeled Allow backorders.
    desk.get_by_label("Allow backorders", exact=True).check()
    # 6. Click Save.
    save(desk)

    variant = fresh("MUG-BLUE")
    assert (variant.track_inventory, variant.backorders) == (True, "allow")
    assert "On backorder" in shopper(mug, "MUG-BLUE")


def begin_edit(desk, *, same):
    """Steps 3 to 6 of the bulk action."""
    # 3. Click the item(s) selected button and click Edit.
    desk.get_by_text("item(s) selected").click()
    desk.get_by_role("button", name="Edit").click()
    # 4. Enable the checkbox beside Inventory.
    desk.get_by_role("main").get_by_label("Inventory", exact=True).check()
    # 5. Answer the question Are all the values the same by selecting either Yes or No from the
    #    dropdown menu.
    desk.get_by_label("Are all the values the same").select_option(label=same)
    # 6. Click Next.
    desk.get_by_role("button", name="Next").click()


def edit_chosen(desk):
    """Steps 3 to 8 of the bulk action, with the same values for all."""
    begin_edit(desk, same="Yes")
    # 7. Enable the switch labeled Track the inventory and then Allow backorders for each variant
    #    on the screen.
    desk.get_by_label("Track the inventory").check()
    desk.get_by_label("Allow backorders").check()
    expect(desk.get_by_label("In detail")).to_have_value("")
    # 8. Click Save. Ours shows each change first, and what shoppers will see of it.
    desk.get_by_role("button", name="Next").click()
    expect(desk.get_by_text("will accept backorders").first).to_be_visible()
    expect(desk.get_by_role("main")).to_contain_text("On backorder")
    save(desk)


def test_bulk_action_for_variants_of_one_product(desk, menu, mug, shopper):
    # 1. Login to your eCom Back Office and click Products. For variants of one product: Open the
    #    product settings by clicking the product title. Scroll down to INVENTORY & VARIANTS.
    menu("Products")
    desk.get_by_role("link", name="Enamel Mug").first.click()
    # 2. Enable the checkboxes beside the variants you want to modify.
    desk.get_by_label("Select MUG-WHITE").check()
    desk.get_by_label("Select MUG-BLUE").check()
    edit_chosen(desk)

    assert set(Variant.objects.values_list("backorders", flat=True)) == {"allow"}
    assert "On backorder" in shopper(mug)


def test_bulk_action_for_variants_of_many_products(desk, menu, mug, shopper):
    other = create_product(act=Act.now(), title="Oak Board")
    create_variant(act=Act.now(), product=other, sku="OAK")
    # 1. For variants of many products: In the sidebar on the left hand side of the screen, click
    #    Inventory.
    menu("Inventory")
    # 2. For all variants on the page, enable the checkbox in the top left of the table.
    desk.get_by_label("Select all on the page").check()
    edit_chosen(desk)

    assert set(Variant.objects.values_list("backorders", flat=True)) == {"allow"}
    assert "On backorder" in shopper(other)


@pytest.mark.once
def test_bulk_action_with_other_values_for_each(desk, menu, mug, shopper):
    menu("Inventory")
    desk.get_by_label("All 2 that match, on every page").check()
    expect(desk.locator("[data-chosen]")).to_have_text("2")
    begin_edit(desk, same="No")
    # 7. Enable the switch labeled Track the inventory and then Allow backorders for each variant
    #    on the screen: Allow backorders follows Track the inventory.
    desk.get_by_label("MUG-WHITE: Track the inventory").uncheck()
    expect(desk.get_by_label("MUG-WHITE: Allow backorders")).to_be_disabled()
    desk.get_by_label("MUG-BLUE: Allow backorders").focus()
    desk.keyboard.press("Space")
    expect(desk.get_by_label("MUG-BLUE: In detail")).to_have_value("allow")
    desk.keyboard.press("ArrowDown")
    desk.get_by_role("button", name="Next").click()
    # Back keeps what was entered.
    desk.get_by_role("link", name="Back").click()
    expect(desk.get_by_label("MUG-BLUE: Allow backorders")).to_be_checked()
    desk.get_by_role("button", name="Next").click()
    expect(desk.get_by_text("will not be tracked any more: always salable")).to_be_visible()
    # 8. Click Save.
    save(desk)

    assert (fresh("MUG-WHITE").track_inventory, fresh("MUG-WHITE").backorders) == (False, "inherit")
    assert (fresh("MUG-BLUE").track_inventory, fresh("MUG-BLUE").backorders) == (True, "allow")
    assert "On backorder" in shopper(mug, "MUG-BLUE")


def import_file(desk, menu, tmp_path, *rows, mode=None):
    """Import a file by clicking; stay on its report."""
    path = tmp_path / "import.csv"
    path.write_text("\r\n".join(";".join(row) for row in rows), encoding="utf-8")
    menu("Imports & exports")
    desk.get_by_role("link", name="Import a file").click()
    desk.get_by_label("File").set_input_files(path)
    if mode:
        desk.get_by_label("What it may do").select_option(label=mode)
    desk.get_by_role("button", name="Check the file").click()


def test_editing_product_backorder_settings_by_importing(desk, menu, mug, shopper, tmp_path):
    # 1. Create a product export in Tools > Exports.
    menu("Imports & exports")
    desk.get_by_role("link", name="Export variants").click()
    desk.get_by_label("Columns").select_option("full")
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Export").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    # 2. Create a separate import file. Copy these column titles into your import file.
    titles = "Internal_ID Internal_Variant_ID US_Title_Short Stock_Track Stock_Disable_Sold_Out"
    # 3. Copy all the internal IDs and product titles from your product export and paste them in
    #    your import file. Add N for each product to enable backorders.
    rows = [
        [row["Internal_ID"], row["Internal_Variant_ID"], row["US_Title_Short"], "Y", "N"]
        for row in csv.DictReader(io.StringIO(text), delimiter=";")
    ]
    # 4. Import the spreadsheet in Tools > Imports.
    import_file(desk, menu, tmp_path, titles.split(), *rows)
    expect(desk.get_by_text("will accept backorders")).to_have_count(2)
    assert fresh("MUG-BLUE").backorders == "inherit"
    desk.get_by_role("button", name="Apply").click()
    expect(desk.get_by_text("Done", exact=True)).to_be_visible()

    assert set(Variant.objects.values_list("backorders", flat=True)) == {"allow"}
    assert "On backorder" in shopper(mug)


def test_setting_the_product_backorder_setting_when_importing_new_products(
    desk, menu, shopper, tmp_path
):
    # 1. Create an import file. These are the minimum required columns.
    titles = ["XX_Title_Short", "Stock_Track", "Stock_Disable_Sold_Out"]
    # 2. Import the spreadsheet in Tools > Imports.
    import_file(
        desk, menu, tmp_path, titles, ["Walnut Spoon", "Y", "N"], mode="Create new products"
    )
    expect(desk.get_by_text("new, will accept backorders")).to_be_visible()
    desk.get_by_role("button", name="Apply").click()
    expect(desk.get_by_text("Done", exact=True)).to_be_visible()

    variant = Variant.objects.select_related("product").get()
    assert (variant.track_inventory, variant.backorders) == (True, "allow")
    assert "On backorder" in shopper(variant.product)
