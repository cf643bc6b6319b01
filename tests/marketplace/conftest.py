"""Somebody of each kind in a marketplace of two sellers, and their browsers."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from backoffice.models import ApiToken
from tests.marketplace.world import STORE, A, B, World


@pytest.fixture
def people(make_user):
    """Return a user of each kind, by name."""
    return {
        "superuser": User.objects.create_superuser("root"),
        "operator": make_user("canaryolga", "operator"),
        "viewer": make_user("vera", "viewer"),
        "warehouse": make_user("wout", "warehouse"),
        "seller": make_user("anna", "seller"),
        "rival": make_user("bert-qb999q", "seller"),
        "nobody": make_user("nina"),
    }


@pytest.fixture
def world(people):
    return World({A: people["seller"], B: people["rival"], STORE: people["operator"]})


@pytest.fixture
def visit():
    """Return a maker of browsers: logged in, or nobody's."""

    def make(user=None):
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def key_of():
    """Return a maker of the header that a program of a user sends."""

    def make(user):
        return {"authorization": f"Bearer {ApiToken.issue(user_id=user.pk)[1]}"} if user else {}

    return make


@pytest.fixture(autouse=True)
def _no_throttle_between_tests():
    cache.clear()


@pytest.fixture(autouse=True)
def _refusals_are_not_logged():
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def able(people, roles):
    """Return seller A's user with every right there is: what is left is whose rows they are."""
    user = people["seller"]
    user.groups.add(*roles.values())
    return user
