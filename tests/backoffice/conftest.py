"""The programs that the tests of the API speak as, and those who look at pages."""

import pytest

from tests.inventory.api.conftest import (  # noqa: F401
    _no_throttle_between_tests,
    anna,
    api,
    bert,
    bike,
    vase,
)


@pytest.fixture
def desk(client, operator):
    """Return the browser of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def nina(make_user):
    """Return a seller's user."""
    return make_user("nina", "seller")
