"""A day of orders, walked with the mouse: sold, owed, bought, served, picked, packed, shipped."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import expect

from inventory.acts import Act
from inventory.models import StockLevel, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from orders.models import Order
from orders.services.page_keys import page_key
from orders.services.reconcile import reconcile
from tests.conftest import list_in_the_storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lamp(db):
    """A lamp of which five are there, and more may be owed."""
    product = create_product(act=Act.now(), title="Desk Lamp", backorders="notify")
    variant = create_variant(act=Act.now(), product=product, sku="LAMP", price="20.00")
    receive_stock(
        warehouse=Warehouse.objects.get(code="main"),
        lines=[StockLine(variant, 5)],
        reference="R-1",
        act=Act.now(by="wout"),
    )
    return variant


def announce(variant, day):
    """Announce a delivery that brings more than is owed."""
    create_delivery(
        act=Act.now(),
        warehouse=Warehouse.objects.get(code="main"),
        supplier="Lumen",
        reference="PO-78",
        expected_at=day,
        lines=[StockLine(variant, 10)],
    )


def shelf():
    """Return on hand, allocated and on backorder of the lamp."""
    return StockLevel.objects.values_list("on_hand", "allocated", "on_backorder").get()


def row_of(page, text):
    """Return the row of the list on which this stands."""
    return page.locator("#result_list tbody tr").filter(has_text=text)


def cell(page, text, column):
    """Return one cell of the row on which this stands."""
    return row_of(page, text).locator(f".field-{column}")


def fulfillment_order(page, number):
    """Return the card of a fulfillment order on the page of its order."""
    heading = page.get_by_role("heading", name=re.compile(rf"^{number}\b"))
    return page.locator("section.bo-card").filter(has=heading)


def send_unseen(button):
    """Send a button's form as its first click does whose answer is lost; return the status."""
    return button.evaluate(
        "async (button) => (await fetch(button.form.action || location.href,"
        " {method: 'POST', body: new FormData(button.form)})).status"
    )


def type_order(desk, menu, *, customer, code, quantity):
    """Type an order of one line, from the menu."""
    menu("Orders")
    desk.get_by_title("Add order").click()
    desk.get_by_label("Customer", exact=True).fill(customer)
    desk.get_by_label("SKU or EAN, line 1").fill(code)
    desk.get_by_label("Quantity, line 1").fill(str(quantity))


def simulate(desk, menu, *, code, quantity, reference):
    """Play a delivery of one line through, from the menu."""
    menu("Simulate a delivery")
    desk.get_by_label("Reference").fill(reference)
    desk.get_by_label("SKU or EAN, line 1").fill(code)
    desk.get_by_label("Quantity, 1").fill(str(quantity))
    desk.get_by_role("button", name="Simulate").click()


def ship(desk, number):
    """Pick, pack and ship all of a fulfillment order, on the page of its order."""
    card = fulfillment_order(desk, number)
    card.get_by_role("button", name=f"Pick {number}", exact=True).click()
    expect(desk.get_by_text(f"{number} is picked.")).to_be_visible()
    card.get_by_role("button", name=f"Pack {number}", exact=True).click()
    expect(desk.get_by_text(f"{number} is packed.")).to_be_visible()
    card.locator("summary", has_text="Ship").click()
    card.get_by_role("button", name="Ship these units").click()
    expect(card).to_contain_text("Shipped")


def sell_seven(desk, menu):
    """Sell seven lamps of five; return the order."""
    type_order(desk, menu, customer="Eva Ek", code="LAMP", quantity=7)
    desk.get_by_role("button", name="Place order").click()
    expect(desk.get_by_text("was placed.")).to_be_visible()
    return Order.objects.get()


def test_an_order_for_more_than_there_is_waits_until_a_delivery_serves_it(desk, menu, lamp):
    order = sell_seven(desk, menu)
    there, owed = f"{order.number}-1", f"{order.number}-2"
    expect(fulfillment_order(desk, there)).to_contain_text("Ready")
    expect(fulfillment_order(desk, owed)).to_contain_text("Awaiting stock")
    assert shelf() == (5, 5, 2)

    menu("Waiting room")
    expect(cell(desk, owed, "owed")).to_have_text("2")
    expect(cell(desk, owed, "rank")).to_have_text("1")
    expect(row_of(desk, owed)).to_contain_text("lacks 2 × LAMP")

    simulate(desk, menu, code="LAMP", quantity=3, reference="PO-77")
    expect(desk.get_by_text("2 units go to orders that wait, 1 stays free")).to_be_visible()
    assert shelf() == (5, 5, 2), "nothing is booked yet"
    desk.get_by_role("button", name="Receive exactly this").click()
    expect(desk.get_by_role("heading", name="Who got the units")).to_be_visible()
    expect(desk.get_by_role("row", name=f"{order.number} {owed} LAMP 2")).to_be_visible()
    assert shelf() == (8, 7, 0)

    menu("Waiting room")
    expect(desk.get_by_role("heading", name="Nobody waits")).to_be_visible()
    assert reconcile() == []


def test_what_was_served_is_found_picked_packed_and_shipped(desk, menu, lamp):
    order = sell_seven(desk, menu)
    simulate(desk, menu, code="LAMP", quantity=3, reference="PO-77")
    desk.get_by_role("button", name="Receive exactly this").click()

    menu("Orders")
    desk.get_by_role("link", name="Can ship now").click()
    expect(cell(desk, "Eva Ek", "amounts")).to_have_text("7")
    desk.get_by_role("link", name=order.number, exact=True).click()
    ship(desk, f"{order.number}-1")
    assert shelf() == (3, 2, 0)
    ship(desk, f"{order.number}-2")

    menu("Orders")
    expect(cell(desk, "Eva Ek", "state")).to_have_text("Shipped")
    menu("Fulfillment orders")
    expect(cell(desk, f"{order.number}-2", "state")).to_have_text("Shipped")
    assert shelf() == (1, 0, 0)
    assert reconcile() == []


def test_a_double_click_places_one_order(desk, menu, lamp):
    type_order(desk, menu, customer="Eva Ek", code="LAMP", quantity=2)
    button = desk.get_by_role("button", name="Place order")

    assert send_unseen(button) == 200
    button.dblclick()

    desk.wait_for_url(f"**/order/{Order.objects.get().pk}/change/")
    assert Order.objects.count() == 1
    assert shelf() == (5, 2, 0)
    assert reconcile() == []


def test_a_shopper_buys_more_than_there_is_and_reads_what_waits_until_when(page, live_server, lamp):
    expected = timezone.localdate() + timedelta(days=9)
    announce(lamp, expected)
    page.set_default_timeout(10_000)
    list_in_the_storefront()
    page.goto(live_server.url)
    page.get_by_role("link", name="Desk Lamp").first.click()
    page.get_by_label("Quantity").fill("7")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("main")).to_contain_text("5 ship now, 2 on backorder")
    page.get_by_role("button", name="Checkout").click()
    page.get_by_label("Name").fill("Eva Ek")
    page.get_by_label("E-mail").fill("eva@example.com")

    button = page.get_by_role("button", name="Place the order")
    assert send_unseen(button) == 200
    button.dblclick()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Order")
    order = Order.objects.get()
    assert page.url == live_server.url + reverse("storefront:order", args=[page_key(order)])
    said = page.get_by_role("main")
    expect(said).to_contain_text("5 ship now")
    expect(said).to_contain_text(f"2 on backorder: expected {date_format(expected, 'j F Y')}")
    expect(page.get_by_role("listitem").filter(has_text=f"{order.number}-1")).to_contain_text("5 ×")
    assert shelf() == (5, 5, 2)
    assert reconcile() == []


def test_a_line_that_is_refused_can_be_read_and_mended_on_a_phone(desk, menu, lamp):
    lamp.backorders = "no"
    lamp.save()
    type_order(desk, menu, customer="Eva Ek", code="LAMP", quantity=7)
    desk.set_viewport_size({"width": 390, "height": 900})
    desk.get_by_role("button", name="Place order").click()

    expect(desk.get_by_text("Requested 7, available 5, backorderable 0")).to_be_visible()
    assert desk.get_by_label("SKU or EAN, line 1").bounding_box()["width"] > 100
    assert desk.get_by_label("Unit price, line 1").bounding_box()["width"] > 70
    assert desk.evaluate("document.documentElement.scrollWidth") == 390

    desk.get_by_label("Quantity, line 1").fill("5")
    desk.get_by_role("button", name="Place order").click()
    expect(desk.get_by_text("was placed.")).to_be_visible()
    assert shelf() == (5, 5, 0)
