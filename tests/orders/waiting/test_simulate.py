"""Simulating a delivery writes nothing; receiving exactly that books it, or says what changed."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from inventory.acts import Act
from inventory.models import IncomingDelivery, Movement, StoreSettings
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_stock_level
from inventory.services.warehouses import create_warehouse, update_warehouse
from orders.models import FulfillmentLine, Order
from orders.services.change import set_priority
from orders.services.simulate import simulate_receipt
from tests.orders.waiting.conftest import MONDAY


def typed(warehouse, *rows, **more):
    data = {
        "warehouse": warehouse.pk,
        "lines-TOTAL_FORMS": str(max(len(rows), 5)),
        "lines-INITIAL_FORMS": "0",
    }
    for number, (code, quantity) in enumerate(rows):
        data |= {f"lines-{number}-code": code, f"lines-{number}-quantity": str(quantity)}
    return data | more


def receive_form(response):
    """Return what a browser sends with "Receive exactly this"."""
    html = response.content.decode()
    end = html.index("Receive exactly this")
    form = html[html.rindex("<form", 0, end) : end]
    return dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))


@pytest.fixture
def simulate(desk, room):
    """Return a way to play a delivery through."""

    def play(warehouse, *rows, **more):
        return desk.post(room("simulate"), typed(warehouse, *rows, **more))

    return play


@pytest.fixture
def announce(main):
    def make(*lines, reference="PO-1"):
        return create_delivery(
            act=Act.now(),
            warehouse=main,
            reference=reference,
            expected_at=timezone.localdate() + timedelta(days=4),
            lines=[StockLine(variant, units) for variant, units in lines],
        )

    return make


def served(column):
    return [(share.order, share.quantity) for share in column.simulation.served]


def test_the_four_rules_stand_side_by_side_and_the_stores_comes_first(simulate, cup, sell, main):
    early, rich = sell((cup, 2)), sell((cup, 9))
    StoreSettings.objects.update(release_rule="most_orders")

    columns = simulate(main, ("CUP", 4)).context["columns"]

    assert [column.simulation.rule for column in columns] == [
        "most_orders",
        "fifo",
        "promised_date",
        "highest_value",
    ]
    assert [column.is_own for column in columns] == [True, False, False, False]
    assert served(columns[1]) == [(early.number, 2), (rich.number, 2)]
    assert served(columns[3]) == [(rich.number, 4)]
    assert columns[3].simulation.short_units == 7


@pytest.mark.parametrize("closed", ["not active", "out of stock"])
def test_units_of_a_closed_place_serve_nobody(closed, cup, sell, main):
    other = create_warehouse(act=Act.now(), code="other", name="Other")
    receive_stock(
        warehouse=other, lines=[StockLine(cup, 5)], reference="R", act=Act(at=MONDAY, by="anna")
    )
    if closed == "not active":
        update_warehouse(act=Act.now(), warehouse=other, changes={"is_active": False})
    else:
        update_stock_level(act=Act.now(), variant=cup, warehouse=other, changes={"in_stock": False})
    order = sell((cup, 3))

    found = simulate_receipt(warehouse=main, lines=[StockLine(cup, 1)])

    assert [(one.order, one.quantity, one.warehouse) for one in found.served] == [
        (str(order.pk), 1, "main")
    ]
    assert (found.short_units, found.left) == (2, 0)


def test_a_long_queue_is_read_in_stretches_and_its_shortage_counted_whole(
    simulate, cup, sell, main, monkeypatch
):
    monkeypatch.setattr("orders.waiting.STRETCH", 1)
    monkeypatch.setattr("orders.services.simulate.MAX_SHOWN", 3)
    orders = [sell((cup, 2)) for _number in range(9)]

    own = simulate(main, ("CUP", 5)).context["own"]

    assert served(own) == [(orders[0].number, 2), (orders[1].number, 2), (orders[2].number, 1)]
    short = [(share.order, share.quantity) for share in own.simulation.short]
    assert short == [(orders[2].number, 1), (orders[3].number, 2), (orders[4].number, 2)]
    assert (own.simulation.short_units, own.simulation.left) == (13, 0)


def test_simulating_writes_nothing(simulate, cup, sell, main):
    sell((cup, 2))

    response = simulate(main, ("CUP", 4))

    assert response.status_code == 200
    assert Movement.objects.count() == 0
    assert FulfillmentLine.objects.get().waiting == 2


def test_what_was_simulated_is_received_with_one_more_click_and_shown(
    desk, room, simulate, cup, sell, main, on_hand
):
    order = sell((cup, 2))
    data = receive_form(simulate(main, ("CUP", 4), reference="DN-9"))

    response = desk.post(room("receive"), data)
    shown = desk.get(response.url)

    assert on_hand(cup, main) == 4
    assert Movement.objects.get().reference == "DN-9"
    assert [(s["order"], s["quantity"]) for s in shown.context["served"]] == [(order.number, 2)]
    assert f"{order.number}-1" in shown.content.decode()


def test_a_second_click_receives_nothing_more(desk, room, simulate, cup, sell, main, on_hand):
    sell((cup, 2))
    data = receive_form(simulate(main, ("CUP", 4)))

    first, second = desk.post(room("receive"), data), desk.post(room("receive"), data)

    assert first.url == second.url
    assert on_hand(cup, main) == 4


def test_nothing_is_received_once_somebody_else_is_first_and_the_difference_is_named(
    desk, room, simulate, cup, sell, main, on_hand
):
    first, last = sell((cup, 2)), sell((cup, 2))
    data = receive_form(simulate(main, ("CUP", 2)))
    set_priority(order=last, priority=9, reason="wedding", act=Act.now(by="olga"))

    response = desk.post(room("receive"), data)

    assert response.status_code == 409
    assert on_hand(cup, main) == 0
    assert response.context["errors"] == [
        "The waiting room changed since the simulation. Nothing was received.",
        f"{first.number}-1 would get 0 × CUP instead of 2.",
        f"{last.number}-1 would get 2 × CUP instead of 0.",
    ]
    again = desk.post(room("receive"), receive_form(response))
    assert again.status_code == 302
    assert on_hand(cup, main) == 2


def test_an_announced_delivery_is_filled_in_and_received_as_that_delivery(
    desk, room, cup, make_owed, sell, announce
):
    sell((cup, 3))
    delivery = announce((cup, 5), (make_owed("TEA"), 7))

    opened = desk.get(room("simulate"), {"delivery": delivery.pk})
    rows = [(form["code"].value(), form["quantity"].value()) for form in opened.context["lines"]]
    assert rows[:2] == [("CUP", 5), ("TEA", 7)]

    played = desk.post(
        room("simulate"),
        typed(delivery.warehouse, *rows[:2], of_delivery=delivery.pk),
    )
    desk.post(room("receive"), receive_form(played))

    delivery.refresh_from_db()
    assert delivery.received_at is not None
    assert set(Movement.objects.values_list("delivery", flat=True)) == {delivery.pk}


def test_a_delivery_that_is_received_on_its_own_page_says_who_got_the_units(
    desk, cup, sell, announce
):
    order = sell((cup, 3))
    delivery = announce((cup, 5))
    page = desk.get(reverse("admin:inventory_incomingdelivery_change", args=[delivery.pk]))
    assert f"simulate/?delivery={delivery.pk}" in page.content.decode()

    response = desk.post(
        reverse("admin:inventory_incomingdelivery_receive", args=[delivery.pk]),
        {"form_token": page.context["form_token"], "all": "1"},
    )

    words = [str(message) for message in get_messages(response.wsgi_request)]
    assert words[-1] == f"Orders that waited got: 3 × CUP → {order.number}-1"


def test_more_than_the_delivery_brings_is_refused_beside_the_line(
    desk, room, cup, sell, announce, on_hand, main
):
    sell((cup, 3))
    delivery = announce((cup, 5))
    played = desk.post(room("simulate"), typed(main, ("CUP", 6), of_delivery=delivery.pk))

    response = desk.post(room("receive"), receive_form(played))

    assert response.status_code == 409
    assert "1 more than the delivery still expects." in response.content.decode()
    assert on_hand(cup, main) == 0


def test_unknown_codes_and_bad_quantities_are_errors_beside_their_lines(simulate, cup, main):
    response = simulate(main, ("nope", 1), ("CUP", "x"), ("CUP", ""))

    errors = [list(form.errors) for form in response.context["lines"].forms[:3]]
    assert errors == [["code"], ["quantity"], ["quantity"]]
    assert list(response.context["columns"]) == []


def test_what_is_not_counted_cannot_be_received_and_is_said_beside_its_line(
    simulate, make_owed, main
):
    make_owed("GIFT", track_inventory=False, backorders="no")

    response = simulate(main, ("GIFT", 1))

    assert response.status_code == 200
    assert list(response.context["columns"]) == []
    assert response.context["lines"].forms[0].non_field_errors() or response.context["errors"]


def test_no_line_at_all_is_said(simulate, main):
    assert "There is no line yet" in simulate(main).content.decode()


def test_more_lines_are_added_without_a_script(desk, room, main):
    response = desk.post(room("simulate"), typed(main, ("CUP", 1), add_lines="1"))

    assert len(response.context["lines"].forms) == 10
    assert response.context["lines"].forms[0]["code"].value() == "CUP"


def test_who_may_only_look_simulates_and_does_not_receive(
    client, make_user, room, cup, sell, main, on_hand
):
    sell((cup, 2))
    client.force_login(make_user("vera", "viewer"))

    played = client.post(room("simulate"), typed(main, ("CUP", 2)))

    assert played.context["own"].served_units == 2
    assert "Receive exactly this" not in played.content.decode()
    assert client.post(room("receive"), typed(main, ("CUP", 2))).status_code == 403
    assert on_hand(cup, main) == 0


def test_a_seller_simulates_their_own_variants_alone(
    client, anna, room, cup, sell, main, make_owed
):
    sell((cup, 2))
    sell((make_owed("ANNA", seller=anna.sellers.get()), 1), name="Noor")
    client.force_login(anna)

    response = client.post(room("simulate"), typed(main, ("CUP", 2), ("ANNA", 1)))

    assert list(response.context["lines"].forms[0].errors) == ["code"]
    again = client.post(room("simulate"), typed(main, ("ANNA", 1)))
    assert again.context["own"].served_units == 1


@pytest.mark.parametrize("fingerprint", ["", "x", "a:b:c", "\x00", "9" * 9000])
def test_a_made_up_fingerprint_receives_nothing(
    desk, room, simulate, cup, sell, main, on_hand, fingerprint
):
    sell((cup, 2))
    data = receive_form(simulate(main, ("CUP", 2))) | {"fingerprint": fingerprint}

    assert desk.post(room("receive"), data).status_code == 409
    assert on_hand(cup, main) == 0


@pytest.mark.parametrize(
    "more",
    [
        {"warehouse": "x"},
        {"warehouse": "9" * 400},
        {"of_delivery": "9" * 400},
        {"of_delivery": "x"},
        {"of_delivery": "-1"},
        {"lines-TOTAL_FORMS": "9999999"},
        {"lines-TOTAL_FORMS": "x"},
        {"lines-0-code": "\x00"},
        {"lines-0-quantity": "1e9"},
        {"lines-0-quantity": "9" * 999},
        {"reference": "a\nb"},
        {"form_token": "\x00"},
    ],
)
@pytest.mark.parametrize("page", ["simulate", "receive"])
def test_hostile_forms_are_answered_and_book_nothing(
    desk, room, cup, sell, main, on_hand, page, more
):
    sell((cup, 1))

    response = desk.post(room(page), typed(main, ("CUP", 1)) | more)

    assert response.status_code in {200, 302, 409}
    assert on_hand(cup, main) == 0


@pytest.mark.parametrize(
    "query", [{"delivery": "x"}, {"delivery": "9" * 99}, {"sku": "?" * 99}, {"delivery": "0"}]
)
def test_hostile_addresses_show_the_empty_form(desk, room, query):
    assert desk.get(room("simulate"), query).status_code == 200


def test_receiving_by_address_alone_leads_to_the_form(desk, room):
    assert desk.get(room("receive")).url == room("simulate")
    assert Order.objects.count() == IncomingDelivery.objects.count() == 0
