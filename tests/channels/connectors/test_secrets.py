"""Credentials as the database keeps them."""

import pytest

from channels.connectors.base import Credentials
from channels.secrets import SecretLost, seal, unseal

TEXT = "cs_123 – é"


def test_what_is_sealed_is_opened_again():
    token = seal(TEXT)

    assert "cs_" not in token
    assert unseal(token) == TEXT


def test_the_same_text_is_sealed_differently_each_time():
    assert seal(TEXT) != seal(TEXT)


def test_nothing_stays_nothing():
    assert seal("") == unseal("") == ""


def test_a_former_key_opens_and_the_new_one_seals(settings):
    token = seal(TEXT)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"

    assert unseal(token) == TEXT
    newer = seal(TEXT)
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(newer) == TEXT
    with pytest.raises(SecretLost, match="SECRET_KEY"):
        unseal(token)


@pytest.mark.parametrize("token", ["nonsense", "é", "gAAAA", "\x00"])
def test_what_was_never_sealed_is_not_opened(token):
    with pytest.raises(SecretLost):
        unseal(token)


def test_a_token_that_was_changed_is_not_opened():
    token = seal(TEXT)
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]

    with pytest.raises(SecretLost):
        unseal(changed)


def test_credentials_show_their_address_alone():
    shown = repr(Credentials("https://shop.example", "ck_1", "cs_2", "wh_3"))

    assert "shop.example" in shown
    for secret in ("ck_1", "cs_2", "wh_3"):
        assert secret not in shown
