"""The storefront as a channel: how much one order may have, closed, and how far orders go."""

import pytest
from django.utils import timezone

from channels.models import STOREFRONT, Channel
from channels.services.channels import update_channel
from inventory.acts import Act
from inventory.services.catalog import update_variant
from inventory.services.settings import update_settings
from orders.models import Order
from orders.storefront.quote import quote

CLOSED = "The shop is closed Nothing can be bought at the moment."


@pytest.fixture
def close(channel):
    def switch():
        update_channel(act=Act.now(), channel=channel, changes={"is_active": False})

    return switch


# --- how much one order may have --------------------------------------------------------------


def test_a_shopper_may_order_1000_unless_somebody_says_otherwise(client, read, put, sell, buy):
    mug = sell("Mug", units=5_000, sku="MUG")
    put("MUG", "1001")

    assert "You can buy at most 1,000 in one order." in read("/cart/")
    assert client.get("/checkout/").headers["Location"] == "/cart/"
    answer = "You can buy at most 1,000 in one order"
    assert read("/product/mug/?quantity=1001").count(answer) == 1
    assert "1,000 ship now" in read("/product/mug/?quantity=1000")
    update_variant(act=Act.now(), variant=mug, changes={"max_per_order": 1_001})
    assert buy().status_code == 303


def test_the_box_steps_no_further_than_the_limit(client, sell):
    sell("Mug", units=5_000, sku="MUG", max_per_order=1_234)
    assert 'data-most="1234"' in client.get("/product/mug/").content.decode()


def test_where_less_is_there_than_the_limit_that_is_said(read, put, sell):
    sell("Mug", units=5, sku="MUG", max_per_order=50, backorders="no")
    put("MUG", "60")
    assert "You can buy at most 5: no more are left." in read("/cart/")
    assert "At most 5 can be bought" in read("/product/mug/?quantity=60")


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({"storefront_max_per_order": 20}, 20),
        ({"storefront_max_per_order": 0}, 1_000_000_000),
        ({"max_per_order": 30}, 30),
        ({"max_per_order": 30, "storefront_max_per_order": 0}, 30),
        ({"max_per_order": 5_000}, 1_000),
    ],
)
def test_the_tighter_of_the_stores_two_limits_holds(client, sell, settings, most):
    sell("Mug", units=5, sku="MUG")
    update_settings(act=Act.now(), changes=settings)
    assert f'data-most="{most}"' in client.get("/product/mug/").content.decode()


def test_a_cart_takes_the_sku_as_it_is_written_there(client, read, put, sell):
    sell("Mug", units=5, sku="MUG")
    put("mug", "1")
    put("ＭＵＧ", "1")
    assert client.session["cart"] == {"MUG": 2}


# --- closed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/?q=mug", "/product/mug/", "/cart/", "/checkout/"])
def test_a_closed_shop_shows_that_it_is_closed(read, sell, close, path):
    sell("Mug", units=5, sku="MUG")
    close()
    assert read(path, status=503).count(CLOSED) == 1


def test_nothing_goes_into_a_cart_or_is_ordered_while_it_is_closed(
    client,
    put,
    sell,
    close,
    fill,
):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "1")
    form = fill()
    close()

    assert client.post("/checkout/", form).status_code == 503
    assert put("MUG", "1").status_code == 503
    assert Order.objects.count() == 0
    assert client.session["cart"] == {"MUG": 1}


def test_an_order_that_was_placed_is_shown_and_not_placed_twice(
    client,
    put,
    sell,
    close,
    fill,
):
    sell("Mug", units=5, sku="MUG")
    put("MUG", "1")
    form = fill()
    placed = client.post("/checkout/", form)
    close()

    again = client.post("/checkout/", form)

    assert again.headers["Location"] == placed.headers["Location"]
    assert client.get(placed.headers["Location"]).status_code == 200


def test_it_is_closed_in_the_language_of_the_shopper(client, close):
    close()
    assert "De winkel is gesloten" in client.get("/", headers={"accept-language": "nl"}).text


# --- how far an order goes by itself ----------------------------------------------------------


@pytest.mark.parametrize("moment", ["created", "paid"])
@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("manual", "ready"),
        ("pick", "picked"),
        ("pick_pack", "packed"),
        ("pick_pack_ship", "shipped"),
    ],
)
def test_an_order_of_the_shop_goes_as_far_as_its_channel_says(
    client,
    put,
    sell,
    buy,
    channel,
    moment,
    mode,
    status,
):
    update_channel(
        act=Act.now(),
        channel=Channel.objects.get(slug=STOREFRONT),
        changes={"capture_when": moment, "processing_mode": mode},
    )
    sell("Mug", units=5, sku="MUG", backorders="allow")
    put("MUG", "7")

    page = client.get(buy().headers["Location"])

    parcels = Order.objects.get().fulfillment_orders.order_by("sequence")
    assert list(parcels.values_list("status", flat=True)) == [status, "waiting"]
    assert page.status_code == 200


def test_a_quote_of_a_closed_shop_says_of_every_line_why(sell, close, store):
    sell("Mug", units=5, sku="MUG")
    sell("Bowl", units=5, sku="BOWL")
    close()
    channel = Channel.objects.get(slug=STOREFRONT)

    found = quote(
        {"MUG": 1, "BOWL": 2}, channel=channel, settings=store, today=timezone.localdate()
    )

    assert [line.refusal.rule for line in found.lines] == ["channel.is_active"] * 2
    assert not found.is_salable


def test_a_closed_shop_is_no_error_of_the_program(client, close, caplog):
    close()
    assert client.get("/").status_code == 503
    assert not caplog.records
