"""The waiting room: who waits, in which order, and what may be done about it."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.models import Channel
from inventory.acts import Act
from inventory.models import OutgoingMail, StoreSettings, Warehouse
from inventory.services.catalog import set_components
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.models import FulfillmentLine, OrderLine
from orders.services.change import set_priority


def shown(response):
    """Return the orders of a list, in its order."""
    rows = response.context["cl"].result_list
    return [row.fulfillment_order.order_id for row in rows]


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def fields_of(response, action):
    """Return what a browser sends of the form of one action."""
    html = response.content.decode()
    start = html.index(f'name="do" value="{action}"')
    form = html[html.rindex("<form", 0, start) : html.index("</form>", start)]
    data = {}
    for name, value in re.findall(r'name="([^"]+)"(?: value="([^"]*)")?', form):
        data.setdefault(name, []).append(value)
    return data


@pytest.fixture
def confirm(desk, room):
    """Return a way to choose lines, look at what would happen, and confirm it."""

    def act(action, *lines, **typed):
        opened = desk.post(room("act"), {"line": [line.pk for line in lines], "do": action})
        return desk.post(room("act"), {**fields_of(opened, action), **typed})

    return act


def test_lines_that_wait_are_listed_in_the_order_in_which_they_are_served(desk, room, cup, sell):
    first, second, third = (sell((cup, n)) for n in (1, 2, 3))
    set_priority(order=third, priority=5, reason="friend", act=Act.now(by="olga"))

    response = desk.get(room())

    assert shown(response) == [third.pk, first.pk, second.pk]
    assert [row.wait.rank for row in response.context["cl"].result_list] == [1, 2, 3]


@pytest.mark.parametrize(
    ("rule", "first"), [("fifo", "early"), ("highest_value", "rich"), ("most_orders", "small")]
)
def test_the_list_and_its_ranks_follow_the_rule_of_the_store(
    desk, room, cup, sell, store, rule, first
):
    early, rich, small = sell((cup, 3)), sell((cup, 9)), sell((cup, 1))
    StoreSettings.objects.update(release_rule=rule)

    rows = desk.get(room()).context["cl"].result_list

    wanted = {"early": early, "rich": rich, "small": small}[first]
    assert rows[0].fulfillment_order.order_id == wanted.pk
    assert [row.wait.rank for row in rows] == [1, 2, 3]


def test_a_rank_counts_within_its_variant_also_in_a_filtered_list(desk, room, cup, make_owed, sell):
    tea = make_owed("TEA")
    sell((cup, 1))
    both = sell((cup, 1), (tea, 1))

    rows = desk.get(room(), {"q": both.number}).context["cl"].result_list

    assert {row.variant.sku: row.wait.rank for row in rows} == {"CUP": 2, "TEA": 1}


def test_a_row_says_what_is_owed_reserved_held_and_missing_of_the_whole_parcel(
    desk, room, cup, make_owed, sell, receive, main
):
    tea, store = make_owed("TEA"), StoreSettings.load()
    store.allow_order_split = False
    store.save()
    receive(cup, main, 2)
    sell((cup, 3), (tea, 5), name="Noor")

    response = desk.get(room(), {"q": "CUP"})

    [row] = response.context["cl"].result_list
    assert (row.waiting, row.allocated) == (1, 2)
    assert row.wait.missing == [("CUP", 1), ("TEA", 5)]
    assert row.wait.holds == ["Awaiting stock", "Awaiting the rest of the order"]
    text = response.content.decode()
    assert "1 × CUP, 5 × TEA" in text
    assert "Noor" in text


def test_what_is_there_does_not_wait(desk, room, cup, sell, receive, main):
    receive(cup, main, 5)
    sell((cup, 5))

    response = desk.get(room())

    assert shown(response) == []
    assert "Nobody waits" in response.content.decode()


def test_age_promise_warehouse_channel_and_kind_filter_the_list(desk, room, make_owed, sell, main):
    old_cup, new_cup, soon = make_owed("OLD"), make_owed("NEW"), make_owed("SOON")
    out_next_month = make_owed("PRE", release_date=timezone.localdate() + timedelta(days=30))
    old, new = sell((old_cup, 1), days=40), sell((new_cup, 1), days=3)
    arriving, ahead = sell((soon, 1), days=8), sell((out_next_month, 1), days=1)
    create_delivery(
        act=Act.now(),
        warehouse=main,
        reference="PO-1",
        expected_at=timezone.localdate() + timedelta(days=3),
        lines=[StockLine(soon, 1)],
    )
    OrderLine.objects.filter(order=new).update(told_at=timezone.localdate() - timedelta(days=1))

    def found(**filters):
        return set(shown(desk.get(room(), filters)))

    everything = {old.pk, new.pk, arriving.pk, ahead.pk}
    assert found(age="7") == {old.pk, arriving.pk}
    assert found(age="30") == {old.pk}
    assert found(age="90") == set()
    assert found(promise="none") == {old.pk, new.pk}
    assert found(promise="week") == {arriving.pk}
    assert found(promise="late") == {new.pk}
    assert found(kind="preorder") == {ahead.pk}
    assert found(kind="backorder") == everything - {ahead.pk}
    assert found(warehouse="main") == found(channel="direct") == everything
    Warehouse.objects.create(code="paris", name="Paris")
    assert found(warehouse="paris") == set()
    Channel.objects.get_or_create(slug="shop", defaults={"name": "Shop"})
    assert found(channel="shop") == set()


@pytest.mark.parametrize("words", ["cu", "4006381333931", "Product CUP"])
def test_a_variant_is_found_by_sku_ean_and_title(desk, room, cup, make_owed, sell, words):
    order = sell((cup, 1))
    sell((make_owed("TEA"), 1))

    assert shown(desk.get(room(), {"q": words})) == [order.pk]


def test_the_list_asks_as_many_questions_for_many_lines_as_for_few(
    desk, room, cup, make_owed, sell
):
    sell((cup, 1))
    desk.get(room())
    with CaptureQueriesContext(connection) as few:
        desk.get(room())
    for number in range(12):
        sell((cup, 1), (make_owed(f"V{number}"), 2))
    with CaptureQueriesContext(connection) as many:
        response = desk.get(room())

    assert len(response.context["cl"].result_list) == 25
    assert len(many) == len(few)


def test_priority_is_set_with_a_reason_after_a_look(desk, room, cup, sell, confirm, waiting_line):
    sell((cup, 1))
    late = sell((cup, 1))

    response = confirm("priority", waiting_line(late), priority="7", reason="wedding")

    assert response.status_code == 302
    late.refresh_from_db()
    assert late.priority == 7
    assert late.events.latest("pk").data["reason"] == "wedding"
    assert shown(desk.get(room()))[0] == late.pk


@pytest.mark.parametrize(
    "typed",
    [
        {"priority": "1", "reason": ""},
        {"priority": "x", "reason": "why"},
        {"priority": "1000001", "reason": "why"},
        {"priority": "9" * 400, "reason": "why"},
        {"priority": "1", "reason": "two\nlines"},
        {"priority": "1", "reason": "nul\x00"},
    ],
)
def test_a_priority_without_reason_or_sense_is_refused_beside_its_field(
    cup, sell, confirm, waiting_line, typed
):
    order = sell((cup, 1))

    response = confirm("priority", waiting_line(order), **typed)

    assert response.status_code == 200
    assert response.context["form"].errors
    order.refresh_from_db()
    assert order.priority == 0


def test_canceling_takes_what_waits_and_leaves_what_is_there(
    cup, sell, confirm, waiting_line, receive, main
):
    receive(cup, main, 2)
    order = sell((cup, 5))

    confirm("cancel", waiting_line(order))

    line = order.lines.get()
    assert line.canceled == 3
    assert FulfillmentLine.objects.get(order_line=line).allocated == 2


def test_canceling_a_bundle_that_waits_cancels_whole_bundles(
    desk, room, cup, make_owed, sell, confirm, receive, main
):
    box = make_owed("BOX")
    set_components(act=Act.now(), bundle=box, lines=[StockLine(cup, 2)])
    receive(cup, main, 3)
    order = sell((box, 4))
    [line] = desk.get(room()).context["cl"].result_list
    assert (line.waiting, line.variant.sku, line.order_line.sku) == (5, "CUP", "BOX")

    confirm("cancel", line)

    assert order.lines.get().canceled == 3
    left = FulfillmentLine.objects.filter(order_line__order=order)
    assert [(one.allocated, one.waiting) for one in left] == [(2, 0)]


def test_nothing_is_canceled_if_the_order_changed_after_the_look(
    desk, room, cup, sell, waiting_line
):
    order = sell((cup, 5))
    line = waiting_line(order)
    opened = desk.post(room("act"), {"line": line.pk, "do": "cancel"})
    set_priority(order=order, priority=1, reason="meanwhile", act=Act.now(by="bob"))

    response = desk.post(room("act"), fields_of(opened, "cancel"))

    assert order.lines.get().canceled == 0
    assert [text for text in said(response) if order.number in text]


def test_a_form_sent_twice_acts_once(desk, room, cup, sell, waiting_line):
    order = sell((cup, 5))
    opened = desk.post(room("act"), {"line": waiting_line(order).pk, "do": "notify"})
    data = fields_of(opened, "notify")
    before = OutgoingMail.objects.count()

    desk.post(room("act"), data)
    desk.post(room("act"), data)

    assert OutgoingMail.objects.count() == before + 1


def test_a_customer_is_told_also_when_nothing_changed_and_what_was_told_is_kept(
    cup, sell, confirm, waiting_line, main
):
    order = sell((cup, 5))
    day = timezone.localdate() + timedelta(days=4)
    create_delivery(
        act=Act.now(), warehouse=main, reference="PO-1", expected_at=day, lines=[StockLine(cup, 5)]
    )
    before = OutgoingMail.objects.count()

    confirm("notify", waiting_line(order))
    confirm("notify", waiting_line(order))

    assert OutgoingMail.objects.count() == before + 2
    assert OutgoingMail.objects.latest("pk").to == "eva@example.com"
    assert order.lines.get().told_at == day
    order.refresh_from_db()
    assert order.promise_notice_due is False


def test_an_order_without_address_is_named_and_does_not_stop_the_others(
    cup, sell, confirm, waiting_line
):
    mute, loud = sell((cup, 1), email=""), sell((cup, 1))

    response = confirm("notify", waiting_line(mute), waiting_line(loud))

    assert said(response) == [
        "1 customer is told by e-mail.",
        f"Order {mute.number} has no e-mail address.",
    ]


def test_release_now_serves_what_can_be_served_and_says_whom(
    desk, room, cup, sell, main, waiting_line
):
    order = sell((cup, 2))
    level = waiting_line(order).stock_level
    type(level).objects.filter(pk=level.pk).update(on_hand=2)  # units that nobody handed out

    first = desk.post(room("release"))
    second = desk.post(room("release"))

    assert said(first) == [f"2 units were released: 2 × CUP → {order.number}-1"]
    assert said(second)[-1].startswith("Nothing could be released")


def test_the_filters_stay_on_after_an_action(desk, room):
    response = desk.post(room("release"), {"back": "age=7&q=cup\r\nX: y"})

    assert response.url == f"{room()}?age=7&q=cup%0D%0AX%3A+y"


def test_only_who_may_change_orders_may_act(client, make_user, room, cup, sell, waiting_line):
    order = sell((cup, 1))
    client.force_login(make_user("vera", "viewer"))

    page = client.get(room())

    assert shown(page) == [order.pk]
    assert "chosen" not in page.content.decode()
    assert client.post(room("release")).status_code == 403
    assert client.post(room("act"), {"line": waiting_line(order).pk}).status_code == 403
    assert client.get(room("change", waiting_line(order).pk)).status_code == 200


def test_without_the_right_to_see_orders_nothing_is_shown(client, make_user, room, cup, sell):
    sell((cup, 1))
    client.force_login(make_user("nick"))

    for page in ("changelist", "simulate", "buying"):
        assert client.get(room(page)).status_code == 403


def test_a_seller_sees_their_own_lines_alone(
    client, anna, make_owed, cup, sell, room, waiting_line
):
    own = make_owed("ANNA", seller=anna.sellers.get())
    others = sell((cup, 1), name="CANARY")
    sell((own, 2), (cup, 3))
    client.force_login(anna)

    page = client.get(room())

    assert [row.variant.sku for row in page.context["cl"].result_list] == ["ANNA"]
    assert page.context["cl"].result_list[0].wait.missing == [("ANNA", 2)]
    assert "CANARY" not in page.content.decode()
    assert client.get(room("change", waiting_line(others).pk)).status_code in {302, 404}


def test_a_seller_may_not_act_even_with_the_right_to_change_orders(
    client, make_user, anna, make_owed, sell, room, waiting_line
):
    order = sell((make_owed("ANNA", seller=anna.sellers.get()), 2))
    right = make_user("x", rights=["change_order"]).user_permissions.get()
    anna.user_permissions.add(right)
    client.force_login(anna)

    assert client.post(room("act"), {"line": waiting_line(order).pk}).status_code == 403
    assert client.post(room("release")).status_code == 403


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"line": "x"},
        {"line": "9" * 400},
        {"line": "-1"},
        {"line": "\x00"},
        {"line": ["1"] * 900, "do": "nothing"},
        {"do": "cancel", "sure": "1"},
        {"back": "a" * 9000},
    ],
)
def test_hostile_forms_change_nothing_and_are_answered(desk, room, cup, sell, data):
    sell((cup, 1))

    assert desk.post(room("act"), data).status_code in {200, 302}


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"q": "9" * 300},
        {"q": "9" * 18},
        {"age": "x"},
        {"age": ""},
        {"promise": "'"},
        {"warehouse": "\x00"},
        {"channel": "9" * 5000},
        {"kind": "?"},
        {"p": "99999999999999999999"},
        {"p": "-1"},
        {"o": "1.2.3"},
        {"nonsense__x": "1"},
        {"order_line__order__token": "a"},
    ],
)
def test_hostile_addresses_are_answered(desk, room, cup, sell, query):
    sell((cup, 1))

    assert desk.get(room(), query).status_code in {200, 302, 400}


@pytest.mark.parametrize("do", ["priority", "notify", "cancel"])
@pytest.mark.parametrize("token", ["", "x", "\x00", "a" * 9000])
def test_a_form_without_a_good_token_does_nothing(desk, room, cup, sell, waiting_line, do, token):
    order = sell((cup, 1))
    line = waiting_line(order)
    data = {"line": line.pk, "do": do, "sure": "1", "form_token": token}
    data |= {"priority": "3", "reason": "r", f"version-{order.pk}": str(order.version)}

    response = desk.post(room("act"), data)

    assert response.status_code == 200
    order.refresh_from_db()
    assert (order.priority, order.lines.get().canceled) == (0, 0)


def test_lines_are_never_changed_added_or_deleted_by_the_forms_of_the_framework(
    desk, room, cup, sell, waiting_line
):
    pk = waiting_line(sell((cup, 1))).pk

    assert desk.get(room("add")).status_code == 403
    assert desk.post(room("change", pk), {}).status_code == 403
    assert desk.post(room("delete", pk), {"post": "yes"}).status_code == 403
    assert desk.get(room("release")).status_code == 405
