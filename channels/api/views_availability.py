"""What may be sold, by channel, and why."""

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.lookup import channel_at
from channels.availability import availability_in
from channels.models import Channel
from inventory.api.base import ApiView
from inventory.availability import availability_of
from inventory.errors import UnknownSku
from inventory.models import Variant
from inventory.models.columns import Backorders
from inventory.offers import Availability
from inventory.policy import Level, State

MAX_SKUS = 200
LEVELS = [(level.value, level.value) for level in Level]
STATES = [(state.value, state.value) for state in State]
LOOK = ("inventory.view_variant", "inventory.view_stocklevel")

CHANNEL = OpenApiParameter(
    name="channel",
    description="The code of a channel. Without it, the policy alone, over all active warehouses.",
    type=str,
)
SKU = OpenApiParameter(
    name="sku",
    description="Once for each SKU.",
    required=True,
    type={
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": MAX_SKUS,
    },
)


class AvailabilitySerializer(serializers.Serializer[Any]):
    """What may be sold of one variant now, in units; `null` for a quantity is unlimited."""

    sku = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    track_inventory = serializers.BooleanField()
    on_hand = serializers.IntegerField()
    allocated = serializers.IntegerField()
    available = serializers.IntegerField()
    on_backorder = serializers.IntegerField()
    backorder_mode = serializers.ChoiceField(choices=Backorders.choices)
    backorder_limit = serializers.IntegerField(allow_null=True)
    backorderable = serializers.IntegerField(
        allow_null=True, help_text="How many more may be backordered."
    )
    salable = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    only_x_left = serializers.IntegerField(allow_null=True, help_text="N of “Only N left”.")
    expected_at = serializers.DateField(
        allow_null=True,
        help_text="When one unit ships that is ordered now, as the shop and the order say; null: "
        "at once, or nobody knows.",
    )
    decided_by = serializers.ChoiceField(choices=LEVELS, help_text="The level that decides.")


class AvailabilityListSerializer(serializers.Serializer[Any]):
    """One entry for each SKU, in the order of the request."""

    results = AvailabilitySerializer(many=True)


class CheckSerializer(serializers.Serializer[Any]):
    """One step of the decision."""

    level = serializers.ChoiceField(choices=LEVELS)
    rule = serializers.CharField()
    value = serializers.CharField()
    passed = serializers.BooleanField()
    applies = serializers.BooleanField(
        help_text="Off: it informs alone, such as a setting that a narrower one overrides."
    )
    sku = serializers.CharField(help_text="The component of a bundle that it is about, or empty.")
    leaves = serializers.IntegerField(
        allow_null=True,
        help_text="The units that may be sold as far as this check alone says; null: it sets no "
        "limit.",
    )


class WhySerializer(serializers.Serializer[Any]):
    """Why a variant is, or is not, salable."""

    checks = CheckSerializer(many=True)
    first_failing = serializers.IntegerField(
        allow_null=True, help_text="The place in `checks`, from 0; null while units are salable."
    )
    refuses_more = serializers.IntegerField(
        allow_null=True,
        help_text="The place in `checks` of the one that refuses one unit more than is salable; "
        "null while any quantity may be sold.",
    )


class ChannelAvailabilitySerializer(AvailabilitySerializer):
    """What may be sold of a variant in one channel, and why."""

    rule = serializers.CharField(
        allow_null=True,
        help_text="The rule, as level and setting, that refuses an order of one unit more than is "
        "salable; null: none does.",
    )
    why = WhySerializer()


class ChannelAvailabilityListSerializer(serializers.Serializer[Any]):
    """One entry for each channel."""

    results = ChannelAvailabilitySerializer(many=True)


class AvailabilityView(ApiView):
    """What may be sold of several variants."""

    rights = {"GET": LOOK}
    query_fields = frozenset({"channel", "sku"})

    @extend_schema(
        operation_id="get_availability",
        summary="What may be sold",
        parameters=[CHANNEL, SKU],
        responses=AvailabilityListSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answer what may be sold of each SKU."""
        channel = channel_of(request)
        skus = list(dict.fromkeys(request.query_params.getlist("sku")))
        if not 1 <= len(skus) <= MAX_SKUS:
            raise ValidationError({"sku": [f"Name 1 to {MAX_SKUS} SKUs."]})
        offers = self.offers(skus, channel)
        return Response({"results": [_answer(sku, channel, offers[sku]) for sku in skus]})

    def offers(self, skus: list[str], channel: Channel | None) -> dict[str, Availability]:
        """Return what may be sold, by SKU.

        :raises UnknownSku: naming each that the caller cannot see.
        """
        variants = Variant.objects.visible_to(self.user).for_policy().by_sku(skus)
        if missing := [sku for sku in skus if sku not in variants]:
            raise UnknownSku(missing)
        today, found = timezone.localdate(), {*variants.values()}
        if channel is None:
            offers = availability_of(found, today=today)
        else:
            offers = availability_in(channel, found, today=today)
        return {sku: offers[variant.pk] for sku, variant in variants.items()}


class WhyView(AvailabilityView):
    """Why a variant is, or is not, salable."""

    query_fields = frozenset({"channel"})

    @extend_schema(
        operation_id="explain_availability",
        summary="Why it is, or is not, salable",
        parameters=[CHANNEL],
        responses=WhySerializer,
    )
    def get(self, request: Request, sku: str) -> Response:  # type: ignore[override]
        """Answer what each level said, and which forbids the sale."""
        return Response(_why(self.offers([sku], channel_of(request))[sku]))


class ChannelsOfVariantView(AvailabilityView):
    """What may be sold of one variant in every channel."""

    query_fields = frozenset()

    @extend_schema(
        operation_id="list_availability_of_variant",
        summary="What may be sold in each channel, and why",
        parameters=[],
        responses=ChannelAvailabilityListSerializer,
    )
    def get(self, request: Request, sku: str) -> Response:  # type: ignore[override]
        """Answer what may be sold of one SKU in each channel, `direct` included."""
        results = []
        for channel in Channel.objects.order_by("pk"):
            offer = self.offers([sku], channel)[sku]
            rule = check.name if (check := offer.limited_by) else None
            results.append({**_answer(sku, channel, offer), "rule": rule, "why": _why(offer)})
        return Response({"results": results})


def channel_of(request: Request) -> Channel | None:
    """Return the channel that the address names, if it names one.

    :raises Http404: there is no such channel.
    """
    slug = request.query_params.get("channel")
    return None if slug is None else channel_at(slug)


def _answer(sku: str, channel: Channel | None, offer: Availability) -> dict[str, Any]:
    return {
        "sku": sku,
        "channel": channel.slug if channel else None,
        "track_inventory": offer.track_inventory,
        "on_hand": offer.on_hand,
        "allocated": offer.allocated,
        "available": offer.available,
        "on_backorder": offer.on_backorder,
        "backorder_mode": offer.mode.value,
        "backorder_limit": offer.backorder_limit,
        "backorderable": offer.room,
        "salable": offer.salable,
        "state": offer.state.value,
        "only_x_left": offer.only_x_left,
        "expected_at": _day(offer.expected_at),
        "decided_by": offer.decided_by.value,
    }


def _why(offer: Availability) -> dict[str, Any]:
    checks = [
        {
            "level": check.level.value,
            "rule": check.rule,
            "value": check.value,
            "passed": check.passed,
            "applies": check.applies,
            "sku": check.sku,
            "leaves": check.leaves,
        }
        for check in offer.checks
    ]
    return {
        "checks": checks,
        "first_failing": offer.first_failing,
        "refuses_more": offer.refuses_more,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
