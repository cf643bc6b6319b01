"""A shop that was rebuilt has our ids for other products: they get nothing that is ours."""

from dataclasses import replace

import pytest

from channels.connectors.base import Item
from tests.channels.connectors.test_push import known


@pytest.fixture
def item(connector, make_item):
    (item,) = known([make_item()], connector.publish([make_item()]))
    return replace(item, available=3)


def rebuild(shop, *, with_ours=True):
    """Give the ids of the shop anew: what we knew is a kettle now, and ours lies elsewhere."""
    (mug,) = shop.by_sku("MUG-1")
    if with_ours:
        shop.create_product({"name": "Mug", "sku": "NEW", "manage_stock": True})
        shop.by_sku("NEW")[0].update({**mug, "id": shop.by_sku("NEW")[0]["id"]})
    mug.update(sku="KETTLE", name="Kettle", stock_quantity=40, regular_price="99")
    return mug


def test_the_number_of_another_product_is_not_written_to(connector, shop, item):
    kettle = rebuild(shop)

    (outcome,) = connector.push_quantities([item])

    (mug,) = shop.by_sku("MUG-1")
    assert (kettle["stock_quantity"], mug["stock_quantity"]) == (40, 3)
    assert (outcome.error, outcome.remote_id) == ("", str(mug["id"]))
    assert outcome.note == (
        f"Number {kettle['id']} in the shop is another product now (KETTLE). "
        f"Ours was found by its SKU: number {mug['id']}."
    )


def test_without_the_look_before_it_would_be_written_to(connector, shop, item, monkeypatch):
    monkeypatch.setattr(Item, "is_that", lambda self, sku: True)
    kettle = rebuild(shop)

    connector.push_quantities([item])

    assert kettle["stock_quantity"] == 3


def test_what_is_not_there_any_more_is_said_and_forgotten(connector, shop, item):
    kettle = rebuild(shop, with_ours=False)

    (outcome,) = connector.push_quantities([item])

    assert kettle["stock_quantity"] == 40
    assert outcome.remote_id == ""
    assert outcome.error == (
        f"Number {kettle['id']} in the shop is another product now (KETTLE). "
        "It is not in the shop any more: publish it again."
    )


def test_another_product_is_not_published_over(connector, shop, item):
    kettle = rebuild(shop, with_ours=False)

    (outcome,) = connector.publish([item])

    (mug,) = shop.by_sku("MUG-1")
    assert outcome.error == ""
    assert outcome.remote_id == str(mug["id"]) != str(kettle["id"])
    assert (kettle["sku"], kettle["name"], kettle["regular_price"]) == ("KETTLE", "Kettle", "99")


def test_another_product_is_not_taken_off(connector, shop, item):
    kettle = rebuild(shop)

    (outcome,) = connector.withdraw([item])

    assert outcome.error == ""
    assert kettle["status"] == "publish"
    assert shop.by_sku("MUG-1")[0]["status"] == "draft"


def test_variations_are_told_apart_by_sku_as_well(connector, shop, tees):
    items = known(tees("S", "M"), connector.publish(tees("S", "M")))
    (small,), (medium,) = shop.by_sku("TEE-S"), shop.by_sku("TEE-M")
    small["sku"], medium["sku"] = "TEE-M", "TEE-S"

    first, second = connector.push_quantities(
        [replace(items[0], available=1), replace(items[1], available=2)]
    )

    assert (small["stock_quantity"], medium["stock_quantity"]) == (2, 1)
    assert (first.remote_id, second.remote_id) == (str(medium["id"]), str(small["id"]))


def test_a_product_that_changes_hands_while_it_is_written_is_said(
    connector, shop, item, monkeypatch
):
    write = shop.update_product

    def and_rebuild(number, row, **named):
        answer = write(number, row, **named)
        shop.products[number]["sku"] = "KETTLE"
        return answer

    monkeypatch.setattr(shop, "update_product", and_rebuild)

    (outcome,) = connector.push_quantities([item])

    assert not outcome.is_final
    assert outcome.remote_id == ""
    assert outcome.error == (
        f"Number {item.remote_id} in the shop is another product now (KETTLE). "
        "It was changed while it was written: look at both."
    )


def test_what_was_renamed_here_and_not_there_yet_is_still_known(connector, shop, item):
    (outcome,) = connector.push_quantities([replace(item, sku="MUG-2", remote_sku="MUG-1")])

    assert (outcome.error, outcome.note, outcome.remote_sku) == ("", "", "MUG-1")
    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == 3


def test_a_comparison_says_that_it_has_another_number(connector, shop, item):
    rebuild(shop)
    shop.by_sku("MUG-1")[0].update(stock_quantity=3)

    (found,) = connector.read([item])

    assert found.difference == "The shop has it under another number than before."
    assert found.differing == {"place"}
    assert found.remote_id == str(shop.by_sku("MUG-1")[0]["id"])
