"""Channels as staff see them: an operator's browser, a shop elsewhere, and addresses of pages."""

import pytest
from django.urls import reverse

from channels.models import DIRECT, Channel
from channels.services.channels import create_channel
from inventory.acts import Act

SECRETS = ("ck_canary_key", "cs_canary_secret", "wh_canary_secret")


@pytest.fixture
def desk(client, operator):
    """Return the browser of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def direct(db):
    return Channel.objects.get(slug=DIRECT)


@pytest.fixture
def shop(db):
    """A shop elsewhere, with its credentials, that nobody reaches."""
    key, secret, webhook_secret = SECRETS
    channel = create_channel(
        act=Act.now(),
        slug="shop",
        name="Our shop",
        connector="woocommerce",
        allow_out_of_stock_purchases=True,
        key=key,
        secret=secret,
        webhook_secret=webhook_secret,
    )
    Channel.objects.filter(pk=channel.pk).update(address="https://shop.example.com")
    return Channel.objects.get(pk=channel.pk)


@pytest.fixture
def url():
    """Return the address of a page of a channel."""

    def make(name, channel, *args):
        return reverse(f"admin:channels_channel_{name}", args=[channel.pk, *args])

    return make


@pytest.fixture
def token():
    """Return the token that a page gave its forms."""

    def read(response):
        return response.context["form_token"]

    return read


def sent(form, **typed):
    """Return what a browser would send of an open form."""
    data = {}
    for bound in form:
        value = bound.value()
        if bound.field.disabled or value is None or value is False:
            continue
        data[bound.html_name] = "on" if value is True else value
    data |= typed
    return {name: value for name, value in data.items() if value is not None}


def text_of(response):
    """Return a page as it was sent."""
    return response.content.decode()
