"""The base of the pages of sales channels: their frame, their tabs, and who may open what."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from channels.models import Channel, Listing, ListingStatus
from channels.services.publish import MAX_COUNTED
from inventory.admin.once import new_token
from inventory.admin.scoped import ScopedAdmin, change_url, page_number
from inventory.models.catalog import seller_scope

LOOK = "channels.view_listing"
SEE_SETUP = "channels.view_channel"
SETUP = "channels.change_channel"
EDIT = "channels.change_listing"
BULK = "channels.add_bulklisting"
RETRY = "channels.change_outgoing"

CONFLICT = 409
ROWS = 50
LAST_PAGE = (MAX_COUNTED - 1) // ROWS
"""What is further down is found by searching."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of rows that nobody counted."""

    rows: list[Any]
    number: int
    newer: int | None
    older: int | None
    is_cut: bool


class ChannelPages(ScopedAdmin):
    """Pages of one channel."""

    template_folder = "channels/admin"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what was sold somewhere stays on record; a channel is turned off instead."""
        return False

    def opened(
        self, request: HttpRequest, object_id: str, *permissions: str, listing: bool = True
    ) -> Channel:
        """Return a channel of which the user may look at the listings.

        :raises PermissionDenied: a permission is missing.
        :raises Http404: there is no such channel, or it has no listings where they are needed.
        """
        for permission in (LOOK, *permissions):
            self.demand(request, permission)
        channel: Channel = self.visible_object(request, object_id)
        if listing and not channel.has_listings:
            raise Http404
        return channel

    def channel_page(
        self, request: HttpRequest, channel: Channel, tab: str, template: str, **context: Any
    ) -> HttpResponse:
        """Return one tab of a channel."""
        changed = context.pop("changed", None)
        if changed is None:
            changed = _unpublished(request, channel)
        trail = [(reverse("admin:channels_channel_changelist"), _("Channels"))]
        return self.page(
            request,
            template,
            title=context.pop("title", channel.name),
            trail=[*trail, *context.pop("trail", ())],
            channel=channel,
            tab=tab,
            tabs=_tabs(request, channel, tab),
            changed=changed,
            changed_words=counted(changed),
            may_bulk=request.user.has_perm(BULK),
            form_token=new_token(request.user),
            **context,
        )


def listings_of(request: HttpRequest, channel: Channel) -> Any:
    """Return the listings of a channel that the user may see."""
    own = own_rows(request, "variant__product__seller")
    return Listing.objects.filter(own, channel=channel)


def own_rows(request: HttpRequest, path: str) -> Q:
    """Return the filter that keeps to the user the rows that are theirs.

    It is kept with the user of the request: a page asks it several times.
    """
    known: dict[str, Q] = request.user.__dict__.setdefault("own_rows", {})
    if path not in known:
        known[path] = seller_scope(request.user, path)
    return known[path]


def _unpublished(request: HttpRequest, channel: Channel) -> int:
    if not channel.has_listings:
        return 0
    return capped_count(listings_of(request, channel).filter(status=ListingStatus.CHANGED))


def counts_by_status(rows: QuerySet[Listing]) -> dict[str, int]:
    """Return how many listings stand how; none is counted further than `MAX_COUNTED`."""
    return {status: capped_count(rows.filter(status=status)) for status in ListingStatus.values}


def capped_count(rows: QuerySet[Any]) -> int:
    """Return the number of rows, or `MAX_COUNTED` when there are as many or more."""
    return rows.order_by()[:MAX_COUNTED].count()


def counted(number: int) -> str:
    """Return a capped count as staff read it: "10,000+" when nobody counted further."""
    if number < MAX_COUNTED:
        return number_format(number, force_grouping=True)
    return f"{number_format(MAX_COUNTED - 1, force_grouping=True)}+"


def sliced(request: HttpRequest, rows: QuerySet[Any]) -> Slice:
    """Return the page of rows that an address asks for; one row more is read, none is counted.

    :raises BadRequest: it is no page, or one so far down that it would be read through first.
    """
    return slice_at(page_number(request), rows)


def slice_at(number: int, rows: QuerySet[Any]) -> Slice:
    """Return one page of rows, the first one is 1.

    :raises BadRequest: the page is so far down that everything would be read through first.
    """
    if not 1 <= number <= LAST_PAGE:
        raise BadRequest("There is no such page.")
    start = (number - 1) * ROWS
    found = list(rows[start : start + ROWS + 1])
    is_more = len(found) > ROWS
    return Slice(
        rows=found[:ROWS],
        number=number,
        newer=number - 1 if number > 1 else None,
        older=number + 1 if is_more and number < LAST_PAGE else None,
        is_cut=is_more and number == LAST_PAGE,
    )


def tab_url(channel: Channel, tab: str) -> str:
    """Return the address of a tab of a channel."""
    if tab == "setup":
        return change_url(channel)
    return reverse(f"admin:channels_channel_{tab}", args=[channel.pk])


def _tabs(request: HttpRequest, channel: Channel, tab: str) -> list[tuple[str, str, bool]]:
    """Return the tabs that the user may open: address, words, whether it is open."""
    if not channel.has_listings:
        return []
    tabs = (
        ("setup", _("Setup"), SEE_SETUP),
        ("catalog", _("Catalog"), LOOK),
        ("bulk", _("Bulk listing"), "channels.view_bulklisting"),
        ("log", _("Log"), "channels.view_channellog"),
    )
    return [
        (tab_url(channel, name), words, tab.startswith(name))
        for name, words, right in tabs
        if request.user.has_perm(right)
    ]


def whole_number(text: str) -> int | None:
    """Return a key that was sent, or nothing when it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number else None
