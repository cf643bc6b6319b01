"""Quantities on their way to a shop, and what it has when it is asked."""

from dataclasses import replace
from decimal import Decimal

import pytest

from channels.connectors.base import ChannelDown, ChannelRefuses, RemoteItem
from inventory.policy import BackorderMode
from tests.channels.standin.store import Refusal


def known(items, outcomes):
    """Return items with what the shop called them."""
    return [
        replace(item, remote_id=one.remote_id, remote_parent_id=one.remote_parent_id)
        for item, one in zip(items, outcomes, strict=True)
    ]


@pytest.fixture
def published(connector, make_item, tees):
    items = [make_item(ref=9), *tees("S", "M")]
    return known(items, connector.publish(items))


def test_quantities_arrive_and_nothing_else_changes(connector, shop, published):
    shop.by_sku("MUG-1")[0].update(name="The merchant's words", regular_price="99")
    items = [replace(one, available=2, mode=BackorderMode.ALLOW, room=None) for one in published]

    outcomes = connector.push_quantities(items)

    assert [(one.error, one.quantity) for one in outcomes] == [("", 2)] * 3
    (mug,) = shop.by_sku("MUG-1")
    assert (mug["backorders"], mug["name"], mug["regular_price"]) == (
        "yes",
        "The merchant's words",
        "99",
    )


def test_units_the_shop_sold_into_backorder_are_overwritten(connector, shop, make_item):
    item = make_item(available=0, mode=BackorderMode.NOTIFY, room=None)
    (item,) = known([item], connector.publish([item]))
    shop.buy("MUG-1", 3)
    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == -3

    (outcome,) = connector.push_quantities([item])

    assert (outcome.error, shop.by_sku("MUG-1")[0]["stock_quantity"]) == ("", 0)


def test_with_a_limit_shoppers_get_not_one_unit_too_many(connector, shop, make_item):
    connector.publish([make_item(available=2, mode=BackorderMode.ALLOW, room=3)])
    (row,) = shop.by_sku("MUG-1")

    assert shop.may_sell(row, 5)
    assert not shop.may_sell(row, 6)


def test_items_without_an_id_are_found_by_their_sku(connector, published):
    items = [replace(one, remote_id="", remote_parent_id="", available=4) for one in published]

    outcomes = connector.push_quantities(items)

    assert [(one.error, one.quantity) for one in outcomes] == [("", 4)] * 3
    assert [one.remote_id for one in outcomes] == [one.remote_id for one in published]


@pytest.mark.parametrize(
    ("number", "parent"), [("999", ""), ("999", "998"), ("not a number", ""), ("0", "")]
)
def test_items_that_moved_are_found_by_their_sku(connector, published, number, parent):
    items = [
        replace(one, remote_id=number, remote_parent_id=parent, available=4) for one in published
    ]

    outcomes = connector.push_quantities(items)

    assert [(one.error, one.quantity) for one in outcomes] == [("", 4)] * 3
    assert [one.remote_id for one in outcomes] == [one.remote_id for one in published]


def test_a_variation_whose_parent_we_lost_is_found(connector, published):
    item = replace(published[1], remote_parent_id="", available=4)

    (outcome,) = connector.push_quantities([item])

    assert outcome.error == ""
    assert outcome.remote_parent_id == published[1].remote_parent_id


def test_variations_are_looked_for_when_the_product_above_them_is_gone(
    connector, shop, published, monkeypatch
):
    write, refusals = shop.batch, [Refusal(404, "woocommerce_rest_product_invalid_id", "No.")]

    def batch(body, **ways):
        if refusals:
            raise refusals.pop()
        return write(body, **ways)

    monkeypatch.setattr(shop, "batch", batch)
    outcomes = connector.push_quantities([replace(published[1], available=4)])

    assert [(one.error, one.quantity) for one in outcomes] == [("", 4)]


@pytest.mark.parametrize("force", [True, False])
def test_what_is_gone_is_named_and_not_made(connector, shop, published, force):
    shop.delete_product(int(published[0].remote_id), force=force)

    outcomes = connector.push_quantities(published)

    assert "publish it again" in outcomes[0].error
    assert outcomes[0].is_final
    assert [one.error for one in outcomes[1:]] == ["", ""]
    assert [row["status"] for row in shop.by_sku("MUG-1")] == ([] if force else ["trash"])


def test_errors_inside_a_success_stop_no_other(connector, shop, published, monkeypatch):
    write = shop.update_product

    def update(number, fields, **options):
        if number == int(published[0].remote_id):
            return {"id": number, "error": {"code": "plugin_says_no", "message": "<b>No</b>."}}
        return write(number, fields, **options)

    monkeypatch.setattr(shop, "update_product", update)
    outcomes = connector.push_quantities(published)

    assert [one.error for one in outcomes] == ["The shop refused it: No .", "", ""]


def test_a_shop_that_is_down_is_said_once(connector, shop, published):
    shop.faults.script("500", times=99)

    with pytest.raises(ChannelDown):
        connector.push_quantities(published)


def test_pushed_twice_after_a_lost_answer_the_quantity_is_right(connector, shop, published):
    shop.faults.script("lost_answer", method="POST", after=1)
    items = [replace(one, available=7) for one in published]

    outcomes = connector.push_quantities(items)
    assert not any(one.is_final for one in outcomes)
    outcomes = connector.push_quantities(items)

    assert [one.error for one in outcomes] == [""] * 3
    assert {
        row["stock_quantity"] for row in shop.products.values() if row["sku"] != "parent-8"
    } == {7}


# --- reading --------------------------------------------------------------------------------------


def test_the_shop_is_read_without_a_write(connector, shop, published):
    shop.buy("TEE-S")
    shop.requests.clear()

    mug, small, medium = connector.read(published)

    assert (mug.difference, medium.difference) == ("", "")
    assert small.difference == "The quantity is 4 instead of 5."
    assert mug == RemoteItem(
        ref=9,
        sku="MUG-1",
        remote_id=published[0].remote_id,
        remote_parent_id="",
        quantity=5,
        mode=BackorderMode.NO,
        price=Decimal("10.00"),
        exists=True,
    )
    assert (small.quantity, medium.quantity) == (4, 5)
    assert small.remote_parent_id == published[1].remote_parent_id
    assert shop.asked("POST") == []


def test_reading_finds_by_sku_and_says_what_is_gone(connector, shop, published, make_item):
    items = [
        replace(published[0], remote_id=""),
        replace(published[1], remote_id="999"),
        make_item("GONE", ref=50, remote_id="77"),
        make_item("NEVER", ref=51),
    ]

    found = connector.read(items)

    assert [one.exists for one in found] == [True, True, False, False]
    assert found[2] == RemoteItem(50, "", "", "", None, None, None, exists=False)


def test_values_nobody_knows_read_as_nothing(connector, shop, published):
    shop.by_sku("MUG-1")[0].update(backorders="maybe", regular_price="", stock_quantity=-3)

    (mug,) = connector.read(published[:1])

    assert (mug.mode, mug.price, mug.quantity) == (None, None, -3)


def test_an_untracked_product_has_no_quantity(connector, shop, make_item):
    item = make_item(tracked=False)
    connector.publish([item])

    assert connector.read([item])[0].quantity is None


def test_half_a_reading_is_none(connector, shop, published):
    shop.faults.script("500", after=1)

    with pytest.raises(ChannelDown):
        connector.read(published)


def test_reading_nothing_asks_nothing(connector, shop):
    assert connector.read([]) == connector.publish([]) == connector.push_quantities([]) == []
    assert shop.requests == []


# --- the connection -------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "words"), [(0, "0 products"), (1, "1 product;")])
def test_the_connection_is_tested_without_a_change(connector, shop, make_item, count, words):
    connector.publish([make_item()] * count)
    before = dict(shop.products)

    assert words in connector.test_connection()
    assert shop.products == before


def test_a_key_that_may_only_read_does_not_pass(connector, shop):
    shop.may_write = False

    with pytest.raises(ChannelRefuses, match="write permissions"):
        connector.test_connection()


def test_a_place_without_woocommerce_is_named(connector, shop, monkeypatch):
    monkeypatch.setattr("tests.channels.standin.server.ROUTES", ())

    with pytest.raises(ChannelRefuses, match="no WooCommerce"):
        connector.test_connection()


def test_another_program_s_answer_is_named(connector, shop, monkeypatch):
    monkeypatch.setattr(
        "tests.channels.standin.server.Handler.page", lambda *_: (200, {"hello": "world"}, {})
    )

    with pytest.raises(ChannelDown, match="no WooCommerce"):
        connector.test_connection()
