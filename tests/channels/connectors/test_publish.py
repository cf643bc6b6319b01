"""Bringing items into a shop: what it is told, and that each is there once."""

import itertools
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from channels.connectors.base import ChannelDown, ChannelRefuses
from inventory.policy import BackorderMode

NO, ALLOW, NOTIFY = BackorderMode.NO, BackorderMode.ALLOW, BackorderMode.NOTIFY

MAPPING = [
    ("no backorders", True, NO, 5, 0, (True, 5, "no", "instock")),
    ("nothing there", True, NO, 0, 0, (True, 0, "no", "outofstock")),
    ("room, but not published", True, NO, 5, 40, (True, 5, "no", "instock")),
    ("no limit", True, ALLOW, 5, None, (True, 5, "yes", "instock")),
    ("no limit, nothing there", True, ALLOW, 0, None, (True, 0, "yes", "onbackorder")),
    ("no limit, and told", True, NOTIFY, 0, None, (True, 0, "notify", "onbackorder")),
    ("a limit", True, ALLOW, 5, 40, (True, 45, "no", "instock")),
    ("a limit, nothing there", True, NOTIFY, 0, 3, (True, 3, "no", "instock")),
    ("a limit that is reached", True, ALLOW, 0, 0, (True, 0, "no", "outofstock")),
    ("not tracked", False, NO, 0, None, (False, None, "no", "instock")),
    ("not tracked, with a mode", False, ALLOW, 0, None, (False, None, "no", "instock")),
]
FACTS = ("manage_stock", "stock_quantity", "backorders", "stock_status")


@pytest.mark.parametrize("row", MAPPING, ids=[one[0] for one in MAPPING])
def test_what_the_shop_is_told(connector, shop, make_item, row):
    _case, tracked, mode, available, room, expected = row
    item = make_item(tracked=tracked, mode=mode, available=available, room=room)

    (outcome,) = connector.publish([item])

    (row,) = shop.by_sku("MUG-1")
    assert tuple(row[name] for name in FACTS) == expected
    assert (outcome.error, outcome.quantity) == ("", expected[1])
    assert outcome.remote_id == str(row["id"])


@pytest.mark.parametrize("start", MAPPING, ids=[one[0] for one in MAPPING])
@pytest.mark.parametrize("end", [MAPPING[0], MAPPING[4], MAPPING[9]], ids=lambda one: one[0])
def test_every_change_arrives(connector, shop, make_item, start, end):
    """What WooCommerce keeps from before, as a stock status, does not survive."""
    for _case, tracked, mode, available, room, _expected in (start, end):
        item = make_item(tracked=tracked, mode=mode, available=available, room=room)
        (outcome,) = connector.publish([item])
        assert outcome.error == ""

    (row,) = shop.by_sku("MUG-1")
    assert tuple(row[name] for name in FACTS) == end[5]


def test_title_price_and_description_arrive(connector, shop, make_item):
    connector.publish([make_item(price=Decimal("12.50"))])

    (row,) = shop.by_sku("MUG-1")
    assert row["name"] == "Mug"
    assert row["description"] == "A mug."
    assert row["regular_price"] == "12.50"
    assert row["type"] == "simple"


def test_words_of_a_database_are_taken_as_modes(connector, shop, make_item):
    connector.publish([make_item(mode="no", available=5, room=40)])

    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == 5


def test_without_a_description_the_shop_keeps_its_own(connector, shop, make_item, tees):
    shop.create_product({"name": "My mug", "sku": "MUG-1", "description": "<p>Long.</p>"})

    connector.publish([make_item(description=""), *tees("S", description="")])

    assert shop.by_sku("MUG-1")[0]["description"] == "<p>Long.</p>"
    assert shop.by_sku("parent-8")[0]["description"] == ""


def test_published_twice_it_is_there_once(connector, shop, make_item):
    (first,) = connector.publish([make_item()])
    (second,) = connector.publish([make_item(price=Decimal(11), remote_id=first.remote_id)])

    (row,) = shop.by_sku("MUG-1")
    assert (row["regular_price"], second.remote_id) == ("11", first.remote_id)


def test_a_product_of_the_merchant_is_found_by_its_sku(connector, shop, make_item):
    shop.create_product({"name": "My mug", "sku": "MUG-1", "regular_price": "9"})

    (outcome,) = connector.publish([make_item()])

    (row,) = shop.by_sku("MUG-1")
    assert (outcome.remote_id, row["regular_price"]) == (str(row["id"]), "10.00")


@pytest.mark.parametrize("kind", ["lost_answer", "double"])
def test_killed_after_the_shop_did_it_there_is_one_product(connector, shop, make_item, kind):
    shop.faults.script(kind, method="POST", path="batch")

    (first,) = connector.publish([make_item()])
    assert first.error
    assert not first.is_final
    (second,) = connector.publish([make_item()])

    (row,) = shop.by_sku("MUG-1")
    assert (second.error, second.remote_id) == ("", str(row["id"]))


@pytest.mark.parametrize("which", [0, 1])
def test_killed_after_a_product_or_its_variations_were_made(connector, shop, tees, which):
    """The product above the variations is written first, then they are."""
    shop.faults.script("lost_answer", method="POST", path="batch", after=which)

    first = connector.publish(tees("S", "M"))
    assert [one.is_final for one in first] == [False, False]
    second = connector.publish(tees("S", "M"))

    assert [one.error for one in second] == ["", ""]
    assert sorted(row["sku"] for row in shop.products.values()) == ["TEE-M", "TEE-S", "parent-8"]


def test_variants_become_variations_of_one_product(connector, shop, tees):
    outcomes = connector.publish(tees("S", "M", mode=NOTIFY, room=None, available=0))

    (parent,) = shop.by_sku("parent-8")
    assert (parent["type"], parent["name"]) == ("variable", "Tee")
    assert parent["attributes"][0]["options"] == ["S", "M"]
    assert [one.error for one in outcomes] == ["", ""]
    assert [one.remote_parent_id for one in outcomes] == [str(parent["id"])] * 2
    for title in ("S", "M"):
        (row,) = shop.by_sku(f"TEE-{title}")
        assert row["parent_id"] == parent["id"]
        assert row["attributes"][0]["option"] == title
        assert (row["backorders"], row["stock_status"]) == ("notify", "onbackorder")


def test_a_variant_that_comes_later_joins_the_others(connector, shop, tees):
    first = connector.publish(tees("S", "M"))
    late = tees("S", "M", "L")[2]

    (outcome,) = connector.publish([late])

    (parent,) = shop.by_sku("parent-8")
    assert outcome.remote_parent_id == first[0].remote_parent_id
    assert parent["attributes"][0]["options"] == ["S", "M", "L"]
    assert len(parent["variations"]) == 3


def test_variants_are_updated_where_they_are(connector, shop, tees):
    connector.publish(tees("S", "M"))
    connector.publish(tees("S", "M", available=8))
    ids = {row["sku"]: row["id"] for row in shop.products.values()}

    outcomes = connector.publish(
        [replace(one, remote_id=str(ids[one.sku])) for one in tees("S", "M", available=9)]
    )

    assert [one.quantity for one in outcomes] == [9, 9]
    assert len(shop.products) == 3


def test_attributes_that_the_merchant_added_are_kept(connector, shop, tees):
    connector.publish(tees("S"))
    (parent,) = shop.by_sku("parent-8")
    parent["attributes"].append({"id": 0, "name": "Material", "slug": "m", "options": ["Wool"]})

    connector.publish(tees("S", "M"))

    assert {one["name"] for one in parent["attributes"]} == {"Material", "Variant"}


def test_a_variant_without_a_title_is_chosen_by_its_sku(connector, shop, make_item):
    connector.publish([make_item(is_only_variant=False)])

    (row,) = shop.by_sku("MUG-1")
    assert row["attributes"][0]["option"] == "MUG-1"


def test_variations_of_the_merchant_keep_their_attributes(connector, shop, tees):
    parent = shop.create_product({"name": "My tee", "type": "variable", "sku": "MY-TEE"})
    size = [{"name": "Size", "option": "Small"}]
    shop.create_variation(parent["id"], {"sku": "TEE-S", "attributes": size})

    small, medium = connector.publish(tees("S", "M"))

    (row,) = shop.by_sku("TEE-S")
    assert (small.error, small.remote_parent_id) == ("", str(parent["id"]))
    assert row["attributes"][0]["option"] == "Small"
    assert "variations of its own" in medium.error
    assert shop.by_sku("TEE-M") == shop.by_sku("parent-8") == []


def test_a_product_that_gets_a_second_variant_stays_where_it_is(connector, shop, make_item, tees):
    small, medium = tees("S", "M")
    connector.publish([replace(small, is_only_variant=True, variant_title="")])

    outcomes = connector.publish([small, medium])

    assert [one.error for one in outcomes] == ["", ""]
    (row,) = shop.by_sku("TEE-S")
    assert (row["type"], row["name"]) == ("simple", "Tee – S")
    assert shop.by_sku("TEE-M")[0]["type"] == "variation"


@pytest.mark.parametrize("force", [True, False])
def test_a_product_deleted_in_the_shop_is_made_again(connector, shop, make_item, force):
    (first,) = connector.publish([make_item()])
    shop.delete_product(int(first.remote_id), force=force)

    (second,) = connector.publish([make_item(remote_id=first.remote_id)])

    assert second.error == ""
    assert second.remote_id != first.remote_id


def test_a_product_deleted_while_it_is_written_is_tried_again(
    connector, shop, make_item, monkeypatch
):
    (first,) = connector.publish([make_item()])
    write = shop.batch

    def batch(body, **ways):
        shop.delete_product(int(first.remote_id))
        return write(body, **ways)

    monkeypatch.setattr(shop, "batch", batch)
    (second,) = connector.publish([make_item(remote_id=first.remote_id)])

    assert second.error
    assert not second.is_final


def test_a_sku_that_was_renamed_here_is_renamed_there(connector, shop, make_item):
    (first,) = connector.publish([make_item()])

    renamed = {"remote_id": first.remote_id, "remote_sku": first.remote_sku}
    connector.publish([make_item("MUG-2", **renamed)])

    assert [row["sku"] for row in shop.products.values()] == ["MUG-2"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sku": " "}, "no SKU"),
        ({"sku": "A" * 101}, "100 characters"),
        ({"mode": "maybe"}, "no way to backorder"),
        ({"price": Decimal(-1)}, "price"),
        ({"price": Decimal("NaN")}, "price"),
        ({"available": -1}, "below zero"),
        ({"room": -1}, "below zero"),
    ],
)
def test_a_bad_item_is_an_outcome_and_stops_no_other(connector, shop, make_item, fields, words):
    bad = replace(make_item("BAD", ref=2), **fields)

    outcomes = connector.publish([make_item(), bad])

    assert [one.ref for one in outcomes] == [1, 2]
    assert outcomes[0].error == ""
    assert words in outcomes[1].error
    assert outcomes[1].is_final
    assert [row["sku"] for row in shop.products.values()] == ["MUG-1"]


def test_bad_items_alone_ask_nothing(connector, shop, make_item):
    (outcome,) = connector.publish([make_item("")])

    assert outcome.error
    assert shop.requests == []


def test_a_sku_in_other_letters_is_named(connector, shop, make_item):
    shop.create_product({"name": "My mug", "sku": "mug-1"})

    (outcome,) = connector.publish([make_item()])

    assert "mug-1" in outcome.error
    assert outcome.is_final


def test_one_sku_twice_is_made_once(connector, shop, make_item):
    outcomes = connector.publish([make_item(ref=1), make_item(ref=2)])

    assert [bool(one.error) for one in outcomes] == [False, True]
    assert "duplicated SKU" in outcomes[1].error
    assert len(shop.by_sku("MUG-1")) == 1


def test_a_product_of_another_kind_is_left_alone(connector, shop, make_item):
    shop.create_product({"name": "Mugs", "sku": "MUG-1", "type": "grouped"})

    (outcome,) = connector.publish([make_item()])

    assert "grouped product" in outcome.error


def test_a_sku_with_a_comma_is_found(connector, shop, make_item):
    names = ["A,B", "A", "B", "50%", "é +&="]
    items = [make_item(name, ref=number) for number, name in enumerate(names)]

    for _ in range(2):
        assert [one.error for one in connector.publish(items)] == [""] * 5

    assert sorted(row["sku"] for row in shop.products.values()) == sorted(names)


def test_two_hundred_items_go_in_batches_the_shop_takes(connector, shop, make_item):
    items = [make_item(f"SKU-{number}", ref=number) for number in range(205)]

    outcomes = connector.publish(items)

    assert [one.ref for one in outcomes] == list(range(205))
    assert {one.error for one in outcomes} == {""}
    assert len(shop.products) == 205
    assert len(shop.asked("POST", "batch")) == 3


# --- what the shop says and does not do ---------------------------------------------------------


def test_a_shop_that_keeps_no_stock_is_named(connector, shop, make_item):
    shop.keeps_stock = False

    (outcome,) = connector.publish([make_item()])

    assert "Enable stock management" in outcome.error


def after_the_write(shop, monkeypatch, change):
    """Let something happen in the shop between our write and our reading."""
    write = shop.batch

    def batch(body, **ways):
        answer = write(body, **ways)
        change()
        return answer

    monkeypatch.setattr(shop, "batch", batch)


@pytest.mark.parametrize(
    ("name", "value", "words", "is_final"),
    [
        ("backorders", "yes", "backorder setting is yes instead of no", True),
        ("regular_price", "9", "price is 9 instead of 10.00", True),
        ("regular_price", "", "price is", True),
        ("stock_quantity", 4, "quantity is 4 instead of 5", False),
        ("stock_quantity", None, "quantity is None", False),
        ("sku", "MUG", "SKU is MUG", True),
    ],
)
def test_success_is_not_believed(
    connector, shop, make_item, monkeypatch, name, value, words, is_final
):
    after_the_write(shop, monkeypatch, lambda: shop.by_sku("MUG-1")[0].update({name: value}))

    (outcome,) = connector.publish([make_item()])

    assert words in outcome.error
    assert outcome.is_final is is_final
    assert outcome.remote_id
    assert outcome.answered[name] == value


def test_a_sale_while_we_wrote_is_tried_again(connector, shop, make_item, monkeypatch):
    after_the_write(shop, monkeypatch, lambda: shop.buy("MUG-1", 2))

    (outcome,) = connector.publish([make_item()])

    assert outcome.quantity == 3
    assert not outcome.is_final


def test_what_is_gone_when_asked_again_is_tried_again(connector, shop, make_item, monkeypatch):
    after_the_write(shop, monkeypatch, shop.products.clear)

    (outcome,) = connector.publish([make_item()])

    assert "does not have it" in outcome.error
    assert not outcome.is_final


def test_an_answer_with_fewer_entries_than_asked_is_not_matched(
    connector, shop, make_item, monkeypatch
):
    monkeypatch.setattr(shop, "batch", lambda _body, **_ways: {"create": []})

    (outcome,) = connector.publish([make_item()])

    assert "no WooCommerce" in outcome.error
    assert not outcome.is_final


# --- a shop that is down --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["500", "429", "html", "drop"])
def test_nothing_could_be_asked(connector, shop, make_item, kind):
    shop.faults.script(kind)

    with pytest.raises(ChannelDown):
        connector.publish([make_item()])
    assert shop.products == {}


def test_a_batch_that_partly_went_says_so_item_by_item(connector, shop, make_item, tees):
    """The mugs are written; then the shop goes, and nothing more is asked."""
    shop.faults.script("429", method="POST", path="batch", after=1, value="30")
    items = [make_item(ref=9), *tees("S", "M")]

    outcomes = connector.publish(items)

    assert [one.ref for one in outcomes] == [9, 1, 2]
    assert [one.is_final for one in outcomes] == [False] * 3
    assert [one.retry_after for one in outcomes] == [30] * 3
    assert outcomes[0].remote_id
    assert len(shop.asked("POST")) == 2
    assert len(shop.by_sku("MUG-1")) == 1


def test_a_silent_shop_is_asked_once(hasty, shop, tees):
    shop.faults.script("silence", method="POST", times=9)

    outcomes = hasty.publish(tees("S", "M", "L"))

    assert len(shop.asked("POST")) == 1
    assert all("looked up the next time" in one.error for one in outcomes)


def test_a_slow_shop_is_not_asked_for_hours(connector, shop, make_item, tees, monkeypatch):
    """Each answer takes 20 seconds: the lookup, the mug and the tee are asked for, no more."""
    seconds = itertools.count(0, 20)
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr("channels.connectors.woocommerce.shop.time", clock)

    outcomes = connector.publish([make_item(ref=9), *tees("S")])

    assert ["slow" in one.error for one in outcomes] == [True, True]
    assert [one.is_final for one in outcomes] == [False, False]
    assert len(shop.requests) == 3


def test_wrong_credentials_are_not_an_item_s_fault(connector, shop, make_item):
    shop.key = "ck_other"

    with pytest.raises(ChannelRefuses, match="Consumer key is invalid"):
        connector.publish([make_item()])


def test_a_key_that_may_not_write_is_named(connector, shop, make_item):
    shop.may_write = False

    with pytest.raises(ChannelRefuses, match="write permissions"):
        connector.publish([make_item()])


@pytest.mark.parametrize("seed", range(6))
def test_in_bad_weather_everything_is_there_once_in_the_end(connector, shop, make_item, tees, seed):
    """The figures of a bad day: a tenth dropped, a tenth doubled, a twentieth done unheard."""
    shop.faults.__init__(seed=seed, drop=0.1, double=0.1, lost_answer=0.05)
    items = [make_item(ref=9, available=seed), *tees("S", "M", "L", available=3)]

    for _ in range(40):
        try:
            outcomes = connector.publish(items)
        except ChannelDown:
            continue
        assert all(not one.is_final for one in outcomes if one.error)
        if not any(one.error for one in outcomes):
            break
    else:
        pytest.fail("It never arrived.")

    skus = sorted(row["sku"] for row in shop.products.values())
    assert skus == ["MUG-1", "TEE-L", "TEE-M", "TEE-S", "parent-8"]
    assert shop.by_sku("MUG-1")[0]["stock_quantity"] == seed


def test_outcomes_keep_what_was_said_without_secrets(connector, shop, make_item):
    (outcome,) = connector.publish([make_item()])

    assert outcome.sent["stock_quantity"] == 5
    assert outcome.answered["manage_stock"] is True
    assert "description" not in outcome.sent
    assert shop.secret not in repr(outcome)
    assert shop.key not in repr(outcome)
