"""Whatever a shop answers is an error of that shop, or what came of an item: nothing else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.connectors.answers import read_json
from channels.connectors.base import BadMessage, ChannelDown, ConnectorError
from channels.services.guarded import Guarded
from inventory.policy import MAX_QUANTITY

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SEEDS = range(150)
ANSWERS = (
    *("null", "7", '"x"', "true", "[]", "{}", "[null]", "[7]", "[[]]", "1e999", "1" * 5_000),
    *('{"create": 7}', '{"create": {}, "update": 7}', '[{"id": [], "sku": {}, "type": []}]'),
    '[{"id": 1, "sku": "MUG-1", "type": ["simple"], "attributes": 7}]',
    '[{"id": 1e999, "sku": null, "stock_quantity": 1e999, "manage_stock": true}]',
)
CALLS = {
    "test": lambda connector, items: connector.test_connection(),
    "publish": lambda connector, items: connector.publish(items),
    "withdraw": lambda connector, items: connector.withdraw(items),
    "push": lambda connector, items: connector.push_quantities(items),
    "read": lambda connector, items: connector.read(items),
    "orders": lambda connector, items: list(connector.fetch_orders(changed_since=SINCE)),
}


@pytest.fixture
def published(connector, shop, make_item, tees):
    """Return items that the shop has, of both kinds, and let somebody buy one."""
    items = [make_item(ref=9), *tees("S", "M")]
    outcomes = connector.publish(items)
    shop.buy("MUG-1", 1)
    return [
        replace(item, remote_id=one.remote_id, remote_parent_id=one.remote_parent_id)
        for item, one in zip(items, outcomes, strict=True)
    ]


def is_bearable(call, connector, items):
    """Return whether a call ends as a connector promises, with what a database can hold."""
    try:
        answer = CALLS[call](connector, items)
    except ConnectorError as error:
        return len(str(error)) < 1_000
    if call in {"publish", "withdraw", "push"}:
        return [one.ref for one in answer] == [item.ref for item in items] and all(
            len(one.error) < 1_000
            and len(one.remote_id) < 20
            and abs(one.quantity or 0) <= MAX_QUANTITY
            and len(repr(one.answered)) < 10_000
            for one in answer
        )
    return True


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_any_shape(connector, shop, published, call, answer):
    shop.faults.script("said", value=answer, times=99)

    assert is_bearable(call, connector, published)


@pytest.mark.parametrize("call", CALLS)
def test_one_odd_value_anywhere(connector, shop, published, call):
    for seed in SEEDS:
        shop.faults.scripted.clear()
        shop.faults.script("odd", value=str(seed), after=seed % 4)

        assert is_bearable(call, connector, published), seed


def test_options_that_are_no_list_are_none(connector, shop, tees):
    connector.publish(tees("S"))
    (parent,) = shop.by_sku("parent-8")
    parent["attributes"][0]["options"] = 7

    (first, second) = connector.publish(tees("S", "M"))

    assert (first.error, second.error) == ("", "")


def test_a_shop_that_repeats_its_orders_for_ever_is_left(connector, shop, published):
    connector._web.request = repeating(connector._web.request)

    with pytest.raises(ChannelDown, match="answered what no WooCommerce does"):
        list(connector.fetch_orders(changed_since=SINCE))


def repeating(request):
    """Return a way to ask a shop that always has another page."""

    def ask(*args, **named):
        answer = request(*args, **{**named, "params": {**named["params"], "page": "1"}})
        return replace(answer, headers={**answer.headers, "x-wp-totalpages": "999999999"})

    return ask


def test_numbers_beyond_measure_are_kept_as_text():
    said = read_json(b"[1e999, -1e999, %s, 12, 1.5]" % (b"9" * 4_400))

    assert said == ["1e999", "-1e999", "9" * 30, 12, 1.5]


class Stumbles:
    """A connector that did not think of what its shop says."""

    max_batch = 10

    def __getattr__(self, name):
        def stumble(*_args, **_named):
            raise TypeError("'int' object is not iterable")

        return stumble


@pytest.mark.parametrize("call", CALLS)
def test_what_a_connector_did_not_foresee_is_an_error_of_its_shop(caplog, call):
    with pytest.raises(ChannelDown, match="could not be understood"):
        CALLS[call](Guarded(Stumbles()), [])

    assert "'int' object is not iterable" in caplog.text


def test_an_order_in_the_middle_that_breaks_a_connector_is_an_error_of_its_shop():
    class Half(Stumbles):
        def fetch_orders(self, **_named):
            yield "an order"
            raise KeyError("id")

    orders = Guarded(Half()).fetch_orders(changed_since=SINCE)

    assert next(orders) == "an order"
    with pytest.raises(ChannelDown):
        next(orders)


def test_a_webhook_that_breaks_a_connector_cannot_be_read():
    with pytest.raises(BadMessage):
        Guarded(Stumbles()).receive({}, b"")
