"""One bulk listing: its preview, its progress, and what came of each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.admin.base import (
    BULK,
    ChannelPages,
    capped_count,
    counted,
    own_rows,
    sliced,
    tab_url,
)
from channels.admin.bulk import bulk_url, put_together_once
from channels.admin.words import changes_of, taking_off
from channels.errors import BulkNotReady
from channels.models import BulkListing, BulkListingItem, Channel, Outgoing, PublishedBackorder
from channels.models.bulk import BulkState, ItemState
from channels.services.bulk import confirm, throw_away
from inventory.acts import act_of
from inventory.admin.jobs import may_go_on
from inventory.admin.once import is_token, mark_of, result_of
from inventory.admin.scoped import refuse_get, visible
from inventory.errors import InventoryError
from inventory.models import Job, StoreSettings
from inventory.models.work import JobState
from inventory.services.jobs import request_cancel
from inventory.tasks import launch

SECONDS_TO_REFRESH = 2
MAX_AGAIN = 20_000
RUNNING = (BulkState.CHECKING, BulkState.APPLYING)
STATE_LABELS = {
    BulkState.CHECKING: "info",
    BulkState.READY: "warning",
    BulkState.APPLYING: "info",
    BulkState.DONE: "success",
    BulkState.CANCELED: "default",
}
ITEM_LABELS = {
    ItemState.CHOSEN: "default",
    ItemState.SENDING: "info",
    ItemState.LISTED: "success",
    ItemState.FAILED: "danger",
    ItemState.SKIPPED: "warning",
}
SHOWN = {
    ItemState.LISTED: gettext_lazy("listed"),
    ItemState.FAILED: gettext_lazy("failed"),
    ItemState.SKIPPED: gettext_lazy("changed meanwhile"),
    ItemState.SENDING: gettext_lazy("waiting to be sent"),
}
TAKEN_OFF = gettext_lazy("taken off")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of a bulk listing: what changes, or what came of it."""

    item: BulkListingItem
    label: str
    state: Any
    words: Sequence[str]
    is_stale: bool


class BulkListingPages(ChannelPages):
    """The page of one bulk listing, and its buttons."""

    def bulk_listing_view(self, request: HttpRequest, object_id: str, bulk_id: int) -> HttpResponse:
        """Show what a bulk listing would change, does, or did."""
        channel = self.opened(request, object_id, "channels.view_bulklisting")
        bulk = _bulk(request, channel, bulk_id)
        is_running = _is_running(bulk)
        items, chosen = _items(request, bulk)
        page = sliced(request, items)
        response = self.channel_page(
            request,
            channel,
            "bulk_listing",
            "bulk_listing.html",
            title=_("Bulk listing %(number)d") % {"number": bulk.pk},
            trail=[(tab_url(channel, "bulk"), channel.name)],
            bulk=bulk,
            job=bulk.job,
            may_retry=may_go_on(request, bulk.job),
            label=STATE_LABELS[BulkState(bulk.state)],
            is_running=is_running,
            trouble=_trouble(bulk),
            waiting=counted(capped_count(_waiting(bulk))),
            unchanged=max(bulk.total - bulk.new - bulk.changing, 0),
            counts=_counts(bulk),
            chosen=chosen,
            page_of_rows=page,
            rows=_rows(channel, bulk, page.rows),
        )
        if is_running:
            response["Refresh"] = str(SECONDS_TO_REFRESH)
        return response

    def confirm_view(self, request: HttpRequest, object_id: str, bulk_id: int) -> HttpResponse:
        """Do what the preview shows; pressed twice, it is done once."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, BULK)
        bulk = _bulk(request, channel, bulk_id)

        def start(one: BulkListing) -> Job:
            label = f"{channel}: {one.words}"
            return launch(
                kind="run_bulk_listing", subject_id=one.pk, label=label, user=request.user
            )

        try:
            confirm(bulk, act=act_of(request), start=start)
        except BulkNotReady as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(bulk_url(channel, bulk.pk))

    def cancel_view(self, request: HttpRequest, object_id: str, bulk_id: int) -> HttpResponse:
        """Throw a preview away, or stop between two chunks."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, BULK)
        bulk = _bulk(request, channel, bulk_id)
        if bulk.state in RUNNING and bulk.change_set_id and bulk.job is not None:
            request_cancel(bulk.job)
            messages.info(request, _("It stops after the items that it is at now."))
            return HttpResponseRedirect(bulk_url(channel, bulk.pk))
        try:
            throw_away(bulk)
        except BulkNotReady as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(bulk_url(channel, bulk.pk))
        messages.success(request, _("Canceled. Nothing was changed."))
        return HttpResponseRedirect(tab_url(channel, "bulk"))

    def again_view(self, request: HttpRequest, object_id: str, bulk_id: int) -> HttpResponse:
        """Preview a new bulk listing of those that failed."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, BULK)
        bulk = _bulk(request, channel, bulk_id)
        token = request.POST.get("form_token", "")
        if made := result_of(mark_of(token)):
            return HttpResponseRedirect(bulk_url(channel, made["bulk"]))
        failed = bulk.items.filter(state=ItemState.FAILED).order_by("pk")
        keys = list(failed.values_list("listing", flat=True)[:MAX_AGAIN])
        if not keys or not is_token(token, request.user):
            messages.error(request, _("There is nothing to try again."))
            return HttpResponseRedirect(bulk_url(channel, bulk.pk))
        words = _("What failed of bulk listing %(number)d") % {"number": bulk.pk}
        try:
            made_id = put_together_once(
                request,
                channel,
                token=token,
                action=bulk.action,
                listing_ids=keys,
                size=len(keys),
                words=words,
            )
        except InventoryError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(bulk_url(channel, bulk.pk))
        return HttpResponseRedirect(bulk_url(channel, made_id))


def _bulk(request: HttpRequest, channel: Channel, pk: int) -> BulkListing:
    """Return a bulk listing; to a user of a seller, their own.

    :raises Http404: there is none.
    """
    rows = visible(BulkListing.objects.filter(channel=channel), request.user)
    rows = rows.select_related("job", "created_by")
    bulk = rows.filter(pk=pk).first() if pk < 1 << 63 else None
    if bulk is None:
        raise Http404
    return bulk


def _is_running(bulk: BulkListing) -> bool:
    ended = bulk.job is not None and bulk.job.state in {JobState.FAILED, JobState.CANCELED}
    return bulk.state in RUNNING and not ended


def _trouble(bulk: BulkListing) -> str:
    """Return why it does not go on, if its job ended before it did."""
    if bulk.job is None or bulk.job.state != JobState.FAILED:
        return ""
    return str(bulk.job.message)


def _waiting(bulk: BulkListing) -> Any:
    if bulk.job_id is None:
        return Outgoing.objects.none()
    return Outgoing.objects.filter(job=bulk.job_id, is_dead=False)


def _counts(bulk: BulkListing) -> list[dict[str, Any]]:
    numbers = {
        ItemState.LISTED: bulk.listed,
        ItemState.FAILED: bulk.failed,
        ItemState.SKIPPED: bulk.skipped,
    }
    rows = [
        {"state": state.value, "number": number, "words": _shown(bulk, state)}
        for state, number in numbers.items()
    ]
    if bulk.channel.is_remote:
        sending = bulk.items.filter(state=ItemState.SENDING)
        number = counted(capped_count(sending))
        state = ItemState.SENDING
        rows.append({"state": state.value, "number": number, "words": SHOWN[state]})
    return rows


def _items(request: HttpRequest, bulk: BulkListing) -> tuple[Any, str]:
    """Return the items to show, in the order of the preview, and the state they are kept to."""
    rows = bulk.items.filter(own_rows(request, "listing__variant__product__seller"))
    chosen = request.GET.get("show", "")
    if chosen not in ItemState.values:
        chosen = ""
    done = Q(state=ItemState.CHOSEN, pk__lte=bulk.through)
    if chosen == ItemState.LISTED:
        rows = rows.filter(done | Q(state=chosen))
    elif chosen:
        rows = rows.filter(state=chosen).exclude(done)
    rows = rows.select_related("listing__variant__product")
    return rows.order_by("pk"), chosen


def _rows(channel: Channel, bulk: BulkListing, items: Sequence[BulkListingItem]) -> list[ItemRow]:
    settings = StoreSettings.load()
    return [
        _preview_row(channel, bulk, item, settings)
        if bulk.state == BulkState.READY
        else _row(bulk, item)
        for item in items
    ]


def _state_of(bulk: BulkListing, item: BulkListingItem) -> ItemState:
    """Return where an item stands; in a channel of ours, what was come to is done."""
    is_done = item.state == ItemState.CHOSEN and item.pk <= bulk.through
    return ItemState.LISTED if is_done else ItemState(item.state)


def _shown(bulk: BulkListing, state: ItemState) -> Any:
    """Return the state of an item in words."""
    if bulk.takes_off and state == ItemState.LISTED:
        return TAKEN_OFF
    return SHOWN.get(state, state.label)


def _row(bulk: BulkListing, item: BulkListingItem) -> ItemRow:
    state = _state_of(bulk, item)
    words = [item.message] if item.message else []
    if item.allow_before != item.allow_after:
        words.append(_switched(item))
    return ItemRow(item, ITEM_LABELS[state], _shown(bulk, state), words, is_stale=False)


def _preview_row(
    channel: Channel, bulk: BulkListing, item: BulkListingItem, settings: StoreSettings
) -> ItemRow:
    item.listing.channel = channel
    if bulk.takes_off:
        words = taking_off(item.listing, settings)
    else:
        words = changes_of(item.listing, _word_after(channel, item), settings)
    if item.allow_before != item.allow_after:
        words.append(_switched(item))
    label = ITEM_LABELS[ItemState(item.state)]
    return ItemRow(item, label, "", words, is_stale=item.listing.version != item.version)


def _switched(item: BulkListingItem) -> str:
    words = (_("off"), _("on"))
    return _("Allow backorder: %(before)s → %(after)s") % {
        "before": words[item.allow_before],
        "after": words[item.allow_after],
    }


def _word_after(channel: Channel, item: BulkListingItem) -> PublishedBackorder:
    """Return what would be published of backorders."""
    if not channel.allow_out_of_stock_purchases:
        return PublishedBackorder.NOT_IN_CHANNEL
    allowed = item.allow_after
    return PublishedBackorder.ALLOWED if allowed else PublishedBackorder.NOT_THIS_ITEM
