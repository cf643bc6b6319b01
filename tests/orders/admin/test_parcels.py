"""Parcels: picked, packed, shipped, held and split on the order page; many picked; the list."""

import pytest

from inventory.acts import Act
from inventory.models import Warehouse
from orders.models import FulfillmentOrder, Hold
from orders.services.change import change_order
from orders.services.fulfill import pick


@pytest.fixture
def ready(sell, lamp, stock):
    """Return a parcel that is ready, of two lamps."""
    stock(lamp, 10)
    return sell((lamp, 2)).fulfillment_orders.get()


@pytest.fixture
def waiting(sell, lamp, main):
    """Return a parcel that waits for three lamps."""
    return sell((lamp, 3)).fulfillment_orders.get()


@pytest.fixture
def units():
    """Return the fields that ship so many units of each line of a parcel."""

    def fields(parcel, count=None):
        return {
            f"units-{line.pk}": line.allocated if count is None else count
            for line in parcel.lines.all()
        }

    return fields


@pytest.fixture
def pick_many(desk, url):
    """Return a way to tick parcels and press "Pick chosen"."""

    def send(*parcels, **fields):
        token = desk.get(url("fulfillmentorder_changelist")).context["form_token"]
        data = {"form_token": token, "parcel": [getattr(one, "pk", one) for one in parcels]}
        return desk.post(url("fulfillmentorder_pick"), data | fields, follow=True)

    return send


def words(response):
    return " ".join(response.content.decode().split())


def state(parcel):
    parcel.refresh_from_db()
    return parcel.status


def test_a_parcel_is_picked_packed_and_shipped(desk, press, ready, units, lamp, main, on_hand):
    assert press("pick", ready).status_code == 302
    assert (state(ready), ready.picked_by) == ("picked", "olga")
    press("pack", ready)
    assert state(ready) == "packed"
    press("ship", ready, **units(ready))

    assert (state(ready), ready.shipped_by, ready.order.status) == ("shipped", "olga", "shipped")
    assert on_hand(lamp, main) == 8


def test_a_parcel_that_lacks_units_cannot_be_picked_and_says_what(desk, press, waiting):
    answer = press("pick", waiting)

    assert answer.status_code == 409
    assert f"{waiting.number} is 3 short: 3 × lamp. Ship what is there, or wait." in words(answer)
    assert state(waiting) == "waiting"


def test_a_part_ships_as_a_parcel_of_its_own(desk, press, ready, units, lamp, main, on_hand):
    answer = press("ship", ready, **units(ready, 1))

    assert answer.status_code == 302
    assert on_hand(lamp, main) == 9
    parcels = FulfillmentOrder.objects.order_by("sequence").values_list("sequence", "status")
    assert list(parcels) == [(1, "ready"), (2, "shipped")]


def test_shipping_nothing_or_too_much_changes_nothing(
    desk, press, ready, units, lamp, main, on_hand
):
    for count, text in (("0", "Type how many units ship now."), ("3", "At most 2 units.")):
        answer = press("ship", ready, **units(ready, count))
        assert (answer.status_code, text in words(answer)) == (409, True)

    assert (state(ready), on_hand(lamp, main)) == ("ready", 10)


def test_what_is_there_is_split_off_an_order_that_waits_together(
    desk, press, sell, lamp, mug, stock
):
    stock(mug, 5)
    order = sell((mug, 2), (lamp, 3), ship_together=True)
    parcel = order.fulfillment_orders.get()

    press("split", parcel)

    found = order.fulfillment_orders.order_by("sequence")
    assert list(found.values_list("status", "warehouse__code")) == [
        ("waiting", None),
        ("ready", "main"),
    ]


def test_picked_units_go_back_on_the_shelf(desk, press, ready):
    press("pick", ready)
    press("pack", ready)
    press("unpick", ready)

    assert (state(ready), ready.picked_by, ready.packed_at) == ("ready", "", None)


def test_a_shipment_is_undone(desk, press, ready, units, lamp, main, on_hand):
    press("ship", ready, **units(ready))
    press("unship", ready)

    assert (state(ready), on_hand(lamp, main)) == ("ready", 10)


def test_holds_have_a_note_and_each_is_removed_by_itself(desk, url, press, ready):
    press("hold", ready, note="check the address")
    press("hold", ready, note="<b>wait</b> for mail")
    first, second = Hold.objects.order_by("pk")

    page = words(desk.get(url("order_change", ready.order_id)))
    assert "check the address" in page
    assert "&lt;b&gt;wait&lt;/b&gt; for mail" in page
    assert state(ready) == "waiting"

    press("unhold", ready, hold_id=first.pk)
    assert list(Hold.objects.values_list("pk", flat=True)) == [second.pk]
    assert state(ready) == "waiting"
    press("unhold", ready, hold_id=second.pk)
    assert state(ready) == "ready"


def test_two_holds_are_removed_from_one_open_page(desk, url, press, ready):
    press("hold", ready, note="one")
    press("hold", ready, note="two")
    opened = desk.get(url("order_change", ready.order_id)).context["form_token"]
    ready.refresh_from_db()

    for hold in Hold.objects.order_by("pk"):
        sent = {"form_token": opened, "version": ready.version, "hold_id": hold.pk}
        desk.post(url("order_parcel", ready.order_id, ready.pk, "unhold"), sent)

    assert state(ready) == "ready"


def test_a_hold_without_a_note_is_refused_beside_its_field(desk, press, ready):
    answer = press("hold", ready, note="")

    assert answer.status_code == 409
    assert "This field is required." in words(answer)
    assert Hold.objects.count() == 0


def test_a_hold_of_another_parcel_is_not_removed(desk, press, ready, sell, lamp):
    hold = sell((lamp, 30)).fulfillment_orders.get(status="waiting").holds.get()

    answer = press("unhold", ready, hold_id=hold.pk)

    assert answer.status_code == 409
    assert Hold.objects.filter(pk=hold.pk).exists()


def test_a_parcel_of_another_order_is_not_found(desk, url, press, ready, waiting):
    address = url("order_parcel", waiting.order_id, ready.pk, "pick")

    assert desk.post(address, {"form_token": "x", "version": 1}).status_code == 404
    assert state(ready) == "ready"


def test_a_stale_step_is_told_so(desk, url, press, ready, units):
    opened = desk.get(url("order_change", ready.order_id)).context["form_token"]
    seen = {"form_token": opened, "version": ready.version}
    pick(fulfillment_order=ready, act=Act.now(by="wim"))

    for name, fields in {
        "pick": {},
        "ship": units(ready),
        "hold": {"note": "x"},
        "unpick": {},
        "unship": {},
    }.items():
        answer = desk.post(url("order_parcel", ready.order_id, ready.pk, name), seen | fields)
        assert answer.status_code == 409, name
        assert "was changed by somebody else since you opened it" in words(answer), name

    assert (state(ready), ready.picked_by) == ("picked", "wim")


def test_a_parcel_that_grew_meanwhile_does_not_ship_unseen(
    desk, url, ready, units, lamp, main, on_hand
):
    opened = desk.get(url("order_change", ready.order_id)).context["form_token"]
    sent = {"form_token": opened, "version": ready.version, **units(ready)}
    line = ready.order.lines.get()
    change_order(order=ready.order, quantities={line.pk: 5}, act=Act.now(by="wim"))

    answer = desk.post(url("order_parcel", ready.order_id, ready.pk, "ship"), sent)

    assert answer.status_code == 409
    assert on_hand(lamp, main) == 10


def test_a_double_click_ships_once(desk, url, ready, units, lamp, main, on_hand):
    opened = desk.get(url("order_change", ready.order_id)).context["form_token"]
    sent = {"form_token": opened, "version": ready.version, **units(ready, 1)}
    address = url("order_parcel", ready.order_id, ready.pk, "ship")

    answers = [desk.post(address, sent).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert on_hand(lamp, main) == 9


# --- the list ---------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do_first(desk, url):
    assert "No fulfillment orders yet" in words(desk.get(url("fulfillmentorder_changelist")))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"ready", "waiting"}),
        ({"status": "ready"}, {"ready"}),
        ({"status": "packed"}, set()),
        ({"warehouse": "main"}, {"ready", "waiting"}),
        ({"warehouse": "far"}, set()),
        ({"channel": "direct"}, {"ready", "waiting"}),
        ({"channel": "storefront"}, set()),
        ({"q": "lamp"}, {"ready", "waiting"}),
        ({"q": "nobody"}, set()),
    ],
)
def test_parcels_are_filtered(desk, url, ready, lamp, sell, main, query, found):
    Warehouse.objects.create(code="far", name="Far")
    sell((lamp, 30))

    page = desk.get(url("fulfillmentorder_changelist"), query)

    rows = page.context["cl"].result_list
    assert {row.status for row in rows} == found


def test_a_row_leads_to_its_parcel_on_the_order_page(desk, url, ready):
    page = desk.get(url("fulfillmentorder_changelist")).content.decode()
    place = f"{url('order_change', ready.order_id)}#parcel-{ready.pk}"

    assert place in page
    assert desk.get(url("fulfillmentorder_change", ready.pk)).url == place


def test_the_list_asks_as_much_for_many_parcels_as_for_one(
    desk, url, sell, lamp, django_assert_num_queries, django_assert_max_num_queries
):
    sell((lamp, 1))
    desk.get(url("fulfillmentorder_changelist"))
    with django_assert_max_num_queries(40) as few:
        desk.get(url("fulfillmentorder_changelist"))
    for _ in range(6):
        sell((lamp, 1))
    with django_assert_num_queries(len(few)):
        desk.get(url("fulfillmentorder_changelist"))


def test_many_are_picked_and_each_result_is_told(pick_many, ready, sell, lamp):
    lacking = sell((lamp, 30)).fulfillment_orders.exclude(status="ready").get()

    page = pick_many(ready, lacking)

    assert (state(ready), state(lacking)) == ("picked", "waiting")
    assert "1 of 2 fulfillment orders are picked." in words(page)
    assert f"{lacking.number} is 22 short: 22 × lamp." in words(page)


def test_picking_many_twice_shows_the_first_report_again(desk, url, ready):
    token = desk.get(url("fulfillmentorder_changelist")).context["form_token"]
    sent = {"form_token": token, "parcel": ready.pk}

    first, second = (desk.post(url("fulfillmentorder_pick"), sent) for _ in range(2))

    assert first.url == second.url
    assert "1 of 1 fulfillment orders are picked." in words(desk.get(second.url))


@pytest.mark.parametrize("keys", [[], ["abc"], ["9" * 30], ["\x00"], ["٣"]])
def test_picking_nothing_says_so(pick_many, ready, keys):
    page = pick_many(*keys)

    assert "Choose at least one fulfillment order first." in words(page)
    assert state(ready) == "ready"


def test_too_many_at_once_are_refused(desk, url, pick_many, ready):
    assert pick_many(*range(1, 300)).status_code == 400
    many = "&".join(f"parcel={n}" for n in range(1, 300))
    assert desk.get(f"{url('fulfillmentorder_pick_list')}?{many}").status_code == 400


def test_a_report_is_shown_to_nobody_else(client, make_user, url, pick_many, ready):
    report = pick_many(ready).redirect_chain[-1][0]
    client.force_login(make_user("second", "operator"))

    assert client.get(report).status_code == 404
    assert client.get(url("fulfillmentorder_picked", "sent-nothing")).status_code == 404


# --- the pick list ----------------------------------------------------------------------------


def test_the_pick_list_goes_by_warehouse_and_sku(desk, url, sell, lamp, mug, stock, make_variant):
    far = Warehouse.objects.create(code="far", name="Far Away", priority=9)
    stock(mug, 5)
    stock(lamp, 5, far)
    parcels = [
        *sell((mug, 2)).fulfillment_orders.all(),
        *sell((lamp, 1)).fulfillment_orders.all(),
        *sell((mug, 3)).fulfillment_orders.all(),
    ]
    lacking = sell((lamp, 40)).fulfillment_orders.exclude(status="ready").get()

    page = desk.get(
        url("fulfillmentorder_pick_list"), {"parcel": [one.pk for one in [*parcels, lacking]]}
    )

    rows = [
        (place.code, [(x.variant.sku, x.allocated, x.fulfillment_order.number) for x in lines])
        for place, lines in page.context["places"]
    ]
    assert rows == [
        ("main", [("mug", 2, parcels[0].number), ("mug", 3, parcels[2].number)]),
        ("far", [("lamp", 1, parcels[1].number)]),
    ]
    assert f"{lacking.number} (Waiting)" in words(page)
    assert "Desk Lamp" in words(page)


def test_a_seller_sees_and_prints_own_lines_alone(client, anna, annas, lamp, stock, sell, url):
    stock(lamp, 5)
    stock(annas, 5)
    parcel, own = sell((lamp, 2), (annas, 1)).fulfillment_orders.order_by("sequence")
    own.lines.update(fulfillment_order=parcel)  # as an older program made them
    others = sell((lamp, 1), name="Other Person").fulfillment_orders.get()
    client.force_login(anna)

    listed = words(client.get(url("fulfillmentorder_changelist")))
    printed = words(
        client.get(url("fulfillmentorder_pick_list"), {"parcel": [parcel.pk, others.pk]})
    )

    assert (parcel.number in listed, "Other Person" in listed) == (True, False)
    assert ("vase" in printed, "lamp" in printed, others.number in printed) == (True, False, False)
    assert "Pick chosen" not in listed
    assert client.post(url("fulfillmentorder_pick"), {"parcel": parcel.pk}).status_code == 403
    assert state(parcel) == "ready"


def test_those_without_rights_see_nothing(client, make_user, url, ready):
    client.force_login(make_user("nora"))

    for name in ("order", "fulfillmentorder"):
        assert client.get(url(f"{name}_changelist")).status_code == 403
    assert client.get(url("order_change", ready.order_id)).status_code == 403
    assert client.get(url("fulfillmentorder_change", ready.pk)).status_code == 403
    assert client.get(url("fulfillmentorder_pick_list"), {"parcel": ready.pk}).status_code == 403
    assert client.post(url("fulfillmentorder_pick"), {"parcel": ready.pk}).status_code == 403


def test_visitors_are_sent_to_the_login(client, url, ready):
    for address in (
        url("order_do", ready.order_id, "cancel"),
        url("order_parcel", ready.order_id, ready.pk, "pick"),
        url("fulfillmentorder_pick"),
    ):
        assert "/login/" in client.post(address).url
