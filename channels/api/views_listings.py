"""Listings of a channel, and publishing them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as FilterError
from django.db import transaction
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from channels.api.lookup import channel_at, listing_at, listings_in, listings_named
from channels.api.serializers import (
    JobStartedSerializer,
    ListingChangesSerializer,
    ListingSerializer,
    PublishSerializer,
    UnlistSerializer,
)
from channels.filters import ListingFilter, filtered
from channels.models import BulkListing, Channel, Listing, PublishedBackorder
from channels.models.bulk import AllowBackorder, BulkAction
from channels.services.bulk import choose, confirm
from channels.services.listings import edit_listing
from inventory.api.base import ApiView, ListView, idempotent, written_since
from inventory.models import Job
from inventory.tasks import launch

CHANGE = ("channels.change_listing",)


class ListingsView(ListView):
    """The listings of a channel."""

    rights = {"GET": ("channels.view_listing",)}
    queryset = Listing.objects.none()
    filterset_class = ListingFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that a listing, its variant or its product was written since."""
        return written_since(Listing, at, "variant", "variant__product")

    @extend_schema(
        operation_id="list_listings",
        summary="List listings",
        responses=ListingSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer a page of listings."""
        return self.page(listings_in(channel_at(slug), self.user), listing_answer)


class ListingView(ApiView):
    """One listing."""

    rights = {"GET": ("channels.view_listing",), "PATCH": CHANGE}

    @extend_schema(operation_id="get_listing", summary="One listing", responses=ListingSerializer)
    def get(self, request: Request, slug: str, sku: str) -> Response:
        """Answer the listing."""
        return Response(listing_answer(listing_at(channel_at(slug), sku, self.user)))

    @extend_schema(
        operation_id="change_listing",
        summary="Change a listing",
        request=ListingChangesSerializer(partial=True),
        responses=ListingSerializer,
    )
    def patch(self, request: Request, slug: str, sku: str) -> Response:
        """Change a listing; shoppers see it once it is published."""
        listing = listing_at(channel_at(slug), sku, self.user)
        changes = self.read(ListingChangesSerializer, partial=True)
        saved = edit_listing(listing=listing, changes=changes, act=self.act)
        return Response(listing_answer(saved))


class BulkView(ApiView):
    """Bulk listing: what is named, or what matches, by a job."""

    rights = {"POST": CHANGE}

    def _begin(self, slug: str, body: dict[str, Any], **done: Any) -> Response:
        """Start the job, and say which it is."""
        channel = channel_at(slug)
        with transaction.atomic():
            chosen = self._which(channel, body)
            bulk = choose(channel=channel, user=self.user, words="by the API", **done, **chosen)
            bulk = confirm(bulk, act=self.act, start=self._start, unseen=True)
        response = Response({"job": bulk.job_id}, status=201)
        response["Location"] = f"/api/v1/jobs/{bulk.job_id}"
        return response

    def _which(self, channel: Channel, body: dict[str, Any]) -> dict[str, Any]:
        """Return what is chosen.

        :raises ValidationError: not exactly one of `skus` and `filter`, or a filter without sense.
        """
        if ("skus" in body) == ("filter" in body):
            raise ValidationError({"skus": ["Name the SKUs, or a filter: one of the two."]})
        if "skus" in body:
            return {"listing_ids": listings_named(channel, body["skus"], self.user)}
        if unknown := sorted(set(body["filter"]) - set(ListingFilter.base_filters)):
            raise ValidationError({"filter": [f"There is no filter {unknown[0]}."]})
        try:
            filtered(channel, listings_in(channel, self.user), body["filter"])
        except FilterError as error:
            raise ValidationError({"filter": error.messages}) from error
        return {"filters": body["filter"]}

    def _start(self, bulk: BulkListing) -> Job:
        label = f"Bulk listing in {bulk.channel}"
        return launch(
            kind="run_bulk_listing", subject_id=bulk.pk, label=label, user=self.request.user
        )


class PublishView(BulkView):
    """List and Update."""

    @extend_schema(
        operation_id="publish_listings",
        summary="List or update many items",
        request=PublishSerializer,
        responses={201: JobStartedSerializer},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Start a job that publishes what is named, or what matches."""
        body = self.read(PublishSerializer)
        return self._begin(slug, body, allow_backorder=_word(body["allow_backorder"]))


class UnlistView(BulkView):
    """Unlist."""

    @extend_schema(
        operation_id="unlist_listings",
        summary="Take many items off a channel",
        request=UnlistSerializer,
        responses={201: JobStartedSerializer},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Start a job that takes off what is named, or what matches; what is unlisted stays so."""
        body = self.read(UnlistSerializer)
        return self._begin(
            slug, body, action=BulkAction.UNLIST, allow_backorder=AllowBackorder.KEEP
        )


def listing_answer(listing: Listing) -> dict[str, Any]:
    """Return a listing as the API has it."""
    allowed = listing.published_backorder == PublishedBackorder.ALLOWED
    published = listing.is_published
    return {
        "sku": listing.variant.sku,
        "title": listing.variant.full_title,
        "status": listing.status,
        "allow_backorder": listing.allow_backorder,
        "price": None if listing.price is None else f"{listing.price:.2f}",
        "published_allow_backorder": allowed if published else None,
        "published_price": f"{listing.shown_price:.2f}" if published else None,
        "published_at": listing.published_at,
        "error": listing.error,
        "remote_id": listing.remote_id,
        "is_leaving": listing.is_leaving,
        "version": listing.version,
    }


def _word(allow: bool | None) -> AllowBackorder:  # noqa: FBT001 - as the body has it
    if allow is None:
        return AllowBackorder.KEEP
    return AllowBackorder.ALLOW if allow else AllowBackorder.DONT_ALLOW
