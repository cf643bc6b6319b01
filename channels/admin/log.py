"""What was sent to a channel and what came back, what waits, and what was given up."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.admin.base import (
    RETRY,
    ROWS,
    ChannelPages,
    capped_count,
    counted,
    own_rows,
    sliced,
    tab_url,
    whole_number,
)
from channels.models import Channel, ChannelLog, Listing, LogKind, Outgoing
from channels.services.drift import send_ours
from channels.services.send import retry
from channels.tasks import ask_to_compare
from inventory.acts import act_of
from inventory.admin.scoped import refuse_get

LOG = "channels.view_channellog"
MAX_SHOWN = 20_000
"""Characters of one message; longer ones are cut."""

FEW = 10
"""Waiting messages that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log, with what was said as it can be read."""

    row: ChannelLog
    sent: str
    answered: str


class LogPages(ChannelPages):
    """The log of a channel and its outbox."""

    def log_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the log, newest first."""
        channel = self.opened(request, object_id, LOG)
        kind, failures = request.GET.get("kind", ""), request.GET.get("show") == "failures"
        rows = ChannelLog.objects.filter(channel=channel).order_by("-pk")
        rows = rows.filter(own_rows(request, "listing__variant__product__seller"))
        if kind not in LogKind.values:
            kind = ""
        if kind:
            rows = rows.filter(kind=kind)
        if failures:
            rows = rows.filter(is_ok=False)
        page = sliced(request, rows)
        return self.channel_page(
            request,
            channel,
            "log",
            "log.html",
            lines=[Line(row, _json(row.sent), _json(row.answered)) for row in page.rows],
            page_of_rows=page,
            kinds=LogKind.choices,
            kind=kind,
            failures=failures,
            query=_query(kind, failures=failures),
            may_retry=request.user.has_perm(RETRY),
            **_outbox(request, channel),
        )

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try again what was given up: one listing, or all."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, RETRY)
        named = whole_number(request.POST.get("listing", ""))
        own = _outgoing(request, channel).filter(is_dead=True)
        if named is not None:
            own = own.filter(listing=named)
        elif request.POST.get("all") != "1":
            own = own.none()
        keys = list(own.values_list("listing", flat=True)[: ROWS * 200])
        number = retry(channel, act=act_of(request), listing_ids=keys) if keys else 0
        if number:
            text = ngettext(
                "%(n)d message is tried again.", "%(n)d messages are tried again.", number
            )
            messages.success(request, text % {"n": number})
        else:
            messages.info(request, _("There is nothing to try again."))
        return HttpResponseRedirect(tab_url(channel, "log"))

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the worker compare what the shop has with what it was told."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, RETRY)
        if not channel.is_remote:
            raise Http404
        ask_to_compare(channel, user=request.user)
        messages.success(request, _("It is being compared. What differs is said here."))
        return HttpResponseRedirect(f"{tab_url(channel, 'log')}?kind=drift")

    def send_ours_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a listing again that is not in the shop as it is here."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, RETRY)
        named = whole_number(request.POST.get("listing", ""))
        own = Listing.objects.filter(own_rows(request, "variant__product__seller"))
        if named is not None and channel.is_remote and own.filter(pk=named).exists():
            send_ours(channel, [named], act=act_of(request))
            messages.success(request, _("It is sent again, as it is here."))
        else:
            messages.info(request, _("There is nothing to send."))
        return HttpResponseRedirect(f"{tab_url(channel, 'log')}?kind=drift")


def _outgoing(request: HttpRequest, channel: Channel) -> Any:
    rows = Outgoing.objects.filter(channel=channel)
    return rows.filter(own_rows(request, "listing__variant__product__seller"))


def _outbox(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """Return what was given up and what waits; the first of each, and how many there are."""
    rows = _outgoing(request, channel).select_related("listing__variant__product")
    dead, waiting = rows.filter(is_dead=True), rows.filter(is_dead=False)
    dead_count, waiting_count = capped_count(dead), capped_count(waiting)
    return {
        "dead": list(dead.order_by("pk")[:ROWS]),
        "dead_count": dead_count,
        "dead_words": counted(dead_count),
        "waiting": list(waiting.order_by("due_at", "pk")[:FEW]),
        "waiting_count": waiting_count,
        "waiting_words": counted(waiting_count),
        "more_waiting": waiting_count > FEW,
        "more_dead": dead_count > ROWS,
    }


def _json(said: Any) -> str:
    """Return what was said as it can be read; nothing where nothing was."""
    if said is None:
        return ""
    text = json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\n…"


def _query(kind: str, *, failures: bool) -> str:
    parts = [f"kind={kind}"] if kind else []
    return "&".join([*parts, "show=failures"] if failures else parts)
