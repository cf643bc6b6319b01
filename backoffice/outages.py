"""While the database cannot do its work, or nothing can be written: 503, with the cause.

Pages say it as a page, the API as a problem (RFC 9457); both with the time to try again.
"""

import errno
import sys
from http import HTTPStatus
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from backoffice.middleware import API, Handler, problem
from inventory.outages import outage_of

RETRY_AFTER = 5
"""Seconds after which trying again is worth it."""

NO_FILES = "No file can be written now."
_OF_FILES = {errno.EROFS, errno.ENOSPC, errno.EDQUOT}


class OutageMiddleware:
    """Answers 503 where a page met an outage; the first in the list, so that it sees the others'.

    What other middleware meets never gets here as an exception: Django makes a 500 of it, and says
    so by a signal.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        got_request_exception.connect(_note, dispatch_uid="backoffice.outages")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with 503 in place of the error page where it is an outage."""
        response = self.get_response(request)
        cause = getattr(request, "outage", "")
        return unavailable(request, cause) if cause and response.status_code >= 500 else response


class OutageInViewMiddleware:
    """Answers 503 for what a view met; the last in the list, so that it is asked first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as it is."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 503 where the database, or the disk, cannot do its work."""
        cause = cause_of(exception)
        return unavailable(request, cause) if cause else None


def cause_of(error: BaseException) -> str:
    """Return in a sentence why nothing can be done now; empty: it is another kind of error."""
    if isinstance(error, OSError):
        is_closed = error.errno == errno.EACCES and error.filename is not None
        return NO_FILES if is_closed or error.errno in _OF_FILES else ""
    return outage_of(error)


def unavailable(request: HttpRequest, cause: str) -> HttpResponse:
    """Say why nothing can be done now, and when to try again."""
    if request.path.startswith(API):
        words = f"{cause} Try again, with the same Idempotency-Key."
        response: HttpResponse = problem(HTTPStatus.SERVICE_UNAVAILABLE, words)
    else:
        response = _page(request, cause)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, cause: str) -> HttpResponse:
    """Return the page; what exactly is the matter is told to staff alone."""
    told = cause if request.path.startswith("/admin/") else ""
    return HttpResponse(render_to_string("503.html", {"cause": told}), status=503)


def _note(*, request: Any = None, **_sent: Any) -> None:
    """Keep on a request what it met, while the error is at hand."""
    error = sys.exc_info()[1]
    if request is not None and error is not None:
        request.outage = cause_of(error)
