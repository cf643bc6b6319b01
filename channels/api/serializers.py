"""What the API of channels takes and answers."""

from typing import Any

from rest_framework import serializers

from channels.models import CaptureWhen, ConnectorCode, ListingStatus, ProcessingMode
from inventory.api.fields import Choice, Flag, Line, Matching, Price, StrictSerializer
from inventory.api.serializers import Confirmable, Versioned
from inventory.models.work import JobState

MAX_SKUS = 2_000
SECRET: dict[str, Any] = {
    "required": False,
    "allow_blank": True,
    "write_only": True,
    "max_length": 500,
}


class SetupSerializer(Versioned):
    """The setup of a channel. Secrets are taken and never answered."""

    name = Line(max_length=120)
    is_active = Flag(required=False)
    allow_out_of_stock_purchases = Flag(required=False)
    capture_when = Choice(choices=CaptureWhen.choices, required=False)
    processing_mode = Choice(choices=ProcessingMode.choices, required=False)
    publish_automatically = Flag(required=False)
    show_backorder_label = Flag(required=False)
    warehouses = serializers.ListField(
        child=Line(max_length=50),
        required=False,
        max_length=200,
        help_text="Codes; none: all that are active.",
    )
    address = Line(required=False, allow_blank=True, max_length=300)
    key = Line(**SECRET)
    secret = Line(**SECRET)
    webhook_secret = Line(**SECRET)


class SetupChangesSerializer(Confirmable, SetupSerializer):
    """What is to change of the setup of a channel; what is left out stays."""


class NewChannelSerializer(SetupSerializer):
    """A channel that is to be made."""

    version = None  # type: ignore[assignment]  # there is none yet

    slug = Matching(r"^[-a-zA-Z0-9_]+$", max_length=50)
    connector = Choice(choices=ConnectorCode.choices, required=False)


class ChannelSerializer(serializers.Serializer[Any]):
    """A channel."""

    slug = serializers.CharField()
    name = serializers.CharField()
    connector = serializers.ChoiceField(choices=ConnectorCode.choices)
    is_active = serializers.BooleanField()
    allow_out_of_stock_purchases = serializers.BooleanField()
    capture_when = serializers.ChoiceField(choices=CaptureWhen.choices)
    processing_mode = serializers.ChoiceField(choices=ProcessingMode.choices)
    publish_automatically = serializers.BooleanField()
    show_backorder_label = serializers.BooleanField()
    warehouses = serializers.ListField(child=serializers.CharField())
    address = serializers.CharField()
    last_error = serializers.CharField(help_text="Why the shop cannot be reached; empty: it can.")
    version = serializers.IntegerField()


class ListingChangesSerializer(Versioned):
    """What is to change of a listing; shoppers see it once it is published."""

    allow_backorder = Flag(required=False)
    price = Price(required=False, allow_null=True)


class ListingSerializer(serializers.Serializer[Any]):
    """A listing, as edited and as published; `null` where it is not published."""

    sku = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    allow_backorder = serializers.BooleanField()
    price = serializers.CharField(allow_null=True, help_text="null: the price of the variant.")
    published_allow_backorder = serializers.BooleanField(allow_null=True)
    published_price = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    remote_id = serializers.CharField()
    is_leaving = serializers.BooleanField(
        help_text="The shop elsewhere is to take it off, and has not said yet that it did."
    )
    version = serializers.IntegerField()


class ChosenSerializer(StrictSerializer):
    """Which listings: these SKUs, or all that match a filter."""

    skus = serializers.ListField(
        child=Line(max_length=64), required=False, min_length=1, max_length=MAX_SKUS
    )
    filter = serializers.DictField(
        child=Line(max_length=200, allow_blank=True),
        required=False,
        help_text="As the parameters of the list of listings; {} is all.",
    )


class PublishSerializer(ChosenSerializer):
    """What is to be listed or updated."""

    allow_backorder = Flag(
        required=False, allow_null=True, default=None, help_text="null: keep as it is."
    )


class UnlistSerializer(ChosenSerializer):
    """What is to be taken off the channel; what is not listed is left out."""


class JobStartedSerializer(serializers.Serializer[Any]):
    """A job that was started."""

    job = serializers.IntegerField()


class JobErrorSerializer(serializers.Serializer[Any]):
    """An item of a job that was not done."""

    sku = serializers.CharField()
    message = serializers.CharField()


class JobSerializer(serializers.Serializer[Any]):
    """Where a job stands; of its errors, the first hundred."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=JobState.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    message = serializers.CharField()
    errors = JobErrorSerializer(many=True)  # type: ignore[assignment]
