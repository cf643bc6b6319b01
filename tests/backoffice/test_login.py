"""Logging in: how often, and for whom that counts."""

import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from backoffice.models import ApiToken
from inventory.errors import TooManyAttempts
from inventory.models import Attempt, ChangeSet
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


# --- changing the password ---------------------------------------------------------------------

CHANGE = "/admin/password_change/"
NEW = "a new long sentence"


@pytest.fixture
def desk(client, anna):
    client.force_login(anna)
    return client


def change(client, old, **more):
    fields = {"old_password": old, "new_password1": NEW, "new_password2": NEW, **more}
    return client.post(CHANGE, fields)


def errors_of(answer):
    return answer.context["form"].errors.get("old_password", []) if answer.context else ["changed"]


def test_guessing_the_old_password_ends_after_ten_tries(desk, anna):
    said = [errors_of(change(desk, f"guess {number}"))[0] for number in range(12)]

    assert ["Too many" in one for one in said] == [False] * 10 + [True] * 2
    assert "Too many wrong passwords. Wait" in errors_of(change(desk, PASSWORD))[0]
    other = Client(REMOTE_ADDR="2001:db8::1")
    other.force_login(anna)
    assert "Too many" in errors_of(change(other, PASSWORD))[0]  # another address is no new start
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


def test_the_count_ends_with_the_right_password_and_with_time(desk, anna):
    for _try in range(9):
        change(desk, "wrong")
    assert change(desk, PASSWORD).status_code == 302
    for _try in range(10):
        change(desk, "wrong")
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=15, seconds=1))
    assert change(desk, NEW).status_code == 302


def test_without_the_count_every_guess_is_answered(desk, monkeypatch):
    """The control: the count is what ends the guessing."""
    monkeypatch.setattr("backoffice.login.OF_PASSWORD", Limit("old password", 10_000, timedelta(1)))

    said = [errors_of(change(desk, f"guess {number}"))[0] for number in range(12)]

    assert not any("Too many" in one for one in said)


def test_a_new_password_ends_other_sessions_and_the_ticked_tokens(desk, anna, make_user):
    other = Client()
    other.force_login(anna)
    names = ("webshop", "scanner")
    shop, scanner = (ApiToken.issue(user_id=anna.pk, name=name) for name in names)
    theirs, _key = ApiToken.issue(user_id=make_user("bo").pk, name="bo")
    page = desk.get(CHANGE).content.decode()
    assert page.count('name="ended"') == page.count("checked") == 2

    answer = change(desk, PASSWORD, ended=[shop[0].pk, theirs.pk])
    assert "is not one of the available choices" in str(answer.context["form"].errors)
    assert change(desk, PASSWORD, ended=[shop[0].pk]).status_code == 302

    used = {
        name: Client().get("/api/v1/settings", headers={"authorization": f"Bearer {key}"})
        for name, (_row, key) in zip(names, (shop, scanner), strict=True)
    }
    assert {name: one.status_code for name, one in used.items()} == {"webshop": 401, "scanner": 200}
    assert other.get("/admin/").status_code == 302
    assert desk.get("/admin/").status_code == 200
    assert ApiToken.objects.get(pk=theirs.pk).revoked_at is None
    assert ChangeSet.objects.filter(by=anna, rows__model="user").exists()


def test_a_page_without_tokens_does_not_ask_for_them(desk):
    assert 'name="ended"' not in desk.get(CHANGE).content.decode()


def test_a_superuser_who_sets_a_password_reads_which_tokens_still_work(desk, make_user):
    bo = make_user("bo")
    ApiToken.issue(user_id=bo.pk, name="webshop")

    answer = desk.post(
        f"/admin/auth/user/{bo.pk}/password/",
        {"password1": NEW, "password2": NEW, "usable_password": "true"},
        follow=True,
    )

    assert "1 API token of bo still works: webshop" in answer.content.decode()


# --- how long a session lasts ------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """Return a way to let so many minutes pass."""
    passed = [time.time()]
    monkeypatch.setattr("backoffice.sessions.time.time", lambda: passed[0])

    def wait(minutes):
        passed[0] += minutes * 60

    return wait


def is_in(client, path="/admin/"):
    return client.get(path).status_code == 200


def test_who_does_nothing_for_two_hours_is_logged_out(desk, clock):
    assert is_in(desk)
    clock(119)
    assert is_in(desk)
    clock(119)
    assert is_in(desk)
    clock(120)

    answer = desk.get("/admin/orders/order/", follow=True)

    assert answer.redirect_chain == [("/admin/login/?next=/admin/orders/order/", 302)]
    assert "You were logged out for safety. Log in to go on." in answer.content.decode()
    assert not is_in(desk)
    assert desk.get("/api/v1/settings").status_code == 401


def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(desk, clock):
    assert is_in(desk)
    for _turn in range(3):
        clock(50)
        desk.get("/admin/inventory/job/1/progress/")

    assert not is_in(desk)


def test_nobody_is_logged_in_for_more_than_two_weeks(desk, clock):
    assert is_in(desk)
    said = []
    for _turn in range(14 * 24 * 60 // 112):
        clock(112)
        said.append(desk.get("/admin/help/").status_code)
    assert said == [200] * 179 + [302]


def test_logging_in_again_counts_anew(client, anna, clock):
    fields = {"username": "anna", "password": PASSWORD}
    client.post("/admin/login/", fields)
    assert is_in(client)
    clock(200)
    assert not is_in(client)
    client.post("/admin/login/", fields)
    assert is_in(client)


def test_a_cart_is_kept_however_long_nobody_clicks(client, clock, db):
    session = client.session
    session["cart"] = {"MUG": 1}
    session.save()
    client.get("/cart/")
    clock(5_000)
    client.get("/cart/")

    assert client.session["cart"] == {"MUG": 1}


# --- codes of many digits ----------------------------------------------------------------------

CODES = ["9" * 20, "9" * 400, "٣" * 20, "１" * 20, "-1", "1e3", "0x10", "\x00", "١٢٣٤٥٦"]
"""What a field that expects a code may be sent: longer than any number a database keeps."""


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_any_length_is_no_error_of_ours(desk, code):
    typed = {"username": code, "password": code, "old_password": code, "code": code}
    lines = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-code": code}
    posts = ("/admin/login/", CHANGE, "/admin/inventory/movement/receive/")
    gets = ("/admin/inventory/movement/scan/?code=", "/admin/find/?q=", "/admin/orders/order/?q=")

    answers = [Client().post(path, typed | lines) for path in posts[:1]]
    answers += [desk.post(path, typed | lines) for path in posts[1:]]
    answers += [desk.get(f"{path}{quote(code)}") for path in gets]

    assert [one.status_code for one in answers if one.status_code >= 500] == []
