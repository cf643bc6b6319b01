"""The shop in three languages: whose, how one chooses, and that nothing is left in English."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from inventory.acts import Act
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from orders.amounts import day_and_month
from tests import catalogs

PLACEHOLDER = re.compile(r"%\(\w+\)s|</?bdi>")


@pytest.fixture(autouse=True)
def _english_afterwards():
    """Put back the language that a request left behind."""
    with translation.override("en"):
        yield


@pytest.mark.parametrize("language", catalogs.LANGUAGES)
def test_every_text_is_translated_and_the_compiled_file_agrees(language):
    entries = catalogs.read(catalogs.path_of(language, "po").read_text())
    header, texts = entries[0], entries[1:]

    assert f"Language: {language}" in header.translations[0]
    assert {entry.message for entry in texts} == catalogs.messages()
    for entry in texts:
        message = entry.message
        assert not entry.is_fuzzy, message
        assert len(entry.translations) == (2 if message.plural else 1), message
        for said in entry.translations:
            assert said.strip(), message
            assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(message.text))
    assert catalogs.path_of(language, "mo").read_bytes() == catalogs.compiled(entries)


@pytest.mark.parametrize("language", catalogs.LANGUAGES)
def test_no_other_catalogue_speaks_in_between(language):
    entries = catalogs.read(catalogs.path_of(language, "po").read_text())[1:]

    with translation.override(language):
        for (text, plural, context), translations, _fuzzy in entries:
            for number, expected in zip((1, 2), translations, strict=False):
                assert expected == (
                    translation.npgettext(context, text, plural, number)
                    if context and plural
                    else translation.pgettext(context, text)
                    if context
                    else translation.ngettext(text, plural, number)
                    if plural
                    else translation.gettext(text)
                )


@pytest.mark.parametrize(
    ("wished", "cookie", "shop", "language"),
    [
        ("", "", "en", "en"),
        ("nl", "", "en", "nl"),
        ("de-AT,de;q=0.9,en;q=0.5", "", "en", "de"),
        ("fr,nl-BE;q=0.8", "", "en", "nl"),
        ("fr", "", "de", "de"),
        ("*", "", "nl", "nl"),
        ("nl", "de", "en", "de"),
        ("nl", "../../etc/passwd", "en", "nl"),
        ("x" * 100_000, "x" * 4_000, "en", "en"),
        ("nl;q=,\xff-,;;-", "", "en", "en"),
    ],
)
def test_whose_language_it_is(client, db, settings, wished, cookie, shop, language):
    settings.SHOP_LANGUAGE = shop
    client.cookies["django_language"] = cookie

    answer = client.get("/", headers={"Accept-Language": wished})

    assert answer["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))
    assert f'<html lang="{language}">' in answer.content.decode()
    title = {"en": "All products", "nl": "Alle producten", "de": "Alle Produkte"}[language]
    assert f"<h1>{title}</h1>" in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/orders", "/health/live"])
def test_staff_and_programs_read_english(client, db, path):
    answer = client.get(path, headers={"Accept-Language": "nl"})

    assert answer["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        ("/cart/?a=1", "/cart/?a=1"),
        *((evil, "/") for evil in ("", "//evil.example", "https:evil", "/\\evil", "javascript:1")),
    ],
)
def test_a_visitor_chooses_and_stays(client, db, came_from, goes_to):
    answer = client.post(reverse("storefront:language"), {"language": "de", "next": came_from})

    assert (answer.status_code, answer["Location"]) == (303, goes_to)
    assert answer.cookies["django_language"]["samesite"] == "Lax"
    assert "Ihr Warenkorb ist leer" in client.get("/cart/").content.decode()
    assert client.post(reverse("storefront:language"), {"language": "tlh"}).status_code == 400
    assert client.get(reverse("storefront:language")).status_code == 405


@pytest.fixture
def arriving(sell, main):
    """Three mugs on the shelf, and nine that come in eleven days."""
    mug = sell("Mug", units=3, price="1234.50", backorders="notify")
    day = timezone.localdate() + timedelta(days=11)
    create_delivery(
        act=Act.now(), warehouse=main, reference="D-1", expected_at=day, lines=[StockLine(mug, 9)]
    )
    return mug, day


@pytest.mark.parametrize(
    ("language", "price", "said"),
    [
        ("en", "€1,234.50", ("3 ship now, 2 on backorder", "On backorder: expected {day}")),
        ("nl", "€\xa01.234,50", ("3 direct leverbaar, 2 op nabestelling", "verwacht op {day}")),
        ("de", "1.234,50\xa0€", ("3 sofort lieferbar, 2 auf Nachbestellung", "erwartet am {day}")),
    ],
)
def test_numbers_days_and_sentences(client, arriving, language, price, said):
    mug, day = arriving
    client.cookies["django_language"] = language
    page = reverse("storefront:product", args=[mug.product.slug])

    text = unescape(client.get(f"{page}?quantity=5").content.decode())

    with translation.override(language):
        shown = day_and_month(day, today=timezone.localdate())
    assert price in text
    for sentence in said:
        assert sentence.format(day=shown) in text


@pytest.mark.parametrize(("language", "name"), [("nl", "Naam"), ("de", "Name")])
def test_no_page_of_the_way_to_an_order_is_left_in_english(client, arriving, language, name):
    """A text that is not marked shows in the foreign page; words of the merchant are its own."""
    mug, _day = arriving
    own = {"store", "English", "Deutsch"}  # the name of the shop, and the names of languages
    english = {
        word
        for message in catalogs.messages()
        for word in re.findall(r"[A-Za-z]{4,}", re.sub(r"%\(\w+\)s", "", message.text))
    }
    foreign = {
        word
        for entry in catalogs.read(catalogs.path_of(language, "po").read_text())
        for said in entry.translations
        for word in re.findall(r"[A-Za-z]{4,}", said)
    }
    client.cookies["django_language"] = language
    client.post("/cart/add/", {"variant": mug.sku, "quantity": "5"})

    for path in ("/", "/?q=mug&available=1", "/?q=zebra", "/cart/", "/checkout/", "/nowhere/"):
        body = client.get(path).content.decode().partition("<body")[2]
        text = unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", body, flags=re.DOTALL))
        left = set(re.findall(r"[A-Za-z]{4,}", text)) & english - foreign - own
        assert not left, path
    assert name in client.get("/checkout/").content.decode()
