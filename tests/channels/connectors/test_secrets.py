"""Credentials as the database keeps them."""

import pytest
from django.core.management import CommandError, call_command

from channels.connectors.base import Credentials
from channels.models import Channel
from channels.secrets import SecretLost, seal, unseal
from channels.services.channels import create_channel
from inventory.acts import Act

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


def test_all_credentials_go_under_a_new_key(db, settings, capsys):
    secrets = {"key": "ck_1", "secret": "cs_2", "webhook_secret": ""}
    shop = create_channel(
        act=Act.now(), slug="shop", name="Shop", connector="woocommerce", **secrets
    )
    lost = create_channel(
        act=Act.now(), slug="lost", name="Lost", connector="woocommerce", **secrets
    )
    Channel.objects.filter(pk=lost.pk).update(sealed_key="nonsense")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"

    with pytest.raises(CommandError, match="No key opens the credentials of Lost"):
        call_command("reseal_credentials")

    assert "Channels sealed with SECRET_KEY: 1.\n" in capsys.readouterr().out
    settings.SECRET_KEY_FALLBACKS = []
    shop.refresh_from_db()
    lost.refresh_from_db()
    assert (unseal(shop.sealed_key), unseal(shop.sealed_secret)) == ("ck_1", "cs_2")
    assert (shop.sealed_webhook_secret, lost.sealed_key) == ("", "nonsense")
    assert shop.version == 1  # nothing that anybody edits


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
