"""What history, change sets and jobs say of channels; importing the module adds it to them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.models import BulkListing, Listing
from inventory.admin.change_sets import SUBJECTS
from inventory.admin.history import RELATED
from inventory.admin.jobs import KINDS, Kind
from inventory.models import ChangeSet, Job


def _listings_of(variant: Any) -> tuple[str, Any]:
    rows = Listing.objects.filter(variant=variant.pk)
    return "listing", rows.values_list("pk", flat=True)


def _page(bulk: BulkListing) -> str:
    return reverse("admin:channels_channel_bulk_listing", args=[bulk.channel_id, bulk.pk])


def _bulk_listings(change_set: ChangeSet) -> list[tuple[str, Any]]:
    rows = BulkListing.objects.filter(change_set=change_set).select_related("channel")
    words = _("Bulk listing in %(channel)s")
    return [(_page(bulk), words % {"channel": bulk.channel}) for bulk in rows]


def _address(job: Job) -> str:
    bulk = BulkListing.objects.filter(pk=job.subject_id or 0).first()
    return _page(bulk) if bulk else ""


RELATED["variant"].append(_listings_of)
SUBJECTS.append(_bulk_listings)
KINDS["prepare_bulk_listing"] = Kind(gettext_lazy("Prepare a bulk listing"), address=_address)
KINDS["run_bulk_listing"] = Kind(gettext_lazy("Bulk listing"), address=_address)
KINDS["compare_channel"] = Kind(gettext_lazy("Compare a channel"), "admin:channels_channel_log")
