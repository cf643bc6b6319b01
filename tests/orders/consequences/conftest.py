"""A shop with open orders, and the pages, files and programs that change its settings."""

from datetime import timedelta
from decimal import Decimal

import pytest

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.models import OutgoingMail, StockLevel
from orders.models import FulfillmentLine
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.conftest import NOON
from tests.inventory.admin.conftest import desk, filled  # noqa: F401
from tests.inventory.api.conftest import _no_throttle_between_tests, api  # noqa: F401


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


@pytest.fixture
def sell(db):
    """Return a way to place an order of a variant."""

    def place(variant, units, *, minutes=0, channel=DIRECT, mail="ann@example.com", **fields):
        return place_order(
            channel=Channel.objects.get(slug=channel),
            customer=Customer("Ann", mail),
            lines=[Wanted(variant, units, Decimal("2.50"))],
            act=Act(at=NOON + timedelta(minutes=minutes), by="test"),
            **fields,
        )

    return place


@pytest.fixture
def owing(make_variant, berlin, receive, sell):
    """Return a variant that owes 30 units to two orders; 4 are reserved for the first."""
    mug = make_variant("MUG-BLU", backorders="allow")
    receive(mug, berlin, 4)
    sell(mug, 14)
    sell(mug, 20, minutes=1)
    OutgoingMail.objects.all().delete()
    return mug


def books(variant):
    """Return what the stock levels owe and have reserved, and the same by order."""
    levels = StockLevel.objects.filter(variant=variant)
    rows = FulfillmentLine.objects.filter(variant=variant).order_by("order_line", "pk")
    parts = {}
    for line in rows:
        place = line.stock_level.warehouse.code if line.stock_level else None
        key = (line.order_line_id, place)
        there, waits = parts.get(key, (0, 0))
        parts[key] = (there + line.allocated, waits + line.waiting)
    return sorted(levels.values_list("warehouse", "allocated", "on_backorder")), parts
