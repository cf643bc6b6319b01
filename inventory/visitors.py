"""Where a request came from."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

OF_ONE = 64
"""Bits of an IPv6 address that one visitor shares: the rest is theirs to choose."""


def address_of(request: HttpRequest) -> str:
    """Return the address of whoever asks; behind a proxy the one that the proxy saw.

    Of IPv6 it is the network: a visitor has 2**64 addresses, and would be a new one with each.
    """
    return one_visitor(str(BaseThrottle().get_ident(request)))  # type: ignore[arg-type]


def one_visitor(text: str) -> str:
    """Return what all addresses of one visitor have in common; what is no address stays."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, OF_ONE), strict=False))
