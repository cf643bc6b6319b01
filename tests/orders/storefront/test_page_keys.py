"""The key of an order's page opens that page, and is to be read nowhere but in the mail."""

import hashlib
import io
import logging
import re

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from backoffice.logs import WithoutKeys
from backoffice.models import ApiToken
from channels.models import DIRECT, STOREFRONT, Channel
from inventory.acts import Act
from inventory.models import OutgoingMail
from orders.models import Order
from orders.models.orders import new_token
from orders.services.booking import Wanted
from orders.services.mails import order_link
from orders.services.page_keys import page_key, seal_plain_keys
from orders.services.place import Customer, place_order
from orders.tasks import tick

pytestmark = pytest.mark.django_db

WORD = "W" * 43


@pytest.fixture
def placed(client, put, sell, buy):
    """An order that a shopper placed in the storefront; some of it waits."""
    sell("Mug", units=1, sku="MUG", backorders="allow")
    put("MUG", "3")
    buy()
    return Order.objects.get()


def order(variant, slug=STOREFRONT, **fields):
    return place_order(
        channel=Channel.objects.get(slug=slug),
        customer=Customer("Ann", "ann@example.com"),
        lines=[Wanted(variant, 1, variant.price)],
        act=Act.now(by="storefront"),
        **fields,
    )


def row_of(order):
    """Return everything that the database keeps of an order, as one text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_order WHERE id = %s", [order.pk])
        return repr(cursor.fetchone())


def as_an_older_program_left(order, *, external_id=None):
    key = new_token()
    Order.objects.filter(pk=order.pk).update(
        token=key,
        page_key_hash=None,
        sealed_page_key=None,
        checkout_hash=None,
        external_id=external_id,
    )
    return key


@pytest.mark.parametrize("slug", [STOREFRONT, DIRECT])
def test_an_external_id_opens_no_page(client, sell, slug):
    theirs = order(sell("Mug", units=5, sku="MUG"), slug, external_id=WORD)
    stranger = Client()

    answer = stranger.post("/checkout/", {"checkout": WORD})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/cart/"
    for path in ("", "cancel/"):
        assert stranger.get(f"/order/{WORD}/{path}").status_code == 404
    for path in ("cancel/", "wait/"):
        assert stranger.post(f"/order/{WORD}/{path}").status_code == 404
    assert theirs.external_id == WORD


def test_nothing_that_is_stored_of_an_order_opens_its_page(placed):
    stranger = Client()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_order")
        stored = [str(value) for value in cursor.fetchone() if value not in {None, ""}]

    assert len(stored) > 15
    for value in stored:
        assert stranger.post("/checkout/", {"checkout": value}).headers["Location"] == "/cart/"
        if "/" not in value:
            assert stranger.get(f"/order/{value}/").status_code == 404, value
    assert stranger.get(f"/order/{page_key(placed)}/").status_code == 200


def test_an_order_of_the_storefront_has_no_external_id(placed):
    assert placed.external_id is None
    assert page_key(placed) not in row_of(placed)
    assert page_key(placed) in OutgoingMail.objects.get().text


def test_the_word_of_a_checkout_is_kept_as_a_hash(client, put, sell, fill):
    sell("Mug", units=1, sku="MUG")
    put("MUG", "1")
    form = fill()

    client.post("/checkout/", form)

    kept = Order.objects.get()
    assert form["checkout"] not in row_of(kept)
    assert kept.checkout_hash == hashlib.sha256(form["checkout"].encode()).hexdigest()


def test_staff_and_programs_do_not_read_the_key(placed, django_user_model):
    root = django_user_model.objects.create_superuser("root")
    desk, key = Client(), ApiToken.issue(user_id=root.pk)[1]
    desk.force_login(root)
    pages = [
        *("/admin/", "/admin/find/?q=MUG", "/admin/find/?q=Ann", "/admin/reports/log/"),
        reverse("admin:orders_order_changelist"),
        reverse("admin:orders_order_change", args=[placed.pk]),
        f"{reverse('admin:orders_order_change', args=[placed.pk])}?tab=history",
        reverse("admin:orders_fulfillmentorder_changelist"),
        reverse("admin:orders_fulfillmentline_changelist"),
        reverse("admin:inventory_outgoingmail_changelist"),
        *("/api/v1/orders", f"/api/v1/orders/{placed.pk}", "/api/v1/fulfillment-orders"),
    ]
    secrets = {page_key(placed), placed.checkout_hash, placed.page_key_hash, placed.sealed_page_key}

    for path in pages:
        answer = desk.get(path, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, path
        for secret in secrets:
            assert secret not in answer.content.decode(), path


def test_the_page_says_its_key_in_no_text(client, placed):
    body = client.get(f"/order/{page_key(placed)}/").content.decode()

    assert page_key(placed) not in re.sub(r"<[^>]*>", " ", body)


def test_the_log_does_not_say_the_key(client, placed, caplog):
    caplog.handler.addFilter(WithoutKeys())

    with caplog.at_level(logging.WARNING):
        client.put(f"/order/{page_key(placed)}/")
        client.get(f"/order/{page_key(placed)}/wait/")

    assert "/order/…/wait/" in caplog.text
    assert page_key(placed) not in caplog.text
    assert configured.LOGGING["handlers"]["console"]["filters"][-1] == "without_keys"


def test_links_of_older_orders_stay_good(client, sell):
    old = order(sell("Mug", units=5, sku="MUG"))
    key = as_an_older_program_left(old, external_id=WORD)
    old.refresh_from_db()

    assert order_link(old).endswith(f"/order/{key}/")
    assert client.get(f"/order/{key}/").status_code == 200
    tick()
    old.refresh_from_db()

    assert order_link(old).endswith(f"/order/{key}/")
    assert client.get(f"/order/{key}/").status_code == 200
    assert key not in row_of(old)
    assert client.get(f"/order/{old.token}/").status_code == 404
    assert (old.external_id, seal_plain_keys()) == (None, 0)
    assert client.post("/checkout/", {"checkout": WORD}).headers["Location"] == f"/order/{key}/"


def test_an_id_that_a_program_gave_is_kept(sell):
    given = order(sell("Mug", units=5, sku="MUG"), external_id="W-7")
    as_an_older_program_left(given, external_id="W-7")
    other = order(given.lines.get().variant, external_id=WORD)
    as_an_older_program_left(other, external_id=WORD)
    Order.objects.filter(pk=other.pk).update(by="program")

    assert seal_plain_keys() == 2
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["W-7", WORD]


def test_a_new_secret_key_changes_no_link(client, placed, settings):
    key = page_key(placed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]

    assert page_key(placed) == key
    call_command("reseal_credentials", stdout=(said := io.StringIO()))
    settings.SECRET_KEY_FALLBACKS = []
    assert "Links to orders sealed with SECRET_KEY: 1." in said.getvalue()
    assert page_key(Order.objects.get()) == key
    assert client.get(f"/order/{key}/").status_code == 200


def test_a_key_that_cannot_be_read_any_more_is_replaced_in_the_next_mail(client, placed, settings):
    lost = page_key(placed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []

    renewed = page_key(placed)

    assert renewed == page_key(Order.objects.get()) != lost
    assert client.get(f"/order/{renewed}/").status_code == 200
    assert client.get(f"/order/{lost}/").status_code == 404
