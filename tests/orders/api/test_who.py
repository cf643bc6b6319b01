"""Who did it: whatever touches an open order names who acts, and so does the history."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import ChangeSet, Movement
from orders.models import OrderEvent

TODAY = timezone.localdate()


def day(days):
    return (TODAY + timedelta(days=days)).isoformat()


def reschedule(shop, delivery):
    return shop.api.patch(f"/deliveries/{delivery}", {"expected_at": day(20)})


def call_off(shop, delivery):
    return shop.api.post(f"/deliveries/{delivery}/cancel")


def announce_earlier(shop, delivery):
    return announce(shop, days=3)


def bring(shop, delivery):
    return shop.api.post(f"/deliveries/{delivery}/receive")


def stop_tracking(shop, delivery):
    body = {"track_inventory": False, "backorders": "inherit", "confirm": True}
    return shop.api.patch("/variants/x", body)


def delay(shop, delivery):
    body = {"release_date": day(30), "allow_preorders": True, "confirm": True}
    return shop.api.patch("/variants/x", body)


def out_of_stock(shop, delivery):
    return shop.api.patch("/stock/x/berlin", {"in_stock": False, "confirm": True})


def close(shop, delivery):
    return shop.api.patch("/warehouses/berlin", {"is_active": False, "confirm": True})


def narrow(shop, delivery):
    return shop.api.patch("/channels/direct", {"warehouses": ["paris"], "confirm": True})


def announce(shop, *, days):
    body = {
        "warehouse": "berlin",
        "reference": f"D-{days}",
        "expected_at": day(days),
        "lines": [{"sku": "x", "quantity": 5}],
    }
    return shop.api.post("/deliveries", body)


@pytest.mark.parametrize(
    "do",
    [
        reschedule,
        call_off,
        announce_earlier,
        bring,
        stop_tracking,
        delay,
        out_of_stock,
        close,
        narrow,
    ],
)
def test_whatever_touches_an_order_names_who_acts(shop, berlin, paris, operator, do):
    shop.variant()
    shop.receive(berlin, x=2)
    delivery = shop.ok(announce(shop, days=9), 201)["id"]
    shop.order({"x": 5})
    events = set(OrderEvent.objects.values_list("pk", flat=True))
    sets = set(ChangeSet.objects.values_list("pk", flat=True))
    moves = set(Movement.objects.values_list("pk", flat=True))

    answer = do(shop, delivery)

    assert answer.status_code in {200, 201}, answer.content
    said = OrderEvent.objects.exclude(pk__in=events)
    assert set(said.values_list("by", flat=True)) == {operator.username}
    recorded = ChangeSet.objects.exclude(pk__in=sets)
    moved = Movement.objects.exclude(pk__in=moves)
    assert recorded.exists() or moved.exists()
    assert set(recorded.values_list("by", "source")) <= {(operator.pk, "api")}
    assert set(moved.values_list("by", flat=True)) <= {operator.username}


def test_a_delivery_has_a_history(shop, berlin, operator):
    shop.variant()
    delivery = shop.ok(announce(shop, days=9), 201)["id"]

    reschedule(shop, delivery)
    call_off(shop, delivery)

    rows = [
        (row.before and sorted(row.before), sorted(row.after), row.change_set.by)
        for change_set in ChangeSet.objects.order_by("pk")
        for row in change_set.rows.filter(model="incomingdelivery", object_id=delivery)
    ]
    assert [row[0] for row in rows] == [None, ["expected_at"], ["canceled_at"]]
    assert {row[2] for row in rows} == {operator}
