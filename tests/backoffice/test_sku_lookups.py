"""A SKU is found wherever it is looked up, in whatever letters that look alike it is written."""

from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.admin.base import tab_url
from channels.models import DIRECT, STOREFRONT, Channel
from inventory.acts import Act
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.conftest import list_in_the_storefront

SPELLINGS = {
    "as it is": "PAN-28",
    "capitals": "pan-28",
    "full width": "\uff30\uff21\uff2e\uff0d\uff12\uff18",
    "another dash": "PAN\u201128",
    "a letter of another alphabet": "\u0420AN-28",
}
spelled = pytest.mark.parametrize("sku", SPELLINGS.values(), ids=SPELLINGS.keys())

LISTS = {
    "/variants?sku={}": "results",
    "/stock?sku={}": "results",
    "/orders?sku={}": "results",
    "/fulfillment-orders?sku={}": "results",
    "/availability?sku={}": "results",
    "/variants?q={}": "results",
    "/products?q={}": "results",
    "/channels/storefront/listings?q={}": "results",
}
ONE = (
    "/variants/{}",
    "/variants/{}/availability",
    "/availability/{}/why",
    "/stock/{}/berlin",
    "/channels/storefront/listings/{}",
)
PAGES = (
    "inventory_variant",
    "inventory_product",
    "inventory_movement",
    "inventory_incomingdelivery",
    "orders_order",
    "orders_fulfillmentorder",
    "orders_fulfillmentline",
)


@pytest.fixture
def pan(berlin, receive):
    """A pan that is on a shelf, listed, on its way, and ordered once more than is there."""
    product = create_product(act=Act.now(), title="Steel thing")
    variant = create_variant(
        act=Act.now(), product=product, sku="PAN-28", price="1", backorders="allow"
    )
    other = create_variant(act=Act.now(), product=product, sku="POT", price="1")
    receive(variant, berlin, 1)
    receive(other, berlin, 1)
    create_delivery(
        act=Act.now(),
        warehouse=berlin,
        reference="PO",
        expected_at=timezone.localdate(),
        lines=[StockLine(variant, 1)],
    )
    list_in_the_storefront()
    place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann"),
        lines=[Wanted(variant, 2, variant.price)],
        act=Act.now(by="anna"),
    )
    return variant


@spelled
def test_the_api_finds_it(api, pan, sku):
    for address, name in LISTS.items():
        answer = api.get(address.format(quote(sku, safe="")))
        assert answer.status_code == 200, address
        assert answer.json()[name], address
    for address in ONE:
        assert api.get(address.format(quote(sku, safe=""))).status_code == 200, address


@spelled
def test_the_back_office_finds_it(desk, pan, sku):
    for page in PAGES:
        answer = desk.get(reverse(f"admin:{page}_changelist"), {"q": sku})
        assert answer.context["cl"].result_count >= 1, page
    found = desk.get("/admin/find/", {"q": sku}).context["groups"]
    assert {"PAN-28", "Steel thing"} <= {hit.title for group in found for hit in group.hits}


@spelled
def test_the_pop_up_of_a_channel_finds_it(desk, pan, sku):
    channel = Channel.objects.get(slug=STOREFRONT)

    page = desk.get(tab_url(channel, "catalog"), {"item": sku})

    assert page.status_code == 200
    assert page.context["item"].listing.variant == pan


@spelled
def test_shop_window_and_report_find_it(client, desk, pan, sku):
    page = client.get(reverse("storefront:product", args=[pan.product.slug]), {"variant": sku})
    assert page.status_code == 200
    assert page.context["is_unknown_variant"] is False

    report = desk.get(reverse("admin:backoffice_report", args=["log"]), {"sku": sku})
    assert "There is no variant with this SKU" not in report.content.decode()


@spelled
def test_the_start_of_it_is_enough_in_lists_that_search_by_the_start(desk, pan, sku):
    for page in ("inventory_incomingdelivery", "orders_order", "orders_fulfillmentorder"):
        answer = desk.get(reverse(f"admin:{page}_changelist"), {"q": sku[:4]})
        assert answer.context["cl"].result_count >= 1, page


def test_orders_are_found_by_the_sku_that_a_variant_had(api, pan):
    update_variant(act=Act.now(), variant=pan, changes={"sku": "PAN-30"})

    for sku in ("PAN-28", "pan-28", "PAN-30", "pan-30"):
        assert len(api.get(f"/orders?sku={sku}").json()["results"]) == 1, sku


def test_what_looks_like_none_is_not_found(api, desk, pan):
    for address, name in LISTS.items():
        answer = api.get(address.format("PAN-29"))
        assert not answer.json().get(name), address
    for page in PAGES:
        answer = desk.get(reverse(f"admin:{page}_changelist"), {"q": "PAN-29"})
        assert answer.context["cl"].result_count == 0, page
