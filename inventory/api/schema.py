"""How the OpenAPI document is made complete: every answer that a view can give."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.serializers import ListSerializer

from inventory.api.fields import StrictSerializer
from inventory.api.problems import MEDIA_TYPE, ProblemSerializer, title_of

ALWAYS = (400, 401, 403, 404, 405, 422, 429, 503)
WITH_BODY = (409, 413, 415)

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="Any text without spaces. The same key and body again has no second effect and is "
    "answered as the first was; with another body it is refused. Kept for a week.",
    type={"type": "string", "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
)


class ApiSchema(AutoSchema):
    """Adds the problems to every operation, and the idempotency key to every POST."""

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that no signature shows."""
        parameters = list(super().get_override_parameters())
        return [*parameters, IDEMPOTENCY_KEY] if self.method == "POST" else parameters

    def get_tags(self) -> list[str]:
        """Return the first word of the address."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, direction, *args, **kwargs)  # type: ignore[no-untyped-call]
        if isinstance(field, ListSerializer) and direction == "request":
            names = {"minItems": "min_length", "maxItems": "max_length"}
            bounds = {name: getattr(field, attribute) for name, attribute in names.items()}
            schema |= {name: bound for name, bound in bounds.items() if bound is not None}
        return schema

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        if direction != "response":
            return responses
        statuses = ALWAYS + (WITH_BODY if self.method in {"POST", "PATCH"} else ())
        for status in sorted(statuses):
            problem = OpenApiResponse(ProblemSerializer, description=title_of(status))
            responses[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                problem, str(status), [MEDIA_TYPE], direction
            )
        return responses
