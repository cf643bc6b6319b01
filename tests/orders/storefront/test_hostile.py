"""Nothing that a browser can send makes a 500, and nothing that a merchant writes runs."""

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from inventory.models import Product

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    "",
    " ",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "' OR 1=1 --",
    "%00",
    "%0d%0aSet-Cookie:a=b",
    "%ED%A0%80",
    "%FF%FE",
    "%E2%80%AE",
    "-1",
    "0",
    "1e3",
    "1.5",
    "NaN",
    "1_0",
    "٣",
    "9" * 30,
    "9" * 5000,
    "x" * 10_000,
    "a+" * 1_500,
    "(a%2B)%2B%24",
    "[[[[" * 500,
    "{{7*7}}{%25 now %25}",
    "../../etc/passwd",
    "//evil.example",
    quote(SCRIPT),
    quote('"><svg/onload=alert(1)>'),
    quote("javascript:alert(1)"),
]


@pytest.fixture
def mug(sell):
    return sell("Mug", units=3)


@pytest.mark.parametrize(
    "url",
    [
        "/?q={}",
        "/?page={}",
        "/?after={}",
        "/?before=1.{}&page=2",
        "/?available={}",
        "/?q=a&q={}&page=1&page={}",
        "/?{}",
        "/?{}={}",
        "/product/mug/?variant={}",
        "/product/mug/?quantity={}",
        "/product/mug/?quantity={}&fragment=answer",
        "/product/mug/?fragment={}",
        "/product/{}/",
        "/media/products/{}",
        "/{}",
    ],
)
def test_no_address_makes_a_500(client, mug, url):
    client.raise_request_exception = True
    for text in HOSTILE:
        answer = client.get(url.replace("{}", text))

        assert answer.status_code in {200, 301, 302, 400, 404}, text[:99]
        if answer.status_code in {301, 302}:
            assert re.match(r"/(?![/\\])", answer.headers["Location"]), text[:99]
        if not answer.streaming:
            assert SCRIPT.encode() not in answer.content, text[:99]
            assert b"<svg/onload" not in answer.content, text[:99]


@pytest.mark.parametrize("url", ["/", "/product/mug/", "/media/products/a.webp"])
def test_the_shop_is_only_read(client, mug, url):
    assert client.post(url, {"price": "0.01", "quantity": "1"}).status_code == 405


@pytest.mark.parametrize(
    ("query", "status"),
    [("page=abc", 404), ("page=501", 404), ("page=2", 404), ("page=", 200), ("page=1", 200)],
)
def test_pages_that_are_not_there_are_404(client, mug, query, status):
    assert client.get(f"/?{query}").status_code == status


@pytest.mark.parametrize("url", ["/", "/?q=%3Cscript%3E", "/product/mug/?quantity=%3Cscript%3E"])
def test_what_a_merchant_writes_is_text(client, mug, store, url):
    Product.objects.update(title=SCRIPT + "\u202e", brand=SCRIPT, description=SCRIPT + "<p>")
    mug.title = SCRIPT
    mug.sku = SCRIPT
    mug.save()
    store.store_name = SCRIPT
    store.save()

    page = client.get(url).content.decode()

    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("url", ["/", "/product/mug/?quantity=2", "/nowhere"])
def test_pages_need_no_inline_script_or_style(client, mug, url):
    answer = client.get(url)
    page = answer.content.decode()

    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_missing_page_is_answered_in_the_shops_style(client, db):
    page = client.get("/nowhere").content.decode()

    assert "<h1>This page does not exist</h1>" in page
    assert 'href="/"' in page


@pytest.mark.parametrize("name", ["400.html", "404.html", "500.html"])
def test_error_pages_need_nothing_but_themselves(name):
    page = render_to_string(name)

    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1


def test_a_picture_is_served_and_nothing_beside_it(client):
    folder = settings.MEDIA_ROOT / "products"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.webp").write_bytes(b"RIFF")
    (settings.MEDIA_ROOT / "secret.txt").write_text("secret")

    answer = client.get("/media/products/a.webp")

    assert b"".join(answer.streaming_content) == b"RIFF"
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("", "b.webp", "../secret.txt", "..%2fsecret.txt", ".hidden", "a.webp/", "x" * 300):
        assert client.get(f"/media/products/{path}").status_code == 404


def test_longest_names_are_shown_whole(client, sell):
    sell("W" * 255, brand="B" * 120, title="T" * 255, price="9999999999.99")

    assert b"W" * 255 in client.get("/").content
    assert client.get("/").context["cards"][0].price == "€9,999,999,999.99"
