"""Headers of every answer, and bad look-ups turned into a plain 400."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import BadRequest, FieldError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from inventory.api.problems import MEDIA_TYPE
from inventory.sql import was_canceled

logger = logging.getLogger(__name__)

API = "/api/"
Handler = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeadersMiddleware:
    """Say what the browser may do; relax the content policy where the admin's theme needs it."""

    # The theme's Alpine evaluates expressions and sets styles; it needs no inline scripts.
    RELAXED: ClassVar = {
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
    }

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers set."""
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = self.RELAXED  # type: ignore[attr-defined]  # noqa: SLF001
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        if request.path.startswith(API):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PageMethodsMiddleware:
    """Pages are read, and their forms are sent: any other method is a 405, whoever asks."""

    ALLOWED = ("GET", "HEAD", "OPTIONS", "POST")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse before anything else looks at the request; the API says itself what it takes."""
        if request.method in self.ALLOWED or request.path.startswith(API):
            return self.get_response(request)
        return HttpResponseNotAllowed(self.ALLOWED)


class BadRequestMiddleware:
    """Turn what the database cannot look up into a 400 instead of an error page.

    A number of 30 digits, a NUL byte or a broken expression in an address is the sender's fault;
    each engine says so with another exception. Only reading requests are covered.
    """

    MAX_SEARCH = 200

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse addresses with NUL bytes before anything reads them."""
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return _refusal(request, "The address has a character that is not allowed.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 400 for what an address asked and no database can answer."""
        if request.method in {"GET", "HEAD"} and isinstance(
            exception, DataError | OverflowError | FieldError
        ):
            raise BadRequest("The address asks for something that cannot be looked up.") from None
        return None


class TookTooLongMiddleware:
    """Say so when the database canceled a statement that took too long; it is no error of ours."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as usual."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return a 503 for a statement that was canceled, and note where it was."""
        if not was_canceled(exception):
            return None
        logger.warning("A statement of %s %s took too long.", request.method, request.path)
        answer = render(request, "503_too_long.html", status=503)
        # Django logs each 503 as an error, and this one is logged.
        answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
        return answer


def _refusal(request: HttpRequest, text: str) -> HttpResponse:
    if not request.path.startswith(API):
        return HttpResponse(text, status=400)
    return problem(400, text)


def problem(status: int, text: str, **more: str) -> JsonResponse:
    """Return a refusal of the API that no view of it makes; `more` are further members of it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **more}
    return JsonResponse(
        {**body, "errors": [{"message": text}]}, status=status, content_type=MEDIA_TYPE
    )
