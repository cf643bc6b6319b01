"""Our one way to ask another machine: pinned, bounded, without redirects.

It connects to the address it has checked, so that a name cannot lead elsewhere in between; it reads
no proxy from the environment, follows nothing, unpacks nothing, keeps no cookies and no connection.
"""

import functools
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpcore

from channels.connectors.addresses import (
    Address,
    Resolver,
    check_address,
    public_addresses,
    read_address,
)
from channels.connectors.answers import read_json
from channels.connectors.base import ChannelDown, ChannelRefuses

__all__ = ["Address", "Answer", "Limits", "Params", "Web", "check_address"]

Params = Mapping[str, str]
Signer = Callable[[str, str, Params], tuple[Params, Mapping[str, str]]]
"""Takes method, URL and query; returns the query and the headers that prove who we are."""

MAX_RETRY_AFTER = 86_400
MAX_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds, and bytes of the answer."""

    connect: float = 5
    read: float = 10
    total: float = 30
    body: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shop said, as JSON. The names of the headers are small letters."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def is_success(self) -> bool:
        """Return whether the shop says it did as asked; it may be wrong about single items."""
        return 200 <= self.status < 300


class _NotRead(Exception):
    """An answer that we do not take in; its text says why."""


class Web:
    """The way to one shop. `hidden` is what no error may repeat, as its keys."""

    def __init__(
        self,
        url: str,
        *,
        sign: Signer | None = None,
        hidden: Sequence[str] = (),
        limits: Limits | None = None,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = read_address(url)
        self._sign = sign
        self._hidden = [text for text in hidden if text]
        self._limits = limits or Limits()
        self._resolve = resolve
        self._tls = tls

    def request(
        self, method: str, path: str, *, params: Params | None = None, content: bytes | None = None
    ) -> Answer:
        """Ask, and return the answer; JSON of success and of the shop's own refusals alike.

        :raises ChannelDown: no answer in time, or none that can be read.
        :raises ChannelRefuses: the address is not allowed, or our credentials are not taken.
        """
        may_act = method != "GET"
        ways = _Backend(self._limits.total, self._resolve)
        try:
            status, headers, body = self._exchange(ways, method, path, params or {}, content)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise ChannelDown(self._not_reached(error)) from None
        except (httpcore.TimeoutException, TimeoutError):
            text = f"{self.address.host} did not answer in time."
            raise ChannelDown(text, is_outcome_unknown=may_act) from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            text = f"{self.address.host} broke the connection off."
            raise ChannelDown(text, is_outcome_unknown=may_act) from None
        except _NotRead as error:
            text = f"The answer of {self.address.host} is not read: {error}."
            raise ChannelDown(text, is_outcome_unknown=may_act) from None
        self._check_status(status, headers, may_act=may_act)
        return Answer(status, headers, self._read(status, headers, body, may_act=may_act))

    def quote(self, text: object) -> str:
        """Return the shop's own words for a sentence: plain, short, without our keys."""
        plain = re.sub(r"<[^>]*>|\s+", " ", str(text))
        for secret in self._hidden:
            plain = plain.replace(secret, "…")
        plain = " ".join(plain.split())
        return plain if len(plain) <= MAX_QUOTE else plain[: MAX_QUOTE - 1] + "…"

    def _exchange(
        self, ways: "_Backend", method: str, path: str, params: Params, content: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        url = self.address.origin + self.address.path + path
        headers: dict[bytes | str, bytes | str] = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "Backoffice",
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        if self._sign:
            params, proof = self._sign(method, url, params)
            headers.update(proof)
        if params:
            url += "?" + urlencode(params)
        timeouts = {
            "connect": self._limits.connect,
            "read": self._limits.read,
            "write": self._limits.read,
            "pool": self._limits.connect,
        }
        tls = self._tls or usual_tls()
        with (
            httpcore.ConnectionPool(ssl_context=tls, network_backend=ways) as pool,
            pool.stream(
                method,
                url,
                headers=headers,
                content=content,
                extensions={"timeout": timeouts},
            ) as response,
        ):
            answered = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            is_read = 200 <= response.status < 300 or 400 <= response.status < 500
            body = self._bounded(response.iter_stream(), answered) if is_read else b""
            return response.status, answered, body

    def _bounded(self, chunks: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _NotRead("it is compressed, and we asked for plain text")
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > self._limits.body:
                raise _NotRead("it is too large")
        return bytes(body)

    def _not_reached(self, error: Exception) -> str:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {self.address.host} is not valid: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return f"{self.address.host} does not speak TLS as it should ({cause.reason})."
        return f"{self.address.host} cannot be reached."

    def _check_status(self, status: int, headers: Mapping[str, str], *, may_act: bool) -> None:
        host = self.address.host
        if 300 <= status < 400:
            raise ChannelRefuses(
                f"{host} sends us on to {_place(headers.get('location', ''))}: "
                "enter the address the shop itself uses."
            )
        if status in {408, 425, 429}:
            raise ChannelDown(f"{host} asks us to slow down.", retry_after=_retry_after(headers))
        if status >= 500:
            raise ChannelDown(
                f"{host} has a fault of its own (status {status}).",
                retry_after=_retry_after(headers),
                is_outcome_unknown=may_act,
            )

    def _read(self, status: int, headers: Mapping[str, str], body: bytes, *, may_act: bool) -> Any:
        try:
            if "json" not in headers.get("content-type", ""):
                raise ValueError("it is a web page")
            data = read_json(body)
        except ValueError as error:
            if 400 <= status < 500:
                text = f"{self.address.host} has no shop at this address (status {status})."
                raise ChannelRefuses(text) from None
            text = f"The answer of {self.address.host} cannot be read: {error}."
            raise ChannelDown(text, is_outcome_unknown=may_act) from None
        if status in {401, 403}:
            said = self.quote(data.get("message", "") if isinstance(data, dict) else "")
            raise ChannelRefuses(f"{self.address.host} does not take the credentials: {said}")
        return data


class _Backend(httpcore.NetworkBackend):
    """Connects to checked addresses alone, and lets nothing last past the whole time."""

    def __init__(self, seconds: float, resolve: Resolver | None) -> None:
        self._sockets = httpcore.SyncBackend()
        self._resolve = resolve
        self._ends_at = time.monotonic() + seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers; all are tried in one time."""
        ends_at = min(self._ends_at, time.monotonic() + (timeout or 0))
        found = public_addresses(host.strip("[]"), port, resolve=self._resolve)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in found:
            seconds = ends_at - time.monotonic()
            if seconds <= 0:
                break
            try:
                stream = self._sockets.connect_tcp(
                    address, port, seconds, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._ends_at)
        raise failure or httpcore.ConnectTimeout("in time")


class _Stream(httpcore.NetworkStream):
    """A stream that ends at an instant, however slowly the other side speaks."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self._stream = stream
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came."""
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it, in pieces that are each within the time."""
        for start in range(0, len(buffer), 65_536):
            self._stream.write(buffer[start : start + 65_536], self._left(timeout))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Encrypt it; the certificate has to be the name's, not the number's."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Stream(stream, self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream knows of itself."""
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("in all")
        return left if timeout is None else min(left, timeout)


@functools.cache
def usual_tls() -> ssl.SSLContext:
    """Return the settings of TLS that every shop gets: the usual authorities, names checked."""
    return httpcore.default_ssl_context()


def _place(location: str) -> str:
    """Return where a redirect leads, without what follows the path."""
    try:
        parts = urlsplit(location)
        host = parts.hostname or ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}{parts.path}"[:MAX_QUOTE] if host else "another page of its own"


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds that the shop wants us to wait, a day at most."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        seconds = int((at - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError, TypeError, IndexError):  # a year of 20 digits, half a date
        return None
    return min(max(seconds, 0), MAX_RETRY_AFTER)
