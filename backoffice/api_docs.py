"""The OpenAPI document of the API, and the page that people read it on."""

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document describes tokens."""

    target_class = "backoffice.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`manage.py create_api_token USERNAME` prints one.",
        }


class NothingView(ApiView):
    """Whatever is not an address of the API: a 404 for any method, like every other problem."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse strangers first, as everywhere.

        :raises NotFound: always.
        """
        self.perform_authentication(request)
        self.check_permissions(request)
        raise NotFound("There is nothing here.")

    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Never reached.

        :raises NotFound: always.
        """
        raise NotFound("There is nothing here.")


@cache
def openapi_document() -> bytes:
    """Return the document as JSON; it is the same for everybody until the program changes."""
    with translation.override("en"):
        generator: Any = SchemaGenerator  # it has no types
        document = generator().get_schema(request=None, public=True)
        rendered: bytes = OpenApiJsonRenderer().render(document)
    return rendered


class OpenApiView(ApiView):
    """The OpenAPI document: for whoever may log in, with a token or in the browser."""

    schema = None  # type: ignore[assignment]

    def get_permissions(self) -> list[Any]:
        """Return none while programming."""
        return [] if settings.DEBUG else [*super().get_permissions()]

    def get(self, request: Request) -> HttpResponse:
        """Answer the document."""
        return HttpResponse(openapi_document(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document to people who are logged in."""
    if not (settings.DEBUG or request.user.is_authenticated):
        return redirect_to_login(request.get_full_path())
    return render(request, "backoffice/api_docs.html")
