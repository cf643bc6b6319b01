"""A body that is larger than its address takes is refused before a byte of it is read."""

import io

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

pytestmark = pytest.mark.django_db


HEAD = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'


class Endless(io.RawIOBase):
    """A body that counts what is read of it."""

    def __init__(self):
        self.taken = 0

    def readable(self):
        return True

    def read(self, size=-1):
        head = b"" if self.taken else HEAD
        self.taken += size
        return (head + b"x" * size)[:size]


def sent(client, path, size, *, kind="multipart/form-data; boundary=x", **headers):
    """Send a body that says how long it is; return the answer and how much was read."""
    body = Endless()
    client.cookies["csrftoken"] = "a" * 32
    request = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(size),
        "CONTENT_TYPE": kind,
        "PATH_INFO": path,
        "REQUEST_METHOD": "POST",
        **headers,
    }
    return client.request(**request), body.taken


@pytest.fixture
def staff(admin_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    return client


PUBLIC = ["/cart/add/", "/cart/", "/checkout/", "/admin/login/", "/language/", "/order/x/cancel/"]
UPLOADS = [
    "/admin/inventory/import/add/",
    "/admin/inventory/product/add/",
    "/admin/inventory/variant/add/",
]


@pytest.mark.parametrize("path", [*PUBLIC, *UPLOADS])
def test_nobody_sends_much_who_is_not_known(path):
    answer, taken = sent(Client(enforce_csrf_checks=True), path, 300_000_000)

    assert (answer.status_code, taken) == (413, 0)
    assert "too large" in answer.text


def test_a_user_who_is_no_staff_sends_as_little_as_anybody():
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_user("shopper"))

    answer, taken = sent(client, UPLOADS[0], 300_000)

    assert (answer.status_code, taken) == (413, 0)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/admin/inventory/import/add/", 101_000_000),
        ("/admin/inventory/product/add/", 9_000_000),
        ("/admin/inventory/variant/add/", 9_000_000),
        ("/admin/inventory/storesettings/", 2_500_000),
        ("/cart/add/", 100_000),
    ],
)
def test_each_page_of_staff_has_its_own_limit(path, most, staff):
    answer, taken = sent(staff, path, most + 1)

    assert (answer.status_code, taken) == (413, 0)
    assert sent(staff, path, most)[0].status_code != 413


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/channels/x/webhooks/orders"])
def test_the_api_says_it_as_a_problem(path):
    answer, taken = sent(Client(), path, 6_000_000, kind="application/json")

    assert (answer.status_code, taken) == (413, 0)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"message": "A body may have 5,000,000 bytes."}]


@pytest.mark.parametrize("size", ["", "many", "-5"])
def test_a_body_that_does_not_say_how_long_it_is_is_not_read(size):
    _answer, taken = sent(Client(enforce_csrf_checks=True), "/cart/add/", size)

    assert taken == 0


def test_control_without_the_limit_a_large_body_is_read(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "bodies" not in name]

    _answer, taken = sent(Client(enforce_csrf_checks=True), "/cart/add/", 1_000_000)

    assert taken >= 1_000_000
