"""Logging in: how often, and for whom that counts."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from inventory.errors import TooManyAttempts
from inventory.models import Attempt
from inventory.services.attempts import Limit, attempt, forget_old

PASSWORD = "correct horse battery"
REFUSED = "Too many tries to log in."


@pytest.fixture
def anna(db):
    users = get_user_model().objects
    return users.create_user("anna", password=PASSWORD, is_staff=True, is_superuser=True)


def log_in(password, *, name="anna", address="192.0.2.1", forwarded=""):
    """Return what a browser of its own is answered: "in", "wrong" or "refused"."""
    answer = Client(REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded).post(
        "/admin/login/?next=/admin/", {"username": name, "password": password}
    )
    if answer.status_code == 302:
        return "in"
    return "refused" if REFUSED in answer.content.decode() else "wrong"


def test_guessing_a_password_ends_after_ten_tries(anna):
    assert [log_in(f"guess {number}") for number in range(12)] == ["wrong"] * 10 + ["refused"] * 2
    assert log_in(PASSWORD) == "refused"
    assert log_in(PASSWORD, name="ANNA") == "refused"
    assert log_in(PASSWORD, address="192.0.2.2") == "in"  # nobody is locked out from elsewhere
    assert Attempt.objects.filter(who__contains="anna").count() == 0


def test_it_opens_again_after_a_quarter_of_an_hour(anna):
    for number in range(10):
        log_in(f"guess {number}")
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=14, seconds=50))
    assert log_in(PASSWORD) == "refused"
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=15, seconds=1))
    assert log_in(PASSWORD) == "in"


def test_a_right_password_ends_the_count(anna):
    for _turn in range(3):
        assert [log_in("wrong") for _try in range(9)] == ["wrong"] * 9
        assert log_in(PASSWORD) == "in"


def test_one_password_for_everybody_ends_after_a_hundred_tries(anna, monkeypatch):
    monkeypatch.setattr(
        "backoffice.login.OF_ADDRESS", Limit("login address", 5, timedelta(hours=1))
    )
    tries = [log_in("summer", name=f"user{number}") for number in range(7)]
    assert tries == ["wrong"] * 5 + ["refused"] * 2
    assert log_in(PASSWORD) == "refused"
    assert log_in(PASSWORD, address="192.0.2.2") == "in"


@pytest.mark.parametrize(("proxies", "last"), [(0, "refused"), (1, "wrong")])
def test_only_the_proxy_says_who_asks(anna, settings, proxies, last):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    for number in range(10):
        assert log_in("guess", forwarded=f"10.0.0.1, 198.51.100.{number}") == "wrong"
    assert log_in("guess", forwarded="10.0.0.1, 198.51.100.77") == last
    for number in range(10):
        log_in("guess", forwarded=f"10.0.0.{number}, 198.51.100.5")
    assert log_in("guess", forwarded="10.9.9.9, 198.51.100.5") == "refused"


def test_who_left_a_field_empty_has_not_tried(anna):
    for _turn in range(12):
        assert log_in("", name="") == "wrong"
    assert log_in(PASSWORD) == "in"
    assert not Attempt.objects.exists()


def test_a_refusal_says_how_long_to_wait_and_is_not_counted(db):
    limit, noon = Limit("knock", 2, timedelta(minutes=10)), timezone.now()
    attempt(limit, "me", at=noon)
    attempt(limit, "me", at=noon + timedelta(minutes=4))
    attempt(limit, "you", at=noon)
    for minute, wait in [(5, 5), (9.5, 1)]:
        with pytest.raises(TooManyAttempts, match=f"Wait {wait} minute") as refused:
            attempt(limit, "me", at=noon + timedelta(minutes=minute))
        assert refused.value.minutes == wait
    attempt(limit, "me", at=noon + timedelta(minutes=10))

    forget_old(at=noon + timedelta(days=1, minutes=5))
    assert Attempt.objects.count() == 1
