"""What history, change sets and jobs say of channels; importing the module adds it to them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.models import BulkListing, Channel, Listing
from inventory.admin.change_sets import SUBJECTS
from inventory.admin.history import RELATED
from inventory.admin.jobs import KINDS, Kind
from inventory.admin.put_aside import STEPS, Step
from inventory.models import ChangeSet, Job

CHANNEL = "admin:channels_channel_change"


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


def channel_name(channel_id: int) -> str:
    """Return what people call a channel, or its key where it is gone."""
    return str(Channel.objects.filter(pk=channel_id).first() or channel_id)


RELATED["variant"].append(_listings_of)
SUBJECTS.append(_bulk_listings)
KINDS["prepare_bulk_listing"] = Kind(gettext_lazy("Prepare a bulk listing"), address=_address)
KINDS["run_bulk_listing"] = Kind(gettext_lazy("Bulk listing"), address=_address)
KINDS["compare_channel"] = Kind(gettext_lazy("Compare a channel"), "admin:channels_channel_log")
STEPS["lay_out"] = Step(gettext_lazy("Note for shops that a variant changed: note"))
STEPS["lay_out_released"] = Step(gettext_lazy("Note for shops what was released today"))
STEPS["lay_out_shop"] = Step(gettext_lazy("Send all numbers anew to"), channel_name, CHANNEL)
STEPS["send"] = Step(gettext_lazy("Send what waits to"), channel_name, CHANNEL)
STEPS["compare"] = Step(gettext_lazy("Compare with"), channel_name, CHANNEL)
STEPS["forget_channel_log"] = Step(gettext_lazy("Forget old lines of the logs of channels"))
