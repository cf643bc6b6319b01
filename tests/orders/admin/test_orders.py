"""Orders in the back office: found, typed, changed, canceled, paid, by POST alone and once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from inventory.models import StockLevel
from orders.line_numbers import numbers_of
from orders.models import Hold, Order, OrderLine


@pytest.fixture
def mug(make_variant):
    return make_variant(price="12.50")


@pytest.fixture
def numbers():
    """Return a reader of a line's numbers: allocated, waiting, shipped, canceled."""

    def read(line):
        line.refresh_from_db()
        found = numbers_of([line])[line.pk]
        return found.allocated, found.waiting, found.shipped, found.canceled

    return read


@pytest.fixture
def place(desk, url, typed):
    """Return a way to send the form of a new order."""

    def send(*rows, token=None, **fields):
        token = token or desk.get(url("order_add")).context["head"].initial["form_token"]
        data = {"customer_name": "Eva Ek", "is_paid": "on", "priority": "0", "form_token": token}
        return desk.post(url("order_add"), data | typed(*rows) | fields)

    return send


def words(response):
    return " ".join(response.content.decode().split())


# --- the list ---------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do_first(desk, url):
    page = words(desk.get(url("order_changelist")))

    assert "No orders yet" in page
    assert url("order_add") in page


def test_the_tabs_hold_what_waits_what_ships_and_what_needs_attention(
    desk, url, sell, mug, lamp, stock
):
    stock(mug, 5)
    ships, waits = sell((mug, 1)), sell((lamp, 2))
    short = sell((mug, 9), is_captured=True, external_id="W-1")

    def found(state):
        page = desk.get(url("order_changelist"), {"state": state})
        return {order.pk for order in page.context["cl"].result_list}

    assert found("waits") == {waits.pk}
    assert found("ships") == {ships.pk, short.pk}
    assert found("attention") == {short.pk}
    assert found("") == {ships.pk, waits.pk, short.pk}


@pytest.mark.parametrize(
    ("term", "hits"),
    [("{number}", 1), ("#{number}", 1), ("{number}-1", 1), ("W-7", 1), ("eva", 1), ("lam", 1)]
    + [("zoe@", 1), ("Ek", 2), ("nothing", 0), ("1", 0)],
)
def test_orders_are_found_by_what_people_know_of_them(
    desk, url, sell, mug, lamp, stock, term, hits
):
    stock(mug, 5)
    first = sell((lamp, 1), external_id="W-7")
    sell((mug, 1), name="Zoe Ek", email="zoe@example.com")

    page = desk.get(url("order_changelist"), {"q": term.format(number=first.pk)})

    assert page.context["cl"].result_count == hits


def test_a_row_says_units_waiting_and_promise(desk, url, sell, lamp, stock):
    stock(lamp, 1)
    order = sell((lamp, 3))

    page = words(desk.get(url("order_changelist")))
    assert "2 of 3 wait" in page
    assert "No date yet" in page
    assert "60.00" in page

    OrderLine.objects.filter(order=order).update(promised_at=timezone.datetime(2027, 3, 4))
    assert "4 Mar 2027" in words(desk.get(url("order_changelist")))


def test_the_list_asks_as_much_for_many_orders_as_for_one(
    desk, url, sell, lamp, django_assert_num_queries, django_assert_max_num_queries
):
    sell((lamp, 1))
    desk.get(url("order_changelist"))
    with django_assert_max_num_queries(40) as few:
        desk.get(url("order_changelist"))
    for _ in range(6):
        sell((lamp, 1))
    with django_assert_num_queries(len(few)):
        desk.get(url("order_changelist"))


# --- a new order ------------------------------------------------------------------------------


def test_a_typed_order_is_placed_with_the_price_of_the_variant_or_its_own(place, mug, lamp, stock):
    stock(mug, 5)

    answer = place(("mug", 2), ("lamp", 3, "17.00"), customer_email="eva@example.com")

    order = Order.objects.get()
    assert answer.status_code == 302
    assert (order.customer_name, order.customer_email) == ("Eva Ek", "eva@example.com")
    assert (order.channel.slug, order.by, order.payment) == ("direct", "olga", "paid")
    assert order.total == Decimal("76.00")
    assert list(order.lines.order_by("pk").values_list("sku", "quantity", "unit_price")) == [
        ("mug", 2, Decimal("12.50")),
        ("lamp", 3, Decimal("17.00")),
    ]


def test_an_order_sent_twice_is_placed_once(desk, url, place, lamp):
    token = desk.get(url("order_add")).context["head"].initial["form_token"]

    first, second = place(("lamp", 2), token=token), place(("lamp", 2), token=token)

    assert Order.objects.count() == 1
    assert first.url == second.url == url("order_change", Order.objects.get().pk)


def test_every_refused_line_says_why_at_its_line(place, mug, lamp, stock, make_variant):
    stock(mug, 2)
    make_variant("jug")

    answer = place(("mug", 5), ("lamp", 1), ("jug", 4), customer_name="Kept Name")

    page = words(answer)
    assert Order.objects.count() == 0
    assert "Requested 5, available 2, backorderable 0. Rule: Backorders · from store" in page
    assert "Requested 4, available 0, backorderable 0. Rule: Backorders · from store" in page
    assert [bool(form.errors) for form in answer.context["lines"].forms] == [True, False, True]
    assert 'value="Kept Name"' in page


def test_what_was_refused_can_be_sent_again_mended(desk, url, place, mug, stock):
    stock(mug, 2)
    token = desk.get(url("order_add")).context["head"].initial["form_token"]

    place(("mug", 5), token=token)
    place(("mug", 2), token=token)

    assert Order.objects.get().lines.get().quantity == 2


@pytest.mark.parametrize(
    ("rows", "fields", "field"),
    [
        ([("lamp", "1.5")], {}, None),
        ([("lamp", "-1")], {}, None),
        ([("lamp", "9" * 40)], {}, None),
        ([("la\x00mp", "1")], {}, None),
        ([("nothing", "1")], {}, None),
        ([("lamp", "1", "1e5")], {}, None),
        ([("lamp", "1", "-1")], {}, None),
        ([("lamp", "1", "0.001")], {}, None),
        ([("", "", "5")], {}, None),
        ([], {}, None),
        ([("lamp", "1")], {"customer_name": ""}, "customer_name"),
        ([("lamp", "1")], {"customer_name": "a\x00b"}, "customer_name"),
        ([("lamp", "1")], {"customer_name": "x" * 201}, "customer_name"),
        ([("lamp", "1")], {"customer_email": "nobody"}, "customer_email"),
        ([("lamp", "1")], {"priority": "9" * 30}, "priority"),
        ([("lamp", "1")], {"priority": "1000001"}, "priority"),
        ([("lamp", "1")], {"lines-TOTAL_FORMS": "999999"}, None),
        ([("lamp", "1")], {"lines-TOTAL_FORMS": "abc"}, None),
        ([("lamp", "1")], {"form_token": "stolen"}, None),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_field(
    place, lamp, main, rows, fields, field
):
    answer = place(*rows, **fields)

    assert answer.status_code == 200
    assert Order.objects.count() == 0
    if field:
        assert list(answer.context["head"].errors) == [field]


def test_more_lines_are_added_without_a_script_up_to_200(place, lamp):
    answer = place(("lamp", 1), **{"add_lines": "1", "lines-TOTAL_FORMS": "198"})

    assert len(answer.context["lines"].forms) == 200
    assert Order.objects.count() == 0


def test_an_order_that_is_not_paid_waits_for_it(place, press, lamp, stock):
    stock(lamp, 2)
    place(("lamp", 2), is_paid="")
    order = Order.objects.get()
    parcel = order.fulfillment_orders.get()
    assert (parcel.status, parcel.holds.get().reason) == ("waiting", "awaiting_payment")

    press("paid", order)

    order.refresh_from_db()
    parcel.refresh_from_db()
    assert (order.payment, order.captured, parcel.status) == ("paid", Decimal("40.00"), "ready")


# --- its page ---------------------------------------------------------------------------------


def test_the_page_shows_lines_parcels_holds_money_and_time_line(desk, url, sell, lamp, stock):
    stock(lamp, 1)
    order = sell((lamp, 3))

    page = words(desk.get(url("order_change", order.pk)))

    for text in (
        f"Order {order.pk}",
        f"{order.pk}-1",
        f"{order.pk}-2",
        "Awaiting stock",
        "No date yet",
        "60.00",
        "Placed: 3 units, 2 on backorder.",
        f"{order.pk}-1: ready.",
        "Pick",
        "Cancel all that is left",
    ):
        assert text in page, text


def test_the_time_line_tells_each_step_once_the_newest_first(desk, url, press, sell, lamp, stock):
    stock(lamp, 1)
    order = sell((lamp, 1))
    parcel = order.fulfillment_orders.get()
    press("pick", parcel)
    press("pack", parcel)

    told = [one.text for one in desk.get(url("order_change", order.pk)).context["facts"].moments]

    number = parcel.number
    assert told[:2] == [f"{number}: packed.", f"{number}: picked."]
    assert set(told[2:]) == {f"{number}: ready.", "Placed: 1 unit."}


def test_quantities_change_and_lines_are_added_in_one_go(
    desk, press, sell, numbers, typed, lamp, mug, stock
):
    stock(mug, 4)
    order = sell((lamp, 3))
    line = order.lines.get()

    answer = press("change", order, **{f"quantity-{line.pk}": "2"}, **typed(("mug", 4)))

    assert answer.status_code == 302
    assert numbers(line) == (0, 2, 0, 0)
    assert numbers(order.lines.get(sku="mug")) == (4, 0, 0, 0)


def test_a_refused_change_changes_nothing_and_keeps_what_was_typed(
    desk, press, sell, numbers, typed, lamp, mug, stock
):
    stock(mug, 4)
    order = sell((lamp, 3))
    line = order.lines.get()

    answer = press("change", order, **{f"quantity-{line.pk}": "2"}, **typed(("mug", 9)))

    page = words(answer)
    assert answer.status_code == 409
    assert "Requested 9, available 4, backorderable 0" in page
    assert f'name="quantity-{line.pk}" value="2"' in page
    assert numbers(line) == (0, 3, 0, 0)


def test_a_line_that_grows_too_much_is_refused_at_its_line(
    desk, press, sell, numbers, typed, mug, stock
):
    stock(mug, 4)
    order = sell((mug, 3))
    line = order.lines.get()

    answer = press("change", order, **{f"quantity-{line.pk}": "9"}, **typed())

    assert [str(one["field"].errors[0]) for one in answer.context["change_rows"]] == [
        "So many more of it cannot be sold."
    ]
    assert numbers(line) == (3, 0, 0, 0)


def test_a_line_with_zero_and_nothing_changed(desk, press, sell, numbers, lamp, typed):
    order = sell((lamp, 3))
    line = order.lines.get()

    same = press("change", order, **{f"quantity-{line.pk}": "3"}, **typed())
    assert (same.status_code, "Nothing is to be changed." in words(same)) == (409, True)

    press("change", order, **{f"quantity-{line.pk}": "0"}, **typed())
    assert numbers(line) == (0, 0, 0, 3)


def test_units_of_a_line_are_canceled_and_then_the_rest(desk, url, press, sell, numbers, lamp):
    order = sell((lamp, 5))
    line = order.lines.get()

    press("cancel", order, **{f"units-{line.pk}": "2"})
    assert numbers(line) == (0, 3, 0, 2)

    press("cancel", order, all="1")
    order.refresh_from_db()
    assert (numbers(line), order.status, order.payment) == ((0, 0, 0, 5), "canceled", "refund_due")

    page = words(desk.get(url("order_change", order.pk)))
    assert "To refund" in page
    press("refund", order)
    order.refresh_from_db()
    assert (order.captured, order.payment) == (0, "refunded")


def test_canceling_nothing_says_so(desk, press, sell, numbers, lamp):
    order = sell((lamp, 5))
    line = order.lines.get()

    answer = press("cancel", order, **{f"units-{line.pk}": "0"})

    assert answer.status_code == 409
    assert "Type how many units to cancel" in words(answer)
    assert numbers(line) == (0, 5, 0, 0)


def test_a_stale_form_is_told_so_and_overwrites_nothing(desk, url, sell, numbers, lamp, mug, press):
    order = sell((lamp, 5))
    line = order.lines.get()
    opened = desk.get(url("order_change", order.pk)).context
    seen = {"form_token": opened["form_token"], "version": opened["order"].version}
    press("cancel", order, **{f"units-{line.pk}": "1"})
    before = Order.objects.values().get()

    for name, fields in {
        "change": {
            f"quantity-{line.pk}": "9",
            "lines-TOTAL_FORMS": "0",
            "lines-INITIAL_FORMS": "0",
        },
        "cancel": {"all": "1"},
        "priority": {"priority": "5", "reason": "friend"},
        "refund": {},
    }.items():
        answer = desk.post(url("order_do", order.pk, name), seen | fields)
        assert answer.status_code == 409, name
        assert "was changed by somebody else since you opened it" in words(answer), name

    assert numbers(line) == (0, 4, 0, 1)
    assert Order.objects.values().get() == before


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("paid", {}),
        ("priority", {"priority": "3", "reason": "friend"}),
        ("cancel", {"all": "1"}),
        ("hold", {"note": "wait"}),
    ],
)
def test_what_changes_between_the_look_and_the_lock_is_noticed(
    desk, press, sell, lamp, monkeypatch, name, fields
):
    order = sell((lamp, 5), is_paid=False)
    parcel = order.fulfillment_orders.get()

    def spend_late(token):
        Order.objects.filter(pk=order.pk).update(version=F("version") + 1)
        order.fulfillment_orders.update(version=F("version") + 1)

    monkeypatch.setattr("orders.admin.order_page.spend", spend_late)
    answer = press(name, parcel if name == "hold" else order, **fields)

    order.refresh_from_db()
    assert "was changed by somebody else since you opened it" in words(answer)
    assert (order.payment, order.priority, order.status) == ("pending", 0, "processing")
    assert parcel.holds.filter(reason="manual").count() == 0


def test_a_double_click_has_one_effect(desk, url, sell, numbers, lamp):
    order = sell((lamp, 5))
    line = order.lines.get()
    opened = desk.get(url("order_change", order.pk)).context
    sent = {
        "form_token": opened["form_token"],
        "version": opened["order"].version,
        f"units-{line.pk}": "2",
    }

    answers = [desk.post(url("order_do", order.pk, "cancel"), sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert numbers(line) == (0, 3, 0, 2)


def test_priority_needs_a_reason_and_is_told(desk, url, press, sell, lamp):
    order = sell((lamp, 5))

    refused = press("priority", order, priority="7", reason=" ")
    assert refused.status_code == 409
    press("priority", order, priority="7", reason="VIP")

    order.refresh_from_db()
    assert order.priority == 7
    told = [one.text for one in desk.get(url("order_change", order.pk)).context["facts"].moments]
    assert told.count("Priority 7 instead of 0: VIP") == 1


def test_short_units_are_allowed_on_backorder(desk, url, press, sell, numbers, mug):
    order = sell((mug, 3), is_captured=True, external_id="W-1")
    line = order.lines.get()
    assert "Sold, but not there" in words(desk.get(url("order_change", order.pk)))

    press("allow", order)

    assert numbers(line) == (0, 3, 0, 0)


@pytest.mark.parametrize(("place_code", "on_hand"), [("main", 7), ("", 6)])
def test_units_come_back_to_stock_or_not(desk, press, sell, lamp, stock, main, place_code, on_hand):
    stock(lamp, 8)
    order = sell((lamp, 2))
    line = order.lines.get()
    parcel = order.fulfillment_orders.get()
    units = {f"units-{one.pk}": one.allocated for one in parcel.lines.all()}
    press("ship", parcel, **units)

    place = main.pk if place_code else ""
    sent = {f"units-{line.pk}": "1", "warehouse": place, "reason": "too small"}
    assert press("return", order, **sent).status_code == 302
    assert press("return", order, **{**sent, f"units-{line.pk}": "2"}).status_code == 409

    line.refresh_from_db()
    assert line.returned == 1
    assert StockLevel.objects.get(variant=lamp).on_hand == on_hand


# --- who may --------------------------------------------------------------------------------


def test_a_viewer_sees_no_button_and_may_press_none(client, make_user, url, sell, press, lamp):
    order = sell((lamp, 5))
    client.force_login(make_user("vera", "viewer"))

    page = words(client.get(url("order_change", order.pk)))

    assert '<form method="post" action="/admin/orders/' not in page
    for name in ("change", "cancel", "priority", "paid", "refund", "allow", "return"):
        assert press(name, order, all="1").status_code == 403, name
    parcel = order.fulfillment_orders.get()
    for name in ("pick", "pack", "ship", "split", "unpick", "hold", "unhold", "unship"):
        assert press(name, parcel, note="x").status_code == 403, name
    assert client.get(url("order_add")).status_code == 403


def test_the_warehouse_picks_but_does_not_cancel(client, make_user, url, sell, press, lamp):
    order = sell((lamp, 5))
    client.force_login(make_user("wim", "warehouse"))

    page = words(client.get(url("order_change", order.pk)))

    assert "Cancel all that is left" not in page
    assert press("cancel", order, all="1").status_code == 403
    assert press("pick", order.fulfillment_orders.get()).status_code == 409
    assert press("hold", order.fulfillment_orders.get(), note="broken").status_code == 302


def test_a_seller_sees_own_lines_of_own_orders_and_changes_nothing(
    client, anna, annas, lamp, stock, sell, press, url
):
    stock(annas, 1)
    mixed = sell((lamp, 2), (annas, 3), external_id="W-1")
    others = sell((lamp, 1), name="Other Person", email="other@example.com")
    client.force_login(anna)

    listed = words(client.get(url("order_changelist")))
    assert (str(mixed.pk) in listed, "Other Person" in listed) == (True, False)
    assert "15.00" in listed
    assert client.get(url("order_change", others.pk)).status_code in {302, 404}

    page = words(client.get(url("order_change", mixed.pk)))
    assert "vase" in page
    for secret in ("lamp", "Desk Lamp", "55.00", "eva@example.com", "Placed:", "Captured"):
        assert secret not in page, secret
    assert press("cancel", mixed, all="1").status_code == 403
    for parcel in mixed.fulfillment_orders.all():
        assert press("hold", parcel, note="x").status_code == 403
    assert client.get(url("order_add")).status_code == 403


@pytest.mark.parametrize("term", ["lamp", "eva@", "other"])
def test_a_seller_cannot_search_for_what_is_not_shown(client, anna, annas, lamp, sell, url, term):
    sell((lamp, 2), (annas, 3))
    client.force_login(anna)

    page = client.get(url("order_changelist"), {"q": term})

    assert page.context["cl"].result_count == 0


@pytest.mark.parametrize("state", ["waits", "ships", "attention"])
def test_a_sellers_tabs_speak_of_own_lines(client, anna, annas, mug, stock, sell, url, state):
    stock(mug, 1)
    sell((mug, 3), (annas, 3), is_captured=True, external_id="W-1")
    client.force_login(anna)

    page = client.get(url("order_changelist"), {"state": state})

    assert page.context["cl"].result_count == (1 if state == "waits" else 0)


def test_a_seller_with_more_rights_still_only_reads(
    client, make_user, annas, anna, sell, press, url, roles
):
    order = sell((annas, 3))
    anna.groups.add(roles["operator"])
    client.force_login(anna)

    assert press("cancel", order, all="1").status_code == 403
    assert press("hold", order.fulfillment_orders.get(), note="x").status_code == 403
    assert client.get(url("order_add")).status_code == 403


# --- hostile --------------------------------------------------------------------------------


def test_orders_are_never_deleted(client, django_user_model, url, sell, lamp):
    order = sell((lamp, 1))
    client.force_login(django_user_model.objects.create_superuser("boss"))

    assert client.post(url("order_delete", order.pk), {"post": "yes"}).status_code == 403
    assert client.get(url("order_delete", order.pk)).status_code == 403
    client.post(
        url("order_changelist"), {"action": "delete_selected", "_selected_action": order.pk}
    )
    assert Order.objects.count() == 1


def test_reading_changes_nothing(desk, url, sell, lamp):
    order = sell((lamp, 1))
    parcel = order.fulfillment_orders.get()

    for name in ("change", "cancel", "priority", "paid", "refund", "allow", "return"):
        assert desk.get(url("order_do", order.pk, name)).status_code == 405
    for name in ("pick", "pack", "ship", "split", "unpick", "hold", "unhold", "unship"):
        assert desk.get(url("order_parcel", order.pk, parcel.pk, name)).status_code == 405
    assert desk.post(url("order_change", order.pk), {"status": "shipped"}).status_code == 403


GARBAGE = ["abc", "-1", "9" * 30, "\x00", "1\x002", "٣", "1e3", "x" * 5000, ""]


@pytest.mark.parametrize("value", GARBAGE)
def test_no_field_breaks_an_action(desk, press, sell, numbers, typed, lamp, value):
    order = sell((lamp, 5))
    line, parcel = order.lines.get(), order.fulfillment_orders.get()
    unit = parcel.lines.get()

    sent = {
        "change": {f"quantity-{line.pk}": value, **typed((value, value, value))},
        "cancel": {f"units-{line.pk}": value},
        "priority": {"priority": value, "reason": value},
        "return": {f"units-{line.pk}": value, "warehouse": value, "reason": value},
        "paid": {"version": value},
        "allow": {"form_token": value},
        "nothing": {},
    }
    for name, fields in sent.items():
        assert press(name, order, **fields).status_code in {302, 404, 409}, name
    for name, fields in {
        "pick": {"version": value},
        "ship": {f"units-{unit.pk}": value},
        "unhold": {"hold_id": value},
        "unship": {},
        "split": {},
        "nothing": {},
    }.items():
        assert press(name, parcel, **fields).status_code in {404, 409}, name
    assert numbers(line) == (0, 5, 0, 0)


@pytest.mark.parametrize("key", ["abc", "-1", "9" * 30, "_5F", "1_00"])
def test_no_key_breaks_an_address(desk, url, sell, lamp, key):
    order = sell((lamp, 1))

    for address in (
        url("order_change", key),
        url("fulfillmentorder_change", key),
    ):
        assert desk.get(address).status_code in {302, 404}
    for address in (
        url("order_do", key, "cancel"),
        url("order_parcel", key, key, "pick"),
        url("order_parcel", order.pk, key, "pick"),
    ):
        assert desk.post(address, {"form_token": "x", "version": "1"}).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=" + "9" * 40, "q=" + "w+" * 900, "state=x&status=(&payment=%00&channel=y", "p=-1"]
    + ["p=abc", "o=999.-1", "id__in=1", "customer_email__startswith=a", "q=%25_\\", "state=%ED%A0"],
)
@pytest.mark.parametrize("name", ["order", "fulfillmentorder"])
def test_no_query_breaks_a_list(desk, url, sell, lamp, name, query):
    sell((lamp, 1))

    answer = desk.get(f"{url(f'{name}_changelist')}?{query}")

    assert answer.status_code in {200, 302, 400}


def test_names_are_only_ever_text(desk, url, sell, lamp):
    order = sell((lamp, 1), name="<img src=x onerror=alert(1)>")
    parcel = order.fulfillment_orders.get()
    Hold.objects.create(
        fulfillment_order=parcel,
        reason="manual",
        note="<svg onload=alert(1)>",
        at=timezone.now() - timedelta(days=1),
    )

    for address in (
        url("order_changelist"),
        url("order_change", order.pk),
        url("fulfillmentorder_changelist"),
    ):
        page = desk.get(address).content.decode()
        assert "<img src=x" not in page
        assert "<svg onload" not in page
