"""The pages of channel orders: who sees them, what they say, and what their buttons do."""

import pytest
from django.urls import reverse

from inventory.models import ChangeSetRow, Seller
from orders.models import CapturedOrder, Order
from orders.services.capture import record
from tests.conftest import NOON
from tests.orders.capture.conftest import line, only, remote

LIST = "/admin/orders/capturedorder/"


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def faulty(tell, mug, stock):
    """An order with a good line, one without a SKU, and one with an unknown SKU."""
    stock(mug, 9)
    return tell("paid", line("mug", 1), line("", 2, title="Tea"), line("nope", 3, title="Tray"))


@pytest.fixture
def press(client):
    """Return a way to press a button of the page as it stands."""

    def send(name, row, **data):
        page = client.get(reverse("admin:orders_capturedorder_change", args=[row.pk]))
        fields = {"form_token": page.context["form_token"], "version": page.context["row"].version}
        fields |= {key.replace("__", "-"): value for key, value in data.items()}
        address = reverse("admin:orders_capturedorder_do", args=[row.pk, name])
        return client.post(address, fields)

    return send


def page_of(client, row):
    return client.get(reverse("admin:orders_capturedorder_change", args=[row.pk]))


# --- the list ---------------------------------------------------------------------------------


@pytest.fixture
def some(shop, make_shop, tell, mug, cup, stock):
    """One order for each tab, and one that is sold and short."""
    stock(mug, 1)
    other = make_shop("other")
    return {
        "captured": tell("paid", line("mug", 1), external_id="1", number="#1"),
        "short": tell(
            "paid", line("mug", 1), external_id="2", number="#2", customer_name="Bo Berg"
        ),
        "pending": tell("created", line("cup", 1), external_id="3", number="#3"),
        "canceled": tell("canceled", external_id="4", number="#4", channel=other),
        "attention": tell("paid", line("nope", 1), external_id="5", number="#5"),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"captured", "short", "pending", "canceled", "attention"}),
        ("state=attention", {"short", "attention"}),
        ("state=pending", {"pending"}),
        ("state=captured", {"captured", "short"}),
        ("state=canceled", {"canceled"}),
        ("channel=other", {"canceled"}),
        ("q=%235", {"attention"}),
        ("q=5", {"attention"}),
        ("q=nop", {"attention"}),
        ("q=ope", set()),
        ("q=cup", {"pending"}),
        ("q=berg", {"short"}),
        ("q=eva@example.com+mug", {"captured", "short", "canceled"}),
        ("q=%25", set()),
    ],
)
def test_the_list_finds(desk, some, query, found):
    rows = desk.get(f"{LIST}?{query}").context["cl"].result_list

    assert {row.pk for row in rows} == {some[name].pk for name in found}


def test_the_list_says_what_became_of_them(desk, some):
    page = desk.get(LIST).content.decode()

    assert "Units are short" in page
    assert "there is no SKU “nope” here" in page
    assert reverse("admin:orders_order_change", args=[some["captured"].order_id]) in page


def test_the_list_asks_as_often_for_many_as_for_one(
    desk, tell, mug, stock, django_assert_max_num_queries
):
    stock(mug, 50)
    for number in range(30):
        tell("paid", line("mug", 2), external_id=str(number))

    with django_assert_max_num_queries(14):
        desk.get(LIST)


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [
        ("operator", True, True),
        ("viewer", True, False),
        ("warehouse", True, False),
        ("seller", False, False),
    ],
)
def test_who_sees_and_who_changes(client, make_user, faulty, press, role, sees, changes):
    user = make_user("who", role)
    if role == "seller":
        Seller.objects.create(code="who", name="Who").users.add(user)
    client.force_login(user)

    assert client.get(LIST).status_code == (200 if sees else 403)
    page = page_of(client, faulty)
    assert (page.status_code == 200) == sees
    if sees:
        assert ("Save and try again" in page.content.decode()) == changes
        assert press("dismiss", faulty).status_code == (302 if changes else 403)
    assert (only().state == "canceled") == changes


def test_a_seller_with_rights_sees_none_of_other_peoples_orders(client, make_user, faulty):
    user = make_user("anna", "seller", rights=["view_capturedorder", "change_capturedorder"])
    Seller.objects.create(code="anna", name="Anna").users.add(user)
    client.force_login(user)

    assert list(client.get(LIST).context["cl"].result_list) == []
    assert page_of(client, faulty).status_code == 404


@pytest.mark.parametrize("name", ["mend", "again", "dismiss"])
def test_reading_changes_nothing(desk, faulty, name):
    address = reverse("admin:orders_capturedorder_do", args=[faulty.pk, name])

    assert desk.get(address).status_code == 405
    assert desk.get(f"{LIST}add/").status_code == 403
    assert (
        desk.post(reverse("admin:orders_capturedorder_change", args=[faulty.pk])).status_code == 403
    )
    assert only().state == "needs_attention"


# --- the page ---------------------------------------------------------------------------------


def test_the_page_shows_what_the_shop_said(desk, faulty):
    page = page_of(desk, faulty).content.decode()

    for words in (
        "Eva Ek",
        "#7001",
        "Tray",
        "there is no SKU “nope” here",
        "has no SKU in the shop",
    ):
        assert words in page


def test_what_a_shop_said_is_text_and_nothing_else(desk, tell, mug):
    row = tell(
        "paid", line("<b>x</b>", 1, title="<script>alert(1)</script>"), raw={"a": "</pre><script>"}
    )

    page = page_of(desk, row).content.decode()

    assert "<script>alert" not in page
    assert "</pre><script>" not in page


def test_choosing_skus_makes_it_an_order(desk, faulty, press, cup):
    answer = press("mend", faulty, sku__1="mug", sku__2="cup")

    row = only()
    assert answer.status_code == 302
    assert row.state == "captured"
    skus = list(row.order.lines.order_by("pk").values_list("sku", "quantity"))
    assert skus == [("mug", 1), ("mug", 2), ("cup", 3)]
    said = ChangeSetRow.objects.get(model="capturedorder")
    assert (said.before, said.after) == ({"mended": {}}, {"mended": {"1": "mug", "2": "cup"}})
    assert (said.change_set.by.username, said.change_set.source) == ("olga", "page")


def test_choosing_some_leaves_the_rest(desk, faulty, press):
    press("mend", faulty, sku__1="mug")

    row = only()
    assert (row.state, row.mended) == ("needs_attention", {"1": "mug"})
    assert "Tea" not in row.problem
    assert "Tray" in row.problem


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"sku__1": "unheard-of"}, "There is no SKU “unheard-of” here."),
        ({"sku__1": "mug", "sku__2": "m\x00"}, "Null characters are not allowed."),
        ({"sku__1": "x" * 65}, "at most 64 characters"),
        ({}, "Choose a SKU for at least one line."),
    ],
)
def test_a_sku_that_is_none_is_refused_beside_its_line(desk, faulty, press, data, words):
    answer = press("mend", faulty, **data)

    assert answer.status_code == 409
    assert words in answer.content.decode()
    assert only().mended == {}


def test_what_was_chosen_is_forgotten_where_the_line_is_another_one(shop, faulty, press, desk):
    press("mend", faulty, sku__1="mug")

    record(
        shop,
        remote("paid", line("mug", 1), line("", 2, title="Coffee"), at=9),
        at=NOON,
    )

    assert only().mended == {}


def test_try_again_once_the_sku_is_made(desk, faulty, press, make_variant):
    press("mend", faulty, sku__1="mug")
    make_variant("nope")

    press("again", faulty)

    assert only().state == "captured"


def test_dismissed_stays_dismissed_whatever_the_shop_says(desk, faulty, press, tell):
    press("dismiss", faulty)

    row = tell("shipped", line("mug", 1), at=9)

    assert (row.state, row.dismissed_by) == ("canceled", "olga")
    assert not Order.objects.exists()
    press("again", row)
    assert (only().state, only().dismissed_by) == ("captured", "")


def test_dismissing_a_change_keeps_our_order(desk, tell, mug, stock, press):
    stock(mug, 5)
    tell("paid", line("mug", 2))
    row = tell("paid", line("mug", 3), at=1)

    press("dismiss", row)

    row = only()
    assert (row.state, row.problem, row.order.lines.get().quantity) == ("captured", "", 2)
    assert tell("shipped", line("mug", 3), at=2).state == "captured"
    assert tell("shipped", line("mug", 4), at=3).state == "needs_attention"


def test_dismissing_a_cancellation_of_what_was_shipped(desk, make_shop, tell, mug, stock, press):
    stock(mug, 5)
    channel = make_shop("auto", processing_mode="pick_pack_ship")
    tell("paid", channel=channel)
    row = tell("canceled", channel=channel, at=1)
    assert row.state == "needs_attention"

    press("dismiss", row)

    assert only().state == "canceled"
    assert tell("canceled", channel=channel, at=2).state == "canceled"


def test_a_form_that_is_sent_twice_has_one_effect(desk, faulty, cup):
    page = page_of(desk, faulty)
    fields = {"form_token": page.context["form_token"], "version": page.context["row"].version}
    fields |= {"sku-1": "mug", "sku-2": "cup"}
    address = reverse("admin:orders_capturedorder_do", args=[faulty.pk, "mend"])

    answers = [desk.post(address, fields).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Order.objects.count() == 1


def test_a_decision_on_an_older_state_is_refused(desk, faulty, tell):
    page = page_of(desk, faulty)
    fields = {"form_token": page.context["form_token"], "version": page.context["row"].version}
    tell("shipped", line("nope", 1), at=5)

    answer = desk.post(
        reverse("admin:orders_capturedorder_do", args=[faulty.pk, "dismiss"]), fields
    )

    assert answer.status_code == 409
    assert only().state == "needs_attention"


def test_a_form_without_its_token_does_nothing(desk, faulty):
    address = reverse("admin:orders_capturedorder_do", args=[faulty.pk, "dismiss"])

    assert desk.post(address, {"version": 1}).status_code == 409
    assert only().state == "needs_attention"


@pytest.mark.parametrize("name", ["again", "dismiss"])
def test_what_needs_nothing_is_left_alone(desk, tell, mug, stock, press, name):
    stock(mug, 5)
    row = tell("paid")

    assert press(name, row).status_code == 409
    assert only().state == "captured"


def test_an_order_that_can_be_sold_leads_to_ours(desk, tell, mug, stock):
    stock(mug, 1)
    row = tell("paid", line("mug", 2))

    page = page_of(desk, row).content.decode()

    assert "Sold, but not there" in page
    assert reverse("admin:orders_order_change", args=[row.order_id]) in page


def test_a_pending_order_says_what_it_waits_for(desk, tell, mug):
    page = page_of(desk, tell("created")).content.decode()

    assert "It becomes an order here when it is paid in Outlet." in page


def test_the_menu_leads_to_them(desk):
    assert LIST in desk.get("/admin/").content.decode()
    assert "No channel orders yet" in desk.get(LIST).content.decode()
    assert not CapturedOrder.objects.exists()
