"""Hostile requests: refused with a problem, never an error page."""

import pytest
from django.db import InterfaceError, OperationalError
from rest_framework.throttling import UserRateThrottle

from inventory.api.parsers import MAX_BYTES
from inventory.models import StoreSettings, Variant
from tests.inventory.api.conftest import Api

BODY = '{"sku": "a", "product_title": "Mug"%s}'


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "{'sku': 1}",
        '{"sku": }',
        "[" * 5_000,
        "[" * 5_000 + "]" * 5_000,
        '{"a":' * 100_000,
        BODY % ', "notify_below": NaN',
        BODY % ', "notify_below": Infinity',
        BODY % ', "notify_below": -Infinity',
        BODY % (', "notify_below": ' + "9" * 5_000),
        BODY % ', "notify_below": 1e400',
        BODY % ', "sku": "b"',
        BODY % ', "title": "\\ud800"',
        BODY % ', "\\udfff": 1',
        BODY % ', "title": "a\tb"',
        b'{"sku": "\xff", "product_title": "Mug"}',
        b'\xef\xbb\xbf{"sku": "a", "product_title": "Mug"}',
        '{"sku": "a", "product_title": "Mug"}'.encode("utf-16"),
    ],
    ids=lambda raw: repr(raw)[:50],
)
def test_a_body_that_is_not_plain_json_is_a_400(api, raw):
    response = api.post("/variants", raw=raw)

    if raw == "":
        assert response.status_code == 422
    else:
        assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]
    assert not Variant.objects.exists()


def test_an_astral_character_and_brackets_in_text_are_fine(api):
    title = "\U0001f600" + "[" * 100 + '\\"{'
    made = api.post("/variants", {"sku": "a", "product_title": "Mug", "title": title})
    assert (made.status_code, made.json()["title"]) == (201, title)


def test_a_body_that_is_too_large_is_a_413(api):
    response = api.post("/variants", raw=" " * (MAX_BYTES + 1))

    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "nonsense"],
)
def test_another_media_type_is_a_415(api, kind):
    response = api.post("/variants", raw="sku=a", kind=kind)

    assert response.status_code == 415
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", ""])
def test_json_is_answered_whatever_is_accepted(api, accept):
    response = api.send("GET", "/settings", headers={"accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/variants?format=xml", 422),
        ("/variants/%00", 400),
        ("/variants?q=%00", 400),
        ("/variants/" + "x" * 10_000, 404),
        ("/variants?sku=" + "x" * 65, 422),
        ("/variants?limit=" + "9" * 5_000, 422),
        ("/variants?cursor=%ff%fe", 400),
        ("/variants/%ff%fe", 404),
        ("/variants/%ED%A0%80", 404),
        ("/availability/why", 404),
        ("/nothing", 404),
        ("/", 404),
        ("/variants/", 404),
        ("/stock//main", 404),
    ],
    ids=lambda value: str(value)[:40],
)
def test_odd_addresses(api, path, status):
    response = api.get(path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(response.json()) == {"type", "title", "status", "errors"}


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(api, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)

    answers = [api.get("/settings") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_nothing_of_the_token_is_read_from_the_address(api, operator):
    key = api.headers["authorization"].split()[1]
    stranger = Api()

    for name in ("token", "access_token", "authorization", "api_key"):
        assert stranger.get(f"/settings?{name}={key}").status_code == 401
    assert StoreSettings.objects.get().version == 1


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_a_503_without_its_address(api, monkeypatch, error):
    def fail():
        raise error("could not connect to db.internal as shop:secret")

    monkeypatch.setattr(StoreSettings, "load", fail)

    response = api.get("/settings")

    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    assert response.json()["title"] == "Service Unavailable"
    assert "secret" not in response.content.decode()
