"""Every page of the back office, on wide and narrow, light and dark screens."""

from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.utils import timezone

from channels.models import Channel
from inventory.models import Import, IncomingDelivery, Product, Variant
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets.check import check
from inventory.spreadsheets.engine import hand_in
from orders.models import FulfillmentLine, FulfillmentOrder
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.inventory.spreadsheets.conftest import FILES as IMPORTS
from tests.walks.conftest import log_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
]

BASE = "/admin/inventory"
ORDERS = "/admin/orders/order"
PARCELS = "/admin/orders/fulfillmentorder"
WAITING = "/admin/orders/fulfillmentline"
PAGES = (
    *("/admin/", f"{BASE}/variant/", f"{BASE}/variant/?q=nothing-at-all", f"{BASE}/variant/low/"),
    *(f"{BASE}/variant/add/", f"{BASE}/product/", f"{BASE}/product/add/", f"{BASE}/movement/"),
    *(f"{BASE}/movement/{verb}/" for verb in ("receive", "correct", "transfer", "count")),
    *(f"{BASE}/incomingdelivery/", f"{BASE}/incomingdelivery/add/", f"{BASE}/import/"),
    *(f"{BASE}/import/add/", f"{BASE}/import/export/", f"{BASE}/storesettings/"),
    *(f"{BASE}/storesettings/marketplace/", f"{BASE}/warehouse/", f"{BASE}/seller/"),
    *(f"{BASE}/deliverytimeframe/", "/admin/auth/user/", "/admin/backoffice/apitoken/"),
    *(f"{ORDERS}/?state={state}" for state in ("", "waits", "ships", "attention")),
    *(f"{ORDERS}/?q=nothing-at-all", f"{ORDERS}/add/", f"{PARCELS}/", f"{PARCELS}/?status=ready"),
    *(f"{WAITING}/", f"{WAITING}/?q=nothing-at-all", f"{WAITING}/simulate/", f"{WAITING}/buying/"),
    *("/", "/cart/", "/checkout/", "/product/nowhere/", "/api/v1/docs"),
)
TABS = ("", "?tab=movements", "?tab=why", "?tab=shoppers")


@pytest.fixture
def shop(settings):
    settings.DEBUG = True
    call_command("load_demo")
    settings.DEBUG = False


def long_order():
    """Place the order that is hardest on a page: long words, twenty lines, one of them owed."""
    long = create_product(title="Unbreakable" * 20 + " and more words", backorders="notify")
    owed = create_variant(product=long, sku="L" * 64, title="Colour: " + "ultramarine" * 15)
    others = Variant.objects.exclude(pk=owed.pk).filter(components=None, price__gt=0)
    many = [Wanted(variant, 3, variant.price) for variant in others.order_by("-pk")[:19]]
    return place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer("Wilhelmina" * 15, f"{'w' * 60}@example.com"),
        lines=[Wanted(owed, 1_000_000, Decimal("99999.99")), *many],
        by="anna",
        at=timezone.now(),
        is_captured=True,
    )


def own_pages():
    """Return the pages of single rows: product, variant with its tabs, delivery, import, orders."""
    with (IMPORTS / "44_invalid_values.csv").open("rb") as file:
        source = hand_in(file, filename="prices of the autumn and of the winter.csv", user=None)
    check(source, progress=lambda done, total: None)
    delivery = IncomingDelivery.objects.filter(canceled_at=None, received_at=None).first()
    order = long_order()
    variant = Variant.objects.exclude(stock_levels=None).first()
    bundle = Variant.objects.exclude(components=None).first()
    return (
        *(f"{BASE}/variant/{variant.pk}/change/{tab}" for tab in TABS),
        *(f"{BASE}/variant/{bundle.pk}/change/{tab}" for tab in TABS),
        f"{BASE}/product/{Product.objects.first().pk}/change/",
        f"{BASE}/incomingdelivery/{IncomingDelivery.objects.first().pk}/change/",
        f"{BASE}/import/{Import.objects.get().pk}/change/",
        *(f"{ORDERS}/{one.pk}/change/" for one in (order, *one_order_of_each_step())),
        f"{ORDERS}/?q={order.number}",
        f"{WAITING}/?q={order.number}",
        f"{WAITING}/{FulfillmentLine.objects.filter(waiting__gt=0).first().pk}/change/",
        f"{WAITING}/simulate/?delivery={delivery.pk}",
        f"{PARCELS}/pick-list/?"
        + "&".join(f"parcel={pk}" for pk in ready_ones().values_list("pk", flat=True)),
        f"/order/{order.token}/",
        f"/order/{order.token}/cancel/",
    )


def ready_ones():
    return FulfillmentOrder.objects.filter(status="ready")


def one_order_of_each_step():
    """Return an order for each state in which a fulfillment order is."""
    firsts = {}
    for one in FulfillmentOrder.objects.select_related("order").order_by("pk"):
        firsts.setdefault(one.status, one.order)
    return set(firsts.values())


def fill_cart(page, address):
    """Put more into the cart than there is."""
    page.goto(f"{address}/product/enamel-mug/?variant=MUG-BLU&quantity=3")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart/")


# The theme's own: its lists of tools hold what is no item, and its search field in a filter has no
# label. They are its templates, and mended there.
OF_THE_THEME = {"list", "aria-input-field-name"}


@pytest.fixture
def browse(new_context, live_server, operator):
    """Return a way to open a page, logged in, on a screen of a width and a scheme."""

    def opened(scheme, width, **fields):
        viewport = {"width": width, "height": 900}
        context = new_context(color_scheme=scheme, viewport=viewport, **fields)
        log_in(context, operator, live_server.url)
        return context.new_page()

    return opened


def complaints(page, address, paths, width):
    """Open every page; return what fails, breaks, is refused, or does not fit."""
    found = []
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    page.on(
        "console",
        lambda message: found.append((page.url, message.text)) if message.type == "error" else None,
    )
    for path in paths:
        answer = page.goto(address + path)
        if answer.status != (404 if "nowhere" in path else 200):
            found.append((path, answer.status))
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append((path, f"{wide} pixels wide"))
    return [one for one in found if "nowhere" not in one[0]]


def obstacles(page, address, paths):
    """Open every page; return what stands in the way of those who do not see or point."""
    found = []
    for path in paths:
        page.goto(address + path)
        for violation in Axe().run(page).response["violations"]:
            serious = violation["impact"] in {"serious", "critical"}
            if serious and violation["id"] not in OF_THE_THEME:
                nodes = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append((path, violation["id"], nodes))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_complains_of_nothing(browse, live_server, shop, width, scheme):
    page = browse(scheme, width)
    fill_cart(page, live_server.url)

    assert complaints(page, live_server.url, (*PAGES, *own_pages()), width) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_an_empty_shop_fits_and_complains_of_nothing(browse, live_server, width):
    assert complaints(browse("light", width), live_server.url, PAGES, width) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_anyones_way(browse, live_server, shop, scheme):
    page = browse(scheme, 1440, bypass_csp=True)
    fill_cart(page, live_server.url)

    assert obstacles(page, live_server.url, (*PAGES[:-1], *own_pages())) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_anyones_way_in_an_empty_shop(browse, live_server, scheme):
    page = browse(scheme, 390, bypass_csp=True)

    assert obstacles(page, live_server.url, PAGES[:-1]) == []
