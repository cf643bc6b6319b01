"""Seed 000, "Backorder for ecommerce channels", line by line, in our shop window and in a shop.

The shop is the stand-in that behaves as WooCommerce was recorded.
"""

import re

import pytest
from playwright.sync_api import expect

from channels.models import STOREFRONT, Channel, Listing
from channels.services.channels import create_channel, update_channel
from channels.services.publish import publish
from channels.tasks import tick
from inventory.acts import Act
from inventory.models import Job, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.tasks import run_job
from orders.models import FulfillmentOrder, Order
from orders.tasks import settle_left, tick_shops
from tests.channels.standin import standin

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
]

SWITCH = "Allow users to purchase out of stock items"
STATES = {"instock": "In stock", "onbackorder": "On backorder", "outofstock": "Out of stock"}


@pytest.fixture(autouse=True)
def _jobs_wait_for_their_worker(_jobs_run_at_once, settings):
    """Leave jobs in the queue until a walk plays the worker."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def mugs(db):
    """Three products that are not there, and of which more may be owed than there are."""
    return [
        create_variant(
            act=Act.now(),
            product=create_product(act=Act.now(), title=f"Enamel {name}"),
            sku=name.upper(),
            price="12.95",
            backorders="notify",
        )
        for name in ("Mug", "Bowl", "Plate")
    ]


@pytest.fixture
def window(new_context):
    """A shopper's browser."""
    page = new_context().new_page()
    page.set_default_timeout(10_000)
    return page


class ShopWindow:
    """The shop window that comes with the program."""

    def __init__(self, channel, page, address):
        self.channel, self._page, self._address = channel, page, address

    def says(self, variant):
        """Return what a shopper reads first of a product."""
        self._page.goto(f"{self._address}/product/{variant.product.slug}/")
        text = self._page.locator("main").inner_text()
        return next((words for words in STATES.values() if words in text), "")

    def sell(self, variant):
        """Let a shopper buy one."""
        page = self._page
        page.goto(f"{self._address}/product/{variant.product.slug}/")
        page.get_by_role("button", name="Add to cart").click()
        page.get_by_role("button", name="Checkout").click()
        page.get_by_label("Name").fill("Eva Ek")
        page.get_by_label("E-mail").fill("eva@example.com")
        page.get_by_role("button", name="Place the order").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Order \d+"))


class Elsewhere:
    """A shop on another machine, which is told by the worker."""

    def __init__(self, channel, shop):
        self.channel, self._shop = channel, shop

    def says(self, variant):
        """Return what a shopper reads first of a product."""
        tick()
        rows = self._shop.by_sku(variant.sku)
        return STATES[rows[0]["stock_status"]] if rows else ""

    def sell(self, variant):
        """Let a shopper buy one there; the worker fetches the order."""
        self._shop.buy(variant.sku, first_name="Eva", last_name="Ek", email="eva@example.com")
        tick_shops()
        settle_left()


@pytest.fixture(params=["storefront", "woocommerce"])
def place(request, settings, mugs, window, live_server):
    """A sales channel, as a merchant and as a shopper see it."""
    if request.param == "storefront":
        yield ShopWindow(Channel.objects.get(slug=STOREFRONT), window, live_server.url)
        return
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin() as shop:
        shop.currency = "EUR"
        yield Elsewhere(
            create_channel(
                act=Act.now(),
                slug="shop",
                name="Our shop",
                connector="woocommerce",
                address=shop.address,
                key=shop.key,
                secret=shop.secret,
            ),
            shop,
        )


@pytest.fixture
def go_to(desk, menu, place):
    """Return a way to go to a section of the sales channel integration."""

    def go(section):
        menu("Channels")
        desk.get_by_role("link", name=place.channel.name, exact=True).click()
        desk.get_by_role("navigation", name="Parts of this channel").get_by_role(
            "link", name=section
        ).click()

    return go


def press(desk, name):
    desk.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def allow_and_list(place, variants):
    """Allow backorders in the channel, and list variants there."""
    update_channel(
        act=Act.now(), channel=place.channel, changes={"allow_out_of_stock_purchases": True}
    )
    keys = Listing.objects.filter(channel=place.channel, variant__in=variants)
    publish(
        channel=place.channel, listing_ids=list(keys.values_list("pk", flat=True)), act=Act.now()
    )
    tick()


def work():
    """Do what is in the queue, as the worker does."""
    for job in Job.objects.filter(state="queued").order_by("pk"):
        run_job.call(job_id=job.pk)


def test_prerequisites(desk, go_to, place):
    go_to("Setup")
    desk.get_by_label(SWITCH).check()
    needs = desk.locator("[data-needs]")
    if place.channel.is_ours:  # nothing to load from, and nobody else who ships
        expect(desk.get_by_text("Load data from Storefront", exact=True)).to_have_count(0)
        press(desk, "Save")
        assert Channel.objects.get(pk=place.channel.pk).allow_out_of_stock_purchases
        return
    # Pick, pack, and ship processing mode must not be Load data from [sales channel]
    modes = desk.get_by_label("Pick, pack, and ship processing mode")
    modes.select_option(label=f"Load data from {place.channel.name}")
    expect(needs.first).to_contain_text("Not met.")
    press(desk, "Save")
    expect(desk.get_by_text("the processing mode must not be")).to_be_visible()
    modes.select_option(label="Manual")
    expect(needs.first).to_have_class(re.compile("ch-met"))
    # Capture order when it is must be Created or Paid.
    desk.get_by_label("Capture order when it is").select_option(label="Shipped")
    expect(needs.last).to_have_class(re.compile("ch-unmet"))
    press(desk, "Save")
    expect(
        desk.get_by_text("orders must be captured when they are created or paid")
    ).to_be_visible()
    desk.get_by_label("Capture order when it is").select_option(label="Created")
    press(desk, "Save")
    expect(desk.get_by_text(f"{place.channel.name} was saved.")).to_be_visible()

    assert Channel.objects.get(pk=place.channel.pk).allow_out_of_stock_purchases


def test_allow_backorder_for_the_sales_channel(desk, go_to, place, mugs):
    publish(
        channel=place.channel,
        listing_ids=list(
            Listing.objects.filter(channel=place.channel).values_list("pk", flat=True)
        ),
        act=Act.now(),
    )
    assert place.says(mugs[0]) == "Out of stock"
    # Go to the Setup section of the sales channel integration.
    go_to("Setup")
    # Enable Allow users to purchase out of stock items.
    desk.get_by_label(SWITCH).check()
    press(desk, "Save")
    # You will need to list or update products to apply a change in backorder settings.
    expect(desk.get_by_text("to apply a change in backorder settings.")).to_be_visible()
    assert place.says(mugs[0]) == "Out of stock"
    desk.get_by_role("link", name="Show what is to be updated").click()
    desk.get_by_label("Select all on the page").check()
    press(desk, "Update")
    expect(desk.locator("body")).to_contain_text(re.compile("3 items (were listed|are on their)"))

    assert [place.says(mug) for mug in mugs] == ["On backorder"] * 3


def test_disable_backorder_for_a_product(desk, go_to, place, mugs):
    mug, bowl, plate = mugs
    allow_and_list(place, [mug, bowl])
    # Go to the Catalog section of your sales channel integration.
    go_to("Catalog")
    # Click on a listed or unlisted item to open a pop-up window.
    desk.get_by_role("link", name="MUG", exact=True).click()
    window = desk.get_by_role("dialog")
    expect(window.get_by_role("heading", name="Enamel Mug")).to_be_visible()
    expect(window.get_by_text("On backorder").first).to_be_visible()
    # Turn off Allow backorder.
    window.get_by_label("Allow backorder").uncheck()
    # Save and Close to continue.
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_text("Update it to apply the change")).to_be_visible()
    expect(window.get_by_text("Out of stock")).to_be_visible()
    window.get_by_role("link", name="Close").click()
    expect(window).to_be_hidden()
    assert place.says(mug) == "On backorder"
    # Update or List the product for to apply the backorder setting change in the sales channel.
    desk.get_by_role("link", name="MUG", exact=True).click()
    window.get_by_role("button", name="Update").click()
    expect(window.get_by_role("button", name="Save", exact=True)).to_be_visible()
    assert place.says(mug) == "Out of stock"
    assert place.says(bowl) == "On backorder"

    window.get_by_role("link", name="Close").click()
    desk.get_by_role("link", name="PLATE", exact=True).click()
    window.get_by_label("Allow backorder").uncheck()
    window.get_by_role("button", name="List", exact=True).click()
    expect(window.get_by_role("button", name="Save", exact=True)).to_be_visible()
    assert place.says(plate) == "Out of stock"


def test_disable_backorder_for_multiple_products(desk, go_to, place, mugs):
    allow_and_list(place, mugs)
    # Go to the Bulk listing section of your sales channel integration.
    go_to("Bulk listing")
    # Use the search box and filter options to filter for the required products.
    desk.get_by_label("Search", exact=True).fill("enamel")
    press(desk, "Search")
    desk.get_by_role("main").locator("summary", has_text="Filters").click()
    desk.get_by_label("Stock").select_option(label="Out of stock")
    desk.get_by_label("Status").select_option(label="Listed")
    press(desk, "Filter")
    expect(desk.get_by_label("All 3 that match", exact=True)).to_be_checked()
    desk.get_by_label("Select PLATE").uncheck()
    expect(desk.get_by_label("All that match, but not the unticked ones")).to_be_checked()
    # Select Don't allow from the dropdown field for Allow backorder.
    dropdown = desk.get_by_label("Allow backorder", exact=True)
    assert dropdown.locator("option").all_inner_texts() == [
        "Keep as it is",
        "Allow",
        "Don't allow",
    ]
    dropdown.select_option(label="Don't allow")
    # Click List to update the filtered products.
    press(desk, "List")
    expect(desk.get_by_role("heading", name="2 items are chosen")).to_be_visible()
    expect(desk.get_by_text("Allow backorder: on → off")).to_have_count(2)
    press(desk, "List")
    expect(desk.get_by_text("You may leave this page")).to_be_visible()
    work()
    desk.reload()
    expect(desk.get_by_role("link", name="2 listed")).to_be_visible()

    assert [place.says(mug) for mug in mugs] == ["Out of stock", "Out of stock", "On backorder"]


def test_the_pop_up_works_with_the_keyboard_and_without_its_script(desk, go_to, place, live_server):
    go_to("Catalog")
    link = desk.get_by_role("link", name="MUG", exact=True)
    link.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog")).to_be_visible()
    expect(desk).to_have_url(re.compile(r"\?item=MUG$"))
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()
    expect(desk).to_have_url(re.compile(r"/catalog/$"))

    page = desk.context.new_page()
    page.route("**/channels.js", lambda route: route.abort())
    page.goto(f"{live_server.url}/admin/channels/channel/{place.channel.pk}/catalog/?item=MUG")
    page.get_by_label("Price here").fill("11.50")
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("MUG was saved.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert str(Listing.objects.get(channel=place.channel, variant__sku="MUG").price) == "11.50"


def test_process_backorders(desk, menu, place, mugs):
    update_channel(
        act=Act.now(), channel=place.channel, changes={"processing_mode": "pick_pack_ship"}
    )
    allow_and_list(place, mugs)
    # When a customer buys an out-of-stock product through your sales channel, the order will be
    # captured according to your sales channel order capture settings.
    place.sell(mugs[0])
    # Cin7 Core downloads the order and processes the order into a sale.
    order = Order.objects.get()
    assert order.channel == place.channel
    # As there is not enough stock to pick the order, Pick cannot be authorized, regardless of your
    # Pick, pack, and ship processing mode settings.
    menu("Orders")
    desk.get_by_role("link", name=order.number).first.click()
    expect(desk.get_by_text("Awaiting stock").first).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile(r"^Pick"))).to_have_count(0)
    # You will need to manually pick, pack, and ship the order when the ordered items are back in
    # stock. This completes the sale.
    line = StockLine(mugs[0], 1)
    main = Warehouse.objects.get(code="main")
    receive_stock(warehouse=main, lines=[line], reference="R-1", act=Act.now(by="wout"))
    desk.reload()
    for verb, done in (("Pick", "picked"), ("Pack", "packed")):
        desk.get_by_role("button", name=re.compile(rf"^{verb} ")).click()
        expect(desk.get_by_text(f"is {done}.")).to_be_visible()
    desk.get_by_role("main").locator("summary", has_text="Ship").click()
    press(desk, "Ship these units")
    expect(desk.get_by_text("is shipped.")).to_be_visible()

    assert FulfillmentOrder.objects.get(order=order).status == "shipped"
