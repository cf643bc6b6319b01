"""The waiting room: who waits for what, in the order in which they will be served."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.admin.explain import units
from inventory.admin.scoped import CappedPaginator, change_url, search_words
from inventory.models import StoreSettings
from inventory.search import variants_with
from inventory.theme import display
from orders.admin.base import is_store_staff
from orders.admin.buying import BuyingPage
from orders.admin.simulate import SimulatePage
from orders.admin.waiting_actions import WaitingActions, may_act
from orders.admin.waiting_filters import (
    AgeFilter,
    BookedAtFilter,
    ChannelFilter,
    PromiseFilter,
    WaitKindFilter,
)
from orders.models import FulfillmentLine, Hold
from orders.policy.queue import FIFO
from orders.waiting import in_rank, rank_order

MAX_SKUS = 3
"""SKUs that a row names of what its parcel lacks."""

MAX_DIGITS = 18
"""Of an order number that is searched for."""


@dataclass(slots=True)
class Wait:
    """What one row of the waiting room says beside its own columns.

    `rank` counts from 1 within the variant; `missing` are SKU and units that the parcel lacks.
    """

    rank: int = 0
    holds: list[str] = field(default_factory=list)
    missing: list[tuple[str, int]] = field(default_factory=list)


class NarrowPaginator(CappedPaginator):
    """Pages that sort keys alone: of 100,000 lines only those of the page are read whole."""

    def page(self, number: Any) -> Any:
        """Return one page."""
        page: Any = super().page(number)
        keys = list(page.object_list.values_list("pk", flat=True))
        whole = FulfillmentLine.objects.filter(pk__in=keys)
        rows = whole.select_related(*WaitingRoomAdmin.list_select_related).in_bulk()
        page.object_list = [rows[key] for key in keys if key in rows]
        return page


@admin.register(FulfillmentLine)
class WaitingRoomAdmin(WaitingActions, SimulatePage, BuyingPage):
    """Lines that owe units."""

    list_display = (
        "rank",
        "order",
        "variant_name",
        "owed",
        "booked_at",
        "since",
        "promised",
        "held_by",
    )
    list_display_links = None
    list_filter = (BookedAtFilter, ChannelFilter, AgeFilter, PromiseFilter, WaitKindFilter)
    list_select_related = (
        "fulfillment_order__order__channel",
        "order_line",
        "stock_level__warehouse",
        "variant__product",
    )
    list_before_template = "orders/admin/waiting_above.html"
    paginator = NarrowPaginator
    sortable_by = ()
    search_fields = ("variant__sku",)
    search_help_text = gettext_lazy("SKU, EAN, title or order number")
    empty_title = gettext_lazy("Nobody waits")
    empty_text = gettext_lazy(
        "Every unit that was sold is there. Orders for more than there is will wait here."
    )
    rows_word = gettext_lazy("lines that wait")
    show_add_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the lines that wait, among those that the user may see."""
        waiting = FulfillmentLine.objects.waiting().visible_to(request.user)
        return in_rank(waiting, StoreSettings.load().release_rule)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the order of the store's release rule."""
        return rank_order(StoreSettings.load().release_rule)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns; those who may act also get a check box and a link."""
        if not may_act(request):
            return self.list_display
        return ("chosen", *self.list_display, "act")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: lines come with orders."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what may be done has buttons of its own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: units are canceled, never deleted."""
        return False

    # --- columns ------------------------------------------------------------------------------

    @display(description=gettext_lazy("Select"))
    def chosen(self, line: FulfillmentLine) -> SafeString:
        """Return the check box of a row; it belongs to the form above the list."""
        return format_html(
            '<input type="checkbox" class="bo-check" name="line" value="{}" form="chosen" '
            'aria-label="{}">',
            line.pk,
            _("Select %(sku)s of %(parcel)s")
            % {"sku": line.variant.sku, "parcel": line.fulfillment_order.number},
        )

    @display(description=gettext_lazy("Rank"))
    def rank(self, line: FulfillmentLine) -> SafeString | str:
        """Return the place in the queue of the variant, and the priority given by hand."""
        place = units(_wait(line).rank)
        if not line.priority:
            return place
        return _two(place, _("priority %(number)d") % {"number": line.priority})

    @display(description=gettext_lazy("Order"))
    def order(self, line: FulfillmentLine) -> SafeString:
        """Return order, parcel and customer."""
        parcel = line.fulfillment_order
        return format_html(
            '<a class="bo-link" href="{}">{}</a> · <a class="bo-link" href="{}">{}</a>'
            '<span class="bo-sub">{}</span>',
            change_url(parcel.order),
            parcel.order.number,
            change_url(parcel),
            parcel.number,
            parcel.order.customer_name,
        )

    @display(description=gettext_lazy("Variant"))
    def variant_name(self, line: FulfillmentLine) -> SafeString:
        """Return SKU and title."""
        return format_html(
            '<a class="bo-link" href="{}">{}</a><span class="bo-sub">{}</span>',
            change_url(line.variant),
            line.variant.sku,
            line.variant.full_title,
        )

    @display(description=gettext_lazy("Owed"))
    def owed(self, line: FulfillmentLine) -> SafeString | str:
        """Return the units that are not there, and those of the same line that are kept for it."""
        if not line.allocated:
            return units(line.waiting)
        return _two(units(line.waiting), _("%(units)s reserved") % {"units": units(line.allocated)})

    @display(description=gettext_lazy("Booked at"))
    def booked_at(self, line: FulfillmentLine) -> str:
        """Return the warehouse that owes the units."""
        return line.stock_level.warehouse.name if line.stock_level else "–"

    @display(description=gettext_lazy("Waiting since"))
    def since(self, line: FulfillmentLine) -> SafeString:
        """Return the day of the order, and how long ago that is."""
        day = timezone.localdate(line.placed_at)
        days = max((timezone.localdate() - day).days, 0)
        words = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        return _two(date_format(day, "SHORT_DATE_FORMAT"), words if days else _("today"))

    @display(description=gettext_lazy("Promised for"))
    def promised(self, line: FulfillmentLine) -> SafeString | str:
        """Return the day that is promised now, and whether what was told has passed."""
        day, told = line.order_line.promised_at, line.order_line.told_at
        words = date_format(day, "SHORT_DATE_FORMAT") if day else _("no date")
        if told is None or told >= timezone.localdate():
            return words
        return format_html(
            '<span class="bo-nowrap">{}</span><span class="bo-sub bo-late">{}</span>',
            words,
            _("late, was told %(day)s") % {"day": date_format(told, "SHORT_DATE_FORMAT")},
        )

    @display(description=gettext_lazy("What holds it"))
    def held_by(self, line: FulfillmentLine) -> SafeString:
        """Return every hold of the parcel, and all units that it lacks, of any variant."""
        wait = _wait(line)
        holds = format_html_join(
            " ", '<span class="bo-badge">{}</span>', ((text,) for text in wait.holds)
        )
        return format_html(
            '<span class="bo-holds">{}</span><span class="bo-sub">{}</span>',
            holds,
            _("lacks %(units)s") % {"units": _lacks(wait)},
        )

    @display(description=gettext_lazy("Actions"))
    def act(self, line: FulfillmentLine) -> SafeString:
        """Return the link to what may be done with one line."""
        return format_html(
            '<a class="bo-link" href="{}" aria-label="{}">{}</a>',
            change_url(line),
            _("Change %(sku)s of %(parcel)s")
            % {"sku": line.variant.sku, "parcel": line.fulfillment_order.number},
            _("Change"),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list under its own name."""
        named = {"opts": Renamed(self.opts, _("Waiting room")), "title": _("Waiting room")}
        return super().changelist_view(request, {**named, **(extra_context or {})})

    # --- reading ------------------------------------------------------------------------------

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Load rank, holds and missing units of the page's lines: three queries."""
        waits = waits_of(rows, StoreSettings.load().release_rule, request.user)
        for row in rows:
            row.wait = waits[row.pk]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search each word as an order number, and in SKU, EAN, titles and brand."""
        for word in search_words(search_term):
            found = variants_with(word, "variant")
            if word.isascii() and word.isdigit() and len(word) <= MAX_DIGITS:
                found |= Q(fulfillment_order__order=int(word))
            queryset = queryset.filter(found)
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        """Add the actions and the pages around the waiting room."""
        wrap = self.admin_site.admin_view
        pages = {
            "act": self.act_view,
            "release": self.release_view,
            "simulate": self.simulate_view,
            "receive": self.receive_view,
            "buying": self.buying_view,
        }
        return [
            *(
                path(f"{name}/", wrap(view), name=f"orders_fulfillmentline_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]


class Renamed:
    """The options of a model, under the name by which people know its list."""

    def __init__(self, options: Any, plural: Any) -> None:
        self._options, self.verbose_name_plural = options, plural

    def __getattr__(self, name: str) -> Any:
        return getattr(self._options, name)


def waits_of(lines: Collection[FulfillmentLine], rule: str, user: Any) -> dict[int, Wait]:
    """Return what the rows of these lines say, with three queries however many there are."""
    waits = {line.pk: Wait() for line in lines}
    by_parcel: dict[int, list[Wait]] = defaultdict(list)
    for line in lines:
        by_parcel[line.fulfillment_order_id].append(waits[line.pk])
    for pk, rank in ranks_of(lines, rule).items():
        waits[pk].rank = rank
    holds = Hold.objects.filter(fulfillment_order__in=by_parcel).order_by("pk")
    tells_notes = is_store_staff(user)
    for hold in holds:
        for wait in by_parcel[hold.fulfillment_order_id]:
            wait.holds.append((tells_notes and hold.note) or str(hold))
    missing = FulfillmentLine.objects.waiting().visible_to(user)
    rows = (
        missing.filter(fulfillment_order__in=by_parcel)
        .values_list("fulfillment_order", "variant__sku")
        .annotate(Sum("waiting"))
        .order_by("variant__sku")
    )
    for parcel, sku, count in rows:
        for wait in by_parcel[parcel]:
            wait.missing.append((sku, count))
    return waits


def ranks_of(lines: Collection[FulfillmentLine], rule: str) -> dict[int, int]:
    """Return the place of each line in the queue of its variant, the first being 1."""
    if not lines:
        return {}
    keys = [line.pk for line in lines]
    queues = FulfillmentLine.objects.waiting().filter(
        variant__in={line.variant_id for line in lines}
    )
    ranked = in_rank(_up_to(queues, lines, rule), rule).annotate(
        place=Window(RowNumber(), partition_by=[F("variant")], order_by=rank_order(rule))
    )
    # Places are given before rows are chosen: a condition on the window is checked after it.
    chosen = ranked.filter(Q(place=0) | Q(pk__in=keys)).order_by()
    return dict(chosen.values_list("pk", "place"))


def _up_to(
    queues: QuerySet[FulfillmentLine], lines: Collection[FulfillmentLine], rule: str
) -> QuerySet[FulfillmentLine]:
    """Leave out what certainly comes behind all of these lines, so that few are counted."""
    lowest = min(line.priority for line in lines)
    queues = queues.filter(priority__gte=lowest)
    if rule != FIFO:
        return queues
    is_unpaid, last = max(
        (line.is_unpaid, line.placed_at) for line in lines if line.priority == lowest
    )
    ahead = Q(priority__gt=lowest) | Q(is_unpaid=is_unpaid, placed_at__lte=last)
    return queues.filter(ahead | Q(is_unpaid=False) if is_unpaid else ahead)


def _two(first: str, second: str) -> SafeString:
    """Return a value with a remark below it."""
    return format_html(
        '<span class="bo-nowrap">{}</span><span class="bo-sub bo-nowrap">{}</span>', first, second
    )


def _lacks(wait: Wait) -> str:
    """Return the units of a parcel that are missing, the first few by SKU."""
    words = [f"{units(count)} × {sku}" for sku, count in wait.missing[:MAX_SKUS]]
    if more := sum(count for _sku, count in wait.missing[MAX_SKUS:]):
        words.append(_("%(units)s more") % {"units": units(more)})
    return ", ".join(words)


def _wait(line: FulfillmentLine) -> Wait:
    wait: Wait = line.wait  # type: ignore[attr-defined]
    return wait
