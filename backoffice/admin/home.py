"""The admin's first page, and the search of its pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice import figures, history
from backoffice.charts import Chart
from backoffice.store import settings_of
from channels.admin.base import LOOK, tab_url
from inventory.admin.scoped import visible
from inventory.models import Import, IncomingDelivery, Variant
from inventory.models.catalog import remember_sellers
from inventory.services.units import put_aside
from orders.amounts import money, units
from orders.services.proof import BooksState, books_said

NEXT_DELIVERIES = 5
RECENT_IMPORTS = 5
MAX_DIGITS = 7
"""Of a page number."""

AGES: dict[str, Any] = {
    "0-6": gettext_lazy("Less than 7 days"),
    "7-29": gettext_lazy("7 to 29 days"),
    "30-89": gettext_lazy("30 to 89 days"),
    "90": gettext_lazy("90 days or more"),
}

WAITS = ("orders.view_fulfillmentline",)
OWED = (*WAITS, "inventory.view_variant")
"""What one needs for the waiting room, and for the report of what is owed."""


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: what it counts, and the list of exactly that."""

    title: Any
    number: str
    link: str
    note: str = ""
    is_bad: bool = False


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the first page shows: what waits for somebody, each with its list."""
    remember_sellers(request.user)
    settings, now = settings_of(request), timezone.now()
    context["today"] = timezone.localdate(now)
    groups: list[tuple[Any, Sequence[Card]]] = []
    if _may(request, *OWED):
        owed = figures.waiting(request.user, now=now, currency=settings.currency)
        groups.append((_("Backorders"), _owed_cards(owed, settings.currency)))
        context |= _waiting(request, owed, settings.currency, now)
    groups.append((_("Needs attention"), list(_need_cards(request))))
    groups.append((_("Stock"), list(_stock_cards(request))))
    if _may(request, "inventory.view_incomingdelivery"):
        rows = _deliveries(request).select_related("warehouse")
        context["next_deliveries"] = rows.order_by("expected_at", "pk")[:NEXT_DELIVERIES]
    if _may(request, "inventory.view_import"):
        imports = admin.site.get_model_admin(Import).get_queryset(request)
        context["recent_imports"] = imports.order_by("-pk")[:RECENT_IMPORTS]
    if _may(request, LOOK):
        context["unpublished"] = _unpublished(request)
        context["drifted"] = _drifted(request)
    context["groups"] = [(title, cards) for title, cards in groups if cards]
    context["cards"] = [card for _title, cards in groups for card in cards]
    context["is_empty"] = not Variant.objects.exists()
    return context


def _may(request: HttpRequest, *permissions: str) -> bool:
    """Return whether a user has all of these permissions: those of the list that is linked to."""
    return all(request.user.has_perm(permission) for permission in permissions)


# --- what is owed -----------------------------------------------------------------------------


def _owed_cards(owed: figures.Waiting, currency: str) -> list[Card]:
    report = reverse("admin:backoffice_report", args=["backorders"])
    room = reverse("admin:orders_fulfillmentline_changelist")
    variants = ngettext("of %(n)s variant", "of %(n)s variants", owed.variants)
    return [
        Card(
            _("Units on backorder"),
            units(owed.units),
            report,
            variants % {"n": units(owed.variants)},
        ),
        Card(_("Value on backorder"), money(owed.value, currency), report, _("as it was sold")),
        Card(_("Lines in the waiting room"), units(owed.lines), room),
        Card(_("Promised within 7 days"), units(owed.soon), f"{room}?promise=week", _("lines")),
        Card(
            _("Broken promises"),
            units(owed.late),
            f"{room}?promise=late",
            _("lines of which the day has passed"),
            is_bad=owed.late > 0,
        ),
        Card(_("Without a date"), units(owed.undated), f"{room}?promise=none", _("lines")),
    ]


def _waiting(
    request: HttpRequest, owed: figures.Waiting, currency: str, now: datetime
) -> dict[str, Any]:
    """Return the charts of what waits, each with its table."""
    today = timezone.localdate(now)
    days = history.last_days(request.user, today=today, currency=currency)
    labels = [date_format(one.day, "j M") for one in days]
    room = reverse("admin:orders_fulfillmentline_changelist")
    return {
        "days": [
            {
                "day": one.day,
                "units": "–" if one.units is None else units(one.units),
                "value": "–" if one.value is None else money(one.value, currency),
                "is_gap": one.units is None,
                "is_reckoned": one.is_reckoned,
            }
            for one in reversed(days)
        ],
        "has_history": any(one.units is not None for one in days),
        "history_charts": [
            Chart(_("Units on backorder, the last 30 days"), labels, [one.units for one in days]),
            Chart(
                _("Value on backorder in %(currency)s, the last 30 days") % {"currency": currency},
                labels,
                [one.value for one in days],
            ),
        ],
        "ages": [
            {
                "words": AGES[one.word],
                "lines": units(one.lines),
                "units": units(one.units),
                "link": f"{room}?age={one.word}",
            }
            for one in owed.ages
        ]
        if owed.lines
        else [],
        "age_chart": Chart(
            _("Lines in the waiting room by age"),
            [AGES[one.word] for one in owed.ages],
            [one.lines for one in owed.ages],
        ),
        "next_promises": figures.next_promises(request.user, now=now) if owed.lines else [],
        "may_open_orders": _may(request, "orders.view_order"),
    }


# --- what somebody must do --------------------------------------------------------------------


def _need_cards(request: HttpRequest) -> Iterator[Card]:
    if _may(request, "orders.view_order"):
        number = figures.orders_in_need(request.user)
        address = reverse("admin:orders_order_changelist")
        yield Card(
            _("Orders that need attention"),
            _capped(number),
            f"{address}?state=attention",
            _("units are short"),
            is_bad=number > 0,
        )
    if _may(request, "orders.view_capturedorder"):
        number = figures.captured_in_need(request.user)
        address = reverse("admin:orders_capturedorder_changelist")
        yield Card(
            _("Channel orders that need attention"),
            _capped(number),
            f"{address}?state=attention",
            is_bad=number > 0,
        )
    if _may(request, "inventory.view_putaside") and (number := put_aside().count()):
        address = reverse("admin:inventory_putaside_changelist")
        yield Card(
            _("Put aside by the worker"), units(number), f"{address}?state=aside", is_bad=True
        )
    if _may(request, "inventory.view_incomingdelivery"):
        late = figures.counted(_deliveries(request).filter(expected_at__lt=timezone.localdate()))
        address = reverse("admin:inventory_incomingdelivery_changelist")
        yield Card(_("Late deliveries"), _capped(late), f"{address}?state=late", is_bad=late > 0)
    if _may(request, "orders.view_bookcheck"):
        yield _books_card(timezone.now())


def _books_card(now: datetime) -> Card:
    """Return when the books were checked last, and how many problems were found."""
    said = books_said(at=now)
    ago = {"ago": timesince(said.at, now) if said.at else ""}
    notes = {
        BooksState.NEVER: _("not checked yet"),
        BooksState.LATE: _("last checked %(ago)s ago: is the worker running?") % ago,
        BooksState.FOUND: _("problems, checked %(ago)s ago") % ago,
        BooksState.OK: _("problems, checked %(ago)s ago") % ago,
    }
    return Card(
        _("Check of the books"),
        "–" if said.at is None else units(said.found),
        reverse("admin:orders_bookcheck_changelist"),
        notes[said.state],
        is_bad=said.state in {BooksState.LATE, BooksState.FOUND},
    )


def _stock_cards(request: HttpRequest) -> Iterator[Card]:
    if _may(request, "inventory.view_variant"):
        address = reverse("admin:inventory_variant_changelist")
        number = figures.low(request.user)
        yield Card(_("Low stock"), _capped(number), f"{address}?stock=ran_low", _("variants"))
    if _may(request, "inventory.view_incomingdelivery"):
        number = figures.counted(_deliveries(request))
        address = reverse("admin:inventory_incomingdelivery_changelist")
        yield Card(_("Deliveries on their way"), _capped(number), f"{address}?state=open")


def _unpublished(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the channels with listings that are not published as they are edited."""
    return [
        {
            "name": channel.name,
            "changed": _capped(channel.changed_count),  # type: ignore[attr-defined]
            "failed": _capped(channel.failed_count),  # type: ignore[attr-defined]
            "link": tab_url(channel, "catalog"),
        }
        for channel in figures.unpublished(request.user)
    ]


def _drifted(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the shops elsewhere that have something otherwise than they were told."""
    return [
        {
            "name": channel.name,
            "number": _capped(channel.drift_count),  # type: ignore[attr-defined]
            "link": f"{tab_url(channel, 'catalog')}?differs=true",
        }
        for channel in figures.drifted(request.user)
    ]


def _deliveries(request: HttpRequest) -> QuerySet[Any]:
    return visible(IncomingDelivery.objects.awaited(), request.user)


def _capped(number: int) -> str:
    """Return a number of rows that were not counted beyond a limit."""
    if number > figures.MAX_COUNTED:
        return f"{units(figures.MAX_COUNTED)}+"
    return units(number)


def search(request: HttpRequest) -> HttpResponse:
    """Answer the theme's search of pages, which breaks on page numbers that are none."""
    page = request.GET.get("page", "1")
    if not (page.isascii() and page.isdigit() and len(page) < MAX_DIGITS):
        raise BadRequest("There is no such page.")
    try:
        return admin.site.admin_view(admin.site.search)(request)  # type: ignore[attr-defined,no-any-return]
    except InvalidPage:
        raise Http404 from None
