"""Signatures, against published and recorded ones."""

import pytest

from channels.connectors.base import BadSignature
from channels.connectors.woocommerce.signing import (
    oauth_signature,
    oauth_text,
    webhook_signature,
)

# The worked example of "Creating a signature" in the documentation of the Twitter API.
PARAMS = {
    "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
    "include_entities": "true",
    "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
    "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1318622958",
    "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "oauth_version": "1.0",
}
TEXT = (
    "POST&https%3A%2F%2Fapi.twitter.com%2F1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue%26"
    "oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26"
    "oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg%26"
    "oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26"
    "oauth_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26"
    "status%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520"
    "request%2521"
)


def test_the_text_that_is_signed_is_the_published_one():
    url = "https://api.twitter.com/1/statuses/update.json"

    assert oauth_text("POST", url, PARAMS) == TEXT


def test_the_signature_is_that_of_another_program():
    """``printf %s TEXT | openssl dgst -sha256 -hmac 'cs_secret&' -binary | base64``."""
    params = {
        "include": "1,2",
        "oauth_consumer_key": "ck_key",
        "oauth_nonce": "n0nce",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "1700000000",
    }

    signature = oauth_signature(
        "GET", "http://shop.example:8080/wp-json/wc/v3/products", params, "cs_secret"
    )

    assert signature == "pkrMgMC+4HOzW0tCEMQDsa+gy/opy6a5LO+zb2jnSQ4="


@pytest.mark.parametrize("name", ["A B", "50%", "%41", "a+b", "é", "a&b=c", "~a", "a,b", "/?#"])
def test_the_shop_computes_the_same_of_any_sku(connector, shop, make_item, name):
    """It reads the query back, and signs that."""
    (outcome,) = connector.publish([make_item(name)])

    assert outcome.error == ""
    assert connector.read([make_item(name)])[0].exists


def test_a_wrong_secret_is_refused(connector, shop):
    shop.secret = "cs_other"

    with pytest.raises(Exception, match="signature does not match"):
        connector.test_connection()


def test_a_webhook_is_signed_over_its_raw_body():
    """RFC 4231, test case 2, in base64."""
    signature = webhook_signature("Jefe", b"what do ya want for nothing?")

    assert signature == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="


def test_the_connector_uses_it(connector):
    with pytest.raises(BadSignature):
        connector.receive({"X-WC-Webhook-Signature": webhook_signature("other", b"{}")}, b"{}")
