"""While the database is away, or nothing can be written: 503, with the cause and when to try."""

import errno
import sqlite3

import pytest
from django.db import DataError, InterfaceError, InternalError, OperationalError

from backoffice.outages import cause_of
from inventory.outages import AWAY, BUSY, FULL, READ_ONLY, is_away


def error(kind, cause=None, **fields):
    made = kind("as shop:secret at 10.0.0.7")
    if cause is not None:
        made.__cause__ = cause
        for name, value in fields.items():
            setattr(cause, name, value)
    return made


class Server(Exception):
    """What psycopg raises."""


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (error(OperationalError), AWAY),
        (error(InterfaceError), AWAY),
        (error(OperationalError, Server(), sqlstate="57P01"), AWAY),
        (error(OperationalError, Server(), sqlstate=None), AWAY),
        (error(OperationalError, Server(), sqlstate="53300"), AWAY),
        (error(OperationalError, Server(), sqlstate="53100"), FULL),
        (error(OperationalError, Server(), sqlstate="40P01"), BUSY),
        (error(OperationalError, Server(), sqlstate="57014"), BUSY),
        (error(OperationalError, Server(), sqlstate="55P03"), BUSY),
        (error(InternalError, Server(), sqlstate="25006"), READ_ONLY),
        (error(InternalError, Server(), sqlstate="25P02"), ""),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=5), BUSY),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=261), BUSY),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=8), READ_ONLY),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=13), FULL),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=14), AWAY),
        (error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=1), ""),
        (error(DataError), ""),
        (OSError(errno.EROFS, "read-only", "x"), "No file can be written now."),
        (OSError(errno.ENOSPC, "full"), "No file can be written now."),
        (PermissionError(errno.EACCES, "no", "x"), "No file can be written now."),
        (PermissionError(errno.EACCES, "no"), ""),
        (FileNotFoundError(errno.ENOENT, "no", "x"), ""),
        (ValueError(), ""),
    ],
    ids=repr,
)
def test_what_is_an_outage(what, told):
    assert cause_of(what) == told
    assert is_away(what) is (told in {AWAY, FULL, READ_ONLY})


@pytest.fixture
def breaks(client, monkeypatch):
    """Return a way to have whatever a page does fail, and to ask for it."""
    client.raise_request_exception = False

    def ask(path, *, where, what, method="get"):
        def fail(*_args, **_fields):
            raise what

        monkeypatch.setattr(where, fail)
        return getattr(client, method)(path)

    return ask


READ_ONLY_NOW = error(InternalError, Server(), sqlstate="25006")
IN_A_VIEW = "orders.storefront.showcase.Shop.load"
IN_MIDDLEWARE = "django.contrib.sessions.middleware.SessionMiddleware.process_request"


@pytest.mark.parametrize("where", [IN_A_VIEW, IN_MIDDLEWARE])
@pytest.mark.parametrize("debug", [True, False])
def test_shoppers_are_told_when_to_try_again_and_nothing_of_the_cause(
    db, breaks, settings, where, debug
):
    settings.DEBUG = debug

    answer = breaks("/", where=where, what=error(OperationalError))

    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "The shop cannot answer for a moment." in page
    assert AWAY not in page
    assert "secret" not in page


def test_shoppers_are_told_in_their_language(db, client, breaks):
    client.cookies["language"] = "nl"
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "nl"

    page = breaks("/", where=IN_A_VIEW, what=error(OperationalError)).content.decode()

    assert "De winkel kan even niet antwoorden." in page


def test_staff_are_told_the_cause(db, breaks):
    answer = breaks("/admin/login/", where="django.contrib.auth.get_user", what=READ_ONLY_NOW)

    assert answer.status_code == 503
    assert READ_ONLY in answer.content.decode()


@pytest.mark.parametrize("what", [error(OperationalError), READ_ONLY_NOW])
@pytest.mark.parametrize(
    "where", ["backoffice.authentication.TokenAuthentication.authenticate", IN_MIDDLEWARE]
)
def test_programs_are_told_in_a_problem_and_no_page(db, breaks, where, what):
    answer = breaks("/api/v1/products", where=where, what=what)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503
    assert "secret" not in answer.content.decode()


def test_an_error_of_the_program_stays_one(db, breaks):
    assert breaks("/", where=IN_A_VIEW, what=ZeroDivisionError()).status_code == 500
    missing = error(OperationalError, sqlite3.OperationalError(), sqlite_errorcode=1)
    assert breaks("/", where=IN_A_VIEW, what=missing).status_code == 500


def test_without_the_middleware_it_was_a_500(db, breaks, settings):
    """The control: what says 503 is the middleware."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "outages" not in one]

    assert breaks("/", where=IN_A_VIEW, what=error(OperationalError)).status_code == 500
