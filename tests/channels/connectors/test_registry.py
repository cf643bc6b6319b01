"""The kinds of shops we know, and what each promises."""

import inspect

import pytest

from channels.connectors import CONNECTORS, connector_for
from channels.connectors.base import ChannelRefuses, Connector, Credentials

METHODS = ("test_connection", "publish", "withdraw", "push_quantities", "read")
METHODS += ("fetch_orders", "receive")
CREDENTIALS = Credentials("https://shop.example", "ck", "cs", "wh")


@pytest.mark.parametrize("code", CONNECTORS)
def test_a_connector_keeps_the_protocol(code):
    kind = CONNECTORS[code]

    assert kind.code == code
    assert kind.name
    assert kind.max_batch > 0
    assert all(sentence.endswith(".") for sentence in kind.losses)
    for name in METHODS:
        wanted = inspect.signature(getattr(Connector, name))
        assert inspect.signature(getattr(kind, name)) == wanted
        assert inspect.getdoc(getattr(kind, name))


def test_a_connector_is_made_by_its_code_without_asking_anybody():
    connector = connector_for("woocommerce", CREDENTIALS)

    assert connector.name == "WooCommerce"


def test_a_code_that_nobody_has():
    with pytest.raises(KeyError):
        connector_for("teapots", CREDENTIALS)


def test_an_address_that_is_none_is_refused_when_it_is_used():
    with pytest.raises(ChannelRefuses):
        connector_for("woocommerce", Credentials("shop.example", "ck", "cs"))
