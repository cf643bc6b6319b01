"""Pages of other sites that may speak to the API from a browser: none, unless a setting names them.

Source: the Fetch standard, "CORS protocol" (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from backoffice.middleware import API, Handler

METHODS = "GET, POST, PATCH, DELETE"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Accept-Language"
READABLE = "Location, Retry-After, Idempotency-Replayed, Content-Language, Date, X-Request-ID"
"""Headers of an answer that a page may read, beside those that it always may."""

REMEMBERED = 600
"""Seconds for which a browser remembers what it may."""


class CorsMiddleware:
    """Let the pages of `API_CORS_ORIGINS` speak to the API, each by its exact origin.

    They are never let in by a cookie: a browser sends none, so that the admin's session of whoever
    looks at such a page is of no use to it. They send a token.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and tell the browser whether the page may read it."""
        if not settings.API_CORS_ORIGINS or not request.path_info.startswith(API):
            return self.get_response(request)
        origin = request.headers.get("Origin", "")
        is_known = origin in settings.API_CORS_ORIGINS
        response = _preflight(is_known) if _is_preflight(request) else self.get_response(request)
        patch_vary_headers(response, ["Origin"])
        if is_known:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = READABLE
        return response


def _is_preflight(request: HttpRequest) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _preflight(is_known: bool) -> HttpResponse:  # noqa: FBT001 - what it is about
    """Return the answer to the question that a browser asks first; it needs no token."""
    response = HttpResponse(status=204)
    if is_known:
        response["Access-Control-Allow-Methods"] = METHODS
        response["Access-Control-Allow-Headers"] = HEADERS
        response["Access-Control-Max-Age"] = str(REMEMBERED)
    return response
