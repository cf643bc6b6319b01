"""What nobody foresaw: a page or a problem with a number, and the log that has the number."""

import io
import logging

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils.module_loading import import_string

from backoffice.reference import NO_REQUEST, current_reference
from tests.backoffice.broken import SECRET

BROKEN = "tests.backoffice.broken"
ODD = ["", "x", "a" * 65, "12345678\x1b[31m", "1234 5678", "<b>12345678</b>", "12345678é"]


@pytest.fixture
def visitor(settings, db):
    settings.ROOT_URLCONF = BROKEN
    return Client(raise_request_exception=False)


@pytest.fixture
def log():
    """Return a reader of the log, as it is set up to be written."""
    stream = io.StringIO()
    form = django_settings.LOGGING["formatters"]["line"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(form["format"], style=form["style"]))
    for name in django_settings.LOGGING["handlers"]["console"]["filters"]:
        handler.addFilter(import_string(django_settings.LOGGING["filters"][name]["()"])())
    logging.getLogger().addHandler(handler)
    yield stream.getvalue
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("address", ["/broken/", "/admin/broken/"])
def test_the_page_of_an_error_has_the_number_that_the_log_has(visitor, log, address):
    answer = visitor.get(address)

    number = answer["X-Request-ID"]
    assert answer.status_code == 500
    assert number in answer.content.decode()
    [line] = [line for line in log().splitlines() if "django.request" in line]
    assert f" {number} Internal Server Error: {address}" in line
    assert SECRET in log()
    assert SECRET not in answer.content.decode()


def test_the_page_of_an_error_needs_no_database(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = visitor.get("/broken/")

    assert "Something went wrong" in answer.content.decode()


@pytest.mark.parametrize("debug", [False, True])
def test_a_program_gets_a_problem_with_the_number(visitor, log, settings, debug):
    settings.DEBUG = debug

    answer = visitor.get("/api/v1/broken")

    number = answer["X-Request-ID"]
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "reference": number,
        "errors": [
            {
                "message": "It is our fault, and it was written down. Tell whoever runs this shop "
                f"the number {number}."
            }
        ],
    }
    assert f" {number} Internal Server Error: /api/v1/broken" in log()
    assert SECRET not in answer.content.decode()


def test_a_number_that_a_proxy_made_is_kept(visitor, log):
    answer = visitor.get("/broken/", headers={"X-Request-ID": "proxy-1.a_B9"})

    assert answer["X-Request-ID"] == "proxy-1.a_B9"
    assert " proxy-1.a_B9 Internal Server Error: /broken/" in log()


@pytest.mark.parametrize("given", ODD)
def test_a_number_that_does_not_fit_a_log_is_made_anew(visitor, given):
    answers = [visitor.get("/health/live", headers={"X-Request-ID": given}) for _ in range(2)]

    numbers = {answer["X-Request-ID"] for answer in answers}
    assert len(numbers) == 2
    assert given not in numbers


def test_between_requests_there_is_no_number(visitor):
    visitor.get("/broken/")

    assert current_reference() == NO_REQUEST


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/v2/orders", 401),
        ("POST", "/api/v1/openapi.json", 405),
        ("GET", "/api/v1/orders", 401),
        ("GET", "/api/v1/orders?q=%00", 400),
        ("POST", "/api/v1/orders", 401),
        ("POST", "/api/v1/channels/nowhere/webhooks/orders", 404),
    ],
)
def test_the_api_refuses_in_json_alone(visitor, settings, debug, method, address, status):
    settings.DEBUG = debug

    answer = visitor.generic(method, address, b"{", content_type="application/json")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert answer.json()["errors"][0]["message"]
