"""200 clients that send or take a byte now and then leave the shop open to everybody else."""

import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from waitress.channel import HTTPChannel

from backoffice import web_server
from backoffice.supervisor import ROOT, _web_command, free_port
from backoffice.web_server import Connection, WebServer, listening

MANY = 200
PATIENCE = 60
"""Seconds until a test gives up."""

HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
ONCE = HEAD + b"Connection: close\r\n\r\n"

pytestmark = pytest.mark.once


# --- those who serve ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Start the web server as it is; return its port."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port(18_500)
    environment = {**os.environ, "VAR_DIR": str(folder), "SECRET_KEY": "x" * 50, "HTTPS": "0"}
    environment["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
    with subprocess.Popen(_web_command(port), cwd=ROOT, env=environment) as process:
        wait_until(lambda: answer(port) or process.poll() is not None)
        yield port
        process.terminate()


SIZES = {"/large": 1_000_000, "/huge": 30_000_000}


def small(environ, start_response):
    """Answer at once, with as many bytes as the path asks for, in pieces."""
    size = SIZES.get(environ["PATH_INFO"], 5)
    start_response("200 OK", [("Content-Length", str(size))])
    return (b"x" * min(size, 1_000_000) for _ in range(-(-size // 1_000_000)))


@contextmanager
def serving(application=small, **changes):
    """Serve a program in a thread; give the server and its port."""
    sock = listening("127.0.0.1", 0)
    web = WebServer(application, sock, threads=2, **changes)
    thread = threading.Thread(target=web.run)
    thread.start()
    try:
        yield web, sock.getsockname()[1]
    finally:
        web.stop()
        thread.join()


@contextmanager
def plain_threads():
    """Serve with threads that read requests themselves; give the port."""

    class Server(WSGIServer):
        def process_request(self, request, client_address):
            pool.submit(super().process_request, request, client_address)

        shutdown_request = socketserver.BaseServer.shutdown_request

    with (
        ThreadPoolExecutor(8) as pool,
        Server(("127.0.0.1", 0), WSGIRequestHandler) as server,
    ):
        server.set_app(small)
        server.socket.listen(1_024)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
        pool.shutdown(wait=False, cancel_futures=True)


# --- those who ask --------------------------------------------------------------------------------


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def connected(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.settimeout(20)
    try:
        sock.connect(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


def answer(port, request=ONCE, *, seconds=20.0):
    """Return the first line of an answer; `None` when there is none in time."""
    try:
        with closing(connected(port)) as sock:
            sock.settimeout(seconds)
            sock.sendall(request)
            return sock.makefile("rb").readline().decode().strip() or None
    except OSError:
        return None


@contextmanager
def slow_clients(port, first, drip=b""):
    """Keep many connections that begin a request, and send a byte of it now and then."""
    stop = threading.Event()
    clients = [connected(port) for _ in range(MANY)]
    for client in clients:
        client.sendall(first)

    def go_on():
        while not stop.wait(0.2):
            for client in clients:
                try:
                    client.send(drip)
                except OSError:
                    continue

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield clients
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()


JSON = b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"
FILE = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 90000000\r\n"
FILE += b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n\r\n--x\r\n"
LARGE = b"GET /static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js HTTP/1.1\r\n"
LARGE += b"Host: localhost\r\n\r\n"
SLOW = {
    "nothing": (b"", b""),
    "half a line": (b"GET / HT", b""),
    "a header now and then": (HEAD, b"X: y\r\n"),
    "a letter now and then": (HEAD + b"X: ", b"a"),
    "half a body": (
        b"POST /cart/add/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\nx",
        b"x",
    ),
    "a webhook without end": (
        b"POST /api/v1/channels/a/webhooks/orders HTTP/1.1\r\nHost: localhost\r\n" + JSON,
        b" ",
    ),
    "a file without end": (
        b"POST /admin/inventory/import/add/ HTTP/1.1\r\nHost: localhost\r\n" + FILE,
        b"x",
    ),
    "pieces without a length": (
        b"POST /cart/add/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nF\r\n",
        b"x",
    ),
    "a kept connection": (HEAD + b"\r\n", b""),
    "an answer that is not taken": (LARGE, b""),
    "many answers that are not taken": (LARGE * 40, b""),
}


@pytest.mark.parametrize("kind", SLOW)
def test_others_are_answered_at_once_beside_slow_clients(kind, port):
    with slow_clients(port, *SLOW[kind]):
        for _ in range(5):
            assert answer(port) == "HTTP/1.1 200 OK"


def test_control_threads_that_read_requests_are_silenced():
    with plain_threads() as port:
        assert answer(port) == "HTTP/1.0 200 OK"
        with slow_clients(port, *SLOW["a header now and then"]):
            assert answer(port, seconds=2) is None


# --- more of them than there are places -----------------------------------------------------------


def test_who_waits_longest_makes_room_when_all_places_are_taken():
    with (
        serving(most=50) as (_web, port),
        slow_clients(port, *SLOW["a header now and then"]),
    ):
        assert answer(port) == "HTTP/1.1 200 OK"


def test_control_without_making_room_nobody_else_comes_in(monkeypatch):
    monkeypatch.setattr(WebServer, "_make_room", lambda _self: None)
    with (
        serving(most=50) as (_web, port),
        slow_clients(port, *SLOW["a header now and then"]),
    ):
        assert answer(port, seconds=2) is None


@pytest.mark.parametrize("request_", [b"", b"GET / HT", b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_who_sends_or_takes_nothing_for_a_while_is_cut_off(request_):
    changes = {"channel_timeout": 1, "cleanup_interval": 1}
    with serving(**changes) as (web, port), closing(connected(port)) as client:
        client.sendall(request_)
        wait_until(lambda: web.server.active_channels)

        wait_until(lambda: not web.server.active_channels)


# --- much asked with little -----------------------------------------------------------------------


def test_of_requests_that_come_at_once_the_first_is_answered():
    asked = []

    def counted(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return small(environ, start_response)

    with serving(counted) as (_web, port), closing(connected(port)) as client:
        client.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(50)))
        received = client.makefile("rb").read()

    assert asked == ["/0"]
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close\r\n" in received


@pytest.mark.parametrize(
    ("changes", "first"),
    [({}, "HTTP/1.1 200 OK"), ({"outbuf_high_watermark": 16_000_000}, None)],
    ids=["as it is", "control"],
)
def test_no_thread_waits_until_a_huge_answer_is_taken(changes, first):
    huge = b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(**changes) as (_web, port):
        clients = [connected(port) for _ in range(2)]
        for client in clients:
            client.sendall(huge)

        seconds = 20.0 if first else 2.0
        assert answer(port, seconds=seconds) == first
        for client in clients:
            client.close()


def test_control_without_that_rule_many_answers_that_are_not_taken_silence_the_threads(monkeypatch):
    monkeypatch.setattr(Connection, "service", HTTPChannel.service)
    many = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 60
    with serving(outbuf_high_watermark=16_000_000) as (_web, port), slow_clients(port, many):
        wait_until(lambda: answer(port, seconds=2) is None)


def test_nothing_is_run_for_a_client_that_left_the_queue():
    asked, go_on = [], threading.Event()

    def waiting(environ, start_response):
        asked.append(environ["PATH_INFO"])
        assert go_on.wait(PATIENCE)
        return small(environ, start_response)

    with serving(waiting) as (web, port):
        patient = [connected(port) for _ in range(2)]
        for client in patient:
            client.sendall(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: len(asked) == 2)
        with closing(connected(port)) as gone:
            gone.sendall(b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: web.server.task_dispatcher.queue)
        wait_until(lambda: len(web.server.active_channels) == 2)
        go_on.set()

        assert answer(port, b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n") == "HTTP/1.1 200 OK"
        for client in patient:
            client.close()
    assert asked == ["/first", "/first", "/last"]


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_answers_what_it_was_asked_and_takes_no_more(number, tmp_path):
    port = free_port(18_600)
    environment = {**os.environ, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.faults.waiting", str(port)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = pool.submit(_asked_until_answered, port, process)
        assert process.stdout.readline() == "asked\n"

        process.send_signal(number)
        wait_until(lambda: _is_refused(port))
        process.stdin.write("\n")
        process.stdin.flush()

        assert asked.result().endswith(b"\r\nwhole\r\n0\r\n\r\n")
        assert process.wait(timeout=PATIENCE) == 0


def _asked_until_answered(port, process):
    wait_until(lambda: process.poll() is not None or not _is_refused(port))
    with closing(connected(port)) as client:
        client.settimeout(PATIENCE)
        client.sendall(ONCE)
        return client.makefile("rb").read()


def _is_refused(port):
    try:
        connected(port).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_slow_clients_do_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr(web_server, "SECONDS_TO_FINISH", 2 * PATIENCE)
    with serving() as (web, port), slow_clients(port, *SLOW["a header now and then"]):
        assert answer(port) == "HTTP/1.1 200 OK"

        web.stop()

        wait_until(lambda: _is_refused(port) and not web.server.active_channels)


def test_who_was_just_answered_may_ask_once_more_and_hears_that_it_is_the_last(monkeypatch):
    monkeypatch.setattr(web_server, "SECONDS_TO_ASK", PATIENCE)
    monkeypatch.setattr(web_server, "SECONDS_TO_FINISH", PATIENCE)
    with serving() as (web, port), closing(connected(port)) as client:
        client.sendall(HEAD + b"\r\n")
        assert client.recv(1_000).startswith(b"HTTP/1.1 200 OK")
        web.stop()
        wait_until(lambda: _is_refused(port))

        client.sendall(HEAD + b"\r\n")

        assert b"Connection: close\r\n" in client.makefile("rb").read()


def test_several_serve_the_same_port_and_one_may_end():
    with serving() as (_web, port):
        second = WebServer(small, listening("127.0.0.1", port), threads=1)
        thread = threading.Thread(target=second.run)
        thread.start()
        assert {answer(port) for _ in range(50)} == {"HTTP/1.1 200 OK"}

        second.stop()
        thread.join()

        assert {answer(port) for _ in range(50)} == {"HTTP/1.1 200 OK"}


def test_a_port_of_another_program_is_not_taken():
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(OSError, match="in use"),
    ):
        listening("127.0.0.1", other.getsockname()[1])
