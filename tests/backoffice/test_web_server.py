"""The web server as it is started, with its own limits."""

import http.client
import os
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find

from backoffice.supervisor import _web_command, free_port

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start the web server and return its port."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port(18_300)
    environment = {**os.environ, "VAR_DIR": str(folder), "SECRET_KEY": "x" * 50, "HTTPS": "0"}
    environment["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
    process = subprocess.Popen(_web_command(port), cwd=ROOT, env=environment)
    deadline = time.monotonic() + SECONDS_TO_START
    while not answers(port) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.1)
    yield port
    process.terminate()
    assert process.wait() == 0


def asked(port, path, *, method="GET", body=None, **headers):
    """Return the status, the kind and the bytes of an answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()


def told(port, head, *, body=b"x"):
    """Return all that is answered to these bytes, up to the end of the connection."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as sock:
        sock.sendall(head + b"\r\nHost: localhost\r\n\r\n" + body)
        return sock.makefile("rb").read()


def answers(port):
    try:
        return asked(port, "/health/live")[0] == 200
    except ConnectionRefusedError:
        return False


def test_an_address_may_name_200_skus_of_35_characters(server):
    skus = "&".join(f"sku={number:035}" for number in range(200))

    status, kind, _body = asked(server, f"/api/v1/availability?{skus}")

    assert (status, kind) == (401, "application/problem+json")


def test_static_files_are_served_whole(server):
    path = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"

    status, kind, body = asked(server, f"/static/{path}")

    assert (status, kind) == (200, 'text/javascript; charset="utf-8"')
    assert body == Path(find(path)).read_bytes()


@pytest.mark.parametrize("path", ["/health/live", "/static/admin/css/base.css", "/nowhere"])
def test_an_answer_to_head_has_no_body(path, server):
    answer = told(server, b"HEAD %s HTTP/1.1\r\nConnection: close" % path.encode(), body=b"")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 ")
    assert b"Content-Length: " in head
    assert body == b""


def test_a_body_is_read_whole_with_a_length_or_in_pieces(server):
    body = b"username=" + b"x" * 90_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    login = {"path": "/admin/login/", "method": "POST", **form}

    assert asked(server, body=body, **login)[0] == 403
    assert asked(server, body=iter([body[:50_000], body[50_000:]]), **login)[0] == 403
    assert asked(server, body=iter([body, body]), **login)[0] == 413


@pytest.mark.parametrize("also", [b"", b"\r\nExpect: 100-continue"])
@pytest.mark.parametrize(
    ("path", "size"), [("/cart/add/", 2_000_000), ("/", 90_000_000), ("/admin/", 300_000_000)]
)
def test_a_body_larger_than_any_that_is_taken_is_refused_before_it_comes(path, size, also, server):
    head = f"POST {path} HTTP/1.1\r\nContent-Length: {size}".encode() + also

    assert told(server, head).startswith(b"HTTP/1.1 413 ")


def test_who_waits_to_be_asked_for_a_body_is_asked(server):
    head = b"POST /cart/add/ HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue"

    with closing(socket.create_connection(("127.0.0.1", server), timeout=20)) as sock:
        sock.sendall(head + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert sock.recv(1_000).startswith(b"HTTP/1.1 100 Continue")
        sock.sendall(b"a=b")
        assert sock.makefile("rb").readline() == b"HTTP/1.1 403 Forbidden\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"nonsense", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1", 400),
        (b"GET / HTTP/1.1\r\nHost: other", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000, 431),
    ],
)
def test_what_is_no_request_is_refused(head, status, server):
    answer = told(server, b"%s\r\nConnection: close" % head)

    assert int(answer.split()[1]) == status
