"""What shops answer when they are broken, slow or hostile: within bounds, in sentences."""

import logging
import socket
import time
import tracemalloc

import pytest

from channels.connectors.base import ChannelDown, ChannelRefuses, Credentials
from channels.connectors.web import Limits, Web
from channels.connectors.woocommerce.connector import WooCommerce
from channels.connectors.woocommerce.signing import signer_for
from tests.channels.connectors.certificates import certificate
from tests.channels.connectors.conftest import QUICK
from tests.channels.standin import standin

DOWN = [
    ("500", "fault of its own", True),
    ("502_html", "fault of its own", True),
    ("503", "fault of its own", True),
    ("429", "slow down", False),
    ("html", "web page", True),
    ("empty", "not JSON", True),
    ("invalid_json", "not JSON", True),
    ("not_utf8", "UTF-8", True),
    ("deep_json", "nested|too large", True),
    ("huge", "too large", True),
    ("gzip", "compressed", True),
    ("slow_body", "in time", True),
    ("slow_headers", "in time", True),
    ("silence", "in time", True),
    ("drop", "broke the connection off", True),
    ("lost_answer", "broke the connection off", True),
]


@pytest.fixture
def web(shop):
    sign = signer_for(shop.key, shop.secret, is_encrypted=False)
    return Web(shop.address, sign=sign, hidden=(shop.key, shop.secret), limits=QUICK)


@pytest.mark.parametrize(("kind", "words", "is_unknown"), DOWN, ids=[one[0] for one in DOWN])
def test_a_broken_answer_is_a_sentence_within_time_and_memory(shop, web, kind, words, is_unknown):
    shop.faults.script(kind, times=2)
    started = time.monotonic()

    with pytest.raises(ChannelDown, match=words) as down:
        web.request("POST", "/wp-json/wc/v3/products/batch", content=b"{}")
    assert down.value.is_outcome_unknown is is_unknown
    with pytest.raises(ChannelDown) as down:
        web.request("GET", "/wp-json/wc/v3/products")

    assert not down.value.is_outcome_unknown
    assert time.monotonic() - started < 6


def test_an_endless_answer_is_not_kept_in_memory(shop, web):
    shop.faults.script("huge")
    tracemalloc.start()
    try:
        with pytest.raises(ChannelDown, match="too large"):
            web.request("GET", "/wp-json/wc/v3/products")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_short_text_with_millions_of_lists_is_refused(shop, web, monkeypatch):
    body = b"[" + b"[]," * 400_000 + b"[]]"
    monkeypatch.setattr(shop, "list_products", lambda _query: [])
    monkeypatch.setattr("tests.channels.standin.server.json.dumps", lambda _data: body.decode())

    with pytest.raises(ChannelDown, match="too large"):
        web.request("GET", "/wp-json/wc/v3/products")


@pytest.mark.parametrize("kind", ["429", "503"])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("99999999", 86_400),
        ("Wed, 01 Jan 2070 00:00:00 GMT", 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1 Jan 99999999999999999999", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        ("31 Dec 9999 23:59:59 -2359", 86_400),
        ("1 Jan", None),
        ("9" * 500, 86_400),
        ("NaN", None),
        ("1e400", None),
        ("²", None),
    ],
)
def test_the_shop_says_when_to_come_again(shop, web, kind, value, seconds):
    shop.faults.script(kind, value=value)

    with pytest.raises(ChannelDown) as down:
        web.request("GET", "/wp-json/wc/v3/products")

    assert down.value.retry_after == seconds


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("https://other.example/a?key=ck_1#b", "https://other.example/a:"),
        ("/wp-admin", "another page of its own"),
        ("", "another page of its own"),
        ("http://[", "an address that cannot be read"),
    ],
)
def test_a_redirect_is_named_and_not_followed(shop, web, location, words):
    shop.faults.script("redirect", value=location)

    with pytest.raises(ChannelRefuses, match="sends us on to") as refused:
        web.request("GET", "/wp-json/wc/v3/products")

    assert words in str(refused.value)
    assert "ck_" not in str(refused.value)
    assert len(shop.requests) == 1


def test_a_redirect_to_another_host_is_not_told_the_credentials(shop, web):
    with standin() as other:
        shop.faults.script("redirect", value=other.address + "/wp-json/wc/v3/products")
        with pytest.raises(ChannelRefuses):
            web.request("GET", "/wp-json/wc/v3/products")
        assert other.requests == []


def test_nobody_listens(web, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    with pytest.raises(ChannelDown, match="cannot be reached") as down:
        Web(f"http://127.0.0.1:{port}").request("POST", "/")
    assert not down.value.is_outcome_unknown


def test_no_shop_at_this_address(shop, web):
    with pytest.raises(ChannelRefuses, match="404"):
        web.request("GET", "/nothing")


def test_errors_and_logs_have_no_secret(shop, web, caplog):
    caplog.set_level(logging.DEBUG)
    shop.key = "ck_other"
    with pytest.raises(ChannelRefuses) as refused:
        web.request("GET", "/wp-json/wc/v3/products")
    shop.faults.script("500")
    with pytest.raises(ChannelDown) as down:
        web.request("GET", "/wp-json/wc/v3/products")

    for text in (repr(refused.value), repr(down.value)):
        assert "ck_" not in text
        assert "cs_" not in text
    assert "cs_" not in caplog.text
    assert "oauth_signature" not in caplog.text


def test_a_shop_that_repeats_our_keys_is_quoted_without_them(web, shop):
    assert web.quote(f"<b>No</b>  {shop.key} \n{shop.secret}") == "No … …"
    assert len(web.quote("a" * 1000)) == 200


def test_the_answer_is_asked_for_as_plain_text(shop, web):
    web.request("GET", "/wp-json/wc/v3/products", params={"per_page": "1"})

    ((_method, _path, headers),) = shop.requests
    assert headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in headers


@pytest.mark.parametrize("kind", ["slow_body", "slow_headers", "silence"])
def test_a_slow_server_is_cut_off_after_the_whole_time(shop, kind):
    """Each piece comes within the time for one piece, or the time for one piece is longer."""
    shop.faults.script(kind)
    started = time.monotonic()

    with pytest.raises(ChannelDown, match="in time"):
        Web(shop.address, limits=Limits(total=0.4)).request("GET", "/")

    assert time.monotonic() - started < 3


# --- TLS --------------------------------------------------------------------------------------


def test_over_tls_the_credentials_are_sent_as_they_are(settings, tmp_path):
    server, client = certificate(tmp_path, "127.0.0.1")
    with standin(tls=server) as shop:
        credentials = Credentials(shop.address, shop.key, shop.secret)
        sign = signer_for(shop.key, shop.secret, is_encrypted=True)
        connector = WooCommerce(credentials, web=Web(shop.address, sign=sign, tls=client))

        assert connector.test_connection().startswith("WooCommerce at 127.0.0.1 answered")
        assert all("oauth" not in path for _method, path, _headers in shop.requests)


def test_a_certificate_of_nobody_is_named(tmp_path):
    server, _client = certificate(tmp_path, "127.0.0.1")
    with standin(tls=server) as shop, pytest.raises(ChannelDown, match="certificate") as down:
        Web(shop.address).request("POST", "/", content=b"{}")
    assert not down.value.is_outcome_unknown
    assert shop.requests == []


def test_a_certificate_of_another_name_is_refused(settings, tmp_path):
    """The number that is connected to has it; the name that was asked for has not."""
    settings.CHANNEL_PRIVATE_HOSTS = ["shop.example"]
    server, client = certificate(tmp_path, "127.0.0.1")
    with standin(tls=server) as shop:
        url = shop.address.replace("127.0.0.1", "shop.example")
        web = Web(url, tls=client, resolve=lambda *_: ["127.0.0.1"])
        with pytest.raises(ChannelDown, match="certificate"):
            web.request("GET", "/")
    assert shop.requests == []


def test_the_certificate_of_the_name_is_taken(settings, tmp_path):
    settings.CHANNEL_PRIVATE_HOSTS = ["shop.example"]
    server, client = certificate(tmp_path, "shop.example")
    with standin(tls=server) as shop:
        url = shop.address.replace("127.0.0.1", "shop.example")
        web = Web(url, tls=client, resolve=lambda *_: ["127.0.0.1"])
        with pytest.raises(ChannelRefuses, match="credentials"):
            web.request("GET", "/wp-json/wc/v3/products")
    assert len(shop.requests) == 1


def test_a_server_without_tls_is_named(shop):
    with pytest.raises(ChannelDown, match="TLS"):
        Web(shop.address.replace("http:", "https:")).request("GET", "/")
