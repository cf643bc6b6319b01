"""The web server: waitress, with the limits of this program.

One loop reads requests and sends answers; a thread has a request from when it is whole until its
answer is made, so that no slow client holds one.
"""

import resource
import select
import socket
import time
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server

from backoffice.bodies import AROUND

MAX_CONNECTIONS = 1_000
"""Of a process. The one that waits longest makes room for one more."""

FILES_OF_CONNECTION = 4
"""The connection itself, and files for a request, an answer, and what makes it."""

MAX_OF_THE_SHOP = 2_000_000
"""Bytes of a body for any address but those of staff and programs: more is not even buffered."""

OF_STAFF = ("/admin/", "/api/")

SECONDS_TO_FINISH = 10.0
"""Requests that run when the server is told to stop may take so long."""

SECONDS_TO_ASK = 1.0
"""A client that was just answered may ask once more then, and is told that it is the last time."""

LIMITS: dict[str, Any] = {
    "max_request_header_size": 32_768,  # bytes: an address of 200 SKUs, and its cookies
    "max_request_body_size": settings.UPLOAD_MAX_BYTES + AROUND + 1,
    "recv_bytes": 65_536,
    "channel_timeout": 60,  # seconds without a byte
    "cleanup_interval": 5,
    # A thread never waits for an answer to be taken: from 1 MB on it lies in a temporary file.
    "outbuf_high_watermark": 1 << 40,
    # A client that left while its request stood in the queue is noticed: nothing is run for it.
    "channel_request_lookahead": 1,
    "asyncore_use_poll": True,
    "clear_untrusted_proxy_headers": False,  # Django follows them only with BEHIND_PROXY
    "ident": None,
}


class Request(HTTPRequestParser):
    """A request on its way in."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head; it says how large the body may be."""
        super().parse_header(header_plus)
        if not self.path.startswith(OF_STAFF):
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = MAX_OF_THE_SHOP

    def received(self, data: bytes) -> int:
        """Take a piece; who asks whether a body is welcome is not told so when it is too large."""
        taken: int = super().received(data)
        if self.error is not None:
            self.expect_continue = False
        return taken


class Connection(HTTPChannel):
    """A connection."""

    parser_class = Request

    def service(self) -> None:
        """Answer a request; the last one when more were sent at once, or when the server ends.

        Else one small packet asked for hundreds of answers. A client asks again for the others.
        """
        with self.requests_lock:
            if len(self.requests) > 1 or not self.server.accepting:
                self.requests[0].headers["CONNECTION"] = "close"
        super().service()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; other processes of ours may listen there, too.

    :raises OSError: another program does, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    shared = hasattr(socket, "SO_REUSEPORT")
    return socket.create_server((host, port), family=family, backlog=1_024, reuse_port=shared)


def most_connections() -> int:
    """Return how many connections this process may have; ask for as many files as they need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS * FILES_OF_CONNECTION
    if soft != resource.RLIM_INFINITY and soft < wanted:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted // FILES_OF_CONNECTION


class WebServer:
    """Serves a program until it is stopped."""

    def __init__(
        self,
        application: WSGIApplication,
        sock: socket.socket,
        *,
        threads: int,
        most: int = MAX_CONNECTIONS,
        **changes: Any,
    ) -> None:
        """Be ready to serve on a socket that listens; `most` connections at a time."""
        self.stopping = False
        self.sockets: dict[int, Any] = {}
        self.most = most
        self.server: Any = create_server(
            _without_body_of_head(application),
            map=self.sockets,
            sockets=[sock],
            threads=threads,
            connection_limit=most + 10,
            **{**LIMITS, **changes},
        )
        self.server.channel_class = Connection

    def stop(self, *_signal: object) -> None:
        """Stop soon, in order; fit to be called by a signal or in another thread."""
        if not self.stopping:
            self.stopping = True
            self.server.pull_trigger()

    def run(self) -> None:
        """Serve until `stop`; then answer what was asked, and end."""
        while not self.stopping:
            self._turn(seconds=1.0)
            self._make_room()
        self._finish()

    def _turn(self, *, seconds: float) -> None:
        """Read, accept and send what can be; wait so long for the first."""
        wasyncore.loop(timeout=seconds, use_poll=True, map=self.sockets, count=1)

    def _make_room(self) -> None:
        """Close what is late, and whoever waits longest when there are too many.

        waitress closes what is late once more can be sent there: never, to whoever takes nothing.
        """
        waiting = [one for one in self.server.active_channels.values() if not one.requests]
        late = [one for one in waiting if one.will_close]
        if not late and len(self.sockets) > self.most:
            late = sorted(waiting, key=lambda one: one.creation_time)[:1]
        for one in late:
            one.handle_close()

    def _finish(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_FINISH
        self._accept_the_last()
        wasyncore.dispatcher.close(self.server)
        while self._close_idle() and time.monotonic() < deadline:
            self._turn(seconds=0.2)
        self.server.task_dispatcher.shutdown(timeout=max(deadline - time.monotonic(), 0.1))
        wasyncore.close_all(self.sockets)

    def _accept_the_last(self) -> None:
        for _ in range(self.server.adj.backlog):
            if not select.select([self.server.socket], [], [], 0)[0]:
                break
            self._turn(seconds=0)
        self._turn(seconds=0)

    def _close_idle(self) -> bool:
        """Close each connection without a request or an answer; return whether there are others."""
        recently = time.time() - SECONDS_TO_ASK
        for one in list(self.server.active_channels.values()):
            may_ask = one.request is None and one.last_activity > recently
            if not (one.requests or one.total_outbufs_len or may_ask):
                one.handle_close()
        return bool(self.server.active_channels)


def _without_body_of_head(application: WSGIApplication) -> WSGIApplication:
    """Return a program that answers HEAD without a body: Django and waitress leave it to others."""

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        close: Callable[[], None] | None = getattr(body, "close", None)
        if close is not None:
            close()
        return []

    return answered
