"""Mails speak the language in which the order was placed, whoever works and whenever."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from inventory.models import OutgoingMail
from orders.amounts import full_day
from orders.models import Order
from orders.services.mails import mail_promise_changed, mail_released, mail_shipped
from tests.orders.storefront.conftest import channel, main, sell, store

__all__ = ["channel", "main", "sell", "store"]

DAY = timezone.localdate() + timedelta(days=13)
WORDS = {
    "en": (
        ("received", "3 ship now", "2 on backorder: no date yet", "Total: €", "See order"),
        ("a parcel is on its way", "Still waiting"),
        ("ready to ship", "this ships next"),
        ("a new date", "Now: expected {day}. Before: no date yet.", "cancel what waits"),
    ),
    "nl": (
        (
            "ontvangen",
            "3 worden nu verzonden",
            "2 op nabestelling: nog geen datum",
            "Totaal: €\xa0",
        ),
        ("er is een pakket onderweg", "Komt nog"),
        ("klaar voor verzending", "wordt nu verzonden"),
        ("een nieuwe datum", "Nu: verwacht op {day}. Eerder: nog geen datum.", "annuleer dan"),
    ),
    "de": (
        (
            "eingegangen",
            "3 werden jetzt versandt",
            "2 auf Nachbestellung: noch kein Termin",
            "\xa0€",
        ),
        ("Ein Paket ist unterwegs", "Steht noch aus"),
        ("versandbereit", "wird als Nächstes versandt"),
        ("ein neuer Termin", "Jetzt: erwartet am {day}. Bisher: noch kein Termin.", "stornieren"),
    ),
}


@pytest.fixture(autouse=True)
def _english_afterwards():
    with translation.override("en"):
        yield


@pytest.fixture
def bought(client, sell):
    """Return a way to buy five mugs, three of which are there, in the storefront."""
    mug = sell("Mug", units=3, backorders="allow")

    def buy(language):
        client.cookies["django_language"] = language
        client.post("/cart/add/", {"variant": mug.sku, "quantity": "5"})
        page = client.get("/checkout/").content.decode()
        kept = {
            name: page.partition(f'name="{name}" value="')[2].partition('"')[0]
            for name in ("checkout", "shown")
        }
        client.post("/checkout/", {**kept, "name": "Ann", "email": "ann@example.com"})
        return Order.objects.get()

    return buy


@pytest.mark.parametrize("language", WORDS)
def test_every_mail_speaks_as_the_shopper_did(bought, language):
    order = bought(language)
    line = order.lines.get()
    parcel = order.fulfillment_orders.get(status="ready")
    assert order.language == language

    with translation.override("de" if language == "en" else "en"):  # another one is at work now
        mails = [
            OutgoingMail.objects.get(),
            mail_shipped(parcel),
            mail_released(parcel),
            mail_promise_changed(order, [(line, None, DAY)]),
        ]

    with translation.override(language):
        day = full_day(DAY)
    for mail, (subject, *texts) in zip(mails, WORDS[language], strict=True):
        assert subject in mail.subject
        assert f'<html lang="{language}">' in mail.html
        for text in texts:
            assert text.format(day=day) in mail.text


@pytest.mark.parametrize(
    ("sent", "expected", "subject"),
    [
        ({}, "", "ontvangen"),
        ({"language": ""}, "", "ontvangen"),
        ({"language": "de"}, "de", "eingegangen"),
    ],
)
def test_programs_may_say_the_language(client, operator, sell, settings, sent, expected, subject):
    settings.SHOP_LANGUAGE = "nl"
    client.force_login(operator)
    body = {
        "customer": {"name": "Ann", "email": "ann@example.com"},
        "lines": [{"sku": sell(units=3).sku, "quantity": 1}],
        **sent,
    }

    answer = client.post("/api/v1/orders", body, content_type="application/json")

    assert (answer.status_code, answer.json()["language"]) == (201, expected)
    assert subject in OutgoingMail.objects.get().subject


@pytest.mark.parametrize("language", ["tlh", "", None, 5, "nl-BE"])
def test_a_language_that_is_not_spoken_is_refused(client, operator, sell, language):
    client.force_login(operator)
    body = {
        "customer": {"name": "Ann"},
        "lines": [{"sku": sell(units=3).sku, "quantity": 1}],
        "language": language,
    }

    answer = client.post("/api/v1/orders", body, content_type="application/json")

    assert answer.status_code == (201 if language == "" else 422)


def test_staff_choose_the_language_of_a_caller(client, operator, sell):
    client.force_login(operator)
    page = reverse("admin:orders_order_add")
    token = client.get(page).context["head"]["form_token"].value()
    lines = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        "0-code": sell(units=3).sku,
        "0-quantity": "1",
    }

    client.post(
        page,
        {
            "form_token": token,
            "customer_name": "Ann",
            "customer_email": "ann@example.com",
            "language": "de",
            "is_paid": "on",
            **{f"lines-{name}": value for name, value in lines.items()},
        },
    )

    assert Order.objects.get().language == "de"
    assert "eingegangen" in OutgoingMail.objects.get().subject
