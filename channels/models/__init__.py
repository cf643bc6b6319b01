"""Where we sell, what is listed there, and what is on its way there."""

from channels.models.bulk import BulkListing, BulkListingItem
from channels.models.channels import (
    DIRECT,
    STOREFRONT,
    CaptureWhen,
    Channel,
    ConnectorCode,
    ProcessingMode,
)
from channels.models.listings import Listing, ListingStatus, PublishedBackorder
from channels.models.outbox import ChannelLog, LogKind, Outgoing, OutgoingKind, SalableChange
from channels.models.saved import SavedFilter

__all__ = [
    "DIRECT",
    "STOREFRONT",
    "BulkListing",
    "BulkListingItem",
    "CaptureWhen",
    "Channel",
    "ChannelLog",
    "ConnectorCode",
    "Listing",
    "ListingStatus",
    "LogKind",
    "Outgoing",
    "OutgoingKind",
    "ProcessingMode",
    "PublishedBackorder",
    "SalableChange",
    "SavedFilter",
]
