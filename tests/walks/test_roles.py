"""The four roles that come ready made: each walks its day."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Import, Seller, StockLevel, StoreSettings, Warehouse
from inventory.roles import ensure_roles
from inventory.services.catalog import create_product, create_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings
from orders.models import FulfillmentOrder
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.walks.conftest import fresh, log_in, save

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(db, django_user_model):
    """Two sellers and the store: each has three units of one variant, sells five, and waits."""
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    main = Warehouse.objects.get(code="main")
    variants = {}
    for code, title in (("anna", "Vase"), ("bert", "Canary Bike"), ("", "Oak Board")):
        seller = Seller.objects.create(code=code, name=f"{code} shop") if code else None
        product = create_product(act=Act.now(), title=title, seller=seller, backorders="allow")
        sku = title.split()[0].upper()
        variant = create_variant(act=Act.now(), product=product, sku=sku, price="10.00")
        lines = [StockLine(variant, 3)]
        receive_stock(warehouse=main, lines=lines, reference="R", act=Act.now(by="wout"))
        place_order(
            channel=Channel.objects.get(slug="direct"),
            customer=Customer(f"Customer of {title}", "eva@example.com"),
            lines=[Wanted(variant, 5, variant.price)],
            act=Act.now(by="olga"),
        )
        variants[sku] = variant
    return variants


@pytest.fixture
def enter(new_context, live_server, django_user_model, shop):
    """Return a way into the back office with a role."""

    def open_as(role):
        user = django_user_model.objects.create_user(role, is_staff=True)
        user.groups.add(ensure_roles()[role])
        if role == "seller":
            Seller.objects.get(code="anna").users.add(user)
        context = new_context()
        log_in(context, user, live_server.url)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{live_server.url}/admin/")
        return page

    return open_as


def menu(page, title):
    page.get_by_role("link", name=re.compile(rf"\b{re.escape(title)}$")).first.click()


def skus(page):
    """Return the SKUs of the list that is open."""
    page.locator("#result_list .field-sku").first.wait_for()
    return {one.strip() for one in page.locator("#result_list .field-sku").all_inner_texts()}


def in_menu(page, title):
    return page.get_by_role("link", name=re.compile(rf"\b{re.escape(title)}$")).count() > 0


def test_the_operator_sees_everything_and_has_the_switch(enter):
    desk = enter("operator")
    menu(desk, "Inventory")
    assert skus(desk) == {"VASE", "CANARY", "OAK"}
    menu(desk, "Waiting room")
    expect(desk.locator("#result_list tbody tr")).to_have_count(3)
    menu(desk, "Sellers")
    expect(desk.get_by_role("link", name="bert shop")).to_be_visible()
    menu(desk, "Marketplace configuration")
    desk.get_by_label("Sellers can accept backorders").uncheck()
    save(desk)
    box = desk.locator("#consequences")
    expect(box).to_contain_text("already owed")
    assert StoreSettings.load().sellers_can_accept_backorders is True
    box.get_by_role("button", name=re.compile("stay owed")).click()
    expect(desk.get_by_text("The settings were saved.")).to_be_visible()

    assert StoreSettings.load().sellers_can_accept_backorders is False


def import_own_file(desk, path):
    """Import a file that names a variant of one's own and one of somebody else."""
    path.write_text("SKU;Stock_Track;Stock_Disable_Sold_Out\nVASE;Y;Y\nCANARY;Y;Y\n")
    menu(desk, "Imports & exports")
    desk.get_by_role("link", name="Import a file").click()
    desk.get_by_label("File").set_input_files(path)
    desk.get_by_role("button", name="Check the file").click()
    expect(desk.get_by_text("SKU CANARY is not in this shop.")).to_be_visible()
    desk.get_by_role("button", name="Apply").click()
    expect(desk.get_by_text("Done", exact=True)).to_be_visible()


def test_a_seller_sets_a_threshold_imports_a_file_and_sees_who_waits(enter, tmp_path):
    desk = enter("seller")
    menu(desk, "Inventory")
    assert skus(desk) == {"VASE"}
    desk.get_by_role("link", name="VASE", exact=True).click()
    desk.get_by_label(re.compile("^Backorder threshold, Main")).fill("7")
    save(desk)
    assert StockLevel.objects.get(variant__sku="VASE").backorder_threshold == 7

    import_own_file(desk, tmp_path / "mine.csv")
    assert (fresh("VASE").backorders, fresh("CANARY").backorders) == ("no", "inherit")
    assert Import.objects.get().created_by.username == "seller"

    menu(desk, "Waiting room")
    expect(desk.locator("#result_list tbody tr")).to_have_count(1)
    expect(desk.locator("#result_list")).to_contain_text("Customer of Vase")
    menu(desk, "Orders")
    expect(desk.locator("#result_list tbody tr")).to_have_count(1)
    desk.locator("#result_list tbody a").first.click()
    expect(desk.get_by_text("you may look, but not change")).to_be_visible()
    expect(desk.get_by_role("main").get_by_role("button")).to_have_count(0)
    for hidden in ("Marketplace configuration", "Workflow", "Sellers", "Receive", "Users"):
        assert not in_menu(desk, hidden), hidden


def test_a_seller_lists_own_items_in_a_channel(enter, live_server):
    desk = enter("seller")
    channel = Channel.objects.get(slug="storefront")
    desk.goto(f"{live_server.url}/admin/channels/channel/{channel.pk}/change/")
    expect(desk).to_have_url(re.compile("/catalog/$"))
    expect(desk.get_by_role("main")).to_contain_text("VASE")
    expect(desk.get_by_role("main")).not_to_contain_text("CANARY")
    expect(desk.get_by_role("link", name="Setup", exact=True)).to_have_count(0)
    expect(desk.get_by_role("link", name="Bulk listing", exact=True)).to_be_visible()
    desk.locator("input[name=item]").first.check()
    desk.get_by_role("button", name=re.compile("^List")).first.click()
    expect(desk.get_by_role("main")).to_contain_text(re.compile(r"Listed\s*1"))

    listed = channel.listings.exclude(published_at=None)
    assert [one.variant.sku for one in listed.select_related("variant")] == ["VASE"]


def test_the_warehouse_receives_picks_packs_and_ships(enter, shop):
    main = Warehouse.objects.get(code="main")
    lines = [StockLine(shop["VASE"], 2)]
    soon = timezone.localdate()
    create_delivery(act=Act.now(), warehouse=main, reference="PO-9", expected_at=soon, lines=lines)
    desk = enter("warehouse")
    menu(desk, "Deliveries")
    desk.get_by_role("link", name="PO-9").click()
    desk.get_by_role("button", name=re.compile("^Receive")).first.click()
    expect(desk.get_by_role("main")).to_contain_text("Received")
    ready = FulfillmentOrder.objects.filter(lines__variant=shop["VASE"], status="ready")
    assert ready.count() == 2

    menu(desk, "Fulfillment orders")
    parcel = ready.order_by("pk").first()
    desk.get_by_label(f"Select {parcel.number}").check()
    desk.get_by_role("button", name=re.compile("^Pick")).first.click()
    desk.goto(f"{desk.url.split('/admin/')[0]}/admin/orders/order/{parcel.order_id}/change/")
    card = desk.locator("section.bo-card").filter(
        has=desk.get_by_role("heading", name=re.compile(rf"^{parcel.number}\b"))
    )
    card.get_by_role("button", name=f"Pack {parcel.number}", exact=True).click()
    expect(desk.get_by_text(f"{parcel.number} is packed.")).to_be_visible()
    card.locator("summary", has_text="Ship").click()
    card.get_by_role("button", name="Ship these units").click()
    expect(card).to_contain_text("Shipped")

    expect(desk.get_by_role("button", name=re.compile("Mark as paid|Set priority"))).to_have_count(
        0
    )
    for hidden in ("Marketplace configuration", "Workflow", "Sellers", "Channels"):
        assert not in_menu(desk, hidden), hidden


def test_the_viewer_looks_and_has_no_buttons(enter, shop, live_server):
    desk = enter("viewer")
    parcel = FulfillmentOrder.objects.first()
    pages = [
        "inventory/variant/",
        f"inventory/variant/{shop['OAK'].pk}/change/",
        f"inventory/product/{shop['OAK'].product_id}/change/",
        "inventory/incomingdelivery/",
        "inventory/import/",
        "inventory/storesettings/",
        "inventory/seller/",
        "orders/order/",
        f"orders/order/{parcel.order_id}/change/",
        "orders/fulfillmentorder/",
        "orders/fulfillmentline/",
        "orders/fulfillmentline/buying/",
        "channels/channel/",
    ]
    harmless = re.compile(
        "^(Search|Filters?|Apply filters|Reset|Print|Done|Close|Clear.*|)$", re.IGNORECASE
    )
    for path in pages:
        desk.goto(f"{live_server.url}/admin/{path}")
        main = desk.locator("main")
        buttons = [one.strip() for one in main.get_by_role("button").all_inner_texts()]
        assert [one for one in buttons if not harmless.match(one)] == [], path
        expect(main.get_by_title(re.compile("^Add "))).to_have_count(0)
        adds = main.get_by_role("link", name=re.compile("^(Add|Import a file|Receive)"))
        expect(adds).to_have_count(0)
    for hidden in ("Marketplace configuration", "Receive", "Correct", "Users"):
        assert not in_menu(desk, hidden), hidden
