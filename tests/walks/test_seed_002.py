"""Seed 002, "Manage Backorders" of a marketplace, line by line."""

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from backoffice.models import ApiToken
from channels.models import Channel
from inventory.acts import Act
from inventory.models import Seller, StockLevel, StoreSettings, Warehouse
from inventory.roles import ensure_roles
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings
from orders.errors import OrderRefused
from orders.models import FulfillmentOrder
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.walks.conftest import log_in, save

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(django_user_model):
    user = django_user_model.objects.create_user("olga", is_staff=True)
    user.groups.add(ensure_roles()["operator"])
    return user


@pytest.fixture
def anna(django_user_model, db):
    """The user of a seller."""
    user = django_user_model.objects.create_user("anna", is_staff=True)
    user.groups.add(ensure_roles()["seller"])
    Seller.objects.create(code="anna", name="Annas Atelier").users.add(user)
    return user


@pytest.fixture
def vase(anna):
    """A seller's variant, at two warehouses: two units are in the first."""
    Warehouse.objects.create(code="north", name="North", priority=9)
    product = create_product(act=Act.now(), title="Vase", seller=anna.sellers.get())
    variant = create_variant(
        act=Act.now(), product=product, sku="VASE", title="Glaze: Night", price="27.00"
    )
    stock(variant, 2)
    return variant


@pytest.fixture
def sellers_desk(new_context, live_server, anna):
    """The back office as the seller's user sees it."""
    context = new_context()
    log_in(context, anna, live_server.url)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/")
    return page


def stock(variant, units, code="main"):
    place, lines = Warehouse.objects.get(code=code), [StockLine(variant, units)]
    receive_stock(warehouse=place, lines=lines, reference="R", act=Act.now(by="wout"))


def buy(variant, units, name="Eva"):
    """Return the order of a customer."""
    return place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer(name, "eva@example.com"),
        lines=[Wanted(variant, units, variant.price)],
        act=Act.now(by="olga"),
    )


def open_vase(page):
    page.get_by_role("link", name=re.compile(r"\bInventory$")).first.click()
    page.get_by_role("link", name="VASE", exact=True).click()
    expect(page.get_by_role("heading", name="INVENTORY", exact=True)).to_be_visible()


def level_row(page, warehouse):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=warehouse))


def allow_backorders(page, **thresholds):
    """Allow backorders on the variant's page, with a threshold for each warehouse."""
    open_vase(page)
    page.get_by_label("Allow backorders", exact=True).check()
    for name, units in thresholds.items():
        page.get_by_label(re.compile(f"^Backorder threshold, {name}")).fill(str(units))
    save(page)


def owed():
    """Return the units on backorder at each warehouse."""
    return dict(StockLevel.objects.values_list("warehouse__code", "on_backorder"))


def test_enable_backorders_in_the_marketplace(desk, menu, sellers_desk, live_server, vase, shopper):
    # Products are typically only available for purchase when there is available stock.
    StockLevel.objects.update(on_hand=0)
    StoreSettings.objects.update(backorders="allow")
    assert "Out of stock" in shopper(vase.product)
    # Permissions: Only marketplace operators can enable backorders.
    expect(sellers_desk.get_by_text("Marketplace configuration")).to_have_count(0)
    address = f"{live_server.url}/admin/inventory/storesettings/marketplace/"
    assert sellers_desk.request.get(address).status == 403
    # 1. Go to Settings -> Marketplace configuration.
    menu("Marketplace configuration")
    # 2. Turn on the Sellers can accept backorders option.
    desk.get_by_label("Sellers can accept backorders").check()
    # 3. Select Save.
    save(desk)

    assert StoreSettings.load().sellers_can_accept_backorders is True
    assert "On backorder" in shopper(vase.product)
    # Backorders can be enabled and disabled at any time.
    desk.get_by_label("Sellers can accept backorders").uncheck()
    save(desk)
    assert "Out of stock" in shopper(vase.product)


def test_configure_backorders_for_products(desk, sellers_desk, vase, shopper):
    """Once enabled, sellers can specify availability and thresholds at each warehouse."""
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    # 1. Go to the product variant for which you want to allow backorders.
    open_vase(sellers_desk)
    # 2. In the inventory section, set the backorders field to Allow backorders.
    sellers_desk.get_by_label("Allow backorders", exact=True).check()
    # 3. Set the backorder threshold for each warehouse.
    sellers_desk.get_by_label(re.compile("^Backorder threshold, Main")).fill("3")
    # Backorders are warehouse-specific. To disallow at a warehouse, set its threshold to 0.
    sellers_desk.get_by_label(re.compile("^Backorder threshold, North")).fill("0")
    # 4. Select Save.
    save(sellers_desk)

    caps = StockLevel.objects.values_list("warehouse__code", "backorder_threshold")
    assert dict(caps) == {"main": 3, "north": 0}
    # This controls the maximum backorder quantity per warehouse when stock depletes.
    buy(vase, 5)
    assert owed() == {"main": 3, "north": 0}
    with pytest.raises(OrderRefused):
        buy(vase, 1)
    # The backordered amount is displayed on the product or variant. Tracking backorder status:
    # the On backorder field shows how many units are on backorder at each warehouse.
    for page in (desk, sellers_desk):
        open_vase(page)
        expect(level_row(page, "Main warehouse").get_by_role("cell").nth(3)).to_have_text("3")
        expect(level_row(page, "North").get_by_role("cell").nth(3)).to_have_text("0")
    assert "Out of stock" in shopper(vase.product)


def test_permissions_products_they_can_access(desk, sellers_desk, live_server, vase):
    """Operators configure any product; sellers those they can access."""
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    other = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Oak Board"), sku="OAK"
    )
    allow_backorders(desk, Main=7)
    assert StockLevel.objects.get(warehouse__code="main").backorder_threshold == 7

    sellers_desk.goto(f"{live_server.url}/admin/inventory/variant/")
    expect(sellers_desk.get_by_role("link", name="VASE", exact=True)).to_be_visible()
    expect(sellers_desk.get_by_role("link", name="OAK", exact=True)).to_have_count(0)
    address = f"{live_server.url}/admin/inventory/variant/{other.pk}/change/"
    assert sellers_desk.request.get(address).status == 404


def test_fulfilling_backorders(desk, menu, sellers_desk, vase):
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    allow_backorders(sellers_desk, Main=9, North=9)
    order = buy(vase, 5)
    assert owed()["main"] == 3
    # First replenish the amount of stock required to fulfill the order.
    menu("Receive")
    desk.get_by_label("Reference").fill("PO-1")
    desk.get_by_label("SKU or EAN").first.fill("VASE")
    desk.get_by_label(re.compile("Quantity")).first.fill("3")
    desk.get_by_role("main").get_by_role("button", name="Receive", exact=True).click()
    expect(desk.get_by_role("heading", name="Who got the units")).to_be_visible()
    assert owed()["main"] == 0
    # Restocking is necessary before using the Dashboard to create the fulfillment.
    menu("Fulfillment orders")
    expect(desk.locator("#result_list tbody tr").filter(has_text="Ready")).to_have_count(2)
    assert {one.status for one in FulfillmentOrder.objects.filter(order=order)} == {"ready"}


def test_partly_fulfilling_with_the_available_stock(desk, menu, operator, vase):
    """You may partially fulfill the order with the available stock; so may the API."""
    update_settings(
        act=Act.now(), changes={"sellers_can_accept_backorders": True, "allow_order_split": False}
    )
    allow_backorders(desk, Main=9)
    eva, finn = buy(vase, 4), buy(vase, 4, "Finn")
    menu("Orders")
    desk.get_by_role("link", name=eva.number, exact=True).click()
    desk.get_by_role("button", name=re.compile("^Ship what is there")).first.click()
    expect(desk.get_by_text("It can ship now.")).to_be_visible()
    assert set(FulfillmentOrder.objects.filter(order=eva).values_list("status", flat=True)) == {
        "ready",
        "waiting",
    }

    stock(vase, 3)
    key = {"authorization": f"Bearer {ApiToken.issue(user_id=operator.pk)[1]}"}
    waiting = FulfillmentOrder.objects.get(order=finn, status="waiting")
    address = f"/api/v1/fulfillment-orders/{waiting.number}/split"
    answer = Client().post(address, {}, content_type="application/json", headers=key)
    assert answer.status_code == 201, answer.content


def test_storefront_considerations(sellers_desk, vase, page, live_server, shopper):
    """Elsewhere this requires frontend customization; here the storefront says it."""
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    allow_backorders(sellers_desk, Main=3)
    shopper(vase.product)
    page.goto(f"{live_server.url}/product/{vase.product.slug}/")
    page.get_by_label("Quantity").fill("4")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("main")).to_contain_text("2 ship now, 2 on backorder")
