"""The tab *What shoppers see* has the very words of the product page, in every state."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from channels.models import STOREFRONT, Channel, Listing
from inventory.acts import Act
from inventory.models import DeliveryTimeframe, StockLevel, StoreSettings, Variant
from inventory.services.catalog import set_components
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from tests.conftest import list_in_the_storefront


@pytest.fixture
def lamp(make_variant):
    return make_variant("LAMP", price="1250.50")


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture(autouse=True)
def _slow(db):
    slow = DeliveryTimeframe.objects.create(
        name="Slow", in_stock_text="2 days", out_of_stock_text="3 weeks"
    )
    settings = StoreSettings.load()
    settings.delivery_timeframe = slow
    settings.storefront_max_per_order = 7
    settings.save()


def announced(variant, warehouse, units, days):
    create_delivery(
        act=Act.now(),
        warehouse=warehouse,
        reference="PO",
        expected_at=timezone.localdate() + timedelta(days=days),
        lines=[StockLine(variant, units)],
    )


def in_stock(lamp, berlin, receive):
    receive(lamp, berlin, 3)


def with_room(lamp, berlin, receive):
    receive(lamp, berlin, 3)
    Variant.objects.update(backorders="allow")
    announced(lamp, berlin, 9, 12)


def on_backorder(lamp, berlin, receive):
    Variant.objects.update(backorders="allow")


def notified(lamp, berlin, receive):
    Variant.objects.update(backorders="notify")
    announced(lamp, berlin, 1, 12)


def out_of_stock(lamp, berlin, receive):
    announced(lamp, berlin, 9, 12)


def few(lamp, berlin, receive):
    receive(lamp, berlin, 3)
    Variant.objects.update(only_x_left_threshold=5)


def ahead(lamp, berlin, receive):
    day = timezone.localdate() + timedelta(days=20)
    Variant.objects.update(release_date=day, allow_preorders=True)


def untracked(lamp, berlin, receive):
    Variant.objects.update(track_inventory=False)


def a_bundle(lamp, berlin, receive):
    product = lamp.product
    part = Variant.objects.create(product=product, sku="PART", backorders="allow", price=1)
    StockLevel.objects.create(variant=part, warehouse=berlin, backorder_threshold=4)
    set_components(act=Act.now(), bundle=lamp, lines=[StockLine(part, 2)])
    day = timezone.localdate() + timedelta(days=20)
    Variant.objects.filter(pk=part.pk).update(release_date=day)


def renamed(lamp, berlin, receive):
    """What shoppers see is what was published: neither the new title nor the new price."""
    in_stock(lamp, berlin, receive)
    list_in_the_storefront()
    Variant.objects.update(price=9)


STATES = [
    in_stock, with_room, on_backorder, notified, out_of_stock, few, ahead, untracked, a_bundle,
    renamed,
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("is_label_shown", [True, False])
def test_the_tab_says_what_the_product_page_says(
    client, desk, lamp, berlin, receive, state, is_label_shown
):
    state(lamp, berlin, receive)
    if state is not renamed:
        list_in_the_storefront()
    Channel.objects.update(show_backorder_label=is_label_shown)
    address = reverse("storefront:product", args=[lamp.product.slug])

    tab = desk.get(
        reverse("admin:inventory_variant_change", args=[lamp.pk]),
        {"tab": "shoppers", "channel": STOREFRONT},
    )

    seen, text = tab.context["seen"], tab.content.decode()
    page = client.get(address, {"variant": lamp.sku}).context["offer"]
    assert (seen.title, seen.price) == (page.title, "€1,250.50")
    assert seen.price == page.price
    assert seen.label == (page.label.text if page.label else "")
    below = [page.left, page.delivery, page.notice]
    assert seen.lines == [line for line in below if line]
    for told in seen.answers:
        query = {"variant": lamp.sku, "quantity": told.quantity}
        answer = client.get(address, query).context["answer"]
        assert told.lines == [x for x in (answer.text, *answer.lines, answer.notice) if x]
        assert answer.text in text
    assert seen.price in text


def test_what_is_not_listed_is_not_seen(desk, lamp, berlin):
    Listing.objects.all().update(published_at=None)

    tab = desk.get(
        reverse("admin:inventory_variant_change", args=[lamp.pk]),
        {"tab": "shoppers", "channel": STOREFRONT},
    )

    assert tab.context["seen"] is None
    assert "Not listed in Storefront: shoppers do not see it there." in tab.content.decode()
