"""Nothing that a browser can send makes a 500, is slow, or changes anything by reading."""

import time

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from inventory.models import Movement, Product, StoreSettings, Variant, Warehouse
from orders.models import Order

LISTS = [
    "inventory_product",
    "inventory_variant",
    "inventory_movement",
    "inventory_incomingdelivery",
    "inventory_warehouse",
    "inventory_seller",
    "inventory_deliverytimeframe",
    "backoffice_apitoken",
    "auth_user",
    "auth_group",
    "orders_order",
    "orders_fulfillmentorder",
    "orders_fulfillmentline",
]
QUERIES = [
    "id__in=12345678901234567890123",
    "id=12345678901234567890123",
    "sku=%00",
    "title__contains=%00",
    "q=%00",
    "sku__regex=(",
    "title__regex=(a%2B)%2B$",
    "name__iregex=[",
    "q=" + "word+" * 1500,
    "q=" + "x" * 5000,
    "q=%F0%9F%8D%B5+%27%22%3C%3E%25_\\",
    "p=-1",
    "p=100000000000000000000",
    "p=abc",
    "o=999.-1",
    "o=abc",
    "o=-99999999999999999999999",
    "all=",
    "e=1",
    "_to_field=password",
    "_popup=1",
    "_facets=True",
    "seller=abc",
    "seller=99999999999999999999999",
    "warehouse=%ED%A0%80",
    "stock=nothing&backorders=(&kind=x&visible=2&state=y",
    "seller__users__password__startswith=a",
    "user__password__startswith=a",
    "product__seller__users__password__startswith=a",
    "id__isnull=maybe",
    "is_active__exact=%00",
    "state=waits&status=(&payment=x&channel=%00",
    "status=%00&channel=" + "x" * 5000,
    "customer_email__startswith=a",
    "order__customer_email__startswith=a",
    "fulfillment_order__order__customer_email__startswith=a",
    "q=%231001-2+1001-x+" + "9" * 30,
]
KEYS = ["abc", "-1", "1_00", "9" * 30, "%00", "1%00", "x" * 10_000, "_5F", "1/../2", "٣"]


@pytest.fixture
def boss(client, db, mug):
    client.force_login(User.objects.create_superuser("boss"))
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("name", LISTS)
def test_no_address_breaks_a_list(boss, name):
    address = reverse(f"admin:{name}_changelist")

    answers = {query: boss.get(f"{address}?{query}").status_code for query in QUERIES}

    assert {q: status for q, status in answers.items() if status not in {200, 302, 400}} == {}


@pytest.mark.parametrize("name", LISTS)
def test_no_key_breaks_a_page(boss, name):
    address = reverse(f"admin:{name}_changelist")

    answers = {
        f"{key[:20]} {part}": boss.get(f"{address}{key}/{part}/").status_code
        for key in KEYS
        for part in ("change", "delete", "history")
    }

    assert {k: s for k, s in answers.items() if s not in {302, 400, 403, 404}} == {}


@pytest.mark.parametrize("key", [*KEYS, "1", "99999"])
def test_no_key_breaks_the_way_to_the_shop(boss, key):
    kinds = {kind.model_class(): kind.pk for kind in ContentType.objects.all()}

    answers = {model: boss.get(f"/admin/r/{pk}/{key}/") for model, pk in kinds.items()}

    assert {answer.status_code for answer in answers.values()} <= {400, 404}


@pytest.mark.parametrize("name", LISTS)
def test_actions_that_do_not_exist_do_nothing(boss, name):
    address = reverse(f"admin:{name}_changelist")

    for data in (
        {"action": "delete_selected", "_selected_action": "abc"},
        {"action": "delete_selected", "_selected_action": ["9" * 30, "1"], "select_across": "1"},
        {"_save": "1", "form-TOTAL_FORMS": "999999", "form-INITIAL_FORMS": "x"},
    ):
        assert boss.post(address, data).status_code in {200, 302, 400, 403}
    assert (Product.objects.count(), Variant.objects.count(), User.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "query", ["page=-1", "page=abc", "page=1_0", "page=" + "9" * 30, "page=%D9%A3"]
)
def test_bad_page_numbers_are_bad_requests(boss, mug, query):
    low = reverse("admin:inventory_variant_low")
    page = reverse("admin:inventory_variant_change", args=[mug.pk])

    assert boss.get(f"{low}?{query}").status_code == 400
    assert boss.get(f"{page}?tab=movements&{query}").status_code == 400


def test_pages_far_beyond_the_end_are_empty(boss, mug):
    page = reverse("admin:inventory_variant_change", args=[mug.pk])

    assert boss.get(f"{page}?tab=movements&page=999999").status_code == 200


@pytest.mark.parametrize("total", ["999999", "abc", "", "-5", "9" * 5000])
@pytest.mark.parametrize("name", ["receive", "correct", "transfer", "count"])
def test_a_formset_that_announces_a_million_lines_costs_nothing(boss, name, total):
    data = {
        "lines-TOTAL_FORMS": total,
        "lines-INITIAL_FORMS": total,
        "warehouse": Warehouse.objects.get(code="main").pk,
    }
    begun = time.process_time()

    for more in ({}, {"add_lines": "1"}):
        answer = boss.post(reverse(f"admin:inventory_movement_{name}"), data | more)
        assert answer.status_code == 200

    assert time.process_time() - begun < 2
    assert Movement.objects.count() == 0


@pytest.mark.parametrize("total", ["999999", "abc", "", "-5", "9" * 5000])
@pytest.mark.parametrize("name", ["order_add", "fulfillmentline_simulate"])
def test_a_form_of_orders_that_announces_a_million_lines_costs_nothing(boss, name, total):
    data = {
        "lines-TOTAL_FORMS": total,
        "lines-INITIAL_FORMS": total,
        "warehouse": Warehouse.objects.get(code="main").pk,
    }
    begun = time.process_time()

    for more in ({}, {"add_lines": "1"}):
        answer = boss.post(reverse(f"admin:orders_{name}"), data | more)
        assert answer.status_code == 200

    assert time.process_time() - begun < 2
    assert Order.objects.count() == 0


def test_the_pages_of_orders_survive_what_nobody_would_send(boss):
    simulate = reverse("admin:orders_fulfillmentline_simulate")
    buying = reverse("admin:orders_fulfillmentline_buying")
    pick_list = reverse("admin:orders_fulfillmentorder_pick_list")
    picked = reverse("admin:orders_fulfillmentorder_changelist") + "picked/"

    for key in (*KEYS, "", "0"):
        for address in (
            f"{simulate}?delivery={key}",
            f"{simulate}?sku={key}",
            f"{buying}?page={key}",
            f"{pick_list}?parcel={key}",
            f"{picked}{key}/",
        ):
            assert boss.get(address).status_code in {200, 302, 400, 404}, address[:200]


@pytest.mark.parametrize(
    "name",
    ["fulfillmentorder_pick", "fulfillmentline_act", "fulfillmentline_release"],
)
def test_what_does_something_to_orders_is_never_done_by_reading(boss, name):
    assert boss.get(reverse(f"admin:orders_{name}")).status_code in {302, 403, 405}


def test_a_variant_page_that_announces_a_million_components_costs_nothing(boss, mug):
    begun = time.process_time()

    answer = boss.post(
        reverse("admin:inventory_variant_change", args=[mug.pk]),
        {"components-TOTAL_FORMS": "999999", "components-INITIAL_FORMS": "999999"},
    )

    assert answer.status_code == 200
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("number", ["x", "9" * 30, "", "-1", "%00", "1_0"])
def test_a_variant_of_no_product_is_refused(boss, number):
    answer = boss.get(reverse("admin:inventory_variant_add") + f"?product={number}")

    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("priority", ["10000000000", "9" * 30, "-1", "1.5", "x"])
def test_a_priority_out_of_range_is_an_error(boss, priority):
    data = {"name": "North", "code": "north", "priority": priority}

    assert boss.post(reverse("admin:inventory_warehouse_add"), data).status_code == 200
    assert Warehouse.objects.count() == 1


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\x01b", "\ud800"])
def test_control_characters_are_refused_everywhere(boss, mug, text):
    page = reverse("admin:inventory_product_change", args=[mug.product_id])

    answer = boss.post(page, {"title": text.encode("utf-8", "surrogatepass"), "version": 1})

    assert answer.status_code in {200, 400}
    assert Product.objects.get().title == "Enamel Mug"


@pytest.mark.parametrize(
    "name",
    [
        "inventory_movement_receive",
        "inventory_movement_correct",
        "inventory_movement_transfer",
        "inventory_movement_count",
        "inventory_variant_low",
        "inventory_storesettings_changelist",
        "inventory_storesettings_marketplace",
        "inventory_product_add",
        "orders_order_add",
        "orders_fulfillmentline_simulate",
        "orders_fulfillmentline_buying",
        "index",
    ],
)
def test_reading_changes_nothing_and_anonymous_is_sent_to_log_in(boss, mug, name):
    before = (StoreSettings.load().version, mug.version, Movement.objects.count())
    address = reverse(f"admin:{name}")

    assert boss.get(address + "?_save=1&sku=mug&warehouse=main&x=%27").status_code == 200
    anonymous = Client().get(address)

    assert (anonymous.status_code, anonymous.url.split("?")[0]) == (302, "/admin/login/")
    mug.refresh_from_db()
    assert (StoreSettings.load().version, mug.version, Movement.objects.count()) == before


def test_the_search_of_the_theme_survives_bad_pages(boss):
    for query in ("s=a&page=abc", "s=a&page=99", "s=%00", "s=a&extended=1&page=-1"):
        assert boss.get(f"/admin/search/?{query}").status_code in {200, 400, 404}


def test_every_form_needs_its_csrf_token(mug):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("boss"))

    for name in (
        "inventory_movement_receive",
        "inventory_storesettings_changelist",
        "orders_order_add",
        "orders_fulfillmentorder_pick",
        "orders_fulfillmentline_act",
        "orders_fulfillmentline_release",
        "orders_fulfillmentline_simulate",
        "orders_fulfillmentline_receive",
        "orders_fulfillmentline_buying",
    ):
        assert strict.post(reverse(f"admin:{name}"), {}).status_code == 403
