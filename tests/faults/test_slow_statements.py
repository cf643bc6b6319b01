"""A statement that takes too long is ended by the database, and said plainly."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError, connection, transaction
from django.http import Http404

from tests.faults.costs import ROOT


class Canceled(Exception):
    """What PostgreSQL's driver raises."""

    sqlstate = "57014"


def canceled(*arguments, **options):
    raise OperationalError("canceling statement due to statement timeout") from Canceled()


def broken(*arguments, **options):
    raise OperationalError("the database is in flames")


@pytest.mark.django_db
def test_a_page_that_took_too_long_says_so(client, monkeypatch):
    monkeypatch.setattr("orders.storefront.views.cards_of", canceled)

    answer = client.get("/")

    assert answer.status_code == 503
    assert "This took too long" in answer.text


@pytest.mark.django_db
def test_control_other_trouble_of_the_database_is_not_called_slow(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("orders.storefront.views.cards_of", broken)

    assert "took too long" not in client.get("/").text


@pytest.mark.django_db
def test_the_api_says_it_as_a_problem(admin_client, monkeypatch):
    monkeypatch.setattr("rest_framework.views.APIView.initial", canceled)
    answer = admin_client.get("/api/v1/warehouses")

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert "took too long" in answer.json()["errors"][0]["message"]


ASK = """
import sys
sys.argv = {argv!r}
{first}
from django.conf import settings
print(settings.DATABASES["default"]["OPTIONS"].get("options", "none"))
"""


@pytest.mark.once
@pytest.mark.parametrize(
    ("argv", "first", "said"),
    [
        (["manage.py", "serve"], "", "-c statement_timeout=3000"),
        (["any server"], "import backoffice.wsgi", "-c statement_timeout=3000"),
        (["manage.py", "work"], "", "-c statement_timeout=900000"),
        (["manage.py", "migrate"], "", "none"),
    ],
)
def test_each_kind_of_process_has_its_own_limit(argv, first, said, tmp_path):
    """Nothing is asked of the database: that it is PostgreSQL is all that counts."""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://shop@localhost/shop",
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "STATEMENT_SECONDS": "3",
        "VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(argv=argv, first=first)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == said


@pytest.mark.django_db(transaction=True)
def test_the_database_ends_what_takes_too_long(settings, client, monkeypatch):
    """On SQLite, which knows no such limit, nothing is ended."""
    is_limited = connection.vendor == "postgresql"

    def slow(*arguments, **options):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 100" if is_limited else "SELECT 1")
            cursor.execute("SELECT pg_sleep(20)" if is_limited else "SELECT 1")
        raise Http404

    monkeypatch.setattr("orders.storefront.views.cards_of", slow)

    assert client.get("/").status_code == (503 if is_limited else 404)
