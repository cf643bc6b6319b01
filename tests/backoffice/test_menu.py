"""The menu, its keys and the search box: the same way from every page, and no dead ends."""

import pytest
from playwright.sync_api import expect

from backoffice.menu import MENU
from inventory.acts import Act
from inventory.models import Seller
from inventory.services.catalog import create_variant
from tests.walks.conftest import log_in

DAY = ["Home", "Orders", "Waiting room", "Inventory", "Products", "Channels", "Imports & exports"]


def titles(client, path="/admin/"):
    menu = client.get(path).context["sidebar_navigation"]
    return [str(item["title"]) for group in menu for item in group["items"]]


def test_a_day_from_top_to_bottom_and_no_page_twice(client, operator):
    client.force_login(operator)
    menu = client.get("/admin/").context["sidebar_navigation"]
    items = [item for group in menu for item in group["items"]]

    assert [str(item["title"]) for item in items][: len(DAY)] == DAY
    assert str(items[-1]["title"]) == "Help"
    assert "Users" not in titles(client)
    assert {client.get(str(item["link"])).status_code for item in items} == {200}
    pages = [entry.page for _title, entries in MENU for entry in entries]
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize(
    ("role", "some", "none"),
    [
        ("seller", {"Inventory", "Orders", "Imports & exports"}, {"Receive", "Sellers"}),
        ("warehouse", {"Receive", "Count", "Waiting room"}, {"Workflow", "Channels"}),
        ("viewer", {"Channels", "Deliveries", "Workflow"}, {"Receive"}),
        (None, {"Home", "Help"}, {"Orders", "Inventory", "Reports"}),
    ],
)
def test_everybody_sees_what_they_may_open(client, make_user, role, some, none):
    user = make_user("rita", role)
    if role == "seller":
        Seller.objects.create(code="ada", name="Ada").users.add(user)
    client.force_login(user)
    menu = client.get("/admin/").context["sidebar_navigation"]
    found = set(titles(client))

    assert some <= found
    assert not none & found
    links = [str(item["link"]) for group in menu for item in group["items"]]
    assert {client.get(link).status_code for link in links} == {200}


@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/admin/", "Home"),
        ("/admin/inventory/variant/", "Inventory"),
        ("/admin/inventory/variant/low/", "Low stock"),
        ("/admin/orders/fulfillmentline/simulate/", "Simulate a delivery"),
        ("/admin/orders/fulfillmentline/buying/", "What to buy"),
        ("/admin/help/", "Help"),
        ("/admin/find/", None),
    ],
)
def test_the_open_page_is_marked(client, operator, path, active):
    client.force_login(operator)
    menu = client.get(path).context["sidebar_navigation"]

    marked = [str(item["title"]) for group in menu for item in group["items"] if item["active"]]
    assert marked == ([active] if active else [])


def test_help_leads_to_pages_and_only_to_those_one_may_open(client, operator, make_user):
    client.force_login(operator)
    answer = client.get("/admin/help/")
    links = {one["key"]: one["link"] for one in answer.context["how_tos"]}

    assert {client.get(link).status_code for link in links.values() if link} == {200}
    assert [key for key, link in links.items() if not link] == ["people"]
    assert "Waiting room" in answer.content.decode()
    client.force_login(make_user("nobody"))
    assert not any(one["link"] for one in client.get("/admin/help/").context["how_tos"])


@pytest.fixture
def desk(page, context, live_server, operator, product):
    """The first page in a browser, with one variant to be found; it hears every complaint."""
    create_variant(act=Act.now(), product=product, sku="CUP-1")
    log_in(context, operator, live_server.url)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: "Policy" in said.text and page.complaints.append(said.text))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/")
    return page


def press(page, keys):
    for key in keys.split():
        page.keyboard.press(key)


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_keys_find_their_way_and_never_disturb_typing(desk):
    box = desk.get_by_role("searchbox", name="Search everything")
    keys = desk.get_by_role("dialog", name="Keys")

    press(desk, "/")
    expect(box).to_be_focused()
    desk.keyboard.type("g o?/f")
    expect(box).to_have_value("g o?/f")
    expect(keys).to_be_hidden()
    box.fill("cup-")
    press(desk, "Enter")
    desk.wait_for_url("**/admin/find/?q=cup-")
    desk.get_by_role("link", name="CUP-1").click()
    desk.wait_for_url("**/admin/inventory/variant/*/change/")

    for pressed, path in (("g o", "orders/order/"), ("g w", "orders/fulfillmentline/")):
        press(desk, pressed)
        desk.wait_for_url(f"**/admin/{path}")
    press(desk, "f")
    expect(desk.locator("#searchbar")).to_be_focused()
    press(desk, "Control+k")
    expect(box).to_be_focused()
    press(desk, "Escape g z ?")
    expect(keys).to_be_visible()
    press(desk, "g o Escape")
    expect(keys).to_be_hidden()
    _search_on_a_small_screen(desk)
    assert desk.complaints == []


def _search_on_a_small_screen(desk):
    desk.set_viewport_size({"width": 390, "height": 800})
    press(desk, "/")
    desk.wait_for_url("**/admin/find/")
    desk.wait_for_function("document.activeElement?.id === 'bo-find-here'")
