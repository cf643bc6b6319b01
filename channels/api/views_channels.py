"""Channels, by code."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.lookup import channel_at, warehouses_named
from channels.api.serializers import (
    ChannelSerializer,
    NewChannelSerializer,
    SetupChangesSerializer,
)
from channels.models import Channel
from channels.services.channels import create_channel, update_channel
from inventory.api.base import ApiView, ListView, idempotent

SAME = (
    "slug",
    "name",
    "connector",
    "is_active",
    "allow_out_of_stock_purchases",
    "capture_when",
    "processing_mode",
    "publish_automatically",
    "show_backorder_label",
    "address",
    "last_error",
    "version",
)
"""Fields that are answered as they are stored."""


class ChannelsView(ListView):
    """All channels, and new ones."""

    rights = {"GET": ("channels.view_channel",), "POST": ("channels.add_channel",)}
    queryset = Channel.objects.none()

    @extend_schema(
        operation_id="list_channels",
        summary="List channels",
        responses=ChannelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of channels."""
        return self.page(Channel.objects.prefetch_related("warehouses"), channel_answer)

    @extend_schema(
        operation_id="create_channel",
        summary="Make a channel",
        request=NewChannelSerializer,
        responses={201: ChannelSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a channel; every variant can be listed there."""
        body = _setup(self.read(NewChannelSerializer))
        channel = create_channel(act=self.act, **body)
        response = Response(channel_answer(channel), status=201)
        response["Location"] = f"{request.path}/{channel.slug}"
        return response


class ChannelView(ApiView):
    """One channel."""

    rights = {"GET": ("channels.view_channel",), "PATCH": ("channels.change_channel",)}

    @extend_schema(operation_id="get_channel", summary="One channel", responses=ChannelSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Answer the channel."""
        return Response(channel_answer(channel_at(slug)))

    @extend_schema(
        operation_id="change_channel",
        summary="Change the setup of a channel",
        request=SetupChangesSerializer(partial=True),
        responses=ChannelSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change the setup; listings have to be published for a new switch to take effect."""
        channel = channel_at(slug)
        changes = _setup(self.read(SetupChangesSerializer, partial=True))
        saved = update_channel(channel=channel, changes=changes, act=self.act, confirm=self.agreed)
        return Response(channel_answer(saved))


def channel_answer(channel: Channel) -> dict[str, Any]:
    """Return a channel as the API has it; no secret is in it."""
    codes = sorted(warehouse.code for warehouse in channel.warehouses.all())
    return {**{name: getattr(channel, name) for name in SAME}, "warehouses": codes}


def _setup(body: dict[str, Any]) -> dict[str, Any]:
    if "warehouses" in body:
        body["warehouses"] = warehouses_named(body["warehouses"])
    return body
