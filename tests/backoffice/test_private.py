"""What is nobody else's business: methods that pages do not have, caches, files on the disk."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from backoffice.private_files import keep_private
from inventory.visitors import one_visitor

METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND")
PAGES = (
    *("/", "/cart/", "/cart/add/", "/checkout/", f"/order/{'x' * 43}/", "/product/mug/"),
    *("/admin/", "/admin/login/", "/admin/inventory/variant/", "/admin/orders/order/1/change/"),
    *("/health/live", "/health/ready", "/nowhere/", "/admin/nowhere/", "/language/"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("who", ["stranger", "superuser"])
def test_pages_are_read_and_sent_to_and_nothing_else(client, admin_client, method, who):
    asker = client if who == "stranger" else admin_client
    answers = {path: asker.generic(method, path) for path in PAGES}

    assert {path: one.status_code for path, one in answers.items()} == dict.fromkeys(PAGES, 405)
    assert {one.headers["Allow"] for one in answers.values()} == {"GET, HEAD, OPTIONS, POST"}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "TRACE", "CONNECT"])
def test_the_api_says_itself_what_it_does_not_take(admin_client, method):
    answer = admin_client.generic(method, "/api/v1/settings")

    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/settings", 200),
        ("/api/v1/orders", 200),
        ("/api/v1/nowhere", 404),
        ("/api/v1/openapi.json", 200),
        ("/api/v1/variants?x=%00", 400),
    ],
)
def test_no_cache_keeps_what_the_api_answers(admin_client, client, path, status):
    answer = admin_client.get(path)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
    client.logout()
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_no_cache_keeps_a_page_of_staff(admin_client):
    answer = admin_client.get(reverse("admin:orders_order_changelist"))

    assert "no-store" in answer.headers["Cache-Control"]


# --- files -------------------------------------------------------------------------------------


@pytest.fixture
def _own_mask():
    mask = os.umask(0o022)
    yield
    os.umask(mask)


def rights(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.usefixtures("_own_mask")
def test_what_lies_there_is_closed_and_what_is_not_ours_stays(tmp_path):
    for name in ("media", "mail", "other"):
        (tmp_path / name).mkdir(mode=0o755)
    for name in ("db.sqlite3", "db.sqlite3-wal", "secret_key", "notes.txt"):
        (tmp_path / name).write_text("x")

    keep_private(tmp_path)
    (tmp_path / "new").write_text("x")
    found = {path.name: rights(path) for path in tmp_path.iterdir()}

    assert found == {
        **dict.fromkeys(("media", "mail"), "0o700"),
        **dict.fromkeys(("db.sqlite3", "db.sqlite3-wal", "secret_key", "new"), "0o600"),
        "other": "0o755",
        "notes.txt": "0o644",
    }


def test_nobody_else_reads_what_the_program_writes(tmp_path):
    """The whole program, started as people start it under the usual mask: database, mails, key."""
    root = Path(__file__).resolve().parents[2]
    env = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": "",
    }
    for command in (["migrate", "--verbosity", "0"], ["sendtestemail", "ann@example.com"]):
        subprocess.run(
            ["/bin/sh", "-c", 'umask 022; exec "$@"', "sh", sys.executable, "manage.py", *command],
            cwd=root,
            env=env,
            check=True,
        )

    written = [tmp_path / "var", *(tmp_path / "var").rglob("*")]

    assert {one.name for one in written} > {"db.sqlite3", "mail", "secret_key"}
    assert [str(one) for one in written if one.stat().st_mode & 0o077] == []


# --- visitors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_ipv6_visitor_is_a_network(address, visitor):
    assert one_visitor(address) == visitor
