"""Taking items off sale: shoppers do not see them, and what is published again is the same."""

from dataclasses import replace

import pytest

from channels.connectors.base import ChannelDown
from tests.channels.standin import SoldOut


def placed(items, outcomes):
    """Return items with the places that the shop told."""
    return [
        replace(item, remote_id=one.remote_id, remote_parent_id=one.remote_parent_id)
        for item, one in zip(items, outcomes, strict=True)
    ]


def statuses(shop):
    return {row["sku"]: row["status"] for row in shop.products.values()}


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_a_product_becomes_a_draft_and_a_variation_private(
    connector, shop, make_item, tees, is_known, times
):
    items = [make_item(ref=9), *tees("S", "M")]
    known = placed(items, connector.publish(items))
    wanted = [known[0], known[1]] if is_known else [items[0], items[1]]

    for _ in range(times):
        outcomes = connector.withdraw(wanted)

    assert [(one.ref, one.error, one.remote_id) for one in outcomes] == [
        (one.ref, "", one.remote_id) for one in known[:2]
    ]
    assert [one.answered["status"] for one in outcomes] == ["draft", "private"]
    assert statuses(shop) == {
        "MUG-1": "draft",
        "parent-8": "publish",
        "TEE-S": "private",
        "TEE-M": "publish",
    }
    for sku in ("MUG-1", "TEE-S"):
        with pytest.raises(SoldOut):
            shop.buy(sku)
    shop.buy("TEE-M")


@pytest.mark.parametrize("is_known", [True, False])
def test_published_again_it_is_the_same_product_and_for_sale(
    connector, shop, make_item, tees, is_known
):
    items = [make_item(ref=9), *tees("S")]
    known = placed(items, connector.publish(items))
    connector.withdraw(known)
    (parent,) = shop.by_sku("parent-8")
    parent["status"] = "draft"

    outcomes = connector.publish(known if is_known else items)

    assert [one.error for one in outcomes] == ["", ""]
    assert [one.remote_id for one in outcomes] == [one.remote_id for one in known]
    assert set(statuses(shop).values()) == {"publish"}


def test_units_that_are_pushed_do_not_bring_it_back(connector, shop, make_item):
    (item,) = placed([make_item()], connector.publish([make_item()]))
    connector.withdraw([item])

    connector.push_quantities([replace(item, available=9)])

    assert statuses(shop) == {"MUG-1": "draft"}


@pytest.mark.parametrize(
    "fields",
    [{"sku": "NEVER"}, {"remote_id": "999"}, {"sku": " "}, {"sku": "A" * 101}, {"sku": "my-mug"}],
)
def test_what_is_not_there_is_done(connector, shop, make_item, fields):
    shop.create_product({"name": "Mine", "sku": "MY-MUG", "regular_price": "1"})
    shop.create_product({"name": "Another of mine", "regular_price": "1"})

    (outcome,) = connector.withdraw([make_item(**fields)])

    assert (outcome.error, outcome.remote_id) == ("", "")
    assert statuses(shop) == {"MY-MUG": "publish", "": "publish"}


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_what_goes_from_the_shop_is_done(
    connector, shop, make_item, tees, monkeypatch, force, late
):
    """Deleted for good or into the trash, before it is asked for or while it is written."""
    items = [make_item(ref=9), *tees("S")]
    known = placed(items, connector.publish(items))

    def delete_all():
        for sku in ("MUG-1", "parent-8"):
            for row in shop.by_sku(sku):
                shop.delete_product(row["id"], force=force)

    write = shop.batch

    def batch(body, **ways):
        delete_all()
        return write(body, **ways)

    if late:
        monkeypatch.setattr(shop, "batch", batch)
    else:
        delete_all()
    outcomes = connector.withdraw(known)

    assert [one.error for one in outcomes] == ["", ""]


@pytest.mark.parametrize(("status", "words"), [("publish", "hide it there"), ("draft", "")])
def test_a_product_of_another_kind_is_left_alone(connector, shop, make_item, status, words):
    made = shop.create_product({"sku": "MUG-1", "type": "variable", "status": status})

    (outcome,) = connector.withdraw([make_item(remote_id=str(made["id"]))])

    assert (words in outcome.error, bool(outcome.error)) == (True, bool(words))
    assert outcome.remote_id == ""
    assert statuses(shop) == {"MUG-1": status}


def test_success_is_not_believed(connector, shop, make_item, monkeypatch):
    (item,) = placed([make_item()], connector.publish([make_item()]))
    write = shop.batch

    def batch(body, **ways):
        answer = write(body, **ways)
        shop.by_sku("MUG-1")[0]["status"] = "publish"
        return answer

    monkeypatch.setattr(shop, "batch", batch)
    (off,) = connector.withdraw([item])
    monkeypatch.setattr(shop, "batch", lambda body, **ways: hidden(shop, write(body, **ways)))
    (on,) = connector.publish([item])

    assert "the status is publish instead of draft" in off.error
    assert "the status is private instead of publish" in on.error
    assert off.is_final
    assert on.is_final


def hidden(shop, answer):
    for row in shop.products.values():
        row["status"] = "private"
    return answer


def test_a_parent_that_is_not_put_on_sale_is_named(connector, shop, tees, monkeypatch):
    update = shop.update_product
    connector.publish(tees("S"))

    def kept_private(number, fields, **more):
        return update(number, {**fields, "status": "private"}, **more)

    monkeypatch.setattr(shop, "update_product", kept_private)
    (outcome,) = connector.publish(tees("S"))

    assert "product above it" in outcome.error


def test_something_hidden_in_the_shop_is_a_difference(connector, shop, make_item):
    (item,) = placed([make_item()], connector.publish([make_item()]))
    shop.by_sku("MUG-1")[0]["status"] = "draft"

    (found,) = connector.read([item])

    assert found.difference == "The status is draft instead of publish."


@pytest.mark.parametrize("kind", ["500", "429", "html", "drop"])
def test_nothing_could_be_asked(connector, shop, make_item, kind):
    shop.faults.script(kind)

    with pytest.raises(ChannelDown):
        connector.withdraw([make_item()])


@pytest.mark.parametrize("kind", ["lost_answer", "double", "500", "429"])
def test_a_write_that_is_lost_is_worth_trying_again(connector, shop, make_item, tees, kind):
    items = [make_item(ref=9), *tees("S", "M")]
    known = placed(items, connector.publish(items))
    shop.faults.script(kind, method="POST", path="batch")

    first = connector.withdraw(known)
    second = connector.withdraw(known)

    assert not any(one.is_final for one in first if one.error)
    assert [one.remote_id for one in first] == [one.remote_id for one in known]
    assert [one.error for one in second] == [""] * 3


def test_two_hundred_go_in_batches_the_shop_takes(connector, shop, make_item):
    items = [make_item(f"SKU-{number}", ref=number) for number in range(205)]
    connector.publish(items)

    outcomes = connector.withdraw(items)

    assert [(one.ref, one.error) for one in outcomes] == [(number, "") for number in range(205)]
    assert set(statuses(shop).values()) == {"draft"}
