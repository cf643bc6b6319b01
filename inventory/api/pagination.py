"""Pages of a list by their last row: the millionth row costs what the first does."""

import re
from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Model, QuerySet
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
SINCE = "updated_since"
PAGE_FIELDS = frozenset({"limit", "cursor", SINCE})
"""The query parameters of every list."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,100}")


class KeysetPagination(BasePagination):
    """`?limit=&cursor=` → `{"results": […], "next": cursor|null}`, oldest row first.

    A limit beyond 1 … 200 is brought into the range. A cursor is signed, for one list alone.
    """

    next_cursor: str | None = None

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page that the request asks for.

        :raises ValidationError: the limit is not a whole number.
        :raises ParseError: the cursor is not one that this list gave.
        """
        limit = _limit(request.query_params.get("limit", ""))
        salt = f"api.cursor.{type(view).__name__}"
        rows = queryset.order_by("pk")
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(pk__gt=_opened(cursor, salt))
        page: list[Model] = list(rows[: limit + 1])
        if len(page) > limit:
            self.next_cursor = signing.dumps(page[limit - 1].pk, salt=salt)
        return page[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the cursor of the next."""
        return Response({"results": data, "next": self.next_cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return how a page is described."""
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": ["string", "null"],
                    "description": "Send it as `cursor`; null on the last page.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> Sequence[dict[str, Any]]:  # type: ignore[override]
        """Return how the two query parameters are described."""
        return [
            {
                "name": "limit",
                "in": "query",
                "description": f"Rows on a page, 1 to {MAX_LIMIT}; more or fewer are clamped.",
                "schema": {"type": "integer", "default": DEFAULT_LIMIT},
            },
            {
                "name": "cursor",
                "in": "query",
                "description": "The `next` of the page before.",
                "schema": {"type": "string"},
            },
            {
                "name": SINCE,
                "in": "query",
                "description": "Only what was made or changed since this time, such as "
                "2026-12-31T12:00:00Z; without a zone, the shop's. Ask for a few minutes more than "
                "you need: a change has the time of its writing, and is seen a little later.",
                "schema": {"type": "string", "format": "date-time"},
            },
        ]


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not _WHOLE.fullmatch(text):
        raise ValidationError({"limit": ["A whole number is expected."]})
    return min(max(int(text), 1), MAX_LIMIT)


def _opened(cursor: str, salt: str) -> int:
    try:
        return int(signing.loads(cursor, salt=salt))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise ParseError("This cursor was not given by this list.") from error
