"""A number for each request: in its lines of the log, in its answer, and on the page of an error.

Whoever saw an error names it, and whoever reads the log finds what happened.
"""

import logging
import re
import secrets
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from backoffice.middleware import Handler

HEADER = "X-Request-ID"
"""Read, where a proxy in front has made a number already, and sent back with each answer."""

NO_REQUEST = "-"
"""What stands in the log of a worker, and of a program that starts."""

_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current: ContextVar[str] = ContextVar("reference", default=NO_REQUEST)


class ReferenceMiddleware:
    """Give each request its number; it is the first of all, so that no line is without."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say the number along with it."""
        token = _current.set(reference_for(request.headers.get(HEADER, "")))
        try:
            response = self.get_response(request)
            response[HEADER] = current_reference()
        finally:
            _current.reset(token)
        return response


class ReferenceFilter(logging.Filter):
    """Put the number of its request into each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line, with its number."""
        record.reference = current_reference()
        return True


def reference_for(given: str) -> str:
    """Return the number that a request brings, or one of our own for what does not fit a log."""
    return given if _FIT.fullmatch(given) else secrets.token_hex(6)


def current_reference() -> str:
    """Return the number of the request that is being answered."""
    return _current.get()
