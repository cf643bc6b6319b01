"""Pages of other sites: none may speak to the API, unless a setting names theirs exactly."""

import os
import subprocess
import sys

import pytest

from tests.inventory.api.conftest import Api

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example.com"
ASKS = {"origin": SHOP, "access-control-request-method": "POST"}


@pytest.fixture
def api(operator):
    return Api(operator)


@pytest.fixture
def allowed(settings):
    settings.API_CORS_ORIGINS = [SHOP, "http://localhost:5173"]


def test_no_page_elsewhere_is_let_in_by_default(api):
    answer = api.send("GET", "/settings", headers={"origin": SHOP})
    asked = api.send("OPTIONS", "/orders", headers=ASKS)

    for response in (answer, asked):
        assert "Access-Control-Allow-Origin" not in response.headers


def test_a_page_that_is_named_may_read_and_write(api, allowed):
    asked = Api().send("OPTIONS", "/orders", headers=ASKS)
    answer = api.send("GET", "/settings", headers={"origin": SHOP})

    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in answer.headers["Vary"]


def test_an_error_can_be_read_as_well(allowed):
    answer = Api().send("GET", "/settings", headers={"origin": SHOP})

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example.com.evil.example",
        "https://evil.example",
        "http://shop.example.com",
        "https://shop.example.com:8443",
        "https://SHOP.example.com",
        "https://shop.example.com/",
        "null",
        "*",
        "",
    ],
)
def test_any_other_page_is_not(api, allowed, origin):
    answer = api.send("GET", "/settings", headers={"origin": origin})
    asked = Api().send("OPTIONS", "/orders", headers={**ASKS, "origin": origin})

    for response in (answer, asked):
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Access-Control-Allow-Methods" not in response.headers
        assert "Origin" in response.headers["Vary"]


def test_no_page_is_ever_let_in_by_a_cookie(api, allowed):
    answer = api.send("GET", "/settings", headers={"origin": SHOP})

    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/admin/", "/health/live", "/media/x.png", "/apiary/"])
def test_nothing_but_the_api_is_opened(client, allowed, path):
    answer = client.get(path, headers={"origin": SHOP})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("value", ["*", "shop.example.com", "https://shop.example.com/", "null"])
def test_a_setting_that_opens_more_than_a_site_is_refused(value):
    done = subprocess.run(
        [sys.executable, "-c", "import backoffice.settings"],
        env={**os.environ, "API_CORS_ORIGINS": value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "API_CORS_ORIGINS" in done.stderr
