"""Who did it: whatever touches an order names who acts, from every edge, and from the first row."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.inventory.api.conftest import _no_throttle_between_tests, api  # noqa: F401
from tests.orders.api.conftest import shop  # noqa: F401

TODAY = timezone.localdate()


def day(days):
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture
def waits(shop, make_variant):  # noqa: F811
    """Return an order of five mugs: two are there, three wait for a delivery."""
    shop.make("mug", backorders="allow")
    shop.receive("mug", 2)
    shop.announce("mug", 5, day(9))
    return shop.place({"mug": 5})
