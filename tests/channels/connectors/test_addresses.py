"""Which addresses are refused: when they are saved, and when they are called."""

import pytest

from channels.connectors.addresses import is_public
from channels.connectors.base import ChannelDown, ChannelRefuses
from channels.connectors.web import Limits, Web, check_address

PUBLIC = "93.184.215.14"

REFUSED = [
    ("this machine", "http://127.0.0.1:5432"),
    ("this machine, IPv6", "http://[::1]"),
    ("no address", "http://0.0.0.0"),
    ("the cloud's own service", "http://169.254.169.254"),
    ("a private network", "http://10.0.0.1"),
    ("another private network", "https://192.168.1.1"),
    ("shared by a provider", "https://100.64.0.1"),
    ("a private network, IPv6", "https://[fd00::1]"),
    ("link-local with a zone", "https://[fe80::1%25eth0]"),
    ("many machines", "https://224.0.0.1"),
    ("reserved", "https://240.0.0.1"),
    ("its name", "http://localhost"),
    ("its name with a dot", "http://localhost."),
    ("a name below it", "http://shop.localhost:8080"),
    ("one decimal number", "http://2130706433"),
    ("hexadecimal", "http://0x7f.1"),
    ("octal", "http://0177.0.0.1"),
    ("three numbers", "http://127.0.1"),
    ("a public one, in decimal", "http://134744072"),
    ("digits of another script", "http://①②⑦.⓪.⓪.①"),
    ("IPv4 in IPv6", "http://[::ffff:127.0.0.1]"),
    ("IPv4 in a tunnel", "http://[2002:7f00:1::]"),
    ("IPv4 behind a gateway", "http://[64:ff9b::7f00:1]"),
    ("a user name", "http://user@shop.example"),
    ("a password", "https://user:secret@shop.example"),
    ("a file", "file:///etc/passwd"),
    ("gopher", "gopher://shop.example"),
    ("no scheme", "shop.example"),
    ("a mail server's port", "https://shop.example:25"),
    ("a shell's port", "http://shop.example:22"),
    ("port 0", "http://shop.example:0"),
    ("no port at all", "http://shop.example:99999"),
    ("a query", "https://shop.example/?a=1"),
    ("a fragment", "https://shop.example/#a"),
    ("a space", "https://shop.example/a b"),
    ("a line break", "https://shop.example\r\nHost: other"),
    ("a backslash", "https://shop.example\\@127.0.0.1"),
    ("no host", "https://"),
    ("nothing", ""),
    ("two dots", "https://shop..example"),
    ("half a bracket", "https://[::1"),
]


@pytest.fixture(autouse=True)
def _nothing_is_listed(settings):
    settings.CHANNEL_PRIVATE_HOSTS = []


def numbers_as_the_system_reads_them(host, _port):
    """Resolve as the system does: names to a public machine, numbers to themselves."""
    return [host] if host[0].isdigit() or ":" in host else [PUBLIC]


@pytest.mark.parametrize(("case", "url"), REFUSED, ids=[case for case, _ in REFUSED])
def test_an_address_is_refused_when_it_is_saved(case, url):
    with pytest.raises(ChannelRefuses) as refused:
        check_address(url, resolve=numbers_as_the_system_reads_them)

    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("case", "url"), REFUSED, ids=[case for case, _ in REFUSED])
def test_an_address_is_refused_when_it_is_called(case, url):
    with pytest.raises(ChannelRefuses):
        Web(url, resolve=numbers_as_the_system_reads_them).request("GET", "/")


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://shop.example", "https://shop.example", ""),
        ("https://shop.example/store/", "https://shop.example", "/store"),
        ("http://SHOP.example:8080", "http://shop.example:8080", ""),
        ("https://shop.example:443", "https://shop.example", ""),
        ("https://8.8.8.8:9000", "https://8.8.8.8:9000", ""),
        ("https://[2606:4700::1111]", "https://[2606:4700::1111]", ""),
        ("https://shop.example/müsli/a%20b", "https://shop.example", "/m%C3%BCsli/a%20b"),
        ("https://müsli.example", "https://xn--msli-0ra.example", ""),
    ],
)
def test_a_public_address_is_taken(url, origin, path):
    address = check_address(url, resolve=numbers_as_the_system_reads_them)

    assert (address.origin, address.path) == (origin, path)


def test_one_private_address_spoils_a_name():
    with pytest.raises(ChannelRefuses, match="private network"):
        check_address("https://shop.example", resolve=lambda *_: [PUBLIC, "10.0.0.1"])


def test_a_name_that_leads_nowhere_may_do_so_tomorrow():
    with pytest.raises(ChannelDown, match="not known"):
        check_address("https://shop.example", resolve=lambda *_: [])


def test_the_system_is_asked_where_a_name_leads():
    with pytest.raises(ChannelRefuses, match="private network"):
        check_address("http://127.0.0.1:8080")
    with pytest.raises(ChannelDown, match="not known"):
        check_address("https://nowhere.invalid")


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.1:8080"])
def test_a_private_address_is_taken_once_it_is_listed(settings, listed):
    settings.CHANNEL_PRIVATE_HOSTS = [listed]

    assert check_address("http://127.0.0.1:8080").port == 8080
    with pytest.raises(ChannelRefuses):
        check_address("http://127.0.0.2:8080")


def test_a_listed_port_lists_no_other(settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1:8080"]

    with pytest.raises(ChannelRefuses):
        check_address("http://127.0.0.1:8081")


def test_a_name_that_leads_elsewhere_later_is_not_followed(shop):
    """The name is public when it is saved, and this machine's when it is called."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    url = shop.address.replace("127.0.0.1", "shop.example")

    def resolve(_host, _port):
        return next(answers)

    check_address(url, resolve=resolve)
    with pytest.raises(ChannelRefuses, match="private network"):
        Web(url, resolve=resolve).request("GET", "/")
    assert shop.requests == []


def test_the_address_that_was_checked_is_the_one_that_is_called(shop, settings):
    """It is asked where the name leads once; the name stays in Host."""
    settings.CHANNEL_PRIVATE_HOSTS = ["shop.example"]
    answers = iter([["127.0.0.1"]])
    url = shop.address.replace("127.0.0.1", "shop.example")

    with pytest.raises(ChannelRefuses, match="credentials"):
        Web(url, resolve=lambda *_: next(answers)).request("GET", "/wp-json/wc/v3/products")

    ((_method, _path, headers),) = shop.requests
    assert headers["Host"].startswith("shop.example:")


def test_the_next_address_is_tried_within_the_same_time(shop, settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["shop.example"]
    url = shop.address.replace("127.0.0.1", "shop.example")
    web = Web(url, resolve=lambda *_: ["127.9.9.9", "127.0.0.1"], limits=Limits(connect=2))

    with pytest.raises(ChannelRefuses, match="credentials"):
        web.request("GET", "/wp-json/wc/v3/products")


def test_proxies_of_the_environment_are_not_asked(shop, settings, monkeypatch):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with pytest.raises(ChannelRefuses, match="credentials"):
        Web(shop.address).request("GET", "/wp-json/wc/v3/products")
    assert len(shop.requests) == 1


def test_what_is_no_address_is_not_public():
    assert not is_public("shop.example")
