"""How many units one order may have, channels that are not active, numbers beyond all bounds."""

import pytest
from django.utils import timezone

from channels.models import Channel, SalableChange
from channels.services.channels import create_channel, update_channel
from channels.services.publish import publish_where
from inventory.acts import Act
from inventory.models import Variant
from inventory.services.catalog import update_product, update_variant
from inventory.services.settings import update_settings
from inventory.services.warehouses import create_warehouse, update_warehouse
from orders.models import Order
from orders.services import line_checks
from orders.services.reconcile import reconcile

pytestmark = pytest.mark.django_db

MOST = 1_000_000_000


@pytest.fixture(autouse=True)
def _the_books_are_right_at_the_end(db):
    yield
    assert [str(breach) for breach in reconcile()] == []


def ruled(refusals):
    return [
        (one["sku"], one["requested"], one["available"], one["backorderable"], one["rule"])
        for one in refusals
    ]


# --- the limit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "product_limit", "variant", "most", "rule"),
    [
        (5, None, None, 5, "store.max_per_order"),
        (5, 7, None, 7, "product.max_per_order"),
        (5, 7, 3, 3, "variant.max_per_order"),
        (0, None, 3, 3, "variant.max_per_order"),
        (5, None, 8, 8, "variant.max_per_order"),
    ],
)
def test_the_narrowest_limit_refuses_one_more_and_is_named(
    shop, berlin, store, product_limit, variant, most, rule
):
    row = shop.variant(max_per_order=variant)
    update_product(act=Act.now(), product=row.product, changes={"max_per_order": product_limit})
    update_settings(act=Act.now(), changes={"max_per_order": store})
    shop.receive(berlin, x=2)

    assert ruled(shop.refused({"x": most + 1})) == [("x", most + 1, 2, most - 2, rule)]
    shop.order({"x": most})


@pytest.mark.parametrize("level", ["store", "variant"])
def test_0_is_no_limit(shop, berlin, level):
    row = shop.variant()
    if level == "variant":
        update_settings(act=Act.now(), changes={"max_per_order": 5})
        update_variant(act=Act.now(), variant=row, changes={"max_per_order": 0})
    shop.order({"x": 5_000})


def test_programs_and_staff_have_no_limit_of_shoppers(shop, berlin):
    shop.variant()
    shop.order({"x": 1_001})


def test_lines_of_one_sku_are_added_up(shop, berlin):
    shop.variant(max_per_order=5)
    body = shop.order_body(
        {}, {"lines": [{"sku": "x", "quantity": 3}, {"sku": "X", "quantity": 3}]}
    )

    response = shop.api.post("/orders", body)

    assert response.status_code == 409
    assert ruled(response.json()["errors"]) == [("x", 6, 0, 5, "variant.max_per_order")]


def test_the_stocks_own_rule_refuses_where_there_is_less_than_the_limit(shop, berlin):
    shop.variant(backorders="no", max_per_order=5)
    shop.receive(berlin, x=2)
    assert ruled(shop.refused({"x": 9})) == [("x", 9, 2, 0, "variant.backorders")]


def test_all_refusals_of_an_order_come_at_once(shop, berlin):
    shop.variant("x", max_per_order=5)
    shop.variant("y", backorders="no")
    shop.variant("z")

    assert ruled(shop.refused({"x": 6, "y": 1, "z": 1})) == [
        ("x", 6, 0, 5, "variant.max_per_order"),
        ("y", 1, 0, 0, "variant.backorders"),
    ]


def test_a_changed_order_keeps_to_the_limit_with_what_it_has(shop, berlin):
    shop.variant(max_per_order=5)
    order = shop.order({"x": 4})
    path = f"/orders/{order['number']}"

    more = shop.api.patch(path, {"lines": [{"sku": "x", "quantity": 6}]})
    shop.ok(shop.api.patch(path, {"lines": [{"sku": "X", "quantity": 5}]}))

    assert ruled(more.json()["errors"]) == [("x", 2, 0, 1, "variant.max_per_order")]
    assert shop.line(order)["quantity"] == 5


def test_canceled_units_do_not_count(shop, berlin):
    shop.variant(max_per_order=5)
    order = shop.order({"x": 5})
    shop.ok(
        shop.api.post(f"/orders/{order['number']}/cancel", {"lines": [{"sku": "x", "quantity": 2}]})
    )
    shop.ok(shop.api.patch(f"/orders/{order['number']}", {"lines": [{"sku": "x", "quantity": 7}]}))
    assert shop.line(order)["quantity"] == 7


def test_less_is_never_refused_by_a_limit_that_came_later(shop, berlin):
    row = shop.variant()
    order = shop.order({"x": 50})
    update_variant(act=Act.now(), variant=row, changes={"max_per_order": 10})
    shop.ok(shop.api.patch(f"/orders/{order['number']}", {"lines": [{"sku": "x", "quantity": 40}]}))
    assert shop.line(order)["quantity"] == 40


def test_a_bundle_has_a_limit_of_its_own(shop, berlin):
    shop.variant("part", max_per_order=1)
    bundle = shop.bundle("set", part=2)
    update_variant(act=Act.now(), variant=bundle, changes={"max_per_order": 3})

    assert ruled(shop.refused({"set": 4})) == [("set", 4, 0, 3, "variant.max_per_order")]
    shop.order({"set": 3})


# --- numbers beyond all bounds ----------------------------------------------------------------


def test_a_bundle_of_many_untracked_units_is_refused_by_a_rule(shop, berlin):
    shop.variant("part", backorders="no", track_inventory=False)
    shop.bundle("set", part=1_000_000)

    assert ruled(shop.refused({"set": 1_001})) == [("set", 1_001, 1_000, 0, "variant.quantity")]
    shop.order({"set": 1_000})
    shop.order({"set": 1})


def test_an_order_of_so_many_lines_is_not_made_by_changing_it(shop, berlin, monkeypatch):
    for n in range(3):
        shop.variant(f"v{n}", backorders="no", track_inventory=False)
    order = shop.order({"v0": 1})
    path = f"/orders/{order['number']}"
    monkeypatch.setattr(line_checks, "MAX_LINES", 2)

    shop.ok(shop.api.patch(path, {"lines": [{"sku": "v1", "quantity": 1}]}))
    refused = shop.api.patch(path, {"lines": [{"sku": "v2", "quantity": 1}]})

    assert refused.status_code == 422
    assert "at most" in refused.json()["errors"][0]["message"]


def test_a_line_that_is_raised_again_and_again_counts_no_more_than_it_orders(shop, berlin):
    shop.variant()
    order = shop.order({"x": MOST})
    for units in (1, MOST, 1, MOST):
        lines = [{"sku": "x", "quantity": units}]
        shop.ok(shop.api.patch(f"/orders/{order['number']}", {"lines": lines}))
    assert shop.line(order)["backordered_when_placed"] == MOST


@pytest.mark.parametrize("way", ["receipt", "transfer", "return"])
def test_a_shelf_that_is_full_takes_no_more(shop, berlin, paris, way):
    shop.variant()
    shop.receive(berlin, x=MOST)
    shop.receive(paris, x=5)
    line = {"sku": "x", "quantity": 5}
    if way == "receipt":
        body = {"warehouse": "berlin", "reference": "R", "lines": [line]}
        answer = shop.api.post("/stock/receipts", body)
    elif way == "transfer":
        body = {"source": "paris", "target": "berlin", "reference": "T", "lines": [line]}
        answer = shop.api.post("/stock/transfers", body)
    else:
        order = shop.order({"x": 5})
        number = shop.get(order)["fulfillment_orders"][0]["number"]
        for step in ("pick", "pack", "ship"):
            shop.ok(shop.api.post(f"/fulfillment-orders/{number}/{step}", {}))
        shop.receive(berlin, x=5)
        body = {"warehouse": "berlin", "reason": "back", "lines": [line]}
        answer = shop.api.post(f"/orders/{order['number']}/return", body)

    assert 400 <= answer.status_code < 500, answer.content
    assert "1,000,000,000" in answer.content.decode()
    shop.order({"x": 1})


# --- a channel that is not active -------------------------------------------------------------


@pytest.fixture
def outlet(db):
    return create_channel(
        act=Act.now(), slug="outlet", name="Outlet", allow_out_of_stock_purchases=True
    )


@pytest.fixture
def sells(outlet):
    """Return a way to list everything there."""

    def listed(**changes):
        channel = update_channel(act=Act.now(), channel=outlet, changes=changes)
        publish_where(channel, "1 = 1", [], at=timezone.now())
        return channel

    return listed


def test_a_channel_that_is_not_active_sells_nothing(shop, berlin, sells):
    shop.variant()
    shop.receive(berlin, x=5)
    sells(is_active=False)

    refused = shop.refused({"x": 1}, channel="outlet")

    assert ruled(refused) == [("x", 1, 0, 0, "channel.is_active")]
    assert Order.objects.count() == 0


def test_an_order_of_a_channel_that_was_switched_off_gets_no_more_and_can_be_canceled(
    shop, berlin, sells
):
    shop.variant()
    sells()
    order = shop.order({"x": 2}, channel="outlet")
    sells(is_active=False)
    path = f"/orders/{order['number']}"

    more = shop.api.patch(path, {"lines": [{"sku": "x", "quantity": 3}]})
    shop.ok(shop.api.patch(path, {"lines": [{"sku": "x", "quantity": 1}]}))
    shop.ok(shop.api.post(f"{path}/cancel", {}))

    assert ruled(more.json()["errors"]) == [("x", 1, 0, 0, "channel.is_active")]


def test_what_was_sold_before_is_answered_again(shop, berlin, sells):
    shop.variant()
    sells()
    first = shop.order({"x": 2}, channel="outlet", external_id="A-1")
    sells(is_active=False)
    assert shop.order({"x": 2}, channel="outlet", external_id="A-1")["number"] == first["number"]


# --- how far an order goes by itself ----------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("manual", "ready"),
        ("pick", "picked"),
        ("pick_pack", "packed"),
        ("pick_pack_ship", "shipped"),
    ],
)
def test_an_order_of_the_api_goes_as_far_as_its_channel_says(shop, berlin, sells, mode, status):
    shop.variant()
    shop.receive(berlin, x=3)
    sells(processing_mode=mode)

    order = shop.order({"x": 5}, channel="outlet")

    assert [one[:2] for one in shop.parcels(order)] == [(status, "berlin"), ("waiting", None)]
    assert order["status"] == ("partly_shipped" if status == "shipped" else "processing")


@pytest.mark.parametrize(
    ("moment", "payment", "status"),
    [
        ("created", "paid", "picked"),
        ("paid", "paid", "picked"),
        ("shipped", "paid", "ready"),
        ("created", "pending", "waiting"),
        ("paid", "pending", "waiting"),
    ],
)
def test_it_goes_on_in_the_state_that_capture_names(shop, berlin, sells, moment, payment, status):
    shop.variant()
    shop.receive(berlin, x=3)
    update_variant(act=Act.now(), variant=Variant.objects.get(), changes={"backorders": "no"})
    sells(processing_mode="pick", capture_when=moment, allow_out_of_stock_purchases=False)

    order = shop.order({"x": 3}, channel="outlet", payment=payment)

    assert [one[0] for one in shop.parcels(order)] == [status]
    if payment == "pending":
        shop.ok(shop.api.post(f"/orders/{order['number']}/pay", {}))
        assert [one[0] for one in shop.parcels(order)] == ["picked"]


def test_the_same_order_sent_again_is_not_picked_again(shop, berlin, sells):
    shop.variant()
    shop.receive(berlin, x=3)
    sells(processing_mode="pick")
    order = shop.order({"x": 3}, channel="outlet", external_id="A-1")
    number = order["fulfillment_orders"][0]["number"]
    shop.ok(shop.api.post(f"/fulfillment-orders/{number}/unpick", {}))

    shop.order({"x": 3}, channel="outlet", external_id="A-1")

    assert [one[0] for one in shop.parcels(order)] == ["ready"]


# --- shops elsewhere hear of it ---------------------------------------------------------------


ACTS = {
    "placed": lambda shop, place, order: shop.order({"x": 1}),
    "less": lambda shop, place, order: shop.ok(
        shop.api.patch(f"/orders/{order['number']}", {"lines": [{"sku": "x", "quantity": 1}]})
    ),
    "canceled": lambda shop, place, order: shop.ok(
        shop.api.post(f"/orders/{order['number']}/cancel", {})
    ),
    "received": lambda shop, place, order: shop.receive(place, x=1),
    "corrected": lambda shop, place, order: shop.correct(place, x=9),
    "level": lambda shop, place, order: shop.level(place, "x", in_stock=False, confirm=True),
    "variant": lambda shop, place, order: update_variant(
        act=Act.now(), variant=Variant.objects.get(), changes={"backorders": "no"}
    ),
    "product": lambda shop, place, order: update_product(
        act=Act.now(), product=Variant.objects.get().product, changes={"out_of_stock_threshold": 3}
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_whatever_changes_what_may_be_sold_is_noted_for_shops_elsewhere(
    shop, berlin, act, settings
):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    row = shop.variant()
    create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address="http://127.0.0.1:8999",
    )
    shop.receive(berlin, x=5)
    order = shop.order({"x": 2})
    SalableChange.objects.all().delete()

    act(shop, berlin, order)

    assert set(SalableChange.objects.values_list("variant", flat=True)) == {row.pk}


@pytest.mark.parametrize(
    "changes", [{"backorders": "allow"}, {"out_of_stock_threshold": 2}], ids=["mode", "threshold"]
)
def test_a_setting_of_the_store_has_all_shops_told_anew(shop, berlin, changes, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address="http://127.0.0.1:8999",
    )
    Channel.objects.update(recount_after=None)
    update_settings(act=Act.now(), changes=changes)
    assert Channel.objects.get(slug="woo").recount_after == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda berlin: update_warehouse(
            act=Act.now(), warehouse=berlin, changes={"is_active": False}
        ),
        lambda berlin: create_warehouse(act=Act.now(), code="rome", name="Rome"),
    ],
    ids=["switched off", "made"],
)
def test_a_warehouse_has_all_shops_told_anew(berlin, act, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address="http://127.0.0.1:8999",
    )
    Channel.objects.update(recount_after=None)

    act(berlin)

    assert Channel.objects.get(slug="woo").recount_after == 0
