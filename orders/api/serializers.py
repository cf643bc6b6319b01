"""The fields of orders in the API: their names are fixed, programs outside rely on them."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inventory.api.fields import (
    PRICE_PATTERN,
    Choice,
    Flag,
    Line,
    Price,
    Quantity,
    Sku,
    StrictSerializer,
    Whole,
)
from inventory.api.serializers import MAX_LINES, ReceiptSerializer, Versioned
from inventory.mail_addresses import check_sendable
from inventory.models.settings import ReleaseRule
from orders.models import FulfillmentStatus, HoldReason, OrderStatus, PaymentStatus
from orders.models.orders import MAX_PRIORITY
from orders.services.line_checks import MAX_LINES as MAX_ORDER_LINES


@extend_schema_field(
    {"oneOf": [{"type": "string", "pattern": PRICE_PATTERN}, {"type": "number", "minimum": 0}]}
)
class Amount(Price):
    """An amount in the store's currency, as a text or a number with at most two decimals."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount.

        :raises ValidationError: it is neither, or has more decimals.
        """
        if isinstance(data, int | float) and not isinstance(data, bool):
            data = f"{data:.2f}" if round(data, 2) == data else str(data)
        return super().to_internal_value(data)


class CustomerSerializer(StrictSerializer):
    """Who buys."""

    name = Line(max_length=200)
    email = serializers.EmailField(
        max_length=254,
        required=False,
        allow_blank=True,
        default="",
        validators=[check_sendable],
        help_text="Without one, nobody is written to.",
    )


class NewLineSerializer(StrictSerializer):
    """So many units of one variant, at a price."""

    sku = Sku()
    quantity = Quantity(min_value=1)
    unit_price = Amount(required=False, help_text="Left out: the price of the variant.")


class NewOrderSerializer(StrictSerializer):
    """An order that is to be placed: all of it, or nothing."""

    channel = Line(max_length=50, required=False, default="direct")
    external_id = Line(
        max_length=120,
        required=False,
        allow_null=True,
        default=None,
        help_text="The channel's own: the same one again returns the first order.",
    )
    customer = CustomerSerializer()
    ship_together = Flag(required=False, default=False)
    priority = Whole(
        required=False,
        default=0,
        min_value=-MAX_PRIORITY,
        max_value=MAX_PRIORITY,
        help_text="Higher is served first.",
    )
    placed_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Its place in every queue."
    )
    payment = Choice(choices=(("paid", "paid"), ("pending", "pending")), required=False)
    language = Choice(
        choices=settings.LANGUAGES,
        required=False,
        allow_blank=True,
        default="",
        help_text="In which the customer is written to. Empty: the shop's.",
    )
    lines = NewLineSerializer(many=True, min_length=1, max_length=MAX_ORDER_LINES)  # type: ignore[call-arg]


class ChangedLineSerializer(StrictSerializer):
    """How many units of a SKU an order is to have; one that it does not have yet is added."""

    sku = Sku()
    quantity = Quantity()
    unit_price = Amount(required=False, help_text="Of a line that is added.")


class OrderChangesSerializer(Versioned):
    """What is to be changed of an order."""

    lines = ChangedLineSerializer(many=True, required=False, max_length=MAX_ORDER_LINES)  # type: ignore[call-arg]
    priority = Whole(required=False, min_value=-MAX_PRIORITY, max_value=MAX_PRIORITY)
    reason = Line(max_length=250, required=False, help_text="Why the priority changes.")


class UnitsLineSerializer(StrictSerializer):
    """So many units of a SKU."""

    sku = Sku()
    quantity = Quantity(min_value=1)


class PartSerializer(Versioned):
    """A part, by SKU; left out: all of it."""

    lines = UnitsLineSerializer(many=True, required=False, max_length=MAX_LINES)  # type: ignore[call-arg]


class ReturnSerializer(Versioned):
    """Units that came back; without a warehouse they do not go back to stock."""

    lines = UnitsLineSerializer(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]
    warehouse = Line(max_length=50, required=False, allow_null=True, default=None)
    reason = Line(max_length=250)


class NewHoldSerializer(Versioned):
    """Why a fulfillment order is held."""

    reason = Line(max_length=250)


class HoldSerializer(serializers.Serializer[Any]):
    """One reason why a fulfillment order waits."""

    id = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=HoldReason.choices)
    note = serializers.CharField()


class ParcelLineSerializer(serializers.Serializer[Any]):
    """Units of one variant in a fulfillment order; of a bundle, those of its components."""

    sku = serializers.CharField()
    bundle = serializers.CharField(allow_null=True)
    quantity = serializers.IntegerField()
    allocated = serializers.IntegerField()
    backordered = serializers.IntegerField()
    shipped = serializers.IntegerField()
    warehouses = serializers.ListField(child=serializers.CharField())
    promised_at = serializers.DateField(
        allow_null=True, help_text="The day of its order line, while this waits."
    )


class FulfillmentOrderSerializer(serializers.Serializer[Any]):
    """The part of an order that ships as one parcel from one warehouse, or waits."""

    number = serializers.CharField()
    order = serializers.CharField()
    status = serializers.ChoiceField(choices=FulfillmentStatus.choices)
    warehouse = serializers.CharField(allow_null=True, help_text="null while units are missing.")
    holds = HoldSerializer(many=True)
    lines = ParcelLineSerializer(many=True)
    version = serializers.IntegerField()


class OrderLineSerializer(serializers.Serializer[Any]):
    """Ordered = allocated + backordered + short + shipped + canceled."""

    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = Price()
    allocated = serializers.IntegerField()
    backordered = serializers.IntegerField()
    short = serializers.IntegerField()
    shipped = serializers.IntegerField()
    canceled = serializers.IntegerField()
    returned = serializers.IntegerField()
    backordered_when_placed = serializers.IntegerField()
    promised_at = serializers.DateField(
        allow_null=True, help_text="When the units ship that wait, as the customer is told."
    )


class OrderSerializer(serializers.Serializer[Any]):
    """An order with its lines and its fulfillment orders."""

    number = serializers.CharField()
    channel = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    customer = CustomerSerializer()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    payment = serializers.ChoiceField(choices=PaymentStatus.choices)
    language = serializers.CharField(help_text="Of the mails. Empty: the shop's.")
    currency = serializers.CharField()
    total = Price(help_text="Of what is neither canceled nor returned, with tax and shipping.")
    tax = serializers.CharField(
        allow_null=True,
        help_text="Of the total: tax and fees, less discounts of the whole order; may be negative.",
    )
    shipping = Price(allow_null=True, help_text="Of the total: shipping.")
    captured = Price(allow_null=True, help_text="What was paid, less what was refunded.")
    refund_due = Price(allow_null=True, help_text="What is to be paid back; record it when it is.")
    ship_together = serializers.BooleanField()
    priority = serializers.IntegerField()
    placed_at = serializers.DateTimeField()
    lines = OrderLineSerializer(many=True)
    fulfillment_orders = FulfillmentOrderSerializer(many=True)
    version = serializers.IntegerField()


class SimulationRequestSerializer(ReceiptSerializer):
    """Units that might come, and the rule by which they would be handed out."""

    rule = Choice(
        choices=ReleaseRule.choices, required=False, help_text="Left out: the store's own."
    )


class SimulatedReceiptSerializer(ReceiptSerializer):
    """Units that came, if they go to whom a simulation said."""

    fingerprint = Line(max_length=100_000)


class ShareSerializer(serializers.Serializer[Any]):
    """Units that an order would get, or would still lack."""

    order = serializers.CharField()
    fulfillment_order = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()


class SimulationSerializer(serializers.Serializer[Any]):
    """Who would get what; nothing was written."""

    rule = serializers.ChoiceField(choices=ReleaseRule.choices)
    released = ShareSerializer(many=True)
    short = ShareSerializer(many=True)
    short_units = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Units that nobody waits for.")
    fingerprint = serializers.CharField(help_text="Receive exactly this with it.")
