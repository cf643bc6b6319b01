"""What shops send by themselves: whoever holds the channel's secret is believed, nobody else."""

from collections.abc import Mapping
from typing import Any, Literal

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from channels.connectors.base import BadMessage, BadSignature, Message
from channels.connectors.own import STATUSES
from channels.models import Channel
from inventory.api.base import ApiView
from inventory.api.fields import Price
from inventory.api.parsers import TooLarge
from inventory.api.schema import IDEMPOTENCY_KEY, ApiSchema
from inventory.visitors import address_of
from orders.models import CapturedOrder
from orders.services.webhooks import read, take
from orders.tasks import settle_captured

MAX_BODY = 1_000_000
"""Bytes; larger than the largest order that a shop sends."""

NEVER = ("403", "409", "415")
"""Answers of the other addresses: here nobody has rights, nothing conflicts, any type is read."""

SIGNATURE = OpenApiParameter(
    name="X-Backoffice-Signature",
    location=OpenApiParameter.HEADER,
    description="Of a channel without a connector: `sha256=` and the HMAC-SHA256 of the raw body "
    "with the channel's webhook secret, in hexadecimal digits. A connector's shop signs as it "
    "always does.",
    type=str,
)
DELIVERY = OpenApiParameter(
    name="X-Backoffice-Delivery",
    location=OpenApiParameter.HEADER,
    description="Any name of this delivery. The same order may be sent again under any name.",
    type=str,
)


class NotSigned(APIException):
    """Raised for whatever is wrong with a signature, with the same words for all of it."""

    status_code = 401
    default_detail = "The signature is missing or wrong."
    default_code = "not_signed"
    auth_header = "Signature"


class TooLargeHere(TooLarge):
    """Raised before a body of more than `MAX_BODY` is read to its end."""

    default_detail = f"A webhook may have {MAX_BODY:,} bytes."


class WebhookThrottle(SimpleRateThrottle):
    """So many deliveries of one sender to one channel."""

    scope = "webhooks"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return who sends, and where to."""
        return f"webhook:{address_of(request)}:{view.kwargs.get('slug', '')}"


class WebhookSchema(ApiSchema):
    """A POST that needs no key, because an order is recorded once, and no token but a signature."""

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that no signature shows."""
        return [one for one in super().get_override_parameters() if one is not IDEMPOTENCY_KEY]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation, which says that it needs no login."""
        operation = super().get_operation(*args, **kwargs)
        return operation and {**operation, "security": []}

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        return {status: body for status, body in bodies.items() if status not in NEVER}


class SoldCustomerSerializer(serializers.Serializer[Any]):
    """Who bought."""

    name = serializers.CharField(max_length=200)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)


class SoldLineSerializer(serializers.Serializer[Any]):
    """So many units of one SKU, at a price."""

    sku = serializers.CharField()
    title = serializers.CharField(required=False)
    quantity = serializers.IntegerField(min_value=1)
    unit_price = Price()


class SoldSerializer(serializers.Serializer[Any]):
    """An order as a program without a connector tells it; a connector's shop has its own form."""

    external_id = serializers.CharField(max_length=120)
    number = serializers.CharField(max_length=120, required=False)
    status = serializers.ChoiceField(choices=STATUSES)
    customer = SoldCustomerSerializer()
    currency = serializers.CharField(max_length=3)
    placed_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    lines = SoldLineSerializer(many=True)


class TakenSerializer(serializers.Serializer[Any]):
    """What became of a delivery."""

    status = serializers.ChoiceField(
        choices=["recorded", "ignored"],
        help_text="recorded: the order is known here from now on; ignored: it told of no order.",
    )


class OrderWebhookView(ApiView):
    """Orders that a shop sends; they are booked by the worker, right after."""

    authentication_classes = ()
    permission_classes = ()  # type: ignore[assignment]  # the signature decides
    throttle_classes = (WebhookThrottle,)
    schema = WebhookSchema()

    @extend_schema(
        operation_id="take_channel_order",
        summary="Take an order of a channel",
        description="Signed by the channel's secret. The same order, again or late, has no second "
        "effect: what is older than what is known changes nothing.",
        parameters=[SIGNATURE, DELIVERY],
        request=SoldSerializer,
        responses=TakenSerializer,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Record the order that a shop tells, and have it settled."""
        channel = Channel.objects.filter(slug=slug).first()
        if channel is None:
            raise Http404
        captured = _taken(channel, _read(channel, request.headers, _raw(request)))
        return Response({"status": "recorded" if captured else "ignored"})


def _read(channel: Channel, headers: Mapping[str, str], body: bytes) -> Message:
    """Return what a delivery says.

    :raises NotSigned: nobody knows who sent it.
    :raises ParseError: it is signed and cannot be read.
    """
    try:
        return read(channel, headers, body, at=timezone.now())
    except BadSignature:
        raise NotSigned from None
    except BadMessage as error:
        raise ParseError(str(error)) from None


@transaction.atomic
def _taken(channel: Channel, message: Message) -> CapturedOrder | None:
    """Record an order and put it into the worker's queue, both or nothing."""
    captured = take(channel, message, at=timezone.now())
    if captured is not None and captured.is_news:
        settle_captured.enqueue(captured_id=captured.pk)
    return captured


def _raw(request: Request) -> bytes:
    """Return the body as it was sent: the signature is of its bytes.

    :raises TooLarge: it has more than `MAX_BODY`.
    """
    stream = request.stream
    body: bytes = stream.read(MAX_BODY + 1) if stream else b""
    if len(body) > MAX_BODY:
        raise TooLargeHere
    return body
