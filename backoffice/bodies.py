"""How much may be sent to an address: little, unless it is one that takes files.

What is announced is looked at before anything is read. Nothing more than that is read afterwards:
Django reads as many bytes as `Content-Length` says, and none where it says nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from backoffice.middleware import API, Handler, problem
from inventory import pictures
from inventory.api import parsers

LITTLE = 100_000
"""Bytes that anybody may send to a page: an order with its addresses has a few thousand."""

OF_STAFF = 2_500_000
"""Bytes of a form of the back office."""

AROUND = 1_000_000
"""Bytes of the other fields of a form with a file."""

UPLOADS: Mapping[str, int] = {
    "admin:inventory_import_add": settings.UPLOAD_MAX_BYTES,
    "admin:inventory_product_add": pictures.MAX_BYTES,
    "admin:inventory_product_change": pictures.MAX_BYTES,
    "admin:inventory_variant_add": pictures.MAX_BYTES,
    "admin:inventory_variant_change": pictures.MAX_BYTES,
}
"""Pages that take a file, and its bytes."""


class BodyLimitMiddleware:
    """Refuse a body that is larger than its address takes, before a byte of it is read.

    It stands before the check of forms (CSRF), which reads them to their end.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; what is too large shows once it is known which view is asked."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Return a 413 for a body that is too large."""
        announced = _announced(request)
        if announced <= LITTLE or announced <= (limit := _limit(request)):
            return None
        if request.path.startswith(API):
            return problem(413, f"A body may have {limit:,} bytes.")
        return render(request, "413.html", {"limit": limit}, status=413)


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # and nothing is read


def _limit(request: HttpRequest) -> int:
    """Return how many bytes one may send there; the user is read only for pages of staff."""
    match = request.resolver_match
    if request.path.startswith(API):
        return parsers.MAX_BYTES
    is_staff = match is not None and match.namespace == "admin" and request.user.is_active
    if not (is_staff and getattr(request.user, "is_staff", False)):
        return LITTLE
    file = UPLOADS.get(match.view_name) if match is not None else None
    return OF_STAFF if file is None else file + AROUND
