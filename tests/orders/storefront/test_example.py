"""The storefront of `docs/examples/`: its four questions, in a browser, from another site."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orders.models import Order
from tests.inventory.api.conftest import Api

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
RIGHTS = ("view_listing", "view_variant", "view_stocklevel", "add_order")

pytestmark = [pytest.mark.browser, pytest.mark.once]


class Silent(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args):
        pass


@pytest.fixture
def site(settings):
    """Serve the example from a site of its own, whose pages may speak to the API."""
    server = ThreadingHTTPServer(("localhost", 0), partial(Silent, directory=EXAMPLES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://localhost:{server.server_port}"
    settings.API_CORS_ORIGINS = [origin]
    yield origin
    server.shutdown()
    server.server_close()


@pytest.fixture
def window(live_server, page, site, make_user, sell):
    """Open the example, which sells one mug that is there and more that are not."""
    sell(units=1, sku="mug", backorders="allow")
    key = Api(make_user("window", rights=RIGHTS)).headers["authorization"].split()[1]
    page.goto(f"{site}/storefront.html")
    page.get_by_label("Backoffice").fill(live_server.url)
    page.get_by_label("Token").fill(key)
    page.get_by_role("button", name="Open the shop").click()
    return page


def test_a_shopper_buys_what_is_there_and_what_is_not(page, window):
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    product = page.locator("#products tr")
    product.get_by_text("In stock").wait_for()
    assert product.locator("td").all_inner_texts()[:3] == ["Enamel Mug", "12.95", "In stock"]

    product.get_by_role("button", name="Add").click()
    page.get_by_label("Quantity of Enamel Mug").fill("3")
    page.get_by_label("Quantity of Enamel Mug").press("Tab")
    page.get_by_text("1 ships now, 2 on backorder").wait_for()
    page.get_by_text("38.85 EUR").wait_for()

    page.get_by_label("Ship everything together").check()
    page.get_by_text("1 in stock, 2 on backorder").wait_for()

    page.get_by_label("Name", exact=True).fill("Ann")
    page.get_by_role("button", name="Order").click()
    page.get_by_text("Thank you. Your order is number").wait_for()

    order = Order.objects.get()
    assert (order.customer_name, f"{order.total:.2f}", order.channel.slug) == (
        *("Ann", "38.85"), "storefront"
    )  # fmt: skip
    assert order.ship_together
    assert page.locator("#cart tr").count() == 0
    product.get_by_text("On backorder").wait_for()
    assert wrong == []
