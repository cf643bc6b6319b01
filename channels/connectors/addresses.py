"""Which addresses we may call: public ones, and private ones that the operator listed.

Checked when an address is saved, and at each connection again, for a name may lead elsewhere later.
Source: OWASP, "Server-Side Request Forgery Prevention Cheat Sheet".
"""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings

from channels.connectors.base import ChannelDown, ChannelRefuses

Resolver = Callable[[str, int], Sequence[str]]
"""Takes a host and a port; returns the addresses they lead to."""

DEFAULT_PORTS = {"http": 80, "https": 443}
LOW_PORTS = frozenset({80, 443})
RESOLVE_SECONDS = 5
NAT64 = ipaddress.ip_network("64:ff9b::/96")
ODD_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9_.:-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a shop's address. The host is ASCII, without brackets; the path has no end /."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_encrypted(self) -> bool:
        """Return whether nobody on the way can read along."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """Return scheme, host and port as browsers write them; the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{host}" if is_usual else f"{self.scheme}://{host}:{self.port}"


def check_address(url: str, *, resolve: Resolver | None = None) -> Address:
    """Return the parts of an address that we may call.

    :raises ChannelRefuses: we may not; the text says why.
    :raises ChannelDown: its host is not known now.
    """
    address = read_address(url)
    public_addresses(address.host, address.port, resolve=resolve)
    return address


def read_address(url: str) -> Address:
    """Return the parts of an address, without asking where its host leads.

    :raises ChannelRefuses: it is not written as the address of a shop.
    """
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise ChannelRefuses("The address has a space or a backslash in it.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ChannelRefuses("The address cannot be read.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise ChannelRefuses("The address has to start with https:// or http://.")
    if "@" in parts.netloc:
        raise ChannelRefuses("Leave the user name and the password out of the address.")
    if parts.query or parts.fragment:
        raise ChannelRefuses("Leave everything from ? or # on out of the address.")
    return Address(
        scheme=parts.scheme,
        host=_ascii_host(host),
        port=_checked_port(DEFAULT_PORTS[parts.scheme] if port is None else port),
        path=quote(parts.path.rstrip("/"), safe="/%~!$&'()*+,;=:@"),
    )


def public_addresses(host: str, port: int, *, resolve: Resolver | None = None) -> list[str]:
    """Return the IP addresses of a host that we may call.

    One that is not public spoils all of them, unless the host is listed in the setting
    `CHANNEL_PRIVATE_HOSTS`, as "host" or as "host:port".

    :raises ChannelRefuses: it leads into a private network.
    :raises ChannelDown: it leads nowhere now.
    """
    is_listed = _is_listed(host, port)
    if not is_listed and _is_local_name(host):
        raise ChannelRefuses(f"{host} is this machine: enter the public address of the shop.")
    found = list((resolve or resolve_host)(host, port))
    if not found:
        raise ChannelDown(f"The host {host} is not known.")
    if not is_listed and not all(is_public(address) for address in found):
        raise ChannelRefuses(f"{host} leads into a private network: enter a public address.")
    return found


def resolve_host(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, in the order of the system.

    :raises ChannelDown: it has none, or the answer took longer than 5 seconds.
    """
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=RESOLVE_SECONDS)
    except queue.Empty as error:
        raise ChannelDown(f"Nobody said in time where the host {host} is.") from error
    if isinstance(answer, OSError):
        raise ChannelDown(f"The host {host} is not known.") from answer
    return answer


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the open internet, the embedded ones included."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.teredo:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _ascii_host(host: str) -> str:
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ChannelRefuses("The host of the address cannot be read.") from error
    ascii_host = ascii_host.lower()
    if not HOST.fullmatch(ascii_host) or len(ascii_host) > 253 or ".." in ascii_host:
        raise ChannelRefuses("The host of the address cannot be read.")
    if ODD_NUMBER.fullmatch(ascii_host.rstrip(".").rpartition(".")[2]):
        try:
            ipaddress.IPv4Address(ascii_host)
        except ValueError as error:
            raise ChannelRefuses(
                "Write the host as a name, or as four numbers from 0 to 255."
            ) from error
    return ascii_host


def _checked_port(port: int) -> int:
    if port in LOW_PORTS or port >= 1024:
        return port
    raise ChannelRefuses(f"Port {port} belongs to no shop: use 80, 443, or 1024 and above.")


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def _is_listed(host: str, port: int) -> bool:
    listed = getattr(settings, "CHANNEL_PRIVATE_HOSTS", ())
    return host in listed or f"{host}:{port}" in listed
