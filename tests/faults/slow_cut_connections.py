"""Connections to the database are cut while orders come: what was acknowledged is there, once."""

import random

import pytest
from django.db import connection

from orders.models import Order
from orders.services.reconcile import reconcile
from tests.races.buyer import CUT
from tests.races.test_backup import BUYER, buyer

CUTS = 20


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="a file has no connections to cut")
def test_each_acknowledged_order_is_there_once(shop, record_property):
    address, folder, variant = shop
    dice = random.Random(7)
    printed = []
    with buyer(address, folder, variant) as orders:
        for _cut in range(CUTS):
            printed += [next(orders).strip() for _n in range(dice.randint(1, 6))]
            cut()
        printed += [next(orders).strip() for _n in range(5)]
    acknowledged = [line for line in printed if line != CUT]
    failed = len(printed) - len(acknowledged)

    found = {str(pk) for pk in Order.objects.values_list("pk", flat=True)}

    record_property("tried", f"{CUTS} cuts while orders came; {failed} met one")
    record_property("lost", f"none of {len(acknowledged)} acknowledged orders")
    assert failed
    assert set(acknowledged) <= found
    assert reconcile() == []


def cut():
    """End every connection of the buyer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [BUYER],
        )
