"""The shop in a real browser: readable by everyone, live while one types, whole without script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inventory.models import Product
from orders.models import Order

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def shop(live_server, sell, store):
    store.only_x_left_threshold = 3
    store.save()
    mug = sell("Mug", units=3, sku="WHITE", title="White", brand="Tin", backorders="notify")
    sell(product=mug.product, sku="INK", title="Ink blue", price="14.50")
    sell("Owed", backorders="notify", description="A long story.")
    sell("W" * 255, units=1, brand="B" * 120)
    return live_server.url


@pytest.fixture
def complaints(page):
    """Return what the browser complains of: scripts that fail, content the policy refuses."""
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda message: heard.append(message.text) if "Policy" in message.text else None,
    )
    return heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path", ["/", "/?q=zebra", "/product/mug/?quantity=5", "/product/owed/?quantity=x", "/nowhere"]
)
def test_nothing_stands_in_anyones_way(new_context, shop, path, width, scheme):
    context = new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(shop + path)

    violations = Axe().run(page).response["violations"]

    assert [(found["id"], found["impact"]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_answer_follows_what_is_typed(page, shop, complaints):
    page.goto(f"{shop}/product/mug/")
    answer = page.locator("#answer")

    page.get_by_label("Quantity").fill("5")
    expect(answer).to_contain_text("3 ship now, 2 on backorder")
    page.get_by_role("button", name="One less").click()
    expect(answer).to_contain_text("3 ship now, 1 on backorder")
    page.get_by_label("Quantity").fill("abc")
    expect(answer).to_contain_text("Enter a whole number")
    expect(page.get_by_label("Quantity")).to_have_attribute("aria-invalid", "true")

    page.get_by_label("Quantity").fill("1")
    page.get_by_role("button", name="Check delivery").click()
    expect(answer).to_contain_text("1 ships now")
    expect(page.get_by_label("Quantity")).not_to_have_attribute("aria-invalid", "true")
    assert page.url == f"{shop}/product/mug/"
    assert complaints == []


def test_without_script_the_button_answers(new_context, shop):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{shop}/product/mug/")

    page.get_by_label("Quantity").fill("5")
    page.get_by_role("button", name="Check delivery").click()

    expect(page.locator("#answer")).to_contain_text("3 ship now, 2 on backorder")
    expect(page.get_by_role("button", name="One more")).to_be_hidden()
    page.get_by_role("link", name="Ink blue").click()
    expect(page.locator("article")).to_contain_text("€14.50")


def test_a_keyboard_reaches_the_products(page, shop, complaints):
    page.goto(shop)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Mug")
    assert complaints == []


def test_a_shopper_orders_more_than_there_is_and_cancels_what_waits(page, shop, complaints):
    page.goto(f"{shop}/product/mug/")
    page.get_by_label("Quantity").fill("5")
    page.get_by_role("button", name="Add to cart").click()

    expect(page.get_by_role("link", name="Cart (5)")).to_be_visible()
    expect(page.locator("main")).to_contain_text("3 ship now, 2 on backorder")
    page.get_by_label("Quantity of Mug").fill("4")
    page.get_by_role("button", name="Checkout").click()
    expect(page.locator("main")).to_contain_text("3 ship now, 1 on backorder")
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_role("button", name="Place the order").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Order \d+"))
    expect(page.locator("main")).to_contain_text("1 on backorder")
    expect(page.get_by_role("link", name="Cart", exact=True)).to_be_visible()
    page.get_by_role("link", name="Cancel what waits").click()
    page.get_by_role("button", name="Cancel these units").click()
    expect(page.locator("main")).to_contain_text("1 canceled")
    expect(page.locator("main")).to_contain_text("Refund due: €12.95")
    assert Order.objects.count() == 1
    assert complaints == []


def order_as_ann(page):
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url("**/order/**")


def test_the_way_to_an_order_needs_no_script(new_context, shop):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{shop}/product/mug/")
    page.get_by_label("Quantity").fill("2")
    page.get_by_label("Quantity").press("Enter")

    page.get_by_label("Quantity of Mug").fill("3")
    page.get_by_label("Quantity of Mug").press("Enter")
    expect(page.get_by_role("link", name="Cart (3)")).to_be_visible()
    page.get_by_role("button", name="Checkout").click()
    page.get_by_label("Ship everything together").check()
    order_as_ann(page)

    expect(page.locator("main")).to_contain_text("3 ship now")


@pytest.mark.parametrize("script", [True, False])
def test_the_checkout_follows_its_tick_box(new_context, shop, script):
    page = new_context(java_script_enabled=script).new_page()
    page.goto(f"{shop}/product/mug/")
    page.get_by_label("Quantity").fill("5")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Checkout").click()
    apart, together = (
        page.get_by_text(text) for text in ("3 ship now, 2 on backorder", "3 in stock, 2 on")
    )
    expect(apart).to_be_visible()
    expect(together).to_be_hidden()

    page.get_by_label("Ship everything together").check()

    expect(together).to_be_visible()
    expect(apart).to_be_hidden()
    expect(page.get_by_text("Everything ships together, once all of it")).to_be_visible()
    page.get_by_role("button", name="Place the order").click()
    expect(
        page.get_by_text("Enter a valid").or_(page.get_by_text("required")).first
    ).to_be_visible()
    expect(together).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_stands_in_a_buyers_way(new_context, shop, width, scheme):
    context = new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, found = context.new_page(), []

    def look():
        violations = Axe().run(page).response["violations"]
        found.extend((page.url, one["id"], one["impact"]) for one in violations)
        assert page.evaluate("document.documentElement.scrollWidth") == width

    page.goto(f"{shop}/cart/")
    look()
    for slug in ("mug", "w" * 255):
        page.goto(f"{shop}/product/{Product.objects.get(title__iexact=slug).slug}/")
        page.get_by_label("Quantity").fill("5")
        page.get_by_role("button", name="Add to cart").click()
    look()
    page.get_by_label("Quantity of Mug").fill("x")
    page.get_by_role("button", name="Update the cart").click()
    look()
    page.get_by_role("button", name="Remove WWW").click()
    page.get_by_role("button", name="Checkout").click()
    page.get_by_role("button", name="Place the order").click()
    look()
    order_as_ann(page)
    look()
    page.get_by_role("link", name="Cancel what waits").click()
    look()

    assert found == []
