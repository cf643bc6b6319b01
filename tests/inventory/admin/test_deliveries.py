"""Deliveries: announced, received wholly or in part, moved and canceled, by POST alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import IncomingDelivery, Movement


@pytest.fixture
def order(announce, mug):
    return announce((mug, 10))


@pytest.fixture
def act(desk, url):
    """Return a way to press a button on a delivery's page."""

    def press(name, delivery, **data):
        opened = desk.get(url("incomingdelivery_change", delivery.pk))
        token = opened.context["form_token"]
        address = url(f"incomingdelivery_{name}", delivery.pk)
        return desk.post(address, {"form_token": token, **data})

    return press


def test_a_delivery_is_announced_with_its_lines(desk, url, mug, main):
    address = url("incomingdelivery_add")
    token = desk.get(address).context["head"].initial["form_token"]
    data = {
        "warehouse": main.pk,
        "reference": "PO-9",
        "expected_at": "2027-01-05",
        "form_token": token,
        "lines-TOTAL_FORMS": "5",
        "lines-INITIAL_FORMS": "0",
        "lines-0-code": "mug",
        "lines-0-quantity": "40",
    }

    desk.post(address, data)
    desk.post(address, data)

    delivery = IncomingDelivery.objects.get()
    assert (delivery.reference, str(delivery.expected_at)) == ("PO-9", "2027-01-05")
    assert list(delivery.lines.values_list("variant__sku", "quantity")) == [("mug", 40)]


def test_a_delivery_without_lines_or_day_is_refused(desk, url, main):
    address = url("incomingdelivery_add")
    token = desk.get(address).context["head"].initial["form_token"]

    response = desk.post(
        address,
        {
            "warehouse": main.pk,
            "reference": "PO-9",
            "expected_at": "soon",
            "form_token": token,
            "lines-TOTAL_FORMS": "5",
            "lines-INITIAL_FORMS": "0",
        },
    )

    assert list(response.context["head"].errors) == ["expected_at"]
    assert IncomingDelivery.objects.count() == 0


def test_all_of_it_is_received_once(act, order, mug, main, on_hand):
    assert act("receive", order, all="1").status_code == 302

    again = act("receive", order, all="1")

    assert again.status_code == 409
    assert "was received before" in again.content.decode()
    assert on_hand(mug, main) == 10


def test_part_of_it_is_received(act, order, mug, main, on_hand):
    line = order.lines.get()

    act("receive", order, part="1", **{f"line-{line.pk}": "4"})

    line.refresh_from_db()
    assert (line.received, on_hand(mug, main)) == (4, 4)
    assert IncomingDelivery.objects.get().received_at is None


def test_the_same_part_sent_twice_is_received_once(desk, url, order, mug, main, on_hand):
    opened = desk.get(url("incomingdelivery_change", order.pk))
    data = {"form_token": opened.context["form_token"], "part": "1"}
    data[f"line-{order.lines.get().pk}"] = "4"

    for _sending in range(2):
        desk.post(url("incomingdelivery_receive", order.pk), data)

    assert on_hand(mug, main) == 4


@pytest.mark.parametrize("quantity", ["11", "-1", "1.5", "x", "9" * 5000, "٣"])
def test_too_many_units_or_no_number_are_refused_beside_the_line(act, order, quantity):
    line = order.lines.get()

    response = act("receive", order, part="1", **{f"line-{line.pk}": quantity})

    assert response.status_code == 409
    assert response.context["rows"][0]["error"] != ""
    assert Movement.objects.count() == 0


def test_it_is_rescheduled(act, order):
    act("reschedule", order, expected_at="2027-02-03")

    assert str(IncomingDelivery.objects.get().expected_at) == "2027-02-03"


def test_a_canceled_delivery_stays_as_it_is(act, order):
    act("cancel", order)
    canceled = IncomingDelivery.objects.get()

    response = act("reschedule", order, expected_at="2027-02-03")

    assert response.status_code == 409
    assert "was canceled before" in response.content.decode()
    assert IncomingDelivery.objects.get().expected_at == canceled.expected_at


@pytest.mark.parametrize("name", ["receive", "reschedule", "cancel"])
def test_reading_never_acts(desk, url, order, name):
    assert desk.get(url(f"incomingdelivery_{name}", order.pk)).status_code == 405
    assert IncomingDelivery.objects.awaited().count() == 1
    assert Movement.objects.count() == 0


def test_the_list_tells_the_states_apart(desk, url, announce, mug, act):
    announce((mug, 1), reference="LATE", days=-1)
    announce((mug, 1), reference="SOON")
    act("cancel", announce((mug, 1), reference="OFF"))

    def found(state):
        rows = desk.get(url("incomingdelivery_changelist") + f"?state={state}").context["cl"]
        return sorted(row.reference for row in rows.result_list)

    assert (found("late"), found("expected"), found("open"), found("canceled")) == (
        ["LATE"],
        ["SOON"],
        ["LATE", "SOON"],
        ["OFF"],
    )


def test_a_shared_delivery_cannot_be_received_by_one_seller(
    client, url, anna, annas, berts, announce, roles
):
    shared = announce((annas, 1), (berts, 1))
    anna.groups.add(roles["warehouse"])
    client.force_login(anna)

    opened = client.get(url("incomingdelivery_change", shared.pk))
    assert "CANARY" not in opened.content.decode()
    data = {"form_token": opened.context["form_token"], "all": "1"}

    assert client.post(url("incomingdelivery_receive", shared.pk), data).status_code == 403
    assert client.post(url("incomingdelivery_cancel", shared.pk)).status_code == 403
    assert Movement.objects.count() == 0


def test_days_are_those_of_the_store(announce, mug, desk, url):
    delivery = announce((mug, 1), days=0)

    assert str(desk.get(url("incomingdelivery_change", delivery.pk)).context["state"]) == "Expected"
    assert delivery.expected_at + timedelta(0) == timezone.localdate()


@pytest.mark.parametrize("version", ["1", "0", "x", "9" * 30, "-1", ""])
@pytest.mark.parametrize("name", ["receive", "reschedule", "cancel"])
def test_what_was_decided_on_an_older_page_is_refused(act, order, name, version):
    IncomingDelivery.objects.update(version=2)

    response = act(name, order, version=version, expected_at="2030-01-01")

    assert response.status_code == 409
    assert "was changed by somebody else" in response.content.decode()
    order.refresh_from_db()
    assert (order.version, order.canceled_at, Movement.objects.count()) == (2, None, 0)


def test_the_page_says_which_version_it_shows(desk, url, order):
    page = desk.get(url("incomingdelivery_change", order.pk)).content.decode()

    assert page.count('<input type="hidden" name="version" value="1">') == 3
