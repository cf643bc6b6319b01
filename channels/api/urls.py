"""Addresses of the API of channels."""

from django.urls import path

from channels.api.views_availability import AvailabilityView, ChannelsOfVariantView, WhyView
from channels.api.views_channels import ChannelsView, ChannelView
from channels.api.views_jobs import JobView
from channels.api.views_listings import ListingsView, ListingView, PublishView, UnlistView

CHANNEL = "channels/<slug:slug>"

urlpatterns = [
    path("availability", AvailabilityView.as_view()),
    path("availability/<path:sku>/why", WhyView.as_view()),
    path("variants/<path:sku>/availability", ChannelsOfVariantView.as_view()),
    path("channels", ChannelsView.as_view()),
    path(CHANNEL, ChannelView.as_view()),
    path(f"{CHANNEL}/publish", PublishView.as_view()),
    path(f"{CHANNEL}/unlist", UnlistView.as_view()),
    path(f"{CHANNEL}/listings", ListingsView.as_view()),
    path(f"{CHANNEL}/listings/<path:sku>", ListingView.as_view()),
    path("jobs/<int:job_id>", JobView.as_view()),
]
