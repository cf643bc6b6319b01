"""What every view of the API does alike: rights, strict addresses, one effect for one key."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, cast

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import ChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from inventory.acts import Act, act_of
from inventory.api.pagination import PAGE_FIELDS, SINCE
from inventory.api.schema import ApiSchema
from inventory.services.once import Answer, once

P = ParamSpec("P")

VERSION = OpenApiParameter(
    name="version",
    description="The version you looked at: it is refused when there is a newer one.",
    type={"type": "integer", "minimum": 0, "maximum": 999_999_999},
)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class AdminRights(BasePermission):
    """The rights of the admin, by method: `rights = {"GET": ("inventory.view_variant",)}`."""

    message = "You are not allowed to do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user has them; a method that does not exist is refused later."""
        method = "GET" if request.method == "HEAD" else request.method
        rights: Mapping[str, Sequence[str]] = getattr(view, "rights", {})
        return request.user.is_authenticated and request.user.has_perms(
            rights.get(method or "", ())
        )


class OnlyJson(BaseContentNegotiation):
    """Answer JSON, whatever is asked for."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the parser of the body, or `None` when it is not JSON."""
        media_type = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the only one."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class Filtered(DjangoFilterBackend):  # type: ignore[misc]
    """Filters of a list; a bad value is refused instead of overlooked."""


class ApiView(GenericAPIView[Any]):
    """Base of all views: a caller with rights, JSON, no unknown query parameter."""

    permission_classes = (AdminRights,)
    content_negotiation_class = OnlyJson
    metadata_class = None
    http_method_names = ["get", "post", "patch", "delete", "head"]
    schema = ApiSchema()
    filter_backends: Any = ()

    rights: ClassVar[Mapping[str, Sequence[str]]] = {}
    query_fields: ClassVar[Collection[str]] = ()
    body_fields: Collection[str] | None = None
    """The names in the body of the request, once it was read: other names at fault are SKUs."""
    seen: int | None = None
    """The version that the body says it saw, once it was read; `None`: whatever is there."""
    agreed = False
    """Whether the body says yes to what the change does to open orders, once it was read."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse who may not, then what is not understood.

        :raises ValidationError: a query parameter is unknown.
        """
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            return
        known = () if request.method in {"POST", "PATCH"} else self.known_query_fields()
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            raise ValidationError({name: ["There is no such parameter."] for name in unknown})

    def known_query_fields(self) -> Collection[str]:
        """Return the query parameters that the view reads."""
        return self.query_fields

    @property
    def user(self) -> User:
        """Return who calls; rights were checked."""
        return cast("User", self.request.user)

    @property
    def act(self) -> Act:
        """Return what the caller does, to the version that the body says it saw."""
        return act_of(self.request, seen=self.seen)

    def read(self, serializer_class: type[BaseSerializer[Any]], **kwargs: Any) -> dict[str, Any]:
        """Return the checked body; the version that it saw is `seen`, and its yes `agreed`.

        :raises ValidationError: a field is unknown or has a bad value.
        """
        serializer = serializer_class(data=self.request.data, context={"user": self.user}, **kwargs)
        self.body_fields = set(serializer.fields)  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        body: dict[str, Any] = serializer.validated_data
        self.seen = body.pop("version", None)
        self.agreed = body.pop("confirm", False)
        return body


def seen_in(request: Request) -> int | None:
    """Return the version that an address says it saw: a DELETE has no body.

    :raises ValidationError: it is no version.
    """
    text = request.query_params.get("version")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValidationError({"version": ["A whole number is expected."]})
    return int(text)


WRITTEN = "updated_at__gte"


def written_since(
    model: type[models.Model], at: datetime, *paths: str, only: Mapping[str, Q] | None = None
) -> Q:
    """Return the condition that a row, or one of those that `paths` lead to, was written since.

    `only`, by path, are the rows of which whoever asks is told something.
    """
    rows = model._default_manager  # noqa: SLF001
    own, *others = (
        rows.filter((only or {}).get(path, Q()), **{f"{path}{'__' * bool(path)}{WRITTEN}": at})
        for path in ("", *paths)
    )
    found = [one.values("pk") for one in others]
    return Q(pk__in=own.values("pk").union(*found)) if found else Q(**{WRITTEN: at})


class ListView(ApiView):
    """A view with a list: filters, then pages."""

    filter_backends = (Filtered,)
    filterset_class: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a choice that chooses nothing as well, which a form would overlook.

        :raises ValidationError: a query parameter is unknown, or an empty choice.
        """
        super().initial(request, *args, **kwargs)
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        for name, value in request.query_params.items():
            if not value and isinstance(filters.get(name), ChoiceFilter):
                raise ValidationError({name: ["Choose one of the words, or leave it out."]})

    def known_query_fields(self) -> Collection[str]:
        """Return those of the pages and of the filters."""
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return {*PAGE_FIELDS, *filters}

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that a row, or what its answer says of others, was written since."""
        return Q(updated_at__gte=at)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the address asks for.

        :raises ValidationError: a value of it makes no sense.
        """
        rows = super().filter_queryset(queryset)
        text = self.request.query_params.get(SINCE)
        return rows if text is None else rows.filter(self.changed_since(_moment(text)))

    def page(self, rows: QuerySet[Any], represent: Callable[[Any], dict[str, Any]]) -> Response:
        """Answer one page of these rows."""
        found = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response([represent(row) for row in found or ()])


def _moment(text: str) -> datetime:
    """Return the time that an address names.

    :raises ValidationError: it is none.
    """
    try:
        at: datetime = serializers.DateTimeField().run_validation(text)
    except ValidationError:
        example = "A time such as 2026-12-31T12:00:00Z is expected; write + as %2B."
        raise ValidationError({SINCE: [example]}) from None
    return at


def idempotent(
    handler: Callable[Concatenate[Any, Request, P], Response],
) -> Callable[Concatenate[Any, Request, P], Response]:
    """Give a POST one effect for one `Idempotency-Key`, however often it is sent."""

    @wraps(handler)
    def post(view: Any, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise ParseError("An Idempotency-Key has 1 to 255 characters, without spaces.")

        def act() -> Answer:
            response = handler(view, request, *args, **kwargs)
            body = json.dumps({"data": response.data, "location": response.get("Location")})
            return Answer(status=response.status_code, body=body)

        answer = once(
            user_id=view.user.pk,
            key=key,
            fingerprint=fingerprint(request),
            at=timezone.now(),
            act=act,
        )
        return _response(answer)

    return post


def fingerprint(request: Request) -> str:
    """Return the hash of what is asked: method, address and body."""
    text = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _response(answer: Answer) -> Response:
    kept = json.loads(answer.body)
    response = Response(kept["data"], status=answer.status)
    if kept["location"]:
        response["Location"] = kept["location"]
    if answer.is_replayed:
        response["Idempotency-Replayed"] = "true"
    return response
