"""What to buy: what is owed and not coming; what is ticked becomes one delivery."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.acts import Act
from inventory.models import IncomingDelivery, Warehouse
from inventory.services.catalog import set_components
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_stock_level
from inventory.services.transfer import transfer_stock


@pytest.fixture
def buy(desk, room, main):
    """Return a way to tick variants and announce a delivery of them."""

    def send(*ticked, quantities=None, client=desk, **more):
        opened = client.get(room("buying"))
        data = {
            "form_token": opened.context["head"].initial["form_token"],
            "warehouse": main.pk,
            "supplier": "Potter",
            "reference": "PO-7",
            "expected_at": (timezone.localdate() + timedelta(days=9)).isoformat(),
            "buy": [variant.pk for variant in ticked],
        }
        for row in opened.context["rows"]:
            data[f"buy-{row.need.variant.pk}-quantity"] = row.need.to_buy
        return client.post(room("buying"), {**data, **(quantities or {}), **more})

    return send


def test_variants_that_are_owed_and_not_coming_are_listed_the_oldest_first(
    desk, room, cup, make_owed, sell, main
):
    tea, jug = make_owed("TEA"), make_owed("JUG")
    sell((tea, 4), days=9)
    sell((cup, 5), days=3)
    sell((cup, 2), days=1)
    sell((jug, 2), days=30)
    for variant, units in ((cup, 3), (jug, 2)):
        create_delivery(
            act=Act.now(),
            warehouse=main,
            reference=f"PO-{variant.sku}",
            expected_at=timezone.localdate() + timedelta(days=4),
            lines=[StockLine(variant, units)],
        )

    rows = desk.get(room("buying")).context["rows"]

    shown = [(r.need.variant.sku, r.need.owed, r.need.incoming, r.need.to_buy) for r in rows]
    assert shown == [("TEA", 4, 0, 4), ("CUP", 7, 3, 4)]
    assert [row.days for row in rows] == [9, 3]


def test_what_is_ticked_becomes_one_delivery_with_the_typed_quantities(
    buy, cup, make_owed, sell, main
):
    tea, jug = make_owed("TEA"), make_owed("JUG")
    sell((cup, 5), (tea, 4), (jug, 1))

    response = buy(cup, tea, quantities={f"buy-{tea.pk}-quantity": "24"})

    delivery = IncomingDelivery.objects.get()
    assert response.status_code == 302
    assert (delivery.supplier, delivery.reference, delivery.warehouse) == ("Potter", "PO-7", main)
    lines = dict(delivery.lines.values_list("variant__sku", "quantity"))
    assert lines == {"CUP": 5, "TEA": 24}


def test_what_was_bought_is_not_to_be_bought_any_more(desk, room, buy, cup, sell):
    sell((cup, 5))

    buy(cup)

    page = desk.get(room("buying"))
    assert page.context["rows"] == []
    assert "Nothing to buy" in page.content.decode()


def test_the_same_form_twice_makes_one_delivery(desk, room, buy, cup, sell):
    sell((cup, 5))
    token = desk.get(room("buying")).context["head"].initial["form_token"]

    first, second = buy(cup, form_token=token), buy(cup, form_token=token)

    assert IncomingDelivery.objects.count() == 1
    assert first.url == second.url


def test_nothing_ticked_is_said(buy, cup, sell):
    sell((cup, 5))

    response = buy()

    assert "Tick one or more variants first." in response.content.decode()
    assert IncomingDelivery.objects.count() == 0


@pytest.mark.parametrize("quantity", ["", "0", "-1", "x", "1.5", "1_0", "9" * 400, "1000000001"])
def test_a_bad_quantity_is_an_error_beside_its_row_and_keeps_what_was_ticked(
    buy, cup, sell, quantity
):
    sell((cup, 5))

    response = buy(cup, quantities={f"buy-{cup.pk}-quantity": quantity})

    [row] = response.context["rows"]
    assert row.error
    assert row.is_chosen
    assert IncomingDelivery.objects.count() == 0


@pytest.mark.parametrize(
    "more",
    [
        {"warehouse": ""},
        {"reference": ""},
        {"expected_at": "soon"},
        {"expected_at": ""},
        {"supplier": "a\nb"},
        {"reference": "\x00"},
        {"form_token": "x"},
        {"form_token": ""},
    ],
)
def test_a_bad_head_makes_no_delivery(buy, cup, sell, more):
    sell((cup, 5))

    assert buy(cup, **more).status_code == 200
    assert IncomingDelivery.objects.count() == 0


@pytest.mark.parametrize("ticked", [["x"], ["9" * 400], ["-1"], ["0"], ["\x00"], ["1"] * 900])
def test_hostile_ticks_are_answered(buy, cup, sell, ticked):
    sell((cup, 5))

    assert buy(buy=ticked).status_code in {200, 302}


@pytest.mark.parametrize("page", ["0", "2", "999999"])
def test_pages_that_are_not_there_show_the_nearest(desk, room, cup, sell, page):
    sell((cup, 5))

    assert len(desk.get(room("buying"), {"page": page}).context["rows"]) == 1


@pytest.mark.parametrize("page", ["x", "-1", "9" * 40, "\x00"])
def test_what_is_no_page_number_is_refused(desk, room, page):
    assert desk.get(room("buying"), {"page": page}).status_code == 400


def test_who_may_only_look_buys_nothing(client, make_user, room, cup, sell, buy):
    sell((cup, 5))
    client.force_login(make_user("vera", "viewer"))

    assert buy(cup, client=client).status_code == 403
    assert "Announce the delivery" not in client.get(room("buying")).content.decode()


def test_a_seller_sees_and_buys_their_own_alone(
    client, anna, make_user, room, cup, sell, make_owed
):
    own = make_owed("ANNA", seller=anna.sellers.get())
    sell((own, 2), (cup, 9))
    anna.user_permissions.add(
        make_user("x", rights=["add_incomingdelivery"]).user_permissions.get()
    )
    client.force_login(anna)

    rows = client.get(room("buying")).context["rows"]

    assert [row.need.variant.sku for row in rows] == ["ANNA"]
    data = {
        "form_token": client.get(room("buying")).context["head"].initial["form_token"],
        "warehouse": "1",
        "reference": "PO",
        "expected_at": "2030-01-01",
        "buy": [cup.pk],
        f"buy-{cup.pk}-quantity": "1",
    }
    client.post(room("buying"), data)
    assert IncomingDelivery.objects.count() == 0


# --- what to transfer -----------------------------------------------------------------------------


@pytest.fixture
def south(db):
    return Warehouse.objects.create(code="south", name="South", priority=9)


@pytest.fixture
def tray(make_owed, cup):
    """Return a bundle of a pot and two cups."""
    pot, tray = make_owed("POT"), make_owed("TRAY")
    set_components(act=Act.now(), bundle=tray, lines=[StockLine(pot, 1), StockLine(cup, 2)])
    return tray


@pytest.fixture
def put():
    def receive(place, *lines):
        units = [StockLine(variant, count) for variant, count in lines]
        receive_stock(warehouse=place, lines=units, reference="R", act=Act.now(by="x"))

    return receive


@pytest.fixture
def apart(put, main, south, cup, tray, sell):
    """Return the order of a tray that waits in main, whose cups are in the south."""
    put(main, (tray.components.get(quantity=1).component, 1))
    put(south, (cup, 2))
    return sell((tray, 1))


def shown(page):
    return [
        (
            one.source.code,
            one.target.code,
            [
                (line.variant.sku, line.quantity, [parcel.number for parcel in line.parcels])
                for line in one.lines
            ],
        )
        for one, _address in page.context["transfers"]
    ]


def test_units_that_free_a_bundle_are_moved_by_the_page_of_transfers(
    desk, room, cup, tray, apart, sell
):
    main, south = Warehouse.objects.get(code="main"), Warehouse.objects.get(code="south")
    later = sell((tray, 1))

    page = desk.get(room("buying"))

    assert shown(page) == [("south", "main", [("CUP", 2, [f"{apart.pk}-1"])])]
    assert "Transfer from South to" in page.content.decode()
    [(_one, address)] = page.context["transfers"]
    form = desk.get(address)
    assert form.context["head"].initial["warehouse"] == south.pk
    assert form.context["head"].initial["target"] == main.pk
    assert form.context["lines"].initial == [{"code": "CUP", "quantity": 2}]
    sent = {
        "form_token": form.context["head"].initial["form_token"],
        "warehouse": south.pk,
        "target": main.pk,
        "reference": "T",
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-code": "CUP",
        "lines-0-quantity": 2,
    }
    assert desk.post(address.split("?")[0], sent).status_code == 302
    assert apart.fulfillment_orders.get().status == "ready"
    assert later.fulfillment_orders.get().status == "waiting"
    assert shown(desk.get(room("buying"))) == []


def test_units_that_complete_no_bundle_stay(desk, room, cup, tray, put, south, sell):
    put(south, (cup, 1))
    sell((tray, 1))

    assert shown(desk.get(room("buying"))) == []


def test_nothing_is_moved_to_where_it_serves_nobody(desk, room, apart, cup, main):
    assert len(shown(desk.get(room("buying")))) == 1
    update_stock_level(
        act=Act.now(), variant=cup, warehouse=main, changes={"in_stock": False}, confirm=True
    )

    assert shown(desk.get(room("buying"))) == []


def test_a_seller_is_told_to_transfer_their_own_alone(client, anna, room, apart):
    client.force_login(anna)

    assert shown(client.get(room("buying"))) == []


def test_who_may_only_look_transfers_nothing(client, make_user, room, apart):
    client.force_login(make_user("vera", "viewer"))

    text = client.get(room("buying")).content.decode()

    assert "What to transfer" in text
    assert "Transfer from South" not in text


# --- what a transfer brings is not bought ---------------------------------------------------------


def to_buy(page):
    return {
        row.need.variant.sku: (row.need.owed, row.need.elsewhere, row.need.to_buy)
        for row in page.context["rows"]
    }


def test_what_a_transfer_brings_is_not_bought(desk, room, apart):
    assert shown(desk.get(room("buying"))) == [("south", "main", [("CUP", 2, [f"{apart.pk}-1"])])]
    assert to_buy(desk.get(room("buying"))) == {}


def test_what_lies_elsewhere_is_not_bought_before_the_rest_of_its_bundle_either(
    desk, room, cup, tray, put, south, sell
):
    put(south, (cup, 5))
    sell((tray, 3))

    page = desk.get(room("buying"))
    text = page.content.decode()
    assert to_buy(page) == {"POT": (3, 0, 3), "CUP": (6, 5, 1)}
    assert shown(page) == []
    assert "To transfer" in text
    assert "Oversold" not in text


def test_what_lies_elsewhere_is_bought_for_those_whom_no_transfer_serves(
    desk, room, cup, tray, put, south, main, sell
):
    put(south, (cup, 5))
    sell((tray, 3))
    update_stock_level(
        act=Act.now(), variant=cup, warehouse=main, changes={"in_stock": False}, confirm=True
    )

    assert to_buy(desk.get(room("buying")))["CUP"] == (6, 0, 6)


@pytest.fixture
def four_trays(put, main, south, cup, tray, sell):
    """Return an order of four trays: a pot and a cup of them are there, four cups elsewhere."""
    pot = tray.components.get(quantity=1).component
    put(main, (pot, 1), (cup, 1))
    put(south, (cup, 4))
    return sell((tray, 4)), pot


def test_bought_and_moved_makes_all_of_it_ready(desk, room, buy, cup, south, main, four_trays):
    order, pot = four_trays

    buy(cup, pot)

    delivery = IncomingDelivery.objects.get()
    bought = dict(delivery.lines.values_list("variant__sku", "quantity"))
    assert bought == {"CUP": 3, "POT": 3}
    assert to_buy(desk.get(room("buying"))) == {}
    receive_delivery(delivery=delivery, act=Act.now(by="x"))
    [(_source, _target, [(_sku, units, _parcels)])] = shown(desk.get(room("buying")))
    transfer_stock(
        source=south,
        target=main,
        lines=[StockLine(cup, units)],
        reference="T",
        act=Act.now(by="x"),
    )
    assert {one.status for one in order.fulfillment_orders.all()} == {"ready"}


def test_oversold_units_are_bought_while_arriving_stock_serves_them(
    desk, room, make_owed, sell, store, cup
):
    rare = make_owed("RARE", backorders="no")
    sell((rare, 4), (cup, 1_234_567), is_captured=True)

    page = desk.get(room("buying"))
    needs = {row.need.variant.sku: row.need for row in page.context["rows"]}
    assert (needs["RARE"].owed, needs["RARE"].oversold, needs["RARE"].to_buy) == (0, 4, 4)
    assert (needs["CUP"].owed, needs["CUP"].oversold) == (1_234_567, 0)
    text = page.content.decode()
    assert "1,234,567" in text
    assert "Oversold" in text

    store.serve_oversold = False
    store.save()
    assert "RARE" not in to_buy(desk.get(room("buying")))
