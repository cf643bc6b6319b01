"""Receive, correct, transfer, count: all lines or none, once, and never against changed books."""

import pytest
from django.utils import timezone

from inventory.acts import Act
from inventory.models import Movement, StockLevel, Warehouse
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine


def lines(*rows):
    data = {"lines-TOTAL_FORMS": str(max(len(rows), 5)), "lines-INITIAL_FORMS": "0"}
    for number, (code, quantity) in enumerate(rows):
        data |= {f"lines-{number}-code": code, f"lines-{number}-quantity": str(quantity)}
    return data


@pytest.fixture
def send(desk, url):
    """Return a way to fill in a page and send it; `then` sends what came back once more."""

    def post(name, *rows, **head):
        opened = desk.get(url(f"movement_{name}"))
        token = opened.context["head"].initial["form_token"]
        places = {"warehouse": Warehouse.objects.get(code="main").pk}
        return desk.post(
            url(f"movement_{name}"), lines(*rows) | places | {"form_token": token} | head
        )

    return post


@pytest.fixture
def resend(desk, url):
    """Return a way to confirm a comparison."""

    def post(name, response):
        formset = response.context["lines"]
        head = response.context["head"]
        return desk.post(url(f"movement_{name}"), {**dict(head.data.items()), **formset.data})

    return post


def test_received_lines_are_put_on_hand_and_shown(send, desk, mug, make_variant, main, on_hand):
    tea = make_variant("tea", ean="4006381333931")

    response = send("receive", ("mug", 3), ("4006381333931", 4), ("mug", 2), reference="DN-7")

    assert response.status_code == 302
    assert (on_hand(mug, main), on_hand(tea, main)) == (5, 4)
    shown = desk.get(response.url).context["movements"]
    assert sorted((m.quantity, m.reference, m.by) for m in shown) == [
        (4, "DN-7", "olga"),
        (5, "DN-7", "olga"),
    ]


def test_a_bad_line_keeps_all_lines_from_being_booked(send, mug):
    response = send("receive", ("mug", 3), ("nope", 1))

    errors = [form.errors for form in response.context["lines"].forms[:2]]
    assert errors == [{}, {"code": ["No variant has this SKU or EAN."]}]
    assert Movement.objects.count() == 0


@pytest.mark.parametrize(
    "quantity", ["", "0", "-1", "1.5", "1e3", "1000000001", "NaN", "9" * 5000, "1_0"]
)
def test_a_bad_quantity_is_an_error_beside_its_line(send, mug, quantity):
    response = send("receive", ("mug", quantity))

    assert list(response.context["lines"].forms[0].errors) == ["quantity"]
    assert Movement.objects.count() == 0


def test_no_line_at_all_is_said(send, db):
    response = send("receive")

    assert "There is no line yet" in response.content.decode()


def test_a_bundle_and_an_untracked_variant_are_refused_beside_their_lines(send, make_variant, mug):
    make_variant("card", track_inventory=False)

    response = send("receive", ("mug", 1), ("card", 1))

    assert response.context["lines"].forms[1].errors == {
        "__all__": ["card is not tracked: turn Track the inventory on first."]
    }
    assert Movement.objects.count() == 0


def test_a_form_sent_twice_is_booked_once(send, desk, mug, main, on_hand):
    first = send("receive", ("mug", 3))
    token_page = desk.get(first.url)
    assert token_page.status_code == 200

    opened = desk.get("/admin/inventory/movement/receive/")
    token = opened.context["head"].initial["form_token"]
    data = lines(("mug", 3)) | {"warehouse": main.pk, "form_token": token}
    one = desk.post("/admin/inventory/movement/receive/", data)
    two = desk.post("/admin/inventory/movement/receive/", data)

    assert (one.url, on_hand(mug, main)) == (two.url, 6)


@pytest.mark.parametrize("token", ["", "nonsense", "WzEsIngiXQ:1:2"])
def test_a_form_without_a_good_token_is_not_booked(send, mug, token):
    response = send("receive", ("mug", 3), form_token=token)

    assert response.status_code == 200
    assert Movement.objects.count() == 0


def test_another_users_result_is_not_shown(send, client, make_user, mug):
    address = send("receive", ("mug", 3)).url

    client.force_login(make_user("willy", "warehouse"))

    assert client.get(address).status_code == 404


def test_a_transfer_moves_units(send, mug, main, receive, on_hand):
    north = Warehouse.objects.create(code="north", name="North")
    receive(mug, main, 5)

    send("transfer", ("mug", 2), target=north.pk)

    assert (on_hand(mug, main), on_hand(mug, north)) == (3, 2)


def test_the_lists_of_movements_and_deliveries_name_the_warehouse_as_people_do(
    desk, url, mug, main, receive
):
    receive(mug, main, 3)
    Warehouse.objects.filter(pk=main.pk).update(name="Rotterdam")
    create_delivery(
        act=Act.now(),
        warehouse=main,
        reference="PO",
        expected_at=timezone.localdate(),
        lines=[StockLine(mug, 1)],
    )

    for name in ("movement", "incomingdelivery"):
        page = desk.get(url(f"{name}_changelist")).content.decode()
        assert "Rotterdam" in page, name


def test_a_transfer_of_more_than_there_is_is_refused_beside_the_line(send, mug, main, receive):
    north = Warehouse.objects.create(code="north", name="North")
    receive(mug, main, 5)

    response = send("transfer", ("mug", 6), target=north.pk)

    assert response.context["lines"].forms[0].errors == {
        "__all__": ["Only 5 available in Main warehouse."]
    }
    assert Movement.objects.count() == 1


def test_a_transfer_to_itself_is_refused(send, mug, main, receive):
    receive(mug, main, 5)

    response = send("transfer", ("mug", 1), target=main.pk)

    assert "Choose another warehouse" in response.content.decode()
    assert Movement.objects.count() == 1


@pytest.mark.parametrize(("name", "head"), [("correct", {"reason": "broken"}), ("count", {})])
def test_what_was_found_is_compared_first_and_booked_then(
    send, resend, mug, main, receive, on_hand, name, head
):
    receive(mug, main, 5)

    compared = send(name, ("mug", 3), **head)
    row = compared.context["compared"][0]
    assert (row.books, row.found, row.difference, on_hand(mug, main)) == (5, 3, -2, 5)

    assert resend(name, compared).status_code == 302
    assert on_hand(mug, main) == 3


def test_books_that_changed_meanwhile_are_not_overwritten(
    send, resend, mug, main, receive, on_hand
):
    receive(mug, main, 5)
    compared = send("count", ("mug", 3))
    receive(mug, main, 1)

    response = resend("count", compared)

    assert "changed meanwhile" in response.context["errors"][0]
    assert response.context["compared"][0].books == 6
    assert on_hand(mug, main) == 6

    assert resend("count", response).status_code == 302
    assert on_hand(mug, main) == 3


def test_a_correction_needs_a_reason(send, mug):
    response = send("correct", ("mug", 3))

    assert list(response.context["head"].errors) == ["reason"]
    assert StockLevel.objects.count() == 0


def test_more_lines_come_without_a_script_and_book_nothing(send, mug):
    response = send("receive", ("mug", 3), add_lines="1")

    assert response.context["lines"].total_form_count() == 10
    assert response.context["lines"].forms[0]["code"].value() == "mug"
    assert Movement.objects.count() == 0


def test_a_sku_of_another_seller_is_not_found(client, make_user, berts, main, anna, roles):
    anna.groups.add(roles["warehouse"])
    client.force_login(anna)
    opened = client.get("/admin/inventory/movement/receive/")
    token = opened.context["head"].initial["form_token"]

    for code in ("CANARY-1", "4006381333931"):
        response = client.post(
            "/admin/inventory/movement/receive/",
            lines((code, 1)) | {"warehouse": main.pk, "form_token": token},
        )
        assert response.context["lines"].forms[0].errors == {
            "code": ["No variant has this SKU or EAN."]
        }
    assert Movement.objects.count() == 0


def test_an_ean_of_two_variants_asks_which(send, make_variant):
    make_variant("a", ean="123")
    make_variant("b", ean="123")

    response = send("receive", ("123", 1))

    assert response.context["lines"].forms[0].errors == {
        "code": ["Several variants have this EAN: type one of a, b."]
    }
