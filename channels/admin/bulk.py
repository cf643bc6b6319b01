"""Bulk listing: search and filter, choose, and see what would change before it does."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.admin.base import (
    BULK,
    ROWS,
    ChannelPages,
    capped_count,
    counted,
    tab_url,
    whole_number,
)
from channels.admin.rows import Found, found_by, page_of, rows_of
from channels.forms.listings import Choice, SavedFilterForm
from channels.models import BulkListing, Channel, SavedFilter
from channels.models.bulk import AllowBackorder, BulkAction
from channels.services.bulk import choose, freeze
from channels.services.listings import not_while_off
from channels.services.saved_filters import remove_filter, save_filter
from inventory.admin.once import AlreadySent, is_token, keep_result, mark_of, result_of
from inventory.admin.once import spend as spend_token
from inventory.admin.scoped import page_number, refuse_get, visible
from inventory.errors import InvalidChange, InventoryError
from inventory.tasks import launch
from inventory.theme import dress

AT_ONCE = 2_000
"""Listings; more are put together in the background."""

HISTORY = 20


@dataclass(slots=True)
class Asked:
    """What is chosen so far: which of those that match, and what becomes of them."""

    form: Choice
    mode: str
    action: str
    word: str
    ticked: set[int]
    but: set[int]
    shown: set[int]

    def is_ticked(self, key: int) -> bool:
        """Return whether the box of a row is ticked; rows that are new to the page are."""
        if key in self.shown:
            return key in self.ticked
        return key not in self.but

    @property
    def left_out(self) -> set[int]:
        """Return those that were unticked on this page or on earlier ones."""
        return (self.but | (self.shown - self.ticked)) - self.ticked


class BulkPages(ChannelPages):
    """The page on which listings are chosen."""

    def bulk_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what matches; put the chosen ones together for their preview."""
        channel = self.opened(request, object_id, "channels.view_bulklisting")
        found = found_by(request, channel, request.GET)
        if request.method != "POST":
            asked = _asked({"mode": "all"})
            return self._bulk(request, channel, found, asked, number=page_number(request))
        self.demand(request, BULK)
        asked = _asked(request.POST)
        if number := whole_number(request.POST.get("go", "")):
            return self._bulk(request, channel, found, asked, number=number)
        return self._chosen(request, channel, found, asked)

    def _chosen(
        self, request: HttpRequest, channel: Channel, found: Found, asked: Asked
    ) -> HttpResponse:
        token = request.POST.get("form_token", "")
        if made := result_of(mark_of(token)):
            return HttpResponseRedirect(bulk_url(channel, made["bulk"]))
        if mistake := _mistake(request, found, asked):
            number = whole_number(request.POST.get("at", "")) or 1
            return self._bulk(request, channel, found, asked, number=number, error=mistake)
        try:
            bulk_id = put_together_once(request, channel, token=token, **_choice(found, asked))
        except InventoryError as error:
            return self._bulk(request, channel, found, asked, number=1, error=_text_of(error))
        return HttpResponseRedirect(bulk_url(channel, bulk_id))

    def _bulk(
        self,
        request: HttpRequest,
        channel: Channel,
        found: Found,
        asked: Asked,
        *,
        number: int,
        error: str = "",
        save_form: SavedFilterForm | None = None,
    ) -> HttpResponse:
        page = page_of(found, number)
        matching = capped_count(found.listings)
        history = visible(BulkListing.objects.filter(channel=channel), request.user)
        word = asked.form["allow_backorder"]
        dress(word.field)
        is_off = not channel.allow_out_of_stock_purchases
        word.field.disabled = is_off
        return self.channel_page(
            request,
            channel,
            "bulk",
            "bulk.html",
            found=found,
            asked=asked,
            word_field=word,
            off_words=not_while_off(channel) if is_off else "",
            page_of_rows=page,
            rows=[(row, asked.is_ticked(row.listing.pk)) for row in rows_of(channel, page.rows)],
            but=" ".join(str(key) for key in sorted(asked.left_out - {r.pk for r in page.rows})),
            matching=matching,
            matching_words=counted(matching),
            history=list(history.select_related("created_by").order_by("-pk")[:HISTORY]),
            saved=_saved_filters(request, channel),
            save_form=save_form or SavedFilterForm(),
            error=error,
        )

    # --- saved filters ------------------------------------------------------------------------

    def filters_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep the filter of the address under a name, or forget one."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, "channels.view_bulklisting")
        found = found_by(request, channel, request.GET)
        address = f"{tab_url(channel, 'bulk')}{'?' if found.data else ''}{found.query}"
        if key := whole_number(request.POST.get("remove", "")):
            remove_filter(channel=channel, user=request.user, saved_id=key)
            return HttpResponseRedirect(address)
        form = SavedFilterForm(request.POST)
        if form.is_valid() and found.is_valid:
            name = form.cleaned_data["name"]
            try:
                save_filter(channel=channel, user=request.user, name=name, query=found.data)
            except InvalidChange as error:
                form.add_error("name", error.errors["name"])
            else:
                return HttpResponseRedirect(address)
        asked = _asked({"mode": "all"})
        return self._bulk(request, channel, found, asked, number=1, save_form=form)

    def update_all_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Preview the update of everything that has unpublished changes."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, BULK)
        token = request.POST.get("form_token", "")
        if made := result_of(mark_of(token)):
            return HttpResponseRedirect(bulk_url(channel, made["bulk"]))
        if not is_token(token, request.user):
            raise BadRequest("This form is too old.")
        found = found_by(request, channel, {"status": "changed"})
        bulk_id = put_together_once(
            request,
            channel,
            token=token,
            filters=found.data,
            words=_("Everything with unpublished changes"),
            size=capped_count(found.listings),
        )
        return HttpResponseRedirect(bulk_url(channel, bulk_id))


def put_together_once(
    request: HttpRequest, channel: Channel, *, token: str, size: int, **chosen: Any
) -> int:
    """Note what is to be done, and freeze it: a short list at once, a long one by a job.

    Return the key of the bulk listing; a form that is sent twice makes one.

    :raises InventoryError: it cannot be done so.
    """
    try:
        with transaction.atomic():
            spend_token(token)
            bulk = choose(
                channel=channel,
                user=request.user,
                **{"allow_backorder": AllowBackorder.KEEP, **chosen},
            )
            keep_result(token, {"bulk": bulk.pk})
            _freeze(request, bulk, size=size)
    except AlreadySent:
        made = result_of(mark_of(token)) or {}
        return int(made["bulk"])
    return bulk.pk


def _freeze(request: HttpRequest, bulk: BulkListing, *, size: int) -> None:
    if size <= AT_ONCE:
        freeze(bulk)
        return
    job = launch(
        kind="prepare_bulk_listing",
        subject_id=bulk.pk,
        label=bulk.words,
        user=request.user,
    )
    BulkListing.objects.filter(pk=bulk.pk).update(job=job)


def bulk_url(channel: Channel, pk: int) -> str:
    """Return the address of one bulk listing."""
    return reverse("admin:channels_channel_bulk_listing", args=[channel.pk, pk])


def _asked(data: Any) -> Asked:
    """Return what a form chose.

    :raises BadRequest: it names no way to choose, or no keys.
    """
    form = Choice(data)
    if not form.is_valid():
        raise BadRequest("This is no way to choose listings.")
    return Asked(
        form=form,
        mode=form.cleaned_data["mode"],
        action=form.cleaned_data["action"],
        word=form.cleaned_data["allow_backorder"],
        ticked=_keys(data, "item"),
        but=form.cleaned_data["but"],
        shown=_keys(data, "shown"),
    )


def _keys(data: Any, name: str) -> set[int]:
    sent = data.getlist(name) if hasattr(data, "getlist") else ()
    keys = {whole_number(key) for key in sent[: ROWS * 2]}
    return {key for key in keys if key is not None}


def _mistake(request: HttpRequest, found: Found, asked: Asked) -> str:
    """Return why the form cannot be taken as it was sent, if it cannot."""
    if not found.is_valid:
        return _("The filter makes no sense: mend it first.")
    if not is_token(request.POST.get("form_token", ""), request.user):
        return _("This form is too old. Look it over and send it again.")
    if asked.mode == "page" and not asked.ticked:
        return _("Tick one or more items first.")
    if asked.mode == "all" and asked.left_out:
        return _(
            "You unticked items: choose “All that match, but not the unticked ones”, or tick them "
            "again."
        )
    return ""


def _choice(found: Found, asked: Asked) -> dict[str, Any]:
    """Return what is chosen, as the use case takes it, with its size and its words."""
    done = {"action": asked.action}
    if asked.action == BulkAction.UNLIST:
        word = f" · {BulkAction.UNLIST.label}"
    else:
        done["allow_backorder"] = asked.word
        word = f" · {_('Allow backorder')}: {AllowBackorder(asked.word).label}"
    if asked.mode == "page":
        keys = sorted(found.listings.filter(pk__in=asked.ticked).values_list("pk", flat=True))
        return {
            **done,
            "listing_ids": keys,
            "size": len(keys),
            "words": _("Ticked items") + word,
        }
    but = asked.left_out if asked.mode == "but" else set()
    words = found.words() or _("All items")
    if but:
        words += " · " + _("but not %(n)d unticked") % {"n": len(but)}
    return {
        **done,
        "filters": found.data,
        "but": but,
        "size": capped_count(found.listings),
        "words": words + word,
    }


def _saved_filters(request: HttpRequest, channel: Channel) -> list[tuple[SavedFilter, str]]:
    """Return what the user keeps, each with the address it stands for."""
    rows = SavedFilter.objects.filter(channel=channel, user=request.user.pk).order_by("name", "pk")
    return [(row, found_by(request, channel, row.query).query) for row in rows]


def _text_of(error: InventoryError) -> str:
    return " ".join(error.errors.values()) if isinstance(error, InvalidChange) else str(error)
