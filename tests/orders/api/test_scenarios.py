"""The order and stock scenarios of the plan, by their numbers, through the API."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from inventory.acts import Act
from inventory.models import OutgoingMail
from inventory.services.catalog import update_variant
from inventory.services.deliveries import reschedule_delivery
from inventory.services.settings import update_settings
from orders.event_kinds import EventKind
from orders.models import Order, OrderEvent
from orders.services.reconcile import reconcile
from orders.tasks import tick

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_are_right_at_the_end(db):
    yield
    assert [str(breach) for breach in reconcile()] == []


def in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


# --- A. switches, thresholds, quantities ----------------------------------------------------------


def test_v01_the_marketplace_switch_refuses_and_is_named(shop, berlin, bike):
    update_variant(act=Act.now(), variant=bike, changes={"backorders": "allow"})
    shop.level(berlin, "bike", backorder_threshold=5)

    [refusal] = shop.refused({"bike": 1})

    assert refusal["rule"] == "marketplace.sellers_can_accept_backorders"
    assert (refusal["requested"], refusal["available"], refusal["backorderable"]) == (1, 0, 0)


def test_v04_a_warehouse_with_threshold_0_owes_nothing(shop, berlin, paris):
    shop.variant()
    shop.level(berlin, "x", backorder_threshold=0)
    shop.level(paris, "x", backorder_threshold=5)

    shop.order({"x": 3})
    [refusal] = shop.refused({"x": 3})

    assert shop.stock(berlin, "x") == (0, 0, 0)
    assert shop.stock(paris, "x") == (0, 0, 3)
    assert refusal["backorderable"] == 2
    assert refusal["rule"] == "warehouse.backorder_threshold"


def test_v05_the_threshold_counts_what_is_owed(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=3)
    shop.level(berlin, "x", backorder_threshold=5)

    order = shop.order({"x": 8})

    assert (order["lines"][0]["allocated"], order["lines"][0]["backordered"]) == (3, 5)
    assert shop.stock(berlin, "x") == (3, 3, 5)
    assert shop.refused({"x": 1})[0]["backorderable"] == 0


def test_v06_without_backorders_only_what_is_available_is_sold(shop, berlin):
    shop.variant(backorders="no")
    shop.receive(berlin, x=5)
    shop.order({"x": 3})

    assert shop.refused({"x": 3})[0]["available"] == 2
    shop.order({"x": 2})
    assert shop.stock(berlin, "x") == (5, 5, 0)


def test_v07_units_leave_on_hand_when_they_ship(shop, berlin, paris):
    shop.variant()
    shop.receive(berlin, x=10)
    shop.receive(paris, x=10)

    order = shop.order({"x": 5})
    before = shop.stock(berlin, "x")
    shop.send(order)

    assert before == (10, 5, 0)
    assert shop.stock(berlin, "x") == (5, 0, 0)
    assert shop.stock(paris, "x") == (10, 0, 0)


def test_v08_a_canceled_order_frees_what_it_owed(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=3)
    shop.level(berlin, "x", backorder_threshold=5)
    shop.order({"x": 4})
    second = shop.order({"x": 4})

    shop.cancel(second)

    assert shop.stock(berlin, "x") == (3, 3, 1)
    assert shop.availability("x")["backorderable"] == 4


def test_v09_v10_a_short_parcel_is_refused_and_what_is_there_ships(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=3)
    order = shop.order({"x": 8}, ship_together=True)
    number = f"{order['number']}-1"

    refused = shop.step(number, "ship", status=409)
    part = shop.step(number, "split", status=201)
    shop.step(part["number"], "ship")

    assert refused["errors"] == [
        {"sku": "x", "missing": 5, "warehouses": ["berlin"], "message": "5 short."}
    ]
    assert shop.get(order)["status"] == "partly_shipped"
    assert shop.line(order)["shipped"] == 3
    assert shop.stock(berlin, "x") == (0, 0, 5)
    shop.receive(berlin, x=10)
    assert shop.stock(berlin, "x") == (10, 5, 0)
    assert shop.availability("x")["available"] == 5


def test_v11_two_warehouses_ship_and_owe_apart(shop, berlin, paris):
    shop.variant()
    shop.receive(berlin, x=3)
    shop.level(berlin, "x", backorder_threshold=0)
    shop.level(paris, "x", backorder_threshold=5)

    order = shop.order({"x": 6})
    shop.send(order)

    assert shop.parcels(order) == [("shipped", "berlin", 0, 0), ("waiting", None, 0, 3)]
    assert shop.stock(paris, "x") == (0, 0, 3)


def test_v12_switching_backorders_off_cancels_nothing(shop, berlin):
    variant = shop.variant()
    order = shop.order({"x": 5})

    update_variant(act=Act.now(), variant=variant, changes={"backorders": "no"}, confirm=True)
    refusal = shop.refused({"x": 1})
    update_variant(act=Act.now(), variant=variant, changes={"backorders": "allow"})

    assert refusal[0]["rule"] == "variant.backorders"
    assert shop.line(order)["backordered"] == 5
    shop.order({"x": 1})


def test_v13_lowering_the_threshold_leaves_no_room_and_no_debt(shop, berlin):
    shop.variant()
    shop.level(berlin, "x", backorder_threshold=5)
    order = shop.order({"x": 5})

    shop.level(berlin, "x", backorder_threshold=2, confirm=True)

    assert shop.availability("x")["backorderable"] == 0
    assert shop.line(order)["backordered"] == 5


def test_v15_what_is_not_tracked_never_waits(shop, berlin):
    shop.variant(backorders="inherit", track_inventory=False)

    order = shop.order({"x": 1000})

    assert [one["status"] for one in order["fulfillment_orders"]] == ["ready"]
    assert shop.line(order)["backordered"] == 0
    assert shop.stock(berlin, "x") == (0, 0, 0)
    shop.send(order)
    assert shop.get(order)["status"] == "shipped"


# --- B. waiting room, split, bundles --------------------------------------------------------------


def test_v17_a_captured_order_is_short_and_not_split(shop, berlin):
    from decimal import Decimal

    from channels.models import Channel
    from orders.services.place import Customer, Wanted, place_order

    variant = shop.variant(backorders="no")
    shop.receive(berlin, x=2)
    placed = place_order(
        channel=Channel.objects.get(slug="storefront"),
        customer=Customer("Ann"),
        lines=[Wanted(variant, 5, Decimal(1))],
        act=Act.now(by="shop"),
        is_captured=True,
    )
    order = {"number": placed.number}

    assert (shop.line(order)["allocated"], shop.line(order)["short"]) == (2, 3)
    assert shop.parcels(order) == [("ready", "berlin", 2, 0)]
    attention = shop.ok(shop.api.get("/orders?view=needs_attention"))["results"]
    assert [one["number"] for one in attention] == [placed.number]
    shop.cancel(order, {"x": 3})
    assert shop.line(order)["short"] == 0
    assert shop.line(order)["allocated"] == 2


def test_v18_the_missing_part_waits_under_a_number_of_its_own(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=2)

    order = shop.order({"x": 5})

    first, second = order["fulfillment_orders"]
    assert (first["number"], first["status"]) == (f"{order['number']}-1", "ready")
    assert (second["number"], second["status"]) == (f"{order['number']}-2", "waiting")
    assert [hold["reason"] for hold in second["holds"]] == ["awaiting_stock"]
    assert shop.parcels(order) == [("ready", "berlin", 2, 0), ("waiting", None, 0, 3)]


def test_v19_nothing_there_waits_without_a_warehouse(shop, berlin):
    shop.variant()

    order = shop.order({"x": 5})

    assert shop.parcels(order) == [("waiting", None, 0, 5)]


def test_v22_units_are_shared_in_rank_and_nobody_is_lost(shop, berlin):
    shop.variant()
    a, b, c = (shop.order({"x": units}) for units in (3, 3, 1))

    released = shop.receive(berlin, x=4)

    assert [(one["order"], one["quantity"]) for one in released] == [
        (a["number"], 3),
        (b["number"], 1),
    ]
    assert shop.parcels(a) == [("ready", "berlin", 3, 0)]
    assert shop.parcels(b) == [("waiting", None, 1, 2)]
    assert shop.parcels(c) == [("waiting", None, 0, 1)]
    [more] = shop.receive(berlin, x=2)
    assert (more["order"], more["quantity"]) == (b["number"], 2)


def test_v23_v24_a_bundle_waits_and_ships_whole(shop, berlin):
    shop.variant("x")
    shop.variant("y")
    shop.variant("z")
    shop.bundle("set", x=1, y=1)
    shop.receive(berlin, x=10, z=1)

    order = shop.order({"set": 1, "z": 1})

    assert shop.parcels(order) == [("ready", "berlin", 1, 0), ("waiting", None, 1, 1)]
    assert shop.line(order, "set")["backordered"] == 1
    assert shop.stock(berlin, "x") == (10, 1, 0)
    assert shop.stock(berlin, "y") == (0, 0, 1)
    shop.receive(berlin, y=1)
    assert shop.parcels(order) == [("ready", "berlin", 1, 0), ("ready", "berlin", 2, 0)]
    shop.send(order, 2)
    assert shop.stock(berlin, "x") == (9, 0, 0)
    assert shop.line(order, "set")["shipped"] == 1


def test_v25_v73_a_pre_order_takes_units_and_ships_on_its_day(shop, berlin):
    variant = shop.variant(backorders="no")
    ahead = timezone.localdate() + timedelta(days=3)
    update_variant(
        act=Act.now(), variant=variant, changes={"release_date": ahead, "allow_preorders": True}
    )

    order = shop.order({"x": 2})
    shop.receive(berlin, x=5)
    waiting = shop.get(order)["fulfillment_orders"][0]
    refused = shop.step(waiting["number"], "pick", status=409)
    change = {"release_date": timezone.localdate()}
    update_variant(act=Act.now(), variant=variant, changes=change, confirm=True)

    assert shop.stock(berlin, "x") == (5, 2, 0)
    assert [hold["reason"] for hold in waiting["holds"]] == ["awaiting_release_date"]
    assert refused["type"] == "urn:backoffice:problem:on-hold"
    [why] = refused["errors"]
    assert why["code"] == "on_hold"
    assert why["parameters"] == {"parcel": waiting["number"], "holds": ["awaiting_release_date"]}
    assert why["message"] == f"{waiting['number']} is on hold: awaiting release date."
    assert shop.parcels(order) == [("ready", "berlin", 2, 0)]
    assert OutgoingMail.objects.filter(to="ann@example.com").count() == 2


def test_v32_a_late_delivery_promises_nothing_and_the_order_stays(shop, berlin):
    shop.variant()
    body = {"warehouse": "berlin", "reference": "PO", "expected_at": in_days(2)}
    body["lines"] = [{"sku": "x", "quantity": 6}]
    delivery = shop.ok(shop.api.post("/deliveries", body), 201)
    order = shop.order({"x": 6})
    promised = shop.line(order)["promised_at"]

    shop.api.patch(f"/deliveries/{delivery['id']}", {"expected_at": in_days(-1)})

    assert promised == in_days(2)
    assert shop.line(order)["promised_at"] is None
    assert shop.parcels(order) == [("waiting", None, 0, 6)]


def test_v33_a_delivery_in_part_serves_in_part(shop, berlin):
    shop.variant()
    order = shop.order({"x": 6})
    body = {"warehouse": "berlin", "reference": "PO", "expected_at": in_days(2)}
    body["lines"] = [{"sku": "x", "quantity": 6}]
    delivery = shop.ok(shop.api.post("/deliveries", body), 201)

    address = f"/deliveries/{delivery['id']}/receive"
    shop.ok(shop.api.post(address, {"lines": [{"sku": "x", "quantity": 4}]}))

    assert shop.parcels(order) == [("waiting", None, 4, 2)]
    assert shop.line(order)["promised_at"] == in_days(2)
    shop.ok(shop.api.post(address, {}))
    assert shop.parcels(order) == [("ready", "berlin", 6, 0)]
    assert shop.line(order)["promised_at"] is None


def test_v36_a_short_pick_sends_what_is_not_there_to_a_parcel_of_its_own(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=5)
    order = shop.order({"x": 5})

    shop.correct(berlin, x=3)

    assert shop.parcels(order) == [("ready", "berlin", 3, 0), ("waiting", None, 0, 2)]
    assert shop.stock(berlin, "x") == (3, 3, 2)


# --- C. allocation, races, edits ------------------------------------------------------------------


def test_v41_a_pre_order_without_units_is_a_backorder_on_its_day(shop, berlin):
    variant = shop.variant(backorders="no")
    ahead = timezone.localdate() + timedelta(days=3)
    update_variant(
        act=Act.now(), variant=variant, changes={"release_date": ahead, "allow_preorders": True}
    )
    order = shop.order({"x": 4})

    change = {"release_date": timezone.localdate()}
    update_variant(act=Act.now(), variant=variant, changes=change, confirm=True)

    [parcel] = shop.get(order)["fulfillment_orders"]
    assert [hold["reason"] for hold in parcel["holds"]] == ["awaiting_stock"]
    assert shop.stock(berlin, "x") == (0, 0, 4)


def test_v44_the_warehouse_with_free_units_serves(shop, berlin, paris):
    shop.variant()
    shop.receive(berlin, x=10)
    shop.order({"x": 10})
    shop.receive(paris, x=5)

    order = shop.order({"x": 3})

    assert shop.parcels(order) == [("ready", "paris", 3, 0)]


def test_v45_a_debt_in_one_warehouse_does_not_eat_the_units_of_another(shop, berlin, paris):
    variant = shop.variant()
    shop.level(paris, "x", in_stock=False)
    shop.receive(berlin, x=1)
    shop.order({"x": 5})
    shop.level(berlin, "x", in_stock=False, confirm=True)
    shop.receive(paris, x=3)
    update_variant(act=Act.now(), variant=variant, changes={"backorders": "no"}, confirm=True)

    assert shop.availability("x")["salable"] == 0
    shop.cancel({"number": str(Order.objects.get().pk)}, {"x": 4})
    shop.level(paris, "x", in_stock=True)

    assert shop.availability("x")["salable"] == 3
    order = shop.order({"x": 3})
    assert shop.parcels(order) == [("ready", "paris", 3, 0)]


def test_v46_an_order_ships_its_own_last_units(shop, berlin):
    shop.variant(backorders="no")
    shop.receive(berlin, x=4)
    order = shop.order({"x": 4})

    shop.send(order)

    assert shop.stock(berlin, "x") == (0, 0, 0)


def test_v47_own_units_do_not_count_against_a_line(shop, berlin):
    shop.variant(backorders="no")
    shop.receive(berlin, x=6)
    order = shop.order({"x": 5})

    shop.patch(order, {"x": 6})
    refused = shop.patch(order, {"x": 7}, status=409)

    assert shop.line(order)["quantity"] == 6
    assert refused["errors"][0]["requested"] == 1
    assert refused["errors"][0]["available"] == 0


def test_v49_a_shipment_that_comes_back_is_allocated_to_its_line(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=10)
    order = shop.order({"x": 3})
    shop.send(order)

    shop.step(f"{order['number']}-1", "unship")

    assert shop.stock(berlin, "x") == (10, 3, 0)
    assert shop.line(order)["allocated"] == 3
    assert shop.get(order)["status"] == "processing"


def test_v53_an_edit_touches_its_own_line_alone(shop, berlin):
    shop.variant()
    one, two, three = (shop.order({"x": units}) for units in (1, 2, 1))

    shop.patch(two, {"x": 1})
    between = shop.stock(berlin, "x")
    shop.patch(two, {"x": 2})

    assert between == (0, 0, 3)
    assert shop.stock(berlin, "x") == (0, 0, 4)
    assert shop.line(one)["backordered"] == shop.line(three)["backordered"] == 1


def test_v54_splitting_moves_units_and_makes_none(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=2)
    order = shop.order({"x": 5}, ship_together=True)

    part = {"lines": [{"sku": "x", "quantity": 1}]}
    shop.step(f"{order['number']}-1", "split", part, status=201)

    assert shop.parcels(order) == [("waiting", None, 1, 3), ("ready", "berlin", 1, 0)]


@pytest.mark.parametrize("verb", ["split", "ship"])
@pytest.mark.parametrize("parcel", [1, 2])
def test_a_part_without_units_is_refused(shop, berlin, verb, parcel):
    shop.variant()
    shop.receive(berlin, x=2)
    order = shop.order({"x": 5})
    before = shop.parcels(order)

    refused = shop.step(f"{order['number']}-{parcel}", verb, {"lines": []}, status=409)

    assert refused["errors"][0]["code"] == "no_units_to_ship"
    assert shop.parcels(order) == before


def test_v55_the_place_in_the_queue_is_when_the_order_was_placed(shop, berlin):
    shop.variant()
    late = shop.order({"x": 1}, placed_at="2026-01-05T11:00:00Z")
    early = shop.order({"x": 1}, placed_at="2026-01-05T10:00:00Z")

    [released] = shop.receive(berlin, x=1)

    assert released["order"] == early["number"]
    assert shop.parcels(late) == [("waiting", None, 0, 1)]


def test_v56_a_filled_order_is_ready(shop, berlin):
    shop.variant()
    order = shop.order({"x": 2})

    shop.receive(berlin, x=2)

    assert shop.parcels(order) == [("ready", "berlin", 2, 0)]


def test_v57_mail_and_line_say_what_is_backordered(shop, berlin):
    shop.variant(backorders="notify")
    shop.receive(berlin, x=5)

    order = shop.order({"x": 10})

    assert shop.line(order)["backordered_when_placed"] == 5
    assert "5 on backorder" in OutgoingMail.objects.get(to="ann@example.com").text


def test_v58_what_others_took_counts(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=2)

    first, second = shop.order({"x": 3}), shop.order({"x": 2})

    assert (shop.line(first)["backordered"], shop.line(second)["backordered"]) == (1, 2)


# --- D. others ------------------------------------------------------------------------------------


def test_v60_the_limit_is_exact_and_the_refusal_says_the_numbers(shop, berlin):
    shop.variant(out_of_stock_threshold=-45)
    shop.receive(berlin, x=10)

    [refusal] = shop.refused({"x": 56})
    order = shop.order({"x": 55})

    assert refusal["available"] == 10
    assert refusal["backorderable"] == 45
    assert refusal["requested"] == 56
    assert refusal["rule"] == "variant.out_of_stock_threshold"
    assert shop.line(order)["backordered"] == 45


def test_v63_components_of_one_sku_draw_on_one_pool(shop, berlin):
    shop.variant("s", out_of_stock_threshold=-5)
    shop.bundle("pair", s=2)

    [refusal] = shop.refused({"pair": 4})

    assert (refusal["requested"], refusal["backorderable"]) == (4, 2)
    shop.order({"pair": 2})
    assert shop.stock(berlin, "s") == (0, 0, 4)


def test_v65_adobe_counts_down_to_its_limit(shop, berlin, store):
    shop.variant(out_of_stock_threshold=-50, only_x_left_threshold=5, notify_below=10)
    shop.receive(berlin, x=25)

    before = shop.availability("x")["salable"]
    shop.order({"x": 15})
    low = OutgoingMail.objects.filter(to="stock@example.com").count()
    order = shop.order({"x": 55})
    left = shop.availability("x")
    shop.order({"x": 5})

    assert before == 75
    assert low == 1
    assert shop.line(order)["backordered"] == 45
    assert (left["salable"], left["only_x_left"]) == (5, 5)
    assert shop.availability("x")["state"] == "out_of_stock"


def test_v68_without_a_split_the_whole_order_waits(shop, berlin):
    update_settings(act=Act.now(), changes={"allow_order_split": False})
    shop.variant()
    shop.receive(berlin, x=3)

    order = shop.order({"x": 5})

    assert shop.parcels(order) == [("waiting", None, 3, 2)]
    reasons = [hold["reason"] for hold in order["fulfillment_orders"][0]["holds"]]
    assert reasons == ["awaiting_stock", "awaiting_rest_of_order"]
    shop.receive(berlin, x=2)
    assert shop.parcels(order) == [("ready", "berlin", 5, 0)]


def test_v69_a_canceled_line_gives_back_what_it_had(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=2)
    order = shop.order({"x": 5})

    shop.cancel(order, {"x": 3})
    owed = shop.stock(berlin, "x")
    shop.cancel(order, {"x": 1})

    assert owed == (2, 2, 0)
    assert shop.stock(berlin, "x") == (2, 1, 0)
    assert shop.line(order)["canceled"] == 4


def test_v72_each_hold_is_removed_by_itself(shop, berlin):
    shop.variant()
    shop.receive(berlin, x=1)
    order = shop.order({"x": 1}, payment="pending")
    number = f"{order['number']}-1"

    held = shop.step(number, "hold", {"reason": "call first"}, status=201)
    first, second = (hold["id"] for hold in held["holds"])
    still = shop.ok(shop.api.send("DELETE", f"/fulfillment-orders/{number}/holds/{first}"))
    free = shop.ok(shop.api.send("DELETE", f"/fulfillment-orders/{number}/holds/{second}"))

    assert [hold["reason"] for hold in held["holds"]] == ["awaiting_payment", "manual"]
    assert still["status"] == "waiting"
    assert free["status"] == "ready"
    for _time in range(10):
        shop.step(number, "hold", {"reason": "again"}, status=201)
    shop.step(number, "hold", {"reason": "once too often"}, status=409)


def test_v75_a_waiting_parcel_is_never_picked(shop, berlin):
    shop.variant()
    order = shop.order({"x": 1})

    refused = shop.step(f"{order['number']}-1", "pick", status=409)

    assert refused["type"] == "urn:backoffice:problem:units-missing"
    shop.receive(berlin, x=1)
    assert shop.step(f"{order['number']}-1", "pick")["status"] == "picked"


# --- E. our own -----------------------------------------------------------------------------------


def simulate(shop, units, **more):
    lines = [{"sku": "x", "quantity": units}]
    body = {"warehouse": "berlin", "reference": "D", "lines": lines} | more
    return shop.ok(shop.api.post("/stock/simulations", body))


def shares(answer):
    return [(one["order"], one["quantity"]) for one in answer]


def test_v77_a_simulation_writes_nothing_and_is_received_exactly(shop, berlin):
    shop.variant()
    a = shop.order({"x": 25}, priority=1)
    b, c = shop.order({"x": 10}), shop.order({"x": 10})

    found = simulate(shop, 40)
    untouched = shop.stock(berlin, "x")
    body = {"warehouse": "berlin", "reference": "D", "fingerprint": found["fingerprint"]}
    body["lines"] = [{"sku": "x", "quantity": 40}]
    d = shop.order({"x": 1}, priority=2)
    refused = shop.api.post("/stock/simulations/receive", body)
    shop.cancel(d)
    got = shop.ok(shop.api.post("/stock/simulations/receive", body))["released"]

    assert shares(found["released"]) == [(a["number"], 25), (b["number"], 10), (c["number"], 5)]
    assert shares(found["short"]) == [(c["number"], 5)]
    assert untouched == (0, 0, 45)
    assert refused.status_code == 409
    assert any(f"{d['number']}-1" in one["message"] for one in refused.json()["errors"])
    assert shares(got) == shares(found["released"])


def test_v78_priority_moves_an_order_and_the_time_line_says_who_and_why(shop, berlin):
    shop.variant()
    a = shop.order({"x": 25}, priority=2)
    b, c = shop.order({"x": 10}), shop.order({"x": 10})

    body = {"priority": 1, "reason": "a birthday"}
    shop.ok(shop.api.patch(f"/orders/{c['number']}", body))
    released = shop.receive(berlin, x=40)

    assert shares(released) == [(a["number"], 25), (c["number"], 10), (b["number"], 5)]
    event = OrderEvent.objects.get(order=c["number"], kind=EventKind.PRIORITY_SET)
    assert (event.by, event.data) == (
        "olga",
        {"before": 0, "after": 1, "reason": "a birthday"},
    )


def test_v79_a_slipped_delivery_is_told_once_each_order(shop, berlin):
    shop.variant()
    shop.variant("y")
    body = {"warehouse": "berlin", "reference": "PO", "expected_at": in_days(7)}
    body["lines"] = [{"sku": "x", "quantity": 40}, {"sku": "y", "quantity": 40}]
    delivery = shop.ok(shop.api.post("/deliveries", body), 201)
    order = shop.order({"x": 10, "y": 5})
    from inventory.models import IncomingDelivery

    row = IncomingDelivery.objects.get(pk=delivery["id"])
    mails = OutgoingMail.objects.filter(to="ann@example.com")
    assert mails.count() == 1

    for days, told in ((21, 2), (7, 2), (21, 2), (30, 3)):
        moved = timezone.localdate() + timedelta(days=days)
        reschedule_delivery(act=Act.now(), delivery=row, expected_at=moved)
        tick()
        assert shop.line(order)["promised_at"] == moved.isoformat()
        assert mails.count() == told
    assert "http" in mails.order_by("pk")[1].text


def test_v82_the_same_receipt_twice_is_one(shop, berlin):
    shop.variant()
    order = shop.order({"x": 3})
    body = {"warehouse": "berlin", "reference": "R", "lines": [{"sku": "x", "quantity": 3}]}

    first = shop.api.post("/stock/receipts", body, headers={"Idempotency-Key": "k1"})
    again = shop.api.post("/stock/receipts", body, headers={"Idempotency-Key": "k1"})

    assert first.json() == again.json()
    assert shop.stock(berlin, "x") == (3, 3, 0)
    assert shop.parcels(order) == [("ready", "berlin", 3, 0)]


def test_the_command_says_that_everything_adds_up(shop, berlin, capsys):
    shop.variant()
    shop.order({"x": 3})

    call_command("reconcile")

    assert capsys.readouterr().out == "Everything adds up.\n"


def test_a_bundle_whose_components_lie_apart_waits_until_one_warehouse_has_it(shop, berlin, paris):
    shop.variant("x")
    shop.variant("y")
    shop.bundle("set", x=1, y=1)
    shop.receive(berlin, x=1)
    shop.receive(paris, y=1)
    order = shop.order({"set": 1})
    assert shop.parcels(order) == [("waiting", None, 1, 1)]

    released = shop.receive(paris, x=1)

    assert [(one["sku"], one["quantity"]) for one in released] == [("y", 1)]
    assert shop.parcels(order) == [("ready", "paris", 2, 0)]
    assert shop.stock(berlin, "x") == (1, 0, 0)
    shop.cancel(order)
    assert shop.stock(paris, "y") == (1, 0, 0)
