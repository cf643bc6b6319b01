"""What a front end of one's own asks: what a cart costs and when it comes, in the shopper's words.

It stands beside the storefront because it is the storefront's cart without the pages: the same
quote, the same words.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.conf import settings as django_settings
from django.utils import timezone, translation
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from inventory.api.base import ApiView
from inventory.api.fields import Choice, Flag, Line, Price, Quantity, Sku, StrictSerializer
from inventory.api.lookup import variants_named
from inventory.models import StoreSettings, Variant
from orders.services.line_checks import MAX_LINES
from orders.storefront.cart_words import refusal_words, told_of
from orders.storefront.language import accepted
from orders.storefront.quote import Line as QuoteLine
from orders.storefront.quote import Quote, quote


class QuotedLineSerializer(StrictSerializer):
    """So many units of one variant."""

    sku = Sku()
    quantity = Quantity(min_value=1)


class QuoteRequestSerializer(StrictSerializer):
    """A cart: each SKU once."""

    channel = Line(max_length=50, required=False, default="direct")
    language = Choice(
        choices=django_settings.LANGUAGES,
        required=False,
        help_text="Of the words. Left out: what Accept-Language asks for, else the shop's.",
    )
    ship_together = Flag(
        required=False,
        default=False,
        help_text="Whether nothing is to ship before all of it can, as an order may ask for.",
    )
    lines = QuotedLineSerializer(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]


class LaterSerializer(serializers.Serializer[Any]):
    """Units that do not ship at once."""

    quantity = serializers.IntegerField()
    expected_at = serializers.DateField(
        allow_null=True, help_text="The day on which the last of them can ship; null: not known."
    )
    words = serializers.CharField(help_text="The same for the shopper; may be empty.")


class QuoteLineSerializer(serializers.Serializer[Any]):
    """One line of a cart as it would be sold now. With a `rule` there are too many of it."""

    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    now = serializers.IntegerField(help_text="Units that ship at once.")
    later = LaterSerializer(many=True)
    words = serializers.CharField(help_text="Now and later for the shopper, or why it is refused.")
    notice = serializers.CharField(help_text="What the shopper is to be told expressly, or empty.")
    unit_price = Price()
    amount = Price()
    salable = serializers.IntegerField(
        allow_null=True, help_text="How many may be bought; null: any number."
    )
    rule = serializers.CharField(
        allow_null=True, help_text="The rule that refuses it, as an order would; null: none does."
    )


class QuoteSerializer(serializers.Serializer[Any]):
    """A cart as it would be sold now; nothing is reserved."""

    channel = serializers.CharField()
    currency = serializers.CharField()
    ship_together = serializers.BooleanField(
        help_text="Whether all of it ships together: asked for, or the store never splits an order."
    )
    lines = QuoteLineSerializer(many=True)
    total = Price()
    is_salable = serializers.BooleanField(help_text="Whether an order of all of it is taken now.")


REQUEST = OpenApiExample(
    "Three mugs",
    value={"channel": "storefront", "lines": [{"sku": "MUG-WHITE", "quantity": 3}]},
    request_only=True,
)
ANSWER = OpenApiExample(
    "One now, two later",
    value={
        "channel": "storefront",
        "currency": "EUR",
        "ship_together": False,
        "lines": [
            {
                "sku": "MUG-WHITE",
                "title": "Enamel Mug – White",
                "quantity": 3,
                "now": 1,
                "later": [
                    {
                        "quantity": 2,
                        "expected_at": "2026-12-04",
                        "words": "On backorder: expected 4 December",
                    }
                ],
                "words": "1 ships now, 2 on backorder",
                "notice": "",
                "unit_price": "12.95",
                "amount": "38.85",
                "salable": 40,
                "rule": None,
            }
        ],
        "total": "38.85",
        "is_salable": True,
    },
    response_only=True,
)


class QuotesView(ApiView):
    """Quotes."""

    rights = {"POST": ("inventory.view_variant", "inventory.view_stocklevel")}

    @extend_schema(
        operation_id="quote",
        summary="What a cart costs, and when it comes",
        request=QuoteRequestSerializer,
        responses={200: QuoteSerializer},
        examples=[REQUEST, ANSWER],
    )
    def post(self, request: Request) -> Response:
        """Answer what would ship now and later, and what is refused; nothing is written."""
        body = self.read(QuoteRequestSerializer)
        channel = _channel(body["channel"])
        _refuse_twice(body["lines"])
        variants = variants_named(body["lines"], self.user)
        language = body.get("language") or accepted(request.headers.get("Accept-Language", ""))
        today = timezone.localdate()
        with translation.override(language):
            found = quote(
                {line["sku"]: line["quantity"] for line in body["lines"]},
                channel=channel,
                settings=StoreSettings.load(),
                today=today,
                sold=_with_timeframes(variants.values()),
                ship_together=body["ship_together"],
            )
            answer = Response(_answer(found, channel, today=today))
        answer["Content-Language"] = language
        answer["Vary"] = "Accept-Language"
        return answer


def _channel(slug: str) -> Channel:
    """Return the channel that a body names.

    :raises ValidationError: there is none.
    """
    channel = Channel.objects.filter(slug=slug).first()
    if channel is None:
        raise ValidationError({"channel": ["There is no such channel."]})
    return channel


def _with_timeframes(variants: Collection[Variant]) -> list[Variant]:
    """Return variants with what a quote reads of them, in one query."""
    rows = Variant.objects.filter(pk__in=[variant.pk for variant in variants])
    return list(rows.select_related("delivery_timeframe", "product__delivery_timeframe"))


def _refuse_twice(lines: list[dict[str, Any]]) -> None:
    """Refuse a SKU that has two lines.

    :raises ValidationError: naming the second.
    """
    seen: set[str] = set()
    for number, line in enumerate(lines):
        if line["sku"] in seen:
            detail: dict[Any, Any] = {number: {"sku": ["This SKU is named twice."]}}
            raise ValidationError({"lines": detail})
        seen.add(line["sku"])


def _answer(found: Quote, channel: Channel, *, today: date) -> dict[str, Any]:
    return {
        "channel": channel.slug,
        "currency": found.currency,
        "ship_together": found.ship_together,
        "lines": [_line(line, today=today) for line in found.lines],
        "total": f"{found.total:.2f}",
        "is_salable": found.is_salable,
    }


def _line(line: QuoteLine, *, today: date) -> dict[str, Any]:
    told = told_of(line, today=today)
    later = line.later if line.refusal is None else 0
    return {
        "sku": line.variant.sku,
        "title": line.title,
        "quantity": line.quantity,
        "now": line.now,
        "later": [
            {
                "quantity": later,
                "expected_at": line.expected_at.isoformat() if line.expected_at else None,
                "words": told.lines[-1] if told.lines else "",
            }
        ]
        if later
        else [],
        "words": refusal_words(line) or told.text,
        "notice": told.notice,
        "unit_price": f"{line.price:.2f}",
        "amount": f"{line.amount:.2f}",
        "salable": line.offer.salable if line.refusal is None else line.at_most,
        "rule": line.refusal.rule if line.refusal else None,
    }
