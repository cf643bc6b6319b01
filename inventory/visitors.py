"""Where a request came from."""

from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle


def address_of(request: HttpRequest) -> str:
    """Return the address of whoever asks; behind a proxy the one that the proxy saw."""
    return str(BaseThrottle().get_ident(request))  # type: ignore[arg-type]  # it reads META alone
