"""Every page of the back office, on wide and narrow, light and dark screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from inventory.models import Import, IncomingDelivery, Product, Variant
from inventory.spreadsheets.check import check
from inventory.spreadsheets.engine import hand_in
from tests.inventory.spreadsheets.conftest import FILES as IMPORTS
from tests.walks.conftest import log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BASE = "/admin/inventory"
WAITING = "/admin/orders/fulfillmentline"
PAGES = (
    *("/admin/", f"{BASE}/variant/", f"{BASE}/variant/?q=nothing-at-all", f"{BASE}/variant/low/"),
    *(f"{BASE}/variant/add/", f"{BASE}/product/", f"{BASE}/product/add/", f"{BASE}/movement/"),
    *(f"{BASE}/movement/{verb}/" for verb in ("receive", "correct", "transfer", "count")),
    *(f"{BASE}/incomingdelivery/", f"{BASE}/incomingdelivery/add/", f"{BASE}/import/"),
    *(f"{BASE}/import/add/", f"{BASE}/import/export/", f"{BASE}/storesettings/"),
    *(f"{BASE}/storesettings/marketplace/", f"{BASE}/warehouse/", f"{BASE}/seller/"),
    *(f"{BASE}/deliverytimeframe/", "/admin/auth/user/", "/admin/backoffice/apitoken/"),
    *(f"{WAITING}/", f"{WAITING}/?q=nothing-at-all", f"{WAITING}/simulate/", f"{WAITING}/buying/"),
    *("/", "/product/nowhere/", "/api/v1/docs"),
)
TABS = ("", "?tab=movements", "?tab=why", "?tab=shoppers")


@pytest.fixture
def shop(settings):
    settings.DEBUG = True
    call_command("load_demo")
    settings.DEBUG = False


def own_pages():
    """Return the pages of single rows: product, variant with its tabs, delivery, import."""
    with (IMPORTS / "44_invalid_values.csv").open("rb") as file:
        source = hand_in(file, filename="prices of the autumn and of the winter.csv", user=None)
    check(source, progress=lambda done, total: None)
    variant = Variant.objects.exclude(stock_levels=None).first()
    bundle = Variant.objects.exclude(components=None).first()
    return (
        *(f"{BASE}/variant/{variant.pk}/change/{tab}" for tab in TABS),
        *(f"{BASE}/variant/{bundle.pk}/change/{tab}" for tab in TABS),
        f"{BASE}/product/{Product.objects.first().pk}/change/",
        f"{BASE}/incomingdelivery/{IncomingDelivery.objects.first().pk}/change/",
        f"{BASE}/import/{Import.objects.get().pk}/change/",
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_complains_of_nothing(
    new_context, live_server, operator, shop, width, scheme
):
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    log_in(context, operator, live_server.url)
    page = context.new_page()
    found = []
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    page.on(
        "console",
        lambda message: found.append((page.url, message.text)) if message.type == "error" else None,
    )
    for address in (*PAGES, *own_pages()):
        answer = page.goto(live_server.url + address)
        wanted = 404 if "nowhere" in address else 200
        if answer.status != wanted:
            found.append((address, answer.status))
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append((address, f"{wide} pixels wide"))

    assert [one for one in found if "nowhere" not in one[0]] == []


# The theme's own: its lists of tools hold what is no item, and its search field in a filter has no
# label. They are its templates, and mended there.
OF_THE_THEME = {"list", "aria-input-field-name"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_anyones_way(new_context, live_server, operator, shop, scheme):
    context = new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": 1440, "height": 900}
    )
    log_in(context, operator, live_server.url)
    page = context.new_page()
    found = []
    for address in (*PAGES[:-1], *own_pages()):
        page.goto(live_server.url + address)
        for violation in Axe().run(page).response["violations"]:
            serious = violation["impact"] in {"serious", "critical"}
            if serious and violation["id"] not in OF_THE_THEME:
                nodes = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append((address, violation["id"], nodes))

    assert found == []
