"""The catalogue of a channel: what is listed there, and one item of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.admin.base import (
    CONFLICT,
    EDIT,
    ROWS,
    ChannelPages,
    counted,
    counts_by_status,
    listings_of,
    tab_url,
    whole_number,
)
from channels.admin.rows import Found, found_by, page_of, rows_of
from channels.admin.words import STATUS_LABELS, Seen, seen_now_and_then, verb_of
from channels.errors import NotInChannel
from channels.forms.listings import ListingForm
from channels.models import Channel, Listing, ListingStatus
from channels.services.listings import edit_listing
from channels.services.publish import publish
from channels.services.unlist import can_be_taken_off, unlist
from inventory.acts import act_of
from inventory.admin.scoped import blame_form, page_number, refuse_get
from inventory.errors import InventoryError, StaleChange
from inventory.models import StoreSettings, Variant

MAX_SKU = 64


@dataclass(frozen=True, slots=True)
class Item:
    """One listing, open in its pop-up."""

    listing: Listing
    form: ListingForm
    status_label: str
    verb: Any
    now: Seen | None
    then: Seen
    may_edit: bool
    may_take_off: bool
    is_stale: bool


class CatalogPages(ChannelPages):
    """What is listed in a channel, with the pop-up of an item."""

    def catalog_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what is listed and what is not; `item` names the SKU whose pop-up is open."""
        channel = self.opened(request, object_id)
        item = None
        if sku := request.GET.get("item", "")[: MAX_SKU + 1]:
            listing = _listing(request, channel, variant=Variant.objects.by_sku([sku]).get(sku))
            item = self._item(request, channel, listing, ListingForm(listing=listing))
            if "X-Pop-Up" in request.headers:
                return self._pop_up(request, channel, item)
        return self._catalog(request, channel, item)

    def item_view(self, request: HttpRequest, object_id: str, listing_id: int) -> HttpResponse:
        """Save one item, and list or update it where that was the button."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, EDIT)
        if listing_id >= 1 << 63:
            raise Http404
        listing = _listing(request, channel, pk=listing_id)
        form = ListingForm(request.POST, listing=listing)
        then = request.POST.get("then", "save")
        status = 200
        if form.is_valid():
            status = self._saved(request, listing, form, then)
            if not status:
                return HttpResponseRedirect(_after(request, channel, listing, then))
        item = self._item(request, channel, listing, form, is_stale=status == CONFLICT)
        return self._catalog(request, channel, item, status=status)

    def _saved(self, request: HttpRequest, listing: Listing, form: ListingForm, then: str) -> int:
        """Return the status of the refusal, or 0 when it was saved."""
        is_published = then == "publish"
        try:
            with transaction.atomic():
                saved = edit_listing(
                    listing=listing,
                    changes=form.changes(),
                    act=act_of(request, seen=form.cleaned_data["version"]),
                )
                if is_published:
                    publish(channel=saved.channel, listing_ids=[saved.pk], act=act_of(request))
        except StaleChange as error:
            form.add_error(None, str(error))
            return CONFLICT
        except InventoryError as error:
            blame_form(form, error)
            return 200
        _tell(request, saved, is_published=is_published)
        return 0

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """List or update what was ticked."""
        return self._do(request, object_id, publish, _tell_published)

    def unlist_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take what was ticked, or the item of a pop-up, off the channel."""
        return self._do(request, object_id, unlist, _tell_unlisted)

    def _do(
        self,
        request: HttpRequest,
        object_id: str,
        use_case: Callable[..., int],
        tell: Callable[[HttpRequest, Channel, int], None],
    ) -> HttpResponse:
        """Do one thing with what was ticked, and tell with how many it was done."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, EDIT)
        if chosen := _ticked(request, channel):
            try:
                number = use_case(channel=channel, listing_ids=chosen, act=act_of(request))
            except NotInChannel as error:
                raise Http404 from error
            tell(request, channel, number)
        return HttpResponseRedirect(_catalog_url(request, channel))

    # --- showing ------------------------------------------------------------------------------

    def _pop_up(self, request: HttpRequest, channel: Channel, item: Item) -> HttpResponse:
        """Return the pop-up alone, for a list that is open already."""
        query = found_by(request, channel, request.GET).query
        return render(
            request,
            "channels/admin/_item.html",
            {"channel": channel, "item": item, "query": query, "messages": ()},
        )

    def _catalog(
        self, request: HttpRequest, channel: Channel, item: Item | None, *, status: int = 200
    ) -> HttpResponse:
        found = found_by(request, channel, request.GET)
        page = page_of(found, page_number(request))
        counts = counts_by_status(listings_of(request, channel))
        return self.channel_page(
            request,
            channel,
            "catalog",
            "catalog.html",
            found=found,
            page_of_rows=page,
            rows=rows_of(channel, page.rows),
            statuses=_statuses(found, counts),
            changed=counts[ListingStatus.CHANGED],
            chosen_status=found.data.get("status", ""),
            item=item,
            publish_words=_verb_for(found.data.get("status", "")),
            may_edit=request.user.has_perm(EDIT),
            status=status,
        )

    def _item(
        self,
        request: HttpRequest,
        channel: Channel,
        listing: Listing,
        form: ListingForm,
        *,
        is_stale: bool = False,
    ) -> Item:
        may_edit = request.user.has_perm(EDIT)
        for field in form.fields.values() if not may_edit else ():
            field.disabled = True
        today = timezone.localdate()
        now, then = seen_now_and_then(channel, listing, StoreSettings.load(), today=today)
        return Item(
            listing=listing,
            form=form,
            status_label=STATUS_LABELS[listing.status],
            verb=verb_of(listing),
            now=now,
            then=then,
            may_edit=may_edit,
            may_take_off=may_edit and can_be_taken_off(listing),
            is_stale=is_stale,
        )


def _ticked(request: HttpRequest, channel: Channel) -> list[int]:
    """Return the keys that a form names of listings the user may see; without any, say so."""
    keys = {whole_number(key) for key in request.POST.getlist("item")[: ROWS * 2]} - {None}
    rows = listings_of(request, channel).filter(pk__in=keys).order_by()
    chosen = list(rows.values_list("pk", flat=True))
    if not chosen:
        messages.error(request, _("Tick one or more items first."))
    return chosen


def _listing(request: HttpRequest, channel: Channel, **named: Any) -> Listing:
    rows = listings_of(request, channel).for_page()
    listing: Listing | None = (
        rows.select_related("variant__delivery_timeframe").filter(**named).first()
    )
    if listing is None:
        raise Http404
    return listing


def _statuses(found: Found, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the tabs of the catalogue with their counts; a search stays when one is opened."""
    labels: dict[str, Any] = dict(ListingStatus.choices)
    rest = Found(
        form=found.form,
        is_valid=found.is_valid,
        listings=found.listings,
        data={name: value for name, value in found.data.items() if name != "status"},
    ).query
    amp = f"&{rest}" if rest else ""
    tabs = [{"value": "", "words": _("All"), "count": "", "query": f"?{rest}"}]
    tabs += [
        {
            "value": value,
            "words": labels[value],
            "count": counted(number),
            "query": f"?status={value}{amp}",
        }
        for value, number in counts.items()
    ]
    return tabs


def _verb_for(status: str) -> str:
    if status == ListingStatus.UNLISTED:
        return _("List")
    return _("Update") if status in {"listed", "changed"} else _("List / Update")


def _tell_published(request: HttpRequest, channel: Channel, number: int) -> None:
    messages.success(request, _published_words(channel, number))


def _tell_unlisted(request: HttpRequest, channel: Channel, number: int) -> None:
    if number:
        messages.success(request, _unlisted_words(channel, number))
    else:
        messages.info(request, _("There is nothing to take off: it is not listed."))


def _published_words(channel: Channel, number: int) -> str:
    if channel.is_remote:
        text = ngettext(
            "%(n)d item is on its way to %(channel)s.",
            "%(n)d items are on their way to %(channel)s.",
            number,
        )
        if not channel.is_active:
            text += " " + _("The channel is off: they are sent once it is on.")
    else:
        text = ngettext("%(n)d item was listed.", "%(n)d items were listed.", number)
    return text % {"n": number, "channel": channel}


def _unlisted_words(channel: Channel, number: int) -> str:
    if channel.is_remote:
        text = ngettext(
            "%(n)d item is being taken off %(channel)s.",
            "%(n)d items are being taken off %(channel)s.",
            number,
        )
        if not channel.is_active:
            text += " " + _("The channel is off: they are taken off once it is on.")
    else:
        text = ngettext(
            "%(n)d item was taken off %(channel)s.",
            "%(n)d items were taken off %(channel)s.",
            number,
        )
    return text % {"n": number, "channel": channel}


def _tell(request: HttpRequest, listing: Listing, *, is_published: bool) -> None:
    if is_published:
        _tell_published(request, listing.channel, 1)
        return
    said = _("%(sku)s was saved.") % {"sku": listing.variant.sku}
    if listing.status == ListingStatus.CHANGED:
        said += " " + _("Update it to apply the change in the sales channel.")
    elif listing.status == ListingStatus.UNLISTED:
        said += " " + _("List it to sell it in the sales channel.")
    messages.success(request, said)


def _catalog_url(request: HttpRequest, channel: Channel, **more: str) -> str:
    """Return the catalogue with the filter that the address of the request has."""
    query = found_by(request, channel, request.GET)
    data = {**query.data, **more}
    if (page := request.GET.get("page", "")) and whole_number(page):
        data["page"] = page
    shown = Found(query.form, query.is_valid, query.listings, data).query
    return f"{tab_url(channel, 'catalog')}{'?' if shown else ''}{shown}"


def _after(request: HttpRequest, channel: Channel, listing: Listing, then: str) -> str:
    """Return where a saved item leads: its pop-up again, or its row in the list."""
    if then == "close":
        return f"{_catalog_url(request, channel)}#item-{listing.pk}"
    return _catalog_url(request, channel, item=listing.variant.sku)
